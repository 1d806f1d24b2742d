#!/usr/bin/env bats
# Output that cannot be written is visible everywhere, harms no other program,
# and no line of it is lost.

load helper

# ticker NAME [LINE ...]: prints tick 0, tick 1 ... ten times a second.
ticker() {
	local name=$1
	shift
	{
		echo "command = sh -c 'n=0; while :; do echo \"tick \$n\"; \
n=\$((n + 1)); sleep 0.1; done'"
		echo 'log-timestamps = no'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program "$name"
}

# json_is EXPRESSION: of the answer d on stdin.
json_is() {
	python3 -c 'import json, sys
d = json.load(sys.stdin)
sys.exit(not eval(sys.argv[1].replace("\n", " ")))' "$1"
}

# json EXPRESSION: of the answer d of status, p being its programs by name.
json() {
	ctl -j status | python3 -c 'import json, sys
d = json.load(sys.stdin)
p = {x["name"]: x for x in d["programs"]}
sys.exit(not eval(sys.argv[1]))' "$1"
}

# metric NAME VALUE
metric() {
	ctl metrics | grep -qFx "$1 $2"
}

# The lines of NAME, over all files that match, are tick 0 and so on.
has_all_ticks() {
	cat "$@" | awk '$0 != "tick " NR - 1 { bad = 1; exit 1 }
		END { exit bad || NR < 10 }'
}

is_blocked() {
	json "p['$1']['log_error'] is not None"
}

is_written() {
	json "p['$1']['log_error'] is None"
}

@test "a symbolic link in place of a log file is reported, until it is gone" {
	ticker web
	ticker other
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	is_written web
	metric 'hupd_program_log_blocked{program="web"}' 0
	metric hupd_log_blocked 0
	mv "$T/log/web.log" "$T/first"
	ln -s "$T/elsewhere" "$T/log/web.log"
	run -0 ctl reload
	[[ $output = *"! web "*"output cannot be written: $T/log/web.log: is a symbolic link"* ]]
	[[ $output != *other* ]]
	is_blocked web
	json "p['web']['log_error']['reason'] == '$T/log/web.log: is a symbolic link'"
	json "0 < p['web']['log_error']['since'] <= $(date +%s)"
	json 'p["other"]["log_error"] is None'
	metric 'hupd_program_log_blocked{program="web"}' 1
	metric 'hupd_program_log_blocked{program="other"}' 0
	run -0 ctl status
	[[ $output = *"output cannot be written: $T/log/web.log: is a symbolic link"* ]]
	run -0 ctl status web
	[[ $output = *"output cannot be written: $T/log/web.log: is a symbolic link"* ]]
	ctl -j reload | grep -q 'log_errors.*symbolic link'
	logged "web: cannot write its output: $T/log/web.log: is a symbolic link"
	# Once only, however often it is retried.
	[ "$(grep -c 'web: cannot write its output' "$T/log/hupd.log")" -eq 1 ]
	rm "$T/log/web.log"
	wait_for 10 is_written web
	wait_for 5 logged 'web: its output is written again'
	wait_for 10 has_all_ticks "$T/first" "$T/log/web.log"
	[ ! -e "$T/elsewhere" ]
	run -0 ctl reload
	[[ $output != *'cannot be written'* ]]
}

@test "a reload notices the log file of a program that prints nothing" {
	program web <<<"command = sh -c 'echo once; exec sleep 1000'"
	hupd_start
	wait_for 5 printed web once
	rm "$T/log/web.log"
	mkdir "$T/log/web.log"
	run -0 ctl reload
	[[ $output = *"! web "*'output cannot be written'*"$T/log/web.log"* ]]
	is_blocked web
	rmdir "$T/log/web.log"
	wait_for 10 is_written web
}

@test "programs whose logs cannot be written do not stop the others" {
	local i
	for i in $(seq 12); do
		program "bad$i" <<<"command = sh -c 'while :; do echo x; sleep 0.1; done'"
	done
	ticker good
	mkdir -p "$T"/log/bad{1..12}.log
	hupd_start
	wait_for 10 lines "$T/log/good.log" 3
	for i in $(seq 12); do
		wait_for 10 is_blocked "bad$i"
	done
	is_written good
	wait_for 10 lines "$T/log/good.log" "$(($(wc -l <"$T/log/good.log") + 20))"
	is_written good
	for i in $(seq 12); do
		rmdir "$T/log/bad$i.log"
	done
	for i in $(seq 12); do
		wait_for 10 is_written "bad$i"
	done
}

@test "the mark stays over a new log process, a restart and a re-execution" {
	local pid
	ticker web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	mv "$T/log/web.log" "$T/first"
	ln -s nowhere "$T/log/web.log"
	run -1 --separate-stderr ctl reopen
	[ "$output" = "  ! web      output cannot be written: $T/log/web.log: is a symbolic link" ]
	# shellcheck disable=SC2154
	[[ $stderr = *'not every log can be written'* ]]
	ctl -j reopen | json_is 'not d["ok"] and d["status"] == 1 and
	    d["log_errors"][0]["name"] == "web"'
	is_blocked web
	pid=$(pgrep -P "$(hupd_pid)" -f 'hupd: log')
	kill -9 "$pid"
	wait_for 5 gone "$pid"
	is_blocked web
	ctl restart web
	is_blocked web
	ctl reexec
	wait_for 10 is_blocked web
	[ "$(grep -c 'web: cannot write its output' "$T/log/hupd.log")" -le 2 ]
	rm "$T/log/web.log"
	wait_for 10 is_written web
}

@test "a rejected reload names the logs that cannot be written" {
	local i
	ticker web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	mv "$T/log/web.log" "$T/first"
	ln -s nowhere "$T/log/web.log"
	program bad <<<'comand = true'
	run -6 ctl reload
	[[ $output = *'bad.conf:1: comand'* ]]
	[[ $output = *"! web      output cannot be written: $T/log/web.log: is a symbolic link"* ]]
	run -6 --separate-stderr ctl -j reload
	json_is '"comand" in d["errors"][0]["text"] and
	    d["log_errors"][0]["name"] == "web"' <<<"$output"
	# Each of several reloads at once has its verdict.
	for i in 1 2 3; do
		ctl reload >"$T/said.$i" 2>&1 &
	done
	wait
	for i in 1 2 3; do
		grep -q 'output cannot be written' "$T/said.$i"
	done
	rm "$T/hupd.d/bad.conf" "$T/log/web.log"
	run -0 ctl reload
	wait_for 10 is_written web
}

@test "a log that is blocked now and then has no event each time" {
	local i
	ticker web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	for i in 1 2 3 4 5; do
		mv "$T/log/web.log" "$T/log.$i"
		ln -s nowhere "$T/log/web.log"
		run -1 ctl reopen
		is_blocked web
		rm "$T/log/web.log"
		run -0 ctl reopen
		wait_for 10 is_written web
		wait_for 10 lines "$T/log/web.log" 3
	done
	[ "$(grep -c 'web: cannot write its output' "$T/log/hupd.log")" -eq 1 ]
	[ "$(grep -c 'web: its output is written again' "$T/log/hupd.log")" -eq 1 ]
	has_all_ticks "$T"/log.{1..5} "$T/log/web.log"
}

@test "reopen waits for the log process, and says if that takes too long" {
	local log size
	ticker web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	mv "$T/log/web.log" "$T/first"
	run -0 ctl reopen
	[ "$output" = 'log files reopened' ]
	# The old file gets no line from now on.
	size=$(wc -c <"$T/first")
	wait_for 10 lines "$T/log/web.log" 3
	[ "$(wc -c <"$T/first")" -eq "$size" ]
	ctl -j reopen | json_is 'd["ok"] and d["log_errors"] == []'
	log=$(pgrep -P "$(hupd_pid)" -f 'hupd: log')
	mv "$T/log/web.log" "$T/second"
	kill -STOP "$log"
	run -1 ctl reopen
	[[ $output = *'has not reopened its files within 3 s'* ]]
	kill -CONT "$log"
	run -0 ctl reopen
	wait_for 10 lines "$T/log/web.log" 3
	has_all_ticks "$T/first" "$T/second" "$T/log/web.log"
}

@test "a log file of another owner, as logrotate makes it" {
	may_be nobody || skip 'needs root and the user nobody'
	setting 'log-user = nobody'
	ticker web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	mv "$T/log/web.log" "$T/first"
	install -m 640 /dev/null "$T/log/web.log"
	run -0 ctl reload
	[[ $output = *"$T/log/web.log: the log user has no permission"* ]]
	is_blocked web
	chown nobody: "$T/log/web.log"
	wait_for 10 is_written web
	wait_for 10 has_all_ticks "$T/first" "$T/log/web.log"
}

@test "a log folder of another user, and none at all" {
	may_be nobody || skip 'needs root and the user nobody'
	setting 'log-user = nobody'
	ticker web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	mv "$T/log" "$T/before"
	install -d -m 755 "$T/log"
	run -0 ctl reload
	[[ $output = *"output cannot be written: $T/log/"* ]]
	wait_for 5 is_blocked web
	rm -r "$T/log"
	# It is made again.
	wait_for 10 is_written web
	wait_for 10 has_all_ticks "$T/before/web.log" "$T/log/web.log"
}

# A daemon in a name space with a /dev of its own: the host's /dev/log is not
# touched.  syslogd MODE: "read" or "hang", or "none".
start_inside() {
	needs_root
	needs_commands python3 nsenter
	unshare -m true 2>/dev/null || skip "needs name spaces"
	cat >"$T/syslogd" <<-'E'
	import os, socket, sys, time
	try:
	    os.unlink("/dev/log")
	except FileNotFoundError:
	    pass
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind("/dev/log")
	open(sys.argv[2] + ".ready", "w").close()
	out = open(sys.argv[2], "ab", 0)
	while sys.argv[1] == "hang":
	    time.sleep(1000)
	while True:
	    out.write(s.recv(65536) + b"\n")
	E
	cat >"$T/inside" <<-E
	mkdir $T/dev
	mount -t tmpfs none $T/dev
	for d in null zero random urandom fd stdin stdout stderr; do
		cp -a /dev/\$d $T/dev
	done
	mount --move $T/dev /dev
	exec $HUPD -f $T/hupd.conf "\$@"
	E
	hupd_env unshare -m sh "$T/inside" >/dev/null 2>"$T/stderr"
}

# syslogd MODE: one of that name space, which reads or hangs.
syslogd() {
	rm -f "$T/received.ready"
	HUPD_EXEC="exec" hupd_env nsenter -m -t "$(hupd_pid)" python3 "$T/syslogd" "$1" \
	    "$T/received" >/dev/null 2>&1 &
	SYSLOGD=$!
	wait_for 10 test -e "$T/received.ready"
}

end_syslogd() {
	kill "$SYSLOGD"
	wait_for 5 gone "$SYSLOGD"
}

# flood: prints 3 MB to syslog, then makes a file, then prints slowly.
flood() {
	program web <<-E
	command = sh -c 'seq 400000; touch $T/through; \
while :; do echo slow; sleep 0.1; done'
	log = syslog
	E
}

@test "log = syslog without a log daemon never blocks the program" {
	flood
	start_inside
	wait_for 60 test -e "$T/through"
	wait_for 10 is_blocked web
	json "p['web']['log_error']['reason'].startswith('/dev/log: ')"
	syslogd read
	wait_for 10 is_written web
	wait_for 10 grep -q 'web: slow' "$T/received"
	# Nor does the end of the daemon wait for it.
	end_syslogd
	wait_for 10 is_blocked web
	hupd_stop
	run ! grep -q 'not written in time' "$T/log/hupd.log"
}

@test "a log daemon that hangs blocks neither program nor daemon" {
	setting 'syslog = yes'
	sleeper db
	start_inside
	syslogd hang
	for _ in $(seq 60); do
		ctl restart db
	done
	flood
	ctl reload
	wait_for 60 test -e "$T/through"
	wait_for 10 is_blocked web
	ctl ping
	end_syslogd
	syslogd read
	wait_for 10 is_written web
	wait_for 5 grep -q 'hupd\[[0-9]*\]: ' "$T/received"
	end_syslogd
}

@test "events go to syslog while the event log cannot be written" {
	sleeper db
	start_inside
	syslogd read
	wait_for 5 logged 'db: .* up'
	mv "$T/log/hupd.log" "$T/first"
	mkdir "$T/log/hupd.log"
	run -0 ctl reload
	[[ $output = *"! hupd "*'output cannot be written'*"$T/log/hupd.log"* ]]
	run -0 ctl status
	[[ $output = *"the event log cannot be written: $T/log/hupd.log"* ]]
	json "d['config']['log_error']['reason'].startswith('$T/log/hupd.log')"
	metric hupd_log_blocked 1
	ctl stop db
	wait_for 5 grep -q '^<30>.*hupd\[[0-9]*\]: db: .*down' "$T/received"
	rmdir "$T/log/hupd.log"
	wait_for 10 json "d['config']['log_error'] is None"
	metric hupd_log_blocked 0
	# No line is lost.
	wait_for 5 logged 'db: .*down'
	ctl start db
	wait_for 5 logged 'db: .* up'
	run ! grep -q 'db: .* up' "$T/received"
	end_syslogd
}

@test "without syslog, events go to standard error" {
	sleeper db
	mkdir -p "$T/log/hupd.log"
	hupd_foreground
	wait_for 10 json "d['config']['log_error'] is not None"
	ctl stop db
	wait_for 5 grep -q 'db: .*down' "$T/stderr"
	kill "$DAEMON"
	wait_for 15 gone "$DAEMON"
}
