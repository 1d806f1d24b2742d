#!/usr/bin/env bats
# When a program is ready, when it is not, and its own reload.

load helper

setup() {
	hupd_setup
	ACTOR=$HUPD_BUILD/tools/actor
}

# web, which is starting, has no more time for that.
impatient() {
	sed -i 's/^start-timeout.*/start-timeout = 1ms/' "$T/hupd.d/web.conf"
	ctl reload
}

@test "started: up once it has lived for settle-time, or at once with 0" {
	program web <<<'command = sleep 1000'
	printf 'command = sleep 1000\nsettle-time = 3s\n' | program slow
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 logged 'web: starting -> up (executed): pid'
	[[ $(ctl status slow) = *starting*'has to live for 3s'* ]]
	wait_for 5 is_state slow up
	wait_for 5 logged 'slow: starting -> up (settled): pid'
}

@test "fd:N: ready with a newline, wherever that comes" {
	program web <<-E
	command = $ACTOR bare 7 almost await $T/go write 7 ready wait
	ready = fd:7
	E
	hupd_start
	wait_for 5 is_state web starting
	[[ $(ctl status web) = *starting* ]] || :
	touch "$T/go"
	wait_for 5 is_state web up
	# The descriptor is its own, and the other end is closed by now.
	[ -e "/proc/$(pid_of web)/fd/7" ]
}

@test "fd:3 and the last one that there may be" {
	for n in 3 4 5 6 9 1023; do
		program "on$n" <<-E
		command = $ACTOR write $n x wait
		ready = fd:$n
		E
	done
	hupd_start
	for n in 3 4 5 6 9 1023; do
		wait_for 5 is_state "on$n" up
		[ "$(find "/proc/$(pid_of "on$n")/fd" -type l | wc -l)" -eq 4 ]
	done
}

@test "fd:N closed without a newline is reported, and not ready in time" {
	program web <<-E
	command = $ACTOR bare 3 almost close 3 wait
	ready = fd:3
	autostart = no
	start-timeout = 1h
	restart = never
	E
	hupd_start
	ctl start --no-wait web
	wait_for 5 logged 'web: closed descriptor 3 without the newline'
	impatient
	wait_for 5 is_state web failed
	wait_for 5 logged 'web: starting -> stopping (start-timeout over): not ready in time'
	wait_for 5 logged 'web: .* -> failed (exited): not ready in time, killed by SIGTERM'
}

@test "not ready in time is a failure, even of one that then exits well" {
	program web <<-E
	command = sh -c 'trap "exit 0" TERM; echo set; while :; do sleep 0.05; done'
	ready = notify
	autostart = no
	start-timeout = 1h
	restart = on-failure
	restart-delay = 1h
	restart-delay-max = 1h
	E
	hupd_start
	ctl start --no-wait web
	wait_for 5 printed web 'set$'
	impatient
	wait_for 10 is_state web wait
	wait_for 5 logged 'web: .* -> wait (exited): not ready in time, exited, status 0'
}

@test "start shows why it did not become ready, and its last words" {
	program web <<-E
	command = sh -c 'echo "no such table"; exit 3'
	ready = notify
	autostart = no
	restart = never
	E
	hupd_start
	run -1 ctl start web
	[[ $output = *'exited, status 3'* ]]
	[[ $output = *'no such table'* ]]
}

@test "a program that was stopped while starting is no failure" {
	program web <<-E
	command = sleep 1000
	ready = fd:3
	E
	hupd_start
	wait_for 5 is_state web starting
	run -0 ctl stop web
	is_state web down
	wait_for 5 logged 'web: starting -> stopping (stop)'
}

@test "reload-signal is sent" {
	program web <<-E
	command = sh -c 'trap "echo hup" HUP; echo set; while :; do sleep 0.05; done'
	reload-signal = HUP
	E
	hupd_start
	wait_for 5 printed web 'set$'
	run -0 ctl reload web
	wait_for 5 printed web 'hup$'
	wait_for 5 logged 'web: reload: signalled'
}

@test "reload-command runs as the program does, with MAINPID" {
	printf 'WORD=of the file\n' >"$T/a.env"
	chmod 644 "$T/a.env"
	mkdir -m 755 "$T/home"
	program web <<-E
	command = sleep 1000
	directory = $T/home
	env-file = $T/a.env
	reload-command = sh -c 'echo "main \$MAINPID, \$WORD, \$(pwd)"'
	E
	hupd_start
	run -0 ctl reload web
	wait_for 5 printed web "main $(pid_of web), of the file, $T/home$"
	is_state web up
	[ "$(status_field web 5)" = 0 ]
}

@test "its environment has room for every variable" {
	needs_root
	cp "$HUPD_BUILD/tools/actor" "$T"
	program web <<-E
	command = $T/actor notify READY=1 wait
	user = nobody
	ready = notify
	watchdog = 1h
	reload-command = sh -c 'echo "\$USER \$LOGNAME \$HUPD_PROGRAM \$WATCHDOG_USEC \$MAINPID"'
	E
	hupd_start
	wait_for 5 is_state web up
	run -0 ctl reload web
	wait_for 5 printed web "nobody nobody web 3600000000 $(pid_of web)\$"
}

@test "a reload-command that fails is reported" {
	program web <<-E
	command = sleep 1000
	reload-command = sh -c 'echo broken; exit 4'
	E
	hupd_start
	run -1 ctl reload web
	[[ $output = *'reload-command: exited, status 4'* ]]
	is_state web up
	sed -i 's|^reload.*|reload-command = sh -c "kill -9 $$"|' \
	    "$T/hupd.d/web.conf"
	run -0 ctl reload
	run -1 ctl reload web
	[[ $output = *'reload-command: killed by SIGKILL'* ]]
	sed -i 's|^reload.*|reload-command = /nowhere/tool|' \
	    "$T/hupd.d/web.conf"
	run -0 ctl reload
	run -1 ctl reload web
	[[ $output = *': does not exist'* ]]
	is_state web up
}

@test "a reload-command that does not end is ended, with its children" {
	program web <<-E
	command = sleep 1000
	reload-command = sh -c 'sleep 999 & sleep 998'
	start-timeout = 300ms
	E
	hupd_start
	run -1 ctl reload web
	[[ $output = *'reload-command did not end in 300ms'* ]]
	wait_for 5 eval '! pgrep -f "^sleep 99[89]$"'
	is_state web up
}

@test "what cannot be reloaded says so" {
	program web <<<'command = sleep 1000'
	hupd_start
	wait_for 5 is_state web up
	run -1 ctl reload web
	[[ $output = *'neither reload-signal nor reload-command'* ]]
	run -0 ctl stop web
	run -1 ctl reload web
	[[ $output = *'not up'* ]]
	run -1 ctl reload nobody
	[[ $output = *'no program nobody'* ]]
}

# The words may be taken for those of the run before, that was just then.
start_says_why() {
	local said
	! said=$(ctl start "$1" 2>&1) &&
	    [[ $said = *'exited, status 3'*'no such table'* ]]
}

@test "a start that fails again and again has an outcome nevertheless" {
	for delay in 0 1ms 10ms; do
		program "web$delay" <<-E
		command = sh -c 'echo "no such table"; exit 3'
		ready = notify
		restart-delay = $delay
		restart-delay-max = $delay
		autostart = no
		E
		program "app$delay" <<-E
		command = sleep 1000
		depends-on = web$delay
		autostart = no
		E
	done
	hupd_start
	for delay in 0 1ms 10ms; do
		run -1 timeout 60 env TEST_MARK="$MARK" "$HUPCTL" \
		    -s "$T/run/hupd.sock" start "app$delay"
		[[ $output = *"waits for web$delay"* ]]
		wait_for 5 start_says_why "web$delay"
		run -0 ctl stop "web$delay"
	done
}

@test "a start that took long and failed is no stable run" {
	program web <<-E
	command = sleep 1000
	ready = notify
	start-timeout = 300ms
	restart-reset = 100ms
	restart-limit = 1
	restart-delay = 10ms
	E
	hupd_start
	wait_for 5 is_state web failed
}
