# The sandbox: a real program tries what each key forbids, in the sandbox and
# with sandbox = off, and may still do what it must.
load helper

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
	wait_for 10 has_logged "${expected[@]}"
	: >"$T/log/web.log"
	echo 'sandbox = off' >>"$T/hupd.d/web.conf"
	ctl reload
	wait_for 10 has_logged "${without[@]}"
}

# The log of web consists of these lines.
has_logged() {
	printf '%s\n' "$@" | diff - "$T/log/web.log" >&2
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
