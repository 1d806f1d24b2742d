#!/usr/bin/env bats
# The daemon as the first process of a container: it reaps, stops in order, and
# ends with the status of a program if exit-on is set.

load helper

# in_container COMMAND ...: as PID 1 of a PID namespace; the pid outside, once
# there is one, in $INIT.
in_container() {
	needs_root
	unshare --pid --fork --mount --mount-proc true 2>/dev/null ||
	    skip "needs PID namespaces"
	HUPD_EXEC="exec" hupd_env unshare --pid --fork --kill-child --mount \
	    --mount-proc "$@" >"$T/stdout" 2>"$T/stderr" </dev/null &
	UNSHARE=$!
	wait_for 5 has_child "$UNSHARE"
	INIT=$(ps -o pid= --ppid "$UNSHARE" | tr -d ' ')
}

has_child() {
	[ -n "$(ps -o pid= --ppid "$1")" ]
}

# ended PID STATUS: it does, with that status.
ended() {
	local got=0
	wait_for 15 gone "$1"
	wait "$1" || got=$?
	[ "$got" -eq "$2" ]
}

# ends_with STATUS: a daemon in the foreground ends by itself with it.
ends_with() {
	run "-$1" hupd_env timeout -s KILL 60 "$HUPD" -d -f "$T/hupd.conf"
	logged "the daemon ends with status $1\$"
	logged 'Daemon stop at'
	[ ! -e "$T/hupd.pid" ]
}

# foreground: as hupd_foreground, for a daemon that may end at once.
foreground() {
	HUPD_EXEC="exec" hupd_env "$HUPD" -d -f "$T/hupd.conf" \
	    >"$T/stdout" 2>"$T/stderr" </dev/null &
	DAEMON=$!
}

# once NAME COMMAND: a program that runs once.
once() {
	program "$1" <<-E
	command = $2
	restart = never
	E
}

no_zombie() {
	[[ $(ps -o stat= --ppid "$INIT") != *Z* ]]
}

@test "as PID 1 it reaps orphans, and SIGTERM ends all in order" {
	program db <<-'E'
	command = sh -c '(sh -c "echo orphan \$PPID; exec sleep 0.1" &); exec sleep 1000'
	E
	program web <<-E
	command = sh -c '(setsid sleep 1000 &); exec sleep 1000'
	depends-on = db
	E
	# It stays in the foreground without an option.
	in_container "$HUPD" -f "$T/hupd.conf"
	wait_for 10 hupd_answers
	wait_for 10 is_state web up
	[ "$(cat "$T/hupd.pid")" = 1 ]
	# The grandchild ends and leaves no zombie; those that live stay.
	wait_for 10 printed db orphan
	# log process, db, web and what that put into the background
	wait_for 10 children 4
	wait_for 10 no_zombie
	kill "$INIT"
	ended "$UNSHARE" 0
	logged 'SIGTERM from outside of this PID namespace'
	logged 'web: sent SIGTERM to 1 process that it left behind'
	grep -e '-> down' "$T/log/hupd.log" >"$T/ends"
	[[ $(head -n 1 "$T/ends") = *web:* ]]
	[[ $(tail -n 1 "$T/ends") = *db:* ]]
	[ ! -e "$T/hupd.pid" ]
}

children() {
	[ "$(ps -o pid= --ppid "$INIT" | wc -l)" -eq "$1" ]
}

@test "as PID 1 it reloads at SIGHUP, and executes itself in place" {
	no_valgrind 'there is no re-execution'
	program web <<-E
	command = sleep 1000
	E
	in_container "$HUPD" -d -f "$T/hupd.conf"
	wait_for 10 is_state web up
	program more <<-E
	command = sleep 1000
	E
	kill -HUP "$INIT"
	wait_for 10 is_state more up
	pid=$(pid_of web)
	ctl reexec
	[ "$(pid_of web)" = "$pid" ]
	kill -INT "$INIT"
	ended "$UNSHARE" 0
}

@test "exit-on = NAME ends the daemon with that program's status" {
	program bystander <<-E
	command = sleep 1000
	E
	setting 'exit-on = web'
	once web "sh -c 'exit 3'"
	ends_with 3
	once web true
	ends_with 0
	once web "sh -c 'kill -USR1 \$\$'"
	ends_with 138
	once web "$T/none"
	ends_with 127
	once web "$T/hupd.conf"
	ends_with 126
	program web <<-E
	command = sh -c 'exit 4'
	restart-delay = 1ms
	restart-limit = 2
	E
	ends_with 4
	logged 'given up after 2 restarts'
}

@test "exit-on = any-failed waits for a failure, whose status it is" {
	setting 'exit-on = any-failed'
	once good true
	once bad "sh -c 'until [ -e $T/go ]; do sleep 0.02; done; exit 7'"
	hupd_foreground
	wait_for 10 is_state good 'done'
	touch "$T/go"
	ended "$DAEMON" 7
}

@test "exit-on = all-done ends once nothing runs, with the first failure" {
	setting 'exit-on = all-done'
	program spare <<-E
	command = sleep 1000
	autostart = no
	E
	once one true
	once two true
	ends_with 0
	once two "sh -c 'exit 5'"
	# A program that waits for a failed one will never run.
	program three <<-E
	command = sleep 1000
	depends-on = two
	E
	sed -i 's/^restart.*/&\nready = fd:3/' "$T/hupd.d/two.conf"
	ends_with 5
}

@test "exit-on names an existing program that may end" {
	setting 'exit-on = web'
	run -6 hupd_start -n
	[[ $output = *"exit-on: there is no program web" ]]
	program web <<-E
	command = sleep 1000
	E
	run -6 hupd_start -n
	[[ $output = *"hupd.conf:"*": exit-on: web is always restarted:"* ]]
}

@test "exit-on is live, and a stop by hand is no end" {
	once web 'sleep 1000'
	hupd_foreground
	wait_for 10 is_state web up
	setting 'exit-on = web'
	ctl reload
	ctl stop web
	ctl start web
	kill -USR2 "$(pid_of web)"
	ended "$DAEMON" 140
}

@test "a program that gets its previous definition back has not failed" {
	setting 'exit-on = any-failed'
	once web 'sleep 1000'
	hupd_foreground
	wait_for 10 is_state web up
	once web false
	echo 'ready = fd:3' >>"$T/hupd.d/web.conf"
	run -1 ctl reload
	[[ $output = *"previous definition"* ]]
	wait_for 10 is_state web up
	kill "$DAEMON"
	ended "$DAEMON" 0
}

@test "log = stdout: whole lines with the name before them" {
	setting 'log = stdout'
	setting 'log-timestamps = no'
	setting 'exit-on = all-done'
	for name in one two; do
		once "$name" "sh -c 'for i in 1 2 3 4 5; do printf \"part \"; \
		    printf \"of %s %d\\n\" $name \$i; done; printf end >&2'"
	done
	foreground
	ended "$DAEMON" 0
	grep '^one: ' "$T/stdout" >"$T/one"
	printf 'one: part of one %d\n' 1 2 3 4 5 | diff - <(head -n 5 "$T/one")
	[ "$(tail -n 1 "$T/one")" = 'one: end' ]
	[ "$(grep -c '^two: ' "$T/stdout")" -eq 6 ]
	lines "$T/stdout" 12
	[ ! -e "$T/log/one.log" ]
	grep -q '^hupd: one: starting -> up' "$T/stderr"
}

@test "log = stdout: with the time, unless log-timestamps says no" {
	once web 'echo hello'
	echo 'log = stdout' >>"$T/hupd.d/web.conf"
	setting 'exit-on = web'
	foreground
	ended "$DAEMON" 0
	grep -qE '^web: [0-9-]+T[0-9:.]+[+-][0-9:]+ hello$' "$T/stdout"
}

@test "log-prefix = none and json: the form of lines on stdout" {
	setting 'log = stdout'
	program plain <<-'E'
	command = sh -c 'echo plain; exec sleep 1000'
	log-prefix = none
	log-timestamps = no
	E
	program web <<-'E'
	command = printf 'a "b"\n\033[m\377%020000d\n' 7
	log-prefix = json
	restart = never
	E
	foreground
	wait_for 5 grep -qx plain "$T/stdout"
	wait_for 5 grep -q '7"}$' "$T/stdout"
	grep '^{' "$T/stdout" | python3 -c 'import json, sys
d = [json.loads(line) for line in sys.stdin]
assert all(o["program"] == "web" and o["stream"] is None for o in d)
assert d[0]["time"].startswith("20") and d[0]["line"] == "a \"b\""
assert "".join(o["line"] for o in d[1:]) == "\033[m\ufffd%020000d" % 7'
	kill "$DAEMON"
	ended "$DAEMON" 0
}

@test "log = stdout: a reader that pauses holds nobody up and loses nothing" {
	setting 'log = stdout'
	setting 'log-timestamps = no'
	program flood <<-E
	command = sh -c 'i=0; while [ \$i -lt 40000 ]; do
	    i=\$((i+1)); echo line \$i; done; touch $T/printed; exec sleep 1000'
	E
	sed -i ':a; N; s/\n */ /; t a' "$T/hupd.d/flood.conf"
	mkfifo "$T/pipe"
	exec {reader}<>"$T/pipe"
	HUPD_EXEC="exec" hupd_env "$HUPD" -d -f "$T/hupd.conf" \
	    >"$T/pipe" 2>&1 </dev/null {reader}>&- &
	DAEMON=$!
	wait_for 10 logged 'flood: cannot write its output'
	[ ! -e "$T/printed" ]
	# Its events go to the full pipe as well, and it serves.
	for ((i = 0; i < 5; i++)); do
		kill -USR1 "$DAEMON"
		ctl ping
	done
	is_state flood up
	# Its own end for writing keeps the pipe from ending: teardown ends it.
	cat <&"$reader" >"$T/read" 3>&- &
	exec {reader}>&-
	wait_for 30 test -e "$T/printed"
	kill "$DAEMON"
	ended "$DAEMON" 0
	wait_for 10 grep -qx 'flood: line 40000' "$T/read"
	grep '^flood: ' "$T/read" >"$T/flood"
	seq -f 'flood: line %.0f' 40000 | cmp - "$T/flood"
}

@test "log = stdout: that nobody reads any more is said once" {
	setting 'log = stdout'
	program web <<-E
	command = sh -c 'until [ -e $T/end ]; do echo x; sleep 0.02; done'
	restart = never
	E
	setting 'exit-on = web'
	HUPD_EXEC="exec" hupd_env "$HUPD" -d -f "$T/hupd.conf" \
	    > >(exec 3>&-; head -n 1) 2>/dev/null </dev/null &
	DAEMON=$!
	wait_for 10 logged 'standard output: Broken pipe; what programs print there is lost'
	touch "$T/end"
	ended "$DAEMON" 0
	[ "$(grep -c 'is lost' "$T/log/hupd.log")" -eq 1 ]
}

@test "log = stdout of a daemon that has detached goes to the file, and it says so" {
	once web 'echo hello'
	echo 'log = stdout' >>"$T/hupd.d/web.conf"
	run -0 hupd_start
	[[ $output = *'web: log = stdout needs a daemon in the foreground'* ]]
	wait_for 5 logged 'needs a daemon'
	[ "$(grep -c 'needs a daemon' "$T/log/hupd.log")" -eq 1 ]
	wait_for 5 printed web hello
}

# Its steps that write to /etc, done here.
example() {
	sed -e ':a; /\\$/ { N; s/\\\n *//; b a }' "$TOP/examples/Containerfile" |
	    sed -n 's/^RUN \(.*>\/etc\/.*\)/\1/p' >"$T/steps"
	lines "$T/steps" 3
	sed -i -e "s|>/etc/hupd.conf|>>$T/hupd.conf|" -e "s|/etc/|$T/|" "$T/steps"
	sh -e "$T/steps"
}

@test "the example Containerfile configures what it says" {
	getent passwd nobody >/dev/null || skip "needs the user nobody"
	needs_root
	example
	grep -q '^log = stdout' "$T/hupd.conf"
	run -0 hupd_start -n
	grep -qx 'ENTRYPOINT \["/usr/sbin/hupd", "-d"\]' \
	    "$TOP/examples/Containerfile"
	"$HUPD" --help | grep -q -e '-d, --foreground'
	for file in /usr/sbin/hupd /usr/bin/hupctl; do
		make -s -n -C "$TOP" install PREFIX=/usr 2>/dev/null |
		    grep -q " $file\$"
	done
}

@test "the example Containerfile's programs run as in a container" {
	needs_root
	command -v python3 >/dev/null || skip "needs python3"
	example
	# With a network of its own, where the port is free.
	in_container unshare --net "$HUPD" -d -f "$T/hupd.conf"
	wait_for 15 grep -qx 'worker: working' "$T/stdout"
	wait_for 15 grep -q '^web: Serving HTTP on' "$T/stdout"
	ctl status web
	kill "$INIT"
	ended "$UNSHARE" 0
}

@test "a read-only file system is no obstacle" {
	mkdir "$T/ro"
	sed -i -e "s|^\(state-dir = \).*|\1$T/ro/state|" \
	    -e "s|^\(log-dir = \).*|\1$T/ro/log|" \
	    -e "s|^\(run-dir = \).*|\1$T/none/yet/run|" "$T/hupd.conf"
	program web <<-E
	command = sh -c 'echo hello; exec sleep 1000'
	log = stdout
	E
	in_container sh -c 'mount -t tmpfs -o ro none "$2/ro" &&
	    exec "$1" -d -f "$2/hupd.conf"' sh "$HUPD" "$T"
	wait_for 10 grep -q '^web: .* hello$' "$T/stdout"
	grep -q '^hupd: web: starting -> up' "$T/stderr"
	grep -q "$T/ro/state: Read-only file system" "$T/stderr"
	grep -q "$T/ro/log: no log can be written there" "$T/stderr"
	run -0 "$HUPCTL" -s "$T/none/yet/run/hupd.sock" status web
	# And once it can be written, the events are.
	nsenter -t "$INIT" -m mount -o remount,rw "$T/ro"
	wait_for 10 grep -q 'web: starting -> up' "/proc/$INIT/root$T/ro/log/hupd.log"
	kill "$INIT"
	ended "$UNSHARE" 0
}
