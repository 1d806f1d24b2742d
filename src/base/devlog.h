/*
 * devlog - send lines to the system's log daemon without waiting for it.
 *
 * syslog(3) waits when the daemon hangs.  Source: RFC 3164, unix(7).
 */
#ifndef DEVLOG_H
#define DEVLOG_H

#include <stddef.h>

#define DEVLOG_PATH "/dev/log"
/* The longest line; log daemons cut longer ones. */
#define DEVLOG_LINE 1400

struct devlog {
	const char *path;
	int fd; /* -1: connected when needed */
};

/*
 * Send a line, at most DEVLOG_LINE bytes, with this severity and facility
 * daemon; ident is "web" or "hupd[17]".  -1 with errno; EAGAIN: the daemon has
 * not read the lines before, and fd says when there is room.
 */
int devlog_send(struct devlog *, int severity, const char *ident,
    const char *line, size_t len);
/* Can a line be sent?  -1 with errno. */
int devlog_check(struct devlog *);
void devlog_close(struct devlog *);

#endif
