#!/usr/bin/env bats
# The examples of the manual are accepted, and the options of the program are
# those of the manual.

load helper

# table NAME: a table of the source, the first column only.
table() {
	"$HUPD_BUILD/tools/keys" "$1" | cut -f 1
}

# The literal block number $2 of a page.
literal() {
	awk -v want="$2" '
	/^\.Ed/ { show = 0 }
	show { print }
	/^\.Bd -literal/ && ++n == want { show = 1 }' "$TOP/man/$1"
}

@test "no backslash at the end of a line is taken for one of roff" {
	run -1 grep '\\$' "$TOP"/man/*.[1-9]
}

@test "examples of hupd.conf(5) are accepted" {
	needs_root
	local n
	# A block may have several files.  The users are not all here.
	for ((n = 1; n < 30; n++)); do
		literal hupd.conf.5 "$n" | sed -E \
		    's/^(user|socket-group) = .*/\1 = 65534/' |
		    awk -v folder="$T/hupd.d" -v name="example$n" '
		/^# [a-z]+[.]conf$/ { name = substr($2, 1, length($2) - 5) }
		/^[a-z-]+ =/ { print >(folder "/" name ".conf") }'
	done
	chmod 644 "$T"/hupd.d/*
	[ "$(find "$T/hupd.d" -type f | wc -l)" -ge 15 ]
	# Some show a key alone.
	grep -L '^command =' "$T"/hupd.d/* | while read -r n; do
		echo 'command = sleep 1000' >>"$n"
	done
	run -0 hupd_env "$HUPD" -f "$T/hupd.conf" -n
	only_missing
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
	run -1 grep -E '.{81}' <<<"$output"
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

# items FILE SECTION MACRO: what MACRO lists in a section (.Sh or .Ss).
items() {
	awk -v section="$2" -v macro="$3" '
	/^\.S[hs] / { show = $0 ~ "^\\.S[hs] \"?" section "\"?$" }
	show && index($0, ".It " macro) == 1 {
		sub("^.It " macro, ""); gsub(/ , /, "\n"); gsub(/^ +/, "")
		print
	}' "$TOP/man/$1" | LC_ALL=C sort
}

@test "signals that hupd acts on are in hupd(8)" {
	diff <(items hupd.8 Signals Dv) \
	    <(table signals | grep -v SIGCHLD | LC_ALL=C sort)
}

@test "states of a program are in hupd(8) and hupctl(1)" {
	table states | LC_ALL=C sort >"$T/states"
	lines "$T/states" 8
	diff "$T/states" <(items hupd.8 'States of a program' Sy)
	while read -r state; do
		sed -n '/^\.It STATE/,/^\.It PID/p' "$TOP/man/hupctl.1" |
		    grep -qx "\.Cm $state"
	done <"$T/states"
}

@test "exit statuses are in the manual" {
	table statuses >"$T/statuses"
	lines "$T/statuses" 7
	diff "$T/statuses" <(items hupctl.1 'EXIT STATUS' '')
	# The rest is about programs, and about a daemon that is asked.
	diff <(grep -vx '[37]' "$T/statuses") <(items hupd.8 'EXIT STATUS' '')
	run -0 "$HUPCTL" help
	diff <("$HUPD_BUILD/tools/keys" statuses) \
	    <(sed '1,/^exit status:/d; s/^  //; s/  /\t/' <<<"$output")
}

@test "keys of hupctl top are in hupctl(1) and its own help" {
	table top | LC_ALL=C sort >"$T/keys"
	lines "$T/keys" 10
	diff "$T/keys" <(items hupctl.1 'The screen of top' Ic |
	    sed 's/^\\&//' | grep -x . | LC_ALL=C sort)
	[ -z "$("$HUPD_BUILD/tools/keys" top | awk -F '\t' '$2 == "-"')" ]
}

@test "options of each command are explained, completed, and in hupctl(1)" {
	local command option
	# shellcheck source=/dev/null
	source "$TOP/completions/hupctl"
	"$HUPD_BUILD/tools/keys" options >"$T/options"
	while IFS=$'\t' read -r command option _; do
		grep -q "Fl Fl ${option#--}\b" "$TOP/man/hupctl.1"
		grep -q -e "$option\b" "$TOP/completions/_hupctl"
		grep -q -e "-l ${option#--}\b" "$TOP/completions/hupctl.fish"
		[[ $command = - || $option = --@(help|json) ]] ||
		    "$HUPCTL" help "$command" | grep -q -e "$option\b"
	done <"$T/options"
	table options | uniq >"$T/commands"
	[ "$(wc -l <"$T/commands")" -gt 15 ]
	while read -r command; do
		# top has no JSON; what follows -- is no option
		diff <(_hupctl_options "${command#-}" | tr ' ' '\n' |
		    grep -vx -e -- | LC_ALL=C sort) \
		    <(awk -v c="$command" '$1 == c && (c != "top" ||
			$2 != "--json") { print $2 }' "$T/options" |
			LC_ALL=C sort)
	done <"$T/commands"
}

@test "files of the daemon are in hupd(8)" {
	local file
	program web <<<'command = sleep 1000'
	hupd_start
	program web <<<'comand = sleep 1000'
	run -6 ctl reload
	items hupd.8 FILES Pa >"$T/files"
	for file in "$T"/{run,state}/*; do
		file=${file##*/}
		grep -q "/$file\b" "$T/files" || grep -qx "$file" "$T/files"
	done
}
