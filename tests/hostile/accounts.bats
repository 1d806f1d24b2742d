# Accounts that go: what was accepted and what runs needs no name service.
load helper

setup() {
	needs_root
	hupd_setup
	hostile_account
	echo 'other:x:23457:hostile' >>/etc/group
}

teardown() {
	accounts_teardown
}

# userdel, for files that are mount points.
forget() {
	local file
	for file in /etc/passwd /etc/group; do
		sed '/^hostile:/d;/hostile$/d' "$file" >"$T/forgotten"
		cat "$T/forgotten" >"$file"
	done
	run ! getent passwd hostile
}

# Another daemon answers, and web still has the process that it had.
taken_over() {
	[ "$(hupd_pid)" != "$DAEMON" ] && hupd_answers &&
	    [ "$(pid_of web)" = "$WEB" ]
}

# web has exactly the ids that the account had.
has_kept_ids() {
	local status
	status=/proc/$(pid_of web)/status
	[ "$(awk '$1 == "Uid:" || $1 == "Gid:" { print $2, $3, $4, $5 }
	    $1 == "Groups:" { print $2, $3 }' "$status" | tr '\n' ' ')" = \
	    '23456 23456 23456 23456 23456 23456 23456 23456 23456 23457 ' ]
}

restarts_with_kept_ids() {
	ctl restart web
	has_kept_ids
	tr '\0' '\n' <"/proc/$(pid_of web)/environ" | grep -x HOME=/tmp
	kill -9 "$(pid_of web)"
	wait_for 10 is_other_web
	has_kept_ids
}

is_other_web() {
	is_state web up && [ "$(pid_of web)" != "$WEB" ]
}

@test "a killed daemon takes over a program whose user has gone" {
	hostile_web
	forget
	kill -9 "$DAEMON"
	wait_for 10 taken_over
	is_state other up
	restarts_with_kept_ids
}

@test "and one whose log-user has gone" {
	setting 'log-user = hostile'
	hostile_web
	forget
	kill -9 "$DAEMON"
	wait_for 10 taken_over
	log=$(pgrep -P "$(hupd_pid)" -f 'hupd: log')
	[ "$(stat -c %u "/proc/$log")" = 23456 ]
}

@test "a killed daemon whose access-group has gone is replaced" {
	setting 'access-group = other'
	hostile_web
	forget
	kill -9 "$DAEMON"
	wait_for 10 taken_over
	[ "$(stat -c '%g %a' "$T/run/hupd.sock")" = '23457 660' ]
}

@test "a re-execution keeps a program whose user has gone" {
	setting 'log-user = hostile'
	setting 'access-group = other'
	hostile_web
	forget
	ctl reexec
	[ "$(pid_of web)" = "$WEB" ]
	restarts_with_kept_ids
}

@test "a start after daemon and guard were killed takes it over, too" {
	hostile_web
	forget
	kill -9 "$(pgrep -P "$DAEMON" -f 'hupd: guard')" "$DAEMON"
	hupd_start
	taken_over
	restarts_with_kept_ids
}

@test "a start from the accepted configuration needs no account" {
	setting 'log-user = hostile'
	setting 'access-group = other'
	hostile_web
	hupd_stop
	forget
	echo 'nonsense = 1' >>"$T/hupd.d/other.conf"
	hupd_start
	wait_for 10 is_state web up
	wait_for 10 is_state other up
	has_kept_ids
}

# old_files: as version 0.1 wrote them.
old_files() {
	sed -i '/^#: /d' "$T/run/settings" "$T/run/running" \
	    "$T/state/accepted"
}

@test "a takeover from version 0.1 looks the accounts up, and keeps them" {
	setting 'log-user = hostile'
	hostile_web
	old_files
	kill -9 "$DAEMON"
	wait_for 10 taken_over
	grep -q '^#: resolved = 23456 23456 ' "$T/run/settings"
	grep -q '^#: resolved = 23456 23456 hostile /tmp /bin/sh 23456 23457$' \
	    "$T/run/running"
	forget
	DAEMON=$(hupd_pid)
	kill -9 "$DAEMON"
	wait_for 10 taken_over
	restarts_with_kept_ids
}

@test "from version 0.1, a program whose user has gone runs on, and then waits" {
	setting 'log-user = hostile'
	hostile_web
	old_files
	forget
	kill -9 "$DAEMON"
	wait_for 10 taken_over
	is_state other up
	ctl status | grep 'log-user cannot be found'
	# Never as root.
	kill -9 "$WEB"
	wait_for 10 is_state web down
	ctl status web | grep 'waits for user hostile (does not exist)'
	ctl -j status web | grep '"waiting_for": *"user hostile (does not exist)"'
	run -1 ctl restart web
	[[ $output == *'waits for user hostile'* ]]
	DAEMON=$(hupd_pid)
	kill -9 "$DAEMON"
	wait_for 10 hupd_answers
	is_state web down
	is_state other up
}

# has_ids NAME UID GID GROUPS HOME USER
has_ids() {
	local pid
	wait_for 10 is_state "$1" up
	pid=$(pid_of "$1")
	grep -E '^(Uid|Gid|Groups)' "/proc/$pid/status"
	grep -qx "Uid:	$2	$2	$2	$2" "/proc/$pid/status"
	grep -qx "Gid:	$3	$3	$3	$3" "/proc/$pid/status"
	grep -Eqx "Groups:	$4 ?" "/proc/$pid/status"
	tr '\0' '\n' <"/proc/$pid/environ" >"$T/environ"
	grep -x "HOME=$5" "$T/environ"
	grep -x "USER=$6" "$T/environ"
	grep -x "LOGNAME=$6" "$T/environ"
}

# runs_as KEYS: web is defined with these lines.
defined() {
	sleeper web
	printf '%s\n' "$@" >>"$T/hupd.d/web.conf"
	ctl reload
}

@test "user, group and groups may be numbers, with an entry or without" {
	hupd_start
	# Its entry counts.
	defined 'user = 23456'
	has_ids web 23456 23456 '23456 23457' /tmp hostile
	# Without one, the group has the same number.
	defined 'user = 54321'
	has_ids web 54321 54321 54321 / 54321
	defined 'user = 54321' 'group = 54000'
	has_ids web 54321 54000 54000 / 54321
	defined 'user = 54321' 'group = 0' 'groups = 1 2'
	has_ids web 54321 0 '1 2' / 54321
	defined 'user = hostile' 'group = 54000'
	has_ids web 23456 54000 '23457 54000' /tmp hostile
	defined 'user = hostile' 'groups = 54000,1'
	has_ids web 23456 23456 '1 54000' /tmp hostile
	defined 'user = 0'
	has_ids web 0 0 '.*' "$(getent passwd 0 | cut -d : -f 6)" root
	# A name of digits is a name first.
	echo '54321:x:23456:23457::/:/bin/sh' >>/etc/passwd
	defined 'user = 54321'
	has_ids web 23456 23457 23457 / 54321
}

@test "a number that no user or group can have is refused" {
	local line
	hupd_start
	for line in 'user = 4294967295' 'group = 4294967295' \
	    'groups = 0 4294967295' 'user = 4294967296' 'group = 99999999999' \
	    'user = -1' 'user = 1x' 'groups = 1 +2'; do
		sleeper web
		echo "$line" >>"$T/hupd.d/web.conf"
		run -6 ctl reload
		[[ $output == *"web.conf:2: ${line%% =*}: "* ]]
	done
}

@test "log-user and access-group may be numbers" {
	setting 'log-user = 54321'
	setting 'access-group = 54322'
	hupd_start
	log=$(pgrep -P "$(hupd_pid)" -f 'hupd: log')
	[ "$(stat -c '%u %g' "/proc/$log")" = '54321 54321' ]
	[ "$(stat -c '%g %a' "$T/run/hupd.sock")" = '54322 660' ]
}
