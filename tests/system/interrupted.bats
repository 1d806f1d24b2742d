#!/usr/bin/env bats
# Events while no daemon runs, or while it is killed: nothing is lost.

load helper
load takeover

@test "how a program ended while there was no daemon is known" {
	program ends <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; exit 7'
	restart = never
	E
	hupd_start
	pid=$(hupd_pid)
	guard=$(await_guard "$pid") ends=$(pid_of ends)
	kill -STOP "$guard"
	kill -9 "$pid"
	wait_for 5 gone "$pid"
	touch "$T/go"
	vanished() {
		[ ! -e "/proc/$1" ]
	}
	wait_for 15 vanished "$ends"
	kill -CONT "$guard"
	wait_for 5 followed "$pid"
	wait_for 5 is_state ends failed
	run ctl status ends
	if [[ $output = *'nobody knows how'* ]]; then
		skip "needs Linux 6.15"
	fi
	[[ $output = *'exited, status 7'* ]]
}

@test "every line is in the logs, once and in order, whatever is killed" {
	numbers one
	numbers two
	hupd_start
	wait_for 5 is_state two up
	one=$(pid_of one) two=$(pid_of two)
	round='daemon logger guard both daemon all logger daemon both all'
	for victim in $round $round; do
		pid=$(hupd_pid)
		wait_for 10 logger_of "$pid"
		guard=$(await_guard "$pid") logger=$(logger_of "$pid")
		case $victim in
		daemon)
			crash ;;
		logger)
			kill -9 "$logger" ;;
		guard)
			kill -9 "$guard"
			wait_for 5 other_guard "$pid" "$guard" ;;
		both)
			kill -9 "$logger" "$pid"
			wait_for 10 followed "$pid" ;;
		all)
			kill -STOP "$guard"
			kill -9 "$logger" "$pid" "$guard"
			wait_for 5 gone "$pid"
			wait_for 5 gone "$guard"
			hupd_start ;;
		esac
		grows=$(wc -l <"$T/log/one.log")
		wait_for 10 lines "$T/log/one.log" $((grows + 1000))
	done
	numbers_are_whole one
	numbers_are_whole two
	[ "$(pid_of one)" = "$one" ]
	[ "$(pid_of two)" = "$two" ]
	run ! grep -E '(one|two): .*-> starting.*restart' "$T/log/hupd.log"
}

@test "the last words of a program that ended meanwhile are in the logs" {
	program web <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo finished'
	restart = never
	E
	hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid) web=$(pid_of web)
	wait_for 5 guard_of "$pid"
	logger=$(logger_of "$pid")
	kill -STOP "$pid" "$logger"
	touch "$T/go"
	wait_for 5 gone "$web"
	# Nobody but the guard holds its output now.
	kill -9 "$logger"
	wait_for 5 gone "$logger"
	kill -9 "$pid"
	wait_for 10 followed "$pid"
	wait_for 5 printed web finished
}

@test "programs that were not started before a crash are distinguished" {
	setting 'cgroup = off'
	for name in a b; do
		program $name <<<$'command = sleep 1000\nautostart = no'
	done
	hupd_start
	crash
	ctl start a b
	crash
	b=$(pid_of b)
	ctl stop a
	[ "$(pid_of b)" -eq "$b" ]
	is_state b up
}

@test "what a program left when the daemon was killed is killed" {
	setting 'cgroup = off'
	program web <<-E
	command = sh -c 'setsid sleep 1234 & echo \$! >$T/left; wait'
	E
	hupd_start
	wait_for 5 test -s "$T/left"
	web=$(pid_of web) left=$(cat "$T/left")
	crash_for_good
	kill "$web"
	wait_for 5 gone "$web"
	alive "$left"
	edit pid 0
	edit state 0
	hupd_start
	wait_for 5 gone "$left"
}

@test "a program may become ready while there is no daemon" {
	program web <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo >&5; touch $T/reported; exec sleep 1000'
	ready = fd:5
	E
	hupd_start
	wait_for 5 is_state web starting
	web=$(pid_of web)
	crash_for_good
	touch "$T/go"
	wait_for 5 test -e "$T/reported"
	hupd_start
	wait_for 5 is_state web up
	[ "$(pid_of web)" -eq "$web" ]
}

@test "a program that a reload was about to restart is restarted" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_for_good
	edit due 1
	hupd_start
	wait_for 5 is_state web up
	[ "$(pid_of web)" -ne "$web" ]
	web=$(pid_of web)
	crash
	[ "$(pid_of web)" -eq "$web" ]
}

@test "a stop that a crash interrupts continues" {
	program slow <<-E
	command = sh -c 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'
	stop-timeout = 5s
	E
	hupd_start
	wait_for 5 printed slow deaf
	pid=$(hupd_pid)
	await_guard "$pid"
	kill "$pid"
	wait_for 5 logged 'slow: up -> stopping'
	# On a slow machine it may have ended already.
	kill -9 "$pid" || :
	ended() {
		[ ! -e "$T/hupd.pid" ] && none_left
	}
	wait_for 15 ended
	[ "$(grep -c 'Daemon stop' "$T/log/hupd.log")" -eq 1 ]
}

@test "started again after a stop that did not end, all of it runs" {
	program slow <<-E
	command = sh -c '[ -e $T/once ] || trap "" TERM; touch $T/once; echo deaf; while :; do sleep 0.05; done'
	stop-timeout = 1h
	E
	sleeper web
	hupd_start
	wait_for 5 printed slow deaf
	pid=$(hupd_pid) slow=$(pid_of slow)
	await_guard "$pid"
	kill "$pid"
	wait_for 5 is_state slow stopping
	crash_for_good
	hupd_start
	kill -9 "$slow"
	wait_for 10 is_state web up
	wait_for 10 is_state slow up
}

@test "a reload that a crash interrupts is carried out" {
	sleeper web
	program deaf <<-E
	command = sh -c 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'
	stop-timeout = 1h
	E
	hupd_start
	wait_for 5 printed deaf deaf
	deaf=$(pid_of deaf)
	rm "$T/hupd.d/deaf.conf"
	program web <<<'command = sleep 2000'
	kill -HUP "$(hupd_pid)"
	wait_for 5 is_state deaf stopping
	crash
	kill -9 "$deaf"
	no_deaf() {
		[ -z "$(state_of deaf)" ]
	}
	wait_for 10 no_deaf
	wait_for 5 is_state web up
	grep -qz 2000 "/proc/$(pid_of web)/cmdline"
	[ "$(ctl -j status | grep -o '"generation": *[0-9]*')" = \
	    '"generation":2' ]
}
