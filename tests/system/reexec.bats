#!/usr/bin/env bats
# A newly installed hupd replaces the running one without effect on programs and
# clients; a version that cannot is refused.

load helper
load takeover

# Run a copy, which can be replaced.
start_copy() {
	mkdir "$T/bin"
	chmod 755 "$T/bin"
	OLD=$HUPD
	cp "$HUPD" "$T/bin/hupd"
	HUPD=$T/bin/hupd
	hupd_start
}

# install: another program file, from stdin, in place of the one that runs.
install_new() {
	cat >"$T/bin/hupd.new"
	chmod 755 "$T/bin/hupd.new"
	mv "$T/bin/hupd.new" "$T/bin/hupd"
}

# The same, with a main that is this C.
install_c() {
	cat >"$T/new.c"
	"${CC:-cc}" -o "$T/bin/hupd.new" "$T/new.c" || skip "needs a compiler"
	mv "$T/bin/hupd.new" "$T/bin/hupd"
}

# The same hupd with another version.
install_next() {
	local version
	version=$(make -s -C "$TOP" print-version)
	NEXT=${version%?}x
	LC_ALL=C sed "s/${version//./\\.}/$NEXT/g" "$OLD" | install_new
}

# refuses REGEX: reexec fails for that reason, and nothing has changed.
refuses() {
	local pid guard
	snapshot >"$T/before"
	pid=$(hupd_pid)
	guard=$(await_guard "$pid")
	run -1 ctl reexec
	[[ $output =~ re-execution\ failed,\ nothing\ was\ changed:\ .*$1 ]]
	[ "$(hupd_pid)" = "$pid" ]
	[ "$(guard_of "$pid")" = "$guard" ]
	snapshot | diff "$T/before" -
	wait_for 5 logged "re-execution failed, nothing was changed: .*$1"
}

open_files() {
	find "/proc/$1/fd" -type l -printf '%l\n' | wc -l
}

kib() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}

@test "the new one takes over: same process, same children, same socket" {
	program web <<<'command = sleep 1000'
	program app <<-E
	command = sleep 1000
	depends-on = web
	E
	start_copy
	wait_for 5 is_state app up
	snapshot >"$T/before"
	pid=$(hupd_pid)
	inode=$(stat -c %i "$T/run/hupd.sock")
	guard=$(await_guard "$pid")
	install_next
	run -0 ctl reexec
	[ "$output" = "hupd $NEXT (pid $pid) has taken over, 2 programs run on" ]
	snapshot | diff "$T/before" -
	[ "$(hupd_pid)" = "$pid" ]
	[ "$(stat -c %i "$T/run/hupd.sock")" = "$inode" ]
	[ "$(ps -o ppid= -p "$(pid_of web)")" -eq "$pid" ]
	run -0 ctl ping
	[ "$output" = "hupd $NEXT is running, pid $pid" ]
	# Its guard is of the new one too.
	gone "$guard"
	[ "$(wc -w <<<"$(await_guard "$pid")")" -eq 1 ]
	crash
	run -0 ctl ping
	[[ $output = "hupd $NEXT is running"* ]]
	run -0 ctl -j reexec
	[[ $output = *'"ok":true,'*'"programs":2'* ]]
	kill -9 "$(pid_of web)"
	wait_for 5 is_state app up
	hupd_stop
	none_left
}

@test "SIGUSR2 does the same" {
	sleeper web
	hupd_start
	pid=$(hupd_pid) web=$(pid_of web)
	kill -USR2 "$pid"
	wait_for 5 logged 'SIGUSR2 from'
	wait_for 5 logged "executing $HUPD in place"
	wait_for 5 hupd_answers
	[ "$(hupd_pid)" = "$pid" ]
	wait_for 5 is_state web up
	[ "$(pid_of web)" = "$web" ]
}

@test "after a crash the newer file is found nevertheless" {
	sleeper web
	start_copy
	install_next
	# The guard follows with the former program, whose file has no name.
	crash
	run -0 ctl ping
	[[ $output != *"$NEXT"* ]]
	run -0 ctl reexec
	[[ $output = "hupd $NEXT "* ]]
}

@test "refused: what is no program" {
	sleeper web
	start_copy
	wait_for 5 is_state web up
	install_new <<<'this is no program'
	refuses 'Exec format error'
	rm "$T/bin/hupd"
	refuses 'No such file or directory'
	install_next
	run -0 ctl reexec
}

@test "refused: one that ends at once" {
	sleeper web
	start_copy
	wait_for 5 is_state web up
	install_c <<-'E'
	int
	main(void)
	{
		return 3;
	}
	E
	refuses 'the trial ended with status 3'
	install_c <<-'E'
	#include <signal.h>
	int
	main(void)
	{
		return raise(SIGKILL);
	}
	E
	refuses 'the trial was killed by signal 9'
	kill -USR2 "$(hupd_pid)"
	wait_for 5 logged 'SIGUSR2 from'
	hupd_answers
}

@test "refused: one that rejects the configuration, and says why" {
	sleeper web
	start_copy
	wait_for 5 is_state web up
	install_c <<-'E'
	#include <stdio.h>
	int
	main(void)
	{
		fputs("web.conf:1: command: is a thing of the past\n", stderr);
		return 6;
	}
	E
	refuses 'status 6: web.conf:1: command: is a thing of the past'
}

@test "refused: one whose trial does not end" {
	sleeper web
	start_copy
	wait_for 5 is_state web up
	install_c <<-'E'
	#include <unistd.h>
	int
	main(void)
	{
		return execlp("sleep", "sleep", "1000", (char *)0);
	}
	E
	refuses 'the trial did not end within 10 s'
	only_web() {
		[ "$(leftovers | xargs ps -o args= -p | grep -c '^sleep')" -eq 1 ]
	}
	wait_for 5 only_web
}

@test "one that dies once it is executed: the former one is back" {
	sleeper web
	start_copy
	wait_for 5 is_state web up
	pid=$(hupd_pid) web=$(pid_of web)
	install_c <<-'E'
	#include <string.h>
	int
	main(int argc, char **argv)
	{
		return argc > 1 && strcmp(argv[1], "-n") == 0 ? 0 : 5;
	}
	E
	run -1 ctl reexec
	[[ $output = *'the daemon that was executed has died: the former one,'* ]]
	[[ $output = *"is back as pid $(hupd_pid)" ]]
	[ "$(hupd_pid)" -ne "$pid" ]
	[ "$(pid_of web)" = "$web" ]
	is_state web up
	hupd_stop
	none_left
}

@test "it waits for a reload that is under way" {
	sleeper web
	hupd_start
	program slow <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo >&3; exec sleep 1000'
	ready = fd:3
	E
	ctl reload >"$T/reload" &
	reload=$!
	wait_for 5 is_state slow starting
	kill -USR2 "$(hupd_pid)"
	wait_for 5 logged 'SIGUSR2 from'
	run ! logged 'executing'
	# The one that it is to wait for may be over as it asks: it asks again.
	{ ctl reexec || ctl reexec; } >"$T/reexec" &
	reexec=$!
	touch "$T/go"
	wait "$reload"
	grep -q 'slow *added' "$T/reload"
	wait "$reexec"
	grep -q 'has taken over, 2 programs run on' "$T/reexec"
	is_state slow up
}

@test "waiting clients are notified" {
	program slow <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.02; done; echo >&3; exec sleep 1000'
	ready = fd:3
	autostart = no
	E
	hupd_start
	ctl start slow >"$T/start" 2>&1 &
	waits=$!
	wait_for 5 is_state slow starting
	run -0 ctl reexec
	ended_badly "$waits"
	grep -q 'hupd is being replaced, the request continues' "$T/start"
	is_state slow starting
	touch "$T/go"
	wait_for 5 is_state slow up
}

@test "a log that is followed continues" {
	program talk <<-E
	command = sh -c 'i=0; while :; do echo \$((i += 1)); sleep 0.01; done'
	log-timestamps = no
	E
	hupd_start
	wait_for 5 printed talk 3
	HUPD_EXEC="exec" ctl log -n 1000000 -f talk >"$T/followed" &
	follower=$!
	for _ in 1 2 3; do
		run -0 ctl reexec
		now=$(wc -l <"$T/followed")
		wait_for 5 lines "$T/followed" $((now + 10))
	done
	kill "$follower"
	wait "$follower" || :
	awk '$0 != NR { exit 1 }' <(head -n -1 "$T/followed")
}

@test "again and again: nothing is left open, nothing grows" {
	sleeper web
	program ready <<-E
	command = sh -c 'echo >&3; exec sleep 1000'
	ready = fd:3
	E
	numbers count
	hupd_start
	wait_for 5 is_state ready up
	pid=$(hupd_pid)
	run -0 ctl reexec
	files=$(open_files "$pid") kib=$(kib "$pid")
	for ((turn = 0; turn < 20; turn++)); do
		ctl reexec >"$T/out"
	done
	as_before() {
		[ "$(open_files "$pid")" -le "$files" ]
	}
	wait_for 5 as_before
	[ "$(kib "$pid")" -lt $((kib + 512)) ]
	# Its children: the programs, the log process, the guard; no zombie.
	five_children() {
		[ "$(pgrep -c -P "$pid")" -eq 5 ]
	}
	wait_for 5 five_children
	wait_for 5 eval '[ -z "$(pgrep -P "$pid" -r Z)" ]'
	ctl -j ping | grep -q "\"pid\":$pid"
	numbers_are_whole count
}

@test "settings that wait for the next start continue waiting" {
	sleeper web
	hupd_start
	setting "log-dir = $T/other"
	run -0 ctl reload
	[[ $output = *log-dir* ]]
	snapshot >"$T/before"
	run -0 ctl reexec
	snapshot | diff "$T/before" -
	[ ! -e "$T/other" ]
	run -0 ctl reload
	[[ $output = *log-dir* ]]
	crash
	[ ! -e "$T/other" ]
	hupd_stop
	hupd_start
	wait_for 5 [ -s "$T/other/hupd.log" ]
}

@test "files on disk that are rejected are no obstacle, and not forgotten" {
	sleeper web
	hupd_start
	program bad <<<'comand = sleep 1'
	run -6 ctl reload
	snapshot >"$T/before"
	grep -q 'bad.conf:1: comand' "$T/before"
	run -0 ctl reexec
	snapshot | diff "$T/before" -
	crash
	snapshot | diff "$T/before" -
	rm "$T/hupd.d/bad.conf"
	run -0 ctl reload
	run -0 ctl reexec
	run ! grep bad.conf < <(ctl -j status)
}

@test "a change of an environment file is not forgotten" {
	echo A=1 >"$T/env"
	chmod 644 "$T/env"
	program web <<-E
	command = sleep 1000
	env-file = $T/env
	E
	hupd_start
	web=$(pid_of web)
	echo A=2 >"$T/env"
	run -0 ctl reexec
	[ "$(pid_of web)" = "$web" ]
	run -0 ctl reload
	[[ $output = *'1 restarted'* ]]
}

@test "asked to stop during the trial, it stops" {
	sleeper web
	start_copy
	wait_for 5 is_state web up
	pid=$(hupd_pid)
	install_c <<-E
	#include <stdio.h>
	#include <unistd.h>
	int
	main(void)
	{
		FILE *f = fopen("$T/tried", "w");

		fputs("tried", f);
		fclose(f);
		while (access("$T/go", F_OK) != 0)
			usleep(20000);
		return 0;
	}
	E
	ctl reexec >"$T/out" 2>&1 &
	waits=$!
	wait_for 5 [ -s "$T/tried" ]
	kill "$pid"
	wait_for 10 none_of_it
	ended_badly "$waits"
}

none_of_it() {
	[ ! -e "$T/hupd.pid" ]
}

@test "no daemon: 7; a daemon that does not know it: 2" {
	run -7 ctl reexec
	[[ $output = *'hupd is not running'* ]]
	mkdir "$T/run"
	cat >"$T/former" <<-'E'
	import os, socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1] + ".new")
	s.listen()
	os.rename(sys.argv[1] + ".new", sys.argv[1])
	for answer in (b"pong pid=1 version=0.0\nend 0\n",
	    b"end 2 text=unknown%20request\n"):
	    c = s.accept()[0]
	    c.recv(1000)
	    c.sendall(answer)
	    c.close()
	E
	python3 "$T/former" "$T/run/hupd.sock" 3>&- &
	wait_for 5 [ -S "$T/run/hupd.sock" ]
	run -2 ctl reexec
	[[ $output = *'unknown request'* ]]
}

# The folder of this daemon's cgroup, if it is there.
own_cgroup() {
	find "$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)" \
	    -maxdepth 4 -type d -name "hupd${T//\//-}-run" 2>/dev/null
}

@test "a stop afterwards removes the cgroup of the daemon as well" {
	mode cgroup
	sleeper web
	for after in reexec crash; do
		hupd_start
		wait_for 5 is_state web up
		[ -n "$(own_cgroup)" ] || skip 'no cgroups'
		case $after in
		reexec) ctl reexec ;;
		crash) crash ;;
		esac
		hupd_stop
		[ -z "$(own_cgroup)" ]
	done
}

# former COMMIT: the hupd of that commit, built in a folder that stays.
former() {
	git -C "$TOP" cat-file -e "$1^{commit}" 2>/dev/null ||
	    skip "needs the history of git"
	FORMER=$TOP/build/former/$1
	(
		flock 9
		[ -x "$FORMER/build/hupd" ] || {
			mkdir -p "$FORMER" &&
			    git -C "$TOP" archive "$1" | tar -x -C "$FORMER" &&
			    env -u MAKEFLAGS -u MAKELEVEL make -s -j 2 \
				-C "$FORMER" all 9>&-
		} >/dev/null 2>&1
	) 9>"$TOP/build/former.lock" || skip "0.1 cannot be built"
	# It does not know these.
	sed -i -e '/^settle-time/d' -e '/^pass-environment/d' "$T/hupd.conf"
}

@test "hupd 0.1 is upgraded in place, and its locks are kept" {
	no_valgrind 'it is about another program'
	former 97adec6
	program web <<-E
	command = sleep 1000
	user = $(id -un)
	E
	numbers count
	new=$HUPD
	mkdir -m 755 "$T/bin"
	cp "$FORMER/build/hupd" "$T/bin/hupd"
	HUPD=$T/bin/hupd
	FOREIGN=1 hupd_start
	wait_for 5 is_state web up
	pid=$(hupd_pid) web=$(pid_of web)
	install_new <"$new"
	run -0 ctl reexec
	[[ $output = *"(pid $pid) has taken over, 2 programs run on" ]]
	[ "$(hupd_pid)" = "$pid" ]
	[ "$(pid_of web)" = "$web" ]
	run -1 hupd_start
	[ "$output" = "hupd: hupd is already running (pid $pid)" ]
	run ! flock -n "$T/hupd.pid" true
	# It claims its folders now, and hupctl finds it without its socket.
	[ -s "$T/state/.lock" ]
	rm "$T/run/hupd.sock"
	run -1 ctl ping
	[[ $output == *"was removed, but hupd is running (pid $pid)"* ]]
	kill -HUP "$pid"
	wait_for 5 hupd_answers
	# Now the guard is of the new one, too.
	crash
	[ "$(pid_of web)" = "$web" ]
	# The new environment begins with the next start of the program.
	grep -qzx FOREIGN=1 "/proc/$web/environ"
	run -0 ctl reload
	[ "$(pid_of web)" = "$web" ]
	run -0 ctl restart web
	[ "$(id -u)" -ne 0 ] ||
	    run ! grep -qzx FOREIGN=1 "/proc/$(pid_of web)/environ"
	numbers_are_whole count
	hupd_stop
	none_left
}

@test "programs of a killed hupd 0.1 are taken over, none is doubled" {
	local web
	no_valgrind 'it is about another program'
	former 97adec6
	sleeper web
	new=$HUPD
	HUPD=$FORMER/build/hupd
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_for_good
	HUPD=$new
	hupd_start
	wait_for 5 hupd_answers
	[ "$(pid_of web)" = "$web" ]
	hupd_stop
	none_left
}

@test "a program of hupd 0.1 keeps the defaults of that version until its next start" {
	local before name
	no_valgrind 'it is about another program'
	former 97adec6
	# Each leaves a child behind, which prints when it is asked to end.
	cat >"$T/child" <<-'E'
	trap 'echo asked; exit' TERM
	echo set
	while :; do sleep 0.05; done
	E
	chmod 644 "$T/child"
	for name in web api; do
		program $name <<-E
		command = sh -c 'trap exit TERM; sh $T/child & wait'
		E
	done
	sleeper plain
	new=$HUPD
	mkdir -m 755 "$T/bin"
	cp "$FORMER/build/hupd" "$T/bin/hupd"
	HUPD=$T/bin/hupd
	hupd_start
	wait_for 5 printed web 'set$'
	wait_for 5 printed api 'set$'
	before="$(pid_of web) $(pid_of api) $(pid_of plain)"
	install_new <"$new"
	run -0 ctl reexec
	# Plan and report list them, and restart nobody.
	run -0 ctl check
	[[ $output = *'web keeps the defaults of hupd 0.1 until its next start: kill-mode = mixed, settle-time = 0'* ]]
	change api 'kill-mode = main-first'
	run -0 ctl reload
	[[ $output = *'= api '*'adjusted: kill-mode changed'* ]]
	[[ $output = *'2 unchanged'* ]]
	[[ $output = *'web keeps the defaults of hupd 0.1 until its next start: kill-mode = mixed, settle-time = 0'* ]]
	[[ $output = *'api keeps the defaults of hupd 0.1 until its next start: settle-time = 0'* ]]
	# Once is enough; the next daemon knows.
	run -0 ctl reload
	[[ $output != *'hupd 0.1'* ]]
	ctl reexec
	run -0 ctl reload
	[[ $output != *'hupd 0.1'* ]]
	[ "$before" = "$(pid_of web) $(pid_of api) $(pid_of plain)" ]
	# The stop is that of 0.1, but not where the file says otherwise.
	ctl restart web
	run ! printed web 'asked$'
	ctl restart api
	wait_for 5 printed api 'asked$'
	# The next start has the present defaults.
	wait_for 5 lines "$T/log/web.log" 2
	ctl restart web
	wait_for 5 printed web 'asked$'
	hupd_stop
	none_left
}

@test "a program of hupd 0.1 keeps its environment until its next start, or the boot" {
	local web
	no_valgrind 'it is about another program'
	former 97adec6
	mkdir -m 755 "$T/bin"
	cp "$FORMER/build/hupd" "$T/bin/hupd"
	new=$HUPD
	echo 'A=file' >"$T/web.env"
	program web <<-E
	command = sh -c 'echo "A is \$A, \${FOREIGN-none}"; exec sleep 1000'
	env = A=key
	env-file = $T/web.env
	E
	HUPD=$T/bin/hupd
	FOREIGN=1 hupd_start
	# In 0.1 the key wins, and the environment is that of the starter.
	wait_for 5 printed web 'A is key, 1'
	web=$(identity web)
	install_new <"$new"
	run -0 ctl reexec
	run -0 ctl check
	[[ $output != *'restarted'* ]]
	run -0 ctl reload
	[[ $output = *'1 unchanged'* ]]
	run -0 ctl status
	[[ $output != *differ* ]]
	[ "$(identity web)" = "$web" ]
	# So it is for the next daemon.
	crash
	run -0 ctl reload
	[ "$(identity web)" = "$web" ]
	run -0 ctl restart web
	wait_for 5 printed web 'A is file, '
	run -0 ctl reload
	[[ $output = *'1 unchanged'* ]]
	hupd_stop
	# A boot with rejected files: those that 0.1 accepted, with the new rules.
	rm -r "$T/state" "$T/log"
	cp "$FORMER/build/hupd" "$T/bin/hupd"
	FOREIGN=1 hupd_start
	wait_for 5 printed web 'A is key, 1'
	hupd_stop
	install_new <"$new"
	echo 'nonsense = 1' >>"$T/hupd.d/web.conf"
	: >"$T/log/web.log"
	FOREIGN=1 run -0 hupd_start
	[[ $output = *'nonsense: unknown key'*'using the last accepted one'* ]]
	wait_for 5 printed web 'A is file, '
	[ "$(id -u)" -ne 0 ] || printed web 'A is file, none'
	hupd_stop
	none_left
}
