#!/usr/bin/env bats
# Invalid files: each is a clear error, costs little, and affects nothing else.

load helper

setup() {
	hupd_setup
	program good <<<'command = sleep 1000'
}

# As it lies there: bytes of printf(1), in place.
bytes() {
	# shellcheck disable=SC2059
	printf "$2" >"$T/hupd.d/$1.conf"
	chmod 644 "$T/hupd.d/$1.conf"
}

# Stdin may be shown on a terminal: UTF-8, and nothing controls it.
is_text() {
	python3 -c 'import sys
import unicodedata
text = sys.stdin.buffer.read().decode()
sys.exit(any(unicodedata.category(c) == "Cc" and c != "\n" for c in text))'
}

check() {
	timeout 60 env "$HUPD" -n -f "$T/hupd.conf"
}

# rejected TEXT: a start fails so, and a reload says so and changes nothing.
rejected() {
	run -6 check
	if [[ $output != *"$1"* ]]; then
		echo "said: $output"
		return 1
	fi
}

accepted() {
	run -0 check
	[ -z "$output" ]
}

# With a daemon that runs the good one: the reload is rejected, it runs on.
daemon_goes_on() {
	local pid
	rm -rf "$T/hupd.d.aside"
	mv "$T/hupd.d" "$T/hupd.d.aside"
	mkdir -m 755 "$T/hupd.d"
	cp -p "$T/hupd.d.aside/good.conf" "$T/hupd.d"
	[ -e "$T/hupd.pid" ] || hupd_start
	wait_for 5 is_state good up
	pid=$(pid_of good)
	rm -r "$T/hupd.d"
	mv "$T/hupd.d.aside" "$T/hupd.d"
	run -6 timeout 60 "$HUPCTL" -s "$T/run/hupd.sock" reload
	[[ $output = *"$1"* ]]
	run -0 ctl status
	[[ $output = *"$1"* ]]
	[ "$(pid_of good)" = "$pid" ]
}

@test "a FIFO, a device, a socket, a folder in place of a file" {
	mkfifo "$T/hupd.d/x.conf"
	rejected "x.conf: is a FIFO, not a regular file"
	daemon_goes_on "x.conf: is a FIFO"
	rm "$T/hupd.d/x.conf"
	mkdir "$T/hupd.d/x.conf"
	rejected "x.conf: is a folder, not a regular file"
	rmdir "$T/hupd.d/x.conf"
	ln -s /dev/zero "$T/hupd.d/x.conf"
	rejected "x.conf: is a device, not a regular file"
	rm "$T/hupd.d/x.conf"
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/hupd.d/x.conf"
	rejected "x.conf: is a socket, not a regular file"
}

@test "a device node" {
	needs_root
	mknod -m 644 "$T/hupd.d/x.conf" c 1 5 || skip "may not make devices"
	rejected "x.conf: is a device, not a regular file"
}

@test "a file of a gigabyte" {
	truncate -s 1G "$T/hupd.d/x.conf"
	chmod 644 "$T/hupd.d/x.conf"
	rejected "x.conf: is larger than 64 KiB"
	daemon_goes_on "x.conf: is larger than 64 KiB"
	peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' \
	    "/proc/$(hupd_pid)/status")
	is_checked || [ "$peak" -lt 32768 ]
}

@test "64 KiB of nonsense, and one long line" {
	head -c 65536 /dev/zero | tr '\0' 'x' >"$T/hupd.d/x.conf"
	chmod 644 "$T/hupd.d/x.conf"
	rejected "x.conf:1: "
	yes 'k = v' | head -n 10000 >"$T/hupd.d/x.conf"
	rejected "x.conf:1: k: "
	[ "${#output}" -lt 1000000 ]
	python3 -c 'import random, sys
random.seed(1)
sys.stdout.buffer.write(random.randbytes(65000))' >"$T/hupd.d/x.conf"
	rejected "x.conf:"
	is_text <<<"$output"
	daemon_goes_on "x.conf:"
	is_text <"$T/log/hupd.log"
}

@test "NUL bytes are refused" {
	bytes x 'command = sleep 1000\0\n'
	rejected "x.conf:1: "
	bytes x 'command = sleep 1000\n\0'
	rejected "x.conf:2: "
}

@test "CRLF, a byte order mark, no last newline: all accepted" {
	bytes crlf 'command = sleep 1000\r\nrestart = never\r\n'
	bytes bom '\xef\xbb\xbfcommand = sleep 1000\n'
	bytes open 'command = sleep 1000'
	bytes all '\xef\xbb\xbf# a comment\r\ncommand = sleep 1000'
	accepted
	hupd_start
	for name in crlf bom open all; do
		wait_for 5 is_state "$name" up
	done
	[ "$(tr '\0' ' ' <"/proc/$(pid_of crlf)/cmdline")" = 'sleep 1000 ' ]
}

@test "an empty file has no command" {
	bytes x ''
	rejected "x.conf: command: is missing"
}

@test "names: leftovers are ignored, bad ones are errors" {
	for name in .x.conf x.conf~ x.conf.dpkg-old x.conf.bak '#x.conf#' \
	    README; do
		echo nonsense >"$T/hupd.d/$name"
	done
	accepted
	for name in x.CONF conf; do
		echo nonsense >"$T/hupd.d/$name"
		run -0 check
		[[ $output = "warning: $T/hupd.d/$name: is ignored"* ]]
		rm "$T/hupd.d/$name"
	done
	for name in -x 'a b' hupd HUPD ä '' "$(printf '%065d' 0)"; do
		[ -n "$name" ] || continue
		echo 'command = sleep 1' >"$T/hupd.d/$name.conf"
		run -6 check
		[[ $output = *conf:* ]]
		rm -- "$T/hupd.d/$name.conf"
	done
	name=$(printf '%064d' 0)
	program "$name" <<<'command = sleep 1000'
	program a..b <<<'command = sleep 1000'
	accepted
	hupd_start
	wait_for 5 is_state "$name" up
	wait_for 5 is_state a..b up
}

@test "names that differ only in case" {
	program Good <<<'command = sleep 1000'
	rejected "good.conf: the name good differs from Good only in case"
}

@test "symbolic links: followed when they and their target are trusted" {
	(umask 022 && echo 'command = sleep 1000' >"$T/elsewhere")
	ln -s "$T/elsewhere" "$T/hupd.d/link.conf"
	accepted
	hupd_start
	wait_for 5 is_state link up
	# Changed behind the link, it is seen.
	echo 'restart = never' >>"$T/elsewhere"
	run -0 ctl reload
	[[ $output = *link*adjusted* ]]
	chmod 666 "$T/elsewhere"
	rejected "link.conf: may be written by others (mode 0666)"
	rm "$T/elsewhere"
	rejected "link.conf: is a symbolic link that leads nowhere"
	ln -sf link.conf "$T/hupd.d/link.conf"
	rejected "link.conf: is a symbolic link that leads nowhere"
}

@test "links and files of others are refused" {
	needs_root
	(umask 022 && echo 'command = sleep 1000' >"$T/elsewhere")
	ln -s "$T/elsewhere" "$T/hupd.d/link.conf"
	chown -h nobody: "$T/hupd.d/link.conf"
	rejected "link.conf: is a symbolic link of user "
	chown -h root: "$T/hupd.d/link.conf"
	accepted
	chown nobody: "$T/elsewhere"
	rejected "link.conf: belongs to user "
	rm "$T/hupd.d/link.conf"
	chown nobody: "$T/hupd.d"
	rejected "hupd.d: belongs to user "
	chown root: "$T/hupd.d"
	chmod 777 "$T/hupd.d"
	rejected "hupd.d: may be written by others (mode 0777)"
	chmod 755 "$T/hupd.d"
	chown nobody: "$T/hupd.conf"
	rejected "hupd.conf: belongs to user "
}

@test "a folder and a file that may not be read" {
	user_setup
	folder=$USER_HOME/config/hupd/hupd.d
	user_program web <<<'command = sleep 1000'
	as_user hupd
	as_user chmod 000 "$folder"
	run -6 as_user hupd -n
	[[ $output = *"hupd.d: cannot be opened: Permission denied"* ]]
	run -6 as_user hupctl reload
	[[ $output = *"hupd.d: cannot be opened: Permission denied"* ]]
	as_user chmod 755 "$folder"
	as_user chmod 000 "$folder/web.conf"
	run -6 as_user hupctl reload
	[[ $output = *"web.conf: cannot be opened: Permission denied"* ]]
	run -0 as_user hupctl status web
	as_user chmod 644 "$folder/web.conf"
	run -0 as_user hupctl reload
	kill "$(cat "$USER_HOME/run/hupd/hupd.pid")"
	wait_for 10 none_left
}

@test "a place that is no folder" {
	setting "program-dir = $T/hupd.conf"
	rejected "hupd.conf: cannot be opened: Not a directory"
}

@test "files that come and go while they are read" {
	hupd_start
	wait_for 5 is_state good up
	pid=$(pid_of good)
	mkdir "$T/new"
	(umask 022 && printf 'command = sleep 1000\nautostart = no\n' \
	    >"$T/new/x.conf")
	(
		while [ ! -e "$T/enough" ]; do
			for name in a b c d e f; do
				cp "$T/new/x.conf" "$T/new/$name"
				mv "$T/new/$name" "$T/hupd.d/v$name.conf"
			done
			rm -f "$T"/hupd.d/v*.conf
		done
	) 3>&- &
	churn=$!
	for ((turn = 0; turn < 40; turn++)); do
		run ctl reload
		if [ "$status" -ne 0 ]; then
			echo "turn $turn: $output"
			touch "$T/enough"
			wait "$churn"
			return 1
		fi
	done
	touch "$T/enough"
	wait "$churn"
	run -0 ctl reload
	[ "$(pid_of good)" = "$pid" ]
	run -0 ctl status
	[[ $output != *va* ]]
}

@test "10,000 files" {
	count=10000
	! is_checked || count=1500
	seq "$count" | (
		umask 022
		while read -r n; do
			printf 'command = sleep 1000\nautostart = no\n' \
			    >"$T/hupd.d/n$n.conf"
		done
	)
	run -0 timeout 120 env "$HUPD" -n -f "$T/hupd.conf"
	hupd_start
	wait_for 30 is_state good up
	[ "$(ctl status | grep -c ' down ')" -eq "$count" ]
	[ "$(ctl -j status | python3 -c 'import json, sys
print(len(json.load(sys.stdin)["programs"]))')" -eq $((count + 1)) ]
	rm "$T/hupd.d/n1.conf"
	program n2 <<<'command = sleep 1000'
	program more <<<'command = sleep 1000'
	run -0 timeout 120 "$HUPCTL" -s "$T/run/hupd.sock" reload
	[[ $output = *"1 added, 1 removed, "*", $((count - 2)) unchanged"* ||
	    $output = *"1 added, 1 removed, "*", $((count - 1)) unchanged"* ]]
	is_state more up
	ctl start n3
	is_state n3 up
}

@test "all errors are reported, of every file" {
	for ((i = 0; i < 200; i++)); do
		program "bad$i" <<<'comand = sleep 1'
	done
	hupd_start || :
	run -6 check
	[ "$(grep -c ': unknown key' <<<"$output")" -eq 200 ]
	run -6 hupd_start
	[ "$(grep -c ': unknown key' <<<"$output")" -eq 200 ]
	[ ! -e "$T/hupd.pid" ]
}
