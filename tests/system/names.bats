#!/usr/bin/env bats
# Names on the command line of hupctl: several, patterns; and the words of other
# tools.

load helper

setup() {
	hupd_setup
	sleeper web
	sleeper worker@
	for i in 1 2 10; do
		ln -s worker@.conf "$T/hupd.d/worker@$i.conf"
	done
	hupd_start
}

@test "a pattern means every program that it matches, once" {
	run -0 ctl stop 'worker@?' worker@1
	[ "$(cut -d: -f1 <<<"$output" | LC_ALL=C sort)" = $'worker@1\nworker@2' ]
	is_state worker@1 down
	is_state worker@10 up
	is_state web up
	run -0 ctl start 'worker@[12]' web
	[ "${#lines[@]}" -eq 3 ]
	run -0 ctl signal CONT 'w*'
	[ "${#lines[@]}" -eq 4 ]
	[ "${lines[0]}" = "web: sent CONT" ]
	# It goes to all or to none.
	pid=$(pid_of web)
	ctl stop worker@10
	run -1 ctl signal KILL 'w*'
	[[ $output = *'worker@10 is not running: no signal was sent'* ]]
	[ "$(pid_of web)" = "$pid" ]
	ctl start worker@10
	run -0 ctl status 'worker@*'
	[[ $output != *web* && $output = *worker@10* ]]
	ctl -j is-active 'worker@*' | python3 -c '
import json, sys
assert len(json.load(sys.stdin)["programs"]) == 3'
}

@test "a pattern that means no program is an error, and nothing is done" {
	run -1 ctl stop web 'x*'
	[ "$output" = "hupctl: no program matches 'x*'" ]
	is_state web up
	run -2 ctl stop 'we b*' '../web'
	[ "$output" = "hupctl: '../web' is no program's name" ]
}

@test "words of other tools work, and those that destroy are explained" {
	for word in list ps ls show describe; do
		run -0 ctl "$word" web
		[[ $output = *NAME*web* ]]
	done
	run -0 ctl up web
	run -0 ctl logs web
	run -0 ctl tail -n 3 web
	run -2 ctl delete web
	[[ $output = *"'hupctl remove NAME'"* ]]
	run -2 ctl down
	[[ $output = *"'hupctl stop NAME'"*"'hupctl shutdown'"* ]]
	run -2 ctl kill web
	[[ $output = *"'hupctl signal KILL NAME'"* ]]
	is_state web up
	[ -e "$T/hupd.d/web.conf" ]
}

@test "is-active prints the state, and exits as status does" {
	run -0 ctl is-active web
	[ "$output" = up ]
	ctl stop web
	run -3 ctl is-active web worker@1
	[ "$output" = $'down\nup' ]
	run -3 ctl is-active no
	[ "$output" = "hupctl: no program no" ]
}
