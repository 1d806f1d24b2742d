#!/usr/bin/env bats
# Templates, NAME@.conf, and their instances, which are a link to it or an
# empty file.

load helper

setup() {
	hupd_setup
	program web@ <<-'E'
	command = sh -c 'echo "instance $HUPD_INSTANCE of $HUPD_PROGRAM"; exec sleep 1000'
	log-timestamps = no
	E
	ln -s web@.conf "$T/hupd.d/web@a.conf"
	program web@b </dev/null
}

# matches COUNT REGEX: COUNT lines of the last output match REGEX.
matches() {
	[ "$(grep -c -e "$2" <<<"$output")" -eq "$1" ]
}

@test "instances run with their names, the template itself does not" {
	program web@own <<-'E'
	command = sh -c 'echo "own $HUPD_INSTANCE"; exec sleep 1000'
	E
	# Sorted before the template's own file.
	ln -s web@.conf "$T/hupd.d/web@-x.conf"
	program plain <<-'E'
	command = sh -c 'echo "plain${HUPD_INSTANCE-}."; exec sleep 1000'
	E
	HUPD_INSTANCE=outer hupd_start
	wait_for 5 printed web@a '^instance a of web@a$'
	wait_for 5 printed web@b '^instance b of web@b$'
	wait_for 5 printed web@-x '^instance -x of web@-x$'
	wait_for 5 printed web@own 'own own$'
	wait_for 5 printed plain 'plain\.$'
	run ! ctl status web@
	run -0 ctl status web@a
	[[ $output = *"$T/hupd.d/web@.conf"* ]]
	run -0 ctl status web@own
	[[ $output = *"$T/hupd.d/web@own.conf"* ]]
}

@test "a change of the template is a change of every instance, and of no other" {
	program web@own <<-E
	command = sleep 1000
	E
	hupd_start
	wait_for 5 is_state web@b up
	own=$(pid_of web@own)
	run -0 ctl reload
	[[ $output = *'nothing changed, 3 unchanged'* ]]
	sed -i 's/instance/other/' "$T/hupd.d/web@.conf"
	run -0 ctl reload
	[[ $output = *'2 restarted, 1 unchanged'* ]]
	wait_for 5 printed web@a '^other a of'
	wait_for 5 printed web@b '^other b of'
	[ "$(pid_of web@own)" = "$own" ]
	# One instance gets a definition of its own, and gives it up again.
	echo 'command = sleep 2000' >"$T/hupd.d/web@b.conf"
	run -0 ctl reload
	[[ $output = *'~ web@b'*'restarted: command, log-timestamps changed'* ]]
	: >"$T/hupd.d/web@b.conf"
	run -0 ctl reload
	[[ $output = *'1 restarted, 2 unchanged'* ]]
	rm "$T/hupd.d/web@a.conf"
	run -0 ctl reload
	[[ $output = *'- web@a'*'removed'* ]]
}

@test "paths have the names of their instance" {
	program srv@ <<-E
	command = sh -c 'echo "in \$PWD, \$A"; exec sleep 1000'
	directory = $T/srv/\${HUPD_INSTANCE}
	env-file = $T/srv/\${HUPD_PROGRAM}.env
	log-timestamps = no
	E
	ln -s srv@.conf "$T/hupd.d/srv@one.conf"
	mkdir -p "$T/srv/one"
	echo A=first >"$T/srv/srv@one.env"
	hupd_start
	wait_for 5 printed srv@one "^in $T/srv/one, first$"
	# The template alone names no file.
	run -0 ctl -f "$T/hupd.conf" check "$T/hupd.d/srv@.conf"
	[[ $output = 'plan: 3 unchanged'* ]]
	grep -q "^directory = $T/srv/one$" "$T/state/accepted"
	ln -s srv@.conf "$T/hupd.d/srv@two.conf"
	run -6 ctl reload
	[[ $output = *"srv@two.env does not exist"* ]]
	rm "$T/hupd.d/srv@two.conf"
	# Other programs have no instance.
	program plain <<-E
	command = sleep 1000
	directory = $T/\${HUPD_INSTANCE}
	E
	run ctl -f "$T/hupd.conf" check "$T/hupd.d/plain.conf"
	[[ $output = *'plain.conf:2: directory: variables are replaced in the instances of a template only'* ]]
}

@test "what is wrong with a template is reported once, at its line" {
	echo 'nice = high' >>"$T/hupd.d/web@.conf"
	run -6 hupd_start -n
	matches 1 'web@.*nice'
	[[ $output = "$T/hupd.d/web@.conf:3: nice:"* ]]
	sed -i 's/^nice.*/depends-on = nobody/' "$T/hupd.d/web@.conf"
	run -6 hupd_start -n
	[ "$output" = "$T/hupd.d/web@.conf:3: depends-on: there is no program nobody" ]
	chmod o+w "$T/hupd.d/web@.conf"
	run -6 hupd_start -n
	[[ $output = "$T/hupd.d/web@.conf: may be written by others"* ]]
	matches 1 .
}

@test "an instance without its template is an error" {
	rm "$T/hupd.d/web@.conf"
	run -6 hupd_start -n
	matches 2 'web@[ab].conf: its template .*/web@.conf does not exist$'
	matches 2 .
}

@test "instances survive re-execution, and stay instances" {
	no_valgrind 'there is no re-execution'
	hupd_start
	wait_for 5 is_state web@a up
	pid=$(pid_of web@a)
	ctl reexec
	[ "$(pid_of web@a)" = "$pid" ]
	run -0 ctl status web@b
	[[ $output = *"$T/hupd.d/web@.conf"* ]]
	run -0 ctl reload
	[[ $output = *'nothing changed, 2 unchanged'* ]]
	# The accepted instances need no files.
	grep -q '^program = web@a$' "$T/state/accepted"
	run -0 hupd_env "$HUPD" -f "$T/state/accepted" -n
}

@test "hupctl checks, removes and adds instances" {
	hupd_start
	wait_for 5 is_state web@b up
	for name in web@ web@a web@b; do
		run -0 ctl -f "$T/hupd.conf" check "$T/hupd.d/$name.conf"
		[[ $output = 'plan: 2 unchanged'* ]]
	done
	# Another template is one of its instances, and of no other.
	program web@b <<<'command = sleep 3000'
	run -0 ctl reload
	mkdir "$T/new"
	echo 'command = sleep 2000' >"$T/new/web@.conf"
	chmod 644 "$T/new/web@.conf"
	run -0 ctl check "$T/new/web@.conf"
	diff <(echo "$output") - <<-E
	plan: 1 restarted, 1 unchanged
	  ~ web@a    restarted: command, log-timestamps changed
	E
	echo 'depends-on = nobody' >>"$T/new/web@.conf"
	run -6 ctl check "$T/new/web@.conf"
	[ "$output" = "$T/new/web@.conf:2: depends-on: there is no program nobody" ]
	# The template is needed.
	run -6 ctl remove web@
	[ -e "$T/hupd.d/web@.conf" ]
	ctl remove web@a
	ctl remove web@b
	[ "$(ls "$T/hupd.d")" = web@.conf ]
	run -0 ctl add web@c
	[[ $output = *'+ web@c '* ]]
	[ "$(readlink "$T/hupd.d/web@c.conf")" = web@.conf ]
	wait_for 5 printed web@c '^instance c of web@c$'
	run -1 ctl add web@c
	[[ $output = *'web@c.conf: File exists' ]]
	ctl remove web@c
	# A setting added to the template, or removed from it, changes nothing.
	run -2 ctl add web@d nice=1
	[[ $output = *'web@d has the settings of its template'* ]]
	run -2 ctl add web@d -- sleep 1000
	[[ $output = *"defined by $T/hupd.d/web@.conf: 'hupctl add web@d'"* ]]
	run -2 ctl add web
	[[ $output = *'the command of web is missing'* ]]
	run -6 ctl add other@d
	[[ $output = "$T/hupd.d/other@d.conf: its template \
$T/hupd.d/other@.conf does not exist"* ]]
	echo 'nice = high' >>"$T/hupd.d/web@.conf"
	run -6 ctl add web@d
	matches 1 'web@.conf:3: nice:'
	[ "$(ls "$T/hupd.d")" = web@.conf ]
	sed -i '$d' "$T/hupd.d/web@.conf"
	run -0 ctl remove web@
	run -0 ctl add web@ -- sleep 1000
	[[ $output = *"web@ is a template, 'hupctl add web@INSTANCE' has one run" ]]
	run -0 ctl remove web@
	# Without a template it is a program like any other.
	ctl add web@c -- sleep 1000
	is_state web@c up
	ctl remove web@c
	[ -z "$(ls "$T/hupd.d")" ]
}

@test "an instance gets all the variables that there are" {
	program full@ <<-E
	command = $HUPD_BUILD/tools/actor notify READY=1 wait
	user = $(id -un)
	ready = notify
	watchdog = 1h
	reload-command = sh -c 'env >$T/env'
	E
	ln -s full@.conf "$T/hupd.d/full@x.conf"
	hupd_start
	wait_for 5 is_state full@x up
	ctl reload full@x
	for name in USER LOGNAME HOME SHELL HUPD_PROGRAM=full@x \
	    HUPD_INSTANCE=x HUPD_RUN NOTIFY_SOCKET WATCHDOG_USEC \
	    "MAINPID=$(pid_of full@x)"; do
		grep -q "^$name" "$T/env"
	done
}
