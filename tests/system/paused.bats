#!/usr/bin/env bats
# A daemon, or a machine, that stands still for a while: no deadline that passes
# meanwhile is held against a program.  The pauses are longer than the deadlines,
# so these tests take seconds.

load helper

setup() {
	hupd_setup
	ACTOR=$HUPD_BUILD/tools/actor
	PAUSED=
}

teardown() {
	# shellcheck disable=SC2086
	[ -z "$PAUSED" ] || kill -CONT $PAUSED 2>/dev/null || :
	hupd_teardown
}

# paused SECONDS PID ...: stop these processes for that time, then continue
# them, the daemon first.
paused() {
	local seconds=$1
	shift
	PAUSED=$*
	kill -STOP "$@"
	sleep "$seconds"
	kill -CONT "$@"
	PAUSED=
	# A request is answered after everything that came before it.
	ctl ping >/dev/null
}

# It says that it lives, as fast as the daemon listens.
lively() {
	cat >"$T/lively" <<-'E'
	import os, socket, sys, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	notify = lambda text: s.sendto(text, os.environ["NOTIFY_SOCKET"])
	notify(b"READY=1")
	while not os.path.exists(os.environ["TEST_MARK"] + "/t/hang"):
	    notify(b"WATCHDOG=1")
	    print("alive", flush=True)
	    time.sleep(0.05)
	time.sleep(1000)
	E
	program web <<-E
	command = python3 $T/lively $T/hang
	ready = notify
	watchdog = $1
	restart-delay = 1h
	restart-delay-max = 1h
	E
}

is_alive_still() {
	[ "$(pid_of web)" = "$pid" ]
	run ! logged "web: $1 ->"
}

@test "a stopped daemon holds no watchdog against a program that sends" {
	lively 2s
	hupd_start
	wait_for 10 printed web alive
	pid=$(pid_of web)
	paused 4 "$(hupd_pid)"
	is_alive_still up
	n=$(grep -c alive "$T/log/web.log")
	wait_for 20 eval '[ "$(grep -c alive "$T/log/web.log")" -ge $((n + 60)) ]'
	is_alive_still up
	# The watchdog still works.
	touch "$T/hang"
	wait_for 20 logged 'web: up -> stopping (watchdog time over)'
}

@test "a machine that stood still gives programs the time that they had" {
	lively 4s
	hupd_start
	wait_for 10 printed web alive
	pid=$(pid_of web)
	paused 6 "$(hupd_pid)" "$pid"
	is_alive_still up
	n=$(grep -c alive "$T/log/web.log")
	wait_for 20 eval '[ "$(grep -c alive "$T/log/web.log")" -ge $((n + 20)) ]'
	is_alive_still up
	logged 'this process was stopped or delayed'
}

# A program that is ready once it finds $T/go, within 4 s.
begin_start() {
	program web <<-E
	command = $ACTOR say begun await $T/go notify READY=1 wait
	ready = notify
	start-timeout = 4s
	E
	hupd_start
	wait_for 5 printed web begun
	pid=$(pid_of web)
}

@test "READY=1 that came while the daemon was stopped counts" {
	begin_start
	touch "$T/go"
	paused 6 "$(hupd_pid)"
	is_state web up
	is_alive_still up
}

@test "the start-timeout moves by the time that the daemon was stopped" {
	begin_start
	paused 6 "$(hupd_pid)"
	is_state web starting
	touch "$T/go"
	wait_for 5 is_state web up
	is_alive_still up
}

@test "the stop-timeout moves by the time that the daemon was stopped" {
	program web <<-E
	command = $ACTOR ignore 15 say begun await $T/go exit 0
	stop-timeout = 4s
	E
	hupd_start
	wait_for 5 printed web begun
	pid=$(pid_of web)
	ctl stop --no-wait web
	wait_for 5 is_state web stopping
	paused 6 "$(hupd_pid)"
	is_alive_still stopping
	touch "$T/go"
	wait_for 5 logged 'web: stopping -> down (exited)'
}

@test "a health check that ended while the daemon was stopped is no failure" {
	program web <<-E
	command = sleep 1000
	health-command = $ACTOR write 1 begun await $T/go exit 0
	health-interval = 100ms
	health-timeout = 4s
	health-retries = 1
	E
	hupd_start
	wait_for 5 pgrep -f "await $T/go"
	pid=$(pid_of web)
	touch "$T/go"
	paused 6 "$(hupd_pid)"
	is_alive_still up
	wait_for 5 eval 'ctl -j status web | grep -q "\"health\":\"healthy\""'
	run ! logged 'web: unhealthy'
}
