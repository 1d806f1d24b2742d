#!/usr/bin/env bats
# service.bats - the rows of the checklist that hold for every init system.
# tests/init/run runs this file once for each way of installing hupd, which is
# in $HOW; the machine stays up for $HOW.bats.

bats_require_minimum_version 1.5.0
load install

setup_file() {
	machine_installed
}

setup() {
	service_reset
}

@test "row 03: start twice is one daemon, stop twice succeeds" {
	programs
	I start
	local pid
	pid=$(hupd_pid)
	I start
	[ "$(hupd_pid)" = "$pid" ]
	wait_for 5 logged 'Daemon start up'
	[ "$(x grep -c 'Daemon start up' /var/log/hupd/hupd.log)" -eq 1 ]
	I stop
	[ -z "$(hupd_processes)" ]
	refute keeper_pid base
	x test ! -e /run/hupd.pid
	I stop
}

@test "row 04: status distinguishes running and stopped" {
	programs
	run -3 I status
	I start
	run -0 I status
	I stop
	run -3 I status
}

@test "row 04: status reports a crash, and start recovers from it" {
	programs
	I start
	hupd_kill
	run -1 I status
	I start
	run -0 I status
	wait_for 5 keeper_pid front
	! can_take_over || [ "$(keeper_pid front | wc -l)" -eq 1 ]
}

@test "row 04: a reused pid in the pidfile is not taken for hupd" {
	local pid
	I start
	hupd_kill
	x sh -c 'setsid sleep 1000 </dev/null >/dev/null 2>&1 &
	    echo $! >/run/hupd.pid'
	pid=$(hupd_pid)
	run -1 I status
	run -0 I stop
	x kill -0 "$pid"
	run -0 I start
	run -0 I status
	x kill -0 "$pid"
	x kill "$pid"
}

@test "row 05: reload of a stopped hupd exits 7 and starts nothing" {
	run -7 I reload
	[ -z "$(hupd_processes)" ]
}

@test "row 06: reload rejects a bad file, with file and line" {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	bad_program
	run -6 I reload
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	[ "$(pids)" = "$before" ]
}

@test "row 07: a good reload is applied when it returns" {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	program more <<<'command = keeper more'
	run -0 I reload
	keeper_pid more
	[ "$(pids)" = "$before" ]
	is_openrc_run || run -0 I force-reload
}

@test "row 08: SIGHUP right after start is a reload" {
	programs
	if is_openrc_run; then
		x sh -c 'rc-service hupd start && kill -HUP $(cat /run/hupd.pid)'
	else
		x sh -c '/etc/init.d/hupd start && kill -HUP $(cat /run/hupd.pid)'
	fi
	wait_for 5 logged 'Daemon reload'
	run -0 I status
}

@test "row 09: restart with a bad file leaves the old daemon alive" {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	bad_program
	run I restart
	[ "$status" -ne 0 ]
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	[ "$(pids)" = "$before" ]
	x rm "$CONF/bad.conf"
	run -0 I restart
	[ "$(hupd_pid)" != "${before%% *}" ]
}

@test "row 09: OpenRC's restart without dependencies checks first, too" {
	local before
	is_openrc_run || skip "is about OpenRC"
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	bad_program
	run -1 x rc-service --nodeps hupd restart
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	[ "$(pids)" = "$before" ]
	# Services that need hupd are not stopped either.
	x ln -s hupd-program /etc/init.d/front
	run -0 x rc-service front restart
	before=$(pids)
	run -1 I restart
	[ "$(pids)" = "$before" ]
	x rm "$CONF/bad.conf"
	run -0 x rc-service --nodeps hupd restart
	[ "$(hupd_pid)" != "${before%% *}" ]
	x rc-service front zap
	x rm /etc/init.d/front
}

@test "row 10: try-restart of a stopped hupd does not start it" {
	if is_openrc_run; then
		run -0 x rc-service --ifstarted hupd restart
	else
		run -0 I try-restart
	fi
	[ -z "$(hupd_processes)" ]
}

@test "row 10: an unknown action is an error" {
	run I foo
	if is_openrc_run; then
		[ "$status" -eq 1 ]
	else
		[ "$status" -eq 2 ]
	fi
}

@test "row 10: a further argument is an error" {
	local status_of=2
	! is_openrc_run || status_of=1
	run "-$status_of" I start foo
	[ "$status_of" -eq 1 ] || [ -z "$(hupd_processes)" ]
	I start
	run "-$status_of" I status foo
	run "-$status_of" I stop foo
	[ "$status_of" -eq 1 ] || [ -n "$(hupd_processes)" ]
}

@test "row 10: reload by nobody is refused" {
	I start
	run x setpriv --reuid=nobody --regid=nogroup --clear-groups \
	    /etc/init.d/hupd reload
	if is_openrc_run; then
		[ "$status" -ne 0 ]
	else
		[ "$status" -eq 4 ]
	fi
	refute x grep 'Daemon reload' /var/log/hupd/hupd.log
}

@test "row 11: it works without the file of settings" {
	x sh -c 'for f in default sysconfig conf.d; do
		[ ! -e /etc/$f/hupd ] || mv /etc/$f/hupd /root/hupd.$f; done'
	run -0 I start
	run -0 I status
	run -0 I restart
	run -0 I stop
	x sh -c 'for f in default sysconfig conf.d; do
		[ ! -e /root/hupd.$f ] || mv /root/hupd.$f /etc/$f/hupd; done'
}

@test "row 11: it works without the run folder" {
	programs
	I start
	I stop
	x rm -rf /run/hupd
	run -0 I start
	run -0 I status
}

@test "row 11: it works without environment, and passes none on" {
	run -0 x env -i /etc/init.d/hupd start
	run -0 x env -i /etc/init.d/hupd status
	run -0 x env -i /etc/init.d/hupd stop
	programs
	run -0 x env LEAK=secret /etc/init.d/hupd start
	wait_for 5 keeper_pid base
	refute x grep -q LEAK= "/proc/$(keeper_pid base)/environ"
}

@test "row 11: a pipe does not keep start from returning" {
	programs
	x timeout 120 sh -c '/etc/init.d/hupd start | cat'
	x timeout 120 sh -c '/etc/init.d/hupd restart 2>&1 | cat'
	run -0 I status
}

# Write a line to the file of settings, which the next test must not find.
setting() {
	local file
	file=$(root)$(x sh -c 'for f in default sysconfig conf.d; do
		[ ! -e /etc/$f/hupd ] || echo /etc/$f/hupd; done')
	[ -e "$file.saved" ] || cp -p "$file" "$file.saved"
	echo "$1" >>"$file"
}

settings_restore() {
	x sh -c 'for f in default sysconfig conf.d; do
		[ ! -e /etc/$f/hupd.saved ] ||
		    mv /etc/$f/hupd.saved /etc/$f/hupd; done'
}

teardown() {
	settings_restore
}

@test "also: HUPD_OPTS=-f is about that daemon in every action" {
	local pid other options
	programs
	x sh -c 'mkdir -p /root/other/programs; cd /root/other
	echo "command = keeper other" >programs/other.conf
	cat >hupd.conf' <<-E
	program-dir = /root/other/programs
	run-dir = /run/other
	log-dir = /var/log/other
	state-dir = /var/lib/other
	pidfile = /run/other.pid
	settle-time = 0
	E
	# The daemon of the default configuration is not touched.
	x hupd
	wait_for 5 keeper_pid front
	pid=$(hupd_pid)
	for options in '-f /root/other/hupd.conf -v' \
	    '-vf/root/other/hupd.conf' '--config=/root/other/hupd.conf'; do
		setting "HUPD_OPTS='$options'"
		run -3 I status
		run -0 I start
		run -0 I status
		wait_for 5 keeper_pid other
		other=$(x cat /run/other.pid)
		[ "$other" != "$pid" ]
		program_of_other more <<<'command = keeper more'
		run -0 I reload
		[[ $output == *"1 added"* ]]
		keeper_pid more
		run -0 I reopen
		run -0 I check
		run -0 I reexec
		[ "$(x cat /run/other.pid)" = "$other" ]
		is_openrc_run || run -0 I force-reload
		program_of_other bad <<<'comand = x'
		run I restart
		[ "$status" -ne 0 ]
		[[ $output == *"programs/bad.conf:1: comand: "* ]]
		[ "$(x cat /run/other.pid)" = "$other" ]
		x rm /root/other/programs/bad.conf
		run -0 I restart
		[ "$(x cat /run/other.pid)" != "$other" ]
		other=$(x cat /run/other.pid)
		is_openrc_run || {
			run -0 I try-restart
			[ "$(x cat /run/other.pid)" != "$other" ]
		}
		# So is a service of one program.
		x rm -f /etc/init.d/other
		if is_openrc_run; then
			x ln -s hupd-program /etc/init.d/other
		else
			x ln -s /usr/share/hupd/hupd-program /etc/init.d/other
		fi
		run -0 x service other status
		run -0 x service other stop
		refute keeper_pid other
		run -0 x service other start
		run -0 I stop
		run -3 I status
		x rm -f /root/other/programs/more.conf /etc/init.d/other
		settings_restore
	done
	[ "$(hupd_pid)" = "$pid" ]
	run -0 x hupctl ping
	# It was killed: the pidfile is that of its own configuration.
	setting "HUPD_OPTS='-f /root/other/hupd.conf'"
	run -0 I start
	hupd_kill
	run -1 I status
	x rm -rf /run/other.pid /run/other /var/lib/other /root/other
}

program_of_other() {
	cat >"$(root)/root/other/programs/$1.conf"
	chmod 644 "$(root)/root/other/programs/$1.conf"
}

# A program that ends only $2 seconds after SIGTERM.
slow_program() {
	program "$1" <<-E
	command = sh -c 'trap "echo it ends; sleep $2; exit" TERM; echo it runs; while :; do sleep 0.1; done'
	stop-timeout = 1h
	E
}

@test "also: start while hupd is stopping waits and starts it again" {
	local pid
	slow_program slow 3
	I start
	wait_for 5 x grep -q 'it runs' /var/log/hupd/slow.log
	pid=$(hupd_pid)
	x hupctl shutdown --no-wait
	run -0 I start
	[[ $output == *"hupd is stopping; it starts after that"* ]]
	[ "$(hupd_pid)" != "$pid" ]
	run -0 I status
	# Stop waits for an end that somebody else has begun.
	pid=$(hupd_pid)
	wait_for 5 x sh -c '[ "$(grep -c "it runs" /var/log/hupd/slow.log)" -eq 2 ]'
	x hupctl shutdown --no-wait
	run -0 I stop
	refute x kill -0 "$pid"
	run -3 I status
}

@test "also: stop waits as long as programs may take, or HUPD_STOP_WAIT" {
	slow_program slow 2
	I start
	wait_for 5 x grep -q 'it runs' /var/log/hupd/slow.log
	setting "HUPD_STOP_WAIT=abc"
	run -0 I stop
	[[ $output == *"HUPD_STOP_WAIT=abc is not a number of seconds; it is ignored"* ]]
	[ -z "$(hupd_processes)" ]
	slow_program slow 1000
	settings_restore
	setting "HUPD_STOP_WAIT=1"
	I start
	wait_for 5 x sh -c '[ "$(grep -c "it runs" /var/log/hupd/slow.log)" -eq 2 ]'
	run I stop
	[ "$status" -eq 1 ]
	[[ $output == *"still stopping programs"*": slow"* ]]
	x hupctl signal KILL slow
	wait_for 5 x test ! -e /run/hupd.pid
}

@test "also: the socket was removed, and every action knows that hupd runs" {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	lose_socket() {
		x rm /run/hupd/hupd.sock
	}
	lose_socket
	run -4 I status
	[[ $output == *"/run/hupd/hupd.sock was removed, but hupd is running"* ]]
	run -0 I start
	[ "$(pids)" = "$before" ]
	run -0 I reload
	[ "$(pids)" = "$before" ]
	run -0 I status
	lose_socket
	x kill -HUP "$(hupd_pid)"
	wait_for 5 x hupctl ping
	lose_socket
	run -0 I restart
	[ "$(hupd_pid)" != "${before%% *}" ]
	lose_socket
	run -0 I stop
	[ -z "$(hupd_processes)" ]
	run -3 I status
}

@test "also: reload waits a minute for programs, names the rest, and is content" {
	I start
	# Some of that minute has passed already.
	x cp -p /usr/share/hupd/functions /root/functions
	x sed -i 's/--timeout 60s/--timeout 1s/' /usr/share/hupd/functions
	program slow <<-E
	command = sh -c 'until [ -e /root/go ]; do sleep 0.1; done; echo >&3; exec sleep 1000'
	ready = fd:3
	E
	run -0 I reload
	x mv /root/functions /usr/share/hupd/functions
	[[ $output == *"slow     no outcome yet: starting"* ]]
	x touch /root/go
	wait_for 5 x hupctl status slow
	x rm /root/go
}

@test "row 12: a bad configuration at the first start is refused" {
	bad_program
	run I start
	if is_openrc_run; then
		[ "$status" -ne 0 ]
	else
		[ "$status" -eq 6 ]
	fi
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	x test ! -e /run/hupd.pid
	[ -z "$(hupd_processes)" ]
}

@test "row 12: after a good configuration, a bad one starts the good one" {
	programs
	I start
	I stop
	bad_program
	run -0 I start
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	run -0 I status
	wait_for 5 keeper_pid front
}

@test "row 13: stop leaves a second instance alone" {
	x sh -c 'mkdir -p /root/second/programs; cd /root/second
	echo "command = keeper second" >programs/second.conf
	cat >hupd.conf' <<-E
	program-dir = /root/second/programs
	run-dir = /run/second
	log-dir = /var/log/second
	state-dir = /var/lib/second
	pidfile = /run/second.pid
	E
	programs
	I start
	x hupd -f /root/second/hupd.conf
	I stop
	run -3 I status
	x hupctl -s /run/second/hupd.sock ping
	wait_for 5 keeper_pid second
	x sh -c 'kill $(cat /run/second.pid)'
	wait_for 10 x test ! -e /run/second.pid
}

@test "also: a link to hupd-program is a service" {
	local pid ctl=(x rc-service front) script=/usr/share/hupd/hupd-program
	! is_openrc_run || script=hupd-program
	programs
	I start
	wait_for 5 keeper_pid front
	if x test -d /run/openrc; then
		x ln -s "$script" /etc/init.d/front
	else
		ctl=(x service front)
		readme_block program | sed 's/NAME/front/' \
		    >"$(root)/root/block"
		x sh -e /root/block
	fi
	run -0 "${ctl[@]}" status
	if is_openrc_run; then
		run -0 "${ctl[@]}" start
	fi
	run -0 "${ctl[@]}" stop
	refute keeper_pid front
	keeper_pid base
	run -3 "${ctl[@]}" status
	run -0 "${ctl[@]}" start
	pid=$(keeper_pid front)
	run -0 "${ctl[@]}" restart
	[ "$(keeper_pid front)" != "$pid" ]
	run -0 "${ctl[@]}" status
	# hupd is asked each time: somebody else may have stopped or started it.
	x hupctl stop front
	run -3 "${ctl[@]}" status
	run -0 "${ctl[@]}" start
	keeper_pid front
	x hupctl stop front
	run -0 "${ctl[@]}" stop
	x hupctl start front
	pid=$(keeper_pid front)
	run -0 "${ctl[@]}" restart
	[ "$(keeper_pid front)" != "$pid" ]
	x hupctl restart front
	run -0 "${ctl[@]}" stop
	refute keeper_pid front
	! is_openrc_run || x rc-service front zap
	x rm /etc/init.d/front
}

@test "also: force-reload of a program, in the sense of the LSB" {
	local pid
	! is_openrc_run || skip "OpenRC has no force-reload"
	x ln -s /usr/share/hupd/hupd-program /etc/init.d/front
	programs
	I start
	wait_for 5 keeper_pid front
	pid=$(keeper_pid front)
	run -2 x /etc/init.d/front force-reload foo
	# It cannot reload: it is restarted, if it is running.
	run -0 x /etc/init.d/front force-reload
	[ "$(keeper_pid front)" != "$pid" ]
	run -0 x /etc/init.d/front stop
	run -0 x /etc/init.d/front force-reload
	refute keeper_pid front
	# It can, and refuses: it continues.
	echo "reload-command = sh -c 'test -e /root/good'" \
	    >>"$(root)$CONF/front.conf"
	run -0 I reload
	run -0 x /etc/init.d/front start
	pid=$(keeper_pid front)
	run -1 x /etc/init.d/front force-reload
	[ "$(keeper_pid front)" = "$pid" ]
	x touch /root/good
	run -0 x /etc/init.d/front force-reload
	[ "$(keeper_pid front)" = "$pid" ]
	run -0 x /etc/init.d/front stop
	run -0 x /etc/init.d/front force-reload
	refute keeper_pid front
	x rm /etc/init.d/front /root/good
}

# Have the scripts that kill remaining processes at a halt write their names to
# /var/tmp/order as well.
mark_killers() {
	x sh -c 'for s in sendsigs killprocs; do
		f=/etc/init.d/$s
		grep -q /var/tmp/order $f ||
		    sed -i "2i echo $s >>/var/tmp/order" $f
	done'
}

@test "row 18: reboot starts the programs, shutdown stops them in order" {
	! is_openrc_run || x rc-update add hupd default || :
	programs
	mark_killers
	I start
	wait_for 5 keeper_pid front
	[ "$(machine_halt r)" = reboot ]
	machine_boot
	run -0 I status
	wait_for 10 keeper_pid front
	x rm /var/tmp/order
	[ "$(machine_halt h)" = halt ]
	cat "$(root)/var/tmp/order"
	[ "$(head -n 3 "$(root)/var/tmp/order" | paste -s -d,)" = \
	    "stop front,stop base,sendsigs" ]
	grep -q 'Daemon stop' "$(root)/var/log/hupd/hupd.log"
	machine_boot
}
