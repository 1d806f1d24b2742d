#!/usr/bin/env bats
# Invalid records are recognized.

load helper
load takeover

# Start after an edit of the records; what was recorded there is a stranger.
after_edit() {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_for_good
	bash -c 'exec -a stranger sleep 1000' 3>&- &
	stranger=$!
	"$@"
	hupd_start
	wait_for 5 is_state web up
	[ "$(pid_of web)" -ne "$stranger" ]
	alive "$stranger"
	ctl stop web
	alive "$stranger"
	hupd_stop
	alive "$stranger"
	kill "$stranger" "$web" 2>/dev/null || :
}

@test "the number of another process is distinguished" {
	other_pid() {
		kill "$web"
		wait_for 5 gone "$web"
		edit pid "$stranger"
	}
	after_edit other_pid
	wait_for 5 logged 'web: its process has ended meanwhile'
}

@test "a start time that is off by one is another process" {
	off_by_one() {
		kill "$web"
		wait_for 5 gone "$web"
		edit pid "$stranger"
		edit start_time "$(sed 's/.*) //' "/proc/$stranger/stat" |
		    cut -d ' ' -f 20)"
		edit start_time +1
	}
	after_edit off_by_one
	wait_for 5 logged 'web: its process has ended meanwhile'
}

@test "a damaged slot is reported, and nothing is signalled" {
	damage() {
		edit pid "$stranger"
		edit state 200
	}
	after_edit damage
	wait_for 5 logged 'web: its record is damaged'
	wait_for 5 logged 'record 0 is damaged'
}

@test "a name without end is reported" {
	damage() {
		edit pid "$stranger"
		edit name "$(printf 'x%.0s' {1..68})"
	}
	after_edit damage
	wait_for 5 logged 'record 0 is damaged'
}

@test "a file that is cut short is reported" {
	cut_short() {
		truncate -s 5000 "$T/run/records"
	}
	after_edit cut_short
	wait_for 5 logged 'records: it is cut short, nothing is taken over'
}

@test "a file that is cut within its head is reported" {
	cut_short() {
		truncate -s 20 "$T/run/records"
	}
	after_edit cut_short
	wait_for 5 logged 'records: it is cut short, nothing is taken over'
}

@test "records of another boot are reported" {
	after_edit edit boot 00000000-0000-0000-0000-000000000000
	wait_for 5 logged 'records: it is of an earlier boot, nothing is taken over'
}

# Records as a later release might write them: of all that is here today, each
# slot has only its name, pid and start time, and more follows everywhere.
make_foreign() {
	python3 - "$T/run/records" <<-'P'
	import struct, sys
	with open(sys.argv[1], 'r+b') as f:
	    data = f.read()
	    head, slot, n = struct.unpack_from('=III', data, 12)
	    new = bytearray(data[:head]) + b'\xff' * 64
	    struct.pack_into('=III', new, 8, 4711, head + 64, slot + 136)
	    for at in range(head, head + n * slot, slot):
	        new += data[at:at + 80] + b'\xff' * (slot + 56)
	    f.seek(0)
	    f.write(new)
	P
}

@test "the programs of another release's records are taken over, none is doubled" {
	local web api
	sleeper web
	sleeper api
	echo "env-file = $T/env" >>"$T/hupd.d/api.conf"
	echo 'A=1' >"$T/env"
	chmod 644 "$T/env"
	hupd_start
	wait_for 5 is_state web up
	wait_for 5 is_state api up
	web=$(pid_of web) api=$(pid_of api)
	crash_for_good
	make_foreign
	kill "$api"
	wait_for 5 gone "$api"
	hupd_start
	wait_for 5 logged 'records: its format is of another release; only'
	[ "$(pid_of web)" = "$web" ]
	other_api() {
		is_state api up && [ "$(pid_of api)" != "$api" ]
	}
	wait_for 5 other_api
	# They are this release's now, and a reload restarts nobody.
	api=$(pid_of api)
	crash
	run -0 ctl reload
	[ "$(pid_of web) $(pid_of api)" = "$web $api" ]
	ctl stop web
	gone "$web"
}

@test "another release's records that say too much are reported" {
	too_many() {
		make_foreign
		edit nslots 4000000
	}
	after_edit too_many
	wait_for 5 logged 'records: its format is of another release, nothing is'
}

@test "a file that is no record file is reported" {
	after_edit edit magic gibberis
	wait_for 5 logged 'records: it is damaged, nothing is taken over'
}

@test "more programs than one page of them" {
	for ((i = 0; i < 150; i++)); do
		sleeper "p$i"
	done
	hupd_start
	all_up() {
		[ "$(ctl status 2>/dev/null | grep -c ' up ')" -eq "$1" ]
	}
	wait_for 20 all_up 150
	snapshot >"$T/before"
	crash
	wait_for 10 all_up 150
	snapshot | diff "$T/before" -
	crash_for_good
	hupd_start
	wait_for 10 all_up 150
	ctl stop p149
	sleeper p150
	ctl reload
	wait_for 10 all_up 150
}

@test "a take-over that needs more room than they had" {
	sleeper web
	hupd_start
	wait_for 5 is_state web up
	web=$(pid_of web)
	crash_for_good
	for i in {1..600}; do
		printf 'command = true\nautostart = no\n' >"$T/hupd.d/p$i.conf"
	done
	"$HUPD" -nv -f "$T/hupd.conf" >"$T/run/running"
	hupd_start
	[ "$(pid_of web)" = "$web" ]
	[ "$(ctl status | grep -c ' down ')" -eq 600 ]
	run ! logged 'killed or crashed'
}

@test "a program that cannot be recorded is not started" {
	needs_root
	mkdir "$T/run"
	mount -t tmpfs -o size=64k,mode=711 none "$T/run" ||
	    skip "may not mount"
	for ((i = 0; i < 60; i++)); do
		sleeper "p$i"
	done
	hupd_start
	pid=$(hupd_pid)
	for ((; i < 70; i++)); do
		sleeper "p$i"
	done
	dd if=/dev/zero of="$T/run/filler" bs=4k 2>/dev/null || :
	run -6 ctl reload
	[[ $output = *'cannot be recorded: No space left on device'* ]]
	rm "$T/run/filler"
	[ "$(hupd_pid)" = "$pid" ]
	hupd_stop
	wait_for 5 umount "$T/run"
}
