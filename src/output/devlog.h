/*
 * devlog - one line to the system's log, never blocking.
 *
 * syslog(3) waits when the system's log daemon hangs; the log process may
 * not.  Form of RFC 3164, facility daemon, level info.
 *
 * Layer 2.
 */
#ifndef DEVLOG_H
#define DEVLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* A longer line is to be sent in pieces. */
#define DEVLOG_LINE 1400

struct devlog {
	const char *path;
	int fd;
};

/* path: "/dev/log"; it is not copied.  Connects when needed. */
void devlog_init(struct devlog *, const char *path);
void devlog_close(struct devlog *);
/* Send at most DEVLOG_LINE bytes as a line of ident's; -1 with errno. */
int devlog_send(struct devlog *, time_t, const char *ident, const char *line,
    size_t len);

#endif
