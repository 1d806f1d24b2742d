#!/usr/bin/env bats
# Files that were changed, but not loaded yet: hupctl says so.

load helper

@test "restart and start run what was accepted, and say that the file differs" {
	local before
	sleeper web
	sleeper db
	hupd_start
	change web 'command = sleep 2000'
	run -0 --separate-stderr ctl restart web db
	[ "$stderr" = "hupctl: web: its file differs from the running \
definition (command changed); 'hupctl reload' applies it" ]
	[[ $output = *'web: up'* ]]
	[ "$(tr '\0' ' ' <"/proc/$(pid_of web)/cmdline")" = 'sleep 1000 ' ]
	run -0 ctl stop web
	change web 'stop-timeout = 3s'
	run -0 --separate-stderr ctl start web
	[[ $stderr = *'web: its file differs from the running definition (command, stop-time'* ]]
	run -0 --separate-stderr ctl restart db
	[ -z "$stderr" ]
	run -0 --separate-stderr ctl restart -a
	[[ $stderr = 'hupctl: web: its file differs '* ]]
	run -0 ctl -j restart web
	python3 -c 'import json, sys
d = json.loads(sys.argv[1])
assert [p["name"] for p in d["pending"]] == ["web"], d' "$output"
	rm "$T/hupd.d/web.conf"
	run -0 --separate-stderr ctl restart web
	[ "$stderr" = "hupctl: web: its file is gone; 'hupctl reload' removes it" ]
	run -0 --separate-stderr ctl restart --no-wait web
	[[ $stderr = *'its file is gone'* ]]
	sleeper web
	run -0 ctl reload
	run -0 --separate-stderr ctl restart web
	[ -z "$stderr" ]
	# A changed default changes the file of each program.
	setting 'nice = 3'
	run -0 --separate-stderr ctl restart web
	[[ $stderr = *'web: its file differs from the running definition (nice changed)'* ]]
}

@test "restart and start say that the file is rejected" {
	sleeper web
	sleeper db
	hupd_start
	echo 'nonsense = 1' >>"$T/hupd.d/web.conf"
	run -0 --separate-stderr ctl restart web
	[[ $stderr = "hupctl: web: its file is rejected ($T/hupd.d/web.conf:2: \
nonsense: unknown key"*"); what was accepted before is used" ]]
	# Another file is none of its business, but rejects them all.
	run -0 --separate-stderr ctl restart db
	[[ $stderr = "hupctl: the files on disk are rejected, see 'hupctl check'; \
what was accepted before is used" ]]
	ctl stop web
	run -0 --separate-stderr ctl start web
	[[ $stderr = *'web: its file is rejected'* ]]
}

@test "a file that is not loaded yet is named" {
	local command
	sleeper web
	hupd_start
	sleeper new
	for command in start restart stop 'reload' 'signal HUP' 'log'; do
		# shellcheck disable=SC2086
		run -1 ctl $command new
		[[ $output = *"no program new yet: 'hupctl reload' loads \
$T/hupd.d/new.conf" ]] || {
			echo "$command: $output"
			return 1
		}
	done
	run -3 ctl status new
	[[ $output = *"no program new yet: 'hupctl reload' loads"* ]]
	run -1 ctl start nosuch
	[ "$output" = 'hupctl: no program nosuch' ]
	echo 'nonsense = 1' >>"$T/hupd.d/new.conf"
	run -1 ctl start new
	[[ $output = *"no program new: its file is rejected: \
$T/hupd.d/new.conf:2: nonsense: "* ]]
	run -3 ctl status new
	[[ $output = *'its file is rejected'* ]]
	sed -i '$d' "$T/hupd.d/new.conf"
	echo 'nonsense = 1' >>"$T/hupd.d/web.conf"
	run -1 ctl restart new
	[[ $output = *"no program new: $T/hupd.d/new.conf is not loaded"* ]]
	[[ $output = *"see 'hupctl check'"* ]]
	change web 'nice = 1'
	sed -i '/^nonsense/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
	run -0 ctl start new
}
