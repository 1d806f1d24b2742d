#!/usr/bin/env bats
# hupctl top on a terminal of tmux: its screen is compared.

load helper
load terminal

setup() {
	hupd_setup
	needs_terminal
}

teardown() {
	terminal_teardown
	hupd_teardown
}

# Columns of the table, a program a line.
column() {
	screen | awk -v c="$1" '/^NAME/ { show = 1; next }
	    show && NF { print $c }' | tr '\n' ' '
}

has_column() {
	[ "$(column "$1")" = "$2" ]
}

# Four programs of which each column has another order.
programs() {
	sleeper alpha
	sleeper beta
	program gamma <<-E
	command = false
	restart = never
	E
	program delta <<-E
	command = sleep 1000
	autostart = no
	E
	hupd_start
	wait_for 5 is_state alpha up
	wait_for 5 is_state beta up
	wait_for 5 is_state gamma failed
}

@test "top shows programs, and sorts them as keys say" {
	programs
	ctl restart beta
	# Asked once more than it is looked at: nothing changes meanwhile.
	on_terminal 80 24 <<<'hupctl top -d 3600'
	# The last line is drawn last.
	wait_for 30 shows \
	    '^gamma failed          -      -      -        0        - *$'
	grep -qx 'sorted by CPU, every 3600s   h help   q quit' "$T/screen"
	[[ $(sed -n 1p "$T/screen") = "hupd $(hupd_pid)  CPU "*"%  MEM "* ]]
	[ "$(sed -n 2p "$T/screen")" = '4 programs: 1 failed, 2 up, 1 down' ]
	sed -n 4p "$T/screen" | grep -qx \
	    'NAME  STATE         PID   CPU%    MEM RESTARTS   UPTIME LAST MINUTE *'
	grep -q "^alpha up  *$(pid_of alpha)  *[-0]" "$T/screen"
	press n
	wait_for 30 has_column 1 'alpha beta delta gamma '
	press R
	wait_for 30 has_column 1 'gamma delta beta alpha '
	press s
	wait_for 30 has_column 1 'gamma alpha beta delta '
	press r
	wait_for 30 shows 'sorted by restarts'
	press u
	wait_for 30 has_column 1 'alpha beta delta gamma '
	press m
	wait_for 30 shows 'sorted by memory'
	[[ $(column 1) = *'delta gamma ' ]]
	ctl stop alpha
	press 'n' Space
	wait_for 30 has_column 2 'down up down failed '
}

@test "top draws what a program uses, where there is only ASCII as well" {
	program busy <<<"command = sh -c 'while :; do :; done'"
	hupd_start
	on_terminal 80 24 <<-'E'
	hupctl top -d 1
	LC_ALL=C hupctl top -d 1
	E
	wait_for 30 shows '^busy up .*[0-9]\.[0-9] .* [▂▃▄▅▆▇█]'
	wait_for 30 shows '^hupd .*  CPU [1-9]'
	press q
	wait_for 30 shows '^busy up .*[0-9]\.[0-9] .* [.:=+*#-]$'
	press q
	wait_for 30 test -e "$T/ended"
}

@test "top shows help and scrolls" {
	for n in {10..39}; do
		sleeper "p$n"
	done
	hupd_start
	on_terminal 80 24 <<<'hupctl top -d 3600'
	press n
	wait_for 30 shows 'sorted by name'
	all=$(printf 'p%s ' {10..39})
	wait_for 30 has_column 1 "${all:0:80}"
	press Down Down
	wait_for 30 has_column 1 "${all:8:80}"
	press NPage
	wait_for 30 has_column 1 "${all:40}"
	press Up
	wait_for 30 has_column 1 "${all:36:80}"
	press Home
	wait_for 30 has_column 1 "${all:0:80}"
	press End
	wait_for 30 has_column 1 "${all:40}"
	press h
	wait_for 30 shows '^  R  reverse the order$'
	run ! shows '^p39'
	press x
	wait_for 30 has_column 1 "${all:40}"
}

@test "top fits whatever size the terminal gets" {
	programs
	on_terminal 80 24 <<<'hupctl top -d 3600'
	wait_for 30 shows '^gamma failed'
	press n
	wait_for 30 shows 'sorted by name'
	terminal resize-window -x 40 -y 7
	wait_for 30 shows '^NAME  STATE         PID   CPU%    MEM$'
	wait_for 30 has_column 1 'alpha beta delta '
	terminal resize-window -x 10 -y 3
	wait_for 30 shows '^sorted by$'
	terminal resize-window -x 5 -y 5
	wait_for 30 shows '^alpha$'
	terminal resize-window -x 200 -y 50
	wait_for 30 shows '^NAME .* LAST MINUTE *$'
	wait_for 30 has_column 1 'alpha beta delta gamma '
}

# Whether the cursor is to be seen, and whether it is the other screen.
modes() {
	terminal display -p '#{cursor_flag} #{alternate_on}'
}

# A script that runs top, says how it ended, and looks at the terminal's modes.
script_of_top() {
	echo 'trap : INT
	echo "what was there"
	stty -a >before
	look() {
		echo "it ended with $1"
		stty -a | cmp before - && echo "$1" >>statuses
	}'
	cat
}

# ended N STATUS: it ended for the Nth time, and so.
ended() {
	wait_for 30 lines "$T/statuses" "$1"
	[ "$(tail -n 1 "$T/statuses")" = "$2" ]
}

# The screen is as it was, except these lines.
restored() {
	wait_for 30 shows "^${*: -1}\$"
	diff "$T/screen" <(printf '%s\n' 'what was there' "$@") |
	    { ! grep '^[<>] .'; }
	[ "$(modes)" = '1 0' ]
}

kill_top() {
	pkill -x -f -"$1" "$HUPCTL -s $T/run/hupd.sock top -d 3600"
}

@test "top gives the terminal back, however it ends" {
	programs
	script_of_top <<-'E' | on_terminal 80 24
	hupctl top -d 3600
	look $?
	until [ -e go ]; do sleep 0.05; done
	for n in 1 2 3; do
		hupctl top -d 3600 2>/dev/null
		look $?
	done 2>/dev/null
	E
	wait_for 30 shows '^gamma failed'
	[ "$(modes)" = '0 1' ]
	press q
	ended 1 0
	restored 'it ended with 0'
	touch "$T/go"
	wait_for 30 shows '^gamma failed'
	press C-c
	ended 2 130
	wait_for 30 kill_top TERM
	ended 3 143
	wait_for 30 kill_top HUP
	ended 4 129
	restored 'it ended with 0' 'it ended with 130' 'it ended with 143' \
	    'it ended with 129'
}

@test "top is suspended and continues" {
	programs
	script_of_top <<-'E' | on_terminal 80 24
	set -m
	hupctl top -d 3600
	look $?
	until [ -e go ]; do sleep 0.05; done
	fg >/dev/null
	look $?
	E
	wait_for 30 shows '^gamma failed'
	press C-z
	ended 1 148
	wait_for 30 shows '^it ended with 148$'
	run ! shows '^gamma'
	[ "$(modes)" = '1 0' ]
	touch "$T/go"
	wait_for 30 shows '^gamma failed'
	[ "$(modes)" = '0 1' ]
	press n
	wait_for 30 shows '^sorted by name'
	press q
	ended 2 0
	wait_for 30 shows '^it ended with 0$'
	[ "$(head -n 1 "$T/screen")" = 'what was there' ]
	[ "$(modes)" = '1 0' ]
}

@test "top says that the daemon is gone, and follows the next" {
	no_valgrind 'there is no re-execution'
	programs
	on_terminal 80 24 <<<'hupctl top -d 1'
	wait_for 30 shows "^hupd $(hupd_pid) "
	hupd_stop
	wait_for 30 shows '^hupd is not running'
	shows '^gamma failed'
	sleeper zeta
	hupd_start
	wait_for 30 shows "^hupd $(hupd_pid) "
	wait_for 30 shows '^zeta  up'
	# After re-execution its connection is gone.
	ctl reexec
	ctl stop zeta
	wait_for 30 shows '^zeta  down'
	run ! shows '^hupd is not'
}

@test "top shows where it cannot be" {
	hupd_start
	run ctl top
	[ "$status" -eq 2 ]
	[ "$output" = "hupctl: top needs a terminal: see 'hupctl status'" ]
	run ctl -j top
	[ "$status" -eq 2 ]
	run ctl top -d 0
	[ "$status" -eq 2 ]
	[[ $output = "hupctl: --delay 0: "* ]]
	hupd_stop
	on_terminal 80 24 <<-'E'
	hupctl top
	echo "without a daemon $?"
	E
	wait_for 30 shows '^without a daemon 7$'
}

@test "top needs a terminal with a cursor" {
	hupd_start
	on_terminal 80 24 <<-'E'
	export TERM
	for TERM in dumb no-such; do
		hupctl top
		echo "with $TERM $?"
	done
	E
	wait_for 30 shows '^with no-such 1$'
	shows '^with dumb 1$'
	shows '^hupctl: the terminal: it has no way to move the cursor$'
	shows '^hupctl: the terminal: its kind, TERM, is not known$'
}

# Is top on the screen, in colours?
coloured() {
	screen -e >"$T/screen" && grep -q '^sorted by' "$T/screen" &&
	    grep -qF $'\033[31mfailed' "$T/screen" &&
	    grep -qF $'\033[32mup' "$T/screen"
}

@test "the tables have colours, and fit 80 columns" {
	programs
	on_terminal 80 24 <<-'E'
	hupctl status
	NO_COLOR=1 hupctl top -d 3600
	hupctl top -d 3600
	E
	wait_for 30 shows '^gamma failed'
	run ! coloured
	press q
	wait_for 30 coloured
	press q
	wait_for 30 test -e "$T/ended"
	shows '^NAME   STATE    *PID  UPTIME  RESTARTS  EXIT  *MEM  READY$'
	screen -e | grep -qF $'gamma  \033[31mfailed'
}

@test "log -f escapes control bytes on a terminal" {
	program web <<-'E'
	command = sh -c 'printf "\033[31mred\033[2J\\n"; exec sleep 1000'
	log-timestamps = no
	E
	hupd_start
	wait_for 5 printed web red
	on_terminal 80 24 <<<'hupctl log -f web'
	# The colour passes, the rest does not.
	wait_for 30 shows '^red\\033\[2J$'
	printf 'more \a\n' >>"$T/log/web.log"
	wait_for 30 shows '^more \\007$'
}
