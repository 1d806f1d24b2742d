#!/usr/bin/env bats
# The supervisor of an ordinary user, in that user's own folders.

# shellcheck disable=SC2030,SC2031
load helper

setup() {
	hupd_setup
	user_setup
	RUN=$USER_HOME/run/hupd
}

teardown() {
	local pid status=0
	if pid=$(cat "$RUN/hupd.pid" 2>/dev/null) && alive "$pid"; then
		kill "$pid"
		wait_for 15 gone "$pid" || status=1
	fi
	hupd_teardown || status=1
	return $status
}

uctl() {
	as_user hupctl "$@"
}

user_state() {
	uctl status "$1" 2>/dev/null | awk -v n="$1" '$1 == n { print $2 }'
}

user_is() {
	[ "$(user_state "$1")" = "$2" ]
}

mode() {
	stat -c %a "$1"
}

@test "its whole life lies in the XDG folders" {
	no_valgrind 'there is no guard, and it says so'
	user_program web <<<'command = sh -c "id -u; echo $HOME; exec sleep 1000"'
	run -0 as_user hupd
	[ -z "$output" ]
	pid=$(cat "$RUN/hupd.pid")
	alive "$pid"
	[ "$(stat -c %u "/proc/$pid")" = "$(as_user id -u)" ]
	wait_for 5 user_is web up
	[ -S "$RUN/hupd.sock" ]
	[ "$(mode "$RUN")" = 700 ]
	[ "$(mode "$RUN/hupd.sock")" = 600 ]
	[ "$(mode "$USER_HOME/state/hupd")" = 700 ]
	[ "$(mode "$USER_HOME/state/hupd/accepted")" = 600 ]
	log=$(find "$USER_HOME/state/hupd" -name web.log)
	wait_for 5 grep -q " $(as_user id -u)\$" "$log"
	run -0 uctl log web
	[[ $output = *"$USER_HOME"* ]]
	user_program db <<<'command = sleep 1000'
	run -0 uctl reload
	[[ $output = *'+ db'*added* ]]
	run -0 uctl restart web
	run -0 uctl stop db
	run -3 uctl status db
	run -1 as_user hupd
	[ "$output" = "hupd: hupd is already running (pid $pid)" ]
	as_user kill "$pid"
	wait_for 10 gone "$pid"
	[ -z "$(find "$RUN" -name 'hupd.*')" ]
	none_left
}

@test "the example of a ping runs" {
	as_user ping -c 1 127.0.0.1 || skip "needs a ping that users may run"
	user_program ping <"$TOP/examples/ping.conf"
	run -0 as_user hupd
	answered() {
		uctl log ping 2>/dev/null | grep -q 'bytes from 127.0.0.1'
	}
	wait_for 10 answered
	run -0 uctl stop ping
}

@test "it holds sockets: ports that an ordinary user may have, and paths" {
	local port path=$USER_HOME/sockets/web.sock file
	port=$(free_port)
	file=$USER_HOME/config/hupd/hupd.d/web.conf
	cp "$HUPD_BUILD/tools/server" "$USER_HOME/bin"
	user_program web <<-E
	command = $USER_HOME/bin/server web
	listen-stream = $port
	listen-stream = $path
	socket-mode = 600
	settle-time = 0
	E
	as_user hupd
	wait_for 5 user_is web up
	[ -S "$path" ]
	[ "$(mode "$path")" = 600 ]
	uctl restart web
	[ -S "$path" ]
	[ "$EUID" -eq 0 ] || return 0
	as_user sh -c "echo 'listen-stream = 80' >>'$file'"
	run uctl reload
	[ "$status" -eq 6 ]
	[[ $output == *'80: only root may use a port below 1024'* ]] ||
	    [[ $output == *'80: in use by '* ]]
	uctl stop web
	wait_for 5 test ! -e "$path"
}

@test "without XDG variables it lies in the home" {
	uid=$(as_user id -u)
	[ ! -e "/run/user/$uid" ] || skip "/run/user/$uid is in use"
	[ ! -e "/tmp/hupd-$uid" ] || skip "/tmp/hupd-$uid is in use"
	RUN=/tmp/hupd-$uid
	bare() {
		as_user env -u XDG_CONFIG_HOME -u XDG_RUNTIME_DIR \
		    -u XDG_STATE_HOME "$@"
	}
	bare mkdir -p "$USER_HOME/.config/hupd/hupd.d"
	echo 'command = sleep 1000' |
	    bare tee "$USER_HOME/.config/hupd/hupd.d/web.conf" >/dev/null
	run -0 bare hupd
	[ "$(mode "$RUN")" = 700 ]
	[ -e "$USER_HOME/.local/state/hupd/accepted" ]
	up() {
		bare hupctl status web
	}
	wait_for 5 up
	kill "$(cat "$RUN/hupd.pid")"
	wait_for 10 [ ! -e "$RUN/hupd.pid" ]
	rm -r "$RUN"
}

@test "a run folder of somebody else's is refused" {
	needs_root
	mkdir -m 777 "$USER_HOME/run/hupd"
	chown daemon: "$USER_HOME/run/hupd"
	run -4 as_user hupd
	[[ $output = "hupd: $RUN: belongs to user "* ]]
	# Nor is a link of somebody else's followed to a folder of one's own.
	rmdir "$RUN"
	ln -s "$USER_HOME/state" "$RUN"
	chown -h daemon: "$RUN"
	run -4 as_user hupd
	[[ $output = "hupd: $RUN: is a symbolic link of user "* ]]
	[ ! -e "$USER_HOME/state/hupd.pid" ]
}

@test "a run folder that others may write is refused" {
	as_user mkdir -m 777 "$RUN"
	as_user chmod 777 "$RUN"
	run -4 as_user hupd
	[[ $output = "hupd: $RUN: may be written by others (mode 0777)"* ]]
	as_user chmod 700 "$RUN"
	as_user hupd
}

@test "programs run as that user and no other" {
	user_program web <<-E
	command = sleep 1000
	user = root
	E
	run -6 as_user hupd
	[[ $output = *"web.conf:2: user: "* ]]
	user_program web <<-E
	command = sleep 1000
	user = $(as_user id -un)
	E
	run -0 as_user hupd
	wait_for 5 user_is web up
	user_program web <<-E
	command = sleep 1000
	group = root
	E
	if [ "$(id -u)" -eq 0 ]; then
		run -6 uctl reload
		[[ $output = *"web.conf:2: group: "* ]]
	fi
	user_is web up
}

@test "a file that somebody else wrote is refused" {
	needs_root
	user_program web <<<'command = sleep 1000'
	chown daemon "$USER_HOME/config/hupd/hupd.d/web.conf"
	run -6 as_user hupd
	[[ $output = *"web.conf: belongs to user "* ]]
	# Root's is trusted.
	chown root "$USER_HOME/config/hupd/hupd.d/web.conf"
	run -0 as_user hupd
	wait_for 5 user_is web up
}

@test "without a configuration it just runs" {
	rm -r "$USER_HOME/config"
	as_user mkdir "$USER_HOME/config"
	run -0 as_user hupd
	run -0 uctl status
}

@test "without a daemon hupctl says so: 7" {
	[ ! -e /run/hupd/hupd.sock ] || skip "this machine has one"
	run -7 uctl ping
	[[ $output = *"$RUN/hupd.sock"* ]]
}

@test "nobody else reads what it keeps" {
	needs_root
	as_user hupd
	run ! setpriv --reuid=daemon --regid=daemon --clear-groups \
	    ls "$RUN"
	run ! setpriv --reuid=daemon --regid=daemon --clear-groups \
	    "$HUPCTL" -s "$RUN/hupd.sock" ping
}
