/*
 * ctl_conn - the connection to the daemon: a request out, lines in, bounded
 * in time and size whatever the daemon sends.
 *
 * Layer 4.
 */
#ifndef CTL_CONN_H
#define CTL_CONN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "client/ctl_reply.h"
#include "wire/proto.h"

struct conn {
	int fd;
	pid_t peer;   /* who listens, as the kernel knows it */
	char *buf;    /* PROTO_REPLY_MAX bytes */
	size_t start; /* of what was not given out yet */
	size_t end;
	size_t total; /* bytes received */
	int status;   /* of the "end" line, or why there was none */
	char *why;    /* its text, or what failed; NULL: nothing to say */
};

/* Connect.  STATUS_OK, or the exit status, with a reason in why. */
int conn_open(struct conn *, const char *path);
void conn_close(struct conn *);

/* STATUS_OK, or STATUS_FAILED with a reason in why. */
int conn_send(struct conn *, const struct proto_text *request);
/* From now on wait as long as the daemon does, or five seconds at most. */
void conn_patience(struct conn *, bool endless);

/*
 * Add the next line to reply.  1: done; 0: that was the last, "end", and
 * status and why are set; -1: the connection broke, likewise.
 */
int conn_next(struct conn *, struct reply *);
/* There is another line already: conn_next will not wait. */
bool conn_ready(const struct conn *);
/* Receive what there is, or wait for some.  -1: the connection broke. */
int conn_receive(struct conn *);

/* All of it: connect, send, every line of the answer.  Returns the status. */
int conn_ask(struct conn *, const char *path, const struct proto_text *request,
    struct reply *);

#endif
