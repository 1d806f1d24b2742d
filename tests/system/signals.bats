#!/usr/bin/env bats
# Signals, even if the starting process blocks or ignores them.

load helper

# Signals of a process: a mask of /proc/PID/status, as a number.
mask() {
	echo $((16#$(sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status")))
}

reloads() {
	grep -c 'Daemon reload at' "$T/log/hupd.log"
}

open_files() {
	find "/proc/$1/fd" -type l -printf '%l\n' | wc -l
}

@test "ignored by the starter, SIGHUP reloads nevertheless" {
	sleeper web
	(
		trap '' HUP INT TERM CHLD USR1 PIPE
		hupd_env nohup "$HUPD" -f "$T/hupd.conf" >/dev/null
	)
	wait_for 5 is_state web up
	sleeper db
	kill -HUP "$(hupd_pid)"
	wait_for 5 is_state db up
	for name in web db; do
		pid=$(pid_of "$name")
		[ "$(mask "$pid" SigIgn)" -eq 0 ]
		[ "$(mask "$pid" SigBlk)" -eq 0 ]
	done
	hupd_stop
}

@test "blocked by the starter, signals arrive nevertheless" {
	sleeper web
	hupd_env python3 -c 'import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
os.execv(sys.argv[1], sys.argv[1:])' "$HUPD" -f "$T/hupd.conf"
	wait_for 5 is_state web up
	[ "$(mask "$(pid_of web)" SigBlk)" -eq 0 ]
	kill -HUP "$(hupd_pid)"
	wait_for 5 logged 'Daemon reload at'
	hupd_stop
}

@test "SIGUSR1 reopens the log files" {
	program talk <<-E
	command = sh -c 'while :; do echo talk; sleep 0.02; done'
	E
	hupd_start
	wait_for 5 printed talk talk
	mv "$T/log/talk.log" "$T/log/talk.moved"
	mv "$T/log/hupd.log" "$T/log/hupd.moved"
	kill -USR1 "$(hupd_pid)"
	wait_for 5 [ -s "$T/log/talk.log" ]
	ctl stop talk
	wait_for 5 logged 'talk: .* -> down'
	cat "$T"/log/hupd.{moved,log} | grep -q "SIGUSR1 from pid $$"
	# Lines written meanwhile are in one of the two files.
	[ "$(sort -u "$T"/log/hupd.{moved,log} | grep -c 'talk.*-> up')" -eq 1 ]
	run ! grep 'Daemon reload' "$T"/log/hupd.{moved,log}
}

@test "a reload reopens the log files as well" {
	sleeper web
	hupd_start
	wait_for 5 logged 'generation 1'
	mv "$T/log/hupd.log" "$T/log/hupd.moved"
	ctl reload
	wait_for 5 logged 'generation 2'
}

@test "a burst of SIGHUPs ends with the last state of the files" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid) web=$(pid_of web)
	ctl reload >/dev/null
	files=$(open_files "$pid")
	for ((i = 0; i < 100; i++)); do
		program last <<-E
		command = sleep 1000
		env = TURN=$i
		E
		kill -HUP "$pid"
	done
	turn() {
		local last
		last=$(pid_of last) && [ -n "$last" ] &&
		    tr '\0' '\n' <"/proc/$last/environ" | grep -qx "TURN=$1"
	}
	wait_for 20 turn 99
	[ "$(reloads)" -ge 2 ]
	[ "$(pid_of web)" = "$web" ]
	rm "$T/hupd.d/last.conf"
	run -0 ctl reload
	[[ $output = *"1 removed"* ]]
	as_before() {
		[ "$(open_files "$pid")" -le "$files" ]
	}
	wait_for 5 as_before
	run -0 ctl -j status
	[[ $output = *'"differs"'*no* || $output = *'"differs": false'* ]]
}

@test "SIGHUPs while a reload is under way lead to one more" {
	no_valgrind 'clients have its name'
	sleeper web
	hupd_start
	program slow <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo >&3; exec sleep 1000'
	ready = fd:3
	E
	ctl reload >"$T/first" &
	first=$!
	wait_for 5 is_state slow starting
	sleeper late
	for ((i = 0; i < 10; i++)); do
		kill -HUP "$(hupd_pid)"
	done
	wait_for 5 logged 'the next begins after it'
	ctl reload >"$T/second" &
	second=$!
	both_asked() {
		[ "$(grep -c '^[^ ]* SIGHUP from .*(hupctl)' \
		    "$T/log/hupd.log")" -eq 2 ]
	}
	wait_for 5 both_asked
	touch "$T/go"
	wait "$first"
	wait "$second"
	grep -q 'slow *added' "$T/first"
	run ! grep late "$T/first"
	grep -q 'late *added' "$T/second"
	is_state late up
	wait_for 5 logged 'generation 3'
}

@test "a signal of no meaning to it does no harm" {
	hupd_start
	pid=$(hupd_pid)
	kill -PIPE "$pid"
	hupd_answers
	[ "$(hupd_pid)" = "$pid" ]
	kill -INT "$pid"
	wait_for 10 gone "$pid"
	wait_for 5 logged 'SIGINT from'
}

@test "stopping, it does not reload, and says so to those who wait" {
	program slow <<-E
	command = sh -c 'trap "" TERM; echo ready; while :; do sleep 0.05; done'
	stop-timeout = 1h
	E
	hupd_start
	wait_for 5 printed slow ready
	pid=$(hupd_pid) slow=$(pid_of slow)
	kill "$pid"
	wait_for 5 logged 'SIGTERM from'
	kill -HUP "$pid"
	run ctl start slow
	[ "$status" -eq 7 ]
	run ctl reload
	[ "$status" -eq 7 ]
	kill "$pid"
	kill -9 "$slow"
	wait_for 10 gone "$pid"
	run ! logged 'generation 2'
	[ ! -e "$T/hupd.pid" ]
}
