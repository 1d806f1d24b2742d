#!/usr/bin/env bats
# The environment of programs: env, env-file, and where the rest comes from.

load helper
load takeover

# shows [LINE ...]: a program with these lines, whose environment counts.
shows() {
	{
		echo 'command = sleep 1000'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | program show
}

# has TEXT: the program has this variable, whose value may have several lines.
has() {
	wait_for 5 is_state show up
	tr '\n\0' '~\n' <"/proc/$(pid_of show)/environ" |
	    grep -qxF -e "${1//$'\n'/\~}"
}

has_no() {
	wait_for 5 is_state show up
	run ! grep -qz "^$1=" "/proc/$(pid_of show)/environ"
}

# file NAME: an environment file from stdin.
file() {
	cat >"$T/$1"
	chmod 644 "$T/$1"
}

@test "env-file wins over env, the later file over the earlier" {
	printf 'ONE=file\nTWO=file\n' | file a.env
	printf 'TWO=other\n' | file b.env
	shows 'env = ONE=key' 'env = THREE=key' "env-file = $T/a.env" \
	    "env-file = $T/b.env"
	hupd_start
	has ONE=file
	has TWO=other
	has THREE=key
}

@test "env-file: its contents count until the next reload" {
	local before value
	value=$'two\nlines, %25 \\ and blanks  '
	printf 'ONE=first\nKEY="%s"\n' 'two
lines, %25 \\ and blanks  ' | file a.env
	shows "env-file = $T/a.env"
	hupd_start
	has ONE=first
	has "KEY=$value"
	printf 'ONE=second\n' | file a.env
	# A restart takes what was accepted, and so does what comes after it.
	run -0 --separate-stderr ctl restart show
	[[ $stderr = *'differs from the running definition (env-file changed)'* ]]
	has ONE=first
	run -0 ctl check
	[[ $output = *'~ show     restarted: env-file changed' ]]
	run -0 ctl reload
	[[ $output = *'~ show     restarted: env-file changed' ]]
	has ONE=second
	before=$(identity show)
	run -0 ctl restart show
	[ "$(identity show)" != "$before" ]
	before=$(identity show)
	run -0 ctl reload
	[[ $output = *'nothing changed, 1 unchanged' ]]
	[ "$(identity show)" = "$before" ]
}

@test "env-file: gone since it was accepted, it harms nobody" {
	local command value
	value=$'two\nlines, %25 \\ and blanks  '
	printf 'ONE=first\nKEY="%s"\n' 'two
lines, %25 \\ and blanks  ' | file a.env
	shows "env-file = $T/a.env" 'restart-delay = 10ms'
	hupd_start
	has ONE=first
	rm "$T/a.env"
	run -6 ctl reload
	[[ $output = *'show.conf:2: env-file: '*'a.env does not exist'* ]]
	for command in 'ctl restart show' 'ctl reexec' 'ctl restart show'; do
		# shellcheck disable=SC2086
		run -0 $command
		has ONE=first
		has "KEY=$value"
	done
	kill -9 "$(hupd_pid)"
	wait_for 5 hupd_answers
	kill -9 "$(pid_of show)"
	wait_for 5 is_state show up
	has ONE=first
	# At a boot, too.
	hupd_stop
	[ "$(stat -c %a "$T/state/accepted")" = 600 ]
	run -0 hupd_start
	has ONE=first
	has "KEY=$value"
	# It comes back with the same contents: nothing changes.
	printf 'ONE=first\nKEY="%s"\n' 'two
lines, %25 \\ and blanks  ' | file a.env
	run -0 ctl reload
	[[ $output = *'nothing changed, 1 unchanged' ]]
}

@test "env: quotes belong to the syntax, as in an env-file" {
	# shellcheck disable=SC2016
	shows 'env = A="b c "' "env = B='\$x \"y\"'" 'env = C=a "b" \c' \
	    'env = a.b=1' 'env = D='
	hupd_start
	has 'A=b c '
	has 'B=$x "y"'
	has 'C=a "b" \c'
	has a.b=1
	has D=
	run -0 "$HUPD" -nv -f "$T/hupd.conf"
	[[ $output = *'env = A="b c "'* ]]
	shows 'env = A="b'
	run -6 ctl reload
	[[ $output = *'show.conf:2: env: a quote is not closed'* ]]
	shows 'env = "A=b"'
	run -6 ctl reload
	[[ $output = *'quotes belong around the value'* ]]
}

@test "env-file: several lines, names with dots, export, comments" {
	file a.env <<-'E'
	# comment \
	; another
	export ONE=1
	spring.main.name = web
	KEY="-----BEGIN-----
	MII/+=
	-----END-----
	"
	JOINED=a\
	b
	E
	shows "env-file = $T/a.env"
	hupd_start
	has ONE=1
	has spring.main.name=web
	has 'KEY=-----BEGIN-----
MII/+=
-----END-----
'
	has JOINED=ab
}

@test "env-file: a line that cannot be read is a warning with its number" {
	printf 'ONE=1\nnothing\n2=3\nTHREE="x\nFOUR=4\n' | file a.env
	shows "env-file = $T/a.env"
	run -0 "$HUPD" -n -f "$T/hupd.conf"
	[[ $output = *"$T/a.env:2: is not NAME=VALUE; the line is ignored"* ]]
	[[ $output = *"$T/a.env:3: has no name of a variable before the =;"* ]]
	[[ $output = *"$T/a.env:4: a quote is not closed; the line"* ]]
	hupd_start
	has ONE=1
	has FOUR=4
	has_no THREE
	wait_for 5 logged "$T/a.env:2: is not NAME=VALUE"
}

@test "an empty value of a repeatable key forgets the lines before" {
	setting 'env = ONE=all'
	shows 'env =' 'env = TWO=2'
	hupd_start
	has TWO=2
	has_no ONE
	shows 'env = TWO=2'
	run -0 ctl reload
	has ONE=all
	has TWO=2
}

# fresh NAME: restart it, and wait for the new process.
fresh() {
	run -0 ctl restart "$1"
	wait_for 5 is_state "$1" up
}

# from_starter: start the daemon as a shell of the admin does.
from_starter() {
	FOREIGN=1 SSH_AUTH_SOCK=/tmp/agent DISPLAY=:0 LANG=xx TZ=Asia/Tokyo \
	    HOME=/nowhere LISTEN_FDS=1 LISTEN_PID=1 NOTIFY_SOCKET=/nowhere \
	    HUPD_OPTS=x PATH="/odd:$PATH" KEEP=kept OTHER=other "$@"
}

# only NAME ...: the names of its variables are these, hupd's own, and the
# tests'.
only() {
	local names
	names=$(printf '%s\n' HUPD_PROGRAM HUPD_RUN TEST_MARK ASAN_OPTIONS \
	    UBSAN_OPTIONS "$@" | sort)
	wait_for 5 is_state show up
	[ "$(tr '\n\0' '~\n' <"/proc/$(pid_of show)/environ" | cut -d= -f1 |
	    sort)" = "$names" ]
}

fixed() {
	only PATH HOME USER LOGNAME SHELL
	has PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	has HOME="$(getent passwd 0 | cut -d: -f6)"
	has USER=root
	has LOGNAME=root
	has SHELL="$(getent passwd 0 | cut -d: -f7)"
}

@test "detached, programs get a small fixed environment" {
	needs_root
	shows
	from_starter hupd_start
	fixed
	# Nothing of the starter stays in the daemon.
	run ! grep -qz -e '^FOREIGN=' -e '^DISPLAY=' -e '^KEEP=' \
	    "/proc/$(hupd_pid)/environ"

	ctl reexec
	fresh show
	fixed
	crash
	fresh show
	fixed
	run ! grep -qz -e '^FOREIGN=' "/proc/$(hupd_pid)/environ"
}

@test "detached, a program with a user gets the names of that user" {
	needs_root
	may_be nobody || skip "needs nobody"
	shows 'user = nobody'
	from_starter hupd_start
	only PATH HOME USER LOGNAME SHELL
	has USER=nobody
	has LOGNAME=nobody
	has HOME="$(getent passwd nobody | cut -d: -f6)"
	has SHELL="$(getent passwd nobody | cut -d: -f7)"
}

@test "LANG and TZ for all programs are env lines of hupd.conf" {
	needs_root
	echo 'env = LANG=C.UTF-8' >>"$T/hupd.conf"
	echo 'env = TZ=Europe/Berlin' >>"$T/hupd.conf"
	shows 'env = TZ=UTC' 'env = MORE=1'
	from_starter hupd_start
	has LANG=C.UTF-8
	has TZ=UTC
	has MORE=1
}

@test "env-clear leaves PATH and nothing else" {
	needs_root
	shows 'env-clear = yes' 'user = root' 'pass-environment ='
	from_starter hupd_start
	has PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	run -0 sh -c 'tr "\0" "\n" <"/proc/$1/environ" | cut -d= -f1 | sort' - \
	    "$(pid_of show)"
	[ "$output" = $'HUPD_PROGRAM\nHUPD_RUN\nPATH' ]
}

@test "pass-environment passes variables of the starter, to who names them" {
	shows 'pass-environment = KEEP, MISSING' 'pass-environment = PATH' \
	    'pass-environment = FOREIGN' 'env = FOREIGN=mine'
	sleeper other
	from_starter hupd_start
	check_passed() {
		has KEEP=kept
		has FOREIGN=mine
		has PATH="/odd:$PATH"
		[ "$(id -u)" -ne 0 ] ||
		    run ! grep -qz -e ^KEEP= "/proc/$(pid_of other)/environ"
	}
	check_passed
	ctl reexec
	fresh show
	fresh other
	check_passed
	crash
	fresh show
	fresh other
	check_passed
	echo 'pass-environment = 1A' >>"$T/hupd.d/other.conf"
	run -6 ctl reload
	[[ $output = *'"1A" is not the name of a variable'* ]]
}

@test "in the foreground, programs get the daemon's own environment" {
	shows
	from_starter hupd_foreground
	has FOREIGN=1
	has LANG=xx
	has HOME=/nowhere
	has PATH="/odd:$PATH"
	has_no LISTEN_FDS
	has_no LISTEN_PID
	has_no NOTIFY_SOCKET
	has_no HUPD_OPTS
}

@test "in the foreground without PATH, programs have one" {
	shows
	HUPD_EXEC="exec" hupd_env env -u PATH "$HUPD" -d -f "$T/hupd.conf" \
	    >"$T/stdout" 2>"$T/stderr" </dev/null &
	wait_for 5 is_state show up
	has PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

@test "env-file: with - in front it may be absent" {
	shows "env-file = -$T/a.env" 'env = ONE=key'
	hupd_start
	has ONE=key
	pid=$(pid_of show)
	run -0 ctl reload
	[ "$(pid_of show)" = "$pid" ]
	echo ONE=file | file a.env
	run -0 ctl reload
	[[ $output = *'~ show     restarted: env-file changed'* ]]
	has ONE=file
	rm "$T/a.env"
	run -0 ctl reload
	has ONE=key
	# Absent is not the same as unsafe.
	echo ONE=other | file a.env
	chmod 666 "$T/a.env"
	run -6 ctl reload
	shows "env-file = $T/none.env"
	run -6 ctl reload
	[[ $output = *"$T/none.env does not exist"* ]]
}
