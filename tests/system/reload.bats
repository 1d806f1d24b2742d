#!/usr/bin/env bats
# The transaction over the whole configuration: unchanged programs are not
# touched, nothing is applied in part, and the result is reported.

load helper

# counter NAME: prints line 0, line 1 ... as fast as the shell can.
counter() {
	program "$1" <<-'E'
	command = sh -c 'n=0; while :; do echo "line $n"; n=$((n + 1)); done'
	log-timestamps = no
	log-size = 16M
	E
}

# The generation of the running configuration.
generation() {
	ctl -j status | python3 -c 'import json, sys
print(json.load(sys.stdin)["config"]["generation"])'
}

is_generation() {
	[ "$(generation)" -eq "$1" ]
}

fds() {
	local fds=("/proc/$1/fd/"*)
	echo ${#fds[@]}
}

# At most; a client may not be gone yet.
has_fds() {
	[ "$(fds "$1")" -le "$2" ]
}

resident() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

# are_lines NAME: what it printed is line 0, line 1 ..., none missing, none
# twice, over all its files.
are_lines() {
	(cd "$T/log" && find . -name "$1.log*" -printf '%f\n' |
	    sort -t . -k 3 -nr | xargs cat) |
	    awk -v n=0 '$0 != "line " n { print "line " n " is: " $0;
		bad = 1; exit 1 } { n++ } END { exit bad || n == 0 }'
}

@test "reload --timeout names the programs that have no outcome by then" {
	hupd_start
	program slow <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.05; done; echo >&3; exec sleep 1000'
	ready = fd:3
	E
	sleeper web
	run -0 ctl reload --timeout 100ms
	[[ ${lines[0]} == "generation 2: 2 added"* ]]
	[[ $output == *"  . slow     no outcome yet: starting"* ]]
	run ! grep '[.] web ' <<<"$output"
	# Another reload waits for the first; that is no success.
	sleeper db
	run -1 ctl reload --timeout 100ms
	[[ $output == *"has not begun"* ]]
	touch "$T/go"
	wait_for 5 is_state slow up
	wait_for 5 is_state db up
	run -0 ctl reload --timeout 1m
	[[ $output == *"3 unchanged"* ]]
	run -2 ctl reload --timeout 1m web
	echo 'comand = x' >>"$T/hupd.d/web.conf"
	run -6 ctl reload --timeout 1m
}

@test "what did not change is not touched, and loses no line" {
	local before i
	counter busy
	sleeper other
	hupd_start
	wait_for 5 is_state busy up
	before=$(identity busy)
	wait_for 5 lines "$T/log/busy.log" 100
	for i in {1..20}; do
		change other "nice = $((i % 5))"
		ctl reload >/dev/null
	done
	[ "$(identity busy)" = "$before" ]
	run ! logged 'busy: up ->'
	hupd_stop
	are_lines busy
}

@test "what did not change gets no signal" {
	program web <<-'E'
	command = sh -c 'trap "echo got HUP" HUP; trap "echo got TERM" TERM; \
	trap "echo got USR1" USR1; echo >&3; while :; do sleep 0.05; done'
	ready = fd:3
	stop-signal = KILL
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/web.conf"
	sleeper other
	hupd_start
	wait_for 5 is_state web up
	change other 'nice = 1'
	ctl reload
	change other 'nice = x'
	run -6 ctl reload
	run ! printed web got
}

@test "the report shows each change, on the terminal and in the event log" {
	local i head
	sleeper web
	sleeper old
	sleeper db
	for i in {1..12}; do
		sleeper "same$i"
	done
	hupd_start
	rm "$T/hupd.d/old.conf"
	sleeper cache
	change web 'command = sleep 2000'
	change db 'stop-timeout = 3s'
	run -0 ctl reload
	head='generation 2: 1 added, 1 removed, 1 restarted, 1 adjusted'
	diff <(echo "$output") - <<-E
	$head, 12 unchanged
	  + cache    added
	  = db       adjusted: stop-timeout changed
	  - old      removed
	  ~ web      restarted: command changed
	E
	while read -r; do
		wait_for 5 logged "$REPLY\$"
	done <<<"$output"
	run -0 ctl reload
	[ "$output" = 'generation 3: nothing changed, 15 unchanged' ]
}

@test "several keys of a program are named together" {
	sleeper web
	hupd_start
	change web 'nice = 1'
	change web 'env = A=1'
	change web 'stop-timeout = 1s'
	run -0 ctl reload
	[[ ${lines[1]} = '  ~ web      restarted: '*env* ]]
	[[ ${lines[1]} = *nice* ]]
}

@test "every live key is adjusted without a restart" {
	local before line
	sleeper web
	sleeper db
	hupd_start
	wait_for 5 is_state web up
	before=$(identity web)
	while read -r line; do
		change web "$line"
		run -0 ctl reload
		[[ ${lines[0]} = *'1 adjusted, 1 unchanged' ]]
		[ "${lines[1]}" = \
		    "  = web      adjusted: ${line%% *} changed" ]
	done <<-E
	autostart = no
	restart = never
	restart-delay = 1s
	restart-delay-max = 7s
	restart-reset = 3s
	restart-limit = 3
	success-exit = 3 TERM
	stop-signal = INT
	stop-timeout = 3s
	reload-signal = HUP
	start-timeout = 3s
	depends-on = db
	log-size = 1M
	log-keep = 2
	log-timestamps = no
	E
	[ "$(identity web)" = "$before" ]
	run ctl status
	[[ $output != *differ* ]]
}

@test "reload-signal gives way to reload-command" {
	sleeper web
	change web 'reload-signal = HUP'
	hupd_start
	sed -i /reload-signal/d "$T/hupd.d/web.conf"
	change web 'reload-command = true'
	run -0 ctl reload
	[[ $output = *'adjusted: reload-signal, reload-command changed'* ]] ||
	    [[ $output = *'adjusted: reload-command, reload-signal changed'* ]]
	ctl reload web
}

@test "each key of the process restarts that program, and only it" {
	local line before other
	sleeper web
	sleeper other
	hupd_start
	wait_for 5 is_state web up
	other=$(identity other)
	while read -r line; do
		before=$(identity web)
		change web "$line"
		run -0 ctl reload
		[ "${lines[1]}" = \
		    "  ~ web      restarted: ${line%% *} changed" ]
		is_state web up
		[ "$(identity web)" != "$before" ]
	done <<-E
	command = sleep 1001
	directory = /
	umask = 027
	nice = 3
	no-new-privs = yes
	rlimit-msgqueue = 100
	env = A=1
	env-clear = yes
	log = none
	log = file
	E
	[ "$(identity other)" = "$other" ]
}

@test "stop-timeout counts from the stop, also when shortened meanwhile" {
	program web <<-'E'
	command = sh -c 'trap "" TERM; echo >&3; while :; do sleep 1; done'
	ready = fd:3
	stop-timeout = 1h
	E
	hupd_start
	wait_for 5 is_state web up
	ctl stop --no-wait web
	wait_for 5 is_state web stopping
	change web 'stop-timeout = 100ms'
	ctl reload
	wait_for 5 is_state web down
}

@test "start-timeout is live for a program that is starting" {
	program web <<-'E'
	command = sleep 1000
	ready = fd:3
	start-timeout = 1h
	restart = never
	E
	sleeper other
	hupd_start
	# The start is a transaction of its own, which the reload follows.
	wait_for 5 is_state web starting
	ctl stop web
	ctl reload
	ctl start --no-wait web
	wait_for 5 is_state web starting
	change web 'start-timeout = 100ms'
	ctl reload
	wait_for 5 is_state web failed
	ctl status web | grep -q 'not ready in time' ||
	    logged 'web: .* not ready in time'
}

@test "time stamps go away without a restart" {
	program web <<-'E'
	command = sh -c 'while read -r x; do echo "$x"; done <"$0"' @FIFO@
	E
	mkfifo "$T/in"
	sed -i "s|@FIFO@|$T/in|" "$T/hupd.d/web.conf"
	hupd_start
	exec 8>"$T/in"
	echo one >&8
	wait_for 5 printed web '^2.*T.* one$'
	change web 'log-timestamps = no'
	ctl reload
	# The program's next line may be written before the new form.
	says() {
		echo two >&8
		printed web '^two$'
	}
	wait_for 5 says
	exec 8>&-
}

@test "a smaller log-size has a running program's log rotated" {
	counter busy
	hupd_start
	wait_for 5 is_state busy up
	change busy 'log-size = 8K'
	change busy 'log-keep = 3'
	ctl reload
	wait_for 5 test -e "$T/log/busy.log.3"
	hupd_stop
	[ ! -e "$T/log/busy.log.4" ]
}

@test "a smaller log-size in hupd.conf has the event log rotated" {
	hupd_start
	setting 'log-size = 1K'
	setting 'log-keep = 1'
	fills() {
		ctl reload
		[ -e "$T/log/hupd.log.1" ]
	}
	wait_for 5 fills
}

@test "a reload opens the logs again" {
	counter busy
	hupd_start
	wait_for 5 lines "$T/log/busy.log" 10
	mv "$T/log/busy.log" "$T/log/busy.log.old"
	mv "$T/log/hupd.log" "$T/log/hupd.log.old"
	kill -HUP "$(hupd_pid)"
	wait_for 5 test -s "$T/log/busy.log"
	wait_for 5 test -s "$T/log/hupd.log"
	hupd_stop
	mv "$T/log/busy.log" "$T/log/busy.log.1"
	mv "$T/log/busy.log.old" "$T/log/busy.log.2"
	are_lines busy
}

@test "SIGHUP names its sender" {
	hupd_start
	# While it lives.
	sh -c 'kill -HUP "$1"; until [ -e "$2" ]; do sleep 0.02; done' killer \
	    "$(hupd_pid)" "$T/seen" 3>&- &
	killer=$!
	wait_for 5 logged 'Daemon reload at 2'
	wait_for 5 logged "SIGHUP from pid [0-9]*, uid $(id -u) (sh)"
	touch "$T/seen"
	wait "$killer"
}

# A program whose start takes until the file NAME.go exists.
slow() {
	program "$1" <<-E
	command = sh -c 'until [ -e $T/$1.go ]; do sleep 0.02; done; \
	echo >&3; exec sleep 1000'
	ready = fd:3
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/$1.conf"
}

@test "a SIGHUP during a reload leads to one more" {
	sleeper web
	hupd_start
	slow lazy
	kill -HUP "$(hupd_pid)"
	wait_for 5 is_state lazy starting
	sleeper late
	kill -HUP "$(hupd_pid)"
	wait_for 5 logged 'a reload is under way'
	[ -z "$(state_of late)" ]
	touch "$T/lazy.go"
	wait_for 5 is_state late up
	is_generation 3
}

@test "100 SIGHUPs in a burst end on the last state" {
	local pid i before
	sleeper web
	sleeper same
	hupd_start
	pid=$(hupd_pid)
	before=$(fds "$pid")
	slow lazy
	kill -HUP "$pid"
	wait_for 5 is_state lazy starting
	for i in {1..100}; do
		change web "env = N=$i"
		kill -HUP "$pid"
	done
	sleeper last
	kill -HUP "$pid"
	touch "$T/lazy.go"
	wait_for 5 is_state last up
	wait_for 5 logged '+ last *added'
	tr '\0' '\n' <"/proc/$(pid_of web)/environ" | grep -qx N=100
	[ "$(generation)" -le 4 ]
	# Two programs more: for each its output and its process.
	wait_for 5 has_fds "$pid" $((before + 2 * 2))
	wait_for 5 eval '[ -z "$(pgrep -r Z -P "$pid")" ]'
}

@test "the client distinguishes rejection, failure and absence" {
	ready web
	run -7 ctl reload
	hupd_start
	run -0 ctl reload
	change web 'nice = many'
	run -6 ctl reload
	[[ $output = *"$T/hupd.d/web.conf:3: nice: "* ]]
	ready web
	program bad <<-'E'
	command = sh -c 'for i in 1 2 3; do echo "word $i"; done; exit 7'
	ready = fd:3
	E
	run -1 ctl reload
	[[ $output = *'! bad '*'exited, status 7'* ]]
	[[ $output = *'| word 1'*'| word 2'*'| word 3'* ]]
	hupd_stop
	run -7 ctl reload
}

@test "a program that cannot be executed is reported" {
	sleeper web
	hupd_start
	program bad <<<'command = /nonexistent'
	run ctl reload
	[ "$status" -ne 0 ]
	[[ $output = *nonexistent* ]] || [[ $output = *'No such file'* ]]
}

@test "several clients at once get the verdict of a reload" {
	local i pid pids=()
	sleeper web
	hupd_start
	change web 'nice = 2'
	for i in {1..8}; do
		ctl reload >"$T/out.$i" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for i in {1..8}; do
		grep -q '^generation [0-9]*: ' "$T/out.$i"
	done
	grep -q 'restarted: nice' "$T"/out.*
	is_state web up
}

@test "a client that is killed while it waits does no harm" {
	local i pid pids=()
	sleeper web
	hupd_start
	slow lazy
	# Signals that are pending at once are one.
	for i in 1 2 3; do
		ctl reload >/dev/null 2>&1 &
		pids+=($!)
		wait_for 5 is_state lazy starting
	done
	wait_for 5 logged 'a reload is under way'
	for pid in "${pids[@]}"; do
		pkill -KILL -P "$pid" || kill -KILL "$pid"
		ended_badly "$pid"
	done
	touch "$T/lazy.go"
	wait_for 5 is_state lazy up
	run -0 ctl reload
}

@test "removed is added again, and renamed in one reload" {
	sleeper web
	hupd_start
	for _ in 1 2 3 4 5; do
		rm "$T/hupd.d/web.conf"
		sleeper web2
		run -0 ctl reload
		[[ ${lines[0]} = *'1 added, 1 removed'* ]]
		[ -z "$(state_of web)" ]
		is_state web2 up
		rm "$T/hupd.d/web2.conf"
		sleeper web
		ctl reload
		is_state web up
	done
	wait_for 5 test ! -e "$T/run/out/web2"
}

@test "the removal of a program that ignores SIGTERM takes its stop-timeout" {
	program web <<-'E'
	command = sh -c 'trap "" TERM; echo >&3; while :; do sleep 0.05; done'
	ready = fd:3
	stop-timeout = 300ms
	E
	sleeper other
	hupd_start
	wait_for 5 is_state web up
	rm "$T/hupd.d/web.conf"
	run -0 ctl reload
	wait_for 5 logged 'web: stopping -> killing'
	[ -z "$(state_of web)" ]
}

@test "a name comes back while its removed program is still stopping" {
	local pid
	program web <<-'E'
	command = sh -c 'trap "" TERM; echo >&3; while :; do sleep 0.05; done'
	ready = fd:3
	stop-timeout = 1h
	E
	hupd_start
	wait_for 5 is_state web up
	pid=$(pid_of web)
	rm "$T/hupd.d/web.conf"
	kill -HUP "$(hupd_pid)"
	wait_for 5 is_state web stopping
	sleeper web
	ctl reload &
	reload=$!
	wait_for 5 logged 'a reload is under way'
	kill -9 "$pid"
	wait "$reload"
	is_state web up
	[ "$(pid_of web)" != "$pid" ]
	gone "$pid"
}

@test "a dependency and its dependent are removed in order" {
	local n
	for n in a z; do
		ready "${n}db"
		ready "${n}web" "depends-on = ${n}db"
	done
	ready adb 'depends-on = awww'
	ready awww
	ready zdb 'depends-on = zzz'
	ready zzz
	hupd_start
	wait_for 5 is_state aweb up
	wait_for 5 is_state zweb up
	rm "$T"/hupd.d/*.conf
	run -0 ctl reload
	went() {
		[ "$(grep -e " $1[a-z]*: stopping -> down" "$T/log/hupd.log" |
		    grep -o " $1[a-z]*:" | tr -d '\n')" = "$2" ]
	}
	wait_for 5 went a ' aweb: adb: awww:'
	wait_for 5 went z ' zweb: zdb: zzz:'
}

# web stopped before db, and was started after it, as the log says.
web_went_around_db() {
	grep -o -e ' \(db\|web\): stopping -> [a-z]*' \
	    -e ' \(db\|web\): [a-z]* -> up' "$T/log/hupd.log" >"$T/order"
	diff "$T/order" - <<-E
	 web: stopping -> down
	 db: stopping -> starting
	 db: starting -> up
	 web: starting -> up
	E
}

@test "a dependency and its dependent are restarted in order" {
	ready db
	ready web 'depends-on = db'
	hupd_start
	wait_for 5 is_state web up
	change db 'nice = 1'
	change web 'nice = 1'
	wait_for 5 grep -q " web: starting -> up" "$T/log/hupd.log"
	: >"$T/log/hupd.log"
	run -0 ctl reload
	is_state web up
	wait_for 5 web_went_around_db
}

@test "restart of all goes in the order of dependencies" {
	ready db
	ready web 'depends-on = db'
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 grep -q " web: starting -> up" "$T/log/hupd.log"
	: >"$T/log/hupd.log"
	ctl restart db web
	wait_for 5 web_went_around_db
}

@test "a dependency may restart without its dependents" {
	local before
	ready db
	ready web 'depends-on = db'
	hupd_start
	wait_for 5 is_state web up
	before=$(identity web)
	change db 'nice = 1'
	run -0 ctl reload
	[ "$(identity web)" = "$before" ]
}

@test "dependencies that a reload changes hold from then on" {
	local before
	ready db
	ready web
	hupd_start
	wait_for 5 is_state web up
	before=$(identity web)
	change web 'depends-on = db'
	ctl reload
	[ "$(identity web)" = "$before" ]
	ctl stop db
	is_state web down
	sed -i /depends-on/d "$T/hupd.d/web.conf"
	change db 'depends-on = web'
	# It is still wanted, and nothing blocks it any more.
	ctl reload
	is_state web up
	is_state db down
	ctl stop web
	ctl start db
	is_state web up
}

@test "a program that waits for a dependency starts when it is dropped" {
	ready db
	ready web 'depends-on = db'
	slow db
	hupd_start
	ctl stop db
	ctl start --no-wait web
	wait_for 5 is_state db starting
	is_state web down
	sed -i /depends-on/d "$T/hupd.d/web.conf"
	ctl reload
	wait_for 5 is_state web up
	is_state db starting
}

@test "what an administrator stopped stays stopped" {
	sleeper web
	hupd_start
	ctl stop web
	change web 'nice = 1'
	run -0 ctl reload
	is_state web down
	change web 'stop-timeout = 1s'
	run -0 ctl reload
	is_state web down
	ctl start web
	[ "$(ps -o ni= -p "$(pid_of web)" | tr -d ' ')" = 1 ]
}

@test "autostart = no is added and not started" {
	hupd_start
	sleeper web
	change web 'autostart = no'
	run -0 ctl reload
	is_state web down
	change web 'nice = 1'
	run -0 ctl reload
	is_state web down
}

@test "a program that waits for its restart gets its new definition at once" {
	program web <<-'E'
	command = false
	restart-delay = 1h
	restart-delay-max = 1h
	E
	hupd_start
	wait_for 5 is_state web wait
	sed -i 's/= false/= sleep 1000/' "$T/hupd.d/web.conf"
	run -0 ctl reload
	is_state web up
}

@test "a shorter restart-delay shortens a wait under way" {
	program web <<-'E'
	command = sh -c 'test -e "$0" && exec sleep 1000' @GO@
	restart-delay = 1h
	restart-delay-max = 1h
	E
	sed -i "s|@GO@|$T/go|" "$T/hupd.d/web.conf"
	hupd_start
	wait_for 5 is_state web wait
	touch "$T/go"
	change web 'restart-delay = 100ms'
	run -0 ctl reload
	[[ $output = *"= web      adjusted: restart-delay changed"* ]]
	wait_for 5 is_state web up
}

@test "a program that failed gets another chance with a new definition" {
	program web <<-'E'
	command = false
	restart = never
	E
	sleeper other
	hupd_start
	wait_for 5 is_state web failed
	change other 'nice = 1'
	run -0 ctl reload
	is_state web failed
	change web 'command = sleep 1000'
	run -0 ctl reload
	is_state web up
}

@test "a program that is stopping for a restart runs the new definition" {
	program web <<-'E'
	command = sh -c 'trap "" TERM; echo >&3; while :; do sleep 0.05; done'
	ready = fd:3
	stop-timeout = 1h
	E
	hupd_start
	wait_for 5 is_state web up
	pid=$(pid_of web)
	ctl restart --no-wait web
	wait_for 5 is_state web stopping
	sleeper web
	ctl reload &
	reload=$!
	wait_for 5 logged 'Daemon reload'
	kill -9 "$pid"
	wait "$reload"
	is_state web up
	[ "$(tr '\0' ' ' <"/proc/$(pid_of web)/cmdline")" = 'sleep 1000 ' ]
}

@test "the content of an environment file counts as part of the definition" {
	local before
	echo A=1 >"$T/env"
	chmod 644 "$T/env"
	sleeper web
	change web "env-file = $T/env"
	hupd_start
	before=$(identity web)
	touch "$T/env"
	run -0 ctl reload
	[ "$(identity web)" = "$before" ]
	echo A=2 >"$T/env"
	run -0 ctl reload
	[[ $output = *'~ web      restarted: env-file changed'* ]]
	tr '\0' '\n' <"/proc/$(pid_of web)/environ" | grep -qx A=2
	rm "$T/env"
	run -6 ctl reload
	[[ $output = *"$T/hupd.d/web.conf:"*env-file* ]]
	is_state web up
}

# In a name space of its own, where /etc/passwd is a file of the test.
@test "a user's new number restarts his programs" {
	local before
	needs_root
	unshare -m true || skip "needs name spaces"
	{
		cat /etc/passwd
		echo 'hupdtest:x:60931:65534::/:/bin/sh'
	} >"$T/passwd"
	sleeper web
	change web 'user = hupdtest'
	# shellcheck disable=SC2016
	hupd_env unshare -m sh -c 'mount --bind "$1" /etc/passwd &&
	    exec "$2" -f "$3"' sh "$T/passwd" "$HUPD" "$T/hupd.conf"
	wait_for 5 is_state web up
	before=$(identity web)
	run -0 ctl reload
	[ "$(identity web)" = "$before" ]
	sed 's/:60931:/:60932:/' "$T/passwd" >"$T/passwd.new"
	cat "$T/passwd.new" >"$T/passwd"
	run -0 ctl reload
	[[ $output = *'restarted: user changed'* ]]
	[ "$(stat -c %u "/proc/$(pid_of web)")" -eq 60932 ]
}

@test "keys of hupd.conf are the defaults of all programs" {
	local before
	sleeper web
	sleeper own
	change own 'stop-timeout = 4s'
	hupd_start
	before=$(identity web)
	setting 'stop-timeout = 2s'
	run -0 ctl reload
	[[ ${lines[0]} = *': 1 adjusted, 1 unchanged' ]]
	[ "$(identity web)" = "$before" ]
	setting 'nice = 1'
	run -0 ctl reload
	[[ ${lines[0]} = *': 2 restarted, 0 unchanged' ]]
}

@test "settings that are not live wait for the next start, and it is said" {
	local before
	sleeper web
	hupd_start
	before=$(identity web)
	setting "log-dir = $T/log2"
	run -0 ctl reload
	[[ $output = *'log-dir changed: takes effect at the next start'* ]]
	setting "program-dir = $T/elsewhere"
	mkdir -m 755 "$T/elsewhere"
	run -0 ctl reload
	[[ $output = *program-dir*'takes effect at the next start'* ]]
	[ "$(identity web)" = "$before" ]
	# Until then, each reload is about the folder that it began with.
	sleeper new
	run -0 ctl reload
	is_state new up
	[ "$(identity web)" = "$before" ]
}

@test "access-group is live" {
	local group
	group=$(id -gn)
	hupd_start
	[ "$(stat -c %a "$T/run/hupd.sock")" = 600 ]
	setting "access-group = $group"
	run -0 ctl reload
	[[ $output != *'next start'* ]]
	[ "$(stat -c '%a %G' "$T/run/hupd.sock")" = "660 $group" ]
	setting 'access-group = none'
	sed -i /access-group/d "$T/hupd.conf"
	run -0 ctl reload
	[ "$(stat -c %a "$T/run/hupd.sock")" = 600 ]
}

@test "no program at all is a valid state" {
	hupd_start
	run -0 ctl reload
	[ "${lines[0]}" = 'generation 2: nothing changed, 0 unchanged' ]
	sleeper web
	run -0 ctl reload
	rm "$T/hupd.d/web.conf"
	run -0 ctl reload
	[[ ${lines[0]} = *'1 removed, 0 unchanged' ]]
}

@test "a stop during a reload ends in order" {
	local pid
	sleeper web
	hupd_start
	slow lazy
	ctl reload >"$T/out" 2>&1 &
	pid=$!
	wait_for 5 is_state lazy starting
	ctl restart --no-wait web
	hupd_stop
	ended_badly "$pid"
}

@test "a client that waits for a program is notified of the end of the daemon" {
	local pid
	program web <<-E
	command = sh -c 'trap "" TERM; echo >&3; until [ -e $T/go ]; do sleep 0.05; done'
	ready = fd:3
	E
	hupd_start
	wait_for 5 is_state web up
	ctl restart web >"$T/out" 2>&1 &
	pid=$!
	wait_for 5 is_state web stopping
	kill "$(hupd_pid)"
	wait_for 5 logged 'SIGTERM from'
	touch "$T/go"
	ended_badly "$pid"
}

@test "a program that is removed ends its own reload" {
	local pid
	program web <<-E
	command = sleep 1000
	reload-command = sh -c 'touch $T/began; exec sleep 1000'
	start-timeout = 1h
	E
	hupd_start
	wait_for 5 is_state web up
	ctl reload web >"$T/out" 2>&1 &
	pid=$!
	wait_for 5 test -e "$T/began"
	rm "$T/hupd.d/web.conf"
	ctl reload
	ended_badly "$pid"
	grep -q 'the program ended' "$T/out"
}

@test "200 reloads, good and bad, cost neither descriptors nor memory" {
	local pid i before size
	sleeper web
	ready db
	hupd_start
	pid=$(hupd_pid)
	for i in {1..20}; do
		change web "env = N=$i"
		ctl reload >/dev/null
	done
	before=$(fds "$pid")
	size=$(resident "$pid")
	for i in {1..100}; do
		change web "stop-timeout = ${i}s"
		change db "restart-limit = $i"
		ctl reload >/dev/null
		change web 'nice = bad'
		run -6 ctl reload
		sed -i /nice/d "$T/hupd.d/web.conf"
	done
	wait_for 5 has_fds "$pid" "$before"
	is_checked ||
	    [ "$(resident "$pid")" -le $((size + 1024)) ]
}
