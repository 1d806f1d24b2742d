#!/usr/bin/env bats
# A killed daemon leaves its programs running, and the next one takes them over.

load helper
load takeover

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
	stop-timeout = 1h
	E
	program fd <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo >&3; exec sleep 1000'
	ready = fd:3
	start-timeout = 1h
	E
	cat >"$T/notifier" <<-'E'
	import os, socket, sys, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	notify = lambda text: s.sendto(text, os.environ["NOTIFY_SOCKET"])
	notify(b"STATUS=warming up")
	while not os.path.exists(sys.argv[1]):
	    time.sleep(0.02)
	notify(b"READY=1")
	time.sleep(1000)
	E
	chmod 644 "$T/notifier"
	program notify <<-E
	command = python3 $T/notifier $T/go
	ready = notify
	start-timeout = 1h
	E
	chmod 1777 "$T"
	hupd_start
	ctl stop down
	wait_for 5 is_state waiting 'wait'
	wait_for 5 is_state failed failed
	wait_for 5 is_state 'done' 'done'
	wait_for 5 has_come_again
	wait_for 5 printed stopping deaf
}

has_come_again() {
	is_state again up && [ "$(status_field again 5)" -eq 1 ]
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
	# And again, because a program that was taken over is recorded too.
	crash
	snapshot | diff "$T/before" -
	wait_for 5 logged 'the daemon (pid [0-9]*) was killed'
	# a running request continues.
	touch "$T/go"
	wait_for 5 is_state fd up
	wait_for 5 is_state notify up
	# Its time counts from when it was asked to stop.
	sed -i 's/^stop-timeout.*/stop-timeout = 1ms/' "$T/hupd.d/stopping.conf"
	ctl reload
	wait_for 5 is_state stopping down
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

# $1: mode.  The children of a program are killed with it, wherever they hide.
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
	program forks <<-E
	command = sh $T/forks
	stop-timeout = 500ms
	E
	sleeper other
	hupd_start
	wait_for 5 printed forks forked
	crash
	other=$(pid_of other)
	ctl stop forks
	only_other() {
		[ "$(pgrep -x sleep | while read -r p; do
		    grep -qzsx "TEST_MARK=$MARK" "/proc/$p/environ" &&
			echo "$p"; done)" = "$other" ]
	}
	wait_for 5 only_other
	wait_for 5 logged 'forks: killed [0-9]* process'
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
	# A change made meanwhile counts, because an administrator started it.
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
