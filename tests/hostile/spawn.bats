# Attacks of a program's user on a child that has his ids and has not executed
# the program yet: only his own program does not start.
load helper

setup() {
	needs_root
	hupd_setup
	mkdir -m 755 "$T/theirs"
	cp "$(command -v sleep)" "$T/theirs/sleep"
	chown -R nobody "$T/theirs"
	sleeper other
}

# program of theirs NAME [LINE ...]
theirs() {
	local name=$1
	shift
	printf '%s\n' "user = nobody" "start-timeout = 1s" "stop-timeout = 1s" \
	    "restart-delay = 100ms" "$@" | program "$name"
}

# attack_as_nobody ARGUMENT ...: $ATTACK is the process itself.
attack_as_nobody() {
	attack setpriv --reuid=65534 --regid=65534 --clear-groups -- \
	    "$HUPD_BUILD/tools/attack" "$@"
	trap_set
}

trap_set() {
	wait_for 5 grep -q ready "$T/attack.out"
}

# As if nothing were: each answer at once.
others_are_served() {
	local n pid
	for n in 1 2 3; do
		pid=$(pid_of other)
		timeout 5 "$HUPCTL" -s "$T/run/hupd.sock" restart other
		[ "$(pid_of other)" != "$pid" ]
		answers_soon
	done
}

ended_in_time() {
	wait_for 5 logged "$1: starting -> stopping (.*): not ready in time"
	wait_for 5 logged "$1: [a-z]* -> wait"
}

@test "a lease on a program's command" {
	attack_as_nobody lease "$T/theirs/sleep"
	theirs web "command = $T/theirs/sleep 1000"
	hupd_start
	wait_for 5 is_state web starting
	ctl status web | grep 'waits for its execution'
	others_are_served
	ended_in_time web
	others_are_served
	kill "$ATTACK"
	wait_for 10 is_state web up
}

@test "a lease on a program's command while the daemon is replaced" {
	local pid
	attack_as_nobody lease "$T/theirs/sleep"
	printf '%s\n' 'user = nobody' "command = $T/theirs/sleep 1000" |
	    program web
	hupd_start
	wait_for 5 is_state web starting
	ctl status web | grep 'waits for its execution'
	pid=$(pid_of web)
	# Whoever follows knows that the program does not run yet.
	kill -9 "$(hupd_pid)"
	wait_for 10 hupd_answers
	wait_for 10 is_state web starting
	ctl status web | grep "pid $pid, waits for its execution"
	ctl reexec
	ctl status web | grep "pid $pid, waits for its execution"
	kill "$ATTACK"
	wait_for 10 is_state web up
	[ "$(pid_of web)" = "$pid" ]
}

@test "a lease on a health-command" {
	theirs web 'command = sleep 1000' \
	    "health-command = $T/theirs/sleep 0" \
	    'health-interval = 100ms' 'health-timeout = 1s' 'health-retries = 2'
	attack_as_nobody lease "$T/theirs/sleep"
	hupd_start
	wait_for 5 is_state web up
	others_are_served
	wait_for 5 logged 'web: unhealthy 1/2: did not end in 1s'
	others_are_served
	wait_for 5 logged 'web: up -> stopping (unhealthy)'
}

@test "a lease on a reload-command" {
	local reload
	theirs web 'command = sleep 1000' "reload-command = $T/theirs/sleep 0"
	attack_as_nobody lease "$T/theirs/sleep"
	hupd_start
	wait_for 5 is_state web up
	ctl reload web >"$T/reload" 2>&1 &
	reload=$!
	others_are_served
	ended_badly "$reload"
	grep 'reload-command did not end in' "$T/reload"
	others_are_served
}

@test "SIGSTOP between the change of the ids and the execution" {
	local at=$T/theirs dots n
	# Links through links, each of a length that takes its time.
	dots=$(printf './%.0s' {1..1900})
	mkdir "$at/0"
	for n in {1..38}; do
		ln -s "$dots$((n - 1))" "$at/$n"
	done
	chown -hR nobody "$at"
	attack_as_nobody stop hupd
	theirs web 'command = sleep 1000' "directory = $at/38"
	hupd_start
	# It may have got through, so start it until it has not.  The kernel may
	# look up a path twice, and then counts its links twice.
	for ((n = 0; n < 100; n++)); do
		ctl restart web >"$T/restart" 2>&1 ||
		    ! logged 'web: starting -> stopping (.*): not ready' ||
		    break
	done
	[ "$n" -lt 100 ]
	others_are_served
	ended_in_time web
	others_are_served
}

@test "a file system that never answers" {
	local server
	mkdir -m 755 "$T/silent"
	attack "$HUPD_BUILD/tools/attack" fuse "$T/silent"
	trap_set
	server=$ATTACK
	theirs web "command = $T/silent/web"
	theirs db 'command = sleep 1000' "directory = $T/silent/db"
	hupd_start
	wait_for 5 is_state web starting
	wait_for 5 is_state db starting
	others_are_served
	wait_for 5 logged 'web: starting -> stopping (.*): not ready in time'
	wait_for 5 logged 'db: starting -> stopping (.*): not ready in time'
	# A process that waits for a reply of the file system cannot be killed.
	wait_for 5 is_state web killing
	others_are_served
	kill -9 "$server"
	wait_for 10 logged 'web: killing -> wait'
	wait_for 10 logged 'db: killing -> wait'
	others_are_served
	hupd_stop
	umount -l "$T/silent"
}

@test "a program does not get the keys of the daemon's session" {
	needs_commands keyctl
	keyctl show >/dev/null || skip 'needs keys'
	theirs web "command = sh -c 'keyctl show >&1; exec sleep 1000'"
	keyctl session hupd sh -c "keyctl add user secret of-admin @s >/dev/null
	    '$HUPD' -f '$T/hupd.conf'"
	wait_for 5 printed web 'Keyring'
	run ! printed web secret
}
