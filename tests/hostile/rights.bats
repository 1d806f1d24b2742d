# The rights of members of access-group, and the limits of a program's output.
load helper

member() {
	as nobody "$T/hupctl" -s "$T/run/hupd.sock" "$@"
}

member_asks() {
	as nobody timeout 20 python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall((sys.argv[2] + "\n").encode())
text = ""
while "\nend " not in "\n" + text:
    data = s.recv(4096)
    if not data:
        break
    text += data.decode()
print(text)' "$T/run/hupd.sock" "$1"
}

@test "a member of access-group sees no environment and changes no file" {
	local word
	cp "$HUPCTL" "$T/hupctl"
	setting "access-group = $(id -gn nobody)"
	program web <<-E
	command = sleep 1000
	env = SECRET=hunter2
	E
	hupd_start
	wait_for 5 is_state web up
	member status web
	member -j status web >"$T/out"
	member restart web
	member reload
	member check >>"$T/out" 2>&1
	# Whatever the client of the release leaves out.
	for word in dump plan 'status web details=yes' 'where web'; do
		member_asks "$word" >>"$T/out"
	done
	run ! grep hunter2 "$T/out"
	for word in 'signal HUP web' reexec shutdown; do
		# shellcheck disable=SC2086
		run -4 member $word
	done
	is_state web up
}

@test "a member of access-group may start, stop and reload, and no more" {
	local word
	cp "$HUPCTL" "$T/hupctl"
	setting "access-group = $(id -gn nobody)"
	program web <<-E
	command = sleep 1000
	reload-signal = CONT
	E
	hupd_start
	for word in ping status check 'stop web' 'start web' 'restart web' \
	    'reload web' reload; do
		# shellcheck disable=SC2086
		member $word
	done
	for word in 'signal CONT web' reopen reexec shutdown; do
		# shellcheck disable=SC2086
		run -4 member $word
		# Whatever the client of the release refuses by itself.
		member_asks "$word" | grep '^end 4'
	done
	is_state web up
}

@test "control-group is understood still, with a note" {
	cp "$HUPCTL" "$T/hupctl"
	setting "control-group = $(id -gn nobody)"
	sleeper web
	run hupd_start
	[[ $output == *access-group* ]]
	member status web
}

@test "who is in no group is refused" {
	cp "$HUPCTL" "$T/hupctl"
	sleeper web
	hupd_start
	run -4 member status
}

@test "no output of a program sends control bytes through hupctl -j" {
	# U+009B and U+202E, in UTF-8; and a C1 byte on its own.
	program web <<-'E'
	command = sh -c 'printf "a\302\233b\342\200\256c\233d\033e\342\201\246f\n"; exec sleep 1000'
	E
	hupd_start
	wait_for 5 printed web a
	ctl -j log web >"$T/json"
	python3 - "$T/json" <<-'E'
	import json, sys, unicodedata
	text = open(sys.argv[1], "rb").read().decode()
	for c in text:
	    assert c == "\n" or unicodedata.category(c) not in ("Cc", "Cf"), repr(c)
	json.loads(text.splitlines()[0])
	E
}

# A root without the right to trace processes that are not dumpable.
untracing() {
	setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace -- "$@"
}

# may_look PID: as one may who may attach a debugger.
may_look() {
	untracing readlink "/proc/$1/exe" >/dev/null
}

@test "nobody looks into the memory of the daemon and of its successors" {
	local pid
	printf '#!/bin/sh\nexec setpriv --bounding-set -sys_ptrace %s %s "$@"\n' \
	    '--inh-caps -sys_ptrace --' "$HUPD" >"$T/hupd"
	chmod 755 "$T/hupd"
	HUPD=$T/hupd
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	may_look "$(pid_of web)"
	run ! may_look "$(hupd_pid)"
	ctl reexec
	run ! may_look "$(hupd_pid)"
	pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 10 hupd_answers
	[ "$(hupd_pid)" != "$pid" ]
	run ! may_look "$(hupd_pid)"
	may_look "$(pid_of web)"
}
