#!/usr/bin/env bats
# hupctl check: the plan of a reload, without the reload.

load helper

# shellcheck disable=SC2120
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

@test "a file of any name stands for the program that --as names" {
	sleeper web
	program app@ <<<'command = sleep 1000'
	ln -s app@.conf "$T/hupd.d/app@1.conf"
	hupd_start
	(umask 022 && echo 'command = sleep 2000' >"$T/draft")
	run -0 check --as web "$T/draft"
	[ "${lines[1]}" = '  ~ web      restarted: command changed' ]
	run -0 check --as app@ "$T/draft"
	[ "${lines[1]}" = '  ~ app@1    restarted: command changed' ]
	: >"$T/draft" # an instance that is as its template says
	run -0 check --as app@2 "$T/draft"
	[ "${lines[1]}" = '  + app@2    added' ]
	echo 'nice = x' >"$T/draft"
	run -6 check --as db "$T/draft"
	[[ $output = *"$T/draft:1: nice: "* ]]
	run -6 check --as hupd "$T/draft"
	[[ $output = *reserved* ]]
	run -2 check --as ../web "$T/draft"
	run -2 check --as web
	run -2 check --as web "$T/draft" "$T/draft"
	hupd_stop
	run -0 check --as web "$T/hupd.d/app@.conf"
	[[ ${lines[0]} = 'plan: 2 added (hupd is not running)' ]]
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

# As an ordinary user, with these groups.
user_check() {
	hupd_env setpriv --reuid=nobody --regid="$(id -g nobody)" "$1" -- \
	    "${@:2}"
}

@test "the plan equals the report, for every user" {
	needs_root
	user_setup
	local group plan
	group=$(id -gn nobody)
	setting 'access-group = games'
	sleeper same
	printf '%s\n' 'user = nobody' "group = $group" \
	    "groups = $group daemon" >>"$T/hupd.d/same.conf"
	sleeper db
	echo 'user = nobody' >>"$T/hupd.d/db.conf"
	sleeper old
	hupd_start
	sleeper new
	echo 'group = daemon' >>"$T/hupd.d/new.conf"
	change db 'user = daemon'
	change db 'stop-timeout = 3s'
	rm "$T/hupd.d/old.conf"
	plan=$(check)
	[ "$(ctl check)" = "$plan" ]
	for groups in --clear-groups --groups=games; do
		# Without access to the daemon, all count as added.
		run -0 user_check "$groups" "$USER_HOME/bin/hupctl" \
		    -f "$T/hupd.conf" check
		[[ $groups = --clear-groups || $output = "$plan" ]]
		[[ $groups = --groups=games ||
		    $output = 'plan: 3 added (hupd may not be asked)'* ]]
		run -0 user_check "$groups" "$USER_HOME/bin/hupd" -n \
		    -f "$T/hupd.conf"
	done
	run -0 user_check --groups=games "$USER_HOME/bin/hupctl" \
	    -s "$T/run/hupd.sock" check
	[ "$output" = "$plan" ]
	run -0 ctl reload
	diff <(echo "$plan" | tail -n +2) <(echo "$output" | tail -n +2)
	[ "${lines[0]#*: }" = '1 added, 1 removed, 1 restarted, 1 unchanged' ]
	run -0 check
	[ "$output" = 'plan: 3 unchanged' ]
}

@test "a user may check what root would run, without a daemon" {
	needs_root
	user_setup
	sleeper web
	printf '%s\n' 'user = daemon' 'group = mail' 'groups = daemon, mail' \
	    >>"$T/hupd.d/web.conf"
	run -0 as_user hupctl -f "$T/hupd.conf" check
	[[ $output = 'plan: 1 added (hupd is not running)'* ]]
	run -0 as_user hupd -n -f "$T/hupd.conf"
	echo 'groups = daemon, nosuch' >"$T/hupd.d/bad.conf"
	run -6 as_user hupctl -f "$T/hupd.conf" check
	[[ $output = *'bad.conf:1: groups: '*nosuch* ]]
	# In the own places of a user, only root could run this.
	user_program own <<-'E'
	command = true
	user = daemon
	E
	run -6 as_user hupctl check
	[[ $output = *'own.conf:2: user: only root'* ]]
	run -6 as_user hupd -n
	[[ $output = *'own.conf:2: user: only root'* ]]
}

@test "the errors of all stages come together" {
	sleeper web
	setting 'nonsense = 1'
	setting 'exit-on = nobody'
	program many <<-'E'
	unknwn = 1
	user = nosuchuser
	group = nosuchgroup
	groups = nosuchother
	env-file = /nonexistent/env
	depends-on = nosuchprogram
	depends-on = loop
	nice = high
	E
	program loop <<-'E'
	command = sleep 1000
	depends-on = many
	E
	mkdir -m 755 "$T/new"
	cp "$T/hupd.d/many.conf" "$T/new/other.conf"
	all() {
		[[ $output = *'nonsense: unknown key'* ]]
		[[ $output = *'exit-on: there is no program nobody'* ]]
		[[ $output = *"$1:1: unknwn: unknown key"* ]]
		[[ $output = *"$1:2: user: "*nosuchuser* ]]
		[[ $output = *"$1:3: group: "*nosuchgroup* ]]
		[[ $output = *"$1:4: groups: "*nosuchother* ]]
		[[ $output = *"$1:5: env-file: "* ]]
		[[ $output = *"$1:6: depends-on: there is no program nosuchp"* ]]
		[[ $output = *"$1:8: nice: "* ]]
		[[ $output = *"$1: command: is missing"* ]]
	}
	run -6 hupd_start
	all many.conf
	[[ $output = *'cycle: '* ]]
	run -6 check
	all many.conf
	[[ $output = *'cycle: '* ]]
	mv "$T/hupd.d/many.conf" "$T/many"
	rm "$T/hupd.d/loop.conf"
	sed -i '/^nonsense\|^exit-on/d' "$T/hupd.conf"
	hupd_start
	mv "$T/many" "$T/hupd.d/many.conf"
	printf '%s\n' 'nonsense = 1' 'exit-on = nobody' >>"$T/hupd.conf"
	run -6 ctl reload
	all many.conf
	# In a file that is only proposed, too.
	rm "$T/hupd.d/many.conf"
	run -6 check "$T/new/other.conf"
	all other.conf
}

@test "a file that is broken is not read if another stands for it" {
	sleeper web
	hupd_start
	echo 'nonsense' >>"$T/hupd.d/web.conf"
	mkdir -m 755 "$T/new"
	(umask 022 && echo 'command = sleep 1000' >"$T/new/web.conf")
	run -0 check "$T/new/web.conf"
	[ "$output" = 'plan: 1 unchanged' ]
	run -6 check
	# With a broken file on disk, its program can be removed.
	run -0 ctl remove web
	[ ! -e "$T/hupd.d/web.conf" ]
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
