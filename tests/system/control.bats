#!/usr/bin/env bats
# The control socket: who may use it, and that no client keeps the daemon
# from serving the others.

load helper

# With s, a connection to the daemon, in the script given on stdin.
client() {
	timeout 60 python3 -c 'import socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    return s
def rest(s):
    got = b""
    while True:
        try:
            part = s.recv(65536)
        except ConnectionResetError:
            part = b""
        if not part:
            return got.decode()
        got += part
s = connect()
'"$(cat)" "$T/run/hupd.sock" "$@"
}

rss() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$(hupd_pid)/status"
}

# Clock ticks that the daemon has used.
ticks() {
	local stat
	read -r stat <"/proc/$(hupd_pid)/stat"
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

# The sanitizers keep freed memory for a while.
not_grown() {
	is_checked || [ "$(rss)" -lt $(($1 + $2)) ]
}

# So many programs that do not run.
many() {
	local i
	for ((i = 0; i < $1; i++)); do
		printf 'command = sleep 1000\nautostart = no\n' \
		    >"$T/hupd.d/p$i.conf"
	done
	chmod 644 "$T"/hupd.d/*.conf
}

descriptors() {
	find "/proc/$(hupd_pid)/fd" -type l | wc -l
}

# The earlier count may include the descriptor of a client.
has_descriptors() {
	[ "$(descriptors)" -le "$1" ]
}

@test "garbage is answered and harms nobody" {
	sleeper web
	hupd_start
	fds=$(descriptors)
	run -0 client <<-'E'
	for bad in (b"\n", b"\0\n", b"\xff\xfe\x80\n", b"=\n", b" \n", b"st\0atus\n",
	    b"GET / HTTP/1.1\r\n\r\n", b"status \"\n", b"status a=\n",
	    b"nonsense\n", b"signal\n", b"signal KILL\n", b"signal 99 web\n",
	    b"start ../x\n", b"start " + b"x " * 60000 + b"\n"):
	    s = connect()
	    s.sendall(bad)
	    print(bad[:20], rest(s))
	E
	[ "$(grep -c "end [126] " <<<"$output")" -eq 13 ]
	# Behind a good request as well.
	run -0 client <<-'E'
	s.sendall(b"reload\nx\0" + b"y" * 400 + b"\n")
	print(rest(s))
	s = connect()
	s.sendall(b"reload\na\0" + b"b" * 300)
	s.sendall(b"c" * 300)
	time.sleep(0.1)
	E
	[[ $output = *"malformed%20request"* ]]
	hupd_answers
	wait_for 5 has_descriptors "$fds"
	wait_for 5 is_state web up
}

@test "random bytes harm nobody" {
	sleeper web
	hupd_start
	fds=$(descriptors)
	run -0 client <<-'E'
	import random
	random.seed(1)
	words = [b"start", b"stop", b"status", b"where", b"reload", b"hup",
	    b"web", b"all=yes", b"wait=no", b"=", b"\"", b"\\", b"\n", b" ",
	    b"\0", b"\xc3\xa9", b"signal", b"TERM", b"plan", b"restart"]
	for i in range(500):
	    s = connect()
	    n = random.randrange(1, 12)
	    try:
	        s.sendall(b"".join(random.choice(words) +
	            random.choice([b" ", b"", b"\n"]) for _ in range(n)))
	    except OSError:
	        pass
	    if i % 3 == 0:
	        s.shutdown(socket.SHUT_WR)
	        rest(s)
	    s.close()
	E
	hupd_answers
	wait_for 20 has_descriptors "$fds"
}

@test "plan: what a reload would do, and nothing is done" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	cp "$T/run/records" "$T/records"
	sleeper db
	run -0 client <<-'E'
	s.sendall(b"plan\n")
	print(rest(s), end="")
	E
	diff <(echo "$output") - <<-'E'
	report generation=2 added=1 removed=0 restarted=0 started=0 adjusted=0 unchanged=1
	change kind=added name=db reason=added
	environment path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	end 0
	E
	run -0 client <<-'E'
	for text in (b"%0anice%3d1", b"%0anice%3dx"):
	    s = connect()
	    s.sendall(b"plan as=web file=/new/web.conf text=command%3dsleep%201000"
	        + text + b" as=db file=/new/db.conf text=command%3dtrue\n")
	    print(rest(s), end="")
	for bad in (b"x", b"as=web as=web", b"as=a " * 1025):
	    s = connect()
	    s.sendall(b"plan " + bad + b"\n")
	    print(rest(s), end="")
	E
	diff <(echo "$output") - <<-'E'
	report generation=2 added=1 removed=0 restarted=1 started=0 adjusted=0 unchanged=0
	change kind=added name=db reason=added
	change kind=restarted name=web reason=nice%20changed
	environment path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	end 0
	error text=/new/web.conf:2:%20nice:%20"x"%20is%20not%20a%20number%20from%20-20%20to%2019 file=/new/web.conf line=2 key=nice reason="x"%20is%20not%20a%20number%20from%20-20%20to%2019
	end 6
	end 2 text=plan%20takes%20no%20words
	end 2 text=a%20name%20is%20given%20twice
	end 2 text=a%20name%20is%20given%20twice
	E
	[ -z "$(state_of db)" ]
	cmp "$T/run/records" "$T/records"
	run -0 ctl status
	[[ $output = *'generation 1'* ]]
	[[ $output != *rejected\ at* ]]
}

@test "a plan opens no environment file for a member of access-group" {
	needs_root
	setting 'access-group = games'
	sleeper web
	echo secret >"$T/secret"
	chmod 666 "$T/secret"
	hupd_start
	run -0 client "$T/secret" "$(id -g games)" "$(id -u nobody)" <<-'E'
	import os
	def plan():
	    s = connect()
	    s.sendall(b"plan as=new file=new.conf text=command%3dtrue%0a"
	        b"env-file%3d" + sys.argv[2].encode() + b"\n")
	    print(rest(s), end="")
	plan()
	os.setgroups([])
	os.setgid(int(sys.argv[3]))
	os.setuid(int(sys.argv[4]))
	plan()
	E
	[[ ${lines[0]} = error\ *may%20be%20written%20by%20others* ]]
	[ "${lines[1]}" = 'end 6' ]
	[[ ${lines[2]} = report\ *added=1\ * ]]
	[ "${lines[5]}" = 'end 0' ]
}

@test "lines that come together are all read" {
	sleeper web
	hupd_start
	run -0 client <<-'E'
	s.sendall(b"reload\nhup\n")
	print(rest(s))
	E
	[[ $output = *'end 0'* ]]
	wait_for 5 logged 'generation 2'
}

@test "half a request waits its time, and no longer" {
	hupd_start
	fds=$(descriptors)
	client >"$T/half" <<-'E' &
	begun = time.monotonic()
	s.sendall(b"stat")
	print("sent", flush=True)
	print(repr(rest(s)), time.monotonic() - begun > 5)
	E
	half=$!
	wait_for 5 grep -q sent "$T/half"
	hupd_answers
	wait "$half"
	grep -q "'' True" "$T/half"
	wait_for 5 has_descriptors "$fds"
	run -0 client <<-'E'
	for part in (b"pi", b"ng", b"\n"):
	    s.sendall(part)
	    time.sleep(0.05)
	print(rest(s))
	E
	[[ $output = pong* ]]
}

@test "a gigabyte without newline is cut off, in bounded memory" {
	hupd_start
	hupd_answers
	before=$(rss)
	run -0 client <<-'E'
	block = b"x" * (1 << 20)
	sent = 0
	try:
	    while sent < 1 << 30:
	        sent += s.send(block)
	except OSError:
	    pass
	print(sent < 1 << 30, rest(s))
	s = connect()
	s.sendall(b"reload\n")
	sent = 0
	try:
	    while sent < 1 << 30:
	        sent += s.send(block)
	except OSError:
	    pass
	print(sent < 1 << 30, rest(s))
	E
	[ "$(grep -c '^True' <<<"$output")" -eq 2 ]
	[[ $output = *"too%20long"* ]]
	not_grown "$before" 8192
	hupd_answers
}

@test "who does not read a long reply costs no time, and others are served" {
	no_valgrind 'thirty requests take longer than a reply may'
	many 2000
	hupd_start
	wait_for 10 hupd_answers
	mkfifo "$T/go"
	client "$T/go" >"$T/lazy" <<-'E' &
	lazy = [connect() for _ in range(20)]
	for l in lazy:
	    l.sendall(b"status\n")
	    l.recv(1)
	    l.sendall(b"more\n" * 100)
	print("asked", flush=True)
	open(sys.argv[2]).read()
	lazy[0].shutdown(socket.SHUT_WR)
	print("lines", rest(lazy[0]).count("\n"))
	E
	lazy=$!
	wait_for 20 grep -q asked "$T/lazy"
	before=$(ticks)
	for ((i = 0; i < 30; i++)); do
		ctl ping >/dev/null
		read -r -t 0.02 <> <(:) || :
	done
	[ $(($(ticks) - before)) -lt 50 ]
	run -0 ctl start p7
	echo >"$T/go"
	wait "$lazy"
	[ "$(sed -n 's/^lines //p' "$T/lazy")" -ge 2001 ]
}

@test "300 clients at once, and idle ones make room" {
	hupd_start
	fds=$(descriptors)
	mkfifo "$T/go"
	client "$T/go" >"$T/idle" <<-'E' &
	idle = [connect() for _ in range(300)]
	print("here", flush=True)
	open(sys.argv[2]).read()
	E
	idle=$!
	wait_for 20 grep -q here "$T/idle"
	for ((turn = 0; turn < 10; turn++)); do
		run -0 ctl ping
	done
	echo >"$T/go"
	wait "$idle"
	wait_for 5 has_descriptors "$fds"
	run -0 client <<-'E'
	all = [connect() for _ in range(250)]
	for c in all:
	    c.sendall(b"ping\n")
	print(sum(rest(c).startswith("pong") for c in all))
	E
	[ "$output" = 250 ]
}

@test "a client that goes while it waits is forgotten" {
	program never <<-E
	command = sleep 1000
	ready = notify
	start-timeout = 1m
	autostart = no
	E
	hupd_start
	# Its notify socket stays.
	ctl start --no-wait never
	ctl stop never
	fds=$(descriptors)
	for request in 'start never' 'restart never' 'start never' 'stop never' \
	    'reload'; do
		client "$request" <<-'E'
		s.sendall(sys.argv[2].encode() + b"\n")
		time.sleep(0.1)
		s.close()
		E
		hupd_answers
	done
	wait_for 10 has_descriptors "$fds"
	# In the midst of a reload.
	program other <<-E
	command = sleep 1000
	ready = notify
	start-timeout = 1m
	E
	HUPD_EXEC="exec" hupd_env "$HUPCTL" -s "$T/run/hupd.sock" reload &
	waiting=$!
	wait_for 5 is_state other starting
	kill -9 "$waiting"
	rm "$T/hupd.d/other.conf"
	kill -HUP "$(hupd_pid)"
	ctl stop other
	wait_for 5 logged 'generation 3'
	hupd_answers
	is_state never down
}

@test "what a client that has gone asked for is done" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	# Gone before the daemon, stopped, can have read it.
	kill -STOP "$(hupd_pid)"
	client <<-'E'
	s.sendall(b"stop web\n")
	s.close()
	E
	kill -CONT "$(hupd_pid)"
	wait_for 5 is_state web down
}

@test "the daemon's end is reported to those who wait" {
	program never <<-E
	command = sleep 1000
	ready = notify
	start-timeout = 1m
	autostart = no
	E
	hupd_start
	ctl start never >"$T/started" 2>&1 &
	waiting=$!
	wait_for 5 is_state never starting
	hupd_stop
	status=0
	wait "$waiting" || status=$?
	[ "$status" -eq 1 ] || [ "$status" -eq 7 ]
}

@test "other users may not connect: 4" {
	needs_root
	user_setup
	hupd_start
	run -4 as_user hupctl -s "$T/run/hupd.sock" ping
	[ "$(stat -c %a "$T/run/hupd.sock")" = 600 ]
}

@test "members of access-group may, and reload" {
	needs_root
	user_setup
	setting 'access-group = games'
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	[ "$(stat -c '%a %G' "$T/run/hupd.sock")" = '660 games' ]
	member() {
		setpriv --reuid=nobody --regid="$(id -g nobody)" \
		    --groups=games -- "$USER_HOME/bin/hupctl" \
		    -s "$T/run/hupd.sock" "$@"
	}
	run -0 member ping
	run -0 member restart web
	sleeper db
	run -0 member reload
	[[ $output = *'+ db'*added* ]]
	wait_for 5 logged \
	    "SIGHUP requested by pid [0-9]*, uid $(id -u nobody) (hupctl)"
	run -4 as_user hupctl -s "$T/run/hupd.sock" ping
	# As its primary group, too.
	run -0 setpriv --reuid=nobody --regid=games --clear-groups -- \
	    "$USER_HOME/bin/hupctl" -s "$T/run/hupd.sock" ping
	# No longer once the setting is gone.
	sed -i '/^access-group/d' "$T/hupd.conf"
	ctl reload
	run -4 member ping
	[ "$(stat -c %a "$T/run/hupd.sock")" = 600 ]
}

@test "who gets through by the modes alone is refused" {
	needs_root
	setting 'access-group = games'
	hupd_start
	chmod 666 "$T/run/hupd.sock"
	user_setup
	run -4 as_user hupctl -s "$T/run/hupd.sock" ping
	[[ $output = *"not permitted"* ]]
}
