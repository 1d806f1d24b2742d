#!/usr/bin/env bats
# hupctl events: the last changes of programs, and further ones.

load helper

# followed FILE TEXT: does the follower's output have it?
followed() {
	grep -qF -e "$2" "$1"
}

@test "events prints the last changes, oldest first" {
	sleeper web
	sleeper db
	hupd_start
	wait_for 5 all_are up web db
	ctl restart web
	run -0 ctl events web
	[[ ${lines[0]} = *' web: down -> starting (start)' ]]
	[[ ${lines[0]} =~ ^2[0-9-]+T[0-9:]+\.[0-9]{3}[+-] ]]
	[[ $output != *db* && $output = *'web: starting -> up (executed): pid '* ]]
	run -0 ctl events -n 1 web
	[ "${#lines[@]}" -eq 1 ]
	[[ $output = *'web: starting -> up (executed): pid '* ]]
	ctl -j events | python3 -c '
import json, sys
events = [json.loads(line) for line in sys.stdin]
assert {e["name"] for e in events} == {"web", "db"}
times = [e["time_ms"] for e in events]
assert times == sorted(times) and times[0] > 1700000000000
assert events[-1]["from"] == "starting" and events[-1]["to"] == "up"'
	# Bounded: the oldest changes make room.
	for ((i = 0; i < 50; i++)); do
		ctl restart web db
	done >/dev/null
	[ "$(ctl events | wc -l)" -eq 256 ]
}

@test "events -f prints changes as they come, until the daemon ends" {
	sleeper web
	sleeper db
	hupd_start
	wait_for 5 all_are up web db
	ctl events -f web >"$T/events" 2>"$T/events.err" 3>&- &
	follower=$!
	wait_for 5 followed "$T/events" 'web: starting -> up'
	ctl stop web db
	wait_for 5 followed "$T/events" '-> down'
	run ! grep -q db "$T/events"
	# A reader that stopped does not delay the daemon.
	kill -STOP "$follower"
	ctl start web
	kill -CONT "$follower"
	hupd_stop
	status=0
	wait "$follower" || status=$?
	[ "$status" -eq 7 ]
	grep -q 'the daemon has ended' "$T/events.err"
}
