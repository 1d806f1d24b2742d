#!/usr/bin/env bats
# sockets.bats - the sockets of listen-stream: held, handed over, refused.
load helper
load takeover

SERVER=$HUPD_BUILD/tools/server

# The answer of who listens there: "PID NAME"; fails if nobody does.
ask() {
	python3 - "$@" <<-'P'
	import socket, sys
	for a in sys.argv[1:]:
	    unix = a.startswith("/")
	    s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
	    s.settimeout(60)
	    s.connect(a if unix else ("127.0.0.1", int(a)))
	    print(s.makefile().read().strip())
	P
}

answers() {
	[ "$(ask "$1" 2>/dev/null)" = "$(pid_of "$2") ${3:-$2}" ]
}

refuses() {
	! ask "$1" >/dev/null 2>&1
}

# web [LINE ...]: a server that holds a port and a path.
web() {
	PORT=${PORT:-$(free_port)}
	{
		echo "command = $SERVER web"
		echo "listen-stream = $PORT"
		echo "listen-stream = $T/s/web.sock"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program web
}

# The inode of a path, and of a socket that listens on a port.
inode() {
	case $1 in
	/*) stat -c %i "$1" ;;
	*) awk -v p=":$(printf %04X "$1")" \
	    '$2 ~ p "$" && $4 == "0A" { print $10 }' \
	    /proc/net/tcp /proc/net/tcp6 ;;
	esac
}

@test "a program gets its sockets from descriptor 3 on, with their names" {
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	wait_for 5 answers "$T/s/web.sock" web
	printed web "names $PORT:$T/s/web.sock\$"
	printed web 'descriptor 3 blocks$'
	printed web 'descriptor 4 blocks$'
	ctl status web | grep "listens *$PORT, $T/s/web.sock\$"
	ctl -j status web | tr -d ' \n' |
	    grep -F "\"listens\":[{\"address\":\"$PORT\",\"open\":true}"
}

@test "a colon in an address is another character in LISTEN_FDNAMES" {
	local port
	port=$(free_port)
	program web <<-E
	command = $SERVER web
	listen-stream = localhost:$port
	E
	hupd_start
	wait_for 5 answers "$port" web
	printed web "names 127.0.0.1_$port\$"
}

@test "owner and mode of a path are set, and missing folders are made" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	web 'socket-user = daemon' 'socket-group = adm' 'socket-mode = 620'
	hupd_start
	wait_for 5 answers "$T/s/web.sock" web
	[ "$(stat -c '%U %G %a' "$T/s/web.sock")" = "daemon adm 620" ]
	[ "$(stat -c %a "$T/s")" = 755 ]
	[ "$(ls -A "$T/s")" = web.sock ]
	change web 'socket-mode = 666'
	ctl reload
	[ "$(stat -c '%U %G %a' "$T/s/web.sock")" = "daemon adm 666" ]
}

@test "nobody sees a path before its owner and mode are set" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	web 'socket-user = daemon' 'socket-mode = 600'
	hupd_start
	wait_for 5 answers "$T/s/web.sock" web
	python3 - "$T/s/web.sock" "$T/stop" >"$T/seen" <<-'P' &
	import os, sys
	seen = set()
	while not os.path.exists(sys.argv[2]):
	    try: s = os.stat(sys.argv[1])
	    except FileNotFoundError: continue
	    text = f"{s.st_uid} {oct(s.st_mode & 0o777)}"
	    if text not in seen: print(text, flush=True)
	    seen.add(text)
	P
	wait_for 5 test -s "$T/seen"
	for _ in {1..10}; do
		ctl stop web
		ctl start web
	done
	touch "$T/stop"
	wait $!
	[ "$(sort -u "$T/seen")" = "$(id -u daemon) 0o600" ]
}

@test "socket-fd is the number for a program that knows nothing of LISTEN_FDS" {
	local port
	port=$(free_port)
	program web <<-E
	command = sh -c 'unset LISTEN_PID; exec $SERVER web fd:0'
	listen-stream = $port
	socket-fd = 0
	E
	hupd_start
	wait_for 5 answers "$port" web
	change web 'socket-fd = 77'
	change web "command = sh -c 'unset LISTEN_PID; exec $SERVER web fd:77'"
	ctl reload
	wait_for 5 answers "$port" web
}

@test "a restart keeps the sockets, a stop closes them and removes the path" {
	local before
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	before=$(inode "$PORT")
	ctl restart web
	wait_for 5 answers "$PORT" web
	[ "$(inode "$PORT")" = "$before" ]
	ctl stop web
	refuses "$PORT"
	wait_for 5 test ! -e "$T/s/web.sock"
	ctl status web | grep "listens *$PORT (closed)"
	ctl start web
	wait_for 5 answers "$PORT" web
	wait_for 5 answers "$T/s/web.sock" web
	[ "$(inode "$PORT")" != "$before" ]
	hupd_stop
	refuses "$PORT"
	[ ! -e "$T/s/web.sock" ]
}

@test "a crash and the wait for the restart keep the sockets" {
	web 'restart-delay = 1h' 'restart-delay-max = 1h'
	hupd_start
	wait_for 5 answers "$PORT" web
	kill -9 "$(pid_of web)"
	wait_for 5 is_state web wait
	# The backlog takes the connection; the next process answers it.
	ask "$PORT" >"$T/answer" &
	wait_for 5 test -n "$(inode "$PORT")"
	ctl start web
	wait $!
	[ "$(cat "$T/answer")" = "$(pid_of web) web" ]
}

@test "a program that has failed refuses clients" {
	web 'restart = never'
	hupd_start
	wait_for 5 answers "$PORT" web
	kill -9 "$(pid_of web)"
	wait_for 5 is_state web failed
	refuses "$PORT"
	refuses "$T/s/web.sock"
}

@test "a port in use rejects the reload, and its user is named" {
	local other port
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	port=$(free_port)
	"$SERVER" other "$port" >/dev/null 3>&- &
	other=$!
	wait_for 5 answers_any "$port"
	echo "listen-stream = 127.0.0.1:$port" >>"$T/hupd.d/web.conf"
	run ctl reload
	[ "$status" -eq 6 ]
	[[ $output == *"web.conf:4: listen-stream: 127.0.0.1:$port: in use by server (pid $other)"* ]]
	answers "$PORT" web
	kill "$other"
	wait "$other" || :
	ctl reload
	wait_for 5 answers "$port" web
}

answers_any() {
	ask "$1" >/dev/null 2>&1
}

@test "a path in use rejects the reload, another file too, a stale socket not" {
	local other
	hupd_start
	mkdir "$T/s"
	"$SERVER" other "$T/s/web.sock" >/dev/null 3>&- &
	other=$!
	wait_for 5 answers_any "$T/s/web.sock"
	web
	run ctl reload
	[ "$status" -eq 6 ]
	[[ $output == *"web.sock: in use by server (pid $other)"* ]]
	[ -z "$(inode "$PORT")" ]
	kill "$other"
	wait "$other" || :
	[ -S "$T/s/web.sock" ]
	ctl reload
	wait_for 5 answers "$T/s/web.sock" web
	ctl stop web
	wait_for 5 test ! -e "$T/s/web.sock"
	echo precious >"$T/s/web.sock"
	run ctl start web
	[ "$status" -ne 0 ]
	[[ $output == *"waits for socket $T/s/web.sock (exists and is not a socket)"* ]]
	[ "$(cat "$T/s/web.sock")" = precious ]
	# The other one is not left open meanwhile.
	refuses "$PORT"
	rm "$T/s/web.sock"
	ctl start web
	wait_for 5 answers "$PORT" web
}

@test "a port in use at the start of the daemon makes one program wait" {
	local other
	web
	sleeper db
	"$SERVER" other "$PORT" >/dev/null 3>&- &
	other=$!
	wait_for 5 answers_any "$PORT"
	hupd_start
	wait_for 5 is_state db up
	wait_for 5 waits_for "in use by server (pid $other)"
	logged "web: waits for socket $PORT (in use by server (pid $other)); trying"
	kill "$other"
	wait "$other" || :
	# It is tried again after 10 s.
	wait_for 10 answers "$PORT" web
}

waits_for() {
	ctl -j status web | grep -F waiting_for | grep -F "$1"
}

@test "an address that does not exist yet makes the program wait" {
	hupd_start
	program web <<-E
	command = $SERVER web
	listen-stream = 192.0.2.1:$(free_port)
	E
	run ctl reload
	[ "$status" -eq 1 ]
	[[ $output == *'no interface has this address yet'* ]]
	is_state web down
	waits_for 'no interface has this address yet'
	change web "listen-stream = $(free_port)"
	ctl reload
	is_state web up
}

@test "an address moves from one program to another without a gap" {
	local before
	web
	sleeper db
	hupd_start
	wait_for 5 answers "$PORT" web
	before=$(inode "$PORT")
	program web <<<"command = sleep 1000"
	program shop <<-E
	command = $SERVER shop
	listen-stream = $PORT
	E
	ctl reload
	wait_for 5 answers "$PORT" shop
	[ "$(inode "$PORT")" = "$before" ]
	rm "$T/hupd.d/shop.conf"
	web
	ctl reload
	wait_for 5 answers "$PORT" web
	[ "$(inode "$PORT")" = "$before" ]
}

@test "a rollback opens nothing" {
	local before path port
	web 'settle-time = 100ms'
	hupd_start
	wait_for 5 answers "$PORT" web
	before=$(inode "$PORT")
	path=$(inode "$T/s/web.sock")
	port=$(free_port)
	program web <<-E
	command = false
	settle-time = 100ms
	listen-stream = $port
	E
	run ctl reload
	[ "$status" -eq 1 ]
	wait_for 5 answers "$PORT" web
	[ "$(inode "$PORT")" = "$before" ]
	[ "$(inode "$T/s/web.sock")" = "$path" ]
	refuses "$port"
}

@test "a changed definition closes the address that it has no more" {
	local port
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	port=$(free_port)
	program web <<-E
	command = $SERVER web
	listen-stream = $port
	E
	ctl reload
	wait_for 5 answers "$port" web
	wait_for 5 refuses "$PORT"
	wait_for 5 test ! -e "$T/s/web.sock"
}

@test "the daemon's own crash and its re-execution keep the sockets" {
	local before path pid
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	before=$(inode "$PORT")
	path=$(inode "$T/s/web.sock")
	ctl reexec
	kill -9 "$(pid_of web)"
	wait_for 5 answers "$PORT" web
	pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 5 hupd_answers
	[ "$(hupd_pid)" != "$pid" ]
	kill -9 "$(pid_of web)"
	wait_for 5 answers "$PORT" web
	answers "$T/s/web.sock" web
	[ "$(inode "$PORT")" = "$before" ]
	[ "$(inode "$T/s/web.sock")" = "$path" ]
	ctl stop web
	refuses "$PORT"
	wait_for 5 test ! -e "$T/s/web.sock"
}

@test "after the death of daemon and guard the sockets are taken back" {
	local before path
	# shellcheck disable=SC2034
	LEFT_OK=1
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	before=$(inode "$PORT")
	path=$(inode "$T/s/web.sock")
	crash_for_good
	answers_any "$PORT"
	hupd_start
	wait_for 5 logged "web: took its socket $PORT back"
	kill -9 "$(pid_of web)"
	wait_for 5 answers "$PORT" web
	[ "$(inode "$PORT")" = "$before" ]
	[ "$(inode "$T/s/web.sock")" = "$path" ]
	ctl stop web
	refuses "$PORT"
	wait_for 5 test ! -e "$T/s/web.sock"
}

# under_load COMMAND ...: while clients connect; what they saw is in $T/load.
under_load() {
	local status=0
	rm -f "$T/stop"
	"$HUPD_BUILD/tools/load" 4 "$T/stop" "$PORT" "$T/s/web.sock" \
	    >"$T/load" 3>&- &
	"$@" || status=1
	touch "$T/stop"
	wait $! || status=1
	cat "$T/load"
	return "$status"
}

restarts() {
	local n
	for ((n = 0; n < $1; n++)); do
		ctl restart web
	done
	wait_for 5 answers "$PORT" web
}

# Another definition, and one that is rolled back.
reloads() {
	change web 'env = A=2'
	ctl reload
	wait_for 5 answers "$PORT" web
	change web 'command = false'
	! ctl reload >"$T/reload" 2>&1 || return
	grep 'previous definition' "$T/reload"
	wait_for 5 answers "$PORT" web
}

# Daemons that follow each other, and a restart by the last one.
daemons() {
	local pid
	ctl reexec
	ctl restart web
	pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 5 replaced "$pid"
	ctl restart web
}

replaced() {
	hupd_answers && [ "$(hupd_pid)" != "$1" ]
}

both() {
	crash_for_good
	hupd_start
	wait_for 5 logged "web: took its socket $PORT back"
	ctl restart web
	wait_for 5 answers "$PORT" web
}

@test "under load, no connection fails through 50 restarts" {
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	under_load restarts 50
}

@test "under load, no connection fails through a change and a rollback" {
	web 'settle-time = 100ms'
	hupd_start
	wait_for 5 answers "$PORT" web
	under_load reloads
}

@test "under load, no connection fails while daemons follow each other" {
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	under_load daemons
}

@test "under load, no connection fails after the death of daemon and guard" {
	# shellcheck disable=SC2034
	LEFT_OK=1
	web
	hupd_start
	wait_for 5 answers "$PORT" web
	under_load both
}

@test "the same load sees failures if the program opens its sockets itself" {
	PORT=$(free_port)
	mkdir "$T/s"
	program web <<<"command = $SERVER web $PORT $T/s/web.sock"
	hupd_start
	wait_for 5 answers "$PORT" web
	run ! under_load restarts 50
	[[ $(cat "$T/load") != *'refused 0 reset 0'* ]]
}

@test "a program with an unmet condition refuses clients" {
	web "condition-path-exists = $T/there"
	touch "$T/there"
	hupd_start
	wait_for 5 answers "$PORT" web
	rm "$T/there"
	ctl restart web
	is_state web down
	refuses "$PORT"
	refuses "$T/s/web.sock"
	touch "$T/there"
	ctl start web
	wait_for 5 answers "$PORT" web
	wait_for 5 answers "$T/s/web.sock" web
}
