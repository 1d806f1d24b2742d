#!/usr/bin/env bats
# A daemon that is killed leaves its programs as they are, and the next one
# takes them over.

load helper
load takeover

sleeper() {
	program "$1" <<<'command = sleep 1000'
}

# One program in each state.
every_state() {
	sleeper up
	program waiting <<-E
	command = false
	restart-delay = 1000s
	restart-delay-max = 1000s
	E
	program failed <<-E
	command = sh -c 'exit 3'
	restart = never
	E
	program 'done' <<-E
	command = true
	restart = on-failure
	E
	sleeper down
	program again <<-E
	command = sh -c '[ -e $T/twice ] || { touch $T/twice; kill -9 \$\$; }; exec sleep 1000'
	E
	program blocked <<-E
	command = sleep 1000
	depends-on = failed
	E
	program stopping <<-E
	command = sh -c 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'
	stop-timeout = 15s
	E
	program fd <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo >&3; exec sleep 1000'
	ready = fd:3
	E
	cat >"$T/tell" <<-'E'
	import os, socket, sys, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	tell = lambda text: s.sendto(text, os.environ["NOTIFY_SOCKET"])
	tell(b"STATUS=warming up")
	while not os.path.exists(sys.argv[1]):
	    time.sleep(0.02)
	tell(b"READY=1")
	time.sleep(1000)
	E
	chmod 644 "$T/tell"
	program notify <<-E
	command = python3 $T/tell $T/go
	ready = notify
	E
	chmod 1777 "$T"
	hupd_start
	ctl stop down
	wait_for 5 is_state waiting 'wait'
	wait_for 5 is_state failed failed
	wait_for 5 is_state 'done' 'done'
	wait_for 5 is_state again up
	wait_for 5 printed stopping deaf
}

is_killed() {
	ctl -j status "$1" | grep -q 'killed by SIGKILL'
}

tells_warming_up() {
	ctl -j status notify | grep -q 'warming up'
}

kept() {
	mode "$1"
	every_state
	wait_for 10 tells_warming_up
	ctl stop --no-wait stopping
	wait_for 5 is_state stopping stopping
	snapshot >"$T/before"
	uptime=$(uptime_of up)
	crash
	snapshot | diff "$T/before" -
	[ "$(uptime_of up)" -ge "$uptime" ]
	# And again, for what was taken over is recorded as well.
	crash
	snapshot | diff "$T/before" -
	logged 'the daemon (pid [0-9]*) was killed'
	# What was under way goes on.
	touch "$T/go"
	wait_for 5 is_state fd up
	wait_for 5 is_state notify up
	wait_for 30 is_state stopping down
	is_killed stopping
	# It is supervised as before.
	kill -9 "$(pid_of up)"
	wait_for 5 is_killed up
	wait_for 5 is_state up up
	ctl start down
	ctl restart again
	hupd_stop
	none_left
}

@test "killed: all is as it was (cgroups)" {
	kept cgroup
}

@test "killed: all is as it was (no cgroups)" {
	kept off
}

@test "killed: all is as it was (ordinary user)" {
	kept user
}

# $1: mode.  What a program forked is ended with it, wherever it hides.
leaves_nothing() {
	mode "$1"
	cat >"$T/forks" <<-'E'
	setsid sh -c 'trap "" TERM HUP; sleep 1000 & wait' &
	(setsid sleep 1000 &)
	sleep 1000 &
	echo forked
	exec sleep 1000
	E
	chmod 644 "$T/forks"
	program forks <<<"command = sh $T/forks"
	sleeper other
	hupd_start
	wait_for 5 printed forks forked
	crash
	other=$(pid_of other)
	ctl stop forks
	only_other() {
		[ "$(pgrep -x sleep | while read -r p; do
		    grep -qzsx "HUPD_TEST_MARK=$MARK" "/proc/$p/environ" &&
			echo "$p"; done)" = "$other" ]
	}
	wait_for 5 only_other
	logged 'forks: left [0-9]* processes behind'
}

@test "taken over, a program leaves nothing behind (cgroups)" {
	leaves_nothing cgroup
}

@test "taken over, a program leaves nothing behind (no cgroups)" {
	leaves_nothing off
}

@test "taken over, a program leaves nothing behind (ordinary user)" {
	leaves_nothing user
}

# $1: mode.  The guard is dead too: the next start takes over.
by_hand() {
	mode "$1"
	sleeper web
	sleeper down
	program app <<-E
	command = sleep 1000
	depends-on = web
	E
	hupd_start
	ctl stop down
	wait_for 5 is_state app up
	web=$(pid_of web) app=$(pid_of app)
	crash_for_good
	alive "$web"
	run -7 ctl ping
	# What was changed meanwhile counts, for somebody started it.
	sleeper later
	hupd_start
	wait_for 5 is_state later up
	[ "$(pid_of web)" = "$web" ]
	[ "$(pid_of app)" = "$app" ]
	is_state down down
	# web, app and later, each once.
	[ "$(leftovers | xargs ps -o args= -p | grep -c '^sleep 1000')" -eq 3 ]
	ctl stop web
	gone "$app"
	hupd_stop
	none_left
}

@test "killed with its guard: the next start takes over (cgroups)" {
	by_hand cgroup
}

@test "killed with its guard: the next start takes over (no cgroups)" {
	by_hand off
}

@test "killed with its guard: the next start takes over (ordinary user)" {
	by_hand user
}

@test "how a program ended while there was no daemon is known" {
	program ends <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; exit 7'
	restart = never
	E
	hupd_start
	pid=$(hupd_pid)
	wait_for 5 guard_of "$pid"
	guard=$(guard_of "$pid") ends=$(pid_of ends)
	kill -STOP "$guard"
	kill -9 "$pid"
	wait_for 5 gone "$pid"
	touch "$T/go"
	vanished() {
		[ ! -e "/proc/$1" ]
	}
	wait_for 15 vanished "$ends"
	kill -CONT "$guard"
	wait_for 5 followed "$pid"
	wait_for 5 is_state ends failed
	run ctl status ends
	if [[ $output = *'nobody knows how'* ]]; then
		skip "needs Linux 6.15"
	fi
	[[ $output = *'exited, status 7'* ]]
}

@test "every line is in the logs, once and in order, whatever is killed" {
	numbers one
	numbers two
	hupd_start
	wait_for 5 is_state two up
	one=$(pid_of one) two=$(pid_of two)
	round='daemon logger guard both daemon all logger daemon both all'
	for what in $round $round; do
		pid=$(hupd_pid)
		wait_for 10 guard_of "$pid"
		wait_for 10 logger_of "$pid"
		guard=$(guard_of "$pid") logger=$(logger_of "$pid")
		case $what in
		daemon)
			crash ;;
		logger)
			kill -9 "$logger" ;;
		guard)
			kill -9 "$guard" ;;
		both)
			kill -9 "$logger" "$pid"
			wait_for 10 followed "$pid" ;;
		all)
			kill -STOP "$guard"
			kill -9 "$logger" "$pid" "$guard"
			wait_for 5 gone "$pid"
			wait_for 5 gone "$guard"
			hupd_start ;;
		esac
		grows=$(wc -l <"$T/log/one.log")
		wait_for 10 lines "$T/log/one.log" $((grows + 1000))
	done
	numbers_are_whole one
	numbers_are_whole two
	[ "$(pid_of one)" = "$one" ]
	[ "$(pid_of two)" = "$two" ]
	run ! grep -E '(one|two): .*-> starting.*restart' "$T/log/hupd.log"
}

@test "the last words of a program that ended meanwhile are in the logs" {
	program web <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo farewell'
	restart = never
	E
	hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid) web=$(pid_of web)
	wait_for 5 guard_of "$pid"
	logger=$(logger_of "$pid")
	kill -STOP "$pid" "$logger"
	touch "$T/go"
	wait_for 5 gone "$web"
	# Nobody but the guard holds its output now.
	kill -9 "$logger"
	wait_for 5 gone "$logger"
	kill -9 "$pid"
	wait_for 10 followed "$pid"
	wait_for 5 printed web farewell
}

@test "programs that were not started before a crash are told apart" {
	setting 'cgroup = off'
	for name in a b; do
		program $name <<<$'command = sleep 1000\nautostart = no'
	done
	hupd_start
	crash
	ctl start a b
	crash
	b=$(pid_of b)
	ctl stop a
	[ "$(pid_of b)" -eq "$b" ]
	is_state b up
}

@test "what a program left when the daemon was killed is killed" {
	setting 'cgroup = off'
	program web <<-E
	command = sh -c 'setsid sleep 1234 & echo \$! >$T/left; wait'
	E
	hupd_start
	wait_for 5 test -s "$T/left"
	web=$(pid_of web) left=$(cat "$T/left")
	crash_for_good
	kill "$web"
	wait_for 5 gone "$web"
	alive "$left"
	edit pid 0
	edit state 0
	hupd_start
	wait_for 5 gone "$left"
}

@test "a program may become ready while there is no daemon" {
	program web <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo >&5; touch $T/told; exec sleep 1000'
	ready = fd:5
	E
	hupd_start
	wait_for 5 is_state web starting
	web=$(pid_of web)
	crash_for_good
	touch "$T/go"
	wait_for 5 test -e "$T/told"
	hupd_start
	wait_for 5 is_state web up
	[ "$(pid_of web)" -eq "$web" ]
}

@test "a program that a reload was about to restart is restarted" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_for_good
	edit due 1
	hupd_start
	wait_for 5 is_state web up
	[ "$(pid_of web)" -ne "$web" ]
	web=$(pid_of web)
	crash
	[ "$(pid_of web)" -eq "$web" ]
}

@test "a stop that a crash interrupts goes on" {
	program slow <<-E
	command = sh -c 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'
	stop-timeout = 2s
	E
	hupd_start
	wait_for 5 printed slow deaf
	pid=$(hupd_pid)
	kill "$pid"
	wait_for 5 is_state slow stopping
	kill -9 "$pid"
	ended() {
		[ ! -e "$T/hupd.pid" ] && none_left
	}
	wait_for 15 ended
	[ "$(grep -c 'Daemon stop' "$T/log/hupd.log")" -eq 1 ]
}

@test "started again after a stop that did not end, all of it runs" {
	program slow <<-E
	command = sh -c 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'
	stop-timeout = 2s
	E
	sleeper web
	hupd_start
	wait_for 5 printed slow deaf
	pid=$(hupd_pid)
	wait_for 5 guard_of "$pid"
	kill "$pid"
	wait_for 5 is_state slow stopping
	crash_for_good
	hupd_start
	wait_for 10 is_state web up
	wait_for 10 is_state slow up
}

@test "a reload that a crash interrupts is carried out" {
	sleeper web
	program deaf <<-E
	command = sh -c 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'
	stop-timeout = 2s
	E
	hupd_start
	wait_for 5 printed deaf deaf
	rm "$T/hupd.d/deaf.conf"
	program web <<<'command = sleep 2000'
	kill -HUP "$(hupd_pid)"
	wait_for 5 is_state deaf stopping
	crash
	no_deaf() {
		[ -z "$(state_of deaf)" ]
	}
	wait_for 10 no_deaf
	wait_for 5 is_state web up
	grep -qz 2000 "/proc/$(pid_of web)/cmdline"
	[ "$(ctl -j status | grep -o '"generation": *[0-9]*')" = \
	    '"generation":2' ]
}

# Start after an edit of the records; what was recorded there is a stranger.
after_edit() {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_for_good
	bash -c 'exec -a stranger sleep 1000' 3>&- &
	stranger=$!
	"$@"
	hupd_start
	wait_for 5 is_state web up
	[ "$(pid_of web)" -ne "$stranger" ]
	alive "$stranger"
	ctl stop web
	alive "$stranger"
	hupd_stop
	alive "$stranger"
	kill "$stranger" "$web" 2>/dev/null || :
}

@test "records: the number of another process is told apart" {
	other_pid() {
		kill "$web"
		wait_for 5 gone "$web"
		edit pid "$stranger"
	}
	after_edit other_pid
	logged 'web: its process has ended meanwhile'
}

@test "records: a start time that is off by one is another process" {
	off_by_one() {
		kill "$web"
		wait_for 5 gone "$web"
		edit pid "$stranger"
		edit start_time "$(sed 's/.*) //' "/proc/$stranger/stat" |
		    cut -d ' ' -f 20)"
		edit start_time +1
	}
	after_edit off_by_one
	logged 'web: its process has ended meanwhile'
}

@test "records: a damaged slot is told, and nothing is signalled" {
	damage() {
		edit pid "$stranger"
		edit state 200
	}
	after_edit damage
	logged 'web: its record is damaged'
	logged 'record 0 is damaged'
}

@test "records: a name without end is told" {
	damage() {
		edit pid "$stranger"
		edit name "$(printf 'x%.0s' {1..68})"
	}
	after_edit damage
	logged 'record 0 is damaged'
}

@test "records: a file that is cut short is told" {
	cut_short() {
		truncate -s 5000 "$T/run/records"
	}
	after_edit cut_short
	logged 'records: it is cut short, nothing is taken over'
}

@test "records: a file that is cut within its head is told" {
	cut_short() {
		truncate -s 20 "$T/run/records"
	}
	after_edit cut_short
	logged 'records: it is cut short, nothing is taken over'
}

@test "records: those of another boot are told" {
	after_edit edit boot 00000000-0000-0000-0000-000000000000
	logged 'records: it is of an earlier boot, nothing is taken over'
}

@test "records: those of another release are told" {
	after_edit edit version 4711
	logged 'records: its format is of another release, nothing is'
}

@test "records: what is none is told" {
	after_edit edit magic gibberis
	logged 'records: it is damaged, nothing is taken over'
}

@test "records: more programs than one page of them" {
	for ((i = 0; i < 150; i++)); do
		sleeper "p$i"
	done
	hupd_start
	all_up() {
		[ "$(ctl status 2>/dev/null | grep -c ' up ')" -eq "$1" ]
	}
	wait_for 20 all_up 150
	snapshot >"$T/before"
	crash
	wait_for 10 all_up 150
	snapshot | diff "$T/before" -
	crash_for_good
	hupd_start
	wait_for 10 all_up 150
	ctl stop p149
	sleeper p150
	ctl reload
	wait_for 10 all_up 150
}

@test "records: a take-over that needs more room than they had" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_for_good
	for i in {1..600}; do
		printf 'command = true\nautostart = no\n' >"$T/hupd.d/p$i.conf"
	done
	"$HUPD" -nv -f "$T/hupd.conf" >"$T/run/running"
	hupd_start
	[ "$(pid_of web)" = "$web" ]
	[ "$(ctl status | grep -c ' down ')" -eq 600 ]
	run ! logged 'killed or crashed'
}

@test "records: a program that cannot be recorded is not started" {
	needs_root
	mkdir "$T/run"
	mount -t tmpfs -o size=64k,mode=711 none "$T/run" ||
	    skip "may not mount"
	for ((i = 0; i < 60; i++)); do
		sleeper "p$i"
	done
	hupd_start
	pid=$(hupd_pid)
	for ((; i < 70; i++)); do
		sleeper "p$i"
	done
	dd if=/dev/zero of="$T/run/filler" bs=4k 2>/dev/null || :
	run -6 ctl reload
	[[ $output = *'cannot be recorded: No space left on device'* ]]
	rm "$T/run/filler"
	[ "$(hupd_pid)" = "$pid" ]
	hupd_stop
	umount "$T/run"
}
