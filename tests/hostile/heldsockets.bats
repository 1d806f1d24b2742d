# Sockets and descriptors that the daemon holds: what the owner of the folder of a
# path, and a program that stores descriptors, can do.
load helper

SERVER=$HUPD_BUILD/tools/server

setup() {
	needs_root
	hupd_setup
}

teardown() {
	pkill -9 -f "tools/attack linger [a-z]* $T/" || :
	hupd_teardown
}

# The socket is in a folder of nobody.
web() {
	[ -d "$T/s" ] || install -d -o nobody -m 755 "$T/s"
	program web <<-E
	command = $SERVER web
	listen-stream = $T/s/web.sock
	socket-user = nobody
	socket-mode = 600
	user = nobody
	E
}

answers_soon() {
	timeout 5 "$HUPCTL" -s "$T/run/hupd.sock" ping >/dev/null
}

# It is a socket of nobody with a listener.
is_good() {
	[ "$(stat -c '%F %U %a' "$1")" = 'socket nobody 600' ] &&
	    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])' "$1"
}

@test "the owner of the folder cannot get another file while a path is made" {
	local n
	install -m 600 /dev/null "$T/secret"
	mkdir -m 700 "$T/private"
	web
	# He moves the private folder away, and puts links in its place.
	attack as nobody /usr/bin/python3 -c '
import os, sys
folder, secret, private, stop = sys.argv[1:]
os.chdir(folder)
print("ready", flush=True)
i = 0
while not os.path.exists(stop):
    for name in os.listdir("."):
        if not name.startswith(".hupd."):
            continue
        i += 1
        try:
            os.rename(name, "moved%d" % i)
            os.symlink(private if i % 2 else secret, name)
        except OSError:
            pass
' "$T/s" "$T/secret" "$T/private" "$T/stop"
	wait_for 5 grep -q ready "$T/attack.out"
	hupd_start
	for ((n = 0; n < 20; n++)); do
		ctl restart --no-wait web
		ctl stop web
	done
	touch "$T/stop"
	wait "$ATTACK"
	[ "$(stat -c '%u %a' "$T/secret")" = '0 600' ]
	[ "$(stat -c '%u %a' "$T/private")" = '0 700' ]
	[ -z "$(ls -A "$T/private")" ]
	find "$T/s" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
	ctl start web
	wait_for 5 is_good "$T/s/web.sock"
	[ "$(ls -A "$T/s")" = web.sock ]
}

@test "another file that has got the name of a path is not removed" {
	web
	hupd_start
	wait_for 5 is_good "$T/s/web.sock"
	echo mine >"$T/mine"
	as nobody sh -c "mv $T/s/web.sock $T/s/away; ln -s $T/mine $T/s/web.sock"
	ctl stop web
	answers_soon
	hupd_stop
	[ -L "$T/s/web.sock" ]
	[ "$(cat "$T/mine")" = mine ]
	as nobody rm "$T/s/web.sock"
	hupd_start
	wait_for 5 is_good "$T/s/web.sock"
	# A change of the mode goes to the socket, or to nothing.
	as nobody sh -c "mv $T/s/web.sock $T/s/away; ln -s $T/mine $T/s/web.sock"
	change web 'socket-mode = 666'
	run ctl reload
	[ "$(stat -c '%u %a' "$T/mine")" = '0 644' ]
	logged 'its owner and mode cannot be changed'
}

@test "a link where the path should be is refused, and kept" {
	web
	install -m 600 /dev/null "$T/secret"
	as nobody ln -s "$T/secret" "$T/s/web.sock"
	hupd_start
	wait_for 5 refused_file
	[ -L "$T/s/web.sock" ]
	[ "$(stat -c '%u %a' "$T/secret")" = '0 600' ]
}

refused_file() {
	ctl status web | grep -q 'exists and is not a socket'
}

@test "a stored socket whose close lingers blocks nobody" {
	program web <<-E
	command = sh -c '"$HUPD_BUILD/tools/actor" notify READY=1; \
	"$HUPD_BUILD/tools/attack" linger dgram \$NOTIFY_SOCKET FDSTORE=1 & wait'
	ready = notify
	user = nobody
	E
	sed -i -z 's/\\\n\t*//' "$T/hupd.d/web.conf"
	sleeper other
	hupd_start
	wait_for 5 printed web ready
	wait_for 5 stored
	answers_soon
	ctl restart other
	ctl restart web
	wait_for 5 stored
	ctl stop web
	answers_soon
	ctl restart other
	answers_soon
	ctl reexec
	answers_soon
}

# Does the daemon hold a descriptor of the program?
stored() {
	grep -qa linger "/proc/$(pid_of web)/cmdline" &&
	    [ "$(stat -c %s "$T/run/descriptors")" -gt 512 ]
}

@test "descriptors left in the queue of a held socket block nobody" {
	web
	hupd_start
	wait_for 5 is_good "$T/s/web.sock"
	kill -STOP "$(pid_of web)"
	attack as nobody "$HUPD_BUILD/tools/attack" linger stream \
	    "$T/s/web.sock" hello
	wait_for 5 grep -Eq 'ready|sendmsg' "$T/attack.out"
	ctl signal KILL web
	wait_for 5 is_state web up
	kill -STOP "$(pid_of web)"
	ctl stop web --no-wait
	change web 'stop-timeout = 0'
	ctl reload
	answers_soon
	sleeper other
	ctl reload
	answers_soon
}
