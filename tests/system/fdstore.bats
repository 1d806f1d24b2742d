#!/usr/bin/env bats
# fdstore.bats - descriptors that a program stores and gets back.
load helper
load takeover

setup() {
	hupd_setup
	cat >"$T/store.py" <<-'P'
	import array, os, signal, socket, sys
	n = int(os.environ.get("LISTEN_FDS", 0))
	if os.environ.get("LISTEN_PID") != str(os.getpid()): n = 0
	names = os.environ.get("LISTEN_FDNAMES", "").split(":") if n else []
	print("got", n, *names, flush=True)
	held = []
	def send(text, *fds):
	    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	    s.connect(os.environ["NOTIFY_SOCKET"])
	    socket.send_fds(s, [text.encode()], list(fds))
	    s.close()
	def barrier():
	    r, w = os.pipe()
	    send("BARRIER=1", w)
	    os.close(w)
	    os.read(r, 1)
	    os.close(r)
	def memory(text):
	    fd = os.memfd_create("x")
	    os.write(fd, text.encode())
	    return fd
	def read(name):
	    return os.pread(3 + names.index(name), 100, 0).decode()
	exec(open(sys.argv[1]).read())
	send("READY=1")
	signal.pause()
	P
}

# store [LINE ...]: a program that runs the code on stdin.
store() {
	cat >"$T/code.py"
	{
		echo "command = python3 $T/store.py $T/code.py"
		echo 'ready = notify'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program web
}

# A counter in memory, which only the store keeps.
counter() {
	store "$@" <<-'P'
	n = int(read("count")) + 1 if "count" in names else 1
	if n > 1: os.pwrite(3 + names.index("count"), str(n).encode(), 0)
	else: send("FDSTORE=1\nFDNAME=count", memory("1"))
	print("count", n, flush=True)
	P
}

# The program has started that many times with the counter.
counts() {
	wait_for 10 printed web "count $1\$"
	wait_for 10 is_state web up
}

@test "what is stored comes back after restart, crash and reload" {
	counter
	hupd_start
	counts 1
	printed web 'got 0$'
	ctl restart web
	counts 2
	printed web 'got 1 count$'
	kill -9 "$(pid_of web)"
	counts 3
	change web 'env = A=1'
	ctl reload
	counts 4
}

@test "a stop and a failure close what is stored" {
	counter 'restart = never'
	hupd_start
	counts 1
	ctl restart web
	counts 2
	ctl stop web
	: >"$T/log/web.log"
	ctl start web
	counts 1
	kill -9 "$(pid_of web)"
	wait_for 5 is_state web failed
	: >"$T/log/web.log"
	ctl start web
	counts 1
}

@test "re-execution and the daemon's death keep what is stored" {
	local pid
	counter
	hupd_start
	counts 1
	ctl reexec
	ctl restart web
	counts 2
	pid=$(hupd_pid)
	kill -9 "$pid"
	wait_for 5 replaced "$pid"
	ctl restart web
	counts 3
}

replaced() {
	hupd_answers && [ "$(hupd_pid)" != "$1" ]
}

@test "after the death of daemon and guard stored sockets are taken back" {
	# shellcheck disable=SC2034
	LEFT_OK=1
	store <<-'P'
	if n == 0:
	    held += [socket.create_server(("127.0.0.1", 0))]
	    send("FDSTORE=1\nFDNAME=own", held[0].fileno())
	else:
	    held += [socket.socket(fileno=3)]
	print("port", held[0].getsockname()[1], flush=True)
	P
	hupd_start
	wait_for 5 is_state web up
	crash_for_good
	hupd_start
	change web 'env = A=1'
	ctl reload
	wait_for 5 printed web 'got 1 own$'
	wait_for 5 same_port
}

same_port() {
	[ "$(grep -o 'port [0-9]*$' "$T/log/web.log" | uniq -c |
	    awk '{ print $1 }')" = 2 ]
}

@test "stored descriptors follow the sockets, in order, with their names" {
	store "listen-stream = $(free_port)" <<-'P'
	if n == 1:
	    send("FDSTORE=1\nFDNAME=first", memory("1"))
	    send("FDSTORE=1", memory("2"), memory("3"))
	    send("FDSTORE=1\nFDNAME=bad:name", memory("4"))
	    barrier()
	else:
	    print("has", *[os.pread(3 + i, 9, 0).decode() for i in range(1, n)],
	        flush=True)
	P
	hupd_start
	wait_for 5 is_state web up
	ctl restart web
	wait_for 5 printed web 'got 5 [0-9]* first stored stored stored$'
	wait_for 5 printed web 'has 1 2 3 4$'
}

@test "FDSTOREREMOVE removes by name, and the same file is stored once" {
	store <<-'P'
	if n == 0:
	    a = memory("a")
	    for i in range(3): send("FDSTORE=1\nFDNAME=a", a)
	    send("FDSTORE=1\nFDNAME=a", os.dup(a))
	    for i in range(3): send("FDSTORE=1\nFDNAME=b", memory("b"))
	    send("FDSTORE=1\nFDNAME=c", memory("c"))
	    send("FDSTOREREMOVE=1\nFDNAME=b")
	    send("FDSTOREREMOVE=1")
	    barrier()
	P
	hupd_start
	wait_for 5 is_state web up
	ctl restart web
	wait_for 5 printed web 'got 2 a c$'
}

@test "a stored connection goes when its other end does, unless FDPOLL=0" {
	store <<-'P'
	if n == 0:
	    for name in ["plain", "FDPOLL=0"]:
	        r, w = os.pipe()
	        send("FDSTORE=1\nFDNAME=%s\n%s" % (name, name), r)
	        os.close(w)
	        os.close(r)
	    barrier()
	P
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 logged 'web: the stored descriptor plain is closed'
	ctl restart web
	wait_for 5 printed web 'got 1 FDPOLL=0$'
}

@test "at most 64 descriptors are stored, and the others are closed" {
	local pid before
	store <<-'P'
	if n == 0:
	    for i in range(100): send("FDSTORE=1", memory("x"))
	    barrier()
	P
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 logged 'web: a descriptor is not stored: there are 64'
	pid=$(hupd_pid)
	before=$(find "/proc/$pid/fd" -lname '/memfd:x*' | wc -l)
	[ "$before" -eq 64 ]
	ctl restart web
	wait_for 5 printed web 'got 64 '
	ctl stop web
	wait_for 5 none_stored "$pid"
}

none_stored() {
	[ "$(find "/proc/$1/fd" -lname '/memfd:x*' | wc -l)" -eq 0 ]
}
