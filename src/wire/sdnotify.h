/*
 * sdnotify - the text of the messages that programs send to the notify socket.
 *
 * A message is a list of assignments, one a line, without a NUL at its end.
 * Pure: the socket is process/notify.  Source: sd_notify(3).
 */
#ifndef SDNOTIFY_H
#define SDNOTIFY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest status that is kept, with its NUL. */
#define SDNOTIFY_STATUS_MAX 256

/* One message, parsed.  A field whose assignment is missing is zero. */
struct sdnotify {
	bool ready;
	bool reloading;
	bool stopping;
	bool watchdog;
	pid_t mainpid;
	int err; /* ERRNO= */
	uint64_t monotonic_usec;
	bool has_status;
	char status[SDNOTIFY_STATUS_MAX];
};

/* Parse len bytes.  Unknown and malformed assignments are ignored. */
void sdnotify_parse(struct sdnotify *, const char *bytes, size_t len);

#endif
