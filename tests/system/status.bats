#!/usr/bin/env bats
# hupctl status: what needs attention first, trees, names, narrow terminals.

load helper
load terminal

teardown() {
	terminal_teardown
	hupd_teardown
}

# The names of the table, in its order.
names() {
	awk 'NR == 1 { next } /^$/ { exit } /^[^ ]/ { print $1 }' <<<"$output" |
	    tr '\n' ' '
}

@test "failures come first, then programs in natural order, then counts" {
	for name in web10 web2 web1; do
		sleeper "$name"
	done
	program job <<-'E'
	command = sh -c 'exit 3'
	restart = never
	E
	program loop <<-'E'
	command = sh -c 'kill -KILL $$'
	restart-delay = 1h
	restart-delay-max = 1h
	E
	hupd_start
	wait_for 5 is_state loop wait
	wait_for 5 is_state job failed
	wait_for 5 all_are up web1 web2 web10
	run -0 ctl status
	[ "$(names)" = 'job loop web1 web2 web10 ' ]
	[[ $output = *$'\n\n5 programs: 1 failed, 1 wait, 3 up\ngeneration 1'* ]]
	run -0 ctl status --failed
	[ "$(names)" = 'job loop ' ]
	[[ $output = *'5 programs: '* ]]
	run -0 ctl status --names
	[ "$output" = $'job\nloop\nweb1\nweb2\nweb10' ]
	run -3 ctl status --names --failed 'web*' job
	[ "$output" = job ]
	ctl -j status --failed | python3 -c '
import json, sys
job, loop = json.load(sys.stdin)["programs"]
assert job["exit_code"] == 3 and job["exit_signal"] is None
assert loop["exit_code"] is None and loop["exit_signal"] == "KILL"
assert job["command"] == ["sh", "-c", "exit 3"]'
	ctl -j status web1 | python3 -c '
import json, sys
web, = json.load(sys.stdin)["programs"]
assert web["cpu_ms"] >= 0 and web["exit_code"] is None'
	ctl remove job loop
	run -0 ctl status --failed
	[[ $output = 'no program fails'*'3 programs: 3 up'* ]]
	ctl remove 'web*'
	run -0 ctl status
	[[ $output = "no program is configured; 'hupctl add NAME -- COMMAND' adds one"* ]]
	run -0 ctl status --names
	[ -z "$output" ]
}

@test "the tree shows what programs need" {
	sleeper db
	sleeper other
	sleeper cache
	echo 'depends-on = db' >>"$T/hupd.d/cache.conf"
	sleeper web
	echo 'depends-on = cache db' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	run -0 ctl status --tree
	diff <(cut -c 1-9 <<<"$output" | sed '/^$/,$d; s/ *$//') - <<-'E'
	NAME
	other
	web
	|-cache
	| `-db
	`-db
	E
	run -0 ctl status --tree cache
	[ "$(names)" = 'cache `-db ' ]
	ctl stop db
	run -3 ctl status --tree cache
	run -2 ctl status --tree --failed
	run -3 ctl status --tree nobody
	[[ $output = *'no program nobody'* ]]
}

@test "a narrow terminal gets fewer columns and names without their middle" {
	needs_terminal
	sleeper a-very-long-name-of-a-worker@17
	sleeper web
	hupd_start
	wait_for 5 all_are up web a-very-long-name-of-a-worker@17
	on_terminal 40 12 <<<'hupctl status'
	wait_for 30 shows '^files on disk'
	shows '^NAME  *STATE  *PID  *UPTIME$'
	shows '^a-very-[a-z]*~[a-z-]*@17  *up '
	# Elsewhere nothing is left out.
	ctl status | grep -q '^a-very-long-name-of-a-worker@17 .* yes$'
}
