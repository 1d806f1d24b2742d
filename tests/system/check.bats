#!/usr/bin/env bats
# hupctl check: the plan of a reload, without the reload.

load helper

check() {
	hupd_env "$HUPCTL" -f "$T/hupd.conf" check "$@"
}

@test "the plan is printed, and nothing is done" {
	local d=$T/hupd.d
	sleeper web
	sleeper old
	sleeper db
	sleeper same
	hupd_start
	rm "$d/old.conf"
	sleeper new
	echo 'nice = 1' >>"$d/web.conf"
	echo 'stop-timeout = 3s' >>"$d/db.conf"
	run -0 check
	diff <(echo "$output") - <<-E
	plan: 1 added, 1 removed, 1 restarted, 1 adjusted, 1 unchanged
	  = db       adjusted: stop-timeout changed
	  + new      added
	  - old      removed
	  ~ web      restarted: nice changed
	E
	is_state old up
	[ -z "$(state_of new)" ]
	[ "$(ctl status | grep -c 'generation 1')" -eq 1 ]
	ctl reload
	run -0 check
	[ "$output" = 'plan: 4 unchanged' ]
}

@test "all errors are reported, with exit status 6" {
	sleeper web
	hupd_start
	echo 'nice = x' >>"$T/hupd.d/web.conf"
	program bad <<<'nonsense = 1'
	run -6 check
	[[ $output = *"$T/hupd.d/web.conf:2: nice: "* ]]
	[[ $output = *"$T/hupd.d/bad.conf:1: nonsense: "* ]]
	run ctl status
	[[ $output != *rejected\ at* ]]
}

@test "a file stands for the program of its name" {
	sleeper web
	hupd_start
	mkdir "$T/new"
	echo 'command = sleep 2000' >"$T/new/web.conf"
	echo 'command = sleep 1000' >"$T/new/db.conf"
	chmod 644 "$T"/new/*
	run -0 check "$T/new/web.conf" "$T/new/db.conf"
	diff <(echo "$output") - <<-E
	plan: 1 added, 1 restarted
	  + db       added
	  ~ web      restarted: command changed
	E
	echo 'depends-on = nobody' >>"$T/new/db.conf"
	run -6 check "$T/new/db.conf"
	[[ $output = *"$T/new/db.conf:2: depends-on: "* ]]
	run -6 check "$T/new/absent.conf"
	[[ $output = *absent.conf* ]]
}

@test "without a daemon all would be added" {
	sleeper web
	run -0 check
	[[ ${lines[0]} = 'plan: 1 added (hupd is not running)' ]]
	echo 'nice = x' >>"$T/hupd.d/web.conf"
	run -6 check
	rm "$T/hupd.d/web.conf"
	run -0 check
	[[ $output = 'plan: no program is configured'* ]]
}

@test "the files are those of the daemon that is asked" {
	sleeper web
	run -7 ctl check
	hupd_start
	run -0 ctl check
	[ "$output" = 'plan: 1 unchanged' ]
	# It reads the folder that it began with.
	mkdir -m 755 "$T/other"
	sed -i "s|^program-dir.*|program-dir = $T/other|" "$T/hupd.conf"
	sleeper more
	run -0 ctl check
	[[ $output = 'plan: 1 added, 1 unchanged'*'+ more '* ]]
	[[ $output = *'program-dir changed: takes effect at the next start'* ]]
	printf '[program:db]\ncommand=db\n' >"$T/supervisord.conf"
	run -0 --separate-stderr ctl import -w "$T/supervisord.conf"
	[ "$output" = "$T/hupd.d/db.conf" ]
}

@test "environment files and users count" {
	echo A=1 >"$T/env"
	chmod 644 "$T/env"
	sleeper web
	echo "env-file = $T/env" >>"$T/hupd.d/web.conf"
	hupd_start
	run -0 check
	[ "$output" = 'plan: 1 unchanged' ]
	echo A=2 >"$T/env"
	run -0 check
	[ "${lines[1]}" = '  ~ web      restarted: env-file changed' ]
}

@test "a user, a group and groups are no change" {
	needs_root
	local group
	group=$(id -gn nobody)
	sleeper web
	sleeper db
	printf '%s\n' 'user = nobody' "group = $group" \
	    "groups = $group daemon" >>"$T/hupd.d/web.conf"
	echo 'user = nobody' >>"$T/hupd.d/db.conf"
	hupd_start
	run -0 check
	[ "$output" = 'plan: 2 unchanged' ]
	run -0 ctl check
	[ "$output" = 'plan: 2 unchanged' ]
	run -0 ctl reload
	[[ $output = *'nothing changed, 2 unchanged' ]]
	# A file that stands for the one that runs, too.
	mkdir -m 755 "$T/new"
	cp "$T/hupd.d/web.conf" "$T/new"
	run -0 check "$T/new/web.conf"
	[ "$output" = 'plan: 2 unchanged' ]
}

@test "settings that wait for the next start are reported" {
	sleeper web
	hupd_start
	setting "log-dir = $T/log2"
	run -0 check
	[[ $output = *'log-dir changed: takes effect at the next start'* ]]
	# A reload does not change that.
	run -0 ctl reload
	run -0 check
	[[ $output = *'log-dir changed: takes effect at the next start'* ]]
}

@test "what was stopped is not said to restart" {
	sleeper web
	hupd_start
	ctl stop web
	echo 'nice = 1' >>"$T/hupd.d/web.conf"
	run -0 check
	[ "${lines[1]}" = '  = web      adjusted: nice changed' ]
	run -0 ctl reload
	[ "${lines[1]}" = '  = web      adjusted: nice changed' ]
	is_state web down
	run -0 ctl start web
	[ "$(ps -o ni= -p "$(pid_of web)" | tr -d ' ')" = 1 ]
}

@test "after a rollback the plan is to try again" {
	program web <<-'E'
	command = sh -c 'echo >&3; exec sleep 1000'
	ready = fd:3
	E
	hupd_start
	wait_for 5 is_state web up
	program web <<-'E'
	command = false
	ready = fd:3
	E
	run -1 ctl reload
	run -0 check
	[ "${lines[1]}" = '  ~ web      restarted: command changed' ]
}
