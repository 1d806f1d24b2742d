#!/usr/bin/env bats
# rpm-sysv.bats - the rpm on SysV init, its scriptlets really run.

bats_require_minimum_version 1.5.0
load rows
export HOW=rpm-sysv

setup_file() {
	machine_up sysv
	# What Debian's libraries provide, so that dependencies are checked.
	"$TOP/tests/init/mkprovides" "$(root)" "$BATS_FILE_TMPDIR"
	cp "$BATS_FILE_TMPDIR"/*/*.rpm "$RPM" "$(root)/root/"
	x sh -c 'rpm --force-debian -i /root/debian-root-provides*.rpm'
	x rpm --force-debian -i "/root/${RPM##*/}"
}

teardown_file() {
	machine_down
}

setup() {
	service_reset
}

@test "row 22: rpmlint finds no error" {
	rpmlint -r "$TOP/rpm/rpmlintrc" "$RPM" "$TOP/rpm/hupd.spec"
}

@test "row 22: rpm -i has registered the service, rpm -V finds no change" {
	run -0 x sh -c 'ls /etc/rc2.d/S*hupd'
	run -0 x rpm --force-debian -V hupd
	[ -z "$output" ]
	x getent passwd hupd
	[ -z "$(hupd_processes)" ]
	I start
	run -0 x rpm --force-debian -V hupd
	[ -z "$output" ]
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

@test "rows 14, 22: rpm -U changes no pid and runs the new version" {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	x sh -c 'echo HUPD_OPTS=-v >>/etc/sysconfig/hupd'
	cp "$LATER_RPM" "$(root)/root/"
	x rpm --force-debian -U "/root/${LATER_RPM##*/}"
	[ "$(pids)" = "$before" ]
	upgraded
	x grep -x HUPD_OPTS=-v /etc/sysconfig/hupd
	run -0 I reload
	[ "$(pids)" = "$before" ]
}

@test "row 22: rpm -U with a rejected configuration succeeds and shows it" {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	bad_program
	run -0 x rpm --force-debian -U --oldpackage "/root/${RPM##*/}"
	echo "$output"
	[ "$(pids)" = "$before" ]
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
}

@test "row 18: reboot starts the programs, shutdown stops them in order" {
	row_18
}

@test "also: README's way to install works" {
	local block
	x rpm --force-debian -e hupd
	block=$(readme_block rpm)
	[ "$(grep -c '^make rpm$' <<<"$block")" -eq 1 ]
	x mkdir -p /root/clone/build
	cp "$RPM" "$(root)/root/clone/build/"
	# Debian's rpm asks to be forced, and its chkconfig is update-rc.d.
	grep -v '^make ' <<<"$block" | sed 's/^rpm /&--force-debian /' \
	    >"$(root)/root/clone/block"
	x sh -ec 'cd /root/clone; . ./block'
	run -0 I status
}

@test "rows 17, 22: rpm -e stops it and leaves an admin's files" {
	programs
	I start
	wait_for 5 keeper_pid front
	x rpm --force-debian -e hupd
	[ -z "$(hupd_processes)" ]
	refute keeper_pid base
	run x sh -c 'ls /etc/rc?.d/*hupd'
	[ "$status" -ne 0 ]
	[ ! -e "$(root)/etc/init.d/hupd" ]
	[ -e "$(root)$CONF/base.conf" ]
}
