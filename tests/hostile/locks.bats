# The lock that decides who is the daemon: nobody but root can take it.
load helper

setup() {
	needs_root
	hupd_setup
	sleeper web
}

stop_attack() {
	pkill -9 -f "tools/attack (lock|spin) $T/hupd.pid" || :
}

teardown() {
	stop_attack
	rm -f "$T/tmp/hupd.pid"
	hupd_teardown
}

@test "a stranger's lock on a stale pidfile does not prevent a start" {
	echo 1 >"$T/hupd.pid"
	chmod 644 "$T/hupd.pid"
	attack as 54321 "$HUPD_BUILD/tools/attack" lock "$T/hupd.pid"
	wait_for 5 grep -q ready "$T/attack.out"
	hupd_start
	wait_for 5 is_state web up
	# It nevertheless has the form of pidfile_open(3).
	run ! flock -n "$T/hupd.pid" true
	[ "$(stat -c %a "$T/hupd.pid")" = 644 ]
	stop_attack
	run ! flock -n "$T/hupd.pid" true
	run ! hupd_start
	[[ $output == *'already running'* ]]
}

@test "two who try for the lock all the time do not end an upgrade" {
	local n before
	hupd_start
	wait_for 5 is_state web up
	before=$(hupd_pid)
	attack as 54321 "$HUPD_BUILD/tools/attack" spin "$T/hupd.pid"
	wait_for 5 grep -q ready "$T/attack.out"
	for ((n = 0; n < 20; n++)); do
		ctl reexec
		[ "$(hupd_pid)" = "$before" ]
	done
	is_state web up
}

@test "nor prevent that a killed daemon comes back" {
	local n before web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	attack as 54321 "$HUPD_BUILD/tools/attack" spin "$T/hupd.pid"
	wait_for 5 grep -q ready "$T/attack.out"
	for ((n = 0; n < 5; n++)); do
		before=$(hupd_pid)
		kill -9 "$before"
		wait_for 5 back "$before"
		[ "$(pid_of web)" = "$web" ]
	done
}

back() {
	local pid
	pid=$(ctl ping 2>/dev/null | sed 's/.*pid //')
	[ -n "$pid" ] && [ "$pid" != "$1" ] && [ "$(hupd_pid)" = "$pid" ]
}

@test "a second daemon is refused although the pidfile has gone" {
	local pid
	hupd_start
	pid=$(hupd_pid)
	mv "$T/hupd.pid" "$T/hidden"
	run -1 hupd_start
	[[ $output == *"already running (pid $pid)"* ]]
	is_state web up
	mv "$T/hidden" "$T/hupd.pid"
}

@test "and one with another run-dir, but the same pidfile" {
	local pid
	hupd_start
	pid=$(hupd_pid)
	sed "s|^run-dir.*|run-dir = $T/run2|" "$T/hupd.conf" >"$T/other.conf"
	run -1 hupd_env "$HUPD" -f "$T/other.conf"
	[[ $output == *"already running (pid $pid)"* ]]
	[ "$(hupd_pid)" = "$pid" ]
	is_state web up
	# After a crash and an upgrade, too.
	kill -9 "$pid"
	wait_for 5 back "$pid"
	ctl reexec
	run -1 hupd_env "$HUPD" -f "$T/other.conf"
	[[ $output == *"already running (pid $(hupd_pid))"* ]]
}

@test "whatever has the name of the pidfile is replaced, not opened" {
	local umask trap
	local -a words
	mkdir -m 1777 "$T/tmp"
	setting "pidfile = $T/tmp/hupd.pid"
	echo precious >"$T/precious"
	for umask in 000 077; do
		for trap in "ln -s $T/precious" "ln -s $T/none" mkfifo \
		    "install -m 666 /dev/null"; do
			read -ra words <<<"$trap"
			as 54321 "${words[@]}" "$T/tmp/hupd.pid"
			(umask "$umask" && timeout 20 env TEST_MARK="$MARK" \
			    "$HUPD" -f "$T/hupd.conf" 3>&-)
			hupd_answers
			[ "$(stat -c '%F %a %u' "$T/tmp/hupd.pid")" = \
			    'regular file 644 0' ]
			[ "$(cat "$T/precious")" = precious ]
			[ ! -e "$T/none" ]
			kill "$(cat "$T/tmp/hupd.pid")"
			wait_for 10 none_left
			[ ! -e "$T/tmp/hupd.pid" ]
		done
	done
}
