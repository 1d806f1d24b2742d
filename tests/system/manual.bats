#!/usr/bin/env bats
# What the manual shows as examples is accepted, and the options that the
# program names are those of the manual.

load helper

# The literal block number $2 of a page.
literal() {
	awk -v want="$2" '
	/^\.Ed/ { show = 0 }
	show { print }
	/^\.Bd -literal/ && ++n == want { show = 1 }' "$TOP/man/$1"
}

@test "examples of hupd.conf(5) are accepted" {
	needs_root
	literal hupd.conf.5 1 | program ping
	literal hupd.conf.5 2 | program nginx
	literal hupd.conf.5 3 | program redis
	literal hupd.conf.5 4 | sed '/^# app.conf/,$d' | program migrate
	literal hupd.conf.5 4 | sed '1,/^# app.conf/d' | program app
	run -0 hupd_env "$HUPD" -f "$T/hupd.conf" -n
	[ -z "$output" ]
}

@test "a task that ended well lets its dependents start, one that failed not" {
	program migrate <<-E
	command = sh -c 'until [ -e $T/go ]; do sleep 0.05; done'
	restart = never
	ready = fd:3
	E
	program app <<-E
	command = sleep 1000
	depends-on = migrate
	E
	hupd_start
	wait_for 5 is_state migrate starting
	is_state app down
	touch "$T/go"
	wait_for 5 is_state app up
	is_state migrate 'done'
	program migrate <<-E
	command = false
	restart = never
	ready = fd:3
	E
	ctl stop app
	run ctl reload
	wait_for 5 is_state migrate failed
	run ! is_state app up
}

@test "options of hupd are in hupd(8)" {
	run -0 "$HUPD" --help
	for option in check config foreground help strict verbose version; do
		[[ $output == *"--$option"* ]]
		grep -q "Fl Fl $option" "$TOP/man/hupd.8"
	done
}

@test "options and commands of hupctl are in hupctl(1)" {
	run -0 "$HUPCTL" --help
	commands=$(awk '/^commands:/ { show = 1; next } /^$/ { show = 0 }
	    show && /^  [a-z]/ { print $1 }' <<<"$output")
	[ "$(wc -w <<<"$commands")" -gt 10 ]
	for command in $commands; do
		grep -q "^\.\(It\|Cm\) .*\b$command\b" "$TOP/man/hupctl.1"
		grep -A 2 '^_hupctl_commands=' "$TOP/completions/hupctl" |
		    grep -qw "$command"
	done
}
