# hupctl trusts a socket of root or of its own user, and no other.
load helper

squat() {
	mkdir -m 755 "$1"
	chown 54321 "$1"
	attack as 54321 "$HUPD_BUILD/tools/attack" listen "$1/hupd.sock" "$2"
	wait_for 5 grep -q ready "$T/attack.out"
}

teardown() {
	pkill -9 -f 'tools/attack listen' || :
	rm -rf /tmp/hupd-23457
	hupd_teardown
}

@test "a squatted socket of a user without XDG_RUNTIME_DIR is not trusted" {
	local home=$T/home victim=$T/victim.conf
	mkdir -p "$home/.config/hupd/hupd.d"
	echo 'command = sleep 1' | tee "$victim" \
	    >"$home/.config/hupd/hupd.d/web.conf"
	chown -R 23457:23457 "$home" "$victim"
	squat /tmp/hupd-23457 "paths log-dir=$T program-dir=$T config=$T/x log=x
end 0
"
	cp "$HUPCTL" "$T/hupctl"
	cp "$victim" "$T/web.conf"
	run ! as 23457 env -i HOME="$home" PATH="$PATH" "$T/hupctl" status
	[[ $output == *54321* ]]
	run ! as 23457 env -i HOME="$home" PATH="$PATH" "$T/hupctl" remove web
	[ -e "$T/web.conf" ]
	[ -e "$home/.config/hupd/hupd.d/web.conf" ]
}

@test "a socket named by -s is used, with a warning" {
	squat "$T/squat" "pong pid=1 version=9 execs=0
end 0
"
	cp "$HUPCTL" "$T/hupctl"
	run -0 as 23457 "$T/hupctl" -s "$T/squat/hupd.sock" ping
	[[ $output == *54321* ]]
	run -0 "$HUPCTL" -s "$T/squat/hupd.sock" ping
	[[ $output == *54321* ]]
}
