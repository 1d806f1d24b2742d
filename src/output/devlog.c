/*
 * devlog - one line to the system's log, never blocking.
 */
#include "output/devlog.h"
#include "base/socket.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

void
devlog_init(struct devlog *d, const char *path)
{
	*d = (struct devlog){.path = path, .fd = -1};
}

void
devlog_close(struct devlog *d)
{
	int saved = errno;

	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
	errno = saved;
}

static int
connect_to(struct devlog *d)
{
	if (d->fd != -1)
		return 0;
	d->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd == -1)
		return -1;
	if (socket_connect(d->fd, d->path) == 0)
		return 0;
	devlog_close(d);
	return -1;
}

int
devlog_send(struct devlog *d, time_t now, const char *ident, const char *line,
    size_t len)
{
	char buf[128 + DEVLOG_LINE], date[32];
	struct tm tm;
	int head;

	if (localtime_r(&now, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm);
	head = snprintf(buf, sizeof(buf) - DEVLOG_LINE,
	    "<%d>%s %s: ", LOG_DAEMON | LOG_INFO, date, ident);
	if (head < 0 || (size_t)head >= sizeof(buf) - DEVLOG_LINE ||
	    len > DEVLOG_LINE) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(buf + head, line, len);
	/* The daemon may have been restarted: one new connection. */
	for (int i = 0; i < 2; i++) {
		if (connect_to(d) == -1)
			return -1;
		if (send(d->fd, buf, (size_t)head + len, MSG_NOSIGNAL) != -1)
			return 0;
		if (errno == EAGAIN || errno == ENOBUFS)
			return -1;
		devlog_close(d);
	}
	return -1;
}
