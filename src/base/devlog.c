/*
 * devlog - send lines to the system's log daemon without waiting for it.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/devlog.h"
#include "base/socket.h"

void
devlog_close(struct devlog *d)
{
	int saved = errno;

	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
	errno = saved;
}

/*
 * glibc for i386 calls socketcall(2), whose arguments lie in memory: the filter
 * of the log process cannot see the address family there, and refuses it.
 */
static int
open_socket(struct devlog *d)
{
	if (d->fd != -1)
		return 0;
	d->fd = (int)syscall(SYS_socket, AF_UNIX,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd == -1)
		return -1;
	if (socket_connect(d->fd, d->path) == 0)
		return 0;
	devlog_close(d);
	return -1;
}

int
devlog_send(struct devlog *d, int severity, const char *ident, const char *line,
    size_t len)
{
	char buf[128 + DEVLOG_LINE], date[32];
	const time_t now = clock_wall().tv_sec;
	struct tm tm;
	int head;

	if (localtime_r(&now, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm);
	head = snprintf(buf, sizeof(buf) - DEVLOG_LINE,
	    "<%d>%s %s: ", LOG_DAEMON | severity, date, ident);
	if (head < 0 || (size_t)head >= sizeof(buf) - DEVLOG_LINE ||
	    len > DEVLOG_LINE) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(buf + head, line, len);
	/* After a restart of the log daemon: one new connection. */
	for (int i = 0; i < 2; i++) {
		if (open_socket(d) == -1)
			return -1;
		if (send(d->fd, buf, (size_t)head + len, MSG_NOSIGNAL) != -1)
			return 0;
		if (errno == EAGAIN || errno == ENOBUFS)
			return -1;
		devlog_close(d);
	}
	return -1;
}

int
devlog_check(struct devlog *d)
{
	struct pollfd pfd = {.events = POLLOUT};

	/* The connection may be one to a daemon that is gone. */
	devlog_close(d);
	if (open_socket(d) == -1)
		return -1;
	pfd.fd = d->fd;
	if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT) != 0)
		return 0;
	errno = EAGAIN;
	return -1;
}
