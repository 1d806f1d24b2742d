#!/usr/bin/env bats
# health-command: a program is checked while it is up, and restarted once too
# many checks have failed.

load helper
load takeover

setup() {
	hupd_setup
	chmod 1777 "$T"
	# The command by which a check reports its pid in one step.
	HERE="echo \$\$ >$T/new.\$\$; mv $T/new.\$\$"
}

# checked KEY=VALUE ...: a program that is well while there is $T/well.
checked() {
	program web <<-E
	command = sleep 1000
	restart-delay = 1h
	restart-delay-max = 1h
	health-command = sh $T/check
	health-interval = 20ms
	$(printf '%s\n' "$@")
	E
}

# check: what it does, from stdin.
check() {
	(umask 022 && cat >"$T/check")
}

status_says() {
	ctl status web | grep -q -e "$1"
}

json_says() {
	ctl -j status web | grep -q -e "$1"
}

# Its number in $T/check.pid is that of a check that hangs.
check_hangs() {
	local pid
	pid=$(cat "$T/check.pid" 2>/dev/null) && [ -n "$pid" ] &&
	    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = sleep ]
}

failed_checks() {
	ctl -j status web | sed -n 's/.*"failed_checks": *\([0-9]*\).*/\1/p'
}

@test "what checks find is shown, and they never overlap" {
	check <<-E
	mkdir $T/lock || touch $T/overlap
	sleep 0.1
	rmdir $T/lock
	echo "no answer"
	echo >&2
	[ -e $T/well ]
	E
	touch "$T/well"
	checked health-retries=1000000 health-timeout=1h
	hupd_start
	wait_for 10 status_says '^  health    healthy$'
	wait_for 5 json_says '"health": *"healthy"'
	pid=$(pid_of web)
	rm "$T/well"
	wait_for 10 status_says '^  reason    unhealthy [0-9]*/1000000: exited, status 1, output: no answer$'
	wait_for 10 logged 'web: unhealthy 3/1000000: exited, status 1, output: no answer'
	run -0 ctl status
	[[ $output = *"
  unhealthy "*"/1000000: exited, status 1, output: no answer"* ]]
	json_says '"health": *"unhealthy"'
	[ "$(failed_checks)" -ge 3 ]
	ctl metrics | grep -q '^hupd_program_failed_checks{program="web"} [1-9]'
	touch "$T/well"
	wait_for 10 logged 'web: healthy again'
	wait_for 5 status_says '^  health    healthy$'
	[ "$(pid_of web)" = "$pid" ]
	[ ! -e "$T/overlap" ]
	# Their output is not part of the program's output.
	[ ! -s "$T/log/web.log" ]
}

@test "an unhealthy program is restarted" {
	check <<-'E'
	echo "no answer"
	kill -USR1 $$
	E
	checked health-retries=2 health-timeout=1h
	hupd_start
	wait_for 10 is_state web wait
	wait_for 5 logged 'web: unhealthy 1/2: killed by SIGUSR1, output: no answer'
	wait_for 5 logged 'web: up -> stopping (unhealthy): unhealthy, SIGTERM sent'
	wait_for 5 logged 'web: stopping -> wait (exited): unhealthy, killed by SIGTERM, again in'
	run -3 ctl status web
	[[ $output = *"  reason    unhealthy, killed by SIGTERM, again in"* ]]
	run -0 ctl start web
	wait_for 10 logged 'web: wait -> starting'
}

@test "a check that takes too long is ended with all that it started" {
	for mode in off auto; do
		[ $mode = off ] || [ "$(id -u)" -eq 0 ] || continue
		setting "cgroup = $mode"
		check <<-E
		yes
		E
		checked health-timeout=200ms health-retries=1000000
		hupd_start
		wait_for 10 \
		    logged 'web: unhealthy [0-9]*/1000000: did not end in 200ms, output: y$'
		check <<-E
		setsid sh -c '$HERE $T/child; exec sleep 1000' &
		until [ -s $T/child ]; do sleep 0.01; done
		$HERE $T/check.pid
		exec sleep 1000
		E
		checked health-timeout=1s health-retries=1000000
		run -0 ctl reload
		wait_for 10 check_hangs
		child=$(cat "$T/child") pid=$(cat "$T/check.pid")
		wait_for 10 gone "$pid"
		wait_for 10 gone "$child"
		is_state web up
		hupd_stop
		rm -f "$T/child" "$T/check.pid" "$T/log/hupd.log"
	done
}

@test "a stop, the program's end, and a reload end a check" {
	check <<-E
	$HERE $T/check.pid
	exec sleep 1000
	E
	checked health-timeout=1h
	hupd_start
	wait_for 10 check_hangs
	main=$(pid_of web) pid=$(cat "$T/check.pid")
	checked health-timeout=2h
	run -0 ctl reload
	[[ $output = *"= web"*"adjusted: health-timeout changed"* ]]
	wait_for 5 gone "$pid"
	[ "$(pid_of web)" = "$main" ]
	wait_for 10 check_hangs
	pid=$(cat "$T/check.pid")
	# Other keys leave it alone.
	checked health-timeout=2h stop-timeout=1s
	run -0 ctl reload
	alive "$pid"
	kill -9 "$main"
	wait_for 5 gone "$pid"
	rm "$T/check.pid"
	run -0 ctl start web
	wait_for 10 check_hangs
	pid=$(cat "$T/check.pid")
	run -0 ctl stop web
	wait_for 5 gone "$pid"
	run -0 ctl start web
	wait_for 10 check_hangs
	pid=$(cat "$T/check.pid")
	sed -i '/^health/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
	wait_for 5 gone "$pid"
	json_says '"state": *"up"'
	# A check is no process that the program left.
	run ! logged 'it left behind'
}

@test "a check runs as the program does" {
	needs_root
	check <<-E
	echo "\$MAINPID \$HUPD_PROGRAM \$A \$(id -un) \$(pwd)" >$T/said.new
	mv $T/said.new $T/said
	E
	checked env=A=1 user=nobody directory=/usr
	hupd_start
	wait_for 10 test -s "$T/said"
	[ "$(cat "$T/said")" = "$(pid_of web) web 1 nobody /usr" ]
}

@test "a check that cannot be carried out is no failure" {
	checked health-retries=1 health-command="$T/no-such"
	sed -i "/^health-command = sh/d" "$T/hupd.d/web.conf"
	hupd_start
	lacks() { [ "$(grep -c "web: health-command: exec $T/no-such: does not exist" \
	    "$T/log/hupd.log")" -ge 3 ]; }
	wait_for 10 lacks
	status_says "^  reason    health unknown: exec $T/no-such: does not exist\$"
	json_says '"health": *"unknown"'
	run ! logged 'web: up ->'
	printf '#!/bin/sh\n' >"$T/new"
	chmod 755 "$T/new"
	mv "$T/new" "$T/no-such"
	wait_for 10 status_says '^  health    healthy$'
}

# passes HOW: what follows the daemon by it counts on, and no check is left.
passes() {
	local main pid n
	wait_for 10 logged 'web: unhealthy 2/1000000'
	touch "$T/hang"
	wait_for 10 check_hangs
	rm "$T/hang"
	main=$(pid_of web) pid=$(cat "$T/check.pid") n=$(failed_checks)
	"$@"
	wait_for 10 gone "$pid"
	wait_for 10 logged "web: unhealthy $((n + 1))/1000000: exited, status 1"
	[ "$(pid_of web)" = "$main" ]
	json_says '"restarts": *0'
}

@test "a daemon that follows ends a check, and counts on" {
	no_valgrind 'there is no guard'
	check <<-E
	[ -e $T/hang ] || exit 1
	$HERE $T/check.pid
	exec sleep 1000
	E
	checked health-timeout=1h health-retries=1000000
	for mode in off auto; do
		[ $mode = off ] || [ "$(id -u)" -eq 0 ] || continue
		setting "cgroup = $mode"
		hupd_start
		passes crash
		passes ctl reexec
		hupd_stop
		rm -f "$T/check.pid" "$T/log/hupd.log"
	done
}
