/*
 * notify - readiness as programs tell it: the sd_notify(3) socket.
 *
 * One datagram socket for all programs; who speaks is known from the
 * kernel's credentials, never from the message.
 *
 * Layer 2.  Source: sd_notify(3), unix(7).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTIFY_STATUS_MAX 256

/* One message, parsed.  What was not in it is zero. */
struct notify_message {
	bool ready;
	bool reloading;
	bool stopping;
	bool watchdog;
	pid_t mainpid;
	int err; /* ERRNO= */
	uint64_t monotonic_usec;
	bool has_status;
	char status[NOTIFY_STATUS_MAX];
};

/* Pure: parse len bytes.  Unknown assignments are ignored. */
void notify_parse(struct notify_message *, const char *bytes, size_t len);

/* Make the socket at path, mode 0666.  -1 with errno. */
int notify_open(const char *path);
/*
 * Receive one message: 1, its sender in *pid and *uid; 0, there is none.
 * -1: malformed, dropped.  Descriptors that came with it (BARRIER=1) are in
 * *barrier: close it when the message has been acted on; -1 is none.
 */
int notify_receive(int fd, struct notify_message *, pid_t *, uid_t *,
    int *barrier);

#endif
