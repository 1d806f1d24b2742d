#!/usr/bin/env bats
# Classical daemons, ready = forks: the process that was started ends, and
# another one continues; in a cgroup, and without cgroups.

load helper

setup() {
	hupd_setup
	F=$T/web.pid
	with_or_without_cgroups
}

# classical STEPS [LINE ...]: the program "web" is an actor that forks.
classical() {
	local steps=$1
	shift
	{
		echo "command = $HUPD_BUILD/tools/actor $steps"
		echo 'ready = forks'
		echo 'restart-delay = 10ms'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program web
	[ -e "$T/hupd.pid" ] || hupd_start
}

# is_main PID: it is the main process, and alive.
is_main() {
	[ "$(pid_of web)" = "$1" ] && alive "$1"
}

# other_main PID: another process is.
other_main() {
	is_state web up && [ "$(pid_of web)" != "$1" ]
}

# It is supervised as any other program.
supervised() {
	local first second
	wait_for 5 is_state web up
	first=$(pid_of web)
	alive "$first"
	wait_for 5 logged "web: its main process is $first now"
	# A crash, with its true reason.
	kill -9 "$first"
	wait_for 5 other_main "$first"
	wait_for 5 logged 'killed by SIGKILL'
	second=$(pid_of web)
	run -0 ctl restart web
	[[ $output = *'web: up (pid '* ]]
	gone "$second"
	first=$(pid_of web)
	# The reload action is about the main process.
	run -0 ctl reload web
	wait_for 5 test -e "$T/reloaded"
	[ "$(cat "$T/reloaded")" = "$first" ]
	# A reload changes nothing.
	run -0 ctl reload
	[[ $output = *'nothing changed, 1 unchanged'* ]]
	is_main "$first"
	run -0 ctl stop web
	gone "$first"
	is_state web down
	run -0 ctl start web
	first=$(pid_of web)
	alive "$first"
	# Its removal ends it.
	rm "$T/hupd.d/web.conf"
	sleeper other
	run -0 ctl reload
	wait_for 5 gone "$first"
	run ! ctl status web
}

# shellcheck disable=SC2016
RELOADS='reload-command = sh -c '\''echo $MAINPID >$HOME/reloaded'\'

with_file() {
	classical "fork session pid $F wait" "pid-file = $F" "env = HOME=$T" \
	    "$RELOADS"
	supervised
}

@test "cgroup: a daemon with a pid file is supervised" {
	with_file
}

@test "without cgroups: a daemon with a pid file is supervised" {
	with_file
}

without_file() {
	# It forks twice, and has workers.
	classical "fork session fork child child wait" "env = HOME=$T" "$RELOADS"
	supervised
}

@test "cgroup: a daemon without a pid file is supervised" {
	without_file
}

@test "without cgroups: a daemon without a pid file is supervised" {
	without_file
}

explains() {
	[[ $(ctl status web) = *"$1"* ]]
}

late_file() {
	classical "fork session child await $T/go pid $F wait" "pid-file = $F"
	wait_for 5 explains "waits for its main process: $F does not exist"
	touch "$T/go"
	wait_for 5 is_state web up
	is_main "$(cat "$F")"
}

@test "cgroup: the pid file may be written late" {
	late_file
}
