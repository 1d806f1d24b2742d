# The sandbox: a real program tries what each key forbids, in the sandbox and
# with sandbox = off, and may still do what it must.
load helper

# A test makes files in /root, which do not outlive this file.
setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	mount -t tmpfs none /root
}

# tries LINE ... <<E: run a program with these lines of its file.  Each line of
# the input is an action of the tool trial, the expected outcome in the sandbox,
# and that with sandbox = off.
tries() {
	local action inside outside
	trials=() expected=() without=()
	while read -r action inside outside; do
		trials+=("$action")
		expected+=("$action $inside")
		without+=("$action $outside")
	done
	{
		printf "command = $HUPD_BUILD/tools/trial%s\n" \
		    "$(printf ' %s' "${trials[@]}")"
		printf '%s\n' 'ready = exited' 'log-timestamps = no' "$@"
	} | program web
	hupd_start
	wait_for 20 is_state web 'done'
	expect "${expected[@]}"
	: >"$T/log/web.log"
	echo 'sandbox = off' >>"$T/hupd.d/web.conf"
	ctl reload
	expect "${without[@]}"
}

# expect LINE ...: the log of web will consist of them.
expect() {
	wait_for 10 has_logged "$@" && return
	printf '%s\n' "$@" | diff - "$T/log/web.log" >&2
}

# The log of web consists of these lines.
has_logged() {
	printf '%s\n' "$@" | cmp -s - "$T/log/web.log"
}

@test "capability-bounding-set takes capabilities from a root program" {
	touch "$T/file"
	tries 'capability-bounding-set = ~CAP_CHOWN CAP_MKNOD' \
	    'capability-bounding-set = ~CAP_SYS_ADMIN' <<-E
	chown:$T/file EPERM ok
	device:$T/node EPERM ok
	unshare:0x40000000 EPERM ok
	create:$T/other ok ok
	E
}

@test "capability-bounding-set = none leaves no capability" {
	touch "$T/file"
	tries 'capability-bounding-set = none' <<-E
	chown:$T/file EPERM ok
	bind:81 EACCES ok
	bind:8181 ok ok
	E
}

@test "ambient-capabilities let a user bind a port below 1024" {
	hostile_account
	tries 'user = hostile' 'ambient-capabilities = CAP_NET_BIND_SERVICE' \
	    <<-E
	bind:81 ok EACCES
	chown:/etc EPERM EPERM
	E
	accounts_teardown
}

@test "system-call-architectures = native kills a program that makes others" {
	[ "$(uname -m)" = x86_64 ] || skip 'is about x86-64'
	[ "$("$HUPD_BUILD/tools/trial" foreign)" = 'foreign ok' ] ||
	    skip 'this kernel has no calls of 32 bits'
	tries 'system-call-architectures = native' <<-E
	foreign SIGSYS ok
	create:$T/other ok ok
	E
}

@test "memory-deny-write-execute" {
	tries 'memory-deny-write-execute = yes' <<-E
	code EPERM ok
	protect EPERM ok
	E
}

@test "restrict-address-families allows only those that are named" {
	tries 'restrict-address-families = AF_UNIX AF_INET' <<-E
	socket:16 EAFNOSUPPORT ok
	socket:10 EAFNOSUPPORT ok
	socket:70 EAFNOSUPPORT EAFNOSUPPORT
	socket:1 ok ok
	bind:8181 ok ok
	E
}

@test "restrict-address-families = ~ and names forbids these" {
	tries 'restrict-address-families = ~AF_NETLINK' <<-E
	socket:16 EAFNOSUPPORT ok
	socket:1 ok ok
	E
}

@test "restrict-namespaces" {
	tries 'restrict-namespaces = yes' <<-E
	unshare:0x40000000 EPERM ok
	clone:0x20000000 EPERM ok
	clone:0 ok ok
	E
}

@test "restrict-namespaces allows those that are named" {
	tries 'restrict-namespaces = net uts' <<-E
	unshare:0x40000000 ok ok
	unshare:0x20000 EPERM ok
	clone:0x4000000 ok ok
	E
}

@test "restrict-realtime" {
	tries 'restrict-realtime = yes' <<-E
	realtime EPERM ok
	nice ok ok
	E
}

@test "restrict-suid-sgid" {
	tries 'restrict-suid-sgid = yes' <<-E
	suid:$T/other EPERM ok
	create:$T/other ok ok
	E
}

@test "lock-personality" {
	tries 'lock-personality = yes' <<-E
	personality EPERM ok
	E
}

@test "a filter of a program with a user implies no_new_privs" {
	hostile_account
	program web <<-E
	command = sleep 1000
	user = hostile
	restrict-realtime = yes
	E
	program other <<-E
	command = sleep 1000
	user = hostile
	E
	hupd_start
	wait_for 10 is_state web up
	wait_for 10 is_state other up
	grep -q '^NoNewPrivs:.*1' "/proc/$(pid_of web)/status"
	grep -q '^Seccomp:.*2' "/proc/$(pid_of web)/status"
	grep -q '^NoNewPrivs:.*0' "/proc/$(pid_of other)/status"
	grep -q '^Seccomp:.*0' "/proc/$(pid_of other)/status"
	accounts_teardown
}

@test "protect-system = yes: /usr is read-only" {
	tries 'protect-system = yes' <<-E
	create:/usr/hupd.trial EROFS ok
	create:/etc/hupd.trial ok ok
	create:$T/other ok ok
	E
}

@test "protect-system = full: /etc as well" {
	tries 'protect-system = full' <<-E
	create:/usr/hupd.trial EROFS ok
	create:/etc/hupd.trial EROFS ok
	create:$T/other ok ok
	E
}

@test "protect-system = strict: everything but read-write-paths and /dev" {
	mkdir "$T/data"
	tries 'protect-system = strict' "read-write-paths = $T/data" <<-E
	create:/usr/hupd.trial EROFS ok
	create:$T/other EROFS ok
	create:/var/tmp/hupd.trial EROFS ok
	create:$T/data/file ok ok
	create:/dev/hupd.other ok ok
	E
}

@test "protect-home = yes: homes are inaccessible" {
	echo text >/root/hupd.trial
	tries 'protect-home = yes' <<-E
	read:/root/hupd.trial ENOENT ok
	create:/root/hupd.other EROFS ok
	E
}

@test "protect-home = read-only" {
	echo text >/root/hupd.trial
	tries 'protect-home = read-only' <<-E
	read:/root/hupd.trial ok ok
	write:/root/hupd.trial EROFS ok
	E
}

@test "protect-home = tmpfs: homes are empty, except for named paths" {
	mkdir -p /root/hupd.home/data
	touch /root/hupd.home/data/file
	tries 'protect-home = tmpfs' 'read-write-paths = /root/hupd.home/data' \
	    <<-E
	create:/root/hupd.other EROFS ok
	create:/root/hupd.home/other EROFS ok
	write:/root/hupd.home/data/file ok ok
	E
}

@test "read-only-paths, read-write-paths and inaccessible-paths nest" {
	mkdir -p "$T/a/b/c/d" "$T/a b"
	touch "$T/a b/file"
	tries "read-only-paths = $T/a '$T/a b' -$T/absent" \
	    "read-write-paths = $T/a/b" "read-only-paths = $T/a/b/c" \
	    "inaccessible-paths = $T/a/b/c/d" <<-E
	create:$T/a/file EROFS ok
	create:$T/a/b/file ok ok
	create:$T/a/b/c/file EROFS ok
	list:$T/a/b/c/d empty empty
	create:$T/a/b/c/d/file EROFS ok
	create:$T/file ok ok
	E
}

@test "inaccessible-paths covers files" {
	echo text >"$T/file"
	tries "inaccessible-paths = $T/file" 'capability-bounding-set = none' \
	    <<-E
	read:$T/file EACCES ok
	E
}

@test "a path that is missing fails the start, with key and path" {
	program web <<-E
	command = sleep 1000
	read-only-paths = $T/absent
	restart = never
	E
	hupd_start
	wait_for 10 is_state web failed
	ctl status web | grep -F "read-only-paths $T/absent: No such file"
}

@test "private-tmp hides /tmp and /var/tmp" {
	touch "/tmp/hupd.trial.$$" "/var/tmp/hupd.trial.$$"
	tries 'private-tmp = yes' <<-E
	read:/tmp/hupd.trial.$$ ENOENT ok
	create:/tmp/hupd.other.$$ ok ok
	list:/var/tmp empty ok
	E
	rm "/tmp/hupd.trial.$$" "/var/tmp/hupd.trial.$$"
}

@test "private-devices leaves harmless devices" {
	mknod "/dev/hupd.trial.$$" c 1 3
	tries 'private-devices = yes' <<-E
	read:/dev/hupd.trial.$$ ENOENT ok
	device:$T/node EPERM ok
	create:/dev/hupd.other EROFS ok
	write:/dev/null ok ok
	read:/dev/urandom ok ok
	list:/dev/fd ok ok
	E
	rm "/dev/hupd.trial.$$"
}

@test "a private /dev needs no cover over a missing file" {
	tries 'private-devices = yes' 'protect-kernel-logs = yes' \
	    'inaccessible-paths = -/dev/kmsg' <<-E
	write:/dev/null ok ok
	E
}

@test "protect-proc = invisible hides the processes of others" {
	hostile_account
	tries 'user = hostile' 'protect-proc = invisible' <<-E
	read:/proc/1/stat ENOENT ok
	read:/proc/self/stat ok ok
	E
	accounts_teardown
}

@test "protect-kernel-tunables" {
	tries 'protect-kernel-tunables = yes' <<-E
	write:/proc/sys/kernel/pid_max EROFS ok
	read:/proc/sys/kernel/pid_max ok ok
	E
}

@test "protect-control-groups" {
	[ -d /sys/fs/cgroup ] || skip 'there are no cgroups'
	tries 'protect-control-groups = yes' <<-E
	write:$(find /sys/fs/cgroup -name cgroup.procs | head -n 1) EROFS ok
	E
}

@test "protect-kernel-modules" {
	tries 'protect-kernel-modules = yes' <<-E
	module EPERM $("$HUPD_BUILD/tools/trial" module | cut -d ' ' -f 2)
	E
}

@test "protect-kernel-logs" {
	tries 'protect-kernel-logs = yes' <<-E
	kernel-log EPERM ok
	E
}

@test "protect-clock" {
	tries 'protect-clock = yes' <<-E
	clock EPERM ok
	E
}

@test "protect-hostname" {
	tries 'protect-hostname = yes' <<-E
	hostname EPERM ok
	E
}

@test "private-network has a loopback interface and no other" {
	local other
	other=$(find /sys/class/net -mindepth 1 ! -name lo -printf '%f\n' |
	    head -n 1)
	[ -n "$other" ] || skip 'there is no other interface'
	tries 'private-network = yes' <<-E
	interface:lo up up
	interface:$other ENODEV $("$HUPD_BUILD/tools/trial" \
	    "interface:$other" | cut -d ' ' -f 2)
	bind:8181 ok ok
	E
}

@test "health checks and reload commands share private-tmp and private-network" {
	program web <<-E
	command = sh -c 'echo main >/tmp/main; exec sleep 1000'
	private-tmp = yes
	private-network = yes
	health-command = sh -c 'readlink /proc/self/ns/net >/tmp/check'
	health-interval = 100ms
	reload-command = sh -c 'cat /tmp/main; readlink /proc/self/ns/net'
	log-timestamps = no
	E
	hupd_start
	wait_for 10 is_state web up
	wait_for 10 test -s "$T/state/tmp/web/tmp/check"
	ctl reload web
	wait_for 10 grep -qx main "$T/log/web.log"
	own=$(readlink "/proc/$(pid_of web)/ns/net")
	[ "$own" != "$(readlink /proc/self/ns/net)" ]
	wait_for 10 grep -qxF "$own" "$T/log/web.log"
	grep -qxF "$own" "$T/state/tmp/web/tmp/check"
}

# The file in private-tmp has one line, of the start that runs.  The number of
# the folder's inode says nothing: it may be given again.
is_own_tmp() {
	[ "$(cat "$T/state/tmp/web/tmp/file" 2>&1)" = "$(pid_of web)" ]
}

no_tmp_is_left() {
	[ ! -e "$T/state/tmp/web" ] && [ -z "$(ls "$T/state/tmp/.old")" ]
}

@test "private-tmp lives from start to stop, and through a take-over" {
	program web <<-'E'
	command = sh -c 'echo $$ >>/tmp/file; exec sleep 1000'
	private-tmp = yes
	E
	hupd_start
	wait_for 10 is_own_tmp
	[ "$(stat -c %a "$T/state/tmp" "$T/state/tmp/web/tmp" | tr '\n' ' ')" = \
	    '700 1777 ' ]
	ctl restart web
	wait_for 10 is_own_tmp
	DAEMON=$(hupd_pid)
	kill -9 "$DAEMON"
	wait_for 10 hupd_answers
	is_own_tmp
	kill -9 "$(pid_of web)"
	wait_for 10 is_own_tmp
	ctl stop web
	wait_for 10 no_tmp_is_left
}

@test "a program with private-tmp reaches its notify socket" {
	program web <<-E
	command = sh -c 'systemd-notify --ready --pid=parent; exec sleep 1000'
	private-tmp = yes
	protect-system = strict
	ready = notify
	E
	hupd_start
	wait_for 20 is_state web up
}

@test "root-directory" {
	mkdir -p "$T/root"/{bin,proc,lib,lib64,usr}
	program web <<-E
	command = /busybox sh -c 'echo \$(pwd); echo /*; exec /busybox sleep 1000'
	root-directory = $T/root
	log-timestamps = no
	E
	command -v busybox >/dev/null || skip 'needs busybox'
	ldd "$(command -v busybox)" && skip 'needs a static busybox'
	cp "$(command -v busybox)" "$T/root/busybox"
	hupd_start
	wait_for 10 is_state web up
	wait_for 10 grep -qx '/bin /busybox /lib /lib64 /proc /usr' \
	    "$T/log/web.log"
	[ "$(stat -c %i "/proc/$(pid_of web)/root/.")" = \
	    "$(stat -c %i "$T/root")" ]
}

@test "a kernel without mount_setattr has read-only paths, too" {
	mkdir -p "$T/a/b"
	program web <<-E
	command = $HUPD_BUILD/tools/trial create:$T/a/file create:$T/a/b/file create:/usr/hupd.trial
	ready = exited
	log-timestamps = no
	read-only-paths = $T/a
	read-write-paths = $T/a/b
	protect-system = yes
	E
	hupd_env "$HUPD_BUILD/tools/nosys" "$HUPD" -f "$T/hupd.conf"
	wait_for 10 is_state web 'done'
	expect "create:$T/a/file EROFS" "create:$T/a/b/file ok" \
	    'create:/usr/hupd.trial EROFS'
}

@test "what the daemon may not do rejects a reload, with the key" {
	sleeper web
	hupd_env setpriv --bounding-set=-sys_admin "$HUPD" -f "$T/hupd.conf"
	wait_for 10 is_state web up
	before=$(pid_of web)
	echo 'private-network = yes' >>"$T/hupd.d/web.conf"
	run -6 ctl reload
	[[ $output == *'web.conf:2: private-network: needs the capability'* ]]
	[ "$(pid_of web)" = "$before" ]
	sed -i 's/^private-network.*/restrict-realtime = yes/' \
	    "$T/hupd.d/web.conf"
	ctl reload
	wait_for 10 is_state web up
}

@test "at a start it fails that one program" {
	sleeper web
	echo 'private-tmp = yes' >>"$T/hupd.d/web.conf"
	echo 'restart = never' >>"$T/hupd.d/web.conf"
	sleeper other
	hupd_env setpriv --bounding-set=-sys_admin "$HUPD" -f "$T/hupd.conf"
	wait_for 10 is_state other up
	wait_for 10 is_state web failed
	ctl status web | grep -F 'private-tmp needs the capability'
}

@test "a start-pre with + runs outside, one without it inside" {
	program web <<-E
	command = sh -c 'cat /tmp/pre; exec sleep 1000'
	start-pre = sh -c 'echo inside >/tmp/pre'
	start-pre = +sh -c 'echo outside >/tmp/pre.\$\$; rm /tmp/pre.\$\$; touch $T/outside'
	start-pre = -sh -c ': >$T/inside'
	protect-system = strict
	private-tmp = yes
	log-timestamps = no
	E
	hupd_start
	wait_for 10 is_state web up
	wait_for 10 grep -qx inside "$T/log/web.log"
	[ -e "$T/outside" ]
	[ ! -e "$T/inside" ]
}

@test "own folders stay writable in a strict sandbox" {
	tries 'protect-system = strict' 'state-directory = hupd-trial' <<-E
	create:/var/lib/hupd-trial/file ok ok
	create:/var/lib/hupd.trial EROFS ok
	E
	rm -r /var/lib/hupd-trial
}

@test "a changed sandbox in which the program does not start is rolled back" {
	sleeper web
	hupd_start
	wait_for 10 is_state web up
	echo "read-only-paths = $T/absent" >>"$T/hupd.d/web.conf"
	run -1 ctl reload
	[[ $output == *"read-only-paths $T/absent: No such file"* ]]
	wait_for 10 is_state web up
	ctl reexec
	wait_for 10 is_state web up
}

@test "sandbox = try starts without what is not possible, and says so" {
	program web <<-E
	command = sleep 1000
	private-network = yes
	private-tmp = yes
	restrict-realtime = yes
	sandbox = try
	E
	hupd_env setpriv --bounding-set=-sys_admin "$HUPD" -f "$T/hupd.conf"
	wait_for 10 is_state web up
	grep -q '^Seccomp:.*2' "/proc/$(pid_of web)/status"
	ctl status | grep -F 'runs without private-tmp, private-network'
	ctl -j status | grep -F \
	    '"sandbox_without":"private-tmp, private-network"'
	ctl check 2>&1 | grep -F 'web.conf:2: private-network: needs the capability'
	ctl restart web
	[ "$(grep -c 'web: starts without private-network' \
	    "$T/log/hupd.log")" = 1 ]
	DAEMON=$(hupd_pid)
	kill -9 "$DAEMON"
	wait_for 10 hupd_answers
	ctl status | grep -F 'runs without private-tmp, private-network'
}
