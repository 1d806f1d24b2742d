# Pid files of hostile programs: none of them makes another process the main
# one, delays the daemon, or has a process signalled.
load helper

setup() {
	needs_root
	hupd_setup
	hostile_account
}

teardown() {
	accounts_teardown
}

# explains TEXT: status says so of the start of web.
explains() {
	[[ $(ctl status web) = *"$1"* ]]
}

# The files are in a folder of the user, and a start makes one: $T/make, a
# script, does it as the user.
hostile_daemon() {
	mkdir -m 755 "$T/theirs"
	chown hostile "$T/theirs"
	cat >"$T/daemon" <<-E
	#!/bin/sh
	cd $T/theirs
	rm -rf pid
	. $T/make
	sleep 1000 &
	exit 0
	E
	chmod 755 "$T/daemon"
	program web <<-E
	command = $T/daemon
	user = hostile
	ready = forks
	pid-file = $T/theirs/pid
	start-timeout = 10m
	autostart = no
	E
	sleeper other
	program theirs <<-'E'
	command = sleep 1000
	user = hostile
	E
	hupd_start
	wait_for 10 all_are up other theirs
	DAEMON=$(hupd_pid) OTHER=$(pid_of other) THEIRS=$(pid_of theirs)
}

# tries SCRIPT REASON: a start whose file the script makes is refused with it.
tries() {
	(umask 022 && echo "$1" >"$T/make")
	ctl start --no-wait web
	wait_for 10 explains "$2"
	answers_soon
	[ "$(pid_of web)" = - ]
	ctl stop web
	is_state web down
	all_are up other theirs
	[ "$(hupd_pid)" = "$DAEMON" ]
	[ "$(pid_of other) $(pid_of theirs)" = "$OTHER $THEIRS" ]
}

foreign_pids() {
	local foreign pid
	hostile_daemon
	# Of no program: a process of the same user, and one of root.
	setpriv --reuid=hostile --regid=23456 --clear-groups -- \
	    sleep 1000 3>&- &
	foreign=$!
	sleep 1000 3>&- &
	for pid in 1 "$DAEMON" "$OTHER" "$THEIRS" "$foreign" "$!" \
	    "$(pgrep -P "$DAEMON" -f '^hupd: log')"; do
		case $pid in
		1)	tries 'echo 1 >pid' 'does not hold the pid of a process' ;;
		*)	tries "echo $pid >pid" \
			    "names $pid, which is none of its processes" ;;
		esac
		[ "$pid" -eq 1 ] || alive "$pid"
	done
	# A true one still counts.
	(umask 022 && echo 'sleep 1000 & echo $! >pid' >"$T/make")
	run -0 ctl start web
	[ "$(pid_of web)" = "$(cat "$T/theirs/pid")" ]
	kill %1 %2
}

@test "no pid file makes a foreign process the main one" {
	foreign_pids
}

@test "no pid file makes a foreign process the main one, without cgroups" {
	setting 'cgroup = off'
	foreign_pids
}

@test "a pid file that is none delays nobody" {
	local text
	hostile_daemon
	tries 'echo $$ >pid; echo $$ >real; ln -sf real pid' \
	    'is a symbolic link'
	tries 'ln -s /etc/passwd pid' 'is a symbolic link'
	tries 'mkfifo pid' 'is not a regular file'
	tries 'mkdir pid' 'is not a regular file'
	tries 'truncate -s 1T pid' 'is too large for a pid file'
	tries 'yes 1 | head -c 100 >pid' 'is too large for a pid file'
	for text in 0 -1 '' 1x '1 2' 99999999999999999999 4294967298 \
	    0x10 "$(printf '\033[2J7')"; do
		tries "printf '%s' '$text' >pid" \
		    'does not hold the pid of a process'
	done
	tries 'printf "12\0003" >pid' 'does not hold the pid of a process'
	tries 'echo $$ >pid; touch -d yesterday pid' 'is older than this start'
	tries 'chmod 700 .; :' 'does not exist'
}
