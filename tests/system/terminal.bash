# shellcheck shell=bash disable=SC2016,SC2119,SC2120
# terminal.bash - hupctl on a terminal of tmux, whose screen can be compared.
# After "load helper"; a file that loads it calls needs_terminal in its setup and
# terminal_teardown in its teardown.

needs_terminal() {
	command -v tmux >/dev/null || skip "needs tmux"
}

# A screen of a test that failed is shown.
terminal_teardown() {
	[ ! -S "$T/tmux" ] || {
		[ -n "${BATS_TEST_COMPLETED-}" ] || screen
		terminal kill-server
	}
}

terminal() {
	hupd_env env -u TMUX -u NO_COLOR LC_ALL=C.UTF-8 \
	    tmux -S "$T/tmux" -f /dev/null "$@"
}

# on_terminal WIDTH HEIGHT: run the shell script on stdin, where "hupctl" is
# that of this test.  The terminal stays when the script has ended.
on_terminal() {
	{
		printf 'hupctl() { "%s" -s "%s" "$@"; }\n' "$HUPCTL" \
		    "$T/run/hupd.sock"
		echo 'cd "$1"'
		cat
		echo 'touch ended'
		echo 'exec sleep 1000'
	} >"$T/script"
	terminal new-session -d -x "$1" -y "$2" \
	    "exec bash '$T/script' '$T'"
}

press() {
	terminal send-keys "$@"
}

screen() {
	terminal capture-pane -p "$@"
}

# shows REGEX: does a line of the screen match?
shows() {
	screen >"$T/screen" && grep -q -e "$1" "$T/screen"
}
