#!/usr/bin/env bats
# openrc.bats - the openrc-run script as "make install" installs it.  Debian's
# OpenRC stands for that of Gentoo and Alpine.

bats_require_minimum_version 1.5.0
load rows
export HOW=openrc

setup_file() {
	machine_up openrc
	# The commands of README.md, for a root that has no compiler.
	local block
	block=$(readme_block gentoo | grep '^make ')
	[ "$block" = "make install PREFIX=/usr INIT=openrc" ]
	eval "${block/make/make -s -C $TOP DESTDIR=$(root)}"
	x adduser --quiet --system --group --no-create-home hupd
}

teardown_file() {
	machine_down
}

setup() {
	service_reset
}

@test "also: README's way to install works" {
	readme_block gentoo | grep '^rc-' >"$(root)/root/block"
	[ "$(readme_block alpine | grep '^rc-')" = "$(cat "$(root)/root/block")" ]
	run -0 x sh -e /root/block
	run -0 I status
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
	program_service hupd-program
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

@test "row 18: reboot starts the programs, shutdown stops them in order" {
	x rc-update add hupd default || :
	row_18
}

@test "row 19: in a runlevel it starts at boot, and reload has its verdict" {
	row_19
}

@test "row 17: uninstalled, it is gone, and an admin's files are not" {
	programs
	x rc-update del hupd default
	x rc-service hupd stop || :
	make -s -C "$TOP" uninstall DESTDIR="$(root)" PREFIX=/usr INIT=openrc
	[ ! -e "$(root)/etc/init.d/hupd" ]
	[ ! -e "$(root)/etc/conf.d/hupd" ]
	[ ! -e "$(root)/usr/sbin/hupd" ]
	[ -e "$(root)$CONF/base.conf" ]
}
