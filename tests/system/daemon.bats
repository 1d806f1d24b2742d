#!/usr/bin/env bats
# The daemon itself: how it detaches, its pidfile, its messages at the start, and
# how it ends.

load helper

# proc_stat PID N: field N, from 3, of /proc/PID/stat.
proc_stat() {
	local stat
	read -r stat <"/proc/$1/stat"
	# shellcheck disable=SC2086
	set -- "$2" ${stat##*) }
	shift $(($1 - 2))
	echo "$1"
}

# proc_status PID KEY: a line of /proc/PID/status.
proc_status() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# The open files of a process, a line "N TARGET" each.
open_files() {
	find "/proc/$1/fd" -type l -printf '%f %l\n'
}

logger_of() {
	pgrep -P "$1" -f '^hupd: log'
}

# refused STATUS REGEX: the daemon does not start, says why, leaves nothing.
refused() {
	local status=$1 reason=$2
	shift 2
	run -"$status" hupd_start "$@"
	if ! grep -q -e "$reason" <<<"$output"; then
		echo "said: $output"
		return 1
	fi
	wait_for 5 none_left
	[ ! -e "$T/hupd.pid" ]
}

@test "it becomes a daemon: parent, session, terminal, folder, umask" {
	sleeper web
	hupd_start
	pid=$(hupd_pid)
	# The parent has ended; who takes orphans depends on where this runs.
	[ "$(proc_stat "$pid" 4)" -ne $$ ]
	[ "$(proc_stat "$pid" 4)" -ne "$BASHPID" ]
	[ "$(proc_stat "$pid" 6)" -ne "$(proc_stat $$ 6)" ]
	[ "$(proc_stat "$pid" 7)" -eq 0 ]
	[ "$(proc_status "$pid" Umask)" = 0000 ]
	[ "$(readlink "/proc/$pid/cwd")" = / ]
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$pid/fd/$fd")" = /dev/null ]
	done
	[ "$(proc_status "$(pid_of web)" Umask)" = 0022 ]
}

@test "it inherits no descriptor, and its own are close-on-exec" {
	no_valgrind 'it has descriptors of its own'
	sleeper web
	(
		mkfifo "$T/fifo"
		exec 5>"$T/given" 6<>"$T/fifo" 33<"$T/hupd.conf"
		hupd_start
	)
	pid=$(hupd_pid)
	wait_for 5 is_state web up
	for p in "$pid" "$(logger_of "$pid")" "$(pid_of web)"; do
		run ! grep -E "$T/(given|fifo|hupd.conf)" < <(open_files "$p")
	done
	while read -r fd _; do
		[ "$fd" -gt 2 ] || continue
		# A client may have gone meanwhile.
		flags=$(sed -n 's/^flags:[[:space:]]*//p' \
		    "/proc/$pid/fdinfo/$fd" 2>/dev/null) || continue
		[ $((flags & 02000000)) -ne 0 ]
	done < <(open_files "$pid")
	# The linker has opened libraries at first.
	three_open() {
		[ "$(open_files "$(pid_of web)" | wc -l)" -eq 3 ]
	}
	wait_for 5 three_open
}

@test "a reader of its output sees the end" {
	run -0 timeout 60 bash -c '"$@" 2>&1 | cat' - env \
	    TEST_MARK="$MARK" "$HUPD" -f "$T/hupd.conf"
	hupd_answers
}

@test "it starts without standard descriptors" {
	sleeper web
	hupd_start <&- >&- 2>&-
	wait_for 5 is_state web up
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$(hupd_pid)/fd/$fd")" = /dev/null ]
	done
}

@test "it survives its terminal, and so does what it runs" {
	command -v script >/dev/null || skip "needs script(1)"
	program ping <<<'command = ping -q -i 5 127.0.0.1'
	program web <<<'command = sleep 1000'
	cat >"$T/session" <<-E
	"$HUPD" -f "$T/hupd.conf" && echo up >"$T/up"
	exec sleep 1000
	E
	HUPD_EXEC="exec" hupd_env script -qec "sh $T/session" /dev/null >/dev/null </dev/null &
	terminal=$!
	wait_for 10 [ -s "$T/up" ]
	pid=$(hupd_pid)
	wait_for 5 is_state web up
	wait_for 5 is_state ping up
	web=$(pid_of web) ping=$(pid_of ping)
	shell=$(pgrep -P "$terminal" | head -n 1)
	[ "$(proc_stat "$shell" 7)" -ne 0 ]
	kill -9 "$terminal"
	wait_for 5 gone "$shell"
	hupd_answers
	[ "$(hupd_pid)" = "$pid" ]
	[ "$(pid_of web)" = "$web" ]
	[ "$(pid_of ping)" = "$ping" ]
	run ! logged 'Daemon reload'
}

@test "the event log has start, reload and stop, with time and sender" {
	time='[0-9]\{4\}-[0-9][0-9]-[0-9][0-9]T[0-9:]\{8\}[+-][0-9:]\{5\}$'
	hupd_start
	pid=$(hupd_pid)
	wait_for 5 logged "Daemon start up at $time"
	# The sender's name is known while it lives.
	bash -c 'echo $$ >"$2"; kill -HUP "$1"
	    until [ -e "$3" ]; do sleep 0.02; done' \
	    - "$pid" "$T/sender" "$T/seen" 3>&- &
	sender=$!
	wait_for 5 logged "Daemon reload at $time"
	wait_for 5 logged \
	    "SIGHUP from pid $(cat "$T/sender"), uid $(id -u) (bash)"
	touch "$T/seen"
	wait "$sender"
	bash -c 'kill "$1"; echo $$ >"$2"' - "$pid" "$T/sender"
	wait_for 10 gone "$pid"
	wait_for 5 logged "SIGTERM from pid $(cat "$T/sender"), uid $(id -u)"
	wait_for 5 logged "Daemon stop at $time"
	[ ! -e "$T/hupd.pid" ]
	[ ! -e "$T/run/hupd.sock" ]
	[ -z "$(find "$T/run" -type p -o -type s)" ]
}

@test "the end stops programs in order, the dependent first" {
	cat >"$T/polite" <<-'E'
	trap "echo it ends; exit" TERM
	echo it runs
	while :; do sleep 0.05; done
	E
	program base <<<"command = sh $T/polite"
	program front <<-E
	command = sh $T/polite
	depends-on = base
	E
	hupd_start
	wait_for 5 printed front 'it runs'
	wait_for 5 printed base 'it runs'
	hupd_stop
	wait_for 5 printed front 'it ends'
	wait_for 5 printed base 'it ends'
	front=$(sed -n '/front.*down/=' "$T/log/hupd.log" | tail -n 1)
	base=$(sed -n '/base.*down/=' "$T/log/hupd.log" | tail -n 1)
	[ "$front" -lt "$base" ]
	none_left
}

@test "the pidfile is locked, and a second start is refused naming the pid" {
	sleeper web
	hupd_start
	pid=$(hupd_pid)
	[ "$(stat -c %a "$T/hupd.pid")" = 644 ]
	[ "$(cat "$T/hupd.pid")" = "$pid" ]
	alive "$pid"
	run -1 hupd_start
	[ "$output" = "hupd: hupd is already running (pid $pid)" ]
	hupd_answers
	[ "$(hupd_pid)" = "$pid" ]
	# Nobody but the daemon has it open.
	for p in "$(pid_of web)" "$(logger_of "$pid")"; do
		run ! grep hupd.pid < <(open_files "$p")
	done
	open_files "$pid" | grep -q "$T/hupd.pid"
}

# The modes of all files that the daemon makes.
modes() {
	(cd "$T" && find run log state hupd.pid -printf '%m %p\n' |
	    LC_ALL=C sort -k 2)
}

@test "the umask of the starter decides no mode" {
	sleeper web
	hupd_start
	# A rejection is a file as well.
	program bad <<<'comand = x'
	run -6 ctl reload
	rm "$T/hupd.d/bad.conf"
	modes >"$T/before"
	grep -x '644 hupd.pid' "$T/before"
	grep -x '600 run/records' "$T/before"
	grep -x '600 run/settings' "$T/before"
	hupd_stop
	for mask in 000 077 777; do
		rm -r "$T"/{run,log,state}
		(umask "$mask" && hupd_start)
		program bad <<<'comand = x'
		run -6 ctl reload
		rm "$T/hupd.d/bad.conf"
		modes | diff "$T/before" -
		wait_for 5 is_state web up
		[ "$(proc_status "$(pid_of web)" Umask)" = 0022 ]
		# The next daemon keeps them.
		ctl reexec
		modes | diff "$T/before" -
		hupd_stop
	done
}

@test "a stale pidfile is no obstacle, even if its pid is in use" {
	(umask 022 && echo $$ >"$T/hupd.pid")
	hupd_start
	[ "$(hupd_pid)" -ne $$ ]
	hupd_stop
	echo 'no number' >"$T/hupd.pid"
	hupd_start
	hupd_answers
}

@test "after SIGKILL, of its programs as well, another follows" {
	no_valgrind 'there is no guard'
	# shellcheck disable=SC2034
	LEFT_OK=yes
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid)
	victims="$(pid_of web) $(logger_of "$pid")"
	# shellcheck disable=SC2086
	kill -9 "$pid" $victims
	for p in $pid $victims; do
		wait_for 5 gone "$p"
	done
	[ -e "$T/hupd.pid" ]
	wait_for 10 hupd_answers
	wait_for 5 is_state web up
	[ "$(hupd_pid)" -ne "$pid" ]
}

@test "without a place for its files it says so and does not start" {
	setting "run-dir = /proc/none/run"
	refused 1 '^hupd: /proc/none/run: '
	setting "run-dir = $T/run"
	setting "state-dir = $T/hupd.conf/state"
	refused 1 "^hupd: $T/hupd.conf/state: Not a directory"
	touch "$T/file"
	setting "state-dir = $T/file"
	refused 1 "^hupd: $T/file: Not a directory"
	setting "state-dir = $T/state"
	setting "log-dir = /proc/none/log"
	refused 1 '^hupd: .*/proc/none/log: '
	setting "log-dir = $T/log"
	setting "pidfile = $T/none/hupd.pid"
	refused 1 "^hupd: $T/none/hupd.pid: No such file or directory"
	setting "pidfile = $T/hupd.pid"
	long=$T/run/$(printf '%0100d' 0)
	setting "run-dir = $long"
	refused 1 "^hupd: $long/.*: File *name too long"
	setting "run-dir = $T/run"
	hupd_start
}

@test "the sockets of a failed start are not left behind" {
	mkdir -p "$T/run/hupd.sock/folder"
	refused 1 "$T/run/hupd.sock: "
	rm -r "$T/run/hupd.sock"
	[ -z "$(find "$T/run" -type s)" ]
	hupd_start
}

@test "who may not write the pidfile is not permitted: 4" {
	user_setup
	printf 'pidfile = /proc/hupd.pid\n' |
	    as_user tee "$USER_HOME/config/hupd/hupd.conf" >/dev/null
	run as_user hupd
	[[ $output = "hupd: /proc/hupd.pid: "* ]]
	mkdir -m 755 "$T/closed"
	printf 'run-dir = %s/run\n' "$T/closed" |
	    as_user tee "$USER_HOME/config/hupd/hupd.conf" >/dev/null
	[ "$(id -u)" -eq 0 ] || chmod 555 "$T/closed"
	run -4 as_user hupd
	[[ $output = "hupd: $T/closed/run: Permission denied"* ]]
	printf 'pidfile = %s/pid\n' "$T/closed" |
	    as_user tee "$USER_HOME/config/hupd/hupd.conf" >/dev/null
	run -4 as_user hupd
	[[ $output = "hupd: $T/closed/pid: Permission denied"* ]]
}

@test "options: usage, version, help" {
	run -2 "$HUPD" -x
	[[ $output = *usage:* ]]
	run -2 "$HUPD" more
	[[ $output = usage:* ]]
	run -2 "$HUPD" -f
	run -0 "$HUPD" -h
	[[ $output = usage:* ]]
	run -0 "$HUPD" -V
	[[ $output = "hupd $(make -s -C "$TOP" print-version) (with"*' seccomp)' ]]
	run -0 "$HUPD" --version
}

@test "-n checks and starts nothing" {
	sleeper web
	run -0 hupd_env "$HUPD" -n -f "$T/hupd.conf"
	[ -z "$output" ]
	program bad <<<'comand = sleep 1'
	program worse <<<'restart = maybe'
	run -6 hupd_env "$HUPD" -n -f "$T/hupd.conf"
	[[ $output = *"bad.conf:1: comand: "*"did you mean command?"* ]]
	[[ $output = *"worse.conf:1: restart: "* ]]
	[ ! -e "$T/run" ]
	[ ! -e "$T/hupd.pid" ]
	run -6 hupd_env "$HUPD" -n -f "$T/none.conf"
	[[ $output = *"$T/none.conf: does not exist"* ]]
}

@test "-nv prints what parses to itself" {
	program web <<-E
	command = sh -c 'echo "a b" \$HOME'
	env = GREETING=hello world
	restart-delay = 1500ms
	stop-timeout = 90s
	E
	hupd_env "$HUPD" -nv -f "$T/hupd.conf" >"$T/once"
	chmod 644 "$T/once"
	hupd_env "$HUPD" -nv -f "$T/once" | diff "$T/once" -
	grep -q '^program = web$' "$T/once"
}

@test "a relative -f is found from where it was started" {
	sleeper web
	(cd "$T" && hupd_env "$HUPD" -f hupd.conf)
	run -0 ctl reload
	[[ $output = *"1 unchanged"* ]]
}

@test "files that are rejected: it starts with the last accepted" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	[ "$(stat -c %a "$T/state/accepted")" = 600 ]
	hupd_stop
	program bad <<<'comand = sleep 1'
	run -0 hupd_start
	[[ $output = *"bad.conf:1: comand: unknown key"* ]]
	[[ $output = *"the last accepted"* ]]
	wait_for 5 is_state web up
	wait_for 5 logged 'bad.conf:1: comand: unknown key'
	ctl -j status | grep -q '"source": *"accepted"'
	run ctl status
	[[ $output = *"bad.conf:1: comand"* ]]
	# The next accepted set replaces the message.
	rm "$T/hupd.d/bad.conf"
	sleeper db
	ctl reload
	ctl -j status | grep -q '"source": *"files"'
	is_state db up
}

@test "--strict refuses to start with the last accepted" {
	sleeper web
	hupd_start
	hupd_stop
	program bad <<<'comand = sleep 1'
	refused 6 'bad.conf:1: comand: unknown key' --strict
}

@test "with nothing accepted, rejected files are the end: 6" {
	program bad <<<'comand = sleep 1'
	refused 6 'bad.conf:1: comand: unknown key'
}

@test "an accepted configuration that is damaged is reported, and refused" {
	sleeper web
	hupd_start
	hupd_stop
	echo 'gibberish' >"$T/state/accepted"
	program bad <<<'comand = sleep 1'
	refused 6 'state/accepted:1: '
}

@test "no program at all is a valid state" {
	rmdir "$T/hupd.d"
	hupd_start
	run -0 ctl status
	mkdir -m 755 "$T/hupd.d"
	sleeper web
	run -0 ctl reload
	is_state web up
}

@test "-d: in the foreground, events on stderr, Ctrl-C ends it" {
	sleeper web
	hupd_foreground
	[ "$(hupd_pid)" = "$DAEMON" ]
	wait_for 5 grep -q 'Daemon start up at' "$T/stderr"
	wait_for 5 logged 'Daemon start up at'
	kill -INT "$DAEMON"
	wait_for 10 gone "$DAEMON"
	wait "$DAEMON"
	grep -q "SIGINT from pid $$" "$T/stderr"
	grep -q 'Daemon stop at' "$T/stderr"
	none_left
}

@test "as process 1 it reaps every process that becomes its child" {
	needs_root
	unshare --pid --fork --mount-proc true 2>/dev/null ||
	    skip "needs pid namespaces"
	program strays <<-E
	command = sh -c '(sh -c "(sleep 0.05 & sleep 0.1 & sleep 0.15 &)" &); echo gone; exec sleep 1000'
	log-timestamps = no
	E
	program stray <<-E
	command = sh -c 'setsid sh -c "exec env -i sleep 0.2" & sleep 0.1; echo over'
	restart = never
	E
	HUPD_EXEC="exec" hupd_env unshare --pid --fork --mount-proc --kill-child \
	    "$HUPD" -d -f "$T/hupd.conf" >"$T/stdout" 2>"$T/stderr" \
	    </dev/null &
	namespace=$!
	wait_for 10 hupd_answers
	[ "$(hupd_pid)" -eq 1 ]
	first=$(pgrep -P "$namespace")
	wait_for 5 is_state stray 'done'
	wait_for 5 is_state strays up
	# Its children in the end: the log process and the one program.
	two_children() {
		[ "$(pgrep -c -P "$first")" -eq 2 ]
	}
	wait_for 10 two_children
	[ -z "$(pgrep -P "$first" -r Z)" ]
	kill "$first"
	wait_for 10 gone "$first"
	wait "$namespace"
	[ ! -e "$T/hupd.pid" ]
}

@test "idle, neither it nor the log process makes a system call" {
	no_valgrind 'it makes system calls of its own'
	command -v strace >/dev/null || skip "needs strace"
	for ((i = 0; i < 100; i++)); do
		sleeper "p$i"
	done
	setting "cgroup = auto"
	hupd_start
	pid=$(hupd_pid)
	all_up() {
		[ "$(ctl status 2>/dev/null | grep -c ' up ')" -eq 100 ]
	}
	wait_for 30 all_up
	log=$(logger_of "$pid")
	calls() {
		strace -f -p "$pid" -p "$log" -o "$T/trace" 2>"$T/strace" &
		tracer=$!
		wait_for 5 grep -q "Process $log attached" "$T/strace" || return
		wait_for 5 grep -q "Process $pid attached" "$T/strace" || return
		read -r -t "$1" <> <(:) || :
		kill -INT "$tracer"
		wait "$tracer" || :
	}
	# After some time: a running request settles first.  The tracer interrupts
	# the wait of each of the two once, which makes two calls of it.
	idle() {
		calls 5
		! grep -E -v 'resumed|unfinished|detached|in 32 bit mode|^[0-9]+ +(epoll_|p)[a-z0-9_]*wait\(' \
		    "$T/trace" && [ "$(grep -c 'wait(' "$T/trace")" -le 4 ]
	}
	calls 0.2
	if grep -q 'Operation not permitted' "$T/strace"; then
		skip "may not trace"
	fi
	wait_for 5 idle
}
