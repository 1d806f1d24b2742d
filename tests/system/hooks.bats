#!/usr/bin/env bats
# Commands around a program: start-pre, start-post, stop-command and stop-post.

load helper

# traced NAME LINE ...: a program that, like its commands, notes what it does
# in $T/trace.  $STEP is the command that notes it.
traced() {
	local name=$1
	shift
	{
		echo "command = sh -c 'echo main >>$T/trace; echo >&3; exec sleep 1000'"
		echo 'ready = fd:3'
		printf '%s\n' "$@"
	} | program "$name"
}

# note WORD: a command that appends it to the trace.
note() {
	echo "sh -c 'echo $1 >>$T/trace'"
}

# The words of the trace, in one line.
trace() {
	tr '\n' ' ' <"$T/trace"
}

trace_is() {
	[ "$(trace)" = "$1 " ]
}

# The step of the program, as hupctl -j has it.
step_of() {
	ctl -j status "$1" |
	    python3 -c 'import json, sys
print(json.load(sys.stdin)["programs"][0]["step"])'
}

is_step() {
	[ "$(step_of "$1")" = "$2" ]
}

@test "the commands run in order around a start and a stop" {
	traced web "start-pre = $(note pre1)" "start-pre = $(note pre2)" \
	    "start-post = $(note post)" "stop-command = $(note stop)" \
	    "stop-post = $(note end1)" "stop-post = $(note end2)"
	hupd_start
	wait_for 5 is_state web up
	trace_is 'pre1 pre2 main post'
	ctl stop web
	trace_is 'pre1 pre2 main post stop end1 end2'
	is_state web down
	ctl start web
	ctl restart web
	trace_is 'pre1 pre2 main post stop end1 end2 pre1 pre2 main post stop end1 end2 pre1 pre2 main post'
	hupd_stop
	[[ $(trace) = *'main post stop end1 end2 ' ]]
}

@test "a crash runs stop-post and start-pre, and no stop-command" {
	traced web "start-pre = $(note pre)" "stop-command = $(note stop)" \
	    "stop-post = sh -c 'echo \"\$SERVICE_RESULT \$EXIT_CODE \$EXIT_STATUS\" >>$T/trace'" \
	    'restart-reset = 0' 'restart-delay = 0'
	hupd_start
	wait_for 5 is_state web up
	kill -9 "$(pid_of web)"
	wait_for 5 trace_is 'pre main signal killed KILL pre main'
	wait_for 5 is_state web up
}

@test "a failed start-pre is a failed start, with its last lines" {
	traced web "start-pre = sh -c 'echo no database >&2; exit 3'" \
	    "start-pre = $(note never)" \
	    "stop-post = sh -c 'echo \"\$SERVICE_RESULT \$EXIT_CODE\" >>$T/trace'" \
	    'restart = never'
	hupd_start
	wait_for 5 is_state web failed
	run -1 ctl start web
	[[ $output = *'start-pre sh -c '*'exited, status 3'* ]]
	[[ $output = *'no database'* ]]
	run ! grep -q -e never -e main "$T/trace"
	grep -qx 'exit-code ' "$T/trace"
}
