#!/usr/bin/env bats
# Folders that only one daemon may use.

load helper

# second KEY: a configuration that shares the folder of KEY with the first.
second() {
	mkdir -p "$T/2/hupd.d"
	chmod 755 "$T/2" "$T/2/hupd.d"
	sed "/^$1 /!s|$T/|$T/2/|" "$T/hupd.conf" >"$T/2/hupd.conf"
	chmod 644 "$T/2/hupd.conf"
	grep -q "^$1 = $T/[^2]" "$T/2/hupd.conf"
}

# shellcheck disable=SC2120
start_second() {
	hupd_env "$HUPD" -f "$T/2/hupd.conf" "$@"
}

# refused KEY FOLDER: the second is, with a reason that names the first.
refused() {
	run -1 start_second
	[ "$output" = "hupd: $1 $2 is used by another hupd (pid $(hupd_pid), run-dir $T/run)" ]
	[ ! -e "$T/2/hupd.pid" ]
	[ ! -e "$T/2/run/hupd.sock" ]
}

folder_of() {
	sed -n "s/^$1 = //p" "$T/hupd.conf"
}

@test "a second daemon with the same folder is refused, and names the first" {
	sleeper web
	hupd_start
	for key in program-dir log-dir state-dir; do
		second "$key"
		refused "$key" "$(folder_of "$key")"
		# In the foreground as well.
		run -1 start_second -d
		[[ $output == *"$key $(folder_of "$key") is used by another hupd"* ]]
	done
	is_state web up
	[ "$(stat -c %a "$T/hupd.d/.lock")" = 600 ]
	# With folders of its own it starts.
	second none || :
	start_second
	hupd_env "$HUPCTL" -f "$T/2/hupd.conf" shutdown
	# It is free when the first has ended.
	hupd_stop
	[ -z "$(find "$T" -name .lock)" ]
	second state-dir
	start_second
	hupd_env "$HUPCTL" -f "$T/2/hupd.conf" shutdown
}

@test "by another path it is the same folder" {
	hupd_start
	second state-dir
	ln -s "$T/state" "$T/link"
	sed -i "s|^state-dir = .*|state-dir = $T/link|" "$T/2/hupd.conf"
	refused state-dir "$T/link"
}

@test "the claim survives every change of the daemon" {
	no_valgrind 'there is no guard'
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	ctl reexec
	ctl reexec
	second log-dir
	refused log-dir "$T/log"
	pid=$(hupd_pid)
	kill -9 "$pid"
	other_answers() {
		hupd_answers && [ "$(hupd_pid)" != "$pid" ]
	}
	wait_for 10 other_answers
	for key in program-dir log-dir state-dir; do
		second "$key"
		refused "$key" "$(folder_of "$key")"
	done
}

@test "a daemon that was killed leaves no claim" {
	# shellcheck disable=SC2034
	LEFT_OK=yes
	hupd_foreground
	kill -9 "$DAEMON"
	wait_for 5 gone "$DAEMON"
	[ -e "$T/state/.lock" ]
	second state-dir
	start_second
	hupd_env "$HUPCTL" -f "$T/2/hupd.conf" shutdown
}

@test "one folder may have several uses of one daemon" {
	setting "log-dir = $T/state"
	hupd_start
	ctl reexec
	hupd_answers
	second state-dir
	refused state-dir "$T/state"
}

@test "nobody else can take a claim, or have another file used for it" {
	needs_root
	user_setup
	mkdir -m 755 "$T/log"
	chown nobody: "$T/log"
	setting "log-user = nobody"
	# The user of the log process made a file of that name, and locks it.
	as_user python3 -c 'import fcntl, os, sys, time
f = open(sys.argv[1], "w")
fcntl.lockf(f, fcntl.LOCK_EX)
open(sys.argv[2], "w").write(str(os.getpid()))
time.sleep(1000)' "$T/log/.lock" "$USER_HOME/locked" &
	wait_for 5 [ -s "$USER_HOME/locked" ]
	hupd_start
	[ "$(stat -c '%a %u' "$T/log/.lock")" = "600 0" ]
	run ! as_user cat "$T/log/.lock"
	hupd_stop
	# A link or a hard link to a file of root is not written to.
	echo precious >"$T/precious"
	chmod 600 "$T/precious"
	ln -s "$T/precious" "$T/log/.lock"
	hupd_start
	hupd_stop
	ln "$T/precious" "$T/log/.lock"
	hupd_start
	hupd_stop
	[ "$(cat "$T/precious")" = precious ]
	mkfifo "$T/log/.lock"
	hupd_start
	kill "$(cat "$USER_HOME/locked")"
}

@test "a folder in which nothing can be made is used without a claim" {
	needs_root
	command -v unshare >/dev/null || skip "needs unshare"
	sleeper web
	run -0 unshare --mount --propagation private sh -c '
		mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
		shift && exec "$@"' - "$T/hupd.d" env HUPD_TEST_MARK="$MARK" \
		"$HUPD" -f "$T/hupd.conf"
	hupd_answers
	[ ! -e "$T/hupd.d/.lock" ]
	[ -e "$T/state/.lock" ]
}
