#!/usr/bin/env bats
# deb-sysv.bats - the Debian package on SysV init.

bats_require_minimum_version 1.5.0
load rows
load deb
export HOW=deb-sysv

setup_file() {
	machine_up sysv
	install_deb "$DEB"
}

teardown_file() {
	machine_down
}

setup() {
	service_reset
}

@test "row 02: insserv has nothing to say" {
	run -0 x insserv -n -v hupd
	echo "$output"
	refute grep -i -e hupd: -e warning -e "script hupd" <<<"$output"
}

@test "the package starts hupd, which is valid without a program" {
	I stop
	x dpkg-reconfigure hupd
	run -0 x service hupd status
	run -0 x hupctl status
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

@test "also: logrotate rotates the event log, and hupd goes on in a new one" {
	programs
	I start
	x logrotate -f /etc/logrotate.d/hupd
	wait_for 5 x grep 'Daemon start up' /var/log/hupd/hupd.log.1
	# What came before the new one was opened may still be in the old one.
	is_new() {
		x hupctl restart front && logged 'front: .* -> up'
	}
	wait_for 5 is_new
}

@test "row 14: an upgrade changes no pid and runs the new version" {
	upgrade_deb
}

@test "row 15: an upgrade leaves edited settings and strange files alone" {
	upgrade_deb_edited
}

@test "row 15: an upgrade with a rejected configuration succeeds and shows it" {
	upgrade_deb_rejected
}

@test "row 16: what is disabled stays so when it is installed again" {
	x update-rc.d hupd disable
	install_deb "$DEB"
	run x sh -c 'ls /etc/rc2.d/S*hupd'
	[ "$status" -ne 0 ]
	x update-rc.d hupd enable
	run -0 x sh -c 'ls /etc/rc2.d/S*hupd'
}

@test "row 18: reboot starts the programs, shutdown stops them in order" {
	row_18
}

@test "also: README's way to install works" {
	readme_deb
}

@test "row 17: removed, it fails in no obscure way; purged, it is gone" {
	remove_deb
	run x sh -c 'ls /etc/rc?.d/*hupd'
	[ "$status" -ne 0 ]
}
