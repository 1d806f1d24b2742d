#!/usr/bin/env bats
# The shipped examples are valid, together and as they stand.

load helper

@test "examples are accepted" {
	needs_root
	install -m 644 "$TOP"/examples/*.conf "$T/hupd.d"
	run -0 hupd_env "$HUPD" -f "$T/hupd.conf" -n
	[ -z "$output" ]
}

@test "their canonical form parses to itself" {
	needs_root
	install -m 644 "$TOP"/examples/*.conf "$T/hupd.d"
	hupd_env "$HUPD" -f "$T/hupd.conf" -nv >"$T/once"
	chmod 644 "$T/once"
	[ "$(grep -c '^program = ' "$T/once")" -eq \
	    "$(find "$TOP/examples" -name '*.conf' | wc -l)" ]
	hupd_env "$HUPD" -f "$T/once" -nv | diff "$T/once" -
}

@test "the TCP server becomes ready and greets" {
	port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	program greet <<-E
	command = "$HUPD_BUILD/examples/greet" $port hi
	env = READY_FD=3
	ready = fd:3
	E
	hupd_start
	wait_for 5 is_state greet up
	[ "$(cat <"/dev/tcp/127.0.0.1/$port")" = "hi from pid $(pid_of greet)" ]
	wait_for 5 printed greet 'greeted one$'
}
