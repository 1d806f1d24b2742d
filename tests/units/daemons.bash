# shellcheck shell=bash disable=SC2034
# daemons.bash - what the tests know about each daemon: its packages and its unit,
# what an administrator has to do before it starts, and a question that shows
# that it serves.  For a daemon NAME:
#
#	packages_NAME	what to install, if not the package NAME
#	units_NAME	the units to import, if not NAME.service
#	program_NAME	the program of hupd, if not NAME
#	example_NAME	the file of examples/services, if not NAME
#	adapt_NAME	what sed changes in the example for a container
#	prepare_NAME	run before the boot, with the root in $R
#	changes_NAME	what it changes by itself, as the program promises calls it
#	lost_NAME	promises that the import reports as lost
#	before_restart_NAME, after_restart_NAME	more about a restart
#	no_reload_NAME	why its reload is not tried, for the table
#	asks_NAME	does it serve?  Run beside the machine, with its network
#
# A daemon is left as its package has it, where that serves.

# net COMMAND ...: a command of the host in the network of the machine.
net() {
	nsenter -t "$(cat "$TOP/build/init/run/$NAME/pid")" -n -- \
	    timeout 20 "$@" 2>/dev/null
}

# says REGEX COMMAND ...: the output of the command matches.
says() {
	local regex=$1
	shift
	"$@" 2>/dev/null | grep -a -q -e "$regex"
}

# web PORT [PATH]: something answers by HTTP.
web() {
	net curl -s -o /dev/null --max-time 10 "http://127.0.0.1:$1/${2-}"
}

# talk PORT|PATH TEXT REGEX: send that, and look at the answer.
talk() {
	local to=$1
	[[ $1 != /* ]] ||
	    to=/proc/$(cat "$TOP/build/init/run/$NAME/pid")/root$1
	says "$3" net python3 -c '
import socket, sys
to = sys.argv[1]
if to[0] == "/":
    s = socket.socket(socket.AF_UNIX)
    s.connect(to)
else:
    s = socket.create_connection(("127.0.0.1", int(to)), 5)
s.settimeout(5)
if sys.argv[2]:
    s.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
print("connected", s.recv(4096) if sys.argv[3] else "")' "$to" "$2" "$3"
}

# resolves PORT NAME TYPE: a name server answers, with whatever status.
resolves() {
	net python3 -c '
import socket, sys
name = b"".join(bytes([len(p)]) + p.encode() for p in sys.argv[2].split("."))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.send(b"\x12\x34\x01\x00\x00\x01" + bytes(6) + name + b"\x00\x00\x01\x00\x01")
sys.exit(s.recv(512)[:2] != b"\x12\x34")' "$1" "$2"
}

changes_nginx="Umask"
packages_nginx="nginx-light"
asks_nginx() { web 80; }

packages_cron="cron"
prepare_cron() {
	echo '* * * * * root touch /var/tmp/cron-ran' >"$R/etc/cron.d/test"
}
# It has read its tables.
asks_cron() { x test -e /run/crond.pid; }

packages_redis="redis-server"
units_redis="redis-server.service"
program_redis="redis-server"
asks_redis() { says PONG x redis-cli ping; }

changes_memcached="LimitNOFILE hard"
asks_memcached() { talk 11211 'version\r\n' VERSION; }

asks_mosquitto() {
	talk 1883 '\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02me' 'x02'
}

packages_ssh="openssh-server"
prepare_ssh() {
	mkdir -p "$R/root/.ssh"
	chroot "$R" ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
	cp "$R/root/.ssh/id_ed25519.pub" "$R/root/.ssh/authorized_keys"
	chmod 700 "$R/root/.ssh"
}
asks_ssh() { talk 22 '' SSH-2; }
# A session survives the restart, by KillMode=process.
before_restart_ssh() {
	x mkfifo /root/in
	# Opened for both, since the session must not see an end.
	x setsid sh -c 'ssh -o StrictHostKeyChecking=no -o BatchMode=yes \
	    localhost cat <>/root/in >/root/out 2>/root/err &'
	session_ssh before
}
after_restart_ssh() {
	session_ssh after && [ "$(field ssh left_processes)" -gt 0 ]
}
session_ssh() {
	timeout 20 sh -c "echo $1 >'$(root)/root/in'"
	wait_for 4 grep -q "$1" "$(root)/root/out" || {
		cat "$(root)/root/err"
		return 1
	}
}

changes_haproxy="LimitNOFILE soft"
asks_haproxy() { talk /run/haproxy/admin.sock 'show info\n' Uptime; }

packages_postgresql="postgresql-15"
units_postgresql="postgresql@15-main.service"
program_postgresql="postgresql@15-main"
changes_postgresql="Umask"
asks_postgresql() {
	says 42 x setpriv --reuid=postgres --regid=postgres --clear-groups \
	    psql -Atc 'select 6 * 7'
}

packages_mariadb="mariadb-server"
changes_mariadb="Umask"
asks_mariadb() { says 42 x mariadb -Nse 'select 6 * 7'; }

packages_phpfpm="php8.2-fpm"
example_phpfpm="php-fpm"
units_phpfpm="php8.2-fpm.service"
program_phpfpm="php8.2-fpm"
asks_phpfpm() { talk /run/php/php8.2-fpm.sock '' ''; }

packages_named="bind9"
changes_named="LimitNOFILE soft"
asks_named() { resolves 53 localhost; }

# Its start-pre copies the key of the root zone from there.
packages_unbound="unbound dns-root-data"
changes_unbound="LimitNOFILE soft|LimitNOFILE hard"
asks_unbound() { resolves 53 localhost; }

prepare_knot() {
	sed -i '/^server:/a\    listen: 127.0.0.1@53' "$R/etc/knot/knot.conf"
}
changes_knot="CapBnd|CapAmb|Umask"
asks_knot() { resolves 53 localhost; }

# A container may not set the clock.
prepare_chrony() {
	echo 'DAEMON_OPTS="-F 1 -x"' >"$R/etc/default/chrony"
}
adapt_chrony="s/chronyd -n/& -x/"
asks_chrony() { says 'Reference ID' x chronyc -n tracking; }

packages_dovecot="dovecot-imapd"
changes_dovecot="Umask"
asks_dovecot() { talk 143 '' OK; }

packages_postfix="postfix"
units_postfix="postfix@-.service"
program_postfix="postfix"
changes_postfix="Umask|LimitNOFILE soft"
asks_postfix() { talk 25 '' 220; }

asks_prometheus() { web 9090 -/ready; }

packages_nodeexporter="prometheus-node-exporter"
units_nodeexporter="prometheus-node-exporter.service"
program_nodeexporter="prometheus-node-exporter"
# Its unit sends SIGHUP, which it does not know.
no_reload_nodeexporter="ends it"
changes_nodeexporter="LimitNOFILE soft"
asks_nodeexporter() { web 9100 metrics; }

changes_apache2="LimitNOFILE soft|LimitNOFILE hard"
asks_apache2() { web 80; }

asks_rsyslog() { x logger -t test --socket-errors=on question; }

packages_tor="tor"
units_tor="tor@default.service"
program_tor="tor@default"
asks_tor() { talk 9050 '\x05\x01\x00' 'x05'; }

changes_squid="Umask"
asks_squid() { web 3128; }

asks_varnish() { web 6081; }

packages_cups="cups-daemon"
changes_cups="LimitNOFILE soft"
asks_cups() { web 631; }

packages_avahi="avahi-daemon dbus"
units_avahi="avahi-daemon.service"
program_avahi="avahi-daemon"
# Its root is a folder without /dev.
changes_avahi="PrivateDevices"
asks_avahi() { talk /run/avahi-daemon/socket 'HELP\n' Available; }

DAEMONS="nginx cron redis memcached mosquitto ssh haproxy postgresql mariadb phpfpm
named unbound knot chrony dovecot postfix prometheus nodeexporter apache2 rsyslog tor
squid varnish cups avahi cron:openrc"
# With a file of examples/services.
EXAMPLES_OF="nginx ssh postgresql mariadb redis haproxy phpfpm named chrony postfix
dovecot prometheus redis:openrc named:openrc"
