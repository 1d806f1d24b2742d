#!/usr/bin/env bats
# hupctl add and remove: a program with one line, or nothing changed at all.

load helper

# The files in the folder of programs, dot files too.
folder() {
	ls -A -I .lock "$T/hupd.d"
}

# The command of a program as the daemon runs it, a word a line.
words_of() {
	tr '\0' '\n' <"/proc/$(pid_of "$1")/cmdline"
}

@test "a program is added with a line and removed with another" {
	hupd_start
	run -0 ctl add nap stop-timeout=5s env=A='b c' -- sleep -- 1000
	[[ $output = *"1 added"*"+ nap"* ]]
	is_state nap up
	[ "$(cat "$T/hupd.d/nap.conf")" = "command = sleep -- 1000
stop-timeout = 5s
env = A=b c" ]
	# Its value may be a secret.
	[ "$(stat -c %a "$T/hupd.d/nap.conf")" = 600 ]
	pid=$(pid_of nap)
	run -0 ctl -j remove nap
	python3 -c 'import json, sys
d = json.loads(sys.argv[1])
assert d["status"] == 0 and d["changes"][0]["kind"] == "removed"' "$output"
	gone "$pid"
	[ -z "$(folder)" ]
}

@test "the command runs with the very words that were given" {
	# Not the last command of the script: no shell executes it in its place.
	printf '#!/bin/sh\nsleep 1000\n:\n' >"$T/script"
	chmod 755 "$T/script"
	hupd_start
	words=("$T/script" '' ' ' "it's" '"' "\\" "a\\'b" '#x' $'tab\tand\rmore' \
	    '$HOME' '`id`' '*' '--' '-h' 'key=value' 'ä' $'\xff' '\n' '%n' ';')
	run -0 ctl add odd -- "${words[@]}"
	words_of odd >"$T/got"
	printf '%s\n' /bin/sh "${words[@]}" | diff - "$T/got"
}

@test "a command of the current folder runs there" {
	printf '#!/bin/sh\nsleep 1000\n:\n' >"$T/script"
	chmod 755 "$T/script"
	mkdir "$T/else where" "$T/blank "
	hupd_start
	cd "$T"
	run -0 ctl add own umask=027 -- ./script
	[[ $output = *"directory = $T: './script' is in the current folder"* ]]
	[ "$(cat "$T/hupd.d/own.conf")" = "command = ./script
directory = $T
umask = 027" ]
	[ "$(readlink "/proc/$(pid_of own)/cwd")" = "$T" ]
	cd "$T/else where"
	run -0 ctl add argument -- sh ../script
	[[ $output = *"'../script' is in the current folder"* ]]
	[ "$(readlink "/proc/$(pid_of argument)/cwd")" = "$T/else where" ]
	# A word that names no file, an option, what the file says itself.
	run -0 ctl add plain -- sleep 1000
	run -0 ctl add given "directory = $T" -- ./script
	[[ $output != *"current folder"* ]]
	run ! grep -q "^directory" "$T/hupd.d/plain.conf"
	# A value in a file ends before the blanks.
	cd "$T/blank "
	run -2 ctl add odd -- ../script
	[[ $output = *"/blank : the name of the current folder cannot"* ]]
	mkdir "$T/gone"
	cd "$T/gone"
	rmdir "$T/gone"
	run -1 ctl add odd -- ./script
	[[ $output = *"the current folder: No such file or directory"* ]]
	cd /
	[ ! -e "$T/hupd.d/odd.conf" ]
}

@test "what is wrong is said before anything is written" {
	hupd_start
	run -6 ctl add nap usr=nobody -- sleep 1000
	[[ $output = *"$T/hupd.d/nap.conf:2: usr: "*"did you mean user?"* ]]
	[[ $output = *"nothing was changed"* ]]
	run -6 ctl add nap depends-on=nobody -- sleep 1000
	[[ $output = *"there is no program nobody"* ]]
	run -6 ctl add nap command=true -- sleep 1000
	run -6 ctl add hupd -- sleep 1000
	[[ $output = *reserved* ]]
	run -2 ctl add nap -- sleep $'1000\nuser = root'
	run -2 ctl add nap env=$'A=\nuser = root' -- sleep 1000
	run -2 ctl add nap user -- sleep 1000
	run -2 ctl add nap '#user=root' -- sleep 1000
	run -2 ctl add ../nap -- sleep 1000
	run -2 ctl add nap --
	run -2 ctl add nap sleep 1000
	run -2 ctl add
	[[ $output = "usage: hupctl add NAME "* ]]
	[ -z "$(folder)" ]
	run ! logged 'Daemon reload'
	run -0 ctl add -h
}

@test "a file that exists is not touched" {
	program nap <<<'command = sleep 1000'
	touch "$T/hupd.d/nap.conf.orig"
	hupd_start
	before=$(folder; stat -c '%i %Y' "$T/hupd.d/nap.conf")
	run -1 ctl add nap -- sleep 2000
	[[ $output = *"nap.conf: File exists" ]]
	rm "$T/hupd.d/nap.conf"
	ln -s /nonexistent "$T/hupd.d/nap.conf"
	run -1 ctl add nap -- sleep 2000
	[ -L "$T/hupd.d/nap.conf" ]
	run -1 ctl remove nobody
	[[ $output = *"nobody.conf: No such file"* ]]
}

@test "what the daemon rejects is undone" {
	program base <<<'command = sleep 1000'
	program top <<-'E'
	command = sleep 1000
	depends-on = base
	E
	chmod 600 "$T/hupd.d/base.conf"
	touch -d '2001-01-01' "$T/hupd.d/base.conf"
	hupd_start
	wait_for 5 is_state top up
	before=$(folder; stat -c '%i %Y %a' "$T/hupd.d/base.conf")
	run -6 ctl remove base
	[[ $output = *"top.conf:2: depends-on: there is no program base"* ]]
	[ "$(folder; stat -c '%i %Y %a' "$T/hupd.d/base.conf")" = "$before" ]
	# Too large for a file, which the daemon finds.
	run -6 ctl add big env=A="$(printf '%070000d' 0)" -- sleep 1000
	[[ $output = *"big.conf"* ]]
	[ "$(folder; stat -c '%i %Y %a' "$T/hupd.d/base.conf")" = "$before" ]
	is_state base up
	ctl status | grep -x 'files on disk: as running'
	run -0 ctl remove top
	run -0 ctl remove base
	[ -z "$(folder)" ]
}

@test "several programs are removed together, or none of them" {
	sleeper base
	sleeper top
	echo 'depends-on = base' >>"$T/hupd.d/top.conf"
	sleeper w1
	sleeper w2
	hupd_start
	run -6 ctl remove base w1
	[[ $output = *"top.conf:2: depends-on: there is no program base"* ]]
	run -1 ctl remove w1 nobody
	[[ $output = *"nobody.conf: No such file"* ]]
	run -1 ctl remove w1 'x*'
	[ "$(folder)" = $'base.conf\ntop.conf\nw1.conf\nw2.conf' ]
	run -0 ctl remove base 'w*' top w1
	[[ $output = *'4 removed'* ]]
	[ -z "$(folder)" ]
}

@test "one that does not become ready stays, and is named" {
	hupd_start
	run -1 ctl add bad ready=notify -- sh -c 'echo my last words; exit 3'
	[[ $output = *"my last words"*"hupctl remove bad"* ]]
	[ "$(folder)" = bad.conf ]
	run -0 ctl remove bad
	[ -z "$(folder)" ]
}

@test "pending changes of others are not applied unnoticed" {
	local before
	sleeper web
	sleeper db
	sleeper old
	hupd_start
	change web 'command = sleep 2000'
	rm "$T/hupd.d/old.conf"
	sleeper new
	before=$(identity web)
	run -1 ctl add nap -- sleep 1000
	[[ $output = *'(new, old, web)'*'hupctl check'*--all* ]]
	[ ! -e "$T/hupd.d/nap.conf" ]
	run -1 ctl remove db
	[[ $output = *'(new, old, web)'* ]]
	[ -e "$T/hupd.d/db.conf" ]
	run -1 ctl -j add nap -- sleep 1000
	is_state db up
	is_state old up
	[ "$(identity web)" = "$before" ]
	# The program of the command itself may have any change.
	run -0 ctl add --all nap -- sleep 1000
	[[ $output = *'+ nap'* ]]
	[[ $output = *'~ web'* ]]
	[[ $output = *'- old'* ]]
	change nap 'command = sleep 2000'
	run -0 ctl remove nap
	change web 'command = sleep 1000'
	run -0 ctl remove --all db
	[[ $output = *'~ web'* ]]
	# A changed default is a change of all programs.
	setting 'stop-timeout = 3s'
	run -1 ctl add nap -- sleep 1000
	[[ $output = *'(new, web)'* ]]
}

@test "nothing is added to a folder that vanished, or to a whole file" {
	sleeper web
	hupd_start
	mv "$T/hupd.d" "$T/aside"
	run -6 ctl add nap -- sleep 1000
	[[ $output = *"$T/hupd.d: does not exist"* ]]
	[ ! -e "$T/hupd.d" ]
	mv "$T/aside" "$T/hupd.d"
	hupd_stop
	hupd_env "$HUPD" -nv -f "$T/hupd.conf" >"$T/whole"
	mv "$T/whole" "$T/hupd.conf"
	chmod 644 "$T/hupd.conf"
	hupd_start
	run -6 ctl add nap -- sleep 1000
	[[ $output = *'nap.conf: would not be read: '* ]]
	[ ! -e "$T/hupd.d/nap.conf" ]
}

@test "without a daemon nothing is written" {
	run -7 ctl add nap -- sleep 1000
	run -7 ctl remove nap
	[ -z "$(folder)" ]
}

@test "a user adds to his own daemon, without any folder to begin with" {
	user_setup
	rm -r "$USER_HOME/config"
	mkdir -m 700 "$USER_HOME/config"
	[ "$(id -u)" -ne 0 ] || chown nobody: "$USER_HOME/config"
	as_user hupd
	run -0 as_user sh -c 'umask 077; hupctl add nap -- sleep 1000'
	run -0 as_user hupctl status nap
	file=$USER_HOME/config/hupd/hupd.d/nap.conf
	[ "$(stat -c '%a %u' "$file")" = "644 $(as_user id -u)" ]
	run -0 as_user hupctl remove nap
	[ ! -e "$file" ]
	kill "$(cat "$USER_HOME/run/hupd/hupd.pid")"
}

@test "a user who may use the socket but not write to the folder is refused" {
	needs_root
	setting 'access-group = nogroup'
	hupd_start
	chmod 755 "$T/run"
	refused() {
		setpriv --reuid=nobody --regid="$(id -g nobody)" --groups \
		    "$(getent group nogroup | cut -d: -f3)" -- \
		    "$HUPCTL" -s "$T/run/hupd.sock" "$@"
	}
	run -4 refused add nap -- sleep 1000
	[ -z "$(folder)" ]
	program nap <<<'command = sleep 1000'
	ctl reload
	run -4 refused remove nap
	[ "$(folder)" = nap.conf ]
	is_state nap up
}
