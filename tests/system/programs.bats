#!/usr/bin/env bats
# The life of one program: started, stopped, signalled, restarted, failed.

load helper

setup() {
	hupd_setup
	ACTOR=$HUPD_BUILD/tools/actor
}

# How often, and after how many ms, was web started again?  From the log.
delays() {
	sed -n 's/.*web: .* -> wait .*, again in \([0-9.]*\)\(ms\|s\)$/\1 \2/p' \
	    "$T/log/hupd.log" | awk '{ print $2 == "s" ? $1 * 1000 : $1 }'
}

n_delays() {
	[ "$(delays | wc -l)" -ge "$1" ]
}

web_is_other_than() {
	local pid
	pid=$(pid_of web)
	is_state web up && [ "$pid" != "$1" ]
}

@test "start, stop and restart wait for the outcome" {
	program web <<<'command = sleep 1000'
	hupd_start
	run -0 ctl stop web
	is_state web down
	run -0 ctl stop web
	run -0 ctl start web
	is_state web up
	pid=$(pid_of web)
	run -0 ctl start web
	[ "$(pid_of web)" = "$pid" ]
	run -0 ctl restart web
	[ "$(pid_of web)" != "$pid" ]
	gone "$pid"
	run -0 ctl stop web
	run -0 ctl restart web
	is_state web up
	for act in start stop restart; do
		run -1 ctl "$act" nobody
		[[ $output = *'no program nobody'* ]]
	done
}

@test "--no-wait does not" {
	program web <<-E
	command = sh -c 'trap "until [ -e $T/go ]; do sleep 0.05; done; exit" TERM; echo set; while :; do sleep 0.05; done'
	stop-timeout = 1h
	E
	hupd_start
	wait_for 5 printed web 'set$'
	run -0 ctl stop --no-wait web
	[ "$(state_of web)" = stopping ]
	touch "$T/go"
	wait_for 5 is_state web down
	run -0 ctl start --no-wait web
	wait_for 5 is_state web up
}

@test "-a means all" {
	for name in a b c; do
		program "$name" <<<'command = sleep 1000'
	done
	hupd_start
	run -0 ctl stop -a
	for name in a b c; do
		is_state "$name" down
	done
	run -0 ctl start -a
	for name in a b c; do
		is_state "$name" up
	done
}

@test "autostart = no waits to be asked" {
	program web <<-E
	command = sleep 1000
	autostart = no
	E
	hupd_start
	is_state web down
	run -0 ctl reload
	is_state web down
	run -0 ctl start web
	is_state web up
}

@test "a program that is killed is replaced" {
	program web <<<'command = sleep 1000'
	hupd_start
	pid=$(pid_of web)
	kill -9 "$pid"
	wait_for 2 web_is_other_than "$pid"
	[ "$(status_field web 5)" = 1 ]
	ctl status web | grep -q SIGKILL
	ctl -j status web | grep -q 'killed by SIGKILL'
}

@test "one that ran well is replaced at once" {
	program web <<-E
	command = sleep 1000
	restart-reset = 10ms
	restart-delay = 1h
	restart-delay-max = 1h
	E
	hupd_start
	pid=$(pid_of web)
	up_for_10ms() {
		[ "$(ctl -j status web | grep -o '"uptime_ms":[0-9]*' |
		    cut -d : -f 2)" -gt 10 ]
	}
	wait_for 5 up_for_10ms
	kill -9 "$pid"
	wait_for 2 web_is_other_than "$pid"
	wait_for 5 logged 'web: up -> wait .*, again at once'
}

@test "delays double, with jitter, up to the maximum" {
	program web <<-E
	command = false
	restart-reset = 1h
	restart-delay = 40ms
	restart-delay-max = 300ms
	E
	hupd_start
	wait_for 10 n_delays 7
	delays | head -n 7 | awk '
	BEGIN { full = 40 }
	{
		if ($1 < int(full * 0.75) - 1 || $1 > full)
			exit bad = 1
		full = full * 2 > 300 ? 300 : full * 2
	}
	END { exit bad }'
	[ "$(delays | sort -un | wc -l)" -gt 3 ]
}

@test "after restart-limit restarts it is given up, until it is asked for" {
	program web <<-E
	command = sh -c 'echo run; exit 7'
	restart-reset = 1h
	restart-delay = 5ms
	restart-limit = 3
	E
	hupd_start
	wait_for 5 is_state web failed
	wait_for 5 logged 'web: .* -> failed (exited): exited, status 7, given up after 3 restarts'
	wait_for 5 lines "$T/log/web.log" 4
	[ "$(grep -c 'run$' "$T/log/web.log")" -eq 4 ]
	run -3 ctl status web
	run -0 ctl start web
	wait_for 5 is_state web failed
	wait_for 5 lines "$T/log/web.log" 8
}

@test "restart = never: done or failed" {
	program good <<-E
	command = true
	restart = never
	E
	program bad <<-E
	command = false
	restart = never
	E
	hupd_start
	wait_for 5 is_state good 'done'
	wait_for 5 is_state bad failed
	[ "$(status_field bad 5)" = 0 ]
	run -0 ctl start good
}

@test "restart = on-failure: only then" {
	program web <<-E
	command = test -e $T/go
	restart = on-failure
	restart-delay = 10ms
	restart-delay-max = 10ms
	E
	hupd_start
	wait_for 5 logged 'web: up -> wait (exited): exited, status 1'
	touch "$T/go"
	wait_for 5 is_state web 'done'
	wait_for 5 logged 'web: up -> done (exited): exited, status 0'
}

@test "restart = always: even what ended well" {
	program web <<-E
	command = true
	restart-delay = 10ms
	E
	hupd_start
	wait_for 5 logged 'web: up -> wait (exited): exited, status 0'
	wait_for 5 logged 'web: wait -> starting'
}

@test "no keys make a fork loop: two starts are 10 ms apart" {
	setting 'settle-time = 0'
	program loop <<-E
	command = true
	restart-delay = 0
	restart-reset = 0
	E
	hupd_start
	wait_for 20 eval '[ "$(grep -c "loop: .* -> starting" "$T/log/hupd.log")" -gt 60 ]'
	ctl stop loop
	# The time of a turn counts, so a slow one may move a line of the log.
	python3 -c '
import datetime, sys
starts = [datetime.datetime.fromisoformat(line.split()[0])
    for line in open(sys.argv[1]) if "loop: " in line and "-> starting" in line]
took = (starts[-1] - starts[0]).total_seconds()
assert took >= 0.0075 * (len(starts) - 1), (took, len(starts))
' "$T/log/hupd.log"
}

@test "restart-limit counts without a restart-reset, too" {
	setting 'settle-time = 1h'
	program loop <<-E
	command = true
	restart-delay = 1ms
	restart-reset = 0
	restart-limit = 3
	E
	hupd_start
	wait_for 5 is_state loop failed
	[[ $(ctl status loop) = *'given up after 3 restarts'* ]]
	[ "$(status_field loop 5)" -eq 3 ]
	change loop 'restart-limit = 1'
	run -0 ctl reload
	ctl start loop || :
	wait_for 5 logged 'given up after 1 restart$'
}

@test "restart: the words of systemd, and exit codes of their own" {
	fails() {
		program "$1" <<-E
		command = sh -c '$2'
		restart-delay = 1h
		restart-delay-max = 1h
		$3
		E
	}
	fails success 'exit 0' 'restart = on-success'
	fails unsuccess 'exit 1' 'restart = on-success'
	fails code 'exit 1' 'restart = on-abnormal'
	fails signal 'kill -SEGV $$' 'restart = on-abnormal'
	fails abort 'kill -ABRT $$' 'restart = on-abort'
	fails no 'kill -ABRT $$' 'restart = no'
	fails prevent 'exit 3' 'restart-prevent-exit-status = 3 TERM'
	printf '%s\n' "command = sh -c 'exit 75'" 'restart = never' \
	    'restart-delay = 1h' 'restart-delay-max = 1h' \
	    'restart-force-exit-status = 75' | program force
	hupd_start
	for name in success signal abort force; do
		wait_for 5 is_state "$name" wait
	done
	for name in unsuccess code no prevent; do
		wait_for 5 is_state "$name" failed
	done
}

@test "success-exit: codes and signals that are no failure" {
	n=0
	for how in 'exit 3' 'exit 255' 'kill 10' 'kill 9'; do
		program "good$n" <<-E
		command = $ACTOR $how
		restart = on-failure
		success-exit = 3 255 USR1 KILL
		E
		program "bad$n" <<-E
		command = $ACTOR $how
		restart = never
		success-exit = 4 HUP
		E
		n=$((n + 1))
	done
	program zero <<-E
	command = true
	restart = never
	success-exit = 3
	E
	hupd_start
	for n in 0 1 2 3; do
		wait_for 5 is_state "good$n" 'done'
		wait_for 5 is_state "bad$n" failed
	done
	wait_for 5 logged 'bad2: .* killed by SIGUSR1'
	wait_for 5 eval '[[ $(state_of zero) = @(done|failed) ]]'
}

@test "stop-signal is what a stop sends" {
	program web <<-E
	command = sh -c 'trap "echo bye; exit" USR2; echo set; while :; do sleep 0.05; done'
	stop-signal = USR2
	E
	hupd_start
	wait_for 5 printed web 'set$'
	run -0 ctl stop web
	wait_for 5 printed web 'bye$'
	wait_for 5 logged 'web: up -> stopping (stop): SIGUSR2 sent'
}

@test "what ignores it is killed after stop-timeout" {
	program web <<-E
	command = $ACTOR ignore 15 child say set wait
	stop-timeout = 200ms
	E
	hupd_start
	wait_for 5 printed web 'set$'
	run -0 ctl stop web
	is_state web down
	wait_for 5 logged 'web: stopping -> killing (stop-timeout over): SIGKILL sent'
	wait_for 5 logged 'web: killing -> down (\(exited\|all gone\))'
}

@test "a stopped process hears it as well" {
	program web <<-E
	command = sleep 1000
	stop-timeout = 30s
	E
	hupd_start
	kill -STOP "$(pid_of web)"
	run -0 ctl stop web
	is_state web down
	run logged 'SIGKILL'
	[ "$status" -eq 1 ]
}

@test "signals are sent by name and by number" {
	program web <<-E
	command = sh -c 'for s in USR1 HUP WINCH; do trap "echo got \$s" \$s; done; echo set; while :; do sleep 0.05; done'
	E
	hupd_start
	wait_for 5 printed web 'set$'
	run -0 ctl signal USR1 web
	wait_for 5 printed web 'got USR1$'
	run -0 ctl signal SIGWINCH web
	wait_for 5 printed web 'got WINCH$'
	run -0 ctl signal 1 web
	wait_for 5 printed web 'got HUP$'
	run -2 ctl signal NOSUCH web
	run -0 ctl stop web
	run -1 ctl signal HUP web
	[[ $output = *'web is not running'* ]]
}

@test "a start during a stop starts it again" {
	program web <<-E
	command = sh -c 'trap "sleep 0.3; exit" TERM; echo set; while :; do sleep 0.05; done'
	E
	hupd_start
	wait_for 5 printed web 'set$'
	pid=$(pid_of web)
	run -0 ctl stop --no-wait web
	run -0 ctl start web
	is_state web up
	[ "$(pid_of web)" != "$pid" ]
}

@test "a stop ends the wait for a restart" {
	program web <<-E
	command = false
	restart-delay = 1h
	restart-delay-max = 1h
	E
	hupd_start
	wait_for 5 is_state web wait
	run -0 ctl stop web
	is_state web down
	run -0 ctl start --no-wait web
	wait_for 5 is_state web wait
	hupd_stop
}

@test "a clear history: a restart does not lengthen the next delay" {
	program web <<-E
	command = sleep 1000
	restart-delay = 40ms
	restart-reset = 1h
	E
	hupd_start
	for n in 1 2 3; do
		run -0 ctl restart web
	done
	kill -9 "$(pid_of web)"
	wait_for 5 n_delays 1
	[ "$(delays)" -le 40 ]
}

@test "the daemon ends what starts, waits and stops" {
	program starting <<-E
	command = sleep 1000
	ready = notify
	E
	program waiting <<-E
	command = false
	restart-delay = 1h
	restart-delay-max = 1h
	E
	program stopping <<-E
	command = $ACTOR ignore 15 say set wait
	stop-timeout = 300ms
	E
	hupd_start
	wait_for 5 is_state waiting wait
	wait_for 5 printed stopping 'set$'
	run -0 ctl stop --no-wait stopping
	hupd_stop
	none_left
}
