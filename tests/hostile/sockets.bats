# Sockets of the daemon: who may send to them, and what no sender can do.
load helper

teardown() {
	pkill -9 -f "tools/attack linger [a-z]* $T/" || :
	hupd_teardown
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

@test "nor on a kernel that cannot refuse descriptors" {
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
