# Sockets of the daemon: who may send to them, and what no sender can do.
load helper
load ../system/takeover

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

# connects PATH: may a stranger send to it?
connects() {
	as 54321 python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect(sys.argv[1])' \
	    "$1" 2>/dev/null
}

@test "a program that starts as root may notify as another user; a stranger does not find its socket" {
	local path said
	program web <<-E
	command = sh -c 'setpriv --reuid=65534 --regid=65534 --clear-groups -- "$HUPD_BUILD/tools/actor" notify READY=1; while :; do read x <$T/said; setpriv --reuid=65534 --regid=65534 --clear-groups -- "$HUPD_BUILD/tools/actor" notify "STATUS=\$x"; done'
	ready = notify
	E
	mkfifo "$T/said"
	chmod 755 "$BATS_TEST_TMPDIR"
	hupd_start
	wait_for 5 is_state web up
	for path in $(grep -o "$T/run/.*" /proc/net/unix) \
	    "$T"/run/notify.d/{0,1,2,3}; do
		! connects "$path" || { echo "$path"; false; }
	done
	run ! as 54321 ls "$T/run/notify.d"
	# The program knows the path for as long as it runs.
	said=one
	echo "$said" >"$T/said"
	wait_for 5 eval 'ctl status web | grep -q one'
	crash_for_good
	hupd_start
	echo two >"$T/said"
	wait_for 5 eval 'ctl status web | grep -q two'
	run -0 ctl restart web
	[ "$(find "$T/run/notify.d" -type s | wc -l)" -eq 1 ]
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
