#!/usr/bin/env bats
# hupctl shutdown, and a daemon whose socket was removed.

load helper

# stubborn NAME STOP-TIMEOUT: it ignores SIGTERM, which "it runs" precedes.
stubborn() {
	program "$1" <<-E
	command = sh -c 'trap "" TERM; echo it runs; while :; do sleep 0.1; done'
	stop-timeout = $2
	E
}

started() {
	wait_for 5 printed "$1" 'it runs'
}

@test "it stops every program, then hupd, and waits for both" {
	sleeper web
	stubborn slow 300ms
	hupd_start
	started slow
	pid=$(hupd_pid)
	run -0 ctl shutdown
	[ "$output" = "hupd (pid $pid) has ended" ]
	# Not soon: now.
	gone "$pid"
	[ -z "$(leftovers)" ]
	[ ! -e "$T/hupd.pid" ]
	logged "shutdown requested by pid [0-9]*, uid $(id -u) (hupctl)"
	run -7 ctl shutdown
	[ "$output" = "hupctl: hupd is not running ($T/run/hupd.sock)" ]
	# It can be started at once.
	hupd_start
	run -0 --separate-stderr ctl -j shutdown
	[ "$output" = '{"ok":true}' ]
}

@test "the daemon is named by its configuration as well" {
	hupd_start
	pid=$(hupd_pid)
	run -0 hupd_env "$HUPCTL" -f "$T/hupd.conf" shutdown
	gone "$pid"
}

@test "--no-wait does not wait, and another shutdown waits for the same end" {
	stubborn slow 3s
	hupd_start
	started slow
	pid=$(hupd_pid)
	run -0 ctl shutdown --no-wait
	[ "$output" = "hupd (pid $pid) is stopping" ]
	alive "$pid"
	run -0 ctl ping
	[[ $output == *" is stopping, pid $pid" ]]
	run -0 ctl -j ping
	[[ $output == *'"stopping":true'* ]]
	# Requests that change something are refused by now.
	run -7 ctl start slow
	run -0 ctl shutdown
	gone "$pid"
}

@test "the wait is as long as the programs may take, or as --timeout says" {
	stubborn slow 1d
	hupd_start
	started slow
	pid=$(hupd_pid)
	run -1 ctl shutdown --timeout 100ms
	[[ $output == *"(pid $pid) is still stopping programs after"*": slow" ]]
	run -2 ctl shutdown --timeout soon
	run -2 ctl shutdown web
	ctl signal KILL slow
	wait_for 5 gone "$pid"
}

@test "if hupd is killed meanwhile, it waits for the next one" {
	no_valgrind 'there is no guard'
	stubborn slow 4s
	hupd_start
	started slow
	pid=$(hupd_pid)
	ctl shutdown --no-wait
	ctl shutdown >"$T/said" 3>&- &
	client=$!
	kill -9 "$pid"
	wait "$client"
	grep 'has ended$' "$T/said"
	none_left
	logged 'slow: taken over'
}

# Remove the socket of a daemon that runs web.
lose_socket() {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid)
	rm "$T/run/hupd.sock"
}

@test "the socket was removed: no command says that hupd is not running" {
	lose_socket
	for command in ping status 'start web' check reopen; do
		# shellcheck disable=SC2086
		run -1 ctl $command
		[[ $output == *"$T/run/hupd.sock was removed, but hupd is running (pid $pid)"* ]]
	done
	# The log is a file.
	run -0 hupd_env "$HUPCTL" -f "$T/hupd.conf" log hupd
}

@test "the socket was removed: SIGHUP and SIGUSR1 make it again" {
	lose_socket
	for signal in HUP USR1; do
		kill -$signal "$pid"
		wait_for 5 hupd_answers
		[ "$(stat -c %a "$T/run/hupd.sock")" = 600 ]
		is_state web up
		# With the whole folder, too.
		[ $signal != HUP ] || mv "$T/run" "$T/moved"
	done
	wait_for 5 logged "$T/run/hupd.sock was removed; it is made again"
	rm -r "$T/moved"
	# A socket that is there is left alone.
	before=$(stat -c %i "$T/run/hupd.sock")
	kill -HUP "$pid"
	wait_for 5 logged 'Daemon reload.*'
	ctl reload
	[ "$(stat -c %i "$T/run/hupd.sock")" = "$before" ]
}

@test "the socket was removed: reload has it made again, and reloads" {
	lose_socket
	sleeper db
	run -0 ctl reload
	[[ $output == *"1 added"* ]]
	is_state db up
	# The next daemon has it as well.
	ctl reexec
	hupd_answers
	[ "$(hupd_pid)" = "$pid" ]
}

@test "the socket was removed: shutdown ends hupd nevertheless" {
	lose_socket
	run -0 ctl shutdown
	gone "$pid"
}

@test "hupd does not answer: shutdown sends SIGTERM, and says so" {
	sleeper web
	hupd_start
	pid=$(hupd_pid)
	kill -STOP "$pid"
	(
		until grep -q 'sent SIGTERM' "$T/said" 2>/dev/null; do
			sleep 0.05
		done
		kill -CONT "$pid"
	) 3>&- &
	ctl shutdown >"$T/said" 2>&1
	wait $!
	grep "no answer from hupd.*; sent SIGTERM to hupd (pid $pid)" "$T/said"
	gone "$pid"
}

@test "records that were left behind are no daemon" {
	# shellcheck disable=SC2034
	LEFT_OK=yes
	sleeper web
	hupd_foreground
	wait_for 5 is_state web up
	kill -9 "$DAEMON"
	wait_for 5 gone "$DAEMON"
	[ -e "$T/run/records" ]
	run -7 ctl ping
	run -7 ctl shutdown
}
