#!/usr/bin/env bats
# hupctl: exit statuses, JSON, and logs without a missing line.

load helper

# Which lines come from 0 to N - 1.
counted() {
	seq 0 $(($1 - 1)) | sed 's/^/line /'
}

# A program that prints N lines into small files, and stays.
counter() {
	program "$1" <<-E
	command = sh -c 'seq 0 $(($2 - 1)) | sed "s/^/line /"; exec sleep 1000'
	log-timestamps = no
	log-size = 4K
	log-keep = 1000
	E
}

@test "wrong usage is answered with the correct usage, and exit status 2" {
	run "$HUPCTL"
	[ "$status" -eq 2 ]
	[[ $output = usage:* ]]
	run "$HUPCTL" sttus
	[ "$status" -eq 2 ]
	[[ $output = *"did you mean 'status'?"* ]]
	run "$HUPCTL" start
	[ "$status" -eq 2 ]
	[[ $output = "usage: hupctl start "* ]]
	run "$HUPCTL" status -f
	[ "$status" -eq 2 ]
	run "$HUPCTL" start -a web
	[ "$status" -eq 2 ]
	run "$HUPCTL" status ../web
	[ "$status" -eq 2 ]
	run "$HUPCTL" log -n x web
	[ "$status" -eq 2 ]
	run "$HUPCTL" help
	[ "$status" -eq 0 ]
	run "$HUPCTL" -V
	[ "$status" -eq 0 ]
}

@test "without a daemon the exit status is 7" {
	run ctl ping
	[ "$status" -eq 7 ]
	[ "$output" = "hupctl: hupd is not running ($T/run/hupd.sock)" ]
	run ctl reload
	[ "$status" -eq 7 ]
	ctl -j status 2>/dev/null | is_json 'd["status"] == 7 and d["error"]'
}

@test "the daemon is found through its configuration file" {
	hupd_start
	hupd_env "$HUPCTL" -f "$T/hupd.conf" ping
}

@test "status of one program shows all details" {
	sleeper db
	program web <<-'E'
	command = sh -c 'seq 9; exec sleep 1000'
	depends-on = db
	log-timestamps = no
	E
	sleeper web.x
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 lines "$T/log/web.log" 9
	for n in 1 2 3; do
		ctl restart web web.x
	done
	wait_for 5 lines "$T/log/web.log" 36
	wait_for 5 logged "web: starting -> up (executed): pid $(pid_of web)\$"
	run -0 ctl status web
	[[ $output = *"  needs     db (up)
  command   sh -c 'seq 9; exec sleep 1000'
  file      $T/hupd.d/web.conf
  log       $T/log/web.log"* ]]
	sed -n '/^last events:/,/^$/p' <<<"$output" >"$T/events"
	lines "$T/events" 7
	[ "$(grep -c '^  20.* web: ' "$T/events")" -eq 5 ]
	sed -n 6p "$T/events" | grep -q 'web: starting -> up (executed): pid'
	[ "$(tail -n 6 <<<"$output")" = "last lines of its log:
  5
  6
  7
  8
  9" ]
	ctl -j status web | is_json 'd["programs"][0]["needs"] ==
	    [{"name": "db", "state": "up", "ready": True}] and
	    d["programs"][0]["command"][:2] == ["sh", "-c"]'
	# With several names, each is one row.
	run -0 ctl status web db
	[[ $output != *last* ]]
}

@test "status shows why a program does not run" {
	sleeper web
	program idle <<-E
	command = sleep 1000
	autostart = no
	E
	hupd_start
	wait_for 5 is_state web up
	ctl stop web
	run -3 ctl status web
	[[ $output = *"  reason    stopped on request"* ]]
	run -3 ctl status idle
	[[ $output = *"  reason    not started: autostart = no"* ]]
	# All of it fits on a terminal.
	run -0 ctl status
	[[ $output = *$'\n''files on disk: as running' ]]
	run -1 grep -E '.{81}' <<<"$output"
}

@test "status is 3 unless every named program is up or done" {
	sleeper web
	program once <<-E
	command = true
	restart = never
	E
	hupd_start
	wait_for 5 is_state once 'done'
	ctl status
	ctl status web
	run -0 ctl status web once
	ctl stop web
	run -3 ctl status web once
	run ctl status nobody
	[ "$status" -eq 3 ]
	[[ $output = *nobody* ]]
}

@test "acting commands wait for the result and print it" {
	sleeper web
	program bad <<-E
	command = sh -c 'echo last words; exit 3'
	restart = never
	autostart = no
	ready = notify
	E
	hupd_start
	run ctl stop web
	[ "$status" -eq 0 ]
	[ "$output" = "web: down" ]
	is_state web down
	run ctl start web
	[ "$status" -eq 0 ]
	[[ $output = "web: up (pid "*")" ]]
	run ctl start bad
	[ "$status" -eq 1 ]
	[[ $output = "bad: failed: exited, status 3"*"last words"* ]]
	ctl -j stop -a | is_json \
	    '[r["ok"] for r in d["results"]] == [True, True]'
}

@test "what prints data prints JSON" {
	sleeper web
	hupd_start
	ctl -j ping | is_json 'd["ok"] and d["pid"] > 1'
	ctl -j version | is_json 'd["hupd"] == d["hupctl"]'
	ctl -j status | is_json 'd["programs"][0]["name"] == "web" and
	    d["programs"][0]["exit"] is None and d["config"]["differs"] == "no"'
	ctl -j reload | is_json 'd["status"] == 0 and d["unchanged"] == 1'
	ctl -j reopen | is_json 'd["ok"]'
	ctl -j signal CONT web | is_json 'd["ok"]'
	wait_for 5 logged .
	ctl -j log hupd | tail -n 1 | is_json '"line" in d'
	hupd_env "$HUPCTL" -j -f "$T/hupd.conf" check |
	    is_json 'd["valid"] and d["running"]'
	sleeper 'a b'
	hupd_env "$HUPCTL" -j -f "$T/hupd.conf" check 2>/dev/null |
	    is_json 'not d["valid"] and d["errors"][0]["file"]'
}

@test "check shows what reload then does" {
	sleeper web
	sleeper old
	hupd_start
	rm "$T/hupd.d/old.conf"
	echo 'nice = 5' >>"$T/hupd.d/web.conf"
	sleeper new
	run hupd_env "$HUPCTL" -f "$T/hupd.conf" check
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "plan: 1 added, 1 removed, 1 restarted" ]
	changes=$(printf '%s\n' "${lines[@]:1}")
	run ctl reload
	[ "$status" -eq 0 ]
	[[ ${lines[0]} = "generation 2: 1 added, 1 removed, 1 restarted"* ]]
	[ "$(printf '%s\n' "${lines[@]:1}")" = "$changes" ]
}

@test "check takes a file for the program of its name" {
	sleeper web
	hupd_start
	mkdir "$T/new"
	printf 'command = sleep 1000\nstop-timeout = 3s\n' >"$T/new/web.conf"
	chmod 644 "$T/new/web.conf"
	run hupd_env "$HUPCTL" -f "$T/hupd.conf" check "$T/new/web.conf"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "plan: 1 adjusted" ]
	echo 'comand = x' >>"$T/new/web.conf"
	run hupd_env "$HUPCTL" -f "$T/hupd.conf" check "$T/new/web.conf"
	[ "$status" -eq 6 ]
	[[ $output = "$T/new/web.conf:3: comand: "*"did you mean command"* ]]
}

@test "log shows the last lines, from rotated files as well" {
	counter web 5000
	hupd_start
	wait_for 5 printed web 'line 4999'
	[ -e "$T/log/web.log.2" ]
	ctl log -n 5000 web | cmp - <(counted 5000)
	ctl log web | cmp - <(counted 5000 | tail -n 10)
	[ -z "$(ctl log -n 0 web)" ]
}

@test "log -f misses nothing: rotations, a restart of the daemon" {
	hupd_start
	counter web 20000
	touch "$T/log/web.log"
	env TEST_MARK="$MARK" "$HUPCTL" -f "$T/hupd.conf" \
	    log -f -n 0 web >"$T/followed" 3>&- &
	follower=$!
	wait_for 10 eval "find /proc/$follower/fd -lname '*/web.log' | grep -q ."
	ctl reload
	wait_for 10 lines "$T/followed" 20000
	hupd_stop
	hupd_start
	wait_for 10 lines "$T/followed" 40000
	cmp "$T/followed" <(counted 20000 && counted 20000)
	kill "$follower"
	wait_for 5 gone "$follower"
}

@test "log -f ends when nobody reads it any more" {
	sleeper web
	hupd_start
	(hupd_env "$HUPCTL" -f "$T/hupd.conf" log -f hupd || echo $?) \
	    2>/dev/null > >(head -n 1 >"$T/first") &
	follower=$!
	wait_for 5 test -s "$T/first"
	wait_for 5 gone "$follower"
}

# shown NAME [VARIABLE=VALUE ...]: what 'hupctl log NAME' prints on a terminal.
shown() {
	local name=$1
	shift
	env "$@" script -qec "'$HUPCTL' -f '$T/hupd.conf' log $name" \
	    /dev/null </dev/null
}

@test "a program's output cannot control the terminal, but has its colours" {
	needs_commands script
	printf '%b' '\033[1;31mred\033[0m\n\033[32mgreen\n' \
	    '\033[2J\033]0;title\007\033[?1049h\302\2331m\rover\n' >"$T/wild"
	program web <<<"command = sh -c 'cat $T/wild; exec sleep 1000'"
	hupd_start
	wait_for 5 printed web over
	shown web -u TERM -u NO_COLOR >"$T/shown"
	grep -qF $'\033[1;31mred\033[0m' "$T/shown"
	# A colour that is not switched off ends with its line.
	grep -qF $'\033[32mgreen\033[0m' "$T/shown"
	grep -qF '\033[2J\033]0;title\007\033[?1049h\302\2331m\015over' \
	    "$T/shown"
	for wish in TERM=dumb NO_COLOR=1; do
		shown web TERM=xterm "$wish" >"$T/shown"
		grep -qF '\033[1;31mred' "$T/shown"
	done
	# Elsewhere the bytes are printed as they are.
	ctl log web | grep -qF $'\033[1;31mred'
	ctl log web | grep -qF $'\033[2J'
}

@test "the log of a program that has printed nothing: nothing yet" {
	sleeper web
	program quiet <<-'E'
	command = sleep 1000
	log = none
	E
	hupd_start
	run -0 --separate-stderr ctl log web
	[ -z "$output" ]
	[ "$stderr" = 'hupctl: web: nothing yet' ]
	run -0 --separate-stderr ctl log -n 5 -j web
	[ -z "$output" ]
	# An empty file is no more.
	touch "$T/log/web.log"
	run -0 --separate-stderr ctl log web
	[ "$stderr" = 'hupctl: web: nothing yet' ]
	run -1 ctl log nosuch
	[[ $output = *'no program nosuch'* ]]
	run -1 ctl log quiet
	[[ $output = *"quiet has no log file"* ]]
	# The same without a daemon.
	rm "$T/log/web.log"
	hupd_stop
	run -0 --separate-stderr "$HUPCTL" -f "$T/hupd.conf" log web
	[ "$stderr" = 'hupctl: web: nothing yet' ]
	run -1 "$HUPCTL" -f "$T/hupd.conf" log nosuch
	[[ $output = *'no program nosuch'* ]]
}

@test "colours are for terminals, and not with NO_COLOR" {
	sleeper web
	hupd_start
	printf '#!/bin/sh\nexec "%s" -s "%s" status\n' "$HUPCTL" \
	    "$T/run/hupd.sock" >"$T/show"
	chmod 755 "$T/show"
	TERM=xterm NO_COLOR='' script -qec "$T/show" /dev/null </dev/null |
	    grep -qF $'\033[32mup'
	for wish in TERM=dumb NO_COLOR=1; do
		run env TERM=xterm "$wish" script -qec "$T/show" /dev/null \
		    </dev/null
		[ "$status" -eq 0 ]
		[[ $output != *$'\033'* ]]
	done
	run ctl status
	[[ $output != *$'\033'* ]]
}
