#!/usr/bin/env bats
# Completion, tested with the shells themselves.

load helper

setup() {
	hupd_setup
	PATH=$HUPD_BUILD:$PATH
	program web <<<'command = sleep 1000'
	program db <<<'command = sleep 1000'
	hupd_start
}

# The words that the bash completion offers; it needs two functions of
# bash-completion.
bash_offers() {
	bash -c '
	_init_completion() {
		words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
		cur=${words[cword]} prev=${words[cword - 1]}
	}
	_filedir() { mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
	source "$1"
	shift
	COMP_WORDBREAKS=$'"'"' @'"'"'
	for line; do
		read -ra COMP_WORDS <<<"$line"
		[[ $line != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
		_hupctl
		echo "$line:" "${COMPREPLY[@]}"
	done' bash "$TOP/completions/hupctl" "$@"
}

zsh_offers() {
	mkdir "$T/zsh"
	timeout 60 zsh -f "$TOP/tests/system/zsh-offers" "$TOP/completions" \
	    "$T/zsh" "$@" 3>&-
}

fish_offers() {
	HOME=$T XDG_CONFIG_HOME=$T fish --no-config -c '
	source $argv[1]
	for line in $argv[2..]
		set -l words (complete -C $line | string replace -r "\t.*" "")
		echo "$line: $words"
	end' "$TOP/completions/hupctl.fish" "$@" 3>&-
}

# Each line's words, sorted, for the shells order them differently.
sorted() {
	while IFS=: read -r line words; do
		# shellcheck disable=SC2046,SC2086
		echo "$line:" $(printf '%s\n' $words | LC_ALL=C sort)
	done
}

# offered SHELL: all commands, the names of programs, options and files.
offered() {
	local h="hupctl -s $T/run/hupd.sock" commands
	command -v "$1" >/dev/null || skip "needs $1"
	cd "$T"
	commands=$("$HUPCTL" help | awk '/^commands:/ { show = 1; next }
	    /^$/ { show = 0 } show && /^  [a-z]/ { print $1 }' |
	    LC_ALL=C sort | tr '\n' ' ')
	"$1_offers" "hupctl " 'hupctl -j st' 'hupctl help re' "$h start " \
	    "$h reload w" "$h log " "$h signal T" "$h signal TERM d" \
	    "$h restart --" "hupctl log --f" "hupctl import --w" \
	    "hupctl top --d" "hupctl shutdown --" \
	    "hupctl wait --for d" "hupctl check hupd.co" >"$T/offered"
	diff -u - <(sorted <"$T/offered") <<-E
	hupctl : ${commands% }
	hupctl -j st: start status stop
	hupctl help re: reexec reload remove reopen restart
	$h start : db web
	$h reload w: web
	$h log : db hupd web
	$h signal T: TERM
	$h signal TERM d: db
	$h restart --: --all --help --json --no-wait
	hupctl log --f: --follow
	hupctl import --w: --write
	hupctl top --d: --delay
	hupctl shutdown --: --help --json --no-wait --timeout
	hupctl wait --for d: done down
	hupctl check hupd.co: hupd.conf
	E
}

@test "bash completes commands, programs, options and files" {
	offered bash
}

@test "zsh completes commands, programs, options and files" {
	offered zsh
}

@test "fish completes commands, programs, options and files" {
	offered fish
}

@test "names of instances are completed, templates are not" {
	local h="hupctl -s $T/run/hupd.sock"
	program app@ <<<'command = sleep 1000'
	ln -s app@.conf "$T/hupd.d/app@one.conf"
	ln -s app@.conf "$T/hupd.d/app@two.conf"
	ctl reload
	run -0 bash_offers "$h status app@o" "$h stop app"
	# bash replaces what follows the @ alone.
	[ "${lines[0]}" = "$h status app@o: one" ]
	[ "${lines[1]}" = "$h stop app: app@one app@two" ]
	hupd_stop
	mkdir "$T/hupd"
	cp -a "$T/hupd.d" "$T/hupd"
	for shell in bash zsh fish; do
		command -v "$shell" >/dev/null || continue
		XDG_CONFIG_HOME=$T HOME=$T \
		    run -0 "${shell}_offers" "hupctl stop app"
		[ "$(sorted <<<"$output")" = 'hupctl stop app: app@one app@two' ]
	done
}
