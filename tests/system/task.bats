#!/usr/bin/env bats
# Tasks: programs with ready = exited.

load helper

# task NAME LINE ...: one with these lines.
task() {
	local name=$1
	shift
	printf '%s\n' 'ready = exited' "$@" | program "$name"
}

# A command that waits for the file.
until_there() {
	echo "command = sh -c 'until [ -e $T/$1 ]; do sleep 0.05; done'"
}

@test "dependents wait for its end, for which it has any time" {
	task migrate "$(until_there go)"
	program app <<-E
	command = sleep 1000
	depends-on = migrate
	E
	hupd_start
	wait_for 5 is_state migrate starting
	[[ $(ctl status migrate) = *'has to end well'* ]]
	run -3 ctl status migrate
	is_state app down
	# A limit of its own is one, and live.
	change migrate 'start-timeout = 1ms'
	run ctl reload
	wait_for 5 is_state migrate failed
	[[ $(ctl status migrate) = *'not ready in time'* ]]
	is_state app down
	change migrate 'start-timeout = 0'
	touch "$T/go"
	run -0 ctl reload
	run -0 ctl start app
	is_state migrate 'done'
	is_state app up
	run -0 ctl status migrate
	run -3 ctl status migrate app nothing
}

@test "a failure is the verdict: add, start, reload, and is not repeated" {
	hupd_start
	run -1 ctl add bad ready=exited -- sh -c 'echo no such table; exit 2'
	[[ $output = *'! bad      exited, status 2'*'| '*'no such table'* ]]
	is_state bad failed
	run -1 ctl start bad
	[[ $output = *'failed: exited, status 2'* ]]
	[ "$(status_field bad 5)" = 0 ]
	run -0 ctl add good ready=exited -- true
	is_state good 'done'
	run -0 ctl restart good
	[ "$(grep -c 'good: starting -> done' "$T/log/hupd.log")" -eq 2 ]
}

@test "it runs again when a reload changes it, and at each start of hupd" {
	task once "command = sh -c 'echo ran'"
	program app <<-E
	command = sleep 1000
	depends-on = once
	E
	hupd_start
	wait_for 5 is_state app up
	app=$(identity app)
	run -0 ctl reload
	[[ $output = *'nothing changed, 2 unchanged'* ]]
	change once "command = sh -c 'echo ran again'"
	run -0 ctl reload
	[[ $output = *'~ once     restarted: command changed'* ]]
	[ "$(identity app)" = "$app" ]
	wait_for 5 lines "$T/log/once.log" 2
	run -0 ctl reexec
	is_state once 'done'
	hupd_stop
	hupd_start
	wait_for 5 lines "$T/log/once.log" 3
	wait_for 5 is_state once 'done'
}

@test "several commands run in their order, and stop at the first failure" {
	task job 'autostart = no' "command = sh -c 'echo first'" "command = sh -c 'echo \"second  one\"'" \
	    "command = sh -c 'echo third; test -e $T/go'" "command = sh -c 'echo fourth'"
	hupd_start
	run -1 ctl start job
	[[ $output = *'failed: command 3: exited, status 1'* ]]
	wait_for 5 lines "$T/log/job.log" 3
	touch "$T/go"
	run -0 ctl start job
	wait_for 5 lines "$T/log/job.log" 7
	[ "$(sed 's/^[^ ]* //' "$T/log/job.log" | paste -sd ,)" = \
	    'first,second  one,third,first,second  one,third,fourth' ]
	# A change of any of them is one.
	sed -i s/fourth/last/ "$T/hupd.d/job.conf"
	run -0 ctl reload
	[[ $output = *'~ job      restarted: command changed'* ]]
	[[ $(ctl status job) = *'first'*'last'* ]]
}

@test "a reload does not wait for it, and says so to one that does" {
	task long "$(until_there go)"
	hupd_start
	(ctl reload >"$T/first" 2>&1 3>&- || echo "exit $?" >>"$T/first") &
	wait_for 5 logged 'Daemon reload'
	sleeper web
	run -0 ctl reload
	[[ $output = *'1 added, 1 unchanged'* ]]
	# A reload that adds another waits for that, until the next comes.
	task other "$(until_there go)"
	(ctl reload >"$T/second" 2>&1 3>&- || echo "exit $?" >>"$T/second") &
	wait_for 5 is_state other starting
	sleeper db
	run -0 ctl reload
	wait_for 5 grep -q 'exit 1' "$T/second"
	grep -q '+ other *added' "$T/second"
	grep -q '\. other *no outcome yet: starting' "$T/second"
	grep -q 'a later reload began before all had an outcome' "$T/second"
	# The limit of the start is live.
	change other 'start-timeout = 1ms'
	run ctl reload
	wait_for 5 is_state other failed
	is_state long starting
	touch "$T/go"
	wait_for 5 is_state long 'done'
}

@test "the next daemon continues with the command that runs" {
	task job "command = sh -c 'echo first'" "$(until_there go)" \
	    "command = sh -c 'echo last'"
	hupd_start
	wait_for 5 logged 'job: command 1 has ended well'
	wait_for 5 eval '[[ $(ctl status job) = *"has to end well"* ]]'
	job=$(identity job) pid=$(hupd_pid)
	run -0 ctl reexec
	kill -9 "$pid"
	wait_for 10 eval 'hupd_answers && [ "$(hupd_pid)" != "$pid" ]'
	[ "$(identity job)" = "$job" ]
	touch "$T/go"
	wait_for 5 is_state job 'done'
	wait_for 5 lines "$T/log/job.log" 2
	[ "$(sed 's/^[^ ]* //' "$T/log/job.log" | paste -sd ,)" = first,last ]
}

@test "its defaults; those of hupd.conf that do not fit are not for it" {
	setting 'restart = always'
	task once 'command = true'
	task again 'command = sh -c "test -e $T/go"' 'restart = on-failure' 'start-timeout = 30s'
	sed -i "s|\$T|$T|" "$T/hupd.d/again.conf"
	hupd_env "$HUPD" -nv -f "$T/hupd.conf" >"$T/once"
	hupd_env "$HUPD" -nv -f "$T/once" >"$T/twice"
	diff "$T/once" "$T/twice"
	grep -q '^start-timeout = 30s' "$T/once"
	hupd_start
	wait_for 5 is_state once 'done'
	# It is tried again until it ends well.
	wait_for 5 logged 'again: wait -> starting (delay over)'
	touch "$T/go"
	wait_for 5 is_state again 'done'
	task wrong 'command = true' 'restart = always'
	run -6 ctl reload
	[[ $output = *'wrong.conf:3: restart: "always" would start a program with ready = exited again and again'* ]]
	program wrong <<<'command = true
	command = false'
	run -6 ctl reload
	[[ $output = *'wrong.conf:2: command: given twice, first in line 1;'* ]]
}
