# shellcheck shell=bash
# helper.bash - attack a real root daemon as its programs and other users of the
# machine can.  A test here is in mount and pid namespaces of its own: what it
# mounts, and each process that it leaves, ends with the file.
#
# In addition to the helper of the system tests: as, attack, mount_over.

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
