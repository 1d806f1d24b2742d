#!/usr/bin/env bats
# Permissions of the log process, the programs and other users.

load helper

# The log process with a user of its own, as it is installed.
setup() {
	hupd_setup
	if [ "$(id -u)" -eq 0 ]; then
		sed -i '/^log-user/d' "$T/hupd.conf"
		echo 'log-user = nobody' >>"$T/hupd.conf"
	fi
}

log_process() {
	pgrep -P "$(hupd_pid)" -f '^hupd: log'
}

as_nobody() {
	setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- "$@"
}

status_of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

open_files() {
	find "/proc/$1/fd" -type l -printf '%l\n'
}

# A program that was just executed has its libraries open at first.
has_open() {
	[ "$(open_files "$2" | wc -l)" -eq "$1" ]
}

@test "root: the log process has no capability and no other group" {
	needs_root
	program web <<<'command = sleep 1000'
	hupd_start
	log=$(log_process)
	for set in CapInh CapPrm CapEff CapAmb; do
		[ "$(status_of "$log" "$set")" = 0000000000000000 ]
	done
	read -r real effective saved fs < <(status_of "$log" Uid)
	for uid in "$real" "$effective" "$saved" "$fs"; do
		[ "$uid" = "$(id -u nobody)" ]
	done
	[ -z "$(status_of "$log" Groups | tr -d '[:space:]')" ]
}

@test "root: the log process cannot read a configuration, and has none open" {
	needs_root
	program web <<<'command = sleep 1000'
	chmod 600 "$T/hupd.conf" "$T/hupd.d/web.conf"
	hupd_start
	log=$(log_process)
	run ! as_nobody cat "$T/hupd.conf" "$T/hupd.d/web.conf" \
	    "$T/state/accepted" "$T/run/running"
	# It has begun.
	wait_for 5 logged 'Daemon start up'
	run ! grep -E 'hupd\.(conf|d|pid|sock)|/(records|accepted|running)' \
	    < <(open_files "$log")
	# Only its socket, journal, folder, logs and the FIFOs.
	run ! grep -vE "^(socket|pipe|anon_inode):|^/dev/null$|^$T/(log|run/out)/|^$T/log$|^$T/run/log.journal$|/hupd$" \
	    < <(open_files "$log")
}

@test "root: the log process can signal neither daemon nor program" {
	needs_root
	program web <<<'command = sleep 1000'
	hupd_start
	for pid in "$(hupd_pid)" "$(pid_of web)"; do
		run ! as_nobody kill -CONT "$pid"
		alive "$pid"
	done
}

@test "a program has no descriptor of the daemon" {
	program web <<<'command = sleep 1000'
	program fd <<-'E'
	command = sh -c 'echo >&7; exec sleep 1000'
	ready = fd:7
	E
	program none <<-'E'
	command = sleep 1000
	log = none
	E
	hupd_start
	for name in web fd none; do
		wait_for 5 is_state "$name" up
		pid=$(pid_of "$name")
		run ! grep -E "sock|socket:|records|hupd\.pid|anon_inode|journal" \
		    < <(open_files "$pid")
	done
	wait_for 5 has_open 3 "$(pid_of web)"
	wait_for 5 has_open 3 "$(pid_of none)"
	# Its readiness is a pipe to us and nothing else.
	[ "$(open_files "$(pid_of fd)" | grep -c pipe:)" -eq 1 ]
}

@test "root: a program cannot lead hupd by a link out of its own folder" {
	needs_root
	mkdir "$T/own"
	chown nobody: "$T/own"
	echo secret=1 >"$T/secret"
	chmod 600 "$T/secret"
	as_nobody ln -s "$T/secret" "$T/own/env"
	program web <<-E
	command = sh -c 'env; exec sleep 1000'
	user = nobody
	directory = $T/own
	env-file = $T/own/env
	E
	run hupd_start
	run ! grep -rq secret=1 "$T/log"
	[ "$(stat -c '%U %a' "$T/secret")" = 'root 600' ]
}

@test "root: a link in place of a log is not followed" {
	needs_root
	program web <<-'E'
	command = sh -c 'echo here; exec sleep 1000'
	E
	mkdir -m 2755 "$T/log"
	chown nobody: "$T/log"
	echo untouched >"$T/victim"
	chown nobody: "$T/victim"
	as_nobody ln -s "$T/victim" "$T/log/web.log"
	hupd_start
	wait_for 5 logged 'web: cannot write its output'
	[ "$(cat "$T/victim")" = untouched ]
	[ "$(stat -c %U "$T/victim")" = nobody ]
	rm "$T/log/web.log"
	wait_for 5 printed web 'here'
}

@test "root: a link in place of the socket or of a FIFO is not followed" {
	needs_root
	program web <<<'command = sleep 1000'
	echo untouched >"$T/victim"
	chmod 600 "$T/victim"
	mkdir -m 711 "$T/run"
	mkdir -m 700 "$T/run/out"
	for name in hupd.sock notify out/web; do
		ln -s "$T/victim" "$T/run/$name"
	done
	hupd_start
	wait_for 5 is_state web up
	[ "$(cat "$T/victim")" = untouched ]
	[ "$(stat -c '%U %a' "$T/victim")" = 'root 600' ]
	[ -S "$T/run/hupd.sock" ]
	[ -p "$T/run/out/web" ]
}

@test "root: others cannot connect, nor look into the folders" {
	needs_root
	program web <<<'command = sleep 1000'
	hupd_start
	cp "$HUPCTL" "$T/hupctl"
	chmod 755 "$T/hupctl"
	for act in status 'stop web' reload ping; do
		# shellcheck disable=SC2086
		run -4 as_nobody "$T/hupctl" -s "$T/run/hupd.sock" $act
	done
	run ! as_nobody ls "$T/run" "$T/run/out" "$T/state"
	is_state web up
}

@test "root: a program cannot report another's readiness" {
	needs_root
	program late <<-'E'
	command = sleep 1000
	ready = notify
	start-timeout = 1h
	E
	cat >"$T/liar.py" <<-E
	import os, socket, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	for n in range(9):
	    try:
	        s.sendto(b"READY=1\nMAINPID=%d" % os.getppid(), "$T/run/notify.d/%d" % n)
	        print("heard", flush=True)
	    except OSError as e:
	        print(e, flush=True)
	print("sent", flush=True)
	time.sleep(1000)
	E
	program liar <<-E
	command = python3 $T/liar.py
	user = nobody
	E
	hupd_start --verbose
	wait_for 5 printed liar sent
	ctl ping
	is_state late starting
	run ! printed liar heard
}
