#!/usr/bin/env bats
# The guard replaces a daemon that was killed, but not a daemon that was stopped.

load helper
load takeover

@test "the guard is one process, of the daemon, and named so" {
	hupd_start
	pid=$(hupd_pid)
	guard=$(await_guard "$pid")
	[ "$(wc -w <<<"$guard")" -eq 1 ]
	titled() {
		[ "$(tr -d '\0' <"/proc/$guard/cmdline")" = 'hupd: guard' ]
	}
	wait_for 5 titled
	[ "$(ps -o args= -p "$guard")" = 'hupd: guard' ]
	hupd_stop
	gone "$guard"
	none_left
}

@test "no guard in the foreground: the parent restarts the daemon" {
	sleeper web
	hupd_foreground
	wait_for 5 is_state web up
	web=$(pid_of web)
	run ! guard_of "$DAEMON"
	kill -9 "$DAEMON"
	wait_for 5 gone "$DAEMON"
	alive "$web"
	hupd_foreground
	[ "$(hupd_pid)" = "$DAEMON" ]
	[ "$(pid_of web)" = "$web" ]
}

@test "back within moments, with socket and pidfile" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	inode=$(stat -c %i "$T/run/hupd.sock")
	crash
	[ "$(stat -c %i "$T/run/hupd.sock")" = "$inode" ]
	pid=$(hupd_pid)
	alive "$pid"
	run -1 hupd_start
	[ "$output" = "hupd: hupd is already running (pid $pid)" ]
	wait_for 5 guard_of "$pid"
}

@test "a guard that is killed is replaced" {
	sleeper web
	hupd_start
	pid=$(hupd_pid)
	first=$(await_guard "$pid")
	kill -9 "$first"
	wait_for 5 other_guard "$pid" "$first"
	wait_for 5 logged "the guard (pid $first) has died; starting a replacement"
	[ "$(hupd_pid)" = "$pid" ]
	crash
}

@test "a guard that cannot be made is made later" {
	command -v strace >/dev/null || skip "needs strace"
	hupd_start
	pid=$(hupd_pid)
	guard=$(await_guard "$pid")
	strace -qq -o "$T/trace" -e inject=clone:error=EAGAIN -p "$pid" \
	    2>"$T/strace" &
	tracer=$!
	traced() {
		[ -s "$T/strace" ] ||
		    grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$pid/status"
	}
	wait_for 5 traced
	if grep -q 'Operation not permitted' "$T/strace"; then
		skip "may not trace"
	fi
	kill -9 "$guard"
	wait_for 5 logged 'no guard can be started, trying again: Resource'
	# It may miss a signal that comes before it waits for the traced.
	wait_for 5 eval "! kill -INT $tracer 2>/dev/null"
	wait "$tracer" || :
	wait_for 5 logged 'the guard is running again'
	[ "$(grep -c 'no guard can be started' "$T/log/hupd.log")" -eq 1 ]
	crash
}

@test "what is sent to the guard does not reach the daemon that it becomes" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid)
	kill "$(await_guard "$pid")"
	kill -HUP "$(guard_of "$pid")"
	crash
	is_state web up
	run ! logged 'SIGTERM from'
	run ! logged 'Daemon reload'
}

@test "asked to stop, all of it ends for good" {
	sleeper web
	for sig in TERM INT; do
		hupd_start
		wait_for 5 is_state web up
		pid=$(hupd_pid)
		kill -$sig "$pid"
		wait_for 10 gone "$pid"
		wait_for 5 none_left
		[ ! -e "$T/hupd.pid" ]
		[ ! -e "$T/run/records" ]
		run -7 ctl ping
	done
	run ! logged 'was killed or crashed'
}

@test "a guard that is stopped does not hold up the end" {
	sleeper web
	hupd_start
	kill -STOP "$(await_guard "$(hupd_pid)")"
	hupd_stop
	none_left
}

@test "a daemon that crashes is followed as well" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	pid=$(hupd_pid)
	kill -SEGV "$pid"
	wait_for 10 followed "$pid"
	[ "$(pid_of web)" = "$web" ]
}

# Crash until the guard waits some seconds; its pid in $guard.
crash_until_pause() {
	local i pid
	for ((i = 0; i < 5; i++)); do
		crash
	done
	pid=$(hupd_pid)
	guard=$(await_guard "$pid")
	kill -9 "$pid"
	wait_for 5 logged "(pid $pid) was killed or crashed again; starting a replacement in 1.6 s"
	wait_for 5 waits
}

# The guard shows itself while it waits, and is what a stop signals.
waits() {
	[ "$(hupd_pid)" = "$guard" ]
}

@test "a daemon that keeps dying is followed after longer and longer pauses" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_until_pause
	for pause in 0.1 0.2 0.4 0.8; do
		logged "crashed again; starting a replacement in $pause s"
	done
	run -1 hupd_start
	[ "$output" = "hupd: hupd is already running (pid $guard)" ]
	# A signal ends the pause.
	kill -HUP "$guard"
	wait_for 5 hupd_answers
	[ "$(hupd_pid)" = "$guard" ]
	[ "$(pid_of web)" = "$web" ]
	run ! logged 'Daemon reload'
	# A start by hand resets the count.
	crash_for_good
	hupd_start
	crash
	[ "$(pid_of web)" = "$web" ]
}

@test "asked to stop in a pause, the next daemon stops the programs" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	crash_until_pause
	kill "$guard"
	wait_for 10 gone "$guard"
	wait_for 5 none_left
	[ ! -e "$T/hupd.pid" ]
	[ ! -e "$T/run/records" ]
}

@test "the reason of a failed take-over is logged, and it is tried again" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid) web=$(pid_of web)
	mv "$T/run/running" "$T/running"
	kill -9 "$pid"
	wait_for 5 logged 'ended at its start: .*/run/running: does not exist'
	wait_for 5 logged 'ended at its start: what runs cannot be taken over'
	mv "$T/running" "$T/run/running"
	wait_for 10 followed "$pid"
	[ "$(pid_of web)" = "$web" ]
}

@test "a start while the guard takes over is refused, and does no harm" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	for _ in 1 2 3 4; do
		pid=$(hupd_pid)
		kill -9 "$pid"
		for _ in 1 2 3 4 5 6; do
			run -1 hupd_start
			[[ $output = 'hupd: hupd is already running'* ]]
		done
		wait_for 10 followed "$pid"
		[ "$(hupd_pid)" = "$(sed -n 's/.*pid \([0-9]*\).*/\1/p' \
		    <<<"$(ctl ping)")" ]
	done
	[ "$(pid_of web)" = "$web" ]
}

@test "killed before it was up, the start reports the true result" {
	# The definition takes long enough to be killed in between.
	for ((i = 0; i < 300; i++)); do
		sleeper "p$i"
	done
	hupd_start &
	starter=$!
	wait_for 10 [ -s "$T/hupd.pid" ]
	pid=$(hupd_pid)
	kill -9 "$pid"
	if wait "$starter"; then
		hupd_answers
	else
		run ! hupd_answers
		hupd_start
	fi
	all_up() {
		[ "$(ctl status 2>/dev/null | grep -c ' up ')" -eq 300 ]
	}
	wait_for 30 all_up
	[ "$(leftovers | xargs ps -o args= -p 2>/dev/null |
	    grep -c '^sleep 1000')" -le 300 ]
}
