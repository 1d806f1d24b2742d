/*
 * address - the addresses of listen-stream.
 */
#include <arpa/inet.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"

#define FORMS "is none of PORT, HOST:PORT, [V6]:PORT, an absolute path"

static int
refuse(const char **why, const char *reason)
{
	*why = reason;
	return -1;
}

static int
parse_path(struct address *a, const char *text, const char **why)
{
	size_t len = strlen(text);

	if (len >= sizeof(a->un.sun_path))
		return refuse(why,
		    "is longer than 107 bytes, the limit for a socket");
	if (text[len - 1] == '/')
		return refuse(why, "is a folder");
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, text, len + 1);
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return 0;
}

/* In network order. */
static int
parse_port(const char *text, in_port_t *port, const char **why)
{
	const char *bad;
	int n = (int)strtonum(text, 1, 65535, &bad);

	if (bad != NULL || *text < '0' || *text > '9')
		return refuse(why, "has no port from 1 to 65535");
	*port = htons((in_port_t)n);
	return 0;
}

static void
set_ip6(struct address *a, struct in6_addr host, in_port_t port)
{
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_addr = host;
	a->in6.sin6_port = port;
	a->len = sizeof(a->in6);
}

/* "[V6%INTERFACE]:PORT" */
static int
parse_ip6(struct address *a, const char *text, const char **why)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], *scope;
	const char *end = strchr(text, ']');
	struct in6_addr addr;
	in_port_t port;

	if (end == NULL || end[1] != ':' || (size_t)(end - text) > sizeof(host))
		return refuse(why, FORMS);
	memcpy(host, text + 1, (size_t)(end - text - 1));
	host[end - text - 1] = '\0';
	if ((scope = strchr(host, '%')) != NULL) {
		*scope++ = '\0';
		if (*scope == '\0' ||
		    strlcpy(a->scope, scope, sizeof(a->scope)) >=
			sizeof(a->scope))
			return refuse(why, "has no interface after %");
	}
	if (inet_pton(AF_INET6, host, &addr) != 1)
		return refuse(why, "has no IPv6 address between the brackets");
	if (parse_port(end + 2, &port, why) == -1)
		return -1;
	set_ip6(a, addr, port);
	return 0;
}

/* "HOST:PORT" */
static int
parse_ip4(struct address *a, const char *text, const char *colon,
    const char **why)
{
	char host[INET_ADDRSTRLEN];
	size_t len = (size_t)(colon - text);

	if (strchr(colon + 1, ':') != NULL)
		return refuse(why,
		    "an IPv6 address stands in brackets: [V6]:PORT");
	if (len == 0 || (len == 1 && *text == '*'))
		return refuse(why,
		    "for all addresses of the machine, write the port alone");
	if (len == strlen("localhost") && strncmp(text, "localhost", len) == 0)
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (len >= sizeof(host))
		return refuse(why,
		    "names of hosts are not looked up; write a numeric "
		    "address or localhost");
	else {
		memcpy(host, text, len);
		host[len] = '\0';
		if (inet_pton(AF_INET, host, &a->in.sin_addr) != 1)
			return refuse(why,
			    "names of hosts are not looked up; write a "
			    "numeric address or localhost");
	}
	a->in.sin_family = AF_INET;
	a->len = sizeof(a->in);
	return parse_port(colon + 1, &a->in.sin_port, why);
}

int
address_parse(struct address *a, const char *text, const char **why)
{
	const char *colon = strchr(text, ':');
	in_port_t port;

	memset(a, 0, sizeof(*a));
	if (*text == '/')
		return parse_path(a, text, why);
	if (*text == '[')
		return parse_ip6(a, text, why);
	if (colon != NULL)
		return parse_ip4(a, text, colon, why);
	if (*text < '0' || *text > '9')
		return refuse(why, FORMS);
	if (parse_port(text, &port, why) == -1)
		return -1;
	set_ip6(a, in6addr_any, port);
	a->is_port = true;
	return 0;
}

void
address_print(const struct address *a, char text[static ADDRESS_MAX])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (a->sa.sa_family == AF_UNIX)
		strlcpy(text, a->un.sun_path, ADDRESS_MAX);
	else if (a->is_port)
		snprintf(text, ADDRESS_MAX, "%d", ntohs(a->in6.sin6_port));
	else if (a->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof(host));
		snprintf(text, ADDRESS_MAX, "%s:%d", host,
		    ntohs(a->in.sin_port));
	} else {
		inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof(host));
		snprintf(text, ADDRESS_MAX, "[%s%s%s]:%d", host,
		    *a->scope != '\0' ? "%" : "", a->scope,
		    ntohs(a->in6.sin6_port));
	}
}

const char *
address_key(const char *text)
{
	static const char any[] = "[::]:";

	return strncmp(text, any, sizeof(any) - 1) == 0 ? text + sizeof(any) - 1
							: text;
}

bool
address_is_path(const char *text)
{
	return *text == '/';
}

void
address_name(const char *text, char name[static ADDRESS_MAX])
{
	strlcpy(name, text, ADDRESS_MAX);
	for (char *c = name; *c != '\0'; c++)
		if (*c == ':')
			*c = '_';
}
