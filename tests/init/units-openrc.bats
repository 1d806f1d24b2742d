#!/usr/bin/env bats
# units-openrc.bats - a daemon of Debian that moves from OpenRC to hupd, as
# docs/migration.md says.

export HOW=units-openrc
load moving

setup_file() {
	machine_with openrc redis
}

teardown_file() {
	machine_down
}

@test "from a unit" {
	[ "$(x pgrep -x redis-server | wc -l)" -eq 1 ]
	follow unit redis-server
	follow openrc redis-server
	follow start redis-server
	serves redis
	one_of_hupd redis-server
}

@test "no init script ends it at a shutdown, or starts it at boot" {
	machine_halt r
	sed -n '/shutdown requested/,/Daemon stop/p' \
	    "$(root)/var/log/hupd/hupd.log" >"$BATS_TEST_TMPDIR/end"
	grep -q 'redis-server: up -> stopping (stop)' "$BATS_TEST_TMPDIR/end"
	machine_boot
	serves redis
	one_of_hupd redis-server
}
