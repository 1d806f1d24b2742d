# Programs run with the ids of their user, all 32 bits of them, whatever machine
# hupd was built for: each test is there for 64 bits and for 32.  There the
# system calls with the old numbers cut ids to 16 bits, and make root of 131072.
load helper

setup_file() {
	local source=$HUPD_BUILD
	while [ ! -e "$source/Makefile" ]; do
		source=${source%/*}
	done
	export I386=$source/build/i386 I386_STATUS=0
	[ "$(id -u)" -ne 0 ] || "$TOP/tests/hostile/i386" "$source" \
	    >"$BATS_FILE_TMPDIR/i386" 2>&1 || I386_STATUS=$?
}

setup() {
	local name
	needs_root
	hupd_setup
	mount_over /etc/passwd
	mount_over /etc/group
	# Cut to 16 bits, these would be 34497 and 0.
	for name in u100033 u131072; do
		echo "$name:x:${name#u}:${name#u}::/:/bin/sh" >>/etc/passwd
		echo "$name:x:${name#u}:" >>/etc/group
	done
	for name in 65536 196608 4000000000; do
		echo "g$name:x:$name:u100033" >>/etc/group
	done
}

teardown() {
	local status=0
	hupd_teardown || status=1
	umount /etc/passwd /etc/group
	return $status
}

# Test the daemon and the program that were built for 32 bits.
in_32_bits() {
	[ "$I386_STATUS" -ne 3 ] || skip "$(tail -n 1 "$BATS_FILE_TMPDIR/i386")"
	[ "$I386_STATUS" -eq 0 ] || cat "$BATS_FILE_TMPDIR/i386"
	HUPD=$I386/hupd
	# shellcheck disable=SC2034
	HUPCTL=$I386/hupctl
	ACTOR=$I386/tools/actor
	# ELFCLASS32
	[ "$(od -An -t u1 -j 4 -N 1 "$HUPD")" -eq 1 ]
}

# notifier NAME LINE ...: a program that is ready once it has said so.
notifier() {
	local name=$1
	shift
	printf '%s\n' \
	    "command = ${ACTOR-$HUPD_BUILD/tools/actor} notify READY=1 wait" \
	    'ready = notify' "$@" | program "$name"
}

# has_ids PID UID GID GROUPS: exactly these, as real, effective, saved and file
# system id.
has_ids() {
	local uid="$2	$2	$2	$2" gid="$3	$3	$3	$3"
	grep -E '^(Uid|Gid|Groups)' "/proc/$1/status"
	grep -qx "Uid:	$uid" "/proc/$1/status"
	grep -qx "Gid:	$gid" "/proc/$1/status"
	grep -Eqx "Groups:	$4 ?" "/proc/$1/status"
}

runs_as() {
	wait_for 10 is_state "$1" up
	has_ids "$(pid_of "$1")" "${@:2}"
}

users_and_groups() {
	notifier a 'user = u100033' 'groups = u100033'
	notifier b 'user = u131072'
	notifier c 'user = u100033' 'group = g65536'
	notifier d 'group = g196608'
	hupd_start
	runs_as a 100033 100033 100033
	runs_as b 131072 131072 131072
	runs_as c 100033 65536 '65536 196608 4000000000'
	runs_as d 0 196608 196608
}

lists_of_groups() {
	notifier a 'user = u100033'
	notifier b 'user = u131072' 'groups = g65536 g4000000000 u100033'
	hupd_start
	runs_as a 100033 100033 '65536 100033 196608 4000000000'
	runs_as b 131072 131072 '65536 100033 4000000000'
}

commands_of_a_program() {
	local ids='id -u; id -g; id -G'
	notifier web 'user = u131072' 'health-interval = 100ms' \
	    "health-command = sh -c '($ids) >$T/health.new; mv $T/health.new $T/health'" \
	    "reload-command = sh -c '($ids) >$T/reload.new; mv $T/reload.new $T/reload'"
	chmod 1777 "$T"
	hupd_start
	wait_for 10 test -e "$T/health"
	ctl reload web
	printf '131072\n131072\n131072\n' >"$T/ids"
	cmp "$T/ids" "$T/health"
	cmp "$T/ids" "$T/reload"
}

log_process() {
	local log
	setting 'log-user = u131072'
	notifier web
	hupd_start
	wait_for 10 is_state web up
	log=$(pgrep -P "$(hupd_pid)" -f 'hupd: log')
	has_ids "$log" 131072 131072 ""
}

no_user() {
	local line
	echo 'nouid:x:4294967295:100033::/:/bin/sh' >>/etc/passwd
	echo 'nogid:x:100034:4294967295::/:/bin/sh' >>/etc/passwd
	echo 'none:x:4294967295:' >>/etc/group
	for line in 'user = nouid' 'user = nogid' 'group = none' \
	    'groups = none' 'user = 4294967295' 'group = 4294967295' \
	    'groups = 4294967295'; do
		notifier web "$line"
		run -6 hupd_env "$HUPD" -n -f "$T/hupd.conf"
		echo "$output"
		[[ $output == *web.conf:3:*"${line#* = }"* ]]
	done
	notifier web
	setting 'log-user = nouid'
	run -6 hupd_env "$HUPD" -n -f "$T/hupd.conf"
	[[ $output == *hupd.conf:*log-user:*nouid* ]]
	sed -i /^log-user/d "$T/hupd.conf"
	sed /^hupd:/d /etc/passwd >"$T/passwd"
	sed s/^nouid:/hupd:/ "$T/passwd" >/etc/passwd
	run -6 hupd_start
	[[ $output == *'user hupd has the id 4294967295'* ]]
}

@test "64 bits: a user or group above 65535 is this user, not another or root" {
	users_and_groups
}

@test "64 bits: a list of groups is exactly that, without group 0" {
	lists_of_groups
}

@test "64 bits: health-command and reload-command have the ids of the program" {
	commands_of_a_program
}

@test "64 bits: the log process has the ids of log-user" {
	log_process
}

@test "64 bits: an account with the id 4294967295 is refused by name" {
	no_user
}

@test "a program is not executed if its ids are not those asked for" {
	local call what
	needs_commands strace
	notifier web 'user = u131072'
	for call in setgroups setresgid setresuid; do
		# The call says that all is well, and does nothing.
		attack hupd_env setpriv --clear-groups -- strace -f -qq -o /dev/null \
		    -e inject=$call:retval=0 "$HUPD" -d -f "$T/hupd.conf"
		wait_for 10 hupd_answers
		what=${call#set}
		what=${what/resgid/group}
		wait_for 10 logged "starting -> wait (not executed): ${what/resuid/user}[ :]"
		run ! logged 'web: .* up'
		hupd_stop
		rm -r "$T/log"
	done
}

@test "32 bits: a user or group above 65535 is this user, not another or root" {
	in_32_bits
	users_and_groups
}

@test "32 bits: a list of groups is exactly that, without group 0" {
	in_32_bits
	lists_of_groups
}

@test "32 bits: health-command and reload-command have the ids of the program" {
	in_32_bits
	commands_of_a_program
}

@test "32 bits: the log process has the ids of log-user" {
	in_32_bits
	log_process
}

@test "32 bits: an account with the id 4294967295 is refused by name" {
	in_32_bits
	no_user
}
