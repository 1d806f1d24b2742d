#!/usr/bin/env bats
# Commands around a program: start-pre, start-post, stop-command and stop-post.

load helper
load takeover

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

@test "what start-pre leaves has ended before the program starts" {
	traced web "start-pre = sh -c 'sleep 998 & echo \$! >$T/left'"
	sed -i "s|^command = .*|command = sh -c 'kill -0 \$(cat $T/left) \&\& echo alive >>$T/trace; echo main >>$T/trace; echo >\&3; exec sleep 1000'|" \
	    "$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	trace_is main
	logged 'web: killed 1 process that start-pre left behind'
}

@test "a failed start-post stops the program" {
	traced web "start-post = sh -c 'echo no answer; exit 7'" \
	    "stop-command = $(note stop)" 'restart = never' \
	    "stop-post = sh -c 'echo \"\$SERVICE_RESULT \$EXIT_CODE\" >>$T/trace'"
	hupd_start
	wait_for 5 is_state web failed
	# stop-command is for a program that was up or about to be.
	trace_is 'main exit-code '
	run -1 ctl start web
	[[ $output = *'start-post sh -c '*'exited, status 7'* ]]
	[[ $output = *'no answer'* ]]
}

@test "a failure after - does not count, and + runs as the daemon's user" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	traced web "start-pre = -false" "start-pre = -/nowhere/tool" \
	    "start-pre = sh -c 'id -u >$T/id.plain'" \
	    "start-pre = +-sh -c 'id -u >$T/id.plus; exit 1'" \
	    "start-post = -+sh -c 'grep NoNewPrivs /proc/self/status >$T/privs'" \
	    'user = nobody' 'no-new-privs = yes'
	install -m 666 /dev/null "$T/trace"
	install -m 666 /dev/null "$T/id.plain"
	hupd_start
	wait_for 5 is_state web up
	[ "$(cat "$T/id.plain")" = "$(id -u nobody)" ]
	[ "$(cat "$T/id.plus")" = 0 ]
	grep -q '0$' "$T/privs"
	logged 'web: start-pre -false: exited, status 1; its failure does not count (-)'
	logged 'web: start-pre -/nowhere/tool: exec '
}

@test "one start-timeout covers start-pre and start-post" {
	traced web "start-pre = sh -c 'echo waits; exec sleep 999'" \
	    'start-timeout = 300ms' 'restart = never'
	traced app "start-post = sleep 997" 'start-timeout = 3s' \
	    'restart = never'
	hupd_start
	wait_for 5 is_state web failed
	wait_for 15 is_state app failed
	ctl status web | grep -q 'start-pre sh -c .* not ready in time'
	ctl status app | grep -q 'start-post sleep 997: not ready in time'
	run -1 ctl start web
	[[ $output = *waits* ]]
}

@test "a stop in the middle of start-pre sends it the stop signal" {
	traced web "start-pre = sh -c 'trap \"echo asked >>$T/trace; exit 0\" TERM; echo pre >>$T/trace; sleep 996 & wait'" \
	    "start-pre = $(note never)" "stop-command = $(note never)" \
	    "stop-post = $(note end)"
	hupd_start
	wait_for 5 trace_is pre
	is_step web start-pre
	ctl status web | grep -q 'starting (start-pre) for'
	ctl stop web
	is_state web down
	trace_is 'pre asked end'
	ctl start --no-wait web
	wait_for 5 trace_is 'pre asked end pre'
	ctl remove web
	trace_is 'pre asked end pre asked end'
}

@test "a stop in the middle of start-post and of stop-command" {
	traced web "start-post = sleep 995" "stop-command = sleep 994" \
	    'stop-timeout = 400ms' "stop-post = $(note end)"
	hupd_start
	wait_for 5 is_step web start-post
	ctl stop web
	is_state web down
	trace_is 'main end'
	# It did not end in time.
	logged 'web: stopping -> killing (stop-timeout over)'
	run ! pgrep -fx 'sleep 99[45]'
}

@test "the main process ends while stop-command runs, which ends by itself" {
	traced web "stop-command = sh -c 'kill \$MAINPID; while kill -0 \$MAINPID; do sleep 0.01; done; echo gone >>$T/trace'" \
	    "stop-command = $(note more)" "stop-post = sh -c 'echo \"\$MAINPID \$SERVICE_RESULT \$EXIT_STATUS\" >>$T/trace'"
	hupd_start
	wait_for 5 is_state web up
	pid=$(pid_of web)
	ctl stop web
	trace_is "main gone more $pid success TERM"
	run ! logged 'sent SIG'
}

@test "a task that is done is stopped by its commands" {
	program route <<-E
	command = $(note add)
	start-pre = $(note pre)
	start-post = $(note post)
	ready = exited
	stop-command = $(note del)
	stop-post = $(note end)
	E
	program web <<-E
	command = sh -c '$(note web | sed "s/^sh -c '//; s/'\$//"); trap "echo webends >>$T/trace; exit" TERM; sleep 993 & wait'
	depends-on = route
	E
	hupd_start
	wait_for 5 is_state web up
	is_state route 'done'
	wait_for 5 trace_is 'pre add post web'
	# A dependent stops first.
	ctl stop route
	trace_is 'pre add post web webends del end'
	is_state route down
	is_state web down
	ctl start web
	is_state route 'done'
	wait_for 5 trace_is 'pre add post web webends del end pre add post web'
	# At the end of the daemon, too.
	hupd_stop
	[[ $(trace) = *' web webends del end ' ]]
}

@test "a changed definition whose start-pre fails is rolled back" {
	traced web "start-pre = true"
	hupd_start
	wait_for 5 is_state web up
	change web "start-pre = sh -c 'echo bad config; exit 1'"
	change web 'nice = 1'
	run -1 ctl reload
	[[ $output = *'start-pre sh -c '*'exited, status 1'* ]]
	[[ $output = *'bad config'* ]]
	wait_for 5 is_state web up
	[ "$(cut -d ' ' -f 19 "/proc/$(pid_of web)/stat")" = 0 ]
}

@test "a changed command around a program restarts nothing" {
	traced web "start-pre = $(note pre)"
	hupd_start
	wait_for 5 is_state web up
	pid=$(pid_of web)
	change web "start-pre = $(note other)"
	echo "stop-post = $(note end)" >>"$T/hupd.d/web.conf"
	run -0 ctl reload
	[[ $output = *'adjusted: '*start-pre* ]]
	[ "$(pid_of web)" = "$pid" ]
	ctl restart web
	trace_is 'pre main end other main'
}

@test "the next daemon runs the commands of the step again" {
	# shellcheck disable=SC2034
	LEFT_OK=1
	# Each blocks until there is a file of its name.
	wait=" while [ ! -e $T/\$STEP ]; do sleep 0.05; done; echo \$STEP >>$T/trace"
	traced web "start-pre = sh -c 'echo begins >>$T/trace; STEP=pre;$wait'" \
	    "start-post = sh -c 'echo begins >>$T/trace; STEP=post;$wait'" \
	    "stop-command = sh -c 'echo begins >>$T/trace; STEP=stop;$wait'" \
	    "stop-post = sh -c 'echo begins >>$T/trace; STEP=end;$wait'" \
	    'start-timeout = 5m' 'stop-timeout = 5m'
	hupd_start
	wait_for 5 trace_is begins
	for step in start-pre start-post; do
		wait_for 5 is_step web "$step"
		kill -9 "$(hupd_pid)"
		wait_for 5 hupd_answers
		wait_for 5 is_step web "$step"
		[ "$(pgrep -cf "STEP=${step#start-}")" -eq 1 ]
		touch "$T/${step#start-}"
	done
	wait_for 5 is_state web up
	trace_is 'begins begins pre main begins begins post'
	pid=$(pid_of web)
	ctl reexec
	[ "$(pid_of web)" = "$pid" ]
	ctl stop --no-wait web
	for step in stop-command stop-post; do
		wait_for 5 is_step web "$step"
		kill -9 "$(hupd_pid)"
		wait_for 5 hupd_answers
		wait_for 5 is_step web "$step"
		if [ "$step" = stop-post ]; then
			ctl reexec
			is_step web "$step"
		fi
		case $step in
		stop-command) touch "$T/stop" ;;
		stop-post) touch "$T/end" ;;
		esac
	done
	wait_for 5 is_state web down
	[[ $(trace) = *' begins begins stop begins begins begins end ' ]]
	run ! alive "$pid"
}

@test "reload-command has several lines, and the first failure ends them" {
	traced web "reload-command = $(note one)" "reload-command = -false" \
	    "reload-command = sh -c 'echo \$MAINPID >$T/main'"
	hupd_start
	wait_for 5 is_state web up
	run -0 ctl reload web
	[[ $output = *'reload-command succeeded'* ]]
	trace_is 'main one'
	[ "$(cat "$T/main")" = "$(pid_of web)" ]
	sed -i 's/^reload-command = -false/reload-command = false/' \
	    "$T/hupd.d/web.conf"
	ctl reload
	rm "$T/main"
	run -1 ctl reload web
	[[ $output = *'reload-command false: exited, status 1'* ]]
	[ ! -e "$T/main" ]
}

@test "on-failure-command reports a program that has failed, once" {
	program web <<-E
	command = sh -c 'echo out of paper; exit 5'
	restart = never
	on-failure-command = sh -c 'env >$T/env; cat >$T/input; echo run >>$T/trace'
	E
	hupd_start
	wait_for 5 trace_is run
	is_state web failed
	grep -qx 'HUPD_PROGRAM=web' "$T/env"
	grep -qx 'HUPD_STATE=failed' "$T/env"
	grep -qx 'HUPD_REASON=exited, status 5' "$T/env"
	grep -qx 'SERVICE_RESULT=exit-code' "$T/env"
	grep -qx 'EXIT_CODE=exited' "$T/env"
	grep -qx 'EXIT_STATUS=5' "$T/env"
	grep -qx 'out of paper' "$T/input"
	# The next minute has none.
	ctl start web || true
	wait_for 5 is_state web failed
	trace_is run
}

@test "on-failure-command does not delay a program that starts again" {
	program web <<-E
	command = sleep 1000
	restart-reset = 0
	on-failure-command = sh -c 'echo \$HUPD_STATE >>$T/trace; exec sleep 992'
	E
	hupd_start
	wait_for 5 is_state web up
	pid=$(pid_of web)
	# A run that is not longer than 10 ms is never stable.
	sleep 0.05
	kill -9 "$pid"
	wait_for 5 trace_is wait
	wait_for 5 is_state web up
	pgrep -fx 'sleep 992'
	ctl restart web
	pgrep -fx 'sleep 992'
	ctl stop web
	is_state web down
	pgrep -fx 'sleep 992'
	hupd_stop
	run ! pgrep -fx 'sleep 992'
}

# reported MODE: neither the daemon's death nor its successor loses a failure.
reported() {
	mode "$1"
	program web <<-E
	command = sh -c 'echo out of paper; exit 5'
	restart = never
	on-failure-command = sh -c 'cat >$T/input; echo \$HUPD_REASON >>$T/trace; \
	    exec sleep 992'
	E
	hupd_start
	wait_for 5 trace_is 'exited, status 5'
	rm "$T/input"
	crash
	wait_for 5 trace_is 'exited, status 5 exited, status 5'
	grep -qx 'out of paper' "$T/input"
	wait_for 5 only_one_command
	ctl reexec
	wait_for 5 trace_is 'exited, status 5 exited, status 5 exited, status 5'
	wait_for 5 only_one_command
	: >"$T/trace"
	crash_for_good
	hupd_start
	wait_for 5 trace_is 'exited, status 5'
	wait_for 5 only_one_command
	is_state web failed
	# A command that has ended is not repeated.
	pkill -fx 'sleep 992'
	wait_for 5 logged 'on-failure-command: killed by SIGTERM'
	: >"$T/trace"
	crash
	ctl reload
	[ ! -s "$T/trace" ]
	# The next failure still waits for its minute, and a removed program has
	# none.
	ctl start web || true
	wait_for 5 is_state web failed
	crash
	[ ! -s "$T/trace" ]
	rm "$T/hupd.d/web.conf"
	ctl reload
	[ ! -e "$T/run/failures" ]
	hupd_stop
}

only_one_command() {
	[ "$(pgrep -cfx 'sleep 992')" -eq 1 ]
}

@test "on-failure-command outlives the daemon, with cgroups" {
	reported cgroup
}

@test "on-failure-command outlives the daemon, without cgroups" {
	reported off
}

@test "on-failure-command outlives the daemon of an ordinary user" {
	reported user
}

@test "bad prefixes and empty commands are refused" {
	program web <<-'E'
	command = -sleep 1
	start-pre = @/bin/true
	start-post = +-
	stop-post = '-x'
	health-command = +true
	E
	run -6 hupd_env "$HUPD" -n -f "$T/hupd.conf"
	[[ $output = *'command: the prefix "-" is not possible here'* ]]
	[[ $output = *'start-pre: the prefix "@" is not known; the prefixes are + and -'* ]]
	[[ $output = *'start-post: the first word is empty'* ]]
	[[ $output = *'stop-post: "-x" is no command'* ]]
	[[ $output = *'health-command: the prefix "+" is not possible here'* ]]
}

@test "an empty value leaves out the commands of hupd.conf" {
	setting "start-pre = $(note default)"
	traced web "start-pre = $(note own)"
	traced app 'start-pre =' "start-pre = $(note only)"
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 is_state app up
	[ "$(sort "$T/trace" | uniq -c | awk '{ printf "%s%s ", $1, $2 }')" = \
	    '1default 2main 1only 1own ' ]
}
