#!/usr/bin/env bats
# Without cgroups: no process of a program survives it, whatever it hides, what
# nobody can be shown to have left is reported and not killed, and orphans do
# not keep the daemon busy.

load helper

setup() {
	needs_root
	hupd_setup
	setting 'cgroup = off'
	ACTOR=$HUPD_BUILD/tools/actor
}

# sleeping N: the pids of "sleep N".
sleeping() {
	local dir
	for dir in /proc/[0-9]*; do
		! grep -qzsx "$1" "$dir/cmdline" ||
		    ! grep -qzsx sleep "$dir/cmdline" || echo "${dir#/proc/}"
	done
}

sleeps() {
	[ "$(sleeping "$1" | wc -l)" -eq "$2" ]
}

# The daemon is killed, and the guard starts another that takes over.
taken_over() {
	local pid
	pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 10 has_successor "$pid"
	wait_for 5 hupd_answers
}

has_successor() {
	[ -s "$T/hupd.pid" ] && [ "$(hupd_pid)" != "$1" ]
}

all_gone() {
	local pid
	for pid; do
		gone "$pid" || return
	done
}

children_of() {
	cat /proc/"$1"/task/*/children | tr ' ' '\n' | sed '/^$/d'
}

has_children() {
	[ "$(children_of "$1" | wc -l)" -eq "$2" ]
}

is_up_again() {
	is_state "$1" up && [ "$(pid_of "$1")" != "$2" ]
}

# A program, with processes that have erased the mark, is killed.
erased() {
	local main
	program web <<<"command = $ACTOR wipe child child wait"
	hupd_start
	wait_for 5 is_state web up
	[ "$1" = fresh ] || taken_over
	main=$(pid_of web)
	wait_for 5 has_children "$main" 2
	mapfile -t workers < <(children_of "$main")
	kill -9 "$main"
	wait_for 5 all_gone "${workers[@]}"
	wait_for 5 is_up_again web "$main"
	logged 'web: sent SIGTERM to 2 processes that it left behind'
}

@test "workers that erased their environment end with their master" {
	erased fresh
}

@test "workers that erased their environment end, after a takeover too" {
	erased 'taken over'
}

@test "after a takeover, a stop ends such workers" {
	program web <<<"command = $ACTOR wipe child child wait"
	hupd_start
	wait_for 5 is_state web up
	taken_over
	main=$(pid_of web)
	wait_for 5 has_children "$main" 2
	mapfile -t workers < <(children_of "$main")
	run -0 ctl stop web
	wait_for 5 all_gone "${workers[@]}"
	logged 'web: sent SIGTERM to 2 processes that it left behind'
}

@test "nginx is killed after a takeover, and gets its port back" {
	needs_commands nginx
	port=$(free_port)
	mkdir -m 777 "$T/nginx"
	cat >"$T/nginx/conf" <<-N
	daemon off;
	worker_processes 2;
	pid $T/nginx/pid;
	error_log $T/nginx/error;
	events { }
	http {
		access_log off;
		client_body_temp_path $T/nginx/a;
		proxy_temp_path $T/nginx/b;
		fastcgi_temp_path $T/nginx/c;
		uwsgi_temp_path $T/nginx/d;
		scgi_temp_path $T/nginx/e;
		server { listen 127.0.0.1:$port; return 204; }
	}
	N
	program web <<-P
	command = nginx -e $T/nginx/error -p $T/nginx -c $T/nginx/conf
	restart-delay = 10ms
	P
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 has_children "$(pid_of web)" 2
	taken_over
	main=$(pid_of web)
	mapfile -t workers < <(children_of "$main")
	kill -9 "$main"
	wait_for 5 all_gone "${workers[@]}"
	wait_for 5 is_up_again web "$main"
	wait_for 5 has_children "$(pid_of web)" 2
}

@test "a child without environment, in a session of its own, ends at the stop" {
	program web <<-'P'
	command = sh -c 'env -i setsid sleep 700001 & exec sleep 700002'
	P
	program db <<-'P'
	command = sh -c 'env -i setsid sleep 700003 & exec sleep 700004'
	P
	hupd_start
	wait_for 5 sleeps 700001 1
	wait_for 5 sleeps 700003 1
	run -0 ctl stop web
	wait_for 5 sleeps 700001 0
	sleeps 700003 1
	logged 'web: sent SIGTERM to 1 process that it left behind'
	run -0 ctl stop db
	wait_for 5 sleeps 700003 0
}

# escapee NAME N [LINE ...]: nothing but its user connects "sleep N" with it.
escapee() {
	local name=$1 n=$2
	shift 2
	{
		echo "command = sh -c '(env -i setsid sleep $n &) </dev/null" \
		    ">/dev/null 2>&1; exec sleep 700000'"
		printf '%s\n' "$@"
	} | program "$name"
}

@test "an escapee whose user is that of one program only ends with it" {
	escapee web 700011 'user = nobody'
	escapee db 700012 'user = daemon'
	hupd_start
	wait_for 5 sleeps 700011 1
	wait_for 5 sleeps 700012 1
	run -0 ctl stop web
	wait_for 5 sleeps 700011 0
	sleeps 700012 1
	run -0 ctl stop db
	wait_for 5 sleeps 700012 0
}

@test "an escapee that may be of several programs is reported, and lives" {
	escapee web 700021
	escapee db 700022
	hupd_start
	wait_for 5 sleeps 700021 1
	wait_for 5 sleeps 700022 1
	stranger=$(sleeping 700021)
	run -0 ctl stop -a
	wait_for 5 logged "process $stranger (sleep), uid 0, has lost its parent"
	hupd_stop
	alive "$stranger"
	# Once, however often the daemon looks.
	[ "$(grep -c "process $stranger (sleep)" "$T/log/hupd.log")" -eq 1 ]
	kill -9 "$stranger" "$(sleeping 700022)"
}

@test "orphans with large environments are read once, and in part" {
	cat >"$T/flood" <<-'S'
	#!/bin/sh
	cd "${0%/*}" || exit
	BIG=$(head -c 120000 /dev/zero | tr '\0' x)
	export BIG
	i=0
	while [ $((i += 1)) -le 150 ]; do
		(setsid sleep 1000 &)
	done
	touch flooded
	until [ -e go ]; do sleep 0.02; done
	i=0
	# Each of these has lost its parent, and ends.
	while [ $((i += 1)) -le 100 ]; do
		(setsid true &)
		sleep 0.01
	done
	touch 'done'
	exec sleep 1000
	S
	chmod 755 "$T/flood"
	program web <<<"command = $T/flood"
	hupd_start
	wait_for 20 test -e "$T/flooded"
	before=$(bytes_read)
	touch "$T/go"
	wait_for 30 test -e "$T/done"
	answers_soon
	bytes=$(($(bytes_read) - before))
	echo "$bytes bytes"
	[ "$bytes" -lt $((150 * 64 * 1024)) ]
	run -0 ctl stop web
	wait_for 10 sleeps 1000 0
}

# The number of bytes that the daemon has read.
bytes_read() {
	awk '$1 == "rchar:" { print $2 }' "/proc/$(hupd_pid)/io"
}

# An older container runtime refuses this system call.
refused() {
	program web <<<"command = $ACTOR ignore 15 wait
	stop-timeout = 100ms"
	program db <<<"command = $ACTOR child escape wait"
	hupd_env "$HUPD_BUILD/tools/refuse" pidfd_send_signal "$1" \
	    "$HUPD" -f "$T/hupd.conf"
	wait_for 5 is_state web up
	wait_for 5 is_state db up
	pid=$(hupd_pid)
	web=$(pid_of web)
	run -0 ctl reexec
	[ "$(hupd_pid)" = "$pid" ]
	[ "$(pid_of web)" = "$web" ]
	db=$(pid_of db)
	run -0 ctl stop db
	gone "$db"
	logged 'db: killed [12] process'
	run -0 ctl stop web
	gone "$web"
	run ! logged 'cannot send'
	hupd_stop
}

@test "pidfd_send_signal refused with EPERM: signals are nevertheless sent" {
	refused EPERM
}

@test "pidfd_send_signal refused with ENOSYS: signals are nevertheless sent" {
	refused ENOSYS
}
