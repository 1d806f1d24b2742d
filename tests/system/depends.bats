#!/usr/bin/env bats
# Dependencies: the order of starts and stops, and programs whose dependency
# fails.

load helper

setup() {
	hupd_setup
	ACTOR=$HUPD_BUILD/tools/actor
}

# needs NAME DEPENDENCY ...: a program that sleeps.
needs() {
	local name=$1
	shift
	{
		echo 'command = sleep 1000'
		[ $# -eq 0 ] || printf 'depends-on = %s\n' "$@"
	} | program "$name"
}

# In which order do the programs have this in the log?
order() {
	sed -n "s/^[^ ]* \([^ ]*\): $1.*/\1/p" "$T/log/hupd.log" | xargs
}

order_is() {
	[ "$(order "$1")" = "$2" ]
}

@test "started after, stopped before" {
	needs app cache db
	needs cache db
	needs db
	hupd_start
	wait_for 5 order_is 'starting -> up' 'db cache app'
	hupd_stop
	wait_for 5 order_is 'stopping -> down' 'app cache db'
}

@test "started only once it is ready" {
	program db <<-E
	command = $ACTOR await $T/go write 3 x wait
	ready = fd:3
	E
	needs app db
	hupd_start
	wait_for 5 is_state db starting
	is_state app down
	ctl -j status app | grep -q 'waits for db'
	touch "$T/go"
	wait_for 5 is_state app up
	wait_for 5 order_is 'starting -> up' 'db app'
}

@test "a stop takes the dependents along and names them, a start brings them back" {
	needs app cache
	needs cache db
	needs db
	needs other
	needs resting db
	hupd_start
	wait_for 5 all_are up app resting
	ctl stop resting
	run -0 ctl stop db
	[ "$(sort <<<"$output")" = $'app: down (db was stopped)\ncache: down (db was stopped)\ndb: down' ]
	all_are down app cache db
	wait_for 5 order_is 'stopping -> down' 'resting app cache db'
	is_state other up
	# They stay wanted, and say why they do not run.
	status_is app want run
	status_is app reason 'db was stopped'
	status_is db want rest
	run -0 ctl start db
	[[ $output = *'app: up ('*', started again with db)'* ]]
	[[ $output = *'cache: up ('*', started again with db)'* ]]
	[[ $output != *resting* ]]
	all_are up app cache db
	is_state resting down
}

@test "stopped together, and named in JSON" {
	needs app db
	needs db
	hupd_start
	ctl -j stop db | python3 -c 'import json, sys
d = json.load(sys.stdin)["results"]
d = sorted((r["name"], r["ok"], r["state"], r["with"]) for r in d)
assert d == [("app", True, "down", "db"), ("db", True, "down", None)], d'
}

@test "a start of one whose dependency was stopped starts both, and says so" {
	needs app cache
	needs cache db
	needs db
	hupd_start
	ctl stop db
	run -0 ctl start app
	[[ $output = *'db: up (pid '*', started for app)'* ]]
	all_are up app cache db
}

# The lines of a plan or report on stdin that are about a program.
changes() {
	grep '^  [~=+>-] '
}

@test "a reload names what it starts for others, and so does its plan" {
	needs cache db
	needs db
	program never <<-'E'
	command = false
	restart = never
	ready = notify
	E
	hupd_start
	ctl stop db
	wait_for 5 is_state never failed
	# The dependents that stopped with it stay down as well.
	change cache 'nice = 1'
	change db 'nice = 1'
	run -0 ctl reload
	[[ $output = *'= cache '*'adjusted: nice changed'* ]]
	[[ $output = *'= db '*'adjusted: nice changed'* ]]
	all_are down db cache
	needs app cache off
	needs off
	change off 'autostart = no'
	change db 'stop-timeout = 5s'
	run -0 ctl check
	plan=$(changes <<<"$output")
	[ "$plan" = "$(printf '  %s\n' '+ app      added' \
	    '= db       adjusted: stop-timeout changed, started for app' \
	    '+ off      added, started for app')" ]
	run -0 ctl reload
	[ "$plan" = "$(changes <<<"$output")" ]
	all_are up app cache db off
	ctl stop db
	needs web app
	run -0 ctl reload
	[[ $output = *'1 added, 1 started, '* ]]
	[ "$(changes <<<"$output")" = "$(printf '  %s\n' '> db       started: for web' \
	    '+ web      added')" ]
	all_are up web app cache db off
	# A failed dependency gets another attempt, and the report has its outcome.
	needs late never
	run -1 ctl reload
	[[ $output = *'> never '*'started: for late'* ]]
	[[ $output = *'! never '*'exited, status 1'* ]]
	ctl -j check | python3 -c 'import json, sys
d = json.load(sys.stdin)
assert d["started"] == 0 and d["changes"] == [], d'
}

@test "a look at the conditions starts no dependency that was stopped" {
	needs db
	needs app db
	change app "condition-path-exists = $T/there"
	hupd_start
	wait_for 5 is_state app down
	ctl stop db
	touch "$T/there"
	run -0 ctl reload
	[[ $output = *'nothing changed'* ]]
	all_are down app db
	ctl start db
	wait_for 5 is_state app up
}

@test "a restart by hand restarts the dependents and lists them" {
	needs app cache
	needs cache db
	needs db
	hupd_start
	before=$(pid_of app)
	run -0 ctl restart db
	[[ $output = *'app: up ('*', restarted with db)'* ]]
	[[ $output = *'cache: up ('*', restarted with db)'* ]]
	[ "$(pid_of app)" != "$before" ]
	wait_for 5 order_is 'up -> stopping' 'app cache db'
	wait_for 5 order_is 'starting -> up' 'db cache app db cache app'
}

@test "a dependent that waits for its restart does not start meanwhile" {
	program app <<-E
	command = false
	depends-on = db
	restart-delay = 1h
	restart-delay-max = 1h
	E
	needs db
	hupd_start
	wait_for 5 is_state app wait
	run -0 ctl stop db
	[[ $output = *'app: down (db was stopped)'* ]]
	status_is app want run
}

@test "stopped dependents survive the daemon, and come back" {
	needs app db
	needs db
	hupd_start
	ctl stop db
	kill -9 "$(hupd_pid)"
	wait_for 5 status_is app reason 'db was stopped'
	ctl start db
	wait_for 5 is_state app up
}

@test "a dependent that crashes names its failed dependency, and what helps" {
	program db <<-E
	command = $ACTOR await $T/fail exit 3
	restart = never
	E
	needs app db
	hupd_start
	touch "$T/fail"
	wait_for 5 is_state db failed
	is_state app up
	kill -9 "$(pid_of app)"
	wait_for 5 is_state app down
	status_is app reason 'db has failed (exited, status 3); "hupctl start app" tries again'
	wait_for 5 logged 'app: wait -> down .*: db has failed (exited, status 3)'
	rm "$T/fail"
	# The advice helps.
	run -0 ctl start app
	[[ $output = *'db: up ('*', started for app)'* ]]
	all_are up app db
}

@test "a dependency that was stopped is held until its dependents are gone" {
	needs db
	program app <<-E
	command = sh -c 'trap "until [ -e $T/go ]; do sleep 0.02; done; exit" TERM; echo set; while :; do sleep 0.05; done'
	depends-on = db
	E
	hupd_start
	wait_for 5 printed app 'set$'
	run -0 ctl stop --no-wait db
	ctl -j status db | grep -q 'stops after app'
	is_state db up
	touch "$T/go"
	wait_for 5 is_state db down
	wait_for 5 order_is 'stopping -> down' 'app db'
}

@test "a dependency's crash or reload does not disturb its dependents" {
	needs app db
	needs db
	hupd_start
	app=$(pid_of app)
	kill -9 "$(pid_of db)"
	wait_for 5 logged 'db: up -> wait'
	wait_for 5 is_state db up
	change db 'nice = 3'
	run -0 ctl reload
	[[ $output = *'~ db '*'restarted: nice changed'* ]]
	[ "$(pid_of app)" = "$app" ]
}

@test "a start whose dependency fails fails, and says which" {
	needs app db
	program db <<-E
	command = false
	ready = notify
	restart = never
	autostart = no
	E
	sed -i '$a autostart = no' "$T/hupd.d/app.conf"
	hupd_start
	run -1 ctl start app
	[[ $output = *'app: down: db has failed'* ]]
	is_state app down
	# Once it runs, so does the one that waits for it.
	program db <<<'command = sleep 1000'
	run ctl reload
	run -0 ctl start db
	wait_for 5 is_state app up
}

@test "one that waits for a restart is no reason to wait" {
	program db <<-E
	command = false
	ready = notify
	restart-delay = 1h
	restart-delay-max = 1h
	E
	needs cache db
	needs app cache
	hupd_start
	wait_for 5 is_state db wait
	run -1 ctl start app
	[[ $output = *'waits for cache'* ]]
}

@test "one that is done counts as ready" {
	program migrate <<-E
	command = sh -c 'echo migrated'
	restart = never
	E
	needs app migrate
	hupd_start
	wait_for 5 is_state app up
	is_state migrate 'done'
	run -0 ctl restart app
	order_is_right() {
		order_is 'starting -> up' 'migrate app app' ||
		    order_is 'starting -> up' 'migrate app migrate app'
	}
	wait_for 5 order_is_right
}

@test "cycles and unknown names are rejected" {
	needs a b
	needs b c
	needs c a
	run -6 hupd_start
	[[ $output = *cycle* ]]
	needs c nobody
	run -6 hupd_start
	[[ $output = *nobody* ]]
	needs a a
	needs c
	run -6 hupd_start
	[[ $output = *cycle* || $output = *itself* ]]
}

@test "a diamond of many layers is settled in no time" {
	# The paths through it are more than anybody could follow.
	for ((n = 1; n < 40; n++)); do
		needs "a$n" "a$((n - 1))" "b$((n - 1))"
		needs "b$n" "a$((n - 1))" "b$((n - 1))"
	done
	for name in a0 b0; do
		program $name <<-E
		command = $ACTOR await $T/go write 3 x wait
		ready = fd:3
		E
	done
	hupd_start
	wait_for 5 is_state a0 starting
	is_state a39 down
	touch "$T/go"
	wait_for 20 is_state a39 up
	run -0 ctl stop a0
	is_state a39 down
	run -0 ctl start a39
	run -0 ctl stop -a
}

@test "a chain of 2000 programs starts and stops" {
	! is_checked || skip 'too slow with sanitizers and valgrind'
	needs p0
	for ((n = 1; n < 2000; n++)); do
		printf 'command = sleep 1000\ndepends-on = p%d\nlog = none\n' \
		    $((n - 1)) >"$T/hupd.d/p$n.conf"
	done
	chmod 644 "$T"/hupd.d/*
	hupd_start
	wait_for 60 is_state p1999 up
	run -0 ctl stop p0
	is_state p1999 down
	run -0 ctl start p1999
	is_state p1999 up
	ctl ping
	pid=$(hupd_pid)
	kill "$pid"
	wait_for 60 gone "$pid"
	none_left
}
