#!/usr/bin/env bats
# A program folder or a hupd.conf that vanishes stops no program.

load helper

setup() {
	hupd_setup
	user_setup
}

# The daemon of an ordinary user is ended here as well.
teardown() {
	local pid status=0
	if pid=$(cat "$USER_HOME/run/hupd/hupd.pid" 2>/dev/null) &&
	    alive "$pid"; then
		kill "$pid"
		wait_for 15 gone "$pid" || status=1
	fi
	hupd_teardown || status=1
	return $status
}

config() {
	hupd_env "$HUPCTL" -f "$T/hupd.conf" "$@"
}

# refuses WORDS: the reload, and each command that only looks, reject the files
# with these words; the program web is not touched.
refuses() {
	local before
	before=$(identity web)
	for command in "ctl reload" "ctl check" "config check" \
	    "hupd_env $HUPD -n -f $T/hupd.conf"; do
		# shellcheck disable=SC2086
		run -6 $command
		[[ $output = *"$1"* ]] || {
			printf '%s: %s\n' "$command" "$output"
			return 1
		}
	done
	[ "$(identity web)" = "$before" ]
	grep -q 'program = web' "$T/state/accepted"
	run -0 ctl status
	[[ $output = *"$1"* ]]
}

@test "a program folder that is moved away is an error" {
	sleeper web
	hupd_start
	mv "$T/hupd.d" "$T/aside"
	refuses "$T/hupd.conf:1: program-dir: $T/hupd.d: does not exist"
	kill -HUP "$(hupd_pid)"
	wait_for 5 logged 'hupd.d: does not exist'
	is_state web up
	mv "$T/aside" "$T/hupd.d"
	run -0 ctl reload
	[[ $output = *'nothing changed, 1 unchanged'* ]]
}

@test "nothing is imported to a program folder that vanished" {
	printf '[program:db]\ncommand=sleep 1000\n' >"$T/supervisord.conf"
	rmdir "$T/hupd.d"
	# On a new installation it is made.
	run -0 config import -w "$T/supervisord.conf"
	[ -e "$T/hupd.d/db.conf" ]
	hupd_start
	mv "$T/hupd.d" "$T/aside"
	for command in config ctl; do
		run -6 $command import -w "$T/supervisord.conf"
		[[ $output = *"$T/hupd.d: does not exist"* ]]
		[ ! -e "$T/hupd.d" ]
	done
}

@test "a link to a folder that is not there is an error" {
	mv "$T/hupd.d" "$T/real"
	ln -s real "$T/hupd.d"
	sleeper web
	hupd_start
	mv "$T/real" "$T/aside"
	refuses 'is a symbolic link that leads nowhere'
	rm "$T/hupd.d"
	: >"$T/hupd.d"
	refuses 'Not a directory'
	rm "$T/hupd.d"
	mv "$T/aside" "$T/hupd.d"
	run -0 ctl reload
}

@test "at a start, the accepted programs run" {
	sleeper web
	hupd_start
	hupd_stop
	mv "$T/hupd.d" "$T/aside"
	run -6 hupd_start --strict
	run -0 hupd_start
	[[ $output = *"$T/hupd.d: does not exist"* ]]
	[[ $output = *'using the last accepted one'* ]]
	wait_for 5 is_state web up
	refuses 'hupd.d: does not exist'
	# A second such start needs no files either.
	hupd_stop
	setting "program-dir = $T/hupd.dd"
	run -0 hupd_start
	[[ $output = *"program-dir: $T/hupd.dd: does not exist"* ]]
	wait_for 5 is_state web up
}

@test "it is an error for a daemon that took over, too" {
	sleeper web
	hupd_start
	mv "$T/hupd.d" "$T/aside"
	run -0 ctl reexec
	refuses 'hupd.d: does not exist'
	kill -9 "$(hupd_pid)"
	wait_for 5 hupd_answers
	refuses 'hupd.d: does not exist'
	# Even if what was accepted could not be kept.
	mv "$T/state/accepted" "$T/kept"
	before=$(identity web)
	run -6 ctl reload
	[ "$(identity web)" = "$before" ]
	mv "$T/kept" "$T/state/accepted"
}

@test "a fresh installation starts without the folder" {
	rm -r "$T/hupd.d"
	run -0 hupd_env "$HUPD" -n -f "$T/hupd.conf"
	[[ $output = *"$T/hupd.d: does not exist: there are no programs"* ]]
	run -0 hupd_start
	[[ $output = *"$T/hupd.d: does not exist: there are no programs"* ]]
	wait_for 5 logged 'hupd.d: does not exist: there are no programs'
	run -0 ctl reload
	run -0 ctl check
	run -0 ctl reexec
	run -0 ctl reload
	hupd_stop
	run -0 hupd_start
	run -0 ctl add web -- sleep 1000
	is_state web up
	mv "$T/hupd.d" "$T/aside"
	refuses 'hupd.d: does not exist'
}

@test "an empty folder was accepted, and may not vanish" {
	hupd_start
	rm -r "$T/hupd.d"
	run -6 ctl reload
	run -6 ctl check
	hupd_stop
	run -0 hupd_start
	[[ $output = *'using the last accepted one'* ]]
}

@test "another program-dir is checked at once, and used at the next start" {
	sleeper web
	hupd_start
	setting "program-dir = $T/new"
	refuses "program-dir: $T/new: does not exist"
	mkdir -m 777 "$T/new"
	chmod 777 "$T/new"
	refuses "program-dir: $T/new: may be written by others"
	chmod 755 "$T/new"
	(umask 022 && echo 'command = sleep 1001' >"$T/new/db.conf" &&
	    echo 'nice = many' >"$T/new/bad.conf")
	refuses "$T/new/bad.conf:1: nice: "
	rm "$T/new/bad.conf"
	before=$(identity web)
	run -0 ctl reload
	[[ $output = *'program-dir changed: takes effect at the next start'* ]]
	[ "$(identity web)" = "$before" ]
	hupd_stop
	hupd_start
	wait_for 5 is_state db up
	[ -z "$(state_of web)" ]
}

@test "a hupd.conf that was named is never taken for empty" {
	sleeper web
	hupd_start
	mv "$T/hupd.conf" "$T/aside"
	before=$(identity web)
	run -6 ctl reload
	[[ $output = *"$T/hupd.conf: does not exist"* ]]
	[ "$(identity web)" = "$before" ]
	run -6 ctl check
	mv "$T/aside" "$T/hupd.conf"
	run -0 ctl reload
	hupd_stop
	# Where its state-dir is unknown, no other one is used.
	mv "$T/hupd.conf" "$T/aside"
	run -6 hupd_start
	[[ $output = *"$T/hupd.conf: does not exist"* ]]
	mv "$T/aside" "$T/hupd.conf"
}

@test "a hupd.conf that was there must not vanish" {
	local conf=$USER_HOME/config/hupd/hupd.conf before
	rm -f "$conf"
	printf '%s\n' 'command = sleep 1000' 'settle-time = 0' |
	    user_program web
	as_user hupd
	run -0 as_user hupctl reload
	# It was not there so far, which is valid.
	as_user sh -c 'umask 022; echo "stop-timeout = 3s" >config/hupd/hupd.conf'
	run -0 as_user hupctl reload
	[[ $output = *'stop-timeout changed'* ]]
	rm "$conf"
	run -6 as_user hupctl reload
	[[ $output = *"$conf: does not exist, but did when"* ]]
	run -6 as_user hupctl check
	as_user hupctl reexec
	run -6 as_user hupctl reload
	kill "$(cat "$USER_HOME/run/hupd/hupd.pid")"
	wait_for 15 [ ! -e "$USER_HOME/run/hupd/hupd.pid" ]
	run -6 as_user hupd -n
	[[ $output = *"$conf: does not exist, but did when"* ]]
	run -6 as_user hupctl check
	run -0 as_user hupd
	[[ $output = *'using the last accepted one'* ]]
	run -0 as_user hupctl status
	[[ $output = *'web '*up* ]]
	# An empty file says that nothing is meant to be set.
	as_user sh -c 'umask 022; : >config/hupd/hupd.conf'
	run -0 as_user hupctl reload
	[[ $output = *'stop-timeout changed'* ]]
}
