#!/usr/bin/env bats
# deb-openrc.bats - the Debian package, with its LSB script, on Debian's OpenRC.

bats_require_minimum_version 1.5.0
load rows
load deb
export HOW=deb-openrc

setup_file() {
	machine_up openrc
	install_deb "$DEB"
}

teardown_file() {
	machine_down
}

setup() {
	service_reset
}

@test "row 03: start twice is one daemon, stop twice succeeds" {
	row_03
}

@test "row 04: status tells running from stopped" {
	row_04_running
}

@test "row 04: status tells a crash, and start mends it" {
	row_04_crashed
}

@test "row 04: a reused pid in the pidfile is not taken for hupd" {
	row_04_reused
}

@test "row 05: reload of a stopped hupd is 7 and starts nothing" {
	row_05
}

@test "row 06: reload with a bad file is rejected, by file and line" {
	row_06
}

@test "row 07: a good reload is applied when it returns" {
	row_07
}

@test "row 08: SIGHUP at once after start is a reload" {
	row_08
}

@test "row 09: restart with a bad file leaves the old one alive" {
	row_09
}

@test "row 10: try-restart of a stopped hupd does not start it" {
	row_10_try_restart
}

@test "row 10: an unknown action is an error" {
	row_10_unknown
}

@test "row 10: reload by nobody is refused" {
	row_10_nobody
}

@test "row 11: it works without the file of settings" {
	row_11_defaults
}

@test "row 11: it works without the run folder" {
	row_11_run
}

@test "row 11: it works without environment, and passes none on" {
	row_11_env
}

@test "row 11: a pipe does not keep start from returning" {
	row_11_pipe
}

@test "row 12: a bad configuration from the beginning is refused" {
	row_12_first
}

@test "row 12: a bad configuration after a good one starts the good one" {
	row_12_accepted
}

@test "row 13: stop leaves a second instance alone" {
	row_13
}

@test "also: a link to hupd-program is a service" {
	program_service /usr/share/hupd/hupd-program
}

@test "row 14: an upgrade changes no pid and runs the new version" {
	upgrade_deb
}

@test "row 16: what is disabled stays so when it is installed again" {
	x update-rc.d hupd disable
	install_deb "$DEB"
	refute grep -w hupd <<<"$(x rc-update show default)"
	x update-rc.d hupd enable
	grep -w hupd <<<"$(x rc-update show default)"
}

@test "row 18: reboot starts the programs, shutdown stops them in order" {
	row_18
}

@test "row 19: in a runlevel it starts at boot, and reload has its verdict" {
	row_19
}

@test "row 17: removed, it fails in no obscure way; purged, it is gone" {
	remove_deb
	refute grep -w hupd <<<"$(x rc-update show)"
}
