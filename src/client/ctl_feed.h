/*
 * ctl_feed - the daemon's answers, one after another, without waiting for any.
 *
 * Layer 4.
 */
#ifndef CTL_FEED_H
#define CTL_FEED_H

#include "client/ctl_conn.h"

struct feed {
	const char *path; /* of the socket */
	struct proto_text request;
	struct conn conn; /* its fd is -1 while nothing is asked */
	struct reply reply;
	int status; /* of the last answer, or why there is none */
	char *why;  /* the text for it, or NULL */
};

/* Prepare to ask for the status of all programs at the daemon at path. */
void feed_init(struct feed *, const char *path);
void feed_clear(struct feed *);

/* Ask.  -1: that failed, see status and why. */
int feed_ask(struct feed *);
bool feed_asks(const struct feed *);
/*
 * Read on: once when the connection has something, or until the end.  1: the
 * whole answer is in reply; 0: not yet; -1: that failed, see status and why.
 */
int feed_read(struct feed *);

#endif
