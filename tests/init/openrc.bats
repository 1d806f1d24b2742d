#!/usr/bin/env bats
# openrc.bats - the openrc-run script as "make install" installs it.  Debian's
# OpenRC stands for that of Gentoo and Alpine.

bats_require_minimum_version 1.5.0
export HOW=openrc
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

@test "also: README's way to install works" {
	x rc-update del hupd default || :
	readme_block openrc | grep '^rc-' >"$(root)/root/block"
	run -0 x sh -e /root/block
	run -0 I status
	readme_program
}

@test "also: a program in a runlevel starts with hupd" {
	programs
	x ln -s hupd-program /etc/init.d/front
	x rc-update add front default
	x rc-service front start
	keeper_pid front
	grep -E 'hupd.*started' <<<"$(x rc-status)"
	x rc-service hupd stop
	refute keeper_pid base
	x rc-update del front default
	x rm /etc/init.d/front
}

@test "also: check shows the plan and rejects a bad file" {
	programs
	run -0 I check
	I start
	bad_program
	run I check
	[ "$status" -ne 0 ]
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
}

@test "row 19: in a runlevel it starts at boot, and reload reports the result" {
	boot_in_runlevel
}

@test "row 17: uninstalled, it is gone, and an admin's files are not" {
	programs
	x rc-update del hupd default
	x rc-service hupd stop || :
	make -s -C "$TOP" uninstall DESTDIR="$(root)" PREFIX=/usr INIT=openrc
	[ ! -e "$(root)/etc/init.d/hupd" ]
	[ ! -e "$(root)/etc/conf.d/hupd" ]
	# A test wrote it.
	[ -e "$(root)/etc/hupd.conf" ]
	[ ! -e "$(root)/usr/sbin/hupd" ]
	[ -e "$(root)$CONF/base.conf" ]
}
