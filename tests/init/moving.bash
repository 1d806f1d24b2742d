# shellcheck shell=bash
# moving.bash - for daemons of Debian that move from their init scripts to hupd by
# the commands of docs/migration.md.

bats_require_minimum_version 1.5.0
load helper
load ../units/life

# The machine with these daemons, which their init scripts have started:
# INIT NAME ...
machine_with() {
	local status=0
	life_root "$@" >"$BATS_FILE_TMPDIR/log" 2>&1 || status=$?
	[ "$status" -ne 77 ] || return 0
	[ "$status" -eq 0 ] || { cat "$BATS_FILE_TMPDIR/log"; return 1; }
	life_boot
	touch "$BATS_FILE_TMPDIR/ready"
}

setup() {
	[ -e "$BATS_FILE_TMPDIR/ready" ] ||
	    skip "no packages: $(tail -n 1 "$BATS_FILE_TMPDIR/log")"
}

# follow WORD NAME [SED]: run a block of the guide in the machine.
follow() {
	guide "$1" "$2" | sed "${3-}" >"$(root)/root/block"
	[ -s "$(root)/root/block" ]
	x sh -ex /root/block
}

# One process of that name, which is hupd's child.
one_of_hupd() {
	[ "$(x pgrep -x "$1" | wc -l)" -eq 1 ]
	[ "$(x ps -o ppid= -p "$(x pgrep -x "$1")" | tr -d ' ')" = \
	    "$(hupd_pid)" ]
}
