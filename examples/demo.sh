#!/usr/bin/env bash
# A demonstration of hupd with real programs, in the folder build/run: install
# missing packages, build, start, reload, reject, follow, stop.  It ends at
# Ctrl-C, or by itself if it is not on a terminal.
set -eu
cd "$(dirname "$0")/.."
self=examples/demo.sh

make=${MAKE:-make}
dir=build/run
port=7007

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
	bold='' dim='' plain=''
fi

say() {
	printf '\n%s==> %s%s\n' "$bold" "$*" "$plain"
}

# Show a command as it would be typed, then run it.
show() {
	local word line=

	for word; do
		case $word in
		*[!A-Za-z0-9_./:=,@%+-]*) word=${word@Q} ;;
		esac
		line+=" $word"
	done
	printf '%s$%s%s\n' "$dim" "$line" "$plain"
	"$@"
}

hupctl() {
	show build/hupctl -f "$dir/hupd.conf" "$@"
}

# Name and pid of every program.
pids() {
	build/hupctl -f "$dir/hupd.conf" status | awk '$1 == "ping" ||
	    $1 == "greet" || $1 == "flaky" { print $1, $3 }'
}

# End the daemon, and its programs first.
stop() {
	[ ! -x build/hupctl ] || [ ! -e "$dir/hupd.conf" ] ||
	    build/hupctl -f "$dir/hupd.conf" shutdown || [ $? -eq 7 ]
}

# The terminal may be closed, or the reader of a pipe gone: end the daemon
# before anything is printed, and whether or not that can be printed.
finish() {
	local status=$?

	trap - EXIT
	trap '' HUP INT TERM PIPE
	set +e
	stop >"$dir/end" 2>&1 || status=1
	say "hupctl shutdown: every program is stopped, then hupd ends"
	cat "$dir/end"
	tail -n 3 "$dir/log/hupd.log"
	exit "$status"
} 2>/dev/null

port_is_free() {
	! (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

prepare() {
	local top

	top=$(pwd)
	# A demonstration that was killed has left it.
	stop >/dev/null 2>&1
	rm -rf "$dir"
	mkdir -p "$dir/hupd.d"
	until port_is_free $port; do
		port=$((port + 1))
	done
	cat >"$dir/hupd.conf" <<-E
	program-dir = $top/$dir/hupd.d
	log-dir = $top/$dir/log
	run-dir = $top/$dir/run
	state-dir = $top/$dir/state
	pidfile = $top/$dir/hupd.pid
	log-user = $(id -un)
	E
	cp examples/ping.conf "$dir/hupd.d"
	cat >"$dir/hupd.d/greet.conf" <<-E
	command = "$top/build/examples/greet" $port hello
	env = READY_FD=3
	ready = fd:3
	E
	cat >"$dir/hupd.d/flaky.conf" <<-E
	command = sh -c 'echo working; sleep 2; echo out of luck >&2; exit 3'
	restart-delay = 500ms
	E
	chmod -R go-w "$dir"
}

greeting() {
	printf '%s$ nc 127.0.0.1 %s%s\n' "$dim" "$port" "$plain"
	cat <"/dev/tcp/127.0.0.1/$port"
}

# Ctrl-C is for this script and not for the make that runs it: on a terminal
# continue as a separate job.
if [ -t 0 ] && [ -z "${HUPD_DEMO-}" ]; then
	set -m
	HUPD_DEMO=1 "$self"
	exit
fi

umask 022
tests/deps run
say "build"
show "$make" -s -j "$(nproc)" build/hupd build/hupctl build/examples/greet
prepare
trap finish EXIT
trap 'exit 0' HUP INT TERM PIPE

say "one file, one program: ping, a TCP server, one that crashes"
show tail -n +1 "$dir"/hupd.d/*.conf

say "start: hupd says 0 when it is up, and is a daemon then"
show build/hupd -f "$dir/hupd.conf"
hupctl status
build/hupctl -f "$dir/hupd.conf" start greet >/dev/null # until it is ready
greeting

say "change one file, see what a reload would do, reload"
before=$(pids)
show sed -i 's/hello$/"good day"/' "$dir/hupd.d/greet.conf"
hupctl check
hupctl reload
greeting

say "only greet was restarted; its neighbours kept their processes"
join <(echo "$before" | sort) <(pids | sort) | awk '
    { print "    " $1 ": pid " $2 " before, " $3 " after" \
      ($1 == "flaky" && $2 != $3 ? " (it crashes by itself)" : "") }'

say "break a file: the reload is refused, and nothing is touched"
show sed -i 's/^ready.*/redy = fd:3/' "$dir/hupd.d/greet.conf"
hupctl reload || echo "exit status $?"
hupctl status
show sed -i 's/^redy/ready/' "$dir/hupd.d/greet.conf"
hupctl reload

if [ -t 0 ] && [ -t 1 ]; then
	say "what the crashing one prints, until Ctrl-C"
	hupctl log -f flaky
else
	say "what the crashing one prints, for five seconds"
	show timeout 5 build/hupctl -f "$dir/hupd.conf" log -f flaky ||
	    [ $? -eq 124 ]
fi
