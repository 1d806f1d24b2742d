/*
 * request - what a request of control.h means, and its reply.
 *
 * Layer 3.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "daemon/waiter.h"

/* Answer, or return the waiter that will; see waiter.h. */
struct waiter *request_begin(struct client *, const struct line *);

#endif
