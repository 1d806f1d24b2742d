#!/usr/bin/env bats
# deb-openrc.bats - the Debian package, with its LSB script, on Debian's OpenRC.

bats_require_minimum_version 1.5.0
export HOW=deb-openrc
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

@test "row 19: in a runlevel it starts at boot, and reload reports the result" {
	boot_in_runlevel
}

@test "row 17: removed, it fails in no obscure way; purged, it is gone" {
	remove_deb
	refute grep -w hupd <<<"$(x rc-update show)"
}
