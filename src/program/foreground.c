/*
 * foreground - how well-known daemons are kept in the foreground.
 */
#include <ctype.h>
#include <string.h>

#include "program/foreground.h"

static const struct {
	const char *name;
	const char *how;
} daemons[] = {
    {"acpid", "with -f"},
    {"apache2", "with -DFOREGROUND"},
    {"apache2ctl", "with -DFOREGROUND"},
    {"apachectl", "with -DFOREGROUND"},
    {"atd", "with -f"},
    {"avahi-daemon", "without -D"},
    {"bird", "with -f"},
    {"chronyd", "with -n"},
    {"cron", "with -f"},
    {"crond", "with -n (cronie) or -f (busybox)"},
    {"dbus-daemon", "with --nofork"},
    {"dhclient", "with -d"},
    {"dhcpcd", "with -B"},
    {"dhcpd", "with -f"},
    {"dnsmasq", "with --keep-in-foreground"},
    {"dovecot", "with -F"},
    {"exim", "with -bdf instead of -bd"},
    {"exim4", "with -bdf instead of -bd"},
    {"freeradius", "with -f"},
    {"gunicorn", "without --daemon"},
    {"haproxy", "with -db, or with -W and without -D"},
    {"hostapd", "without -B"},
    {"httpd", "with -DFOREGROUND (Apache), -f (busybox)"},
    {"in.tftpd", "with -L"},
    {"inetd", "with -i, -d or -f, see its manual"},
    {"irqbalance", "with --foreground"},
    {"keepalived", "with --dont-fork"},
    {"knotd", "without -d"},
    {"lighttpd", "with -D"},
    {"mariadbd", "without --daemonize"},
    {"master", "with 'postfix start-fg' as the command"},
    {"memcached", "without -d"},
    {"mongod", "without --fork"},
    {"monit", "with -I"},
    {"mosquitto", "without -d"},
    {"mysqld", "without --daemonize"},
    {"named", "with -f"},
    {"nginx", "with -g 'daemon off;'"},
    {"nmbd", "with --foreground --no-process-group"},
    {"nsd", "with -d"},
    {"ntpd", "with -n (ntp, ntpsec) or -d (openntpd)"},
    {"openvpn", "without --daemon"},
    {"pg_ctl", "with 'postgres -D FOLDER' as the command"},
    {"pg_ctlcluster", "with --foreground"},
    {"php-fpm", "with --nodaemonize"},
    {"postfix", "with 'postfix start-fg' as the command"},
    {"privoxy", "with --no-daemon"},
    {"proftpd", "with --nodaemon"},
    {"pure-ftpd", "without -B"},
    {"radiusd", "with -f"},
    {"redis-sentinel", "with --daemonize no"},
    {"redis-server", "with --daemonize no"},
    {"rpc.mountd", "with -F"},
    {"rpc.statd", "with -F"},
    {"rpcbind", "with -f"},
    {"rsyncd", "with --no-detach"},
    {"rsync", "with --no-detach"},
    {"rsyslogd", "with -n"},
    {"searchd", "with --nodetach"},
    {"slapd", "with -d 0"},
    {"smartd", "with -n"},
    {"smbd", "with --foreground --no-process-group"},
    {"smtpd", "with -F"},
    {"snmpd", "with -f"},
    {"spawn-fcgi", "with -n"},
    {"squid", "with --foreground"},
    {"sshd", "with -D"},
    {"stunnel", "with 'foreground = yes' in its file"},
    {"stunnel4", "with 'foreground = yes' in its file"},
    {"syslog-ng", "with -F"},
    {"tinyproxy", "with -d"},
    {"tor", "with --RunAsDaemon 0"},
    {"transmission-daemon", "with --foreground"},
    {"udhcpc", "with -f"},
    {"unbound", "with -d"},
    {"uwsgi", "without --daemonize"},
    {"valkey-server", "with --daemonize no"},
    {"varnishd", "with -F"},
    {"vsftpd", "with -obackground=NO"},
    {"winbindd", "with --foreground --no-process-group"},
    {"wpa_supplicant", "without -B"},
    {"xinetd", "with -dontfork"},
};

/* Is it the name, perhaps with a version as in php-fpm8.2? */
static int
is_named(const char *file, const char *name)
{
	const size_t n = strlen(name);

	if (strncmp(file, name, n) != 0)
		return 0;
	file += n;
	file += *file == '-' && isdigit((unsigned char)file[1]);
	return file[strspn(file, "0123456789.")] == '\0';
}

const char *
foreground_option(char *const *command)
{
	const char *slash = strrchr(command[0], '/');
	const char *file = slash != NULL ? slash + 1 : command[0];

	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (is_named(file, daemons[i].name))
			return daemons[i].how;
	return "(many programs have an option for that: -f, -D, --foreground "
	       "or --no-daemon)";
}
