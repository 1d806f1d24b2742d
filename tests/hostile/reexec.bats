# Re-execution takes a program file that only root can have written.
load helper

@test "a trial of a program file writes nothing" {
	sleeper web
	echo precious >"$T/file"
	cp "$T/file" "$T/copy"
	HUPD_RECORDS=5 hupd_env "$HUPD" -n -f "$T/hupd.conf" 5<>"$T/file" || :
	cmp "$T/file" "$T/copy"
}

@test "a program file that somebody else can write is not executed" {
	local pid
	cp "$HUPD" "$T/hupd"
	sleeper web
	hupd_env "$T/hupd" -f "$T/hupd.conf"
	pid=$(hupd_pid)
	wait_for 5 is_state web up
	rm "$T/hupd"
	cp "$HUPD" "$T/hupd"
	chown 54321 "$T/hupd"
	run ! ctl reexec
	[[ $output == *54321* ]] || [[ $output == *owner* ]]
	rm "$T/hupd"
	cp "$HUPD" "$T/hupd"
	chmod 777 "$T/hupd"
	run ! ctl reexec
	chmod 755 "$T/hupd"
	ctl reexec
	[ "$(hupd_pid)" = "$pid" ]
	is_state web up
}
