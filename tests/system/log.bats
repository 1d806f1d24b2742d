#!/usr/bin/env bats
# hupctl log: lines of several logs, and those that its options select.  The
# files are those of a daemon that has ended, except where it is the subject.

load helper

setup() {
	hupd_setup
	export TZ=UTC0
	mkdir -m 755 "$T/log"
}

# at SECOND NAME TEXT: append a line of that second of a minute to the log.
at() {
	printf '2026-11-22T13:17:%02d.000+00:00 %s\n' "$1" "$3" \
	    >>"$T/log/$2.log"
}

# logs ARGUMENT ...: what hupctl log prints.
logs() {
	"$HUPCTL" -f "$T/hupd.conf" log "$@"
}

# texts ARGUMENT ...: without times.
texts() {
	logs "$@" | sed 's/20[^ ]* //'
}

three_logs() {
	at 1 web a
	at 4 web d
	mv "$T/log/web.log" "$T/log/web.log.1"
	at 5 web e
	at 2 db b
	at 3 db c
	at 6 worker@1 f
}

@test "the lines of several logs are merged by time" {
	three_logs
	diff - <(texts) <<-'E'
	web      | a
	db       | b
	db       | c
	web      | d
	web      | e
	worker@1 | f
	E
	diff - <(texts web 'd*') <<-'E'
	web | a
	db  | b
	db  | c
	web | d
	web | e
	E
	# The last lines are those of all together.
	diff - <(texts -n 3 web db) <<-'E'
	db  | c
	web | d
	web | e
	E
	[ -z "$(logs -n 0)" ]
	[ "$(logs --raw -n 2)" = '2026-11-22T13:17:05.000+00:00 e
2026-11-22T13:17:06.000+00:00 f' ]
	# The events of the daemon have times without a fraction.
	echo '2026-11-22T13:17:04+00:00 web: up' >"$T/log/hupd.log"
	[ "$(texts web hupd | tail -n 3)" = 'web  | d
hupd | web: up
web  | e' ]
	run -1 logs web nosuch
	[[ $output = *'no program nosuch'* ]]
	run -1 logs 'x*'
	[[ $output = *"no program matches 'x*'"* ]]
}

@test "offsets decide in the hour that comes twice" {
	echo '2026-10-25T02:59:59.000+02:00 before' >"$T/log/a.log"
	echo '2026-10-25T02:00:00.000+01:00 after' >"$T/log/b.log"
	[ "$(texts | cut -d ' ' -f 3)" = 'before
after' ]
}

@test "lines without a time of their own stay with the line before" {
	at 1 web 'one'
	echo '  more of one' >>"$T/log/web.log"
	at 3 web 'three'
	at 1 db 'one'
	at 2 db 'two'
	diff - <(texts db web) <<-'E'
	db  | one
	web | one
	web |   more of one
	db  | two
	web | three
	E
}

@test "--since, --until, -g and -n select lines" {
	three_logs
	[ "$(texts --since '2026-11-22 13:17:03' \
	    --until 2026-11-22T13:17:05+00:00 web)" = 'd
e' ]
	[ "$(texts --since 2026-11-22T13:17:05.000+00:00)" = 'web      | e
worker@1 | f' ]
	[ -z "$(logs --since '1 min ago' --until now web)" ]
	# Without a limit all lines are selected, with one the last of them.
	for i in {10..30}; do
		at "$i" web "number $i"
	done
	[ "$(logs -g 'number [12]' web | wc -l)" -eq 20 ]
	[ "$(texts -n 2 -g '^number [12]' web db)" = 'web | number 28
web | number 29' ]
	[ "$(texts --until '2026-11-22 13:17:12' -g number -n 1 web)" = \
	    'number 12' ]
	# The time before a line is not searched.
	[ -z "$(logs -g 2026 web)" ]
	[ "$(texts -g '^(a|number 30)$' web)" = 'a
number 30' ]
	run -2 logs --since 'ten days' web
	[[ $output = *"--since ten days: no time: write for example '10 min ago'"* ]]
	run -2 logs -g '(' web
	[[ $output = *'-g (: '* ]]
	run -2 logs -f --until now web
	[[ $output = *'--until cannot be combined with -f'* ]]
}

@test "--since finds its place in large files" {
	awk 'BEGIN { for (i = 0; i < 36000; i++)
		printf "2026-11-22T%02d:%02d:%02d.000+00:00 line %d %060d\n",
		    i / 3600, i / 60 % 60, i % 60, i, 0 }' >"$T/log/web.log"
	run -0 texts --since '2026-11-22 05:00:00' web
	[ "${#lines[@]}" -eq 18000 ]
	[[ ${lines[0]} = 'line 18000 '* ]]
	run -0 texts --since '2026-11-22 09:59:59' web
	[[ $output = 'line 35999 '* ]]
	[ "$(logs --since 2026-11-22 -g 'line 2[0-9]* ' web | wc -l)" -eq 11111 ]
}

@test "programs without times are not merged, but followed" {
	three_logs
	printf 'plain\n' >"$T/log/raw.log"
	run -0 --separate-stderr logs
	[ "${#lines[@]}" -eq 6 ]
	[ "$stderr" = 'hupctl: raw: its lines have no time (log-timestamps); left out' ]
	for arguments in 'web raw' '--since today raw' '--until now raw'; do
		# shellcheck disable=SC2086
		run -1 --separate-stderr logs $arguments
		[ -z "$output" ]
		[[ $stderr = 'hupctl: raw: its lines have no time (log-timestamps); name it alone'* ]]
	done
	[ "$(logs raw)" = plain ]
	[ "$(logs -g pla raw)" = plain ]
	env TEST_MARK="$MARK" "$HUPCTL" -f "$T/hupd.conf" log -f -n 1 web raw \
	    >"$T/followed" 2>/dev/null 3>&- &
	follower=$!
	wait_for 10 test -s "$T/followed"
	wait_for 10 eval "find /proc/$follower/fd -lname '*/raw.log' | grep -q ."
	echo new >>"$T/log/raw.log"
	wait_for 10 grep -q new "$T/followed"
	at 7 web g
	# Rotated, and a line that comes in two parts.
	mv "$T/log/web.log" "$T/log/web.log.1"
	printf 'half' >>"$T/log/raw.log"
	at 8 web h
	wait_for 10 grep -q h "$T/followed"
	echo ' line' >>"$T/log/raw.log"
	wait_for 10 grep -q 'half line' "$T/followed"
	diff - <(sed 's/20[^ ]* //' "$T/followed") <<-'E'
	web | e
	raw | new
	web | g
	web | h
	raw | half line
	E
	kill "$follower"
	wait_for 5 gone "$follower"
}

@test "log -j: time, program, stream and line" {
	three_logs
	[ "$(logs -j -n 1 web)" = '{"time":"2026-11-22T13:17:05.000+00:00","program":"web","stream":null,"line":"e"}' ]
	printf 'no "time"\n' >"$T/log/raw.log"
	[ "$(logs -j raw)" = '{"time":null,"program":"raw","stream":null,"line":"no \"time\""}' ]
	logs -j -n 2 web db | tail -n 1 | is_json 'd["program"] == "web"'
}

@test "a long line is one line, and does not need much memory" {
	at 1 web "begin $(head -c 1000000 /dev/zero | tr '\0' x) end"
	at 2 web after
	at 1 db one
	run -0 logs --since 2026-11-22 db web
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[1]} = 'web | 2026-'*' begin x'*'x end' ]]
	[ "${#lines[1]}" -eq 1000046 ]
	logs -j --since 2026-11-22 web | head -n 1 | is_json 'len(d["line"]) == 1000010'
	logs -g after web | grep -q 'after$'
}

@test "names have colours on a terminal, and bytes are safe" {
	needs_commands script
	at 1 web "$(printf '\033[2J')"
	at 2 db x
	env -u NO_COLOR TERM=xterm script -qec \
	    "'$HUPCTL' -f '$T/hupd.conf' log" /dev/null </dev/null >"$T/shown"
	grep -qF $'\033[36mdb  |\033[m ' "$T/shown"
	grep -qF $'\033[33mweb |\033[m ' "$T/shown"
	grep -qF '\033[2J' "$T/shown"
	env -u NO_COLOR TERM=xterm script -qec \
	    "'$HUPCTL' -f '$T/hupd.conf' log --raw" /dev/null </dev/null \
	    >"$T/shown"
	grep -qF $'\033[2J' "$T/shown"
	run ! grep -qF 'web |' "$T/shown"
}

@test "the daemon says which programs have a log" {
	rmdir "$T/log"
	program web <<<"command = sh -c 'echo web; exec sleep 1000'"
	program db <<<"command = sh -c 'echo db; exec sleep 1000'"
	program quiet <<-'E'
	command = sleep 1000
	log = none
	E
	hupd_start
	wait_for 5 printed web web
	wait_for 5 printed db db
	run -0 --separate-stderr ctl log
	[ "${#lines[@]}" -eq 2 ]
	[ -z "$stderr" ]
	run -1 ctl log web quiet
	[[ $output = *'quiet has no log file'* ]]
	run -0 ctl log -n 100 hupd web
	[[ $output = *'hupd | 2'*'Daemon start up'* ]]
}
