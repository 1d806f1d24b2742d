#!/usr/bin/env bats
# Failures around the daemon: the step is retried or skipped, it is logged, and
# everything else works as before.

load helper

setup() {
	hupd_setup
	MOUNTED=
}

teardown() {
	# A full or read-only file system must not delay the end of the daemon.
	for m in $MOUNTED; do
		mount -o remount,rw,size=1m "$m" || :
	done
	status=0
	hupd_teardown || status=1
	for m in $MOUNTED; do
		umount -l "$m"
	done
	return $status
}

# Numbered lines, each long enough that a page of a file is soon full.
counter() {
	program "$1" <<-'E'
	command = sh -c 'n=0; while sleep 0.05; do n=$((n+1)); printf "line %d %0200d\n" $n 0; done'
	log-timestamps = no
	E
}

# The log of NAME has line 1 to its last, each once, and continues.
has_every_line() {
	local last
	last=$(tail -n 1 "$T/log/$1.log")
	wait_for 10 eval "[ \"\$(tail -n 1 '$T/log/$1.log')\" != '$last' ]"
	# The last of them may not be whole yet.
	head -n -1 "$T/log/$1.log" | cut -d ' ' -f 2 >"$T/lines"
	diff <(seq "$(grep -c . "$T/lines")") "$T/lines"
}

# A file system that is full at a word: tmpfs DIR SIZE.
tmpfs() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2,mode=0755" hupd-test "$1" ||
	    skip "no mounts here"
	MOUNTED+=" $1"
}

# A report that cannot be logged goes to stderr in the foreground.
is_stuck() {
	wait_for 20 grep -q 'numbers: cannot write its output' "$T/stderr"
}

serves() {
	ctl ping
	ctl restart web
	[ "$(state_of web)" = up ]
}

@test "root: a full disk of the logs" {
	needs_root
	tmpfs "$T/log" 64k
	counter numbers
	sleeper web
	hupd_foreground
	wait_for 5 printed numbers 'line 1 '
	dd if=/dev/zero of="$T/log/fill" bs=4k 2>/dev/null || :
	is_stuck
	serves
	rm "$T/log/fill"
	has_every_line numbers
	wait_for 10 logged 'numbers: its output is written again'
	[ "$(grep -c 'numbers: cannot write its output' "$T/log/hupd.log")" \
	    -eq 1 ]
}

@test "root: a full disk of the state: reloads continue, with a warning" {
	needs_root
	tmpfs "$T/state" 64k
	sleeper web
	hupd_start
	dd if=/dev/zero of="$T/state/fill" bs=4k 2>/dev/null || :
	sleeper db
	ctl reload
	wait_for 5 is_state db up
	wait_for 5 logged 'accepted configuration cannot be kept'
	rm "$T/state/fill"
	ctl reload
	grep -q 'program = db' "$T/state/accepted"
}

@test "root: a log folder that may not be written for a while" {
	needs_root
	setting 'log-user = nobody'
	counter numbers
	sleeper web
	hupd_foreground
	wait_for 5 printed numbers 'line 1 '
	chown -R root: "$T/log"
	chmod 555 "$T/log"
	kill -9 "$(pgrep -P "$(hupd_pid)" -f '^hupd: log')"
	is_stuck
	serves
	chmod 755 "$T/log"
	chown -R nobody: "$T/log"
	has_every_line numbers
	wait_for 10 logged 'numbers: cannot write its output'
}

@test "a log folder that vanishes is made again" {
	counter numbers
	sleeper web
	hupd_start
	wait_for 5 printed numbers 'line 1 '
	# A file that is written comes back until the folder is gone.
	wait_for 5 rm -r "$T/log"
	serves
	wait_for 15 eval 'printed numbers "line [0-9]" 2>/dev/null'
	wait_for 15 eval 'logged "web: starting -> up" 2>/dev/null'
	wait_for 15 eval '[ "$(wc -l <"$T/log/numbers.log")" -ge 3 ]'
	# From then on all is there.
	diff <(cut -d ' ' -f 2 "$T/log/numbers.log" | head -n 3) \
	    <(seq "$(sed -En '1s/line ([0-9]+) .*/\1/p' "$T/log/numbers.log")" 9999 |
		head -n 3)
}

@test "a run folder whose files vanish: programs run on, it ends in order" {
	sleeper web
	counter numbers
	hupd_start
	pid=$(hupd_pid)
	web=$(pid_of web)
	numbers=$(pid_of numbers)
	rm -rf "$T/run"/*
	alive "$web"
	kill -HUP "$pid"
	wait_for 5 logged 'Daemon reload'
	# Without its FIFO no program can be started; with a folder it can.
	kill -9 "$numbers"
	wait_for 5 logged 'numbers: .* -> wait'
	alive "$pid"
	alive "$web"
	kill "$pid"
	wait_for 15 gone "$pid"
	gone "$web"
	[ ! -e "$T/hupd.pid" ]
}

@test "too few descriptors: clients wait, programs are served" {
	no_valgrind 'it has descriptors of its own'
	sleeper web
	for n in 1 2 3 4 5 6; do
		sleeper "p$n"
	done
	hupd_start
	wait_for 5 is_state p6 up
	pid=$(hupd_pid)
	open=$(find "/proc/$pid/fd" -type l | wc -l)
	prlimit --pid "$pid" --nofile="$((open + 1)):"
	# One descriptor is left: enough for a client, not for its request.
	run ctl restart web
	run ctl reload
	kill -9 "$(pgrep -P "$pid" -fx 'sleep 1000' | head -n 1)"
	alive "$pid"
	# None at all.
	prlimit --pid "$pid" --nofile=3:
	run timeout 2 "$HUPCTL" -s "$T/run/hupd.sock" ping
	wait_for 5 logged 'a client cannot be accepted'
	alive "$pid"
	prlimit --pid "$pid" --nofile=1024:
	wait_for 10 hupd_answers
	ctl reload
	ctl start -a
	for n in 1 2 3 4 5 6; do
		wait_for 10 is_state "p$n" up
	done
	[ "$(hupd_pid)" -eq "$pid" ]
	wait_for 5 eval '[ "$(find "/proc/$pid/fd" -type l | wc -l)" -le $((open + 1)) ]'
	# It is said once, until it has passed.
	wait_for 10 logged 'clients are accepted again'
	passed() {
		[ "$(grep -c ' a client cannot be accepted' "$T/log/hupd.log")" -eq \
		    "$(grep -c 'clients are accepted again' "$T/log/hupd.log")" ]
	}
	wait_for 5 passed
}

@test "root: no more processes: starts are tried again" {
	needs_root
	user_setup
	user_program web <<-'E'
	command = sleep 1000
	restart-delay = 50ms
	restart-delay-max = 200ms
	E
	as_user hupd
	sock=$USER_HOME/run/hupd/hupd.sock
	answers() { as_user hupctl -s "$sock" status web | grep -q "web  *$1"; }
	wait_for 5 answers up
	pid=$(cat "$USER_HOME"/run/hupd/*.pid "$USER_HOME"/run/*.pid \
	    2>/dev/null | head -n 1)
	as_user prlimit --pid "$pid" --nproc=1:
	pkill -9 -P "$pid" -fx 'sleep 1000'
	wait_for 5 grep -rq 'clone: Resource temporarily unavailable' \
	    "$USER_HOME/state"
	wait_for 5 answers wait
	as_user prlimit --pid "$pid" --nproc=1024:
	wait_for 5 answers up
	kill "$pid"
	wait_for 15 gone "$pid"
}

@test "a log process that stands still holds up nobody" {
	counter numbers
	sleeper web
	hupd_start
	wait_for 5 printed numbers 'line 1 '
	log=$(pgrep -P "$(hupd_pid)" -f '^hupd: log')
	kill -STOP "$log"
	serves
	sleeper db
	ctl reload
	wait_for 5 is_state db up
	kill -CONT "$log"
	has_every_line numbers
}

@test "a program that a request names 50,000 times is reported once" {
	sleeper web
	hupd_start
	python3 - "$T/run/hupd.sock" >"$T/answer" <<-'E'
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.connect(sys.argv[1])
	s.sendall(b"status" + b" web" * 50000 + b"\n")
	print(s.makefile().read(), end="")
	E
	[ "$(grep -c 'name=web' "$T/answer")" -eq 1 ]
	grep -q '^end 0' "$T/answer"
}

@test "root: without /proc" {
	! is_checked || skip 'sanitizers and valgrind need /proc'
	needs_root
	counter numbers
	sleeper web
	hupd_start
	pid=$(hupd_pid)
	wait_for 5 printed numbers 'line 1 '
	nsenter -t "$pid" -m true || skip "no namespaces here"
	hupd_stop
	# In a mount namespace of its own, where /proc goes once it is up.
	hupd_env unshare -m --propagation private "$HUPD" -f "$T/hupd.conf"
	pid=$(hupd_pid)
	wait_for 5 is_state web up
	nsenter -t "$pid" -m umount -l /proc
	serves
	kill -9 "$(pid_of numbers)"
	wait_for 10 is_state numbers up
	sleeper db
	ctl reload
	wait_for 5 is_state db up
	ctl stop -a
	ctl status
	kill "$pid"
	wait_for 15 gone "$pid"
}

@test "root: no cgroup" {
	needs_root
	setting 'cgroup = off'
	program web <<-'E'
	command = sh -c 'trap "" TERM; setsid sh -c "trap \"\" TERM; echo \$\$; sleep 1234567" & sleep 1000'
	stop-timeout = 100ms
	log-timestamps = no
	E
	hupd_start
	wait_for 5 lines "$T/log/web.log" 1
	pid=$(cat "$T/log/web.log")
	alive "$pid"
	ctl stop web
	wait_for 5 gone "$pid"
}
