# shellcheck shell=bash disable=SC2016,SC2154
# rows.bash - the rows of the checklist that hold for every init system, each
# a function which a test of the same number calls.  I is the init script.

load helper

row_03() {
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

row_04_running() {
	programs
	run -3 I status
	I start
	run -0 I status
	I stop
	run -3 I status
}

row_04_crashed() {
	programs
	I start
	hupd_kill
	run -1 I status
	I start
	run -0 I status
	wait_for 5 keeper_pid front
	! can_take_over || [ "$(keeper_pid front | wc -l)" -eq 1 ]
}

row_04_reused() {
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

row_05() {
	run -7 I reload
	[ -z "$(hupd_processes)" ]
}

row_06() {
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

row_07() {
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

row_08() {
	programs
	if is_openrc_run; then
		x sh -c 'rc-service hupd start && kill -HUP $(cat /run/hupd.pid)'
	else
		x sh -c '/etc/init.d/hupd start && kill -HUP $(cat /run/hupd.pid)'
	fi
	wait_for 5 logged 'Daemon reload'
	run -0 I status
}

row_09() {
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

row_10_try_restart() {
	if is_openrc_run; then
		run -0 x rc-service --ifstarted hupd restart
	else
		run -0 I try-restart
	fi
	[ -z "$(hupd_processes)" ]
}

row_10_unknown() {
	run I foo
	if is_openrc_run; then
		[ "$status" -eq 1 ]
	else
		[ "$status" -eq 2 ]
	fi
}

row_10_nobody() {
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

row_11_defaults() {
	x sh -c 'for f in default sysconfig conf.d; do
		[ ! -e /etc/$f/hupd ] || mv /etc/$f/hupd /root/hupd.$f; done'
	run -0 I start
	run -0 I status
	run -0 I restart
	run -0 I stop
	x sh -c 'for f in default sysconfig conf.d; do
		[ ! -e /root/hupd.$f ] || mv /root/hupd.$f /etc/$f/hupd; done'
}

row_11_run() {
	programs
	I start
	I stop
	x rm -rf /run/hupd
	run -0 I start
	run -0 I status
}

row_11_env() {
	run -0 x env -i /etc/init.d/hupd start
	run -0 x env -i /etc/init.d/hupd status
	run -0 x env -i /etc/init.d/hupd stop
	programs
	run -0 x env LEAK=secret /etc/init.d/hupd start
	wait_for 5 keeper_pid base
	refute x grep -q LEAK= "/proc/$(keeper_pid base)/environ"
}

row_11_pipe() {
	programs
	x timeout 120 sh -c '/etc/init.d/hupd start | cat'
	x timeout 120 sh -c '/etc/init.d/hupd restart 2>&1 | cat'
	run -0 I status
}

row_12_first() {
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

row_12_accepted() {
	programs
	I start
	I stop
	bad_program
	run -0 I start
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	run -0 I status
	wait_for 5 keeper_pid front
}

row_13() {
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

# Taking programs over and re-executing in place are one mechanism.
can_take_over() {
	grep -qw reexec <<<"$(x hupctl help 2>&1)"
}

# The daemon is the one that was installed last.
upgraded() {
	can_take_over || skip "hupctl has no reexec"
	wait_for 5 x hupctl ping
	[[ $(x hupctl ping) == *" $LATER "* ]]
	[ "$(x readlink "/proc/$(hupd_pid)/exe")" = /usr/sbin/hupd ]
}

# What remains after a halt: /var/tmp/order, with the marks of the scripts that
# kill what is left.
mark_killers() {
	x sh -c 'for s in sendsigs killprocs; do
		f=/etc/init.d/$s
		grep -q /var/tmp/order $f ||
		    sed -i "2i echo $s >>/var/tmp/order" $f
	done'
}

row_18() {
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

# A link to hupd-program, which is $1.
program_service() {
	local pid ctl=(x rc-service front)
	programs
	I start
	wait_for 5 keeper_pid front
	if x test -d /run/openrc; then
		x ln -s "$1" /etc/init.d/front
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
	! is_openrc_run || x rc-service front zap
	x rm /etc/init.d/front
}

# OpenRC only.
row_19() {
	programs
	x rc-update add hupd default
	machine_halt r
	machine_boot
	grep -E 'hupd.*started' <<<"$(x rc-status)"
	wait_for 10 keeper_pid front
	run -0 x rc-service hupd reload
	bad_program
	run -6 x rc-service hupd reload
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
}
