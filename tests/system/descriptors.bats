#!/usr/bin/env bats
# Too few descriptors for all programs.

load helper

setup() {
	hupd_setup
	user_setup
	echo 'settle-time = 0' | as_user tee "$USER_HOME/config/hupd/hupd.conf" \
	    >/dev/null
}

# Forty programs, p01 to p40.
many() {
	for i in {01..40}; do
		user_program "p$i" <<<'command = sleep 1000'
	done
}

# count STATE: the programs in that state.
count() {
	as_user timeout 20 hupctl status 2>/dev/null |
	    awk -v state="$1" '$2 == state { n++ } END { print n + 0 }'
}

some_run() {
	[ "$(count up)" -ge 4 ]
}

all_up() {
	[ "$(count up)" -eq "$1" ]
}

# limited N COMMAND ...: with at most N descriptors.
limited() {
	local n=$1
	shift
	# shellcheck disable=SC2016
	as_user bash -c 'ulimit -n "$1"; shift; exec "$@"' - "$n" "$@"
}

@test "too few descriptors: hupd answers, some programs run, the rest say why" {
	is_checked && skip "needs more descriptors itself"
	many
	run -0 limited 64 hupd
	[[ $output == *"not all of them will run"* ]]
	wait_for 10 some_run
	[ "$(count wait)" -gt 0 ]
	run as_user hupctl status
	[[ $output == *"Too many open files, again in"* ]]
	# Several clients at once.
	for ((i = 0; i < 5; i++)); do
		as_user hupctl ping 3>&- &
	done
	wait
	# Programs have the limit of the starter.
	local pid
	pid=$(as_user hupctl status | awk '$2 == "up" { print $3; exit }')
	grep -q '^Max open files *64 *64 ' "/proc/$pid/limits"
	# With fewer programs all of them start.
	rm "$USER_HOME"/config/hupd/hupd.d/p{06..40}.conf
	as_user hupctl reload --timeout 1m >"$T/said" || :
	grep '35 removed' "$T/said"
	wait_for 40 all_up 5
	as_user hupctl shutdown
}

@test "the limit gives room again: the rest start" {
	is_checked && skip "needs more descriptors itself"
	command -v prlimit >/dev/null || skip "needs prlimit"
	user_program first <<<'command = sleep 1000'
	limited 500 hupd
	local pid
	pid=$(cat "$USER_HOME/run/hupd/hupd.pid")
	as_user prlimit --nofile=64: --pid "$pid" || skip "may not set limits"
	many
	run as_user hupctl reload --timeout 100ms
	# A reload that lacks descriptors is rejected, and says so.
	if [ "$status" -eq 6 ]; then
		[[ $output == *"Too many open files"* ]]
	fi
	as_user hupctl status first
	as_user prlimit --nofile=500: --pid "$pid"
	as_user hupctl reload >/dev/null || :
	wait_for 40 all_up 41
	as_user hupctl shutdown
}
