#!/usr/bin/env bats
# The output of programs: all of it, once, in order, even if the log process is
# killed.

load helper

# counter NAME [LINE ...]: prints line 0, line 1 ... as fast as it can.
counter() {
	local name=$1
	shift
	{
		echo "command = sh -c 'n=0; while :; do echo \"line \$n\"; \
n=\$((n + 1)); done'"
		echo 'log-timestamps = no'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program "$name"
}

# All that a program printed, over all its files, the oldest first.
whole_log() {
	(cd "$T/log" && find . -name "$1.log*" -printf '%f\n' |
	    sort -t . -k 3 -nr | xargs cat)
}

# are_lines NAME [FIRST]: line FIRST, the next and so on; none is missing,
# none comes twice.
are_lines() {
	whole_log "$1" | awk -v n="${2-0}" '{ sub(/^20[^ ]* /, "") }
		$0 != "line " n { bad = 1
		print NR ": line " n " is: " $0; exit 1 } { n++ }
		END { exit bad || NR == 0 }'
}

# The log process of the daemon.
log_pid() {
	local pid
	for pid in $(pgrep -P "$(hupd_pid)"); do
		if [ "$(tr -d '\0' <"/proc/$pid/cmdline")" = 'hupd: log' ]; then
			echo "$pid"
			return
		fi
	done
	return 1
}

other_log_pid() {
	local pid
	pid=$(log_pid) && [ "$pid" != "$1" ]
}

@test "stdout and stderr go to NAME.log, each line with its time" {
	local stamp='20[0-9-]*T[0-9:]*\.[0-9]*[+-][0-9]*:[0-9]*'
	program web <<-'E'
	command = sh -c 'echo out; echo err >&2; exec sleep 1000'
	E
	hupd_start
	wait_for 5 printed web "^$stamp err\$"
	wait_for 5 printed web "^$stamp out\$"
	[ "$(wc -l <"$T/log/web.log")" -eq 2 ]
	run -0 ctl log web
	[[ ${lines[0]} = *' out' ]]
	[[ ${lines[1]} = *' err' ]]
}

@test "log-timestamps = no keeps the lines as they are" {
	program web <<-'E'
	command = sh -c 'echo; echo " a b "; printf "a\tb\n"; exec sleep 1000'
	log-timestamps = no
	E
	hupd_start
	wait_for 5 lines "$T/log/web.log" 3
	printf '\n a b \na\tb\n' | cmp - "$T/log/web.log"
}

@test "rotation splits no line, and keeps as many files as it should" {
	local file
	counter web 'log-size = 8K' 'log-keep = 3'
	hupd_start
	wait_for 10 test -e "$T/log/web.log.3"
	hupd_stop
	[ ! -e "$T/log/web.log.4" ]
	for file in "$T"/log/web.log*; do
		run ! grep -vqx 'line [0-9]*' "$file"
		[ "$(stat -c %s "$file")" -le 8192 ]
		[ -z "$(tail -c 1 "$file")" ]
	done
	are_lines web "$(whole_log web | head -n 1 | cut -d ' ' -f 2)"
}

# endless NAME KIB [LINE ...]: prints KIB times 1024 bytes of letters e with an
# accent, but no newline, in writes of 1000 bytes, and stays.
endless() {
	local name=$1 kib=$2
	shift 2
	yes é | tr -d '\n' | head -c "${kib}K" >"$T/endless"
	{
		echo "command = sh -c 'dd if=$T/endless bs=1000 2>/dev/null; \
exec sleep 1000'"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program "$name"
}

# All that NAME printed is as long as the file, without times.
is_whole() {
	[ "$(whole_log "$1" | sed 's/^20[^ ]* //' | wc -c)" -eq \
	    "$(stat -c %s "$T/endless")" ]
}

@test "output without a newline rotates, and splits no character" {
	local file
	endless web 2000 'log-size = 100K' 'log-keep = 100'
	endless bare 2000 'log-size = 64K' 'log-keep = 100' \
	    'log-timestamps = no'
	hupd_start
	wait_for 30 is_whole web
	wait_for 30 is_whole bare
	whole_log web | sed 's/^20[^ ]* //' | cmp - "$T/endless"
	whole_log bare | cmp - "$T/endless"
	for file in "$T"/log/web.log*; do
		[ "$(stat -c %s "$file")" -le 102400 ]
		iconv -f UTF-8 -t UTF-8 "$file" >/dev/null
	done
	for file in "$T"/log/bare.log*; do
		[ "$(stat -c %s "$file")" -le 65536 ]
	done
	# The end completes the line.
	ctl stop bare
	[ "$(tail -c 1 "$T/log/bare.log" | od -An -tx1 | tr -d ' ')" = 0a ]
}

@test "lines longer than log-size are cut, all others are whole" {
	local file
	awk 'BEGIN { for (i = 0; i < 30; i++) {
		printf "begin %d ", i
		for (n = 0; n < 3000; n++) printf "x"
		print "end"
		for (n = 0; n < 50; n++) print "line " n } }' >"$T/mixed"
	program web <<-E
	command = sh -c 'dd if=$T/mixed bs=700 2>/dev/null; exec sleep 1000'
	log-size = 2K
	log-keep = 1000
	log-timestamps = no
	E
	hupd_start
	is_mixed() {
		whole_log web | cmp -s - "$T/mixed"
	}
	wait_for 30 is_mixed
	for file in "$T"/log/web.log*; do
		[ "$(stat -c %s "$file")" -le 2048 ]
		run ! grep -qE '^(l|li|lin|line|line )$' "$file"
	done
	[ "$(ctl log -n 3 web | tail -n 1)" = 'line 49' ]
	run -0 ctl log -n 51 web
	[ "${#lines[@]}" -eq 51 ]
	[[ ${lines[0]} = 'begin 29 x'*xend ]]
}

@test "log -n prints a bounded part of a line that never ends" {
	endless web 2000 'log-size = 100K' 'log-keep = 100'
	hupd_start
	wait_for 30 is_whole web
	run -0 --separate-stderr ctl log -n 2 web
	[ "${#output}" -ge 60000 ]
	[ "${#output}" -le 131072 ]
	[[ $stderr = *'showing only the last 128 KiB'* ]]
	# The status has the beginning of a line.
	run -0 ctl status web
	[ "${#output}" -le 10000 ]
}

@test "log-keep = 0 keeps the current file only" {
	counter web 'log-size = 8K' 'log-keep = 0'
	hupd_start
	wait_for 5 lines "$T/log/web.log" 100
	# It has begun again.
	restarted() {
		[ "$(head -n 1 "$T/log/web.log" 2>/dev/null)" != 'line 0' ]
	}
	wait_for 5 restarted
	hupd_stop
	[ ! -e "$T/log/web.log.1" ]
}

@test "log-size = 0 never rotates" {
	counter web 'log-size = 0'
	hupd_start
	wait_for 10 lines "$T/log/web.log" 20000
	hupd_stop
	[ ! -e "$T/log/web.log.1" ]
	are_lines web
}

@test "after a move and a reopen all lines are there" {
	local i
	counter web 'log-size = 0'
	hupd_start
	for i in 5 4 3 2 1; do
		wait_for 5 lines "$T/log/web.log" 100
		mv "$T/log/web.log" "$T/log/web.log.$i"
		ctl reopen
		wait_for 5 test -s "$T/log/web.log"
	done
	hupd_stop
	are_lines web
}

# new_zone NAME: the zone of the daemon's TZ is this one now.
new_zone() {
	cp "/usr/share/zoneinfo/$1" "$T/zone.new"
	mv "$T/zone.new" "$T/zone"
}

@test "a changed time zone is seen at a reopen and at a reload" {
	[ -e /usr/share/zoneinfo/Asia/Tokyo ] || skip 'needs tzdata'
	program web <<-'E'
	command = sh -c 'while :; do echo tick; sleep 0.1; done'
	E
	new_zone Asia/Tokyo
	# A daemon that detaches drops TZ.
	TZ=:$T/zone hupd_foreground
	wait_for 5 grep -q '[+]09:00 tick' "$T/log/web.log"
	grep -q 'Daemon start up at .*[+]09:00$' "$T/log/hupd.log"
	new_zone Asia/Kolkata
	run -0 ctl reopen
	wait_for 5 grep -q '[+]05:30 tick' "$T/log/web.log"
	new_zone America/Phoenix
	run -0 ctl reload
	wait_for 5 grep -q -e '-07:00 tick' "$T/log/web.log"
	wait_for 5 grep -q -e 'Daemon reload at .*-07:00$' "$T/log/hupd.log"
	# A zone that is the same starts no new log process.
	n=$(grep -c 'a new time zone' "$T/log/hupd.log" || :)
	run -0 ctl reopen
	run -0 ctl reload
	[ "$(grep -c 'a new time zone' "$T/log/hupd.log" || :)" -eq "$n" ]
}

@test "a removed log file comes back" {
	counter web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 10
	rm "$T/log/web.log"
	wait_for 5 test -s "$T/log/web.log"
}

@test "a last line without its newline is there" {
	program web <<-'E'
	command = sh -c 'printf "one\ntwo"'
	restart = never
	E
	hupd_start
	wait_for 5 is_state web 'done'
	wait_for 5 lines "$T/log/web.log" 2
	printed web ' two$'
	ctl start web
	wait_for 5 lines "$T/log/web.log" 4
	run ! printed web 'twoone'
}

@test "long lines are not cut" {
	program web <<-'E'
	command = sh -c 'head -c 70000 /dev/zero | tr "\0" a; echo; \
	head -c 1000000 /dev/zero | tr "\0" b; echo; echo end; exec sleep 1000'
	log-timestamps = no
	log-size = 64K
	log-keep = 100
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/web.conf"
	hupd_start
	wait_for 10 printed web '^end$'
	whole_log web | awk '{ print length }' >"$T/lengths"
	diff "$T/lengths" - <<-E
	70000
	1000000
	3
	E
}

@test "a long line has one time" {
	program web <<-'E'
	command = sh -c 'head -c 1000000 /dev/zero | tr "\0" b; echo; \
	echo end; exec sleep 1000'
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/web.conf"
	hupd_start
	wait_for 10 printed web ' end$'
	[ "$(wc -l <"$T/log/web.log")" -eq 2 ]
	[ "$(head -n 1 "$T/log/web.log" | tr -cd b | wc -c)" -eq 1000000 ]
	[ "$(grep -o 'T[0-9][0-9]:' "$T/log/web.log" | wc -l)" -eq 2 ]
}

@test "bytes are kept in the file, and escaped on a terminal" {
	command -v script >/dev/null || skip "needs script"
	program web <<-'E'
	command = sh -c 'printf "a\033[2Jb\000c\377d\r\n"; exec sleep 1000'
	log-timestamps = no
	E
	hupd_start
	wait_for 5 lines "$T/log/web.log" 1
	printf 'a\033[2Jb\000c\377d\r\n' | cmp - "$T/log/web.log"
	# As it is to a pipe or file.
	ctl log web | cmp - "$T/log/web.log"
	script -qec "'$HUPCTL' -s '$T/run/hupd.sock' log web" /dev/null \
	    >"$T/typescript" </dev/null
	run ! grep -q $'\033' "$T/typescript"
	grep -q 'a.*2Jb.*c.*d' "$T/typescript"
}

@test "log = none costs nothing and keeps nothing" {
	program web <<-'E'
	command = sh -c 'echo hello; exec sleep 1000'
	log = none
	E
	hupd_start
	wait_for 5 is_state web up
	[ "$(readlink "/proc/$(pid_of web)/fd/1")" = /dev/null ]
	[ ! -e "$T/log/web.log" ]
}

# In a name space of its own: the host's /dev/log is not touched.
@test "log = syslog sends lines to /dev/log" {
	needs_root
	unshare -m true 2>/dev/null || skip "needs name spaces"
	command -v python3 >/dev/null || skip "needs python3"
	program web <<-'E'
	command = sh -c 'echo hello there; echo again; exec sleep 1000'
	log = syslog
	E
	program mail <<-'E'
	command = sh -c 'echo sent; exec sleep 1000'
	log = syslog
	syslog-identifier = mail/out
	E
	cat >"$T/syslogd" <<-'E'
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind("/dev/log")
	out = open(sys.argv[1], "wb", 0)
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
	python3 $T/syslogd $T/received &
	echo \$! >$T/syslogd.pid
	until [ -S /dev/log ]; do sleep 0.02; done
	exec $HUPD -f $T/hupd.conf
	E
	hupd_env unshare -m sh "$T/inside" >/dev/null 2>&1
	wait_for 5 grep -q 'web.*: hello there' "$T/received"
	wait_for 5 grep -q 'web.*: again' "$T/received"
	# Facility daemon, severity info.
	grep -q '^<30>' "$T/received"
	[ ! -e "$T/log/web.log" ]
	wait_for 5 grep -q ' mail/out: sent' "$T/received"
	# A successor of the log process gets the tag, and so does a new one.
	kill -9 "$(log_pid)"
	program mail <<-'E'
	command = sh -c 'echo got; exec sleep 1000'
	log = syslog
	syslog-identifier = mail-in
	E
	run -0 ctl reload
	wait_for 5 grep -q ' mail-in: got' "$T/received"
	hupd_stop
	kill "$(cat "$T/syslogd.pid")"
}

@test "a program of another user can open its output again" {
	needs_root
	program web <<-'E'
	command = sh -c 'id -un; echo out >/dev/stdout; echo err >/dev/stderr; \
	echo self >/proc/self/fd/1; exec sleep 1000'
	user = nobody
	directory = /
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 printed web ' self$'
	wait_for 5 printed web ' nobody$'
	wait_for 5 printed web ' out$'
	wait_for 5 printed web ' err$'
}

@test "the log process runs as the log user, and can do no more" {
	local pid
	needs_root
	setting 'log-user = nobody'
	counter web
	hupd_start
	wait_for 5 lines "$T/log/web.log" 10
	pid=$(log_pid)
	[ "$(stat -c %U "/proc/$pid")" = nobody ]
	awk '$1 ~ /^Cap(Eff|Prm|Inh|Amb):$/ && $2 !~ /^0*$/ { exit 1 }' \
	    "/proc/$pid/status"
	[ "$(stat -c %U "$T/log/web.log")" = nobody ]
	[ -z "$(find "$T/log" -perm /o+rwx -type f)" ]
}

@test "a killed log process costs no line of any program" {
	local i pid name
	for name in a b c; do
		counter "$name" 'log-size = 256K' 'log-keep = 1000'
	done
	change c 'log-timestamps = yes'
	hupd_start
	for i in 1 2 3 4 5; do
		wait_for 5 lines "$T/log/hupd.log" 3
		pid=$(log_pid)
		kill -KILL "$pid"
		wait_for 5 other_log_pid "$pid"
		read -r -t 0.1 <> <(:) || :
	done
	wait_for 5 logged 'log process, pid [0-9]*: killed'
	hupd_stop
	for name in a b c; do
		are_lines "$name"
	done
}

@test "a stopped log process delays no supervision" {
	local pid
	counter busy
	program web <<<'command = sleep 1000'
	hupd_start
	wait_for 5 is_state web up
	pid=$(log_pid)
	kill -STOP "$pid"
	timeout 30 "$HUPCTL" -s "$T/run/hupd.sock" stop web
	timeout 30 "$HUPCTL" -s "$T/run/hupd.sock" start web
	change web 'nice = 1'
	timeout 30 "$HUPCTL" -s "$T/run/hupd.sock" reload
	timeout 30 "$HUPCTL" -s "$T/run/hupd.sock" status busy
	kill -CONT "$pid"
	wait_for 5 logged 'web: starting -> up'
	hupd_stop
	are_lines busy
}

@test "failures while the log process stands still come to an end" {
	local pid
	program web <<-'E'
	command = sh -c 'echo words; exit 3'
	ready = fd:3
	restart = never
	autostart = no
	E
	hupd_start
	pid=$(log_pid)
	kill -STOP "$pid"
	run timeout 60 "$HUPCTL" -s "$T/run/hupd.sock" start web
	kill -CONT "$pid"
	[ "$status" -eq 1 ]
	[[ $output = *'exited, status 3'* ]]
}

@test "last words that no process can report are not waited for" {
	local log
	program web <<-'E'
	command = sleep 1000
	restart-delay = 30s
	E
	hupd_start
	wait_for 5 is_state web up
	log=$(log_pid)
	kill -STOP "$log"
	kill -KILL "$(pid_of web)"
	wait_for 5 is_state web wait
	change web 'log = none'
	run timeout 60 "$HUPCTL" -s "$T/run/hupd.sock" reload
	kill -CONT "$log"
	[ "$status" -eq 0 ]
}

@test "what a program prints at its very end is there" {
	local i
	program web <<-'E'
	command = sh -c 'trap "echo bye; exit 0" TERM; echo >&3; \
	while :; do sleep 0.02; done'
	ready = fd:3
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web up
	for i in 1 2 3 4 5; do
		ctl restart web
	done
	wait_for 5 is_state web up
	hupd_stop
	[ "$(grep -c ' bye$' "$T/log/web.log")" -eq 6 ]
}

@test "a limit for the size of files of the starter does not stop the logs" {
	counter web 'log-size = 0'
	program limits <<<"command = sh -c 'grep file.size /proc/self/limits; \
exec sleep 1000'"
	hard=$(awk '/file size/ { print $5 }' /proc/self/limits)
	(ulimit -Sf 40 && hupd_start)
	wait_for 10 lines "$T/log/web.log" 10000
	wait_for 5 printed limits "Max file size  *40960  *$hard "
	# The next daemon has it from the one before.
	ctl reexec
	ctl restart limits
	wait_for 5 eval "[ \"\$(grep -c ' 40960 ' '$T/log/limits.log')\" -eq 2 ]"
}

@test "log-stderr = yes: standard error has a file of its own" {
	program web <<-'E'
	command = sh -c 'echo out; echo err >&2; exec sleep 1000'
	log-stderr = yes
	E
	program bad <<-'E'
	command = sh -c 'echo out; echo reason >&2; exit 3'
	log-stderr = yes
	restart = never
	settle-time = 1s
	E
	hupd_start
	wait_for 5 grep -q ' err$' "$T/log/web.log.err"
	wait_for 5 printed web ' out$'
	[ "$(wc -l <"$T/log/web.log")" -eq 1 ]
	run -0 ctl log web
	[ "${#lines[@]}" -eq 2 ]
	run -0 ctl log web bad
	[[ $output = *'web ! '*' err'* ]]
	[[ $output = *'web | '*' out'* ]]
	ctl -j log web | grep -q '"stream":"stderr","line":"err"'
	ctl -j log web | grep -q '"stream":"stdout","line":"out"'
	# The reason of a failure is on standard error.
	wait_for 5 is_state bad failed
	run -1 ctl start bad
	[[ $output = *reason* ]]
	[[ $output != *'| out'* ]]
}

# errors N: web has written N lines to standard error.
errors() {
	[ "$(cat "$T"/log/web.log.err* 2>/dev/null | wc -l)" -ge "$1" ]
}

@test "standard error survives the log process, the daemon and a change of log-stderr" {
	cat >"$T/both" <<-'E'
	n=0
	while :; do
		echo "line $n"
		echo "line $n" >&2
		n=$((n + 1))
	done
	E
	program web <<-E
	command = sh $T/both
	log-stderr = yes
	log-timestamps = no
	log-size = 64K
	log-keep = 1000
	E
	LEFT_OK=1
	hupd_start
	wait_for 10 errors 2000
	kill -9 "$(log_pid)"
	wait_for 10 errors 20000
	kill -9 "$(hupd_pid)"
	wait_for 10 ctl ping
	ctl reexec
	# A running program keeps its files.
	sed -i '/log-stderr/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
	[[ $output = *'= web'*'adjusted: log-stderr changed'* ]]
	n=$(cat "$T"/log/web.log.err* | wc -l)
	wait_for 10 errors $((n + 1000))
	ctl stop web
	find "$T/log" -name 'web.log.err*' -printf '%f\n' |
	    sort -t . -k 4 -nr | (cd "$T/log" && xargs cat) >"$T/errors"
	awk '$0 != "line " n + 0 { exit 1 } { n++ }' "$T/errors"
	n=$(wc -l <"$T/errors")
	[ "$(cat "$T"/log/web.log{,.[0-9]*} 2>/dev/null | wc -l)" -ge $((n - 1)) ]
	# Now both are one again.
	[ -p "$T/run/out/web:e" ]
	ctl start web
	wait_for 5 eval "! test -e '$T/run/out/web:e'"
	hupd_stop
	[ "$(cat "$T"/log/web.log.err* | wc -l)" -eq "$n" ]
}
