#!/usr/bin/env bats
# settle-time: a program that ends soon has failed to start.

load helper

setup() {
	hupd_setup
	setting 'settle-time = 3s'
}

# The value of a metric of the program.
metric() {
	ctl metrics | awk -v sample="$1{program=\"$2\"}" '$1 == sample { print $2 }'
}

never_up() {
	run ! logged "$1: .* -> up"
}

# A program that prints its last words and ends.
broken() {
	program "$1" <<<"command = sh -c 'echo bad option; exit 2'"
}

@test "one that ends too soon has not been added, started or restarted" {
	hupd_start
	run -1 --separate-stderr ctl add t log-timestamps=no \
	    -- sh -c 'sleep 0.1; echo bad option; exit 2'
	[[ $output = *'+ t        added'*'! t        exited, status 2, again in '*'    output | bad option'* ]]
	[[ $stderr = *"t.conf stays; 'hupctl remove t' takes it back" ]]
	for command in start restart; do
		run -1 ctl "$command" t
		[[ $output = 't: '*'exited, status 2'*'| bad option'* ]]
		run -1 ctl -j "$command" t
		[[ $output = *'"ok":false'*'"tail":["bad option"]'* ]]
	done
	# Even one that ends well: it is to be restarted.
	run -1 ctl add u -- true
	[[ $output = *'! u        exited, status 0, again in '* ]]
	# It is never shown as up, however often it is started.
	change t 'restart-delay = 0'
	run -0 ctl reload
	wait_for 10 eval '[ "$(grep -c "t: starting -> wait" "$T/log/hupd.log")" -gt 10 ]'
	never_up t
	never_up u
}

@test "one that ends well and is not restarted is done, which counts as ready" {
	hupd_start
	run -0 ctl add once restart=never -- true
	run -0 ctl add twice restart=on-failure depends-on=once -- true
	is_state once 'done'
	is_state twice 'done'
	run -0 ctl restart once
	run -1 ctl add worse restart=never -- false
	[[ $output = *'! worse    exited, status 1'* ]]
	is_state worse failed
	run -1 ctl start worse
}

@test "a good one is up after this time, and not before" {
	hupd_start
	run -0 ctl add short settle-time=200ms -- sleep 1000
	run -0 ctl add long -- sleep 1000
	is_state short up
	is_state long up
	for name in short long; do
		wait_for 5 logged "$name: starting -> up (settled): pid"
	done
	run -0 ctl restart short long
	# The times of the event log: 3s from the start to the end of settling.
	python3 - "$T/log/hupd.log" <<-'E'
	import datetime, sys
	began = {}
	for line in open(sys.argv[1]):
	    word = line.split()
	    time = datetime.datetime.fromisoformat(word[0])
	    if "-> starting" in line:
	        began[word[1]] = time
	    elif "starting -> up" in line:
	        took = (time - began[word[1]]).total_seconds()
	        # The time counts from the begin of a turn, the line is later.
	        assert took >= {"short:": 0.1, "long:": 2.9}[word[1]], line
	E
}

@test "a reload that breaks a program: previous definition, after one start" {
	sleeper web
	sleeper other
	hupd_start
	wait_for 5 is_state web up
	pid=$(pid_of other)
	change web "command = sh -c 'echo unknown option >&2; exit 1'"
	run -1 ctl reload
	[[ $output = *'~ web      restarted: command changed'*'! web      exited, status 1'*'| '*'unknown option'*'did not become ready; previous definition restored'* ]]
	is_state web up
	[ "$(tr '\0' ' ' <"/proc/$(pid_of web)/cmdline")" = 'sleep 1000 ' ]
	[ "$(grep -c 'web: starting -> wait' "$T/log/hupd.log")" -eq 1 ]
	[ "$(pid_of other)" = "$pid" ]
}

@test "dependents wait for it, and do not start on one that crashes at once" {
	broken db
	program app <<-E
	command = sleep 1000
	depends-on = db
	E
	hupd_start
	run -1 ctl start app
	[[ $output = *'waits for db'* ]]
	wait_for 5 logged 'db: starting -> wait'
	run ! logged 'app: .* -> starting'
	program db <<<'command = sleep 1000'
	run -0 ctl reload
	run -0 ctl start app
	# db has settled before app was started, and app since then.
	[ "$(grep -E '(db|app): .* -> (starting|up) .*' "$T/log/hupd.log" |
	    tail -n 3 | sed 's/^[^ ]* \([^ ]*\) .* -> \([^ ]*\) .*/\1 \2/' |
	    paste -sd ' ')" = 'db: up app: starting app: up' ]
}

@test "after a crash it settles again: dependents and the metric stay" {
	sleeper web
	program app <<-E
	command = sleep 1000
	depends-on = web
	E
	hupd_start
	wait_for 5 is_state app up
	[ "$(metric hupd_program_up web)" = 1 ]
	# The key is live: from now on a start takes as long as the test needs.
	change web 'settle-time = 1h'
	run -0 ctl reload
	[[ $output = *'= web      adjusted: settle-time changed'* ]]
	is_state web up
	app=$(identity app)
	kill -9 "$(pid_of web)"
	wait_for 5 is_state web starting
	[[ $(ctl status web) = *'has to live for 1h'* ]]
	[ "$(metric hupd_program_up web)" = 1 ]
	[ "$(metric hupd_program_ready web)" = 0 ]
	[ "$(identity app)" = "$app" ]
	# Once more, too soon: a start has failed.
	kill -9 "$(pid_of web)"
	wait_for 5 eval '[ "$(metric hupd_program_up web)" = 0 ]'
	[ "$(identity app)" = "$app" ]
	wait_for 5 is_state web starting
	[ "$(metric hupd_program_up web)" = 0 ]
	change web 'settle-time = 0'
	run -0 ctl reload
	wait_for 5 is_state web up
	[ "$(metric hupd_program_up web)" = 1 ]
	run -0 ctl stop web
	[ "$(metric hupd_program_up web)" = 0 ]
}

@test "the next daemon continues to settle it" {
	program web <<-E
	command = sleep 1000
	settle-time = 1h
	E
	hupd_start
	wait_for 5 is_state web starting
	web=$(identity web) pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 10 eval 'hupd_answers && [ "$(hupd_pid)" != "$pid" ]'
	is_state web starting
	run -0 ctl reexec
	is_state web starting
	[ "$(identity web)" = "$web" ]
	never_up web
	change web 'settle-time = 1ms'
	run -0 ctl reload
	wait_for 5 is_state web up
	[ "$(identity web)" = "$web" ]
}

@test "check prints the longest chain of dependencies" {
	sleeper db
	program app <<-E
	command = sleep 1000
	depends-on = db
	settle-time = 500ms
	E
	run -0 hupd_env "$HUPCTL" -f "$T/hupd.conf" check
	[[ $output = *'the longest chain of dependencies settles in 3500ms: db, app'* ]]
	hupd_start
	run -0 ctl check
	[[ $output = *'the longest chain of dependencies settles in 3500ms: db, app'* ]]
	run -0 ctl -j check
	[[ $output = *'"longest_chain":"db, app","longest_chain_ms":3500'* ]]
	# No chain: nothing settles, or nothing depends on it.
	change app 'settle-time = 0'
	run -0 ctl check
	[[ $output != *chain* ]]
}
