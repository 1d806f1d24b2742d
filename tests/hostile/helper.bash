# shellcheck shell=bash
# helper.bash - attack a real root daemon as its programs and other users of the
# machine can.  A test here is in mount and pid namespaces of its own: what it
# mounts, and each process that it leaves, ends with the file.
#
# In addition to the helper of the system tests: as, attack, mount_over,
# hostile_account, accounts_teardown, hostile_web.

load ../system/helper

setup() {
	needs_root
	hupd_setup
}

# as USER COMMAND ...: run it as that user, by name or number, without groups.
as() {
	local user=$1 group
	shift
	group=$(id -g "$user" 2>/dev/null) || group=$user
	setpriv --reuid="$user" --regid="$group" --clear-groups -- "$@" 3>&-
}

# attack COMMAND ...: run it in the background; it ends with the test.
attack() {
	"$@" 3>&- </dev/null >"$T/attack.out" 2>&1 &
	# shellcheck disable=SC2034
	ATTACK=$!
}

# The daemon answers, within a time in which a healthy one always does.
answers_soon() {
	timeout 10 "$HUPCTL" -s "$T/run/hupd.sock" ping >/dev/null
}

# mount_over FILE: put a copy in its place that only this test sees.
mount_over() {
	cp -a "$1" "$T/${1//\//_}"
	mount --bind "$T/${1//\//_}" "$1"
}

# hostile_account: a user of our own, in files of accounts of our own.
hostile_account() {
	mount_over /etc/passwd
	mount_over /etc/group
	echo 'hostile:x:23456:23456::/tmp:/bin/sh' >>/etc/passwd
	echo 'hostile:x:23456:' >>/etc/group
}

accounts_teardown() {
	local status=0
	hupd_teardown || status=1
	umount /etc/passwd /etc/group
	return $status
}

# hostile_web: web runs as hostile, other as root; both were accepted.
hostile_web() {
	sleeper other
	sleeper web
	echo 'user = hostile' >>"$T/hupd.d/web.conf"
	hupd_start
	wait_for 10 is_state web up
	wait_for 10 is_state other up
	# shellcheck disable=SC2034
	WEB=$(pid_of web) OTHER=$(pid_of other) DAEMON=$(hupd_pid)
}
