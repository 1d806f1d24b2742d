#!/usr/bin/env bats
# A rejected reload changes nothing; a program that does not become ready gets its
# previous definition back; an accepted configuration is kept.

load helper

# broken NAME [LINE ...]: one that ends before it is ready.
broken() {
	local name=$1
	shift
	{
		echo "command = sh -c 'echo no luck; exit 7'"
		echo 'ready = fd:3'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program "$name"
}

# The lines of "hupctl status" about the files and the last rejection.
config_lines() {
	ctl status | sed '1,/^$/d'
}

differs() {
	[ "$(ctl -j status | python3 -c 'import json, sys
print(json.load(sys.stdin)["config"]["differs"])')" = "$1" ]
}

# rejected REGEX: a reload is, with such a line on the terminal, in the event
# log and in the status; web and what runs are untouched.
rejected() {
	local before
	before=$(identity web)
	run ctl reload
	[ "$status" -eq 6 ] || return
	grep -qe "$1" <<<"$output" || return
	wait_for 5 logged "$1" || return
	ctl status | grep -qe "$1" || return
	[ "$(identity web)" = "$before" ] || return
	[ -z "$(state_of new)" ]
}

@test "each rejection says why, everywhere, and touches nothing" {
	local d=$T/hupd.d
	sleeper web
	hupd_start
	# Would be added by each of these reloads, were it not rejected.
	sleeper new
	change web 'nice = 1'

	program bad <<<'comand = sleep 1'
	rejected "^.*$d/bad.conf:1: comand: .*did you mean .*command"
	program bad <<<'command = sleep 1'
	change bad 'nice = much'
	rejected "$d/bad.conf:2: nice: "
	change bad 'nice = 1'
	echo 'nice = 2' >>"$d/bad.conf"
	rejected "$d/bad.conf:3: nice: "
	program bad <<<'nice = 1'
	rejected "$d/bad.conf.*: command: "
	program bad <<<'command = sleep 1'
	change bad 'user = no-such-user'
	rejected "$d/bad.conf:2: user: .*no-such-user"
	program bad <<<'command = sleep 1'
	change bad 'depends-on = nobody'
	rejected "$d/bad.conf:2: depends-on: .*nobody"
	program bad <<<'command = sleep 1'
	change bad 'depends-on = bad'
	rejected "$d/bad.conf:2: depends-on: "
	printf 'command = sleep \001\n' >"$d/bad.conf"
	echo 'command = "sleep' >"$d/bad.conf"
	rejected "$d/bad.conf:1: command: "
	program bad <<<'command = sleep 1'
	chmod 666 "$d/bad.conf"
	rejected "$d/bad.conf: "
	rm "$d/bad.conf"
	program 'a b' <<<'command = sleep 1'
	rejected "$d/a b.conf: "
	rm "$d/a b.conf"
	program hupd <<<'command = sleep 1'
	rejected "$d/hupd.conf: .*reserved"
	rm "$d/hupd.conf"
	ln -s /dev/zero "$d/bad.conf"
	rejected "$d/bad.conf: "
	rm "$d/bad.conf"
	head -c 70000 /dev/zero | tr '\0' '#' >"$d/bad.conf"
	rejected "$d/bad.conf: "
	rm "$d/bad.conf"
	chmod 777 "$d"
	rejected "$d: "
	chmod 755 "$d"
	echo 'log-dirr = /tmp' >>"$T/hupd.conf"
	rejected "$T/hupd.conf:[0-9]*: log-dirr: .*log-dir"
	sed -i /log-dirr/d "$T/hupd.conf"

	run -0 ctl reload
	is_state new up
	run ctl status
	[[ $output != *rejected* ]]
}

@test "all that is wrong is reported, not only the first" {
	local i
	sleeper web
	hupd_start
	for i in 1 2 3; do
		program "bad$i" <<-E
		command = sleep 1
		nice = x
		nonsense = 1
		E
	done
	run -6 ctl reload
	for i in 1 2 3; do
		[[ $output = *"$T/hupd.d/bad$i.conf:2: nice: "* ]]
		[[ $output = *"$T/hupd.d/bad$i.conf:3: nonsense: "* ]]
	done
	[ "$(ctl status | grep -c "$T/hupd.d/bad")" -eq 6 ]
	wait_for 5 logged 'bad3.conf:3: nonsense'
	[[ $output = *'nothing was changed'* ]]
}

@test "the status says whether the files differ from the running configuration" {
	sleeper web
	hupd_start
	differs no
	change web 'nice = 1'
	differs yes
	change web 'nice = x'
	differs rejected
	run -6 ctl reload
	sed -i /nice/d "$T/hupd.d/web.conf"
	differs no
	# Until the next good one, the rejection is remembered.
	ctl status | grep -q 'web.conf:2: nice'
	ctl reload
	run ctl status
	[[ $output != *'web.conf:2'* ]]
}

@test "a definition that ends too early gives way to the previous one" {
	ready web 'env = N=1'
	sleeper other
	hupd_start
	wait_for 5 is_state web up
	cp "$T/hupd.d/web.conf" "$T/good"
	broken web 'env = N=2'
	run -1 ctl reload
	[[ ${lines[0]} = 'generation 2: 1 restarted, 1 unchanged' ]]
	[[ $output = *'! web '*'exited, status 7'* ]]
	[[ $output = *'! web '*'previous definition restored'* ]]
	wait_for 5 logged 'web .*previous definition restored'
	is_state web up
	tr '\0' '\n' <"/proc/$(pid_of web)/environ" | grep -qx N=1
	# The accepted configuration has what runs; the files have not.
	grep -qx 'env = N=1' "$T/state/accepted"
	differs yes
	# The next reload tries again, and a repaired one succeeds.
	run -1 ctl reload
	[[ $output = *'previous definition restored'* ]]
	is_state web up
	cp "$T/good" "$T/hupd.d/web.conf"
	differs no
	run -0 ctl reload
	[[ ${lines[0]} = *'nothing changed, 2 unchanged' ]]
}

@test "a definition that is not ready in time gives way" {
	ready web
	hupd_start
	wait_for 5 is_state web up
	program web <<-'E'
	command = sleep 1001
	ready = fd:3
	start-timeout = 200ms
	E
	run -1 ctl reload
	[[ $output = *'! web '*'not ready in time'* ]]
	[[ $output = *'previous definition restored'* ]]
	is_state web up
}

@test "a definition that cannot be executed gives way" {
	no_valgrind 'its execve(2) succeeds where the kernel fails'
	local d
	sleeper web
	hupd_start
	echo '#!/bin/sh' >"$T/script"
	chmod 755 "$T/script"
	change web "command = $T/script"
	chmod 644 "$T/script"
	run ctl reload
	[ "$status" -eq 1 ] || [ "$status" -eq 6 ]
	is_state web up
	# Found when it is checked, gone when it is started.
	printf '#!/no/such/shell\n' >"$T/script"
	chmod 755 "$T/script"
	run -1 ctl reload
	[[ $output = *'does not exist'* ]]
	[[ $output = *'previous definition restored'* ]]
	is_state web up
	[ "$(tr '\0' ' ' <"/proc/$(pid_of web)/cmdline")" = 'sleep 1000 ' ]
}

@test "without reload-rollback the changed definition stays" {
	setting 'reload-rollback = no'
	ready web
	hupd_start
	wait_for 5 is_state web up
	broken web 'restart = never'
	run -1 ctl reload
	[[ $output = *'! web '*'exited, status 7'* ]]
	[[ $output != *restored* ]]
	is_state web failed
	differs no
	grep -q 'no luck' "$T/state/accepted"
}

@test "reload-rollback of the same reload counts" {
	ready web
	hupd_start
	wait_for 5 is_state web up
	broken web 'restart = never'
	setting 'reload-rollback = no'
	run -1 ctl reload
	[[ $output != *restored* ]]
	is_state web failed
}

@test "a program may say no to its rollback, or yes against hupd.conf" {
	ready web
	ready other
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 is_state other up
	setting 'reload-rollback = no'
	broken web 'restart = never'
	broken other 'restart = never' 'reload-rollback = yes'
	run -1 ctl reload
	[[ $output = *'! other '*'previous definition restored'* ]]
	[[ $output != *'! web '*restored* ]]
	is_state web failed
	is_state other up
}

@test "one program's rollback leaves the other changes applied" {
	ready web
	ready other
	sleeper db
	sleeper old
	hupd_start
	wait_for 5 is_state other up
	broken web
	change other 'env = N=2'
	change db 'stop-timeout = 1s'
	rm "$T/hupd.d/old.conf"
	sleeper new
	run -1 ctl reload
	[[ ${lines[0]} = *'1 added, 1 removed, 2 restarted, 1 adjusted'* ]]
	[ "$(grep -c 'previous definition restored' <<<"$output")" -eq 1 ]
	is_state new up
	is_state web up
	[ -z "$(state_of old)" ]
	tr '\0' '\n' <"/proc/$(pid_of other)/environ" | grep -qx N=2
	grep -qx 'stop-timeout = 1s' "$T/state/accepted"
	grep -qx 'env = N=2' "$T/state/accepted"
	run ! grep -q 'no luck' "$T/state/accepted"
}

@test "only what was up before is given back" {
	broken web 'restart = never'
	hupd_start
	wait_for 5 is_state web failed
	change web 'nice = 1'
	broken new 'restart = never'
	run -1 ctl reload
	[[ $output != *restored* ]]
	[ "$(grep -c 'exited, status 7' <<<"$output")" -eq 2 ]
	differs no
}

@test "when the previous definition fails as well, that is said" {
	ready web "directory = $T/here" 'restart = never'
	mkdir -m 755 "$T/here"
	hupd_start
	wait_for 5 is_state web up
	broken web 'restart = never'
	rmdir "$T/here"
	run -1 ctl reload
	[[ $output = *'! web '*'exited, status 7'* ]]
	[[ $output = *'not ready either'* ]]
	is_state web failed
	differs yes
	mkdir -m 755 "$T/here"
	ready web
	run -0 ctl reload
	is_state web up
}

@test "a previous definition that needs what was removed is not given back" {
	ready db
	ready web 'depends-on = db'
	hupd_start
	wait_for 5 is_state web up
	broken web 'restart = never'
	rm "$T/hupd.d/db.conf"
	run -1 ctl reload
	[[ $output = *'exited, status 7'* ]]
	[[ $output != *restored* ]]
	wait_for 5 logged 'does not fit'
	is_state web failed
	[ -z "$(state_of db)" ]
	differs no
	# The accepted configuration can be read again.
	"$HUPD" -n -f "$T/state/accepted"
}

@test "a previous definition that would close a circle is not given back" {
	ready a 'depends-on = b'
	ready b
	hupd_start
	wait_for 5 is_state a up
	broken a 'restart = never'
	ready b 'depends-on = a' 'nice = 1'
	run -1 ctl reload
	is_state a failed
	ready a
	run -0 ctl reload
	ctl start b
	is_state b up
}

@test "those that wait for a program see its rollback" {
	ready db
	hupd_start
	wait_for 5 is_state db up
	broken db
	ready app 'depends-on = db'
	run -1 ctl reload
	[[ $output = *'! db '* ]]
	[[ $output != *'! app '* ]]
	is_state db up
	is_state app up
}

@test "a stop meanwhile is not undone by a rollback" {
	ready web
	hupd_start
	wait_for 5 is_state web up
	program web <<-'E'
	command = sleep 1001
	ready = fd:3
	E
	ctl reload >"$T/out" 2>&1 &
	pid=$!
	new() {
		is_state web starting
	}
	wait_for 5 new
	ctl stop web
	ended_badly "$pid"
	is_state web down
	differs no
}

@test "the daemon ends in order during a rollback" {
	# The previous one does not become ready either, and does not end.
	program web <<-E
	command = sh -c 'if [ -e $T/hang ]; then sleep 1000; fi; echo >&3; \
	exec sleep 1000'
	ready = fd:3
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	touch "$T/hang"
	broken web
	ctl reload >/dev/null 2>&1 &
	pid=$!
	wait_for 5 logged 'its previous definition returns'
	hupd_stop
	ended_badly "$pid"
}

@test "what was accepted is private, and parses to itself" {
	sleeper web
	ready db 'env = A="b c"' 'rlimit-msgqueue = 100:200'
	change web 'depends-on = db'
	hupd_start
	[ "$(stat -c %a "$T/state/accepted")" = 600 ]
	[ ! -e "$T/state/accepted.new" ]
	run -0 "$HUPD" -nv -f "$T/state/accepted"
	diff <(echo "$output") <(grep -v '^#:' "$T/state/accepted")
	change web 'nice = 1'
	ctl reload
	grep -qx 'nice = 1' "$T/state/accepted"
	[ "$(stat -c %a "$T/state/accepted")" = 600 ]
	# A rejected one leaves it as it was.
	cp "$T/state/accepted" "$T/copy"
	change web 'nice = x'
	run -6 ctl reload
	cmp "$T/copy" "$T/state/accepted"
}

@test "a start with rejected files uses what was accepted" {
	sleeper web
	hupd_start
	ctl reload
	hupd_stop
	change web 'nice = x'
	sleeper new
	run -0 hupd_start
	[[ $output = *"$T/hupd.d/web.conf:2: nice: "* ]]
	[[ $output = *accepted* ]]
	wait_for 5 is_state web up
	[ -z "$(state_of new)" ]
	wait_for 5 logged 'web.conf:2: nice'
	ctl status | grep -q 'web.conf:2: nice'
	ctl status | grep -q accepted
	# The rejection and the difference both last.
	hupd_stop
	run -0 hupd_start
	wait_for 5 is_state web up
	before=$(identity web)
	run -6 ctl reload
	# Once the files are right a reload is as any other.
	sed -i /nice/d "$T/hupd.d/web.conf"
	run -0 ctl reload
	[[ ${lines[0]} = *': 1 added, 1 unchanged' ]]
	[ "$(identity web)" = "$before" ]
	is_state new up
	run ctl status
	[[ $output != *'last accepted'* ]]
	[[ $output != *rejected* ]]
}

@test "--strict and a first start take nothing older" {
	sleeper web
	change web 'nice = x'
	run -6 hupd_start
	[[ $output = *"$T/hupd.d/web.conf:2: nice: "* ]]
	sed -i /nice/d "$T/hupd.d/web.conf"
	hupd_start
	hupd_stop
	change web 'nice = x'
	run -6 hupd_start --strict
	[[ $output = *"$T/hupd.d/web.conf:2: nice: "* ]]
	run hupd_answers
	[ "$status" -ne 0 ]
}

@test "what was accepted and cannot be kept is reported, and nothing more" {
	needs_root
	sleeper web
	hupd_start
	chattr +i "$T/state" 2>/dev/null || skip "needs chattr"
	change web 'nice = 1'
	run ctl reload
	chattr -i "$T/state"
	[ "$status" -eq 0 ]
	wait_for 5 logged 'accepted: the accepted configuration cannot be kept'
	is_state web up
}
