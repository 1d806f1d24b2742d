# Sockets of the daemon: who may send to them, and what no sender can do.
load helper

teardown() {
	pkill -9 -f "tools/attack linger [a-z]* $T/" || :
	hupd_teardown
}

# Everybody but root and the programs: no socket of the run folder takes a
# message or a connection from him.
reachable() {
	local path
	find "$T/run" -type s | while read -r path; do
		as 54321 python3 - "$path" <<-'E' && echo "$path"
		import socket, sys
		for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
		    s = socket.socket(socket.AF_UNIX, kind)
		    try:
		        s.connect(sys.argv[1])
		        sys.exit(0)
		    except OSError:
		        pass
		sys.exit(1)
		E
	done
}

notifier() {
	program web <<-E
	command = sh -c '"$HUPD_BUILD/tools/actor" notify READY=1; $1'
	ready = notify
	user = nobody
	E
}

@test "a stranger reaches no socket of the daemon" {
	notifier 'exec sleep 1000'
	hupd_start
	wait_for 5 is_state web up
	[ -z "$(reachable)" ]
}

@test "a descriptor that blocks in close does not stop the daemon" {
	chmod 755 "$BATS_TEST_TMPDIR"
	notifier "\"$HUPD_BUILD/tools/attack\" linger dgram \$NOTIFY_SOCKET BARRIER=1 & wait"
	sleeper other
	hupd_start
	wait_for 5 printed web ready
	answers_soon
	ctl restart other
	# Its own messages may wait, but not its end.
	ctl stop web
	answers_soon
}

@test "nor do many, from a program that sends one after the other" {
	notifier "for i in 1 2 3 4 5 6 7 8 9; do \"$HUPD_BUILD/tools/attack\" \
linger dgram \$NOTIFY_SOCKET BARRIER=1 & done; wait"
	hupd_start
	wait_for 5 printed web ready
	answers_soon
	ctl restart web
	answers_soon
	ctl stop web
}

@test "a descriptor that is sent to the control socket does not stop the daemon" {
	local text
	setting "access-group = $(id -gn nobody)"
	sleeper web
	hupd_start
	for text in 'ping
' ''; do
		attack as nobody "$HUPD_BUILD/tools/attack" linger stream \
		    "$T/run/hupd.sock" "$text"
		# A refusal is as good.
		wait_for 5 grep -Eq 'ready|sendmsg' "$T/attack.out"
		answers_soon
		kill "$ATTACK" 2>/dev/null || :
	done
	ctl restart web
}

@test "nor does one on a kernel that cannot refuse descriptors" {
	local n
	setting "access-group = $(id -gn nobody)"
	sleeper web
	hupd_env "$HUPD_BUILD/tools/refuse" passrights ENOPROTOOPT \
	    "$HUPD" -f "$T/hupd.conf"
	# Read with a request, after it, and not at all.
	for ((n = 0; n < 20; n++)); do
		as nobody "$HUPD_BUILD/tools/attack" linger stream \
		    "$T/run/hupd.sock" 'ping
' &
		as nobody "$HUPD_BUILD/tools/attack" linger stream \
		    "$T/run/hupd.sock" '' &
	done >"$T/attack.out" 3>&-
	wait_for 5 lines "$T/attack.out" 40
	answers_soon
	ctl restart web
	ctl reexec
	answers_soon
}

@test "a barrier of systemd-notify is let go once its message is handled" {
	program web <<-'E'
	command = sh -c 'systemd-notify --ready; echo past; exec sleep 1000'
	ready = notify
	user = nobody
	E
	needs_commands systemd-notify
	hupd_start
	wait_for 5 printed web past
	wait_for 5 is_state web up
}
