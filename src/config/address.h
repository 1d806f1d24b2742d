/*
 * address - the addresses of listen-stream: a port, HOST:PORT, [V6]:PORT or the
 * path of a Unix domain socket.
 *
 * An address has one text, its canonical form, which parses to itself.  Names
 * of hosts are not looked up, except localhost, which is 127.0.0.1.
 *
 * Pure.  Sources: ip(7), ipv6(7), unix(7).
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

#include <net/if.h>
#include <netinet/in.h>

#include <stdbool.h>

/* The longest text, with its NUL. */
#define ADDRESS_MAX 128

struct address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
	/* Only a port: the IPv6 socket takes IPv4 too, if IPv6 exists. */
	bool is_port;
	char scope[IF_NAMESIZE]; /* the interface of "fe80::1%eth0", or "" */
};

/* -1: it is none, and *why says the reason. */
int address_parse(struct address *, const char *text, const char **why);
/* The canonical form. */
void address_print(const struct address *, char text[static ADDRESS_MAX]);
/*
 * The part of a canonical form by which two addresses are compared: "[::]:80"
 * and "80" are the same.
 */
const char *address_key(const char *text);
bool address_is_path(const char *text);
/*
 * The name of its descriptor in LISTEN_FDNAMES, where a colon separates names:
 * each colon is "_" there.
 */
void address_name(const char *text, char name[static ADDRESS_MAX]);

#endif
