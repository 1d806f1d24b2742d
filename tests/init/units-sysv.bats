#!/usr/bin/env bats
# units-sysv.bats - daemons of Debian that move from their init scripts to hupd, as
# docs/migration.md says: one by its unit, one by hand.

export HOW=units-sysv
load moving

setup_file() {
	machine_with sysv redis cron
}

teardown_file() {
	machine_down
}

@test "from a unit" {
	[ "$(x pgrep -x redis-server | wc -l)" -eq 1 ]
	run -0 follow unit redis-server
	[[ $output = *"+ redis-server added"* ]]
	follow sysv redis-server
	follow start redis-server
	serves redis
	one_of_hupd redis-server
}

@test "what the unit promises holds, through restarts and kills" {
	for step in promises restart kill hupd stop; do
		if ! "step_$step" redis; then
			echo "in step $step"
			return 1
		fi
	done
}

@test "from an init script" {
	[ "$(x pgrep -x cron | wc -l)" -eq 1 ]
	follow sysv cron
	run -0 follow script cron \
	    's|cron --foreground|cron -f|;s|runtime-directory=cron ||'
	[[ $output = *"cron"*"up"* ]]
	one_of_hupd cron
}

@test "no init script ends them at a shutdown, or starts them at boot" {
	machine_halt r
	sed -n '/shutdown requested/,/Daemon stop/p' \
	    "$(root)/var/log/hupd/hupd.log" >"$BATS_TEST_TMPDIR/end"
	grep -q 'redis-server: up -> stopping (stop)' "$BATS_TEST_TMPDIR/end"
	grep -q 'cron: up -> stopping (stop)' "$BATS_TEST_TMPDIR/end"
	machine_boot
	serves redis
	serves cron
	one_of_hupd redis-server
	one_of_hupd cron
}

@test "an upgrade of their packages changes no pid" {
	local before
	before=$(field redis pid)$(field cron pid)
	run -0 x dpkg-reconfigure redis-server cron
	[ "$(field redis pid)$(field cron pid)" = "$before" ]
	[ ! -x "$(root)/etc/init.d/cron" ]
	one_of_hupd redis-server
	one_of_hupd cron
}

@test "the way back" {
	follow back cron
	[ "$(x pgrep -x cron | wc -l)" -eq 1 ]
	[ -z "$(field cron state)" ]
	compgen -G "$(root)/etc/rc2.d/S*cron" >/dev/null
}
