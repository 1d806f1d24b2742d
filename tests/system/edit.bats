#!/usr/bin/env bats
# hupctl edit, enable and disable: files changed and applied, or nothing at all.
# shellcheck disable=SC2016 # the scripts of editors

load helper
load terminal

setup() {
	hupd_setup
	unset VISUAL
	export TMPDIR=$T/tmp
	mkdir -m 755 "$TMPDIR"
}

teardown() {
	terminal_teardown
	hupd_teardown
}

# editor LINE ...: the editor is a script of these lines; $1 is the file.
editor() {
	printf '%s\n' '#!/bin/sh' "$@" >"$T/editor"
	chmod 755 "$T/editor"
	export EDITOR=$T/editor
}

no_copy() {
	[ -z "$(ls -A "$TMPDIR")" ]
}

# The files in the folder of programs, dot files too.
folder() {
	ls -A -I .lock "$T/hupd.d"
}

@test "edit applies what the editor wrote, and keeps owner and mode" {
	sleeper web
	sleeper db
	chmod 640 "$T/hupd.d/web.conf"
	hupd_start
	db=$(identity db)
	# It may have options, and replace its file.
	editor "[ \"\$1\" = -x ] && shift" \
	    'stat -c "%a %n" "$1" "${1%/*}" >"${0%/*}/seen"' \
	    'echo "command = sleep 2000" >"$1.new" && mv "$1.new" "$1"'
	EDITOR="$EDITOR -x" run -0 ctl edit web
	[[ $output = *'~ web      restarted: command changed'* ]]
	[ "$(cat "$T/hupd.d/web.conf")" = 'command = sleep 2000' ]
	[ "$(stat -c %a "$T/hupd.d/web.conf")" = 640 ]
	grep -q "^600 $TMPDIR/hupctl\..*/web.conf$" "$T/seen"
	grep -q "^700 $TMPDIR/hupctl\." "$T/seen"
	[ "$(identity db)" = "$db" ]
	no_copy
	[ "$(folder)" = $'db.conf\nweb.conf' ]
	editor 'echo "stop-timeout = 3s" >>"$1"'
	VISUAL=$T/editor EDITOR=false run -0 ctl -j edit web
	[[ $output = *'"adjusted":1'* ]]
	editor true
	run -0 ctl edit web
	[ "$output" = 'not changed' ]
	no_copy
}

@test "edit changes nothing if the text is rejected, and keeps the text" {
	sleeper web
	sleeper other
	hupd_start
	before=$(identity web; cat "$T/hupd.d/web.conf")
	editor 'echo "nice = high" >>"$1"'
	run -6 ctl edit web
	[[ $output = *"$T/hupd.d/web.conf:2: nice: "*"your text is in $TMPDIR/"* ]]
	grep -qx 'nice = high' "$TMPDIR"/hupctl.*/web.conf
	rm -r "${TMPDIR:?}"/*
	# Another file has changed, too.
	change other 'nice = 1'
	editor 'echo "nice = 1" >>"$1"'
	run -1 ctl edit web
	[[ $output = *'(other)'*--all* ]]
	[ "$(identity web; cat "$T/hupd.d/web.conf")" = "$before" ]
	rm -r "${TMPDIR:?}"/*
	run -0 ctl edit --all web
	[[ $output = *'~ other'* && $output = *'~ web'* ]]
	EDITOR=false run -1 ctl edit web
	[[ $output = *"the editor 'false' failed: nothing was changed" ]]
	EDITOR=/no/such/editor run -1 ctl edit web
	no_copy
	run -1 ctl edit nobody
	[[ $output = *"nobody.conf: No such file"* ]]
	run -2 ctl edit ../web
	hupd_stop
	run -7 ctl edit web
	no_copy
}

@test "edit notices that somebody else has changed the file" {
	sleeper web
	hupd_start
	editor "echo 'nice = 1' >>$T/hupd.d/web.conf" \
	    'echo "nice = 2" >>"$1"'
	run -1 ctl edit web
	[[ $output = *"$T/hupd.d/web.conf was changed by somebody else meanwhile"* ]]
	[[ $output = *"your text is in $TMPDIR/"* ]]
	grep -qx 'nice = 1' "$T/hupd.d/web.conf"
	grep -qx 'nice = 2' "$TMPDIR"/hupctl.*/web.conf
	[ "$(folder)" = web.conf ]
}

@test "edit of an instance means its template, and a link stays one" {
	program app@ <<<'command = sleep 1000'
	ln -s app@.conf "$T/hupd.d/app@1.conf"
	ln -s app@.conf "$T/hupd.d/app@2.conf"
	(umask 022 && mkdir "$T/else" &&
	    echo 'command = sleep 1000' >"$T/else/web.conf")
	ln -s "$T/else/web.conf" "$T/hupd.d/web.conf"
	hupd_start
	editor 'echo "nice = 1" >>"$1"'
	run -0 ctl edit app@1
	[[ $output = *"app@1 is defined by the template $T/hupd.d/app@.conf"* ]]
	[[ $output = *'~ app@1 '* && $output = *'~ app@2 '* ]]
	[ -L "$T/hupd.d/app@1.conf" ]
	run -0 ctl edit web
	[ -L "$T/hupd.d/web.conf" ]
	grep -q 'nice = 1' "$T/else/web.conf"
}

@test "on a terminal edit shows the plan and asks" {
	needs_terminal
	sleeper web
	hupd_start
	# The first text is wrong, the second is not.
	editor 'grep -q "nice = x" "$1" && sed -i "s/x/1/" "$1" && exit' \
	    'echo "nice = x" >>"$1"'
	on_terminal 80 24 <<-E
	TMPDIR=$TMPDIR EDITOR=$EDITOR hupctl edit web
	TMPDIR=$TMPDIR EDITOR=$EDITOR hupctl edit web
	E
	wait_for 30 shows '^(e)dit again, (d)iscard, (k)eep the text:'
	press e Enter
	wait_for 30 shows '^apply this? (y)es, (e)dit again, (d)iscard:'
	shows '^  ~ web      restarted: nice changed'
	run ! grep -q nice "$T/hupd.d/web.conf"
	press y Enter
	wait_for 30 grep -qx 'nice = 1' "$T/hupd.d/web.conf"
	# The other text is discarded.
	wait_for 30 shows '^(e)dit again, (d)iscard, (k)eep the text: *$'
	press d Enter
	wait_for 30 test -e "$T/ended"
	no_copy
}

@test "disable keeps a program from starting with hupd, enable undoes it" {
	sleeper web
	sleeper db
	hupd_start
	pid=$(pid_of web)
	run -0 ctl disable web
	[[ $output = *'= web      adjusted: autostart changed'* ]]
	[[ $output = *"web still runs; 'hupctl stop web' stops it" ]]
	[ "$(pid_of web)" = "$pid" ]
	[ "$(folder)" = $'db.conf\nweb.conf\nweb.disabled' ]
	ctl status | grep -x 'files on disk: as running'
	run -0 ctl disable web
	[[ $output = 'nothing to do: disabled already'* ]]
	# It stays so with another text, and after a crash of the daemon.
	change web 'stop-timeout = 3s'
	ctl reload
	run -0 ctl check
	[ "$output" = 'plan: 2 unchanged' ]
	kill -9 "$(hupd_pid)"
	wait_for 10 hupd_answers
	run -0 ctl check
	[ "$output" = 'plan: 2 unchanged' ]
	hupd_stop
	hupd_start
	wait_for 5 is_state db up
	is_state web down
	run -3 ctl status web
	[[ $output = *'not started: autostart = no'* ]]
	ctl -j status web | grep -q '"autostart":false'
	run -0 ctl enable 'w*' db
	[[ $output = *"web was not started; 'hupctl start web' starts it" ]]
	[ "$(folder)" = $'db.conf\nweb.conf' ]
	hupd_stop
	hupd_start
	wait_for 5 is_state web up
	run -0 ctl enable web
	[ "$output" = 'nothing to do: not disabled' ]
	change web 'autostart = no'
	ctl reload
	run -1 ctl enable web
	[[ $output = *"web: autostart = no in its own file"* ]]
	run -1 ctl disable nobody
	[[ $output = *"nobody.conf: No such file"* ]]
}

@test "a rejected disable is undone, and remove takes the mark along" {
	sleeper web
	hupd_start
	ctl disable web
	program bad <<<'nonsense = 1'
	run -6 ctl enable web
	[ -e "$T/hupd.d/web.disabled" ]
	rm "$T/hupd.d/bad.conf"
	run -0 ctl remove web
	[ -z "$(folder)" ]
	touch "$T/hupd.d/nap.disabled"
	run -0 ctl add nap -- sleep 1000
	[[ $output = *"nap is disabled by $T/hupd.d/nap.disabled"* ]]
	is_state nap down
}

@test "an instance is disabled alone" {
	program app@ <<<'command = sleep 1000'
	ln -s app@.conf "$T/hupd.d/app@1.conf"
	program app@2 </dev/null
	hupd_start
	run -0 ctl disable app@1
	hupd_stop
	hupd_start
	wait_for 5 is_state app@2 up
	is_state app@1 down
}

@test "only who may write to the folder can edit, enable and disable" {
	needs_root
	setting 'access-group = nogroup'
	sleeper web
	hupd_start
	chmod 755 "$T/run"
	chmod 777 "$TMPDIR"
	member() {
		setpriv --reuid=nobody --regid="$(id -g nobody)" --groups \
		    "$(getent group nogroup | cut -d: -f3)" -- \
		    "$HUPCTL" -s "$T/run/hupd.sock" "$@"
	}
	editor 'echo "nice = 1" >>"$1"'
	run -4 member disable web
	run -4 member edit web
	[ "$(folder)" = web.conf ]
	run ! grep -q nice "$T/hupd.d/web.conf"
}
