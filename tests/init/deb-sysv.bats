#!/usr/bin/env bats
# deb-sysv.bats - the Debian package on SysV init.

bats_require_minimum_version 1.5.0
export HOW=deb-sysv
load install

setup_file() {
	machine_installed
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

@test "also: logrotate rotates the event log, and hupd continues in a new one" {
	programs
	I start
	x logrotate -f /etc/logrotate.d/hupd
	wait_for 5 x grep 'Daemon start up' /var/log/hupd/hupd.log.1
	# Lines before the reopening may still be in the old file.
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

@test "also: README's way to install works" {
	readme_deb
}

@test "also: README's way without a package works" {
	readme_sysv
}

@test "row 17: removed, it fails in no obscure way; purged, it is gone" {
	remove_deb
	run x sh -c 'ls /etc/rc?.d/*hupd'
	[ "$status" -ne 0 ]
}
