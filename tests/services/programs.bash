# shellcheck shell=bash
# programs.bash - real programs from their packages, as an administrator would
# write them down for hupd.  For each program NAME:
#
#	make_NAME	write its files below $T/NAME, and its definition
#	asks_NAME	does it serve?
#
# A program that does not announce its reloads gets the signal by a command.
#
# $T is the folder of the set, $D that of the program, $PORT its own port of
# the loopback interface.  A program whose package is not there is left out.

# The name has the version in it.
PHP_FPM=$(PATH=$PATH:/usr/sbin compgen -c php-fpm | sort -V | tail -n 1)
# name and binary
# shellcheck disable=SC2034
PROGRAMS="redis:redis-server nginx:nginx memcached:memcached
haproxy:haproxy mosquitto:mosquitto gunicorn:gunicorn unbound:unbound
knot:knotd chrony:chronyd apache:apache2 phpfpm:$PHP_FPM uwsgi:uwsgi
dovecot:dovecot postgresql:pg_ctlcluster mariadb:mariadbd"

# A program that is started with an option that it does not know ends.
wrong_option() {
	case $1 in
	# It ignores what follows its options.
	apache) echo '-c NoSuchDirective' ;;
	*) echo --no-such-option ;;
	esac
}

# define NAME: its definition from stdin.
define() {
	(umask 022 && cat >"$T/hupd.d/$1.conf")
}

# file NAME: a file in $D from stdin.
file() {
	(umask 022 && cat >"$D/$1")
}

fetches() {
	[ "$(curl -s --max-time 20 "$1")" = "$2" ]
}

make_redis() {
	chown redis "$D"
	file redis.conf <<-E
	port $PORT
	bind 127.0.0.1
	dir $D
	E
	define redis <<-E
	command = redis-server $D/redis.conf --supervised systemd --daemonize no
	user = redis
	directory = $D
	ready = notify
	E
}

asks_redis() {
	[ "$(redis-cli -p "$PORT" ping 2>&1)" = PONG ]
}

make_nginx() {
	file nginx.conf <<-E
	daemon off;
	worker_processes 2;
	pid $D/pid;
	error_log /dev/stderr notice;
	events { worker_connections 64; }
	http {
		access_log off;
		client_body_temp_path $D/body;
		proxy_temp_path $D/proxy;
		fastcgi_temp_path $D/fastcgi;
		uwsgi_temp_path $D/uwsgi;
		scgi_temp_path $D/scgi;
		server {
			listen 127.0.0.1:$PORT;
			location / { return 200 "nginx\n"; }
		}
	}
	E
	define nginx <<-E
	command = nginx -e /dev/stderr -c $D/nginx.conf
	reload-signal = HUP
	stop-signal = QUIT
	E
}

asks_nginx() {
	fetches "http://127.0.0.1:$PORT/" nginx
}

make_memcached() {
	define memcached <<-E
	command = memcached -l 127.0.0.1 -p $PORT -U 0
	user = nobody
	E
}

asks_memcached() {
	[[ $(printf 'version\r\nquit\r\n' | curl -s --max-time 20 \
	    "telnet://127.0.0.1:$PORT") = VERSION* ]]
}

make_haproxy() {
	file haproxy.cfg <<-E
	global
	    maxconn 100
	defaults
	    mode http
	    timeout connect 5s
	    timeout client 5s
	    timeout server 5s
	frontend web
	    bind 127.0.0.1:$PORT
	    http-request return status 200 content-type text/plain string haproxy
	E
	define haproxy <<-E
	command = haproxy -Ws -f $D/haproxy.cfg -p $D/pid
	ready = notify
	reload-signal = USR2
	stop-signal = USR1
	E
}

asks_haproxy() {
	fetches "http://127.0.0.1:$PORT/" haproxy
}

make_mosquitto() {
	file mosquitto.conf <<-E
	listener $PORT 127.0.0.1
	allow_anonymous true
	log_dest stderr
	E
	define mosquitto <<-E
	command = mosquitto -c $D/mosquitto.conf
	user = mosquitto
	ready = notify
	reload-command = sh -c 'kill -HUP \$MAINPID'
	E
}

# CONNECT is answered by CONNACK.
asks_mosquitto() {
	python3 - "$PORT" <<-'E'
	import socket, sys
	s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
	s.settimeout(20)
	s.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02me")
	sys.exit(s.recv(4) != b"\x20\x02\x00\x00")
	E
}

make_gunicorn() {
	file app.py <<-'E'
	def app(environ, start):
	    start("200 OK", [("Content-Type", "text/plain")])
	    return [b"gunicorn"]
	E
	define gunicorn <<-E
	command = gunicorn -w 2 -b 127.0.0.1:$PORT app:app
	user = nobody
	directory = $D
	env = PYTHONDONTWRITEBYTECODE=1
	ready = notify
	reload-command = sh -c 'kill -HUP \$MAINPID'
	E
}

asks_gunicorn() {
	fetches "http://127.0.0.1:$PORT/" gunicorn
}

make_unbound() {
	file unbound.conf <<-E
	server:
	    interface: 127.0.0.1
	    port: $PORT
	    username: unbound
	    chroot: ""
	    directory: "$D"
	    pidfile: "$D/pid"
	    use-syslog: no
	    local-zone: "test." static
	    local-data: "a.test. A 192.0.2.1"
	remote-control:
	    control-enable: no
	E
	define unbound <<-E
	command = unbound -d -c $D/unbound.conf
	ready = notify
	reload-signal = HUP
	E
}

# answers NAME ADDRESS: ask the name server on $PORT for an A record.
answers() {
	python3 - "$PORT" "$1" "$2" <<-'E'
	import socket, sys
	name = b"".join(bytes([len(p)]) + p.encode()
	    for p in sys.argv[2].split("."))
	ask = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + name + b"\x00\x00\x01\x00\x01"
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(5)
	s.connect(("127.0.0.1", int(sys.argv[1])))
	s.send(ask)
	sys.exit(socket.inet_aton(sys.argv[3]) not in s.recv(512))
	E
}

asks_unbound() {
	answers a.test 192.0.2.1 2>/dev/null
}

make_knot() {
	chown knot "$D"
	file knot.conf <<-E
	server:
	    rundir: "$D"
	    listen: 127.0.0.1@$PORT
	database:
	    storage: "$D"
	log:
	  - target: stderr
	    any: info
	zone:
	  - domain: b.test
	    file: "$D/b.zone"
	E
	file b.zone <<-'E'
	$ORIGIN b.test.
	$TTL 60
	@ SOA ns hostmaster 1 60 60 60 60
	@ NS ns
	ns A 192.0.2.2
	E
	define knot <<-E
	command = knotd -c $D/knot.conf
	user = knot
	ready = notify
	reload-signal = HUP
	E
}

asks_knot() {
	answers ns.b.test 192.0.2.2 2>/dev/null
}

# -x: it does not touch the clock.
make_chrony() {
	mkdir -m 700 "$D/run"
	chown _chrony:_chrony "$D/run"
	file chrony.conf <<-E
	port $PORT
	cmdport 0
	local stratum 10
	allow 127.0.0.1
	bindcmdaddress $D/run/chronyd.sock
	pidfile $D/run/chronyd.pid
	E
	define chrony <<-E
	command = chronyd -d -x -u _chrony -f $D/chrony.conf
	E
}

asks_chrony() {
	[[ $(chronyc -h "$D/run/chronyd.sock" tracking 2>&1) = *'Stratum'* ]]
}

make_apache() {
	file apache.conf <<-E
	ServerRoot $D
	ServerName localhost
	PidFile $D/pid
	Mutex file:$D default
	Listen 127.0.0.1:$PORT
	User www-data
	Group www-data
	ErrorLog /dev/stderr
	LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
	LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
	DocumentRoot $D/www
	E
	mkdir -m 755 "$D/www"
	echo apache | file www/index
	define apache <<-E
	command = apache2 -D FOREGROUND -f $D/apache.conf
	reload-signal = USR1
	stop-signal = WINCH
	E
}

asks_apache() {
	fetches "http://127.0.0.1:$PORT/index" apache
}

make_phpfpm() {
	file fpm.conf <<-E
	[global]
	pid = $D/pid
	error_log = /dev/stderr
	[www]
	user = www-data
	listen = 127.0.0.1:$PORT
	pm = static
	pm.max_children = 2
	ping.path = /ping
	E
	define phpfpm <<-E
	command = $PHP_FPM -F -n -y $D/fpm.conf
	ready = notify
	reload-command = sh -c 'kill -USR2 \$MAINPID'
	stop-signal = QUIT
	E
}

# A FastCGI request for the ping page.
asks_phpfpm() {
	python3 - "$PORT" 2>/dev/null <<-'E'
	import socket, struct, sys
	def record(kind, data):
	    return struct.pack(">BBHHBB", 1, kind, 1, len(data), 0, 0) + data
	env = {"SCRIPT_NAME": "/ping", "SCRIPT_FILENAME": "/ping",
	    "REQUEST_METHOD": "GET"}
	params = b"".join(bytes([len(k), len(v)]) + (k + v).encode()
	    for k, v in env.items())
	s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
	s.settimeout(20)
	s.sendall(record(1, b"\x00\x01" + bytes(6)) + record(4, params) +
	    record(4, b"") + record(5, b""))
	got = b""
	while True:
	    more = s.recv(4096)
	    if not more:
	        break
	    got += more
	sys.exit(b"pong" not in got)
	E
}

make_uwsgi() {
	file app.py <<-'E'
	def application(environ, start):
	    start("200 OK", [("Content-Type", "text/plain")])
	    return [b"uwsgi"]
	E
	define uwsgi <<-E
	command = uwsgi --master --http-socket 127.0.0.1:$PORT --plugin python3 --wsgi-file app.py --die-on-term
	user = nobody
	group = nogroup
	directory = $D
	env = PYTHONDONTWRITEBYTECODE=1
	reload-signal = HUP
	E
}

asks_uwsgi() {
	fetches "http://127.0.0.1:$PORT/" uwsgi
}

make_dovecot() {
	file dovecot.conf <<-E
	base_dir = $D/run
	state_dir = $D/state
	log_path = /dev/stderr
	protocols =
	listen = 127.0.0.1
	ssl = no
	service stats {
	  unix_listener stats-writer {
	    mode = 0600
	  }
	}
	E
	define dovecot <<-E
	command = dovecot -F -c $D/dovecot.conf
	ready = notify
	reload-signal = HUP
	E
}

asks_dovecot() {
	doveadm -c "$D/dovecot.conf" service status >/dev/null 2>&1
}

make_postgresql() {
	local bin
	bin=$(find /usr/lib/postgresql -path '*/bin/postgres' | sort -V |
	    tail -n 1)
	bin=${bin%/*}
	mkdir -m 700 "$D/data"
	chown postgres "$D" "$D/data"
	(cd / && setpriv --reuid=postgres --regid=postgres --clear-groups -- \
	    "$bin/initdb" -D "$D/data" -A trust -N) >"$D/initdb"
	cat >>"$D/data/postgresql.conf" <<-E
	listen_addresses = '127.0.0.1'
	port = $PORT
	unix_socket_directories = ''
	fsync = off
	E
	define postgresql <<-E
	command = $bin/postgres -D $D/data
	user = postgres
	ready = notify
	reload-command = sh -c 'kill -HUP \$MAINPID'
	stop-signal = INT
	E
}

asks_postgresql() {
	[ "$(psql -h 127.0.0.1 -p "$PORT" -U postgres -Atc 'select 6 * 7' \
	    postgres 2>/dev/null)" = 42 ]
}

make_mariadb() {
	mkdir -m 755 "$D/data"
	chown mysql "$D" "$D/data"
	mariadb-install-db --no-defaults --user=mysql --datadir="$D/data" \
	    --auth-root-authentication-method=normal >"$D/install" 2>&1 ||
	    { cat "$D/install"; return 1; }
	define mariadb <<-E
	command = mariadbd --no-defaults --datadir=$D/data --socket=$D/sock --port=$PORT --bind-address=127.0.0.1
	user = mysql
	ready = notify
	reload-command = sh -c 'kill -HUP \$MAINPID'
	E
}

asks_mariadb() {
	[ "$(mariadb --no-defaults -u root -S "$D/sock" -Nse 'select 6 * 7' \
	    2>/dev/null)" = 42 ]
}
