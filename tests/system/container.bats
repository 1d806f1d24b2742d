#!/usr/bin/env bats
# The daemon as the first process of a container: it reaps, ends in order, and
# ends by itself with a program's status where exit-on says so.

load helper

# in_container COMMAND ...: as PID 1 of a PID namespace; the pid outside, once
# there is one, in $INIT.
in_container() {
	needs_root
	unshare --pid true 2>/dev/null || skip "needs PID namespaces"
	HUPD_EXEC="exec" hupd_env unshare --pid --fork --kill-child --mount \
	    --mount-proc "$@" >"$T/stdout" 2>"$T/stderr" </dev/null &
	UNSHARE=$!
	wait_for 5 has_child "$UNSHARE"
	INIT=$(ps -o pid= --ppid "$UNSHARE" | tr -d ' ')
}

has_child() {
	[ -n "$(ps -o pid= --ppid "$1")" ]
}

# ended PID STATUS: it does, with that status.
ended() {
	local got=0
	wait_for 15 gone "$1"
	wait "$1" || got=$?
	[ "$got" -eq "$2" ]
}

# ends_with STATUS: a daemon in the foreground ends by itself with it.
ends_with() {
	run "-$1" hupd_env timeout -s KILL 60 "$HUPD" -d -f "$T/hupd.conf"
	logged "the daemon ends with status $1\$"
	logged 'Daemon stop at'
	[ ! -e "$T/hupd.pid" ]
}

# once NAME COMMAND: a program that runs once.
once() {
	program "$1" <<-E
	command = $2
	restart = never
	E
}

no_zombie() {
	[[ $(ps -o stat= --ppid "$INIT") != *Z* ]]
}

@test "as PID 1 it reaps orphans, and SIGTERM ends all in order" {
	program db <<-'E'
	command = sh -c '(sh -c "echo orphan \$PPID; exec sleep 0.1" &); exec sleep 1000'
	E
	program web <<-E
	command = sh -c '(setsid sleep 1000 &); exec sleep 1000'
	depends-on = db
	E
	# It stays in the foreground without being told to.
	in_container "$HUPD" -f "$T/hupd.conf"
	wait_for 10 hupd_answers
	wait_for 10 is_state web up
	[ "$(cat "$T/hupd.pid")" = 1 ]
	# The grandchild ends and leaves no zombie; those that live stay.
	wait_for 10 printed db orphan
	# log process, db, web and what that put into the background
	wait_for 10 children 4
	wait_for 10 no_zombie
	kill "$INIT"
	ended "$UNSHARE" 0
	logged 'web: left 1 process behind, killed'
	grep -e '-> down' "$T/log/hupd.log" >"$T/ends"
	[[ $(head -n 1 "$T/ends") = *web:* ]]
	[[ $(tail -n 1 "$T/ends") = *db:* ]]
	[ ! -e "$T/hupd.pid" ]
}

children() {
	[ "$(ps -o pid= --ppid "$INIT" | wc -l)" -eq "$1" ]
}

@test "as PID 1 it reloads at SIGHUP, and executes itself in place" {
	program web <<-E
	command = sleep 1000
	E
	in_container "$HUPD" -d -f "$T/hupd.conf"
	wait_for 10 is_state web up
	program more <<-E
	command = sleep 1000
	E
	kill -HUP "$INIT"
	wait_for 10 is_state more up
	pid=$(pid_of web)
	ctl reexec
	[ "$(pid_of web)" = "$pid" ]
	kill -INT "$INIT"
	ended "$UNSHARE" 0
}

@test "exit-on = NAME ends the daemon with that program's status" {
	program bystander <<-E
	command = sleep 1000
	E
	setting 'exit-on = web'
	once web "sh -c 'exit 3'"
	ends_with 3
	once web true
	ends_with 0
	once web "sh -c 'kill -USR1 \$\$'"
	ends_with 138
	once web "$T/none"
	ends_with 127
	once web "$T/hupd.conf"
	ends_with 126
	program web <<-E
	command = sh -c 'exit 4'
	restart-delay = 1ms
	restart-limit = 2
	E
	ends_with 4
	logged 'given up after 2 restarts'
}

@test "exit-on = any-failed waits for a failure, whose status it is" {
	setting 'exit-on = any-failed'
	once good true
	once bad "sh -c 'until [ -e $T/go ]; do sleep 0.02; done; exit 7'"
	hupd_foreground
	wait_for 10 is_state good 'done'
	touch "$T/go"
	ended "$DAEMON" 7
}

@test "exit-on = all-done ends once nothing runs, with the first failure" {
	setting 'exit-on = all-done'
	program spare <<-E
	command = sleep 1000
	autostart = no
	E
	once one true
	once two true
	ends_with 0
	once two "sh -c 'exit 5'"
	# What waits for a program that failed will never run.
	program three <<-E
	command = sleep 1000
	depends-on = two
	E
	sed -i 's/^restart.*/&\nready = fd:3/' "$T/hupd.d/two.conf"
	ends_with 5
}

@test "exit-on is for a program that there is and that may end" {
	setting 'exit-on = web'
	run -6 hupd_start -n
	[[ $output = *"exit-on: there is no program web" ]]
	program web <<-E
	command = sleep 1000
	E
	run -6 hupd_start -n
	[[ $output = *"hupd.conf:"*": exit-on: web is always started again:"* ]]
}

@test "exit-on is live, and a stop by hand is no end" {
	once web 'sleep 1000'
	hupd_foreground
	wait_for 10 is_state web up
	setting 'exit-on = web'
	ctl reload
	ctl stop web
	ctl start web
	kill -USR2 "$(pid_of web)"
	ended "$DAEMON" 140
}

@test "a program that gets its previous definition back has not failed" {
	setting 'exit-on = any-failed'
	once web 'sleep 1000'
	hupd_foreground
	wait_for 10 is_state web up
	once web false
	echo 'ready = fd:3' >>"$T/hupd.d/web.conf"
	run -1 ctl reload
	[[ $output = *"previous definition"* ]]
	wait_for 10 is_state web up
	kill "$DAEMON"
	ended "$DAEMON" 0
}
