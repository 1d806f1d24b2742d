#!/usr/bin/env bats
# Classical daemons, ready = forks: the process that was started ends, and
# another one continues; in a cgroup, and without cgroups.

load helper
load takeover

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
	local pid
	pid=$(pid_of web)
	[ "$pid" != - ] && [ "$pid" != "$1" ] && is_state web up
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

@test "without cgroups: the pid file may be written late" {
	late_file
}

# The next daemon has the same main process, and supervises it.
outlives() {
	local first
	classical "fork session child pid $F wait" "pid-file = $F" \
	    "env = HOME=$T" "$RELOADS"
	wait_for 5 is_state web up
	first=$(pid_of web)
	crash
	is_main "$first"
	ctl reexec
	is_main "$first"
	crash_for_good
	hupd_start
	is_main "$first"
	run -0 ctl reload web
	wait_for 5 test -e "$T/reloaded"
	[ "$(cat "$T/reloaded")" = "$first" ]
	kill -9 "$first"
	wait_for 5 other_main "$first"
	first=$(pid_of web)
	# It ends while there is no daemon.
	crash_for_good
	kill -9 "$first"
	wait_for 5 gone "$first"
	hupd_start
	wait_for 5 other_main "$first"
	first=$(pid_of web)
	run -0 ctl stop web
	gone "$first"
}

@test "cgroup: a main process outlives the daemon" {
	outlives
}

@test "without cgroups: a main process outlives the daemon" {
	outlives
}

# The daemon is killed before the main process is known.
start_outlives() {
	classical "await $T/fork fork session child await $T/go pid $F wait" \
	    "pid-file = $F"
	wait_for 5 is_state web starting
	crash
	ctl reexec
	is_state web starting
	touch "$T/fork"
	wait_for 5 explains "$F does not exist"
	crash
	wait_for 5 explains "$F does not exist"
	ctl reexec
	wait_for 5 explains "$F does not exist"
	touch "$T/go"
	wait_for 5 is_state web up
	is_main "$(cat "$F")"
	# One start, and its child.
	[ "$(pgrep -cf "actor await $T/fork")" -eq 2 ]
}

@test "cgroup: a start outlives the daemon" {
	start_outlives
}

@test "without cgroups: a start outlives the daemon" {
	start_outlives
}

# Another main process follows the first, as with nginx's USR2.
upgrades() {
	local first
	classical "fork session child pid $F await $T/go fork pid $F wait" \
	    "pid-file = $F"
	wait_for 5 is_state web up
	first=$(pid_of web)
	touch "$T/go"
	wait_for 5 other_main "$first"
	is_main "$(cat "$F")"
	gone "$first"
	# The program did not end.
	run ! logged 'web: up -> wait'
}

@test "cgroup: the next main process is found in the pid file" {
	upgrades
}

@test "without cgroups: the next main process is found in the pid file" {
	upgrades
}

ambiguous() {
	classical 'escape fork session wait' 'restart = never'
	wait_for 5 is_state web failed
	explains 'which of its 2 processes is the main one is not clear; set pid-file'
	wait_for 5 none_runs
}

none_runs() {
	! pgrep -f 'actor escape fork session' >/dev/null
}

@test "cgroup: without a pid file the main process must be clear" {
	ambiguous
}

@test "without cgroups: without a pid file the main process must be clear" {
	ambiguous
}

# The file of a former start names a process of another program.
stale() {
	local first
	sleeper other
	hupd_start
	wait_for 5 is_state other up
	pid_of other >"$F"
	touch -d '1 minute ago' "$F"
	classical "fork session child await $T/go pid $F wait" "pid-file = $F"
	ctl reload --no-wait
	wait_for 5 explains "$F is older than this start"
	touch "$T/go"
	wait_for 5 is_state web up
	is_main "$(cat "$F")"
	# The next start, after a crash, reads only what it wrote itself.
	first=$(pid_of web)
	pid_of other >"$F"
	kill -9 "$first"
	wait_for 5 other_main "$first"
	is_main "$(cat "$F")"
	is_state other up
}

@test "cgroup: a stale pid file is not believed" {
	stale
}

@test "without cgroups: a stale pid file is not believed" {
	stale
}

# kill-mode = process: the others stay, as the sessions of an ssh daemon do.
keeps_the_others() {
	local first
	classical "fork session child pid $F wait" "pid-file = $F" \
	    'kill-mode = process'
	wait_for 5 is_state web up
	first=$(pid_of web)
	run -0 ctl stop web
	gone "$first"
	ctl -j status | is_json 'd["programs"][0]["left_processes"] == 1'
	run -0 ctl start web
	is_main "$(cat "$F")"
	crash
	is_main "$(cat "$F")"
	ctl -j status | is_json 'd["programs"][0]["left_processes"] == 1'
	run -0 ctl stop web
	pkill -9 -f "actor fork session child pid $F"
}

@test "cgroup: kill-mode = process ends the main process alone" {
	keeps_the_others
}

@test "without cgroups: kill-mode = process ends the main process alone" {
	keeps_the_others
}

@test "cgroup: a changed daemon that does not fork is rolled back" {
	classical "fork session pid $F wait" "pid-file = $F"
	wait_for 5 is_state web up
	# It ends well, and leaves nothing.
	change web 'command = true'
	run -1 ctl reload
	[[ $output = *'it left no process'* ]]
	[[ $output = *'previous definition'* ]]
	wait_for 5 is_state web up
	is_main "$(cat "$F")"
	# It stays in the foreground.
	change web "command = $HUPD_BUILD/tools/actor pid $F wait"
	change web 'start-timeout = 300ms'
	run -1 ctl reload
	wait_for 5 is_state web up
	is_main "$(cat "$F")"
	# A boot with rejected files.
	hupd_stop
	echo 'nonsense = 1' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	is_main "$(cat "$F")"
}
