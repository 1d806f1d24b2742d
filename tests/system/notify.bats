#!/usr/bin/env bats
# The sd_notify(3) protocol, with programs and systemd-notify(1).

load helper

setup() {
	hupd_setup
	ACTOR=$HUPD_BUILD/tools/actor
}

# talker STEP: a program that is ready by notification.
talker() {
	program web <<-E
	command = $ACTOR $1
	ready = notify
	reload-signal = HUP
	stop-timeout = 500ms
	E
}

# reload_is STATUS TEXT: how "hupctl reload web" ends.
reload_is() {
	run ctl reload web
	[ "$status" -eq "$1" ] && [[ $output = *"$2"* ]]
}

has_status() {
	ctl -j status web | grep -q -e "\"status\":\"[^\"]*$1"
}

# later FILE: let what awaits that file continue.
go_on() {
	touch "$T/$1"
}

@test "READY=1 makes it ready, not before" {
	talker "await $T/go notify READY=1 wait"
	hupd_start
	wait_for 5 logged 'web: down -> starting'
	is_state web starting
	go_on go
	wait_for 5 is_state web up
	wait_for 5 logged 'web: starting -> up (ready)'
}

@test "without cgroups as well, and from a child of its own" {
	setting 'cgroup = off'
	program web <<-E
	command = sh -c '$ACTOR notify READY=1 wait & wait'
	ready = notify
	E
	hupd_start
	wait_for 5 is_state web up
}

@test "its end before READY=1 is a failure, unless it ended well" {
	talker 'exit 3'
	echo 'restart = never' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 logged 'web: starting -> failed (exited): exited, status 3'
	run -1 ctl start web
	echo 'success-exit = 3' >>"$T/hupd.d/web.conf"
	run -0 ctl reload
	run -0 ctl start web
	is_state web 'done'
}

@test "STATUS is shown, and harmless" {
	talker 'notify "STATUS=counting sheep" notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	has_status 'counting sheep'
	sed -i 's/counting sheep/a\\x1b[31m/' "$T/hupd.d/web.conf"
	ctl status | grep -q web
	run -0 ctl restart web
}

@test "STATUS may be emptied, and does not outlive the process" {
	talker "notify STATUS=one notify READY=1 await $T/go notify STATUS= wait"
	hupd_start
	wait_for 5 has_status one
	go_on go
	wait_for 5 eval '! has_status one'
	rm "$T/go"
	run -0 ctl restart web
	wait_for 5 has_status one
	run -0 ctl stop web
	talker 'notify READY=1 wait'
	run -0 ctl reload
	run -0 ctl start web
	run has_status one
	[ "$status" -eq 1 ]
}

@test "a reload waits for RELOADING=1 and the READY=1 after it" {
	talker 'reload 1 well notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	reload_is 0 'web: up (ready again)'
	wait_for 5 logged 'web: says that it is reloading'
	wait_for 5 logged 'web: reload: ready again'
	is_state web up
}

@test "a reload that was announced and never ends fails" {
	talker 'reload 1 never notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	echo 'start-timeout = 300ms' >>"$T/hupd.d/web.conf"
	ctl reload
	reload_is 1 'reloading, but not ready again in 300ms'
	is_state web up
}

@test "one that had begun before is not taken for this reload" {
	talker 'reload 1 old notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	echo 'start-timeout = 300ms' >>"$T/hupd.d/web.conf"
	ctl reload
	reload_is 1 'signalled, no answer'
	is_state web up
}

@test "READY=1 alone is not taken for the answer to a reload" {
	talker 'reload 1 bare notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	echo 'start-timeout = 300ms' >>"$T/hupd.d/web.conf"
	ctl reload
	reload_is 1 'signalled, no answer but a READY=1 without a new RELOADING=1 in 300ms'
	talker 'ignore 1 notify READY=1 wait'
	echo 'start-timeout = 300ms' >>"$T/hupd.d/web.conf"
	ctl reload
	reload_is 1 'signalled, no answer in 300ms; a program that never sends RELOADING=1 needs a reload-command'
}

@test "a reload whose answer takes its time is waited for" {
	talker "reload 1 $T/go notify READY=1 wait"
	hupd_start
	wait_for 5 is_state web up
	ctl reload web >"$T/out" 2>&1 &
	client=$!
	sleep 1.5
	[ ! -s "$T/out" ]
	go_on go
	wait "$client"
	grep -q 'web: up (ready again)' "$T/out"
}

@test "a reload without a start-timeout is waited for too" {
	talker "reload 1 well notify READY=1 wait"
	echo 'start-timeout = 0' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	reload_is 0 'ready again'
	change web 'reload-command = sleep 0.3'
	sed -i '/^reload-signal/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
	reload_is 0 'reload-command succeeded'
}

@test "a reload that the program calls failed has failed" {
	talker 'reload 1 "STATUS=Reload failed!" notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	reload_is 1 'ready again, but it reports a failure: Reload failed!'
	talker 'reload 1 ERRNO=22 notify READY=1 wait'
	run -0 ctl reload
	reload_is 1 'ready again, but it reports a failure: Invalid argument'
	talker 'reload 1 "STATUS=Serving, 3 failed backends" notify READY=1 wait'
	run -0 ctl reload
	reload_is 0 'ready again: Serving, 3 failed backends'
}

@test "haproxy: a reload, and a failed one" {
	needs_commands haproxy
	cat >"$T/haproxy.cfg" <<-E
	global
	  master-worker
	defaults
	  mode tcp
	  timeout client 1s
	  timeout connect 1s
	  timeout server 1s
	listen a
	  bind 127.0.0.1:$(free_port)
	  server s 127.0.0.1:1
	E
	program web <<-E
	command = haproxy -Ws -f $T/haproxy.cfg
	ready = notify
	reload-command = haproxy -c -q -f $T/haproxy.cfg
	E
	hupd_start
	wait_for 10 is_state web up
	change web 'reload-signal = USR2'
	sed -i '/^reload-command/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
	reload_is 0 'ready again'
	pid=$(pid_of web)
	echo garbage >>"$T/haproxy.cfg"
	run ctl reload web
	# Before version 3, nothing in its messages shows the failure.
	[ "$status" -eq 1 ] || haproxy -v | grep -q ' version [12]'
	[[ $output = *'ready again'* ]]
	[ "$(pid_of web)" = "$pid" ]
	# The check before it is the way for all versions.
	change web "reload-command = sh -c 'haproxy -c -q -f $T/haproxy.cfg && kill -USR2 \$MAINPID'"
	sed -i '/^reload-signal/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
	reload_is 1 'reload-command: exited, status 1'
}

@test "a reload-command waits for the answer of the program as well" {
	program web <<-E
	command = $ACTOR reload 1 well notify READY=1 wait
	ready = notify
	reload-command = sh -c 'kill -HUP \$MAINPID'
	E
	hupd_start
	wait_for 5 is_state web up
	reload_is 0 'ready again'
	sed -i 's/reload 1 well/reload 1 never/' "$T/hupd.d/web.conf"
	run -0 ctl reload
	echo 'start-timeout = 300ms' >>"$T/hupd.d/web.conf"
	run -0 ctl reload
	reload_is 1 'reloading, but not ready again in 300ms'
	change web 'reload-command = true'
	run -0 ctl reload
	reload_is 0 'reload-command succeeded'
}

@test "without notifications, a reload shows that the program still runs" {
	setting 'settle-time = 200ms'
	program web <<-E
	command = $ACTOR say begun wait
	reload-signal = HUP
	E
	hupd_start
	wait_for 5 is_state web up
	reload_is 1 'the program ended'
	program web <<-E
	command = $ACTOR ignore 1 say deaf wait
	reload-signal = HUP
	E
	ctl reload
	wait_for 5 printed web deaf
	wait_for 5 is_state web up
	reload_is 0 'signalled, still running after 200ms, no answer expected'
	change web 'settle-time = 0'
	run -0 ctl reload
	reload_is 0 'signalled, no answer expected'
}

@test "a reload whose program dies fails at once" {
	talker 'notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	reload_is 1 'the program ended'
}

@test "a second reload meanwhile is refused" {
	talker 'reload 1 never notify READY=1 wait'
	echo 'start-timeout = 20s' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	is_refused() {
		ctl reload web >"$T/first" 2>&1 &
		client=$!
		wait_for 5 logged 'web: says that it is reloading'
		reload_is 1 'under way'
	}
	wait_for 5 is_refused
	ctl stop web
	wait "$client" || :
}

@test "a reload that its client gave up continues" {
	talker 'reload 1 never notify READY=1 wait'
	echo 'start-timeout = 3s' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	ctl reload web &
	client=$!
	wait_for 5 logged 'web: says that it is reloading'
	kill "$(pgrep -P "$client" || echo "$client")"
	wait "$client" || :
	wait_for 10 logged 'web: reload: reloading, but not ready again in 3s'
	ctl ping
}

@test "a program that is removed meanwhile ends its reload" {
	talker 'reload 1 never notify READY=1 wait'
	hupd_start
	wait_for 5 is_state web up
	ctl reload web >"$T/out" 2>&1 &
	client=$!
	wait_for 5 logged 'web: says that it is reloading'
	rm "$T/hupd.d/web.conf"
	run -0 ctl reload
	status=0
	wait "$client" || status=$?
	[ "$status" -eq 1 ]
	grep -q 'the program ended' "$T/out"
}

@test "MAINPID of one of its processes is followed" {
	no_valgrind 'it has no pidfd_open(2)'
	talker 'daemon notify "MAINPID=%p\nREADY=1" away wait'
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 logged "web: its main process is $(pid_of web) now"
	run -0 ctl restart web
	run -0 ctl stop web
}

@test "MAINPID of a process that is not its own is refused" {
	program other <<<'command = sleep 1000'
	hupd_start
	wait_for 5 is_state other up
	pid=$(pid_of other)
	for pid in "$pid" $$ 1 "$(hupd_pid)" 4194000; do
		talker "notify MAINPID=$pid notify READY=1 wait"
		run -0 ctl reload
		wait_for 5 is_state web up
		[ "$(pid_of web)" -ne "$pid" ]
		[ "$pid" -eq 1 ] || wait_for 5 logged "web: MAINPID=$pid refused"
	done
	is_state other up
}

# The socket that a program sends its messages to.
socket_of() {
	tr '\0' '\n' <"/proc/$(pid_of "$1")/environ" |
	    sed -n 's/^NOTIFY_SOCKET=//p' | grep .
}

@test "what another program says does not make it ready" {
	talker "await $T/go notify READY=1 wait"
	program other <<-E
	command = sh -c '$ACTOR await $T/socket; NOTIFY_SOCKET=\$(cat $T/socket) exec $ACTOR notify READY=1 say sent wait'
	E
	hupd_start
	wait_for 5 socket_of web >"$T/path"
	mv "$T/path" "$T/socket"
	wait_for 5 printed other 'sent$'
	ctl ping
	is_state web starting
	go_on go
	wait_for 5 is_state web up
}

@test "a program that is not to notify is not heard" {
	program web <<-'E'
	command = sh -c 'echo "at $NOTIFY_SOCKET"; exec sleep 1000'
	E
	hupd_start
	wait_for 5 printed web 'at $'
	[ -z "$(find "$T/run" -path '*notify*')" ]
}

@test "systemd-notify is understood, its barrier answered at once" {
	command -v systemd-notify >/dev/null || skip 'needs systemd-notify'
	program web <<-E
	command = sh -c 'systemd-notify --status=sheep; systemd-notify --ready && echo past; exec sleep 1000'
	ready = notify
	E
	hupd_start
	wait_for 5 is_state web up
	# It gives the barrier five seconds, and fails then.
	wait_for 5 printed web 'past$'
	has_status sheep
}

@test "garbage and floods on the socket harm nobody" {
	talker "await $T/go notify READY=1 wait"
	hupd_start
	wait_for 5 is_state web starting
	NOTIFY_SOCKET=$(socket_of web)
	export NOTIFY_SOCKET
	for word in '' $'\n\n\n' 'READY' 'READY=11' 'MAINPID=-1' \
	    'MAINPID=99999999999999999999' "$(head -c 900 /dev/zero |
	    tr '\0' x)"; do
		"$ACTOR" notify "$word"
	done
	(
		while [ ! -e "$T/enough" ]; do
			"$ACTOR" notify READY=11 notify READY notify REA \
			    notify STATUS=x notify STATUS=y notify STATUS=z
		done
	) &
	flood=$!
	ctl ping
	is_state web starting
	go_on go
	wait_for 5 is_state web up
	go_on enough
	wait "$flood"
}

# It says that it lives, until it is asked not to.
lively() {
	cat >"$T/lively" <<-'E'
	import os, socket, sys, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	notify = lambda text: s.sendto(text, os.environ["NOTIFY_SOCKET"])
	print(os.environ["WATCHDOG_USEC"], flush=True)
	notify(b"READY=1")
	while not os.path.exists(sys.argv[1]):
	    time.sleep(0.05)
	    notify(b"WATCHDOG=1")
	    print("alive", flush=True)
	time.sleep(1000)
	E
	program web <<-E
	command = python3 $T/lively $T/go
	ready = notify
	watchdog = 5s
	restart-delay = 1h
	restart-delay-max = 1h
	E
}

@test "watchdog: no sign of life in time is a failure" {
	lively
	hupd_start
	# More than fit into that time.
	wait_for 20 eval '[ "$(grep -c alive "$T/log/web.log")" -ge 110 ]'
	wait_for 5 printed web '5000000$'
	is_state web up
	run ! logged 'web: up ->'
	go_on go
	wait_for 10 logged \
	    'web: up -> stopping (watchdog time over): no sign of life in time, SIGTERM sent'
	wait_for 10 logged \
	    'web: stopping -> wait (exited): no sign of life in time, killed by'
}

@test "watchdog: a daemon that takes over waits again" {
	no_valgrind 'there is no guard'
	lively
	hupd_start
	wait_for 10 printed web alive
	pid=$(pid_of web)
	kill -9 "$(hupd_pid)"
	wait_for 10 logged 'web: taken over'
	n=$(grep -c alive "$T/log/web.log")
	wait_for 20 eval '[ "$(grep -c alive "$T/log/web.log")" -ge $((n + 110)) ]'
	[ "$(pid_of web)" = "$pid" ]
	go_on go
	wait_for 10 logged 'no sign of life in time'
}

# The state, want and reason of web in JSON.
says() {
	ctl -j status web | grep -q -e "$1"
}

@test "STOPPING=1: a deadline follows, and no signal" {
	talker "notify READY=1 await $T/go notify STOPPING=1 await $T/end exit 0"
	echo 'restart = on-failure' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	change web 'stop-timeout = 1m'
	ctl reload
	go_on go
	wait_for 5 logged 'web: up -> stopping (STOPPING=1): it ends by itself'
	is_state web stopping
	go_on end
	wait_for 5 is_state web 'done'
	# Now it does not end.
	rm "$T/end"
	change web 'stop-timeout = 200ms'
	ctl reload
	ctl start --no-wait web
	wait_for 5 logged 'web: stopping -> killing (stop-timeout over)'
	wait_for 5 logged 'it did not end after STOPPING=1, killed by SIGKILL'
}

@test "STOPPING=1 of a process that is not the main one is ignored" {
	program web <<-E
	command = sh -c '$ACTOR notify READY=1 notify STOPPING=1 wait & wait'
	ready = notify
	stop-timeout = 100ms
	E
	hupd_start
	wait_for 5 logged 'web: STOPPING=1 of pid .* is ignored'
	is_state web up
}

@test "EXTEND_TIMEOUT_USEC gives time to start, also under the next daemon" {
	no_valgrind 'there is no re-execution'
	talker "notify EXTEND_TIMEOUT_USEC=60000000 await $T/go notify READY=1 wait"
	printf 'start-timeout = 400ms\nautostart = no\n' >>"$T/hupd.d/web.conf"
	hupd_start
	ctl start --no-wait web
	sleep 1
	is_state web starting
	pid=$(pid_of web)
	run -0 ctl reexec
	change web 'stop-timeout = 300ms'
	run -0 ctl reload
	is_state web starting
	go_on go
	wait_for 5 is_state web up
	[ "$(pid_of web)" = "$pid" ]
}

@test "EXTEND_TIMEOUT_USEC while it stops, and while it reloads" {
	cat >"$T/slow" <<-'E'
	import os, signal, socket, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	notify = lambda text: s.sendto(text, os.environ["NOTIFY_SOCKET"])
	def work():
	    for i in range(8):
	        notify(b"EXTEND_TIMEOUT_USEC=20000000")
	        time.sleep(0.1)
	def reload(*_):
	    notify(b"RELOADING=1\nMONOTONIC_USEC=%d" %
	           (time.monotonic_ns() // 1000))
	    work()
	    notify(b"READY=1")
	def stop(*_):
	    work()
	    print("saved", flush=True)
	    os._exit(0)
	signal.signal(signal.SIGHUP, reload)
	signal.signal(signal.SIGTERM, stop)
	notify(b"READY=1")
	while True:
	    signal.pause()
	E
	program web <<-E
	command = python3 $T/slow
	ready = notify
	reload-signal = HUP
	E
	hupd_start
	wait_for 10 is_state web up
	change web 'start-timeout = 500ms'
	change web 'stop-timeout = 500ms'
	run -0 ctl reload
	reload_is 0 'ready again'
	run -0 ctl stop web
	wait_for 5 printed web saved
	run ! logged 'web: stopping -> killing'
}

@test "WATCHDOG=trigger is a failure, without a watchdog" {
	talker "notify READY=1 await $T/go notify WATCHDOG=trigger wait"
	echo 'restart = never' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	go_on go
	wait_for 5 logged 'web: up -> stopping (WATCHDOG=trigger): it reported an internal error, SIGTERM sent'
	wait_for 5 is_state web failed
}

@test "WATCHDOG_USEC sets the watchdog, also for the next daemon" {
	no_valgrind 'there is no re-execution'
	talker "notify READY=1 notify WATCHDOG_USEC=0 await $T/go notify WATCHDOG_USEC=200000 wait"
	printf 'watchdog = 1s\nrestart = never\n' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	run -0 ctl reexec
	sleep 1.5
	is_state web up
	go_on go
	wait_for 5 logged 'web: up -> stopping (watchdog time over)'
}

@test "a reload of its own, ERRNO and EXIT_STATUS are shown" {
	talker "notify READY=1 notify RELOADING=1 await $T/go notify READY=1 notify ERRNO=2\\\\nEXIT_STATUS=3 wait"
	hupd_start
	wait_for 5 says '"reloading":true'
	[[ $(ctl status web) = *'pid '*', reloading'* ]]
	ctl status | grep -q reloading
	go_on go
	wait_for 5 says '"errno":2'
	says '"exit_status":3'
	says '"reloading":false'
	[[ $(ctl status web) = *'reports   error 2 (No such file or directory), exit status 3'* ]]
	logged 'web: it reports error 2 (No such file or directory)'
}

@test "NOTIFYACCESS says whose messages count" {
	program web <<-E
	command = sh -c '$ACTOR await $T/go notify STATUS=worker say said wait & exec $ACTOR notify READY=1 notify STATUS=main notify NOTIFYACCESS=main say set wait'
	ready = notify
	E
	hupd_start
	wait_for 5 printed web set
	go_on go
	wait_for 5 printed web said
	ctl ping
	has_status main
}

@test "MAINPIDFD=1 names the main process by its descriptor" {
	no_valgrind 'it has no pidfd_open(2)'
	python3 -c 'import os; os.pidfd_open(os.getpid())' 2>/dev/null ||
	    skip 'needs os.pidfd_open'
	cat >"$T/fork" <<-'E'
	import array, os, socket, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.connect(os.environ["NOTIFY_SOCKET"])
	child = os.fork()
	if child == 0:
	    time.sleep(1000)
	fd = os.pidfd_open(child)
	s.sendmsg([b"MAINPIDFD=1\nMAINPIDFDID=1\nREADY=1"],
	          [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
	print("child", child, flush=True)
	time.sleep(1000)
	E
	program web <<-E
	command = python3 $T/fork
	ready = notify
	E
	hupd_start
	wait_for 10 printed web "child "
	wait_for 5 is_state web up
	printed web "child $(pid_of web)$"
}

@test "a message that is too long is dropped with a line, a long one is read" {
	cat >"$T/long" <<-'E'
	import os, socket, sys, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.connect(os.environ["NOTIFY_SOCKET"])
	s.send(b"X=" + b"x" * 70000 + b"\nREADY=1")
	s.send(b"STATUS=still here")
	while not os.path.exists(sys.argv[1]):
	    time.sleep(0.05)
	s.send(b"X=" + b"x" * 60000 + b"\nREADY=1")
	time.sleep(1000)
	E
	program web <<-E
	command = python3 $T/long $T/go
	ready = notify
	E
	hupd_start
	wait_for 10 logged 'web: a notify message is dropped'
	wait_for 5 has_status 'still here'
	is_state web starting
	go_on go
	wait_for 5 is_state web up
}
