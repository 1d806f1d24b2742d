#!/usr/bin/env bats
# The setup of a program before it is executed, and each failure of it.

load helper

setup() {
	hupd_setup
	TOOLS=$HUPD_BUILD/tools
}

# show KEY=VALUE ... : a program that prints its attributes and stays.
show() {
	program show <<-E
	command = sh -c 'pwd; id -u; id -g; id -G; umask; nice
	    cat /proc/self/oom_score_adj; grep NoNewPrivs /proc/self/status
	    grep ^Sig /proc/self/status; ulimit -n; echo end; exec sleep 1000'
	log-timestamps = no
	$(printf '%s\n' "$@")
	E
	sed -i ':a; /^command.*[^'\'']$/ { N; s/\n */; /; b a }' \
	    "$T/hupd.d/show.conf"
	hupd_start
	wait_for 5 printed show '^end$'
}

# The Nth line that it printed.
shown() {
	sed -n "${1}p" "$T/log/show.log"
}

# has_open N PID: N open files, once the linker has closed its own.
has_open() {
	wait_for 5 eval "[ \"\$(find '/proc/$2/fd' -type l | wc -l)\" -eq $1 ]"
}

# fails REASON: the program of that name is not executed, for that reason.
fails() {
	[ -e "$T/hupd.pid" ] || hupd_start
	wait_for 5 is_state web failed
	run ctl start web
	[ "$status" -eq 1 ]
	[[ $output = *"$1"* ]]
	wait_for 5 logged "web: starting -> failed (not executed): $1"
	ctl ping
}

# broken KEY=VALUE ...: a program that is given up at its first failure.
broken() {
	program web <<-E
	command = sleep 1000
	restart = never
	$(printf '%s\n' "$@")
	E
}

@test "without keys a program gets the defaults" {
	show
	[ "$(shown 1)" = / ]
	[ "$(shown 2)" = "$(id -u)" ]
	[ "$(shown 5)" = 0022 ]
	[ "$(shown 6)" = "$(nice)" ]
	[ "$(shown 8)" = $'NoNewPrivs:\t0' ]
	pid=$(pid_of show)
	[ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
	[ "$(ps -o tty= -p "$pid" | tr -d ' ')" = '?' ]
	[ "$(readlink "/proc/$pid/fd/0")" = /dev/null ]
	has_open 3 "$pid"
}

@test "no signal is blocked or ignored, whatever the daemon's starter did" {
	program show <<-'E'
	command = sh -c 'grep ^Sig /proc/self/status; echo end; exec sleep 1000'
	log-timestamps = no
	E
	(
		trap '' HUP INT QUIT USR1 CHLD PIPE RTMIN
		hupd_start
	)
	wait_for 5 printed show '^end$'
	grep -qx $'SigBlk:\t0*' "$T/log/show.log"
	grep -qx $'SigIgn:\t0*' "$T/log/show.log"
}

@test "directory, umask, nice, oom-score-adj and no-new-privs" {
	no_valgrind 'it has descriptors of its own'
	mkdir -m 755 "$T/home"
	show "directory = $T/home" 'umask = 027' 'nice = 7' \
	    'oom-score-adj = 321' 'no-new-privs = yes' 'rlimit-nofile = 99:111'
	[ "$(shown 1)" = "$T/home" ]
	[ "$(shown 5)" = 0027 ]
	[ "$(shown 6)" = 7 ]
	[ "$(shown 7)" = 321 ]
	[ "$(shown 8)" = $'NoNewPrivs:\t1' ]
	wait_for 5 printed show '^99$'
}

@test "user, group and groups" {
	needs_root
	show 'user = nobody' 'group = daemon' 'groups = audio, video'
	[ "$(shown 2)" = "$(id -u nobody)" ]
	[ "$(shown 3)" = "$(getent group daemon | cut -d : -f 3)" ]
	[ "$(shown 4 | tr ' ' '\n' | sort -n | xargs)" = "$(getent group \
	    daemon audio video | cut -d : -f 3 | sort -n | xargs)" ]
}

@test "a user alone brings its own groups, and may open its output again" {
	needs_root
	program show <<-'E'
	command = sh -c 'id; echo again >/dev/stdout; echo $HOME $USER; sleep 99'
	user = daemon
	log-timestamps = no
	E
	hupd_start
	wait_for 5 printed show 'daemon$'
	[ "$(shown 1)" = "$(setpriv --reuid=daemon --regid=daemon \
	    --init-groups id)" ]
	[ "$(shown 2)" = again ]
	[ "$(shown 3)" = "$(getent passwd daemon | cut -d : -f 6) daemon" ]
}

@test "every limit takes effect" {
	no_valgrind 'it has descriptors of its own'
	show 'rlimit-nofile = 64:128' 'rlimit-core = 0' 'rlimit-cpu = 1000' \
	    'rlimit-fsize = 100M' 'rlimit-nproc = 500:600' \
	    'rlimit-stack = 4M' 'rlimit-memlock = 32K' 'rlimit-as = 1G' \
	    'rlimit-data = 512M' 'rlimit-sigpending = 100' \
	    'rlimit-msgqueue = 1000' 'rlimit-locks = 50' 'rlimit-rss = 1G'
	limits=$(tr -s ' ' <"/proc/$(pid_of show)/limits")
	for want in 'open files 64 128 ' 'core file size 0 0 ' \
	    'cpu time 1000 1000 ' 'file size 104857600 104857600 ' \
	    'processes 500 600 ' 'stack size 4194304 4194304 ' \
	    'locked memory 32768 32768 ' \
	    'address space 1073741824 1073741824 ' \
	    'data size 536870912 536870912 ' 'pending signals 100 100 ' \
	    'msgqueue size 1000 1000 ' 'file locks 50 50 ' \
	    'resident set 1073741824 1073741824 '; do
		[[ $limits = *"Max $want"* ]]
	done
}

@test "env, env-file and env-clear, the later winning" {
	printf 'TWO=file\nTHREE="a b"\n' >"$T/a.env"
	printf 'TWO=other\n' >"$T/b.env"
	chmod 644 "$T"/*.env
	program show <<-E
	command = sh -c 'env; echo end'
	env-file = $T/a.env
	env-file = $T/b.env
	env = ONE=key
	restart = never
	log-timestamps = no
	E
	NOTIFY_SOCKET=/nowhere hupd_start
	wait_for 5 is_state show 'done'
	wait_for 5 printed show '^end$'
	for line in ONE=key TWO=other 'THREE=a b' HUPD_PROGRAM=show; do
		grep -qx -e "$line" "$T/log/show.log"
	done
	run ! printed show '^NOTIFY_SOCKET'

	: >"$T/log/show.log"
	echo 'env-clear = yes' >>"$T/hupd.d/show.conf"
	run -0 ctl reload
	wait_for 5 is_state show 'done'
	wait_for 5 printed show '^end$'
	printed show '^PATH=/usr/local/sbin:'
	printed show '^ONE=key$'
}

@test "the command is found in the PATH that the program has" {
	mkdir -m 755 "$T/a" "$T/b"
	printf '#!/bin/sh\necho from b; exec sleep 1000\n' >"$T/b/tool"
	chmod 755 "$T/b/tool"
	echo 'not this' >"$T/a/tool"
	program web <<-E
	command = tool
	env = PATH=$T/missing:$T/a:$T/b:/usr/bin:/bin
	E
	hupd_start
	wait_for 5 printed web 'from b$'
}

@test "arguments arrive as they were quoted, and no shell sees them" {
	program show <<-'E'
	command = printf '<%s>\n' 'a  b' "c\"d" e\ f '$HOME' '*' ''
	log-timestamps = no
	restart = never
	E
	hupd_start
	wait_for 5 printed show '^<>$'
	[ "$(paste -sd' ' "$T/log/show.log")" = \
	    '<a  b> <c"d> <e f> <$HOME> <*> <>' ]
}

@test "exec: no such program" {
	broken 'command = /nowhere/tool'
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	fails 'exec /nowhere/tool: does not exist'
}

@test "exec: not in PATH" {
	broken 'command = surely-no-such-tool' 'env = PATH=/usr/bin:/bin'
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	fails 'exec surely-no-such-tool: is not in PATH (/usr/bin:/bin)'
}

@test "exec: found, but not allowed" {
	mkdir -m 755 "$T/a"
	echo 'not this' >"$T/a/tool"
	chmod 644 "$T/a/tool"
	broken 'command = tool' "env = PATH=$T/a:/nowhere"
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	fails "exec $T/a/tool: is not executable"
}

@test "exec: no program at all" {
	echo 'neither script nor program' >"$T/tool"
	chmod 755 "$T/tool"
	broken "command = $T/tool"
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	fails "exec $T/tool: is a text without #! in its first line"
}

# script NAME FIRST_LINE: an executable script.
script() {
	printf '%b\necho hello\n' "$2" >"$T/$1"
	chmod 755 "$T/$1"
	broken "command = $T/$1"
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
}

@test "exec: a script without its interpreter" {
	script file '#!/nowhere/sh -e'
	fails "exec $T/file: its interpreter '/nowhere/sh' does not exist"
}

@test "exec: a script with CR LF line ends" {
	script file '#!/bin/sh\r'
	hupd_start
	wait_for 5 is_state web failed
	run ctl start web
	[[ $output = *"exec $T/file: its interpreter '/bin/sh\r' does not exist (CR LF line ends?)"* ]]
}

@test "exec: an empty file, a folder, a path through a file" {
	script file '#!'
	: >"$T/file"
	fails "exec $T/file: is empty"
	change web "command = $T"
	run -1 ctl reload
	[[ $output = *"exec $T: is a folder"* ]]
	change web "command = $T/file/tool"
	run -1 ctl reload
	[[ $output = *"exec $T/file/tool: does not exist"* ]]
}

@test "exec: a program for another processor" {
	# The head of an ELF file for the MIPS, all of whose pages are its own.
	{
		printf '\177ELF\002\002\001'
		head -c 9 /dev/zero
		printf '\000\002\000\010\000\000\000\001'
		head -c 200 /dev/zero
	} >"$T/tool"
	chmod 755 "$T/tool"
	broken "command = $T/tool"
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	fails "exec $T/tool: is a program for another processor (mips)"
}

@test "exec: a folder on the way that the user may not search" {
	needs_root
	mkdir -m 755 "$T/a"
	mkdir -m 700 "$T/a/private"
	printf '#!/bin/sh\n' >"$T/a/private/run"
	chmod 755 "$T/a/private/run"
	broken "command = $T/a/private/run" 'user = nobody'
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	fails "exec $T/a/private/run: no permission to search the folder $T/a/private"
}

@test "exec: arguments that are too long, a file that is being written" {
	broken "command = true $(head -c 60000 /dev/zero | tr '\0' a)"
	for i in $(seq 70); do
		printf 'env = V%s=%s\n' "$i" "$(head -c 60000 /dev/zero | tr '\0' a)"
	done >"$T/long"
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	cp "$(command -v sleep)" "$T/tool"
	program busy <<-E
	command = $T/tool 1000
	restart = never
	E
	exec 9>>"$T/tool"
	hupd_start 9>&-
	wait_for 5 is_state busy failed
	run ctl start busy
	exec 9>&-
	[[ $output = *"exec $T/tool: is open for writing"* ]]
}

@test "exec: a file system without programs" {
	needs_root
	unshare -m true 2>/dev/null || skip "needs name spaces"
	mkdir -m 755 "$T/mnt"
	broken "command = $T/mnt/run"
	sed -i '/sleep 1000/d' "$T/hupd.d/web.conf"
	cat >"$T/inside" <<-E
	mount -t tmpfs -o noexec none $T/mnt
	printf '#!/bin/sh\n' >$T/mnt/run
	chmod 755 $T/mnt/run
	exec $HUPD -f $T/hupd.conf
	E
	hupd_env unshare -m sh "$T/inside" >/dev/null 2>&1
	fails "exec $T/mnt/run: its file system is mounted noexec"
}

@test "the same words for health checks and reload commands" {
	program web <<-E
	command = sleep 1000
	health-command = /nowhere/check
	health-interval = 1s
	reload-command = /nowhere/reload
	E
	hupd_start
	wait_for 10 logged 'web: health-command: exec /nowhere/check: does not exist'
	run -1 ctl reload web
	[[ $output = *'exec /nowhere/reload: does not exist'* ]]
}

@test "a program that goes into the background is explained" {
	# memcached -d as seen from outside, and a program that is not known.
	printf '#!/bin/sh\nsleep 1000 &\nexit 0\n' >"$T/memcached"
	cp "$T/memcached" "$T/unknown"
	chmod 755 "$T/memcached" "$T/unknown"
	program web <<-E
	command = $T/memcached -d
	restart = never
	E
	program other <<-E
	command = $T/unknown
	restart-delay = 10s
	settle-time = 1s
	E
	hupd_start
	wait_for 5 logged 'web: it went into the background: set ready = forks, or keep it in the foreground without -d'
	wait_for 5 logged 'other: it went into the background: set ready = forks, or keep it in the foreground (many'
	run ctl status other
	[[ $output = *'exited, status 0; it went into the background'* ]]
	run ctl restart other
	[ "$status" -eq 1 ]
	[[ $output = *'it went into the background: set ready = forks, or keep it in the foreground'* ]]
}

@test "given up after 1 restart, and the number of restarts" {
	local n
	for n in 1 3; do
		program "web$n" <<-E
		command = false
		restart-limit = $n
		restart-delay = 10ms
		E
	done
	hupd_start
	wait_for 10 logged 'web1: .* -> failed .*given up after 1 restart$'
	wait_for 10 logged 'web3: .* -> failed .*given up after 3 restarts$'
	run ctl status
	[[ $output = *'given up after 1 restart'* ]]
}

@test "after a restart the event log names the new process" {
	local old
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	old=$(pid_of web)
	ctl restart web
	wait_for 5 logged "web: .* up .*pid $(pid_of web)"
	[ "$(grep -c "pid $old" "$T/log/hupd.log")" -eq 1 ]
}

@test "directory: gone since it was checked, or closed to the user" {
	mkdir -m 755 "$T/home"
	broken "directory = $T/home" 'autostart = no'
	hupd_start
	rmdir "$T/home"
	run -1 ctl start web
	fails "directory $T/home: No such file or directory"
	needs_root
	mkdir -m 700 "$T/home"
	echo 'user = nobody' >>"$T/hupd.d/web.conf"
	run ctl reload
	fails "directory $T/home: Permission denied"
	chmod 755 "$T/home"
	mkdir -m 755 "$T/home/a" "$T/home/a/b"
	chmod 700 "$T/home/a"
	change web "directory = $T/home/a/b"
	run ctl reload
	fails "directory $T/home/a/b: no permission to search the folder $T/home/a"
}

@test "user: not permitted" {
	needs_root
	broken 'user = nobody'
	hupd_env setpriv --bounding-set -setuid --inh-caps -setuid \
	    "$HUPD" -f "$T/hupd.conf"
	fails 'user nobody: cannot change to the id 65534: Operation not permitted'
}

@test "what failed is reported after the definition was replaced" {
	broken "directory = $T/missing"
	hupd_start
	wait_for 5 is_state web failed
	# It is replaced, but not started.
	run -0 ctl stop web
	sed -i '/^directory/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
	run ctl -j status web
	[ "$status" -eq 3 ]
	[[ $output = *'directory /'* ]]
	run -0 ctl start web
}

@test "a program that cannot be executed is tried again" {
	program web <<-E
	command = $T/tool
	restart-delay = 10ms
	E
	hupd_start
	wait_for 5 logged "web: starting -> wait (not executed): exec $T/tool: does not exist"
	ln -s "$(command -v sleep)" "$T/tool"
	sed -i "s|tool|tool 1000|" "$T/hupd.d/web.conf"
	run -0 ctl reload
	wait_for 5 is_state web up
}

@test "an older kernel, without pidfds, close_range and clone3, will do" {
	no_valgrind 'it answers for close_range(2) itself'
	program web <<-E
	command = $TOOLS/actor child say set wait
	kill-mode = mixed
	reload-command = sh -c 'echo "reloads \$MAINPID"'
	ready = started
	E
	program say <<-E
	command = $TOOLS/actor write 3 ready wait
	ready = fd:3
	E
	hupd_env "$TOOLS/nosys" "$HUPD" -f "$T/hupd.conf"
	wait_for 5 is_state web up
	wait_for 5 is_state say up
	has_open 4 "$(pid_of say)"
	wait_for 5 printed web 'set$'
	run -0 ctl reload web
	wait_for 5 printed web "reloads $(pid_of web)$"
	pid=$(pid_of web)
	kill -9 "$pid"
	wait_for 5 logged 'web: killed 1 process that it left behind'
	wait_for 5 is_state web up
	[ "$(pid_of web)" -ne "$pid" ]
	run -0 ctl restart say
	run -0 ctl stop web
}

@test "a sandbox that refuses clone3 or pidfd_send_signal will do" {
	no_valgrind 'it knows no pidfds'
	local call daemon
	sleeper web
	for call in 'clone3 EPERM' 'clone3 EINVAL' 'pidfd_send_signal EPERM' \
	    'pidfd_send_signal ENOSYS'; do
		# shellcheck disable=SC2086
		hupd_env "$TOOLS/refuse" $call "$HUPD" -f "$T/hupd.conf"
		wait_for 5 is_state web up
		run -0 ctl restart web
		# A process that is taken over is no child of the daemon.
		daemon=$(hupd_pid)
		kill -9 "$daemon"
		wait_for 5 gone "$daemon"
		wait_for 5 hupd_answers
		wait_for 5 is_state web up
		run -0 ctl stop web
		logged 'web: .* -> down (exited): killed by SIGTERM' ||
		    logged 'web: stopping -> down'
		! logged 'cannot be sent'
		hupd_stop
	done
}

# limits_are SOFT: SOFT descriptors for show, and more for the daemon.
limits_are() {
	local limit
	limit=$(awk '/^Max open files/ { print $4 }' "/proc/$(hupd_pid)/limits")
	[ "$(tail -n 2 "$T/log/show.log" | head -n 1)" = "$1" ] &&
	    [ "$limit" -gt "$1" ]
}

@test "a program has the limit of descriptors that hupd was started with" {
	no_valgrind 'there is no guard'
	local pid
	ulimit -Sn 250
	show
	limits_are 250
	: >"$T/log/show.log"
	pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 5 eval '[ "$(hupd_pid)" != '"$pid"' ] && hupd_answers'
	ctl restart show
	wait_for 5 limits_are 250
}

@test "a limit of descriptors that is too low for all is reported" {
	no_valgrind 'it has descriptors of its own'
	for i in {1..40}; do
		program "p$i" <<<'command = sleep 1000'
	done
	user_setup
	cp "$T"/hupd.d/* "$USER_HOME/config/hupd/hupd.d/"
	run -0 as_user sh -c 'ulimit -n 100; exec hupd'
	[[ $output = *'need 120 descriptors, the limit (ulimit -n) is 100: '* ]]
	kill "$(cat "$USER_HOME/run/hupd/hupd.pid")"
	wait_for 15 eval '[ ! -e "$USER_HOME/run/hupd/hupd.pid" ]'
}

@test "an oom-score-adj that a container does not allow is left out" {
	program low <<-'E'
	command = sleep 1000
	oom-score-adj = -900
	E
	hupd_start
	wait_for 5 is_state low up
}
