#!/usr/bin/env bats
# rpm-sysv.bats - the rpm on SysV init, its scriptlets really run.

bats_require_minimum_version 1.5.0
export HOW=rpm-sysv
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

@test "row 22: rpmlint finds no error" {
	rpmlint -r "$TOP/rpm/rpmlintrc" "$RPM" "$TOP/rpm/hupd.spec"
}

# Nothing is changed, besides the settings of the tests.
verified() {
	run x rpm --force-debian -V hupd
	[ "${output%% *}" = "S.5....T." ]
	[ "${output##* }" = /etc/hupd.conf ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "row 22: rpm -i has registered the service, rpm -V finds no change" {
	run -0 x sh -c 'ls /etc/rc2.d/S*hupd'
	verified
	x getent passwd hupd
	[ -z "$(hupd_processes)" ]
	I start
	verified
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
