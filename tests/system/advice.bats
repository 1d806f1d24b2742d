#!/usr/bin/env bats
# Warnings about mistakes that are no errors.

load helper

# Without a daemon, too.
hupctl() {
	"$HUPCTL" -f "$T/hupd.conf" "$@"
}

# warned TEXT: check, add and "hupd -n" warn of it, and accept the files.
warned() {
	local warning="warning: $1"
	run -0 --separate-stderr "$HUPD" -n -f "$T/hupd.conf"
	[[ $stderr = *"$warning"* ]]
	run -0 --separate-stderr hupctl check
	[[ $stderr = *"$warning"* ]]
	run -0 hupctl -j check
	[[ $output = *'"warnings":[{'* ]]
}

# silent: no warning of anything.
silent() {
	run -0 --separate-stderr "$HUPD" -n -f "$T/hupd.conf"
	[ -z "$stderr" ]
	run -0 --separate-stderr hupctl check
	[ -z "$stderr" ]
	run -0 hupctl -j check
	[[ $output = *'"warnings":[]'* ]]
}

# tool NAME: an executable file in $T from stdin.
tool() {
	cat >"$T/$1"
	chmod 755 "$T/$1"
}

@test "words that only a shell understands" {
	local words
	# shellcheck disable=SC2016,SC2088
	for words in '$HOME' '"${X}"' '> /dev/null' '2>&1' '| tee x' '&& b' \
	    '; b' '~/b' '$(id)'; do
		program web <<<"command = sleep 1000 $words"
		warned "$T/hupd.d/web.conf:1: command: \""
		[[ $stderr = *'has a meaning in a shell only'* ]]
	done
	program web <<<'command = A=b sleep 1000'
	warned "$T/hupd.d/web.conf:1: command: \"A=b\" in front"
	# shellcheck disable=SC2016
	program web <<-'E'
	command = sh -c 'exec sleep $((1000 * 1)) >/dev/null 2>&1'
	reload-command = kill -HUP $MAINPID
	E
	warned "$T/hupd.d/web.conf:2: reload-command: \"\$MAINPID\""
	# shellcheck disable=SC2016
	program web <<<"command = sh -c 'exec sleep \$((1000 * 1)) >/dev/null'"
	silent
	# shellcheck disable=SC2016
	program web <<<'command = env /bin/sh -c "echo $HOME; exec sleep 1000"'
	silent
	# shellcheck disable=SC2016
	program web <<<'command = sh -c "exec sleep 1000" > $HOME/x'
	warned "$T/hupd.d/web.conf:1: command: \">"
}

@test "a word for a shell reaches the program as it is" {
	# shellcheck disable=SC2016
	program web <<<'command = echo $HOME > ~/x'
	hupd_start
	# shellcheck disable=SC2016
	wait_for 5 printed web '\$HOME > ~/x$'
	sleeper web
	run -0 ctl reload
	# shellcheck disable=SC2016
	program web <<<'command = sleep 1000 $HOME'
	run ctl reload
	[[ $output = *"warning: $T/hupd.d/web.conf:1: command: \"\$HOME\""* ]]
	wait_for 5 logged "warning: $T/hupd.d/web.conf:1: command: "
}

@test "folders that hupd makes need not exist, nor those of another root" {
	needs_root
	[ ! -e /var/lib/hupd.advice ]
	program web <<-'E'
	command = sleep 1000
	directory = /var/lib/hupd.advice
	state-directory = hupd.advice/web
	E
	silent
	change web 'directory = /var/lib/hupd.advice/other'
	warned "$T/hupd.d/web.conf:3: directory: /var/lib/hupd.advice/other does not exist"
	program web <<-E
	command = /no/such/program
	directory = /no/such/folder
	root-directory = $T
	E
	silent
	echo 'sandbox = off' >>"$T/hupd.d/web.conf"
	warned "$T/hupd.d/web.conf:2: directory: /no/such/folder does not exist"
}

@test "a program, interpreter or folder that does not exist" {
	program web <<<'command = surely-no-such-tool'
	warned "$T/hupd.d/web.conf:1: command: surely-no-such-tool is not in the PATH /usr/local/sbin:"
	program web <<<"command = $T/run"
	warned "$T/hupd.d/web.conf:1: command: $T/run: does not exist"
	printf '#!/no/such/python\n' | tool run
	warned "$T/hupd.d/web.conf:1: command: $T/run: its interpreter '/no/such/python' does not exist"
	printf '#!/bin/sh\r\nexec sleep 1000\r\n' | tool run
	warned "$T/hupd.d/web.conf:1: command: $T/run: its interpreter '/bin/sh\r' does not exist (CR LF line ends?)"
	printf '#!/usr/bin/env surely-no-such-tool\n' | tool run
	warned "$T/hupd.d/web.conf:1: command: $T/run: its interpreter 'surely-no-such-tool' is not in PATH"
	echo 'exec sleep 1000' | tool run
	warned "$T/hupd.d/web.conf:1: command: $T/run: is a text without #!"
	printf '#!/bin/sh\nexec sleep 1000\n' | tool run
	silent
	chmod 644 "$T/run"
	warned "$T/hupd.d/web.conf:1: command: $T/run: is not executable"
	program web <<-E
	command = sleep 1000
	directory = $T/nowhere
	health-command = $T/missing --now
	E
	warned "$T/hupd.d/web.conf:2: directory: $T/nowhere does not exist"
	[[ $stderr = *"web.conf:3: health-command: $T/missing: does not exist"* ]]
	touch "$T/nowhere"
	warned "$T/hupd.d/web.conf:2: directory: $T/nowhere is not a folder"
}

@test "the program is looked for in the PATH and folder that it will have" {
	mkdir -m 755 "$T/bin"
	printf '#!/bin/sh\nexec sleep 1000\n' | tool bin/its-own-tool
	echo 'command = its-own-tool' | program web
	warned "$T/hupd.d/web.conf:1: command: its-own-tool is not in the PATH"
	printf '%s\n' 'command = its-own-tool' "env = PATH=$T/bin:/bin:/usr/bin" |
	    program web
	silent
	echo "PATH=/nowhere" >"$T/env"
	chmod 644 "$T/env"
	echo "env-file = $T/env" >>"$T/hupd.d/web.conf"
	warned "$T/hupd.d/web.conf:1: command: its-own-tool is not in the PATH /nowhere"
	printf '%s\n' 'command = bin/its-own-tool' "directory = $T" |
	    program web
	silent
	hupd_start
	silent
}

@test "what the user of the program cannot execute" {
	needs_root
	may_be nobody || skip "needs nobody"
	printf '#!/bin/sh\nexec sleep 1000\n' | tool run
	chmod 700 "$T/run"
	printf '%s\n' "command = $T/run" 'user = nobody' | program web
	warned "$T/hupd.d/web.conf:1: command: $T/run: is not executable"
	chmod 755 "$T/run"
	silent
}

@test "hupctl add warns of the new program, once, and of no other" {
	program other <<<'command = /no/such/other'
	hupd_start
	run ctl add web -- "$T/missing"
	[[ $output = *"warning: $T/hupd.d/web.conf:1: command: $T/missing: does not exist"* ]]
	[[ $output != *other* ]]
	run ctl add 'more' 'reload-command=kill -HUP $MAINPID' -- sleep 1000
	[ "$(grep -c 'MAINPID' <<<"$output")" -eq 1 ]
}

@test "files that look meant are named, those of package managers are not" {
	sleeper web
	for name in db db.config db.cnf db.service db.con db@1; do
		echo 'command = sleep 1000' >"$T/hupd.d/$name"
		warned "$T/hupd.d/$name: is ignored: the name of a program's file ends in .conf; did you mean db"
		rm "$T/hupd.d/$name"
	done
	for name in web.conf.dpkg-new web.conf~ '#web.conf#' .web.conf.swp \
	    web.conf.rpmsave web.conf.bak web.disabled README web.md; do
		: >"$T/hupd.d/$name"
	done
	mkdir "$T/hupd.d/db"
	silent
	hupd_start
	silent
	echo 'command = sleep 1000' >"$T/hupd.d/db.config"
	run -0 ctl reload
	[[ $output = *"warning: $T/hupd.d/db.config: is ignored"* ]]
	run -0 ctl -j reload
	[[ $output = *'"warnings":[{"file":"'*'db.config"'* ]]
	wait_for 5 logged "warning: $T/hupd.d/db.config: is ignored"
}

@test "a limit above the hard one: the closest value, and a warning" {
	printf '%s\n' 'command = sleep 1000' "rlimit-nofile = 100:$((1 << 40))" |
	    program web
	run -0 --separate-stderr "$HUPD" -n -f "$T/hupd.conf"
	[[ $stderr = *"warning: $T/hupd.d/web.conf:2: rlimit-nofile: $((1 << 40)) is above the hard limit of the daemon; "* ]]
	run -0 --separate-stderr hupctl check
	[[ $stderr = *"rlimit-nofile: $((1 << 40)) is above"* ]]
	most=${stderr##*daemon; } most=${most%% *}
	hupd_start
	wait_for 5 is_state web up
	[ "$(logged_times "rlimit-nofile: $((1 << 40)) is above")" -eq 1 ]
	run -0 ctl status web
	[[ $output = *"rlimit-nofile: $((1 << 40)) is above the hard limit"* ]]
	run -0 ctl -j status
	[[ $output = *'"warning":"rlimit-nofile: '* ]]
	run -0 grep '^Max open files' "/proc/$(pid_of web)/limits"
	[[ $output = *' 100 '* ]]
	[[ $output = *" $most "* ]]
	# A restart says nothing more.
	run -0 ctl restart web
	[ "$(logged_times "rlimit-nofile: $((1 << 40)) is above")" -eq 1 ]
}

# logged_times TEXT: how many lines of the event log have it.
logged_times() {
	grep -cF -e "$1" "$T/log/hupd.log"
}

@test "without the right to raise it, the hard limit is the closest" {
	needs_commands prlimit
	[ "$(id -u)" -ne 0 ] || needs_commands setpriv
	printf '%s\n' 'command = sleep 1000' 'rlimit-core = 2000' | program web
	hupd_limited() {
		if [ "$(id -u)" -eq 0 ]; then
			hupd_env prlimit --core=0:1000 setpriv \
			    --bounding-set=-sys_resource \
			    --inh-caps=-sys_resource "$HUPD" \
			    -f "$T/hupd.conf"
		else
			hupd_env prlimit --core=0:1000 "$HUPD" -f "$T/hupd.conf"
		fi
	}
	hupd_limited
	wait_for 5 is_state web up
	run -0 grep '^Max core' "/proc/$(pid_of web)/limits"
	[[ $output = *' 1000 '*' 1000 '* ]]
	run -0 hupctl check
	[[ $output = *'rlimit-core: 2000 is above the hard limit of the daemon; 1000 is used'* ]]
}

@test "each command of a task is looked at" {
	printf '%s\n' 'ready = exited' 'command = true' "command = $T/missing" \
	    'command = echo a > b' | program web
	warned "$T/hupd.d/web.conf:4: command: \">\" has a meaning"
	[[ $stderr = *"command: $T/missing: does not exist"* ]]
}
