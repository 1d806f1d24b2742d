#!/usr/bin/env bats
# The shipped examples are valid, together and as they stand.

load helper

# all_examples [FOLDER]: all but those of accounts that are not on this machine.
all_examples() {
	local file user
	for file in "$TOP/examples${1-}"/*.conf; do
		user=$(sed -n 's/^user = //p' "$file")
		[ -z "$user" ] || getent passwd "$user" >/dev/null || continue
		install -m 644 "$file" "$T/hupd.d"
	done
}

@test "examples are accepted" {
	needs_root
	all_examples
	run -0 hupd_env "$HUPD" -f "$T/hupd.conf" -n
	only_missing
	all_examples /services
	run -0 hupd_env "$HUPD" -f "$T/hupd.conf" -n
	only_missing
}

@test "their canonical form parses to itself" {
	needs_root
	all_examples
	hupd_env "$HUPD" -f "$T/hupd.conf" -nv >"$T/once"
	chmod 644 "$T/once"
	[ "$(grep -c '^program = ' "$T/once")" -eq \
	    "$(find "$T/hupd.d" -name '*.conf' | wc -l)" ]
	hupd_env "$HUPD" -f "$T/once" -nv | diff "$T/once" -
}

@test "the TCP server becomes ready and greets" {
	needs_commands python3
	port=$(free_port)
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

@test "a program waits for a task that runs once" {
	example prepare -e "s,/run/app,$T/app,"
	example app -e "s,/run/app,$T/app," -e '/^depends-on = redis/d'
	hupd_start
	wait_for 5 is_state app up
	is_state prepare 'done'
	[ -d "$T/app" ]
	[ "$(readlink "/proc/$(pid_of app)/cwd")" = "$T/app" ]
	wait_for 5 printed app 'hello$'
}

@test "the file server takes its held socket, through a restart" {
	local port
	needs_commands python3 curl
	port=$(free_port)
	example files -e "s/:8000/:$port/"
	hupd_start
	wait_for 5 is_state files up
	curl -s --max-time 60 -o /dev/null "http://127.0.0.1:$port/"
	ctl restart files
	curl -s --max-time 60 -o /dev/null "http://127.0.0.1:$port/"
}

@test "the web application answers, and is well" {
	local port pid get=(curl -s --max-time 60)
	needs_commands python3 curl
	port=$(free_port)
	install -m 755 "$TOP/examples/src/webapp.py" "$T/webapp"
	example webapp -e "s,/usr/local/libexec/webapp,$T/webapp," \
	    -e "s/8080/$port/" -e 's/^health-interval.*/health-interval = 100ms/' \
	    -e 's/^watchdog.*/watchdog = 1h/' -e '$ahealth-retries = 1000000'
	hupd_start
	wait_for 30 is_state webapp up
	pid=$(pid_of webapp)
	[ "$("${get[@]}" "http://127.0.0.1:$port/")" = "hello from pid $pid" ]
	[ "$("${get[@]}" "http://127.0.0.1:$port/none")" = "no such page" ]
	wait_for 30 eval 'ctl status webapp | grep -qx "  health    healthy"'
	ctl -j status webapp | grep -q "listens on port $port"
	run -0 ctl stop webapp
	ctl -j status webapp | grep -q '"exit": *"exited, status 0"'
}

@test "a PostgreSQL server that hangs is found and restarted" {
	local bin pid as=()
	bin=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null |
	    sort -V | tail -n 1)
	[ -n "$bin" ] || skip "needs PostgreSQL"
	bin=${bin%/*}
	mkdir -m 700 "$T/data"
	if [ "$(id -u)" -eq 0 ]; then
		getent passwd postgres >/dev/null || skip "needs user postgres"
		chown postgres "$T/data"
		as=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
	fi
	chmod 1777 "$T"
	(cd / && "${as[@]}" "$bin/initdb" -D "$T/data" -A trust -N) \
	    >"$T/initdb"
	cat >>"$T/data/postgresql.conf" <<-E
	listen_addresses = ''
	unix_socket_directories = '$T'
	fsync = off
	E
	example postgresql -e "s,/usr/lib/postgresql/15/bin,$bin," \
	    -e "s,-D /etc/postgresql/15/main,-D $T/data," -e '/^directory/d' \
	    -e "s,bin/pg_isready,& -t 2 -h $T,"
	printf 'health-retries = 1000000\nhealth-interval = 100ms\n' \
	    >>"$T/hupd.d/postgresql.conf"
	hupd_start
	wait_for 60 is_state postgresql up
	pid=$(pid_of postgresql)
	asks() {
		[ "$("${as[@]}" "$bin/psql" -h "$T" -d postgres -U postgres \
		    -Atc 'select 6 * 7' 2>/dev/null)" = 42 ]
	}
	wait_for 30 asks
	wait_for 30 eval 'ctl status postgresql | grep -qx "  health    healthy"'
	kill -STOP "$pid"
	wait_for 30 logged "postgresql: unhealthy .*: exited, status 2, output: .*no response"
	sed -i 's/^health-retries.*/health-retries = 1/' \
	    "$T/hupd.d/postgresql.conf"
	run -0 ctl reload
	wait_for 30 logged 'postgresql: up -> stopping (unhealthy): unhealthy, SIGINT'
	wait_for 60 asks
	[ "$(pid_of postgresql)" != "$pid" ]
	run -0 ctl stop postgresql
}
