# Attacks of a hijacked log process, and of programs and their former users on
# the FIFOs of the log.
load helper
load ../system/takeover

setup() {
	needs_root
	hupd_setup
	setting 'log-user = nobody'
}

log_process() {
	logger_of "$(hupd_pid)"
}

other_log_process() {
	local pid
	pid=$(log_process) && [ "$pid" != "$1" ]
}

# The journal is locked by somebody who holds the lock for ever.
lock_journal() {
	attack python3 -c 'import fcntl, sys, time
f = open(sys.argv[1], "r+b")
fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
open(sys.argv[2], "w").close()
time.sleep(1000)' "$T/run/log.journal" "$T/locked"
	wait_for 5 test -e "$T/locked"
}

echoing() {
	program "$1" <<-E
	command = sh -c 'while read -r line; do echo "\$line"; done <>$T/say.$1'
	E
	mkfifo -m 666 "$T/say.$1"
}

@test "a process that locks the journal is not killed, and does not stop the log" {
	local log
	echoing web
	hupd_start
	wait_for 5 is_state web up
	log=$(log_process)
	crash_for_good
	kill -9 "$log"
	wait_for 5 gone "$log"
	lock_journal
	# Nor because it has the pid of the log process that was recorded.
	echo "$ATTACK 1" >"$T/run/log.process"
	# shellcheck disable=SC2034
	LEFT_OK=1
	run hupd_start
	alive "$ATTACK"
	[[ $output = *'log.journal: locked by an unknown process'* ]]
	echo line >"$T/say.web"
	wait_for 5 printed web line

	# The same while the daemon runs, and its log process dies.
	kill "$ATTACK"
	rm "$T/locked"
	log=$(log_process)
	kill -STOP "$(hupd_pid)"
	kill -9 "$log"
	lock_journal
	kill -CONT "$(hupd_pid)"
	wait_for 5 other_log_process "$log"
	echo again >"$T/say.web"
	wait_for 5 printed web again
	alive "$ATTACK"
	logged 'log.journal: locked by an unknown process'
}

@test "a journal that somebody cuts short again and again is given up" {
	program web <<<"command = sh -c 'while echo line; do sleep 0.1; done'"
	hupd_start
	wait_for 5 printed web line
	attack timeout 20 python3 -c 'import sys, time
f = open(sys.argv[1], "r+b")
while True:
    f.truncate(0)' "$T/run/log.journal"
	wait_for 1 logged 'log.journal: the log process crashed soon after'
	wait_for 1 lines "$T/log/web.log" "$(($(wc -l <"$T/log/web.log") + 10))"
	alive "$ATTACK"
}

# Open a program's output as its user can, say so, and note what can be read.
spy() {
	mkdir -m 777 "$T/spy" # the spy writes here
	# shellcheck disable=SC2016
	attack setpriv --reuid="$1" --regid="$1" --clear-groups -- bash -c 'exec 5<>"/proc/$1/fd/1" && cd "$2" || exit
	: >started
	until [ -e forge ]; do
		! read -r -t 0.02 -u 5 line || echo "$line" >>stolen
	done
	echo forged >&5
	: >forged
	exec sleep 1000' spy "$2" "$T/spy"
	wait_for 1 test -e "$T/spy/started" || { cat "$T/attack.out"; false; }
}

is_user_of() {
	[ "$(stat -c %U "/proc/$(pid_of "$1")")" = "$2" ]
}

@test "a former user of a program reads nothing of it, and writes nothing to its log" {
	local log
	echoing web
	change web 'user = daemon'
	hupd_start
	wait_for 5 is_state web up
	spy daemon "$(pid_of web)"
	change web 'user = bin'
	# The spy has enough time to read everything that it can.
	log=$(log_process)
	kill -STOP "$log"
	ctl reload
	wait_for 5 is_user_of web bin
	for n in 1 2 3 4 5; do
		echo "secret $n" >"$T/say.web"
	done
	touch "$T/spy/forge"
	wait_for 5 test -e "$T/spy/forged"
	kill -CONT "$log"
	echo last >"$T/say.web"
	wait_for 5 printed web last
	[ "$(grep -c secret "$T/log/web.log")" -eq 5 ]
	run ! grep -s secret "$T/spy/stolen"
	echo end >"$T/say.web"
	wait_for 5 printed web end
	run ! printed web forged
}

@test "a process that opened a program's output reads nothing of its next start" {
	echoing web
	change web 'user = daemon'
	hupd_start
	wait_for 5 is_state web up
	spy daemon "$(pid_of web)"
	kill -STOP "$(log_process)"
	ctl restart web
	for n in 1 2 3; do
		echo "secret $n" >"$T/say.web"
	done
	kill -CONT "$(log_process)"
	wait_for 5 printed web 'secret 3'
	[ "$(grep -c secret "$T/log/web.log")" -eq 3 ]
	run ! grep -s secret "$T/spy/stolen"
}

status_of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

is_confined() {
	[ "$(status_of "$1" NoNewPrivs)" = 1 ] && { [ -z "$2" ] ||
	    [ "$(status_of "$1" Seccomp)" = 2 ]; }
}

@test "the log process is confined before it reads what anybody printed" {
	local log seccomp=
	sleeper web
	hupd_start
	log=$(log_process)
	[[ $("$HUPD" -V) != *'with seccomp'* ]] || seccomp=1
	wait_for 5 is_confined "$log" "$seccomp"
	grep -E '^Max processes +0 +0 ' "/proc/$log/limits"
	grep -E '^Max core file size +0 +0 ' "/proc/$log/limits"
	# Its user has no way into it, by ptrace(2) or /proc.
	[ "$(stat -c %U "/proc/$log/fd")" = root ]
	run ! setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups \
	    -- cat "/proc/$log/maps"
}

@test "the log process as root has no capability but to files" {
	setting 'log-user = root'
	sleeper web
	hupd_start
	wait_for 5 is_confined "$(log_process)" ''
	for set in CapInh CapPrm CapEff; do
		[ $((0x$(status_of "$(log_process)" $set) & ~2)) -eq 0 ]
	done
}

@test "a log folder that was replaced is written to by a new log process" {
	local log
	echoing web
	hupd_start
	echo one >"$T/say.web"
	wait_for 5 printed web one
	log=$(log_process)
	mv "$T/log" "$T/old"
	ctl reopen
	echo two >"$T/say.web"
	wait_for 5 printed web two
	run ! printed web one
	wait_for 5 logged 'a new folder; starting a new log process'
}

@test "status warns of a log process that has no user of its own" {
	sed -i '/^log-user/d' "$T/hupd.conf"
	mount_over /etc/passwd
	sed '/^hupd:/d' "$T/_etc_passwd" >"$T/passwd"
	cat "$T/passwd" >/etc/passwd
	hupd_start
	run ctl status
	[[ $output = *'warning: user hupd does not exist; the log process runs as root'* ]]
	umount /etc/passwd
}
