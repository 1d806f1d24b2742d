#!/usr/bin/env bats
# Real programs from their packages in one set: the tests follow each other
# with one daemon, as a machine goes through its days.
#
# Each definition is what an administrator would write, with the default
# settings.  ONLY="redis nginx" takes a part of the set.

load ../system/helper
load programs

setup_file() {
	local entry name here=()
	# The folder of the file serves all its tests.
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	hupd_setup
	# Only root can write to that of the run.
	export TMPDIR=/tmp
	export PATH=$PATH:/usr/sbin:/sbin T MARK
	# The default is what an administrator has.
	sed -i '/^settle-time/d' "$T/hupd.conf"
	for entry in $PROGRAMS; do
		name=${entry%%:*}
		command -v "${entry#*:}" >/dev/null || continue
		[[ -z ${ONLY-} || " $ONLY " = *" $name "* ]] || continue
		here+=("$name")
		mkdir -m 755 "$T/$name"
		free_port >"$T/$name.port"
		with "$name" make
	done
	[ ${#here[@]} -gt 0 ]
	echo "${here[@]}" >"$T/here"
	hupd_start
}

teardown_file() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	BATS_TEST_COMPLETED=1
	hupd_teardown
}

setup() {
	read -r -a HERE <"$T/here"
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 60 "$T/log/hupd.log"
}

# with NAME VERB: that function of that program.
with() {
	local D=$T/$1 PORT
	PORT=$(<"$T/$1.port")
	"$2_$1"
}

serves() {
	wait_for 30 with "$1" asks
}

# The pids of all, or of all but NAME.
pids() {
	ctl -j status | python3 -c 'import json, sys
for p in json.load(sys.stdin)["programs"]:
    if p["name"] not in sys.argv[1:]:
        print(p["name"], p["pid"])' "$@"
}

@test "at boot each becomes ready and serves" {
	local name
	for name in "${HERE[@]}"; do
		wait_for 60 is_state "$name" up
		serves "$name"
	done
	echo "# note: real programs: ${HERE[*]}"
}

@test "two reloads of the set touch none" {
	local before
	before=$(pids)
	run -0 ctl reload
	run -0 ctl reload
	[ "$(pids)" = "$before" ]
	[[ $output = *"${#HERE[@]} unchanged"* ]]
}

@test "each reloads by its own action, twice, and serves" {
	local name before
	before=$(pids)
	for name in "${HERE[@]}"; do
		grep -q '^reload-' "$T/hupd.d/$name.conf" || continue
		run -0 ctl reload "$name"
		serves "$name"
		run -0 ctl reload "$name"
		serves "$name"
	done
	[ "$(pids)" = "$before" ]
}

@test "a change that breaks it is rolled back, and the others keep their processes" {
	local name others
	for name in "${HERE[@]}"; do
		others=$(pids "$name")
		sed -i.good "/^command = /s/\$/ $(wrong_option "$name")/" \
		    "$T/hupd.d/$name.conf"
		run -1 ctl reload
		[[ $output = *"$name"*'previous definition restored'* ]]
		serves "$name"
		[ "$(pids "$name")" = "$others" ]
		mv "$T/hupd.d/$name.conf.good" "$T/hupd.d/$name.conf"
		run -0 ctl reload
		serves "$name"
		[ "$(pids "$name")" = "$others" ]
	done
}

@test "each restarts, and serves" {
	local name before
	for name in "${HERE[@]}"; do
		before=$(pid_of "$name")
		run -0 ctl restart "$name"
		serves "$name"
		[ "$(pid_of "$name")" != "$before" ]
	done
}

@test "each comes back from kill -9" {
	local name pid
	for name in "${HERE[@]}"; do
		pid=$(pid_of "$name")
		kill -9 "$pid"
		wait_for 30 gone "$pid"
	done
	for name in "${HERE[@]}"; do
		wait_for 60 is_state "$name" up
		serves "$name"
	done
}

@test "the daemon is killed and re-executed, and no program notices" {
	local before pid
	before=$(pids)
	pid=$(hupd_pid)
	kill -9 "$pid"
	changed() {
		[ "$(hupd_pid)" != "$pid" ] && hupd_answers
	}
	wait_for 30 changed
	[ "$(pids)" = "$before" ]
	run -0 ctl reexec
	[ "$(pids)" = "$before" ]
}

@test "each stops in good order, and leaves no process" {
	local name before
	before=$(wc -l <"$T/log/hupd.log")
	for name in "${HERE[@]}"; do
		run -0 ctl stop "$name"
		wait_for 10 eval '! with "$name" asks 2>/dev/null'
	done
	run ! grep -E 'SIGKILL|killed' <(tail -n "+$((before + 1))" \
	    "$T/log/hupd.log")
}

@test "a boot starts them again" {
	hupd_stop
	hupd_start
	local name
	for name in "${HERE[@]}"; do
		wait_for 60 is_state "$name" up
		serves "$name"
	done
}
