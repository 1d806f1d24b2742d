# shellcheck shell=bash
# helper.bash - drive the real hupd and hupctl, each test in a folder of its
# own, and leave nothing behind.
#
#	load helper
#
#	@test "a program is started" {
#		program web <<-E
#		command = sleep 1000
#		E
#		hupd_start
#		wait_for 5 is_state web up
#	}
#
# A program is up as soon as it is executed: settle-time is 0, except where it
# is the subject.
#
# $T is the folder of the test: hupd.conf, hupd.d/, log/, run/, state/ and
# hupd.pid.  A file that needs more than this setup and teardown defines its
# own, which call hupd_setup and hupd_teardown.

bats_require_minimum_version 1.5.0
: "${HUPD_BUILD:=$(realpath "${BASH_SOURCE[0]%/*}/../../build")}"
HUPD=$HUPD_BUILD/hupd
HUPCTL=$HUPD_BUILD/hupctl
# shellcheck disable=SC2034
TOP=$(realpath "${BASH_SOURCE[0]%/*}/../..")

setup() {
	hupd_setup
}

teardown() {
	hupd_teardown
}

hupd_setup() {
	local dir
	T=$BATS_TEST_TMPDIR/t
	MARK=$BATS_TEST_TMPDIR
	LEFT_OK=	# set by a test that kills the daemon: programs live on

	# bats makes its folders 0700, but a log user must get through.
	for dir in "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/{file,suite,test} \
	    "$BATS_TEST_TMPDIR"; do
		[ ! -O "$dir" ] || chmod a+rx "$dir"
	done
	export no_proxy=127.0.0.1 # for curl
	mkdir -m 755 "$T" "$T/hupd.d"
	mkdir -m 1777 "$BATS_TEST_TMPDIR/sanitizer"
	cat >"$T/hupd.conf" <<-E
	program-dir = $T/hupd.d
	log-dir = $T/log
	run-dir = $T/run
	state-dir = $T/state
	pidfile = $T/hupd.pid
	log-user = $(id -un)
	E
	at_once >>"$T/hupd.conf"
	marked >>"$T/hupd.conf"
	chmod 644 "$T/hupd.conf"
}


# The line of hupd.conf that has programs up once they are executed; version
# 0.1 has no such key.
at_once() {
	! grep -q settle-time "$HUPD" || echo 'settle-time = 0'
}

# The line of hupd.conf that has daemon and programs keep hupd_env's variables;
# version 0.1 has no such key.
marked() {
	! grep -q pass-environment "$HUPD" ||
	    echo 'pass-environment = TEST_MARK ASAN_OPTIONS UBSAN_OPTIONS'
}

# The output has only warnings of programs that are not installed, and limits.
only_missing() {
	! grep -qvE \
	    '^(warning: .* (does not exist|is not in the PATH .*|hard limit .*|is below the least .*))?$' \
	    <<<"$output"
}

# Environment of the daemon: the mark by which what it leaves is found, and
# where the sanitizers write, for its stderr is /dev/null.  With HUPD_EXEC=exec
# in the background, $! is the process itself and not a shell around it.
hupd_env() {
	local log=$BATS_TEST_TMPDIR/sanitizer/report
	${HUPD_EXEC-} env TEST_MARK="$MARK" \
	    ASAN_OPTIONS="${ASAN_OPTIONS-}:log_path=$log" \
	    UBSAN_OPTIONS="${UBSAN_OPTIONS-}:log_path=$log" "$@" 3>&-
}

# program NAME: write its file from stdin.
program() {
	(umask 022 && cat >"$T/hupd.d/$1.conf")
}

# sleeper NAME: a program that does nothing.
sleeper() {
	program "$1" <<<'command = sleep 1000'
}

# ready NAME [LINE ...]: a program that says when it is ready.
ready() {
	local name=$1
	shift
	{
		echo "command = sh -c 'echo >&3; exec sleep 1000'"
		echo 'ready = fd:3'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program "$name"
}

# change NAME LINE: give the key that value.
change() {
	sed -i "/^${2%% *} *=/d" "$T/hupd.d/$1.conf"
	echo "$2" >>"$T/hupd.d/$1.conf"
}

# Is there such a user, and leave to become it?
may_be() {
	[ "$(id -u)" -eq 0 ] && getent passwd "$1" >/dev/null
}

# example NAME SED ...: a shipped example, changed; as its user if we may.
example() {
	local file=$TOP/examples/$1.conf user name=$1
	shift
	user=$(sed -n 's/^user = //p' "$file")
	[ -z "$user" ] || may_be "$user" || set -- "$@" -e '/^user = /d'
	sed -e '' "$@" "$file" | program "$name"
}

# Skip the test where a program of it is not there.
needs_commands() {
	local name
	for name; do
		command -v "$name" >/dev/null || skip "needs $name"
	done
}

# A port that nobody has, by TCP and UDP, and that no other call has given.  It is
# below those that the kernel gives to clients, which would take it meanwhile.
free_port() {
	python3 -c 'import errno, os, random, socket, sys
while True:
    port = random.randrange(10240, 32768)
    try:
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            socket.socket(type=kind).bind(("", port))
        os.mkdir(f"{sys.argv[1]}/port.{port}")
    except OSError as e:
        if e.errno in (errno.EADDRINUSE, errno.EEXIST):
            continue
        raise
    print(port)
    break' "$BATS_RUN_TMPDIR"
}

# setting LINE: add one to hupd.conf; given again it replaces the first.
setting() {
	sed -i "/^${1%% *} *=/d" "$T/hupd.conf"
	echo "$1" >>"$T/hupd.conf"
}

# hupd_start [OPTION ...]: start the daemon, detached.
hupd_start() {
	hupd_env "$HUPD" -f "$T/hupd.conf" "$@"
}

# hupd_foreground [OPTION ...]: with -d in the background; its pid in
# $DAEMON, what it prints in $T/stderr.
hupd_foreground() {
	HUPD_EXEC="exec" hupd_env "$HUPD" -d -f "$T/hupd.conf" "$@" \
	    >"$T/stdout" 2>"$T/stderr" </dev/null &
	# shellcheck disable=SC2034
	DAEMON=$!
	wait_for 5 hupd_answers
}

hupd_answers() {
	ctl ping >/dev/null 2>&1
}

# The daemon's pid, as its pidfile has it.
hupd_pid() {
	cat "$T/hupd.pid"
}

# End the daemon in order, and wait for it.
hupd_stop() {
	local pid
	pid=$(hupd_pid) || return
	kill "$pid"
	wait_for 15 gone "$pid"
}

# ctl ARGUMENT ...: hupctl with this daemon.
ctl() {
	hupd_env "$HUPCTL" -s "$T/run/hupd.sock" "$@"
}

# A column of hupctl status.
status_field() {
	ctl status "$1" 2>"$T/status.stderr" | awk -v n="$1" -v c="$2" \
	    '$1 == n { print $c; exit }'
}

state_of() {
	status_field "$1" 2
}

pid_of() {
	status_field "$1" 3
}

# The identity of a process: its pid and its start time.
identity() {
	local pid
	pid=$(pid_of "$1")
	cut -d ' ' -f 1,22 "/proc/$pid/stat"
}

# Wait for that child; it must fail.
ended_badly() {
	if wait "$1"; then
		return 1
	fi
}

is_state() {
	[ "$(state_of "$1")" = "$2" ]
}

# Is it in the event log (a basic regular expression)?
logged() {
	grep -q -e "$1" "$T/log/hupd.log"
}

# printed NAME REGEX: did the program print it?
printed() {
	grep -q -e "$2" "$T/log/$1.log"
}

# lines FILE N: has it at least N lines?
lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# Does the process run?  A zombie does not.
alive() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return
	stat=${stat##*) }
	[ "${stat%% *}" != Z ]
}

gone() {
	! alive "$1"
}

# wait_for SECONDS COMMAND ...: until it succeeds; else say what was awaited.
# The seconds are what a quiet machine would need at most.  A busy one is given
# far more, which a test that passes does not take.
wait_for() {
	local end seconds=$((10 * $1)) now
	shift
	[ "$seconds" -ge 60 ] || seconds=60
	end=$((${EPOCHREALTIME/[.,]/} + seconds * 1000000))
	until "$@"; do
		now=${EPOCHREALTIME/[.,]/}
		if [ "$now" -gt "$end" ]; then
			echo "waited $seconds s in vain for: $*"
			return 1
		fi
		read -r -t 0.02 <> <(:) || :
	done
}

# The processes of this test: those with the mark in their environment or a
# file of the test open.
leftovers() {
	local pid
	{
		grep -lazs -F -e "TEST_MARK=$MARK" /proc/[0-9]*/environ
		find /proc/[0-9]*/fd -lname "$T/*" 2>/dev/null
	} | cut -d / -f 3 | sort -u | while read -r pid; do
		[ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ] || gone "$pid" ||
		    echo "$pid"
	done
}

none_left() {
	[ -z "$(leftovers)" ]
}

# A daemon that was killed leaves its cgroups to the next one in its place.
remove_cgroups() {
	local mounted
	[ "$EUID" -eq 0 ] || return 0
	mounted=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	[ -z "$mounted" ] || find "$mounted" -depth -type d \
	    -path "*/hupd${T//\//-}-*" -exec rmdir {} + || :
}

# End the daemon and hold the test to leaving no process and no finding of a
# sanitizer.  If the test failed, the event log is shown.
hupd_teardown() {
	local status=0 pid n

	if [ -z "${BATS_TEST_COMPLETED-}" ] && [ -s "$T/log/hupd.log" ]; then
		echo "--- event log"
		tail -n 60 "$T/log/hupd.log"
		[ ! -s "$T/status.stderr" ] || cat "$T/status.stderr"
	fi
	# A child that lives on would keep bats waiting for the end of its output.
	jobs -p | xargs -r kill 2>/dev/null
	pid=$(hupd_pid 2>/dev/null) || pid=
	if [ -n "$pid" ] && leftovers | grep -qx "$pid"; then
		kill "$pid" || :
		wait_for 15 gone "$pid" || status=1
	fi
	if [ -z "$LEFT_OK" ] && ! wait_for 2 none_left; then
		for pid in $(leftovers); do
			echo "left behind: $pid $(tr '\0' ' ' \
			    <"/proc/$pid/cmdline")"
		done
		status=1
	fi
	for ((n = 0; n < 50; n++)); do
		none_left && break
		leftovers | xargs -r kill -9 2>/dev/null
		read -r -t 0.02 <> <(:) || :
	done
	remove_cgroups
	if compgen -G "$BATS_TEST_TMPDIR/sanitizer/report*" >/dev/null; then
		cat "$BATS_TEST_TMPDIR"/sanitizer/report*
		status=1
	fi
	return $status
}

# user_setup: an ordinary user's folders in $T/home.  As root that user is
# nobody, and the binaries are copied to where nobody may execute them.
user_setup() {
	USER_HOME=$T/home
	mkdir -p "$USER_HOME"/{bin,run,config/hupd/hupd.d,state}
	chmod 700 "$USER_HOME/run"
	cp "$HUPD" "$HUPCTL" "$USER_HOME/bin"
	at_once >"$USER_HOME/config/hupd/hupd.conf"
	if [ "$(id -u)" -eq 0 ]; then
		chown -R nobody: "$USER_HOME"
	fi
}

# as_user COMMAND ...: run it as that user, with hupd and hupctl in PATH.
as_user() {
	local -a drop=()
	local user
	user=$(id -un)
	if [ "$(id -u)" -eq 0 ]; then
		user=nobody
		drop=(setpriv --reuid=nobody --regid="$(id -g nobody)"
		    --clear-groups --)
	fi
	(
		cd "$USER_HOME" || exit
		hupd_env "${drop[@]}" env HOME="$USER_HOME" \
		    USER="$user" LOGNAME="$user" PATH="$USER_HOME/bin:$PATH" \
		    XDG_CONFIG_HOME="$USER_HOME/config" \
		    XDG_RUNTIME_DIR="$USER_HOME/run" \
		    XDG_STATE_HOME="$USER_HOME/state" "$@"
	)
}

# user_program NAME: its file, from stdin, belonging to that user.
user_program() {
	local file=$USER_HOME/config/hupd/hupd.d/$1.conf
	(umask 022 && cat >"$file")
	[ "$(id -u)" -ne 0 ] || chown nobody: "$file"
}

# Is it a build that looks at its own memory, slower and larger than the other?
is_checked() {
	[[ $HUPD_BUILD = */@(san|valgrind) ]]
}

# no_valgrind REASON: skip under valgrind, which behaves differently there.
no_valgrind() {
	[[ $HUPD_BUILD != */valgrind ]] || skip "not under valgrind: $1"
}

cgroup_mount() {
	findmnt -n -t cgroup2 -o TARGET | head -n 1
}

# The name of the test says whether it is about cgroups.
with_or_without_cgroups() {
	local mount
	if [[ $BATS_TEST_DESCRIPTION != *cgroup:* ]]; then
		setting 'cgroup = off'
		return
	fi
	mount=$(cgroup_mount)
	if [ -z "$mount" ] || [ ! -w "$mount/cgroup.procs" ]; then
		skip "no cgroup v2 to write to"
	fi
}

# all_are STATE NAME ...
all_are() {
	local state=$1 name
	shift
	for name; do
		is_state "$name" "$state" || return
	done
}

# status_is NAME KEY TEXT: what the JSON of its status says.
status_is() {
	ctl -j status "$1" | python3 -c 'import json, sys
is_so = json.load(sys.stdin)["programs"][0][sys.argv[1]] == sys.argv[2]
sys.exit(not is_so)' "$2" "$3"
}

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# is_json [EXPRESSION]: stdin is one JSON document d, of which that is true.
is_json() {
	python3 -c 'import json, sys
d = json.load(sys.stdin)
sys.exit(not eval("(" + sys.argv[1] + ")"))' "${1-True}"
}
