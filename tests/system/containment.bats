#!/usr/bin/env bats
# No process of a program survives it: in a cgroup, and without cgroups by its
# process group and the daemon as sub-reaper; for root and for a user.

load helper

setup() {
	hupd_setup
	mkdir -m 755 "$T/bin"
	cp "$HUPD" "$HUPCTL" "$HUPD_BUILD/tools/actor" "$T/bin"
	ACTOR=$T/bin/actor
	# The tests look for hidden processes; killmode.bats has the stop signal.
	setting 'kill-mode = mixed'
	with_or_without_cgroups
}

# Start the daemon as who the name of the test says.
begin() {
	if [[ $BATS_TEST_DESCRIPTION != *user:* ]]; then
		needs_root
		hupd_start
	elif [ "$(id -u)" -ne 0 ]; then
		hupd_start
	else
		sed -i '/^log-user/d' "$T/hupd.conf"
		chown -R nobody "$T"
		hupd_env setpriv --reuid=nobody --regid="$(id -g nobody)" \
		    --clear-groups "$T/bin/hupd" -f "$T/hupd.conf"
	fi
}

# Processes of programs; the daemon, its guard and its log process are not.
of_programs() {
	grep -lazs -e "^TEST_MARK=$MARK" /proc/[0-9]*/environ |
	    cut -d / -f 3 | while read -r pid; do
		if grep -qazs '^HUPD_RUN=' "/proc/$pid/environ" &&
		    alive "$pid"; then
			echo "$pid"
		fi
	done
}

count() {
	[ "$(of_programs | wc -l)" -eq "$1" ]
}

# The zombies among the daemon's children.
no_zombie() {
	[[ $(ps --ppid "$(hupd_pid)" -o stat=) != *Z* ]]
}

# How many of NAME the event log says were left and killed.
killed() {
	awk -v n="$1:" '$2 == n && / killed [0-9]+ process/ { sum += $4 }
	    $2 == n && / killed process [0-9]+ / { sum++ }
	    END { print sum + 0 }' "$T/log/hupd.log"
}

is_killed() {
	[ "$(killed "$1")" -eq "$2" ]
}

stop_leaves_nothing() {
	program web <<<"command = $ACTOR child escape nest 3 wait"
	begin
	wait_for 5 count 6
	run -0 ctl stop web
	wait_for 5 count 0
	wait_for 5 is_killed web 5
	wait_for 5 no_zombie
}

@test "root, cgroup: a stop ends all that a program left" {
	stop_leaves_nothing
}

@test "root: a stop ends all that a program left" {
	stop_leaves_nothing
}

@test "user: a stop ends all that a program left" {
	stop_leaves_nothing
}

crash_leaves_nothing() {
	program web <<-E
	command = $ACTOR child escape nest 3 wait
	restart-delay = 10ms
	restart-delay-max = 10ms
	E
	begin
	wait_for 5 count 6
	mapfile -t before < <(of_programs)
	kill -9 "$(pid_of web)"
	wait_for 5 all_gone "${before[@]}"
	wait_for 5 is_state web up
	wait_for 5 count 6
	wait_for 5 is_killed web 5
	wait_for 5 no_zombie
}

all_gone() {
	local pid
	for pid; do
		gone "$pid" || return
	done
}

@test "root, cgroup: a crash ends all that the program left" {
	crash_leaves_nothing
}

@test "root: a crash ends all that the program left" {
	crash_leaves_nothing
}

@test "user: a crash ends all that the program left" {
	crash_leaves_nothing
}

end_leaves_nothing() {
	for name in a b c; do
		program "$name" <<<"command = $ACTOR escape nest 20 wait"
	done
	begin
	wait_for 10 count 66
	hupd_stop
	# The very moment that the daemon is gone.
	left=$(of_programs)
	[ -z "$left" ]
}

@test "root: the daemon's end waits for the end of all" {
	end_leaves_nothing
}

@test "user: the daemon's end waits for the end of all" {
	end_leaves_nothing
}

@test "root, cgroup: the daemon's end leaves no folder" {
	program web <<<"command = $ACTOR child escape nest 20 wait"
	program old <<<"command = $ACTOR child wait"
	begin
	wait_for 5 count 25
	folder=$(cgroup_mount)$(sed -n 's/^0:://p' \
	    "/proc/$(pid_of web)/cgroup")
	[ -d "$folder" ]
	rm "$T/hupd.d/old.conf"
	run -0 ctl reload
	# A folder that a program makes in its own belongs to it too.
	mkdir -p "$folder/inner/most"
	pid=$(head -n 1 "$folder/cgroup.procs")
	echo "$pid" >"$folder/inner/most/cgroup.procs"
	[[ $(<"/proc/$pid/cgroup") = *web/inner/most* ]]
	run -0 ctl stop web
	wait_for 5 count 0
	hupd_stop
	[ ! -e "${folder%/*}" ]
}

other_programs_stay() {
	program web <<<"command = $ACTOR escape wait"
	program db <<<"command = $ACTOR escape wait"
	begin
	wait_for 5 count 4
	db=$(pid_of db)
	kill -9 "$(pid_of web)"
	wait_for 5 logged 'web: .* -> wait (all gone): killed by SIGKILL'
	wait_for 5 is_killed web 1
	wait_for 5 is_state web up
	wait_for 5 count 4
	[ "$(pid_of db)" = "$db" ]
	is_killed db 0
}

@test "root, cgroup: what others left alone stays" {
	other_programs_stay
}

@test "root: what others left alone stays" {
	other_programs_stay
}

@test "user: what others left alone stays" {
	other_programs_stay
}

daemonized() {
	no_valgrind 'it has no pidfd_open(2)'
	program web <<-E
	command = $ACTOR daemon notify "MAINPID=%p\nREADY=1" away wait
	ready = notify
	E
	begin
	wait_for 5 is_state web up
	wait_for 5 count 1
	[ "$(pid_of web)" = "$(of_programs)" ]
	wait_for 5 logged "web: its main process is $(pid_of web) now"
	# It is noticed how it ends, though another started it.
	kill -9 "$(pid_of web)"
	wait_for 5 logged 'web: up -> wait (exited): killed by SIGKILL'
	wait_for 5 is_state web up
	run -0 ctl stop web
	wait_for 5 count 0
	wait_for 5 no_zombie
}

@test "root, cgroup: a program that makes a daemon of itself is followed" {
	daemonized
}

@test "root: a program that makes a daemon of itself is followed" {
	daemonized
}

@test "user: a program that makes a daemon of itself is followed" {
	daemonized
}

@test "root: a program that hides in the background without a word ends" {
	program web <<-E
	command = $ACTOR escape exit 0
	restart = never
	E
	begin
	wait_for 5 is_state web 'done'
	wait_for 5 count 0
	wait_for 5 is_killed web 1
}

many_restarts() {
	program web <<-E
	command = $ACTOR child escape exit 1
	restart-delay = 1ms
	restart-delay-max = 1ms
	E
	program ready <<-E
	command = $ACTOR write 3 x exit 0
	ready = fd:3
	restart-delay = 1ms
	restart-delay-max = 1ms
	E
	begin
	wait_for 10 has_restarted 30
	pid=$(hupd_pid)
	open=$(find "/proc/$pid/fd" -type l | wc -l)
	size=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
	wait_for 60 has_restarted 230
	wait_for 10 has_open_at_most "$pid" $((open + 3))
	# A sanitizer keeps what was freed for a while.
	is_checked ||
	    [ "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" -le \
	    $((size + 512)) ]
	run -0 ctl stop -a
	wait_for 5 count 0
	wait_for 5 no_zombie
}

has_restarted() {
	[ "$(status_field web 5)" -ge "$1" ] &&
	    [ "$(status_field ready 5)" -ge "$1" ]
}

# Two programs that come and go have more open now and then.
has_open_at_most() {
	[ "$(find "/proc/$1/fd" -type l | wc -l)" -le "$2" ]
}

@test "root, cgroup: restarts cost no descriptor, memory or process" {
	many_restarts
}

@test "root: restarts cost no descriptor, memory or process" {
	many_restarts
}

@test "a folder that cannot be had is no obstacle" {
	setting 'cgroup = /nowhere/at/all'
	program web <<<"command = $ACTOR child escape wait"
	hupd_start
	wait_for 5 count 3
	run -0 ctl stop web
	wait_for 5 count 0
}
