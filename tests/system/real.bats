#!/usr/bin/env bats
# Real programs from their packages, run by the shipped examples: on free ports
# of the loopback interface, in the folder of the test.

load helper

setup() {
	hupd_setup
	PATH=$PATH:/usr/sbin:/sbin
}

# nginx_setup: a server in $T/www that answers with $ANSWER, on $PORT.
nginx_setup() {
	PORT=$(free_port)
	mkdir -m 755 "$T/www"
	nginx_answers one
	example nginx -e "s,= nginx,& -p $T/www -c $T/www/nginx.conf \
-e /dev/stderr,"
}

nginx_answers() {
	cat >"$T/www/nginx.conf" <<-E
	worker_processes 1;
	pid $T/www/pid;
	error_log /dev/stderr notice;
	events { worker_connections 256; }
	http {
		access_log /dev/stdout;
		client_body_temp_path $T/www/body;
		proxy_temp_path $T/www/proxy;
		fastcgi_temp_path $T/www/fastcgi;
		uwsgi_temp_path $T/www/uwsgi;
		scgi_temp_path $T/www/scgi;
		server {
			listen 127.0.0.1:$PORT;
			location / { return 200 "$1\n"; }
		}
	}
	E
}

answer_is() {
	[ "$(curl -s --max-time 20 "http://127.0.0.1:$PORT/")" = "$1" ]
}

@test "redis-server says that it is ready" {
	no_valgrind 'it has descriptors of its own'
	local port port2 taken
	needs_commands redis-server redis-cli python3
	port=$(free_port)
	mkdir "$T/redis"
	! may_be redis || chown redis "$T/redis"
	cat >"$T/redis.conf" <<-E
	port $port
	bind 127.0.0.1
	save ""
	E
	example redis -e "s,/etc/redis/redis.conf,$T/redis.conf," \
	    -e "s,^directory.*,directory = $T/redis," -e s/65535/1024/
	hupd_start
	wait_for 20 is_state redis up
	[ "$(redis-cli -p "$port" ping)" = PONG ]
	wait_for 5 logged 'redis: starting -> up (ready)'
	wait_for 5 printed redis 'Ready to accept connections'
	ctl restart redis
	[ "$(redis-cli -p "$port" ping)" = PONG ]
	# A port that is in use: the previous one returns.
	port2=$(free_port)
	python3 -c 'import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
time.sleep(1000)' "$port2" &
	taken=$!
	bound() {
		! python3 -c 'import socket, sys
socket.socket().bind(("127.0.0.1", int(sys.argv[1])))' "$port2" 2>/dev/null
	}
	wait_for 5 bound
	sed -i "s/--supervised/--port $port2 &/" "$T/hupd.d/redis.conf"
	run -1 ctl reload
	kill "$taken"
	[[ $output = *'previous definition restored'* ]]
	[[ $output = *ddress\ already\ in\ use* ]]
	[ "$(redis-cli -p "$port" ping)" = PONG ]
}

@test "nginx takes a new configuration under load, and fails no request" {
	local load before n loads=()
	needs_commands nginx curl python3
	nginx_setup
	hupd_start
	wait_for 10 answer_is one
	before=$(pid_of nginx)
	: >"$T/failed"
	rm -f "$T/enough"
	for load in 1 2; do
		(
			until [ -e "$T/enough" ]; do
				curl -s --max-time 60 -o /dev/null \
				    "http://127.0.0.1:$PORT/" ||
				    echo $? >>"$T/failed"
				echo >>"$T/asked.$load"
			done
		) 3>&- &
		loads+=($!)
	done
	for n in 2 3 4 5; do
		nginx_answers "$n"
		run -0 ctl reload nginx
		wait_for 10 answer_is "$n"
		run -0 ctl reload
	done
	wait_for 10 eval '[ "$(cat "$T"/asked.* | wc -l)" -gt 10 ]'
	touch "$T/enough"
	wait "${loads[@]}"
	[ ! -s "$T/failed" ]
	[ "$(pid_of nginx)" = "$before" ]
	wait_for 5 printed nginx '"GET / HTTP/1.1" 200'
	ctl stop nginx
	wait_for 5 eval '[ -z "$(pgrep -f "$T/www/nginx.conf")" ]'
}

@test "nginx of another user opens /dev/stdout again" {
	needs_root
	needs_commands nginx curl python3
	nginx_setup
	echo 'user = nobody' >>"$T/hupd.d/nginx.conf"
	echo "directory = /" >>"$T/hupd.d/nginx.conf"
	chown -R nobody "$T/www"
	hupd_start
	wait_for 10 answer_is one
	wait_for 5 printed nginx '"GET / HTTP/1.1" 200'
	[ "$(stat -c %U "/proc/$(pid_of nginx)")" = nobody ]
}

@test "memcached serves, and is restarted when it is killed" {
	local port pid
	needs_commands memcached python3
	port=$(free_port)
	example memcached -e "s,= memcached,& -p $port -U 0,"
	hupd_start
	serves() {
		python3 - "$port" <<-'E'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
		s.sendall(b"set k 0 0 1\r\nv\r\nget k\r\n")
		got = b""
		while not got.endswith(b"END\r\n"):
		    got += s.recv(100)
		sys.exit(b"STORED\r\nVALUE k 0 1\r\nv\r\n" not in got)
		E
	}
	wait_for 10 serves 2>/dev/null
	pid=$(pid_of memcached)
	kill -KILL "$pid"
	other() {
		is_state memcached up && [ "$(pid_of memcached)" != "$pid" ]
	}
	wait_for 5 other
	wait_for 10 serves 2>/dev/null
	wait_for 5 logged 'memcached: up -> .*killed by SIGKILL'
}

@test "systemd-notify of a shell script is understood" {
	needs_commands systemd-notify
	program web <<-'E'
	command = sh -c 'systemd-notify --ready --status="all is well"; \
exec sleep 1000'
	ready = notify
	E
	sed -i ':a; /\\$/N; s/\\\n//; ta' "$T/hupd.d/web.conf"
	hupd_start
	wait_for 10 is_state web up
	ctl -j status web | grep -q 'all is well'
}
