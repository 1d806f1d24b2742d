#!/usr/bin/env bats
# The environment of programs: env, env-file, and where the rest comes from.

load helper

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
	[[ $output = *"$T/a.env:3: \"2\" is not the name of a variable;"* ]]
	[[ $output = *"$T/a.env:4: a quote is not closed; the line"* ]]
	hupd_start
	has ONE=1
	has FOUR=4
	has_no THREE
	wait_for 5 logged "$T/a.env:2: is not NAME=VALUE"
}

@test "an empty value of a repeatable key forgets the lines before" {
	setting 'env = ONE=all'
	setting "depends-on = db"
	ready db 'depends-on ='
	shows 'env =' 'env = TWO=2' 'depends-on ='
	hupd_start
	has TWO=2
	has_no ONE
	shows 'env = TWO=2'
	run -0 ctl reload
	has ONE=all
	has TWO=2
}
