#!/usr/bin/env bats
# kill-mode and send-sigkill: which processes of a program are ended, how, and
# that the next start waits for them; in a cgroup, and without cgroups.

load helper

setup() {
	hupd_setup
	chmod 1777 "$T"
	mkfifo -m 600 "$T/fifo"
	# A server that saves its data when it is asked to end.
	cat >"$T/server" <<-E
	trap 'echo saved >>$T/saved; echo bye; exit 0' TERM
	exec 9<>$T/fifo
	echo \$\$ >$T/server.new && mv $T/server.new $T/server.pid
	while :; do read -r -t 0.05 -u 9; done
	E
	# A wrapper that runs it without exec.
	cat >"$T/wrap" <<-E
	bash $T/server &
	wait
	E
	# A server that does not end before there is a file "go".
	cat >"$T/stubborn" <<-E
	trap 'until [ -e $T/go ]; do read -r -t 0.05 -u 9; done; echo bye; exit 0' TERM
	exec 9<>$T/fifo
	echo \$\$ >$T/server.new && mv $T/server.new $T/server.pid
	while :; do read -r -t 0.05 -u 9; done
	E
	with_or_without_cgroups
}

# wrapped [LINE ...]: the program "web", and its server in $SERVER once it runs.
wrapped() {
	{
		echo "command = bash $T/${WRAP-wrap}"
		echo 'restart-delay = 10ms'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program web
	[ -e "$T/hupd.pid" ] || hupd_start
	server_runs
}

server_runs() {
	wait_for 5 test -s "$T/server.pid"
	SERVER=$(cat "$T/server.pid")
	rm "$T/server.pid"
}

saved() {
	: >>"$T/saved"
	[ "$(wc -l <"$T/saved")" -eq "$1" ]
}

# left_is NAME N: what the status counts.
left_is() {
	ctl -j status "$1" | python3 -c 'import json, sys
n = json.load(sys.stdin)["programs"][0]["left_processes"]
sys.exit(n != int(sys.argv[1]))' "$2"
}

main_first() {
	wrapped
	run -0 ctl stop web
	saved 1
	gone "$SERVER"
	wait_for 5 logged 'web: sent SIGTERM to 1 process that it left behind'
	run ! logged 'web: killed'
	# A restart: the next server comes after the end of the last one.
	run -0 ctl start web
	server_runs
	run -0 ctl restart web
	saved 2
	server_runs
	# A crash of the wrapper.
	kill -9 "$(pid_of web)"
	wait_for 5 saved 3
	server_runs
	wait_for 5 is_state web up
	wait_for 5 logged 'web: up -> stopping (exited): killed by SIGKILL, 1 process left, SIGTERM sent'
	wait_for 5 logged 'web: stopping -> wait (all gone)'
	# Its removal, and the end of the daemon.
	program other <<<"command = bash $T/wrap"
	run ctl reload
	server_runs
	rm "$T/hupd.d/web.conf"
	run -0 ctl reload
	saved 4
	hupd_stop
	saved 5
}

@test "cgroup: what a wrapper runs gets the stop signal once it has ended" {
	main_first
}

@test "without cgroups: what a wrapper runs gets the stop signal, too" {
	main_first
}

waits() {
	WRAP=wrap
	sed -i "s,/server ,/stubborn ," "$T/wrap"
	wrapped
	kill -9 "$(pid_of web)"
	wait_for 5 is_state web stopping
	left_is web 1
	ctl -j status web | grep -q '"pid":null'
	# No second server before the first has ended, not even for a request.
	run -0 ctl restart --no-wait web
	is_state web stopping
	alive "$SERVER"
	touch "$T/go"
	wait_for 5 is_state web up
	gone "$SERVER"
	server_runs
	left_is web 0
}

@test "cgroup: a restart waits for the end of the processes that were left" {
	waits
}

@test "without cgroups: a restart waits for the end of the processes that were left" {
	waits
}

time_is_shared() {
	sed -i "s,/server ,/stubborn ," "$T/wrap"
	wrapped 'stop-timeout = 200ms'
	run -0 ctl stop web
	gone "$SERVER"
	wait_for 5 logged 'web: stopping -> killing (stop-timeout over)'
	wait_for 5 logged 'web: killed 1 process that it left behind'
	wait_for 5 logged 'web: killing -> down (all gone)'
}

@test "cgroup: what does not end in time is killed" {
	time_is_shared
}

@test "without cgroups: what does not end in time is killed" {
	time_is_shared
}

control_group() {
	# The wrapper ends only after its server, so both need the signal.
	cat >"$T/wrap" <<-E
	bash $T/server &
	trap : TERM
	wait
	wait
	E
	wrapped 'kill-mode = control-group'
	run -0 ctl stop web
	saved 1
	wait_for 5 logged 'web: sent SIGTERM to 1 process besides the main one'
	run ! logged 'that it left behind'
}

@test "cgroup: control-group signals all at once" {
	control_group
}

@test "without cgroups: control-group signals all at once" {
	control_group
}

mixed() {
	wrapped 'kill-mode = mixed'
	run -0 ctl stop web
	gone "$SERVER"
	saved 0
	wait_for 5 logged 'web: killed 1 process that it left behind'
	run ! logged 'web: sent SIGTERM'
}

@test "cgroup: mixed kills what is left" {
	mixed
}

@test "without cgroups: mixed kills what is left" {
	mixed
}

process() {
	local first
	wrapped 'kill-mode = process'
	first=$SERVER
	run -0 ctl restart web
	server_runs
	alive "$first"
	left_is web 1
	ctl status web | grep -q '1 process left by earlier starts'
	ctl metrics | grep -q 'hupd_program_left_processes{program="web"} 1'
	wait_for 5 logged 'web: kill-mode = process keeps 1 process that it left behind'
	run ! logged 'web: killed'
	# They stay through a re-execution and the death of the daemon.
	run -0 ctl reexec
	alive "$first"
	kill -9 "$(hupd_pid)"
	wait_for 5 is_state web up
	alive "$first"
	saved 0
	run -0 ctl stop web
	alive "$first"
	alive "$SERVER"
	# Another daemon continues to read their output.
	kill -9 "$(hupd_pid)"
	wait_for 10 hupd_answers
	left_is web 2
	kill "$SERVER"
	wait_for 5 saved 1
	wait_for 5 grep -q bye "$T/log/web.log"
	# And they stay through its end.
	hupd_stop
	alive "$first"
	kill "$first"
	wait_for 5 saved 2
}

@test "cgroup: process ends the main process alone" {
	process
	grep -q 'web: left running: 1 process (kill-mode = process)' "$T/log/hupd.log"
}

@test "without cgroups: process ends the main process alone" {
	process
}

no_sigkill() {
	WRAP=stubborn wrapped 'send-sigkill = no' 'stop-timeout = 100ms'
	run -1 ctl stop web
	[[ $output = *'web: stopping: SIGTERM sent, not gone after 100ms; send-sigkill = no'* ]]
	alive "$SERVER"
	# A restart waits.
	run -1 ctl restart web
	is_state web stopping
	touch "$T/go"
	server_runs
	wait_for 5 is_state web up
	# So does the end of the daemon, for the time of the stop.
	rm "$T/go"
	hupd_stop
	alive "$SERVER"
	grep -q 'web: left running: .* (send-sigkill = no)' "$T/log/hupd.log"
	run ! logged 'killed'
}

@test "cgroup: send-sigkill = no waits, and leaves it running" {
	no_sigkill
	# The next daemon knows it by its cgroup, and starts no second one.
	hupd_start
	wait_for 5 is_state web stopping
	touch "$T/go"
	wait_for 5 gone "$SERVER"
	wait_for 5 is_state web up
}

@test "without cgroups: send-sigkill = no waits, and leaves it running" {
	no_sigkill
	touch "$T/go"
	wait_for 5 gone "$SERVER"
}

@test "stop-timeout = 0 kills at once, infinity never" {
	WRAP=server wrapped 'stop-timeout = 0'
	run -0 ctl stop web
	saved 0
	wait_for 5 logged 'web: up -> killing (stop): SIGKILL sent'
	change web 'stop-timeout = infinity'
	run ctl reload
	run -0 ctl start web
	server_runs
	run -0 ctl stop web
	saved 1
	change web 'stop-timeout = never'
	run -6 ctl reload
	[[ $output = *'stop-timeout: "never": a duration is'* ]]
}

taken_over() {
	sed -i "s,/server ,/stubborn ," "$T/wrap"
	wrapped
	kill -9 "$(pid_of web)"
	wait_for 5 is_state web stopping
	run -0 ctl reexec
	is_state web stopping
	left_is web 1
	kill -9 "$(hupd_pid)"
	wait_for 5 is_state web stopping
	alive "$SERVER"
	touch "$T/go"
	wait_for 10 is_state web up
	gone "$SERVER"
	wait_for 5 logged 'web: stopping -> .*(all gone)'
	# Its output of that time is in the log.
	wait_for 5 grep -q bye "$T/log/web.log"
}

@test "cgroup: the next daemon continues to wait for the processes that were left" {
	taken_over
}

@test "without cgroups: the next daemon continues to wait for the processes that were left" {
	taken_over
}
