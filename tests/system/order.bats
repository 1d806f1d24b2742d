#!/usr/bin/env bats
# The keys after and restart-with: the order of starts and stops without a
# dependency, and restarts that follow those of other programs.

load helper

setup() {
	hupd_setup
	ACTOR=$HUPD_BUILD/tools/actor
}

# sleeps NAME LINE ...: a program that sleeps.
sleeps() {
	local name=$1
	shift
	printf '%s\n' 'command = sleep 1000' "$@" | program "$name"
}

# slow NAME LINE ...: one that becomes ready once $T/NAME.go is there.
slow() {
	local name=$1
	shift
	printf '%s\n' "command = $ACTOR await $T/$name.go write 3 x wait" \
	    'ready = fd:3' "$@" | program "$name"
}

# In which order do the programs have this in the log?
order() {
	sed -n "s/^[^ ]* \([^ ]*\): $1.*/\1/p" "$T/log/hupd.log" | xargs
}

order_is() {
	[ "$(order "$1")" = "$2" ]
}

# Has the program another process than that?
is_other() {
	local pid
	pid=$(pid_of "$1")
	[ "$pid" != - ] && [ "$pid" != "$2" ]
}

@test "started after the other is ready, stopped before it" {
	sleeps app 'after = db'
	slow db
	hupd_start
	wait_for 5 is_state db starting
	status_is app reason 'waits for db'
	status_is app want run
	touch "$T/db.go"
	wait_for 5 is_state app up
	wait_for 5 order_is 'starting -> up' 'db app'
	ctl stop -a
	wait_for 5 order_is 'stopping -> down' 'app db'
	ctl start -a
	wait_for 5 order_is 'starting -> up' 'db app db app'
	hupd_stop
	wait_for 5 order_is 'stopping -> down' 'app db app db'
}

@test "each first outcome counts: a failure, a task that is done" {
	program db <<-E
	command = false
	restart-delay = 1h
	restart-delay-max = 1h
	E
	program bad <<-E
	command = false
	restart = never
	E
	program task <<-E
	command = $ACTOR await $T/task.go exit 0
	ready = exited
	E
	sleeps a 'after = db'
	sleeps b 'after = bad'
	sleeps c 'after = task'
	hupd_start
	wait_for 5 all_are up a b
	all_are wait db
	all_are failed bad
	is_state c down
	status_is c reason 'waits for task'
	touch "$T/task.go"
	wait_for 5 is_state c up
	is_state task 'done'
}

@test "nobody waits for a program that is not wanted, or may never come" {
	sleeps db 'autostart = no'
	program bad <<-E
	command = false
	ready = notify
	restart = never
	E
	sleeps lost 'depends-on = bad'
	sleeps a 'after = db'
	sleeps b 'after = lost'
	sleeps c 'after = nobody'
	hupd_start
	wait_for 5 all_are up a b c
	is_state db down
	is_state lost down
	# A stop on request ends the wait, too.
	slow db
	sleeps a 'after = db' 'nice = 1'
	ctl reload
	ctl stop a
	ctl start --no-wait db
	wait_for 5 is_state db starting
	ctl start --no-wait a
	wait_for 5 status_is a reason 'waits for db'
	ctl stop db
	wait_for 5 is_state a up
}

@test "a wait ends when the one that is awaited is stopped while it waits" {
	slow root
	sleeps db 'depends-on = root'
	sleeps a 'after = db'
	hupd_start
	wait_for 5 is_state root starting
	all_are down db a
	ctl stop db
	wait_for 5 is_state a up
}

@test "a stop and a crash of the other do not touch it" {
	sleeps app 'after = db'
	sleeps db
	hupd_start
	wait_for 5 all_are up app db
	app=$(identity app)
	run -0 ctl stop db
	[ "$output" = 'db: down' ]
	ctl start db
	kill -9 "$(pid_of db)"
	wait_for 5 logged 'db: up -> wait'
	wait_for 5 is_state db up
	ctl restart db
	[ "$(identity app)" = "$app" ]
}

@test "a reload that changes both restarts them in order" {
	sleeps app 'after = db'
	slow db
	touch "$T/db.go"
	hupd_start
	wait_for 5 all_are up app db
	change app 'nice = 1'
	change db 'nice = 1'
	run -0 ctl reload
	wait_for 5 order_is 'up -> stopping' 'app db'
	wait_for 5 order_is 'starting -> up' 'db app db app'
	# A program that is added waits for one that is restarted.
	change db 'nice = 2'
	sleeps a 'after = db'
	run -0 ctl reload
	wait_for 5 order_is 'starting -> up' 'db app db app db a'
}

@test "the keys are live, and status lists them" {
	sleeps app
	sleeps db
	sleeps cache
	hupd_start
	wait_for 5 all_are up app db cache
	app=$(identity app)
	change app 'after = cache'
	change app 'restart-with = db'
	run -0 ctl reload
	[[ $output = *'= app'*'adjusted: after, restart-with changed'* ]]
	[ "$(identity app)" = "$app" ]
	ctl -j status app | python3 -c 'import json, sys
p = json.load(sys.stdin)["programs"][0]
assert p["after"] == [{"name": "cache", "state": "up", "ready": True}], p
assert p["restart_with"] == [{"name": "db", "state": "up", "ready": True}], p
assert p["needs"] == [], p'
	run -0 ctl status app
	[[ $output = *'after     cache (up)'* ]]
	[[ $output = *'restarts with db (up)'* ]]
}

@test "restarted with the other: by a crash, a restart and a start" {
	sleeps web 'restart-with = db' 'restart-limit = 1'
	sleeps app 'restart-with = web'
	sleeps db
	hupd_start
	wait_for 5 all_are up web app db
	wait_for 5 order_is 'starting -> up' 'db web app'
	for _ in 1 2 3; do
		web=$(pid_of web) app=$(pid_of app)
		kill -9 "$(pid_of db)"
		wait_for 5 is_other web "$web"
		wait_for 5 is_other app "$app"
		wait_for 5 all_are up web app db
	done
	logged 'web: restarting with db'
	web=$(pid_of web) app=$(pid_of app)
	run -0 ctl restart db
	[[ $output = *'web: up ('*', restarted with db)'* ]]
	[[ $output = *'app: up ('*', restarted with db)'* ]]
	is_other web "$web"
	is_other app "$app"
	# A stop of the other does not touch it; the start is one more time.
	web=$(pid_of web)
	run -0 ctl stop db
	[ "$output" = 'db: down' ]
	[ "$(pid_of web)" = "$web" ]
	run -0 ctl start db
	[[ $output = *'web: up ('*', restarted with db)'* ]]
	[ "$(status_field web 5)" = 0 ]
}

@test "the first start of the other restarts nobody, nor does a failed one" {
	sleeps web 'restart-with = db'
	slow db 'autostart = no' 'start-timeout = 200ms' 'restart = never'
	hupd_start
	wait_for 5 is_state web up
	web=$(identity web)
	run -1 ctl start db
	[[ $output != *web* ]]
	[ "$(identity web)" = "$web" ]
	touch "$T/db.go"
	run -0 ctl start db
	[[ $output = *'web: up ('*', restarted with db)'* ]]
	[ "$(identity web)" != "$web" ]
}

@test "the first start of a program that never ran restarts nobody" {
	sleeps web 'restart-with = db'
	sleeps db 'autostart = no'
	hupd_start
	wait_for 5 is_state web up
	web=$(identity web)
	run -0 ctl start db
	[[ $output != *web* ]]
	[ "$(identity web)" = "$web" ]
}

@test "one that was stopped is not started, a done task runs again" {
	sleeps web 'restart-with = db'
	program task <<-E
	command = sh -c 'echo ran'
	ready = exited
	restart-with = db
	E
	sleeps db
	hupd_start
	wait_for 5 is_state task 'done'
	ctl stop web
	run -0 ctl restart db
	[[ $output != *web* ]]
	[[ $output = *'task: done ('*'restarted with db)'* ]]
	is_state web down
	change db 'nice = 1'
	run -0 ctl reload
	[[ $output != *web* ]]
	[[ $output = *'~ task '*'restarted: with db'* ]]
	is_state web down
	wait_for 5 lines "$T/log/task.log" 3
}

@test "the plan shows it, and is the report" {
	sleeps web 'restart-with = db'
	sleeps app 'restart-with = web' 'stop-timeout = 5s'
	sleeps other 'after = db'
	sleeps db
	hupd_start
	wait_for 5 all_are up web app other db
	other=$(identity other) web=$(identity web) app=$(identity app)
	change db 'nice = 1'
	change app 'stop-timeout = 6s'
	run -0 ctl check
	plan=$(grep '^  [~=+-] ' <<<"$output")
	[ "$plan" = "$(printf '  ~ %-8s restarted: %s\n' \
	    app 'stop-timeout changed, with web' db 'nice changed' \
	    web 'with db')" ]
	run -0 ctl reload
	[ "$plan" = "$(grep '^  [~=+-] ' <<<"$output")" ]
	[[ $output = *'3 restarted, 1 unchanged'* ]]
	[ "$(identity other)" = "$other" ]
	[ "$(identity web)" != "$web" ]
	[ "$(identity app)" != "$app" ]
	# The next one finds nothing to do.
	run -0 ctl reload
	[[ $output = *'nothing changed'* ]]
}

@test "one that does not become ready restarts nobody, and the report says so" {
	sleeps web 'restart-with = db'
	sleeps db
	setting 'reload-rollback = no'
	hupd_start
	wait_for 5 all_are up web db
	web=$(identity web)
	program db <<-E
	command = false
	restart-delay = 1h
	restart-delay-max = 1h
	ready = notify
	E
	run -1 ctl reload
	[[ $output = *'~ web '*'restarted: with db'* ]]
	[[ $output = *'! web '*'not restarted: what it restarts with did not become ready'* ]]
	[ "$(identity web)" = "$web" ]
}

@test "a rollback of the other restarts it as well" {
	sleeps web 'restart-with = db'
	sleeps db
	hupd_start
	wait_for 5 all_are up web db
	web=$(identity web)
	program db <<-E
	command = false
	ready = notify
	E
	run -1 ctl reload
	[[ $output = *'! db '*'previous definition restored'* ]]
	[[ $output != *'! web'* ]]
	[ "$(identity web)" != "$web" ]
	all_are up web db
}

@test "add does not take such restarts for edits of others" {
	sleeps web 'restart-with = db'
	sleeps db@
	mv "$T/hupd.d/db@.conf" "$T/db@.conf"
	program db <<<'command = sleep 1000'
	hupd_start
	wait_for 5 all_are up web db
	change db 'nice = 1'
	run -1 ctl add other -- sleep 1000
	[[ $output = *'other files have changed, too (db)'* ]]
	run -0 ctl add --all other -- sleep 1000
	[[ $output = *'~ web '*'restarted: with db'* ]]
}

@test "errors: cycles over all keys, an unknown name, hupd.conf" {
	sleeps a 'after = b'
	sleeps b 'restart-with = c'
	sleeps c 'depends-on = a'
	run -6 hupd_start
	[ "$output" = "$T/hupd.d/a.conf:2: after: cycle: a -> b -> c -> a" ] ||
	    [[ $output = *'cycle: '*' -> '*' -> '*' -> '* ]]
	sleeps c
	sleeps b 'restart-with = cc'
	run -6 hupd_start
	[ "$output" = "$T/hupd.d/b.conf:2: restart-with: there is no program cc; did you mean c?" ]
	sleeps b
	setting 'after = b'
	run -6 hupd_start
	[[ $output = *'hupd.conf:'*': after: belongs in the file of a program'* ]]
}

@test "check and reload note an unknown name of after" {
	sleeps a 'after = bb b'
	sleeps b
	hupd_start
	run -0 ctl check
	[[ $output = *"$T/hupd.d/a.conf:2: after: there is no program bb; did you mean b?"* ]]
	run -0 ctl reload
	[[ $output = *'after: there is no program bb'* ]]
}

@test "a wait continues with the next daemon, after a crash and a re-execution" {
	sleeps app 'after = db'
	slow db
	hupd_start
	wait_for 5 is_state db starting
	wait_for 5 has_guard
	old=$(hupd_pid)
	kill -9 "$old"
	wait_for 5 is_next_daemon "$old"
	status_is app reason 'waits for db'
	ctl reexec
	status_is app reason 'waits for db'
	is_state db starting
	touch "$T/db.go"
	wait_for 5 is_state app up
	wait_for 5 order_is 'starting -> up' 'db app'
}

is_next_daemon() {
	[ "$(hupd_pid)" != "$1" ] && hupd_answers
}

has_guard() {
	pgrep -P "$(hupd_pid)" -r D,R,S -x 'hupd: guard' >/dev/null
}

@test "a restart with another continues with the next daemon" {
	sleeps web 'restart-with = db'
	slow db
	touch "$T/db.go"
	hupd_start
	wait_for 5 all_are up web db
	rm "$T/db.go"
	web=$(pid_of web)
	ctl restart --no-wait db
	wait_for 5 is_state db starting
	wait_for 5 has_guard
	old=$(hupd_pid)
	kill -9 "$old"
	wait_for 5 is_next_daemon "$old"
	is_state web up
	[ "$(pid_of web)" = "$web" ]
	touch "$T/db.go"
	wait_for 5 is_other web "$web"
	# So does one whose stop is under way.
	program web <<-E
	command = sh -c 'trap "until [ -e $T/end ]; do sleep 0.02; done; exit" TERM; echo set; while :; do sleep 0.05; done'
	restart-with = db
	E
	ctl reload
	wait_for 5 printed web 'set$'
	web=$(pid_of web)
	ctl restart --no-wait db
	wait_for 5 is_state web stopping
	ctl reexec
	is_state web stopping
	touch "$T/end"
	wait_for 5 is_other web "$web"
	wait_for 5 all_are up web db
}

@test "what is stopped together ends one after the other, at the daemon's end too" {
	program app <<-E
	command = sh -c 'trap "until [ -e $T/end ]; do sleep 0.02; done; exit" TERM; echo set; while :; do sleep 0.05; done'
	after = db
	stop-timeout = 20s
	E
	sleeps db 'stop-timeout = 30s'
	hupd_start
	wait_for 5 printed app 'set$'
	kill "$(hupd_pid)"
	wait_for 5 logged 'app: up -> stopping'
	run ! logged 'db: up -> stopping'
	touch "$T/end"
	wait_for 5 order_is 'stopping -> down' 'app db'
}
