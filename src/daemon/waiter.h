/*
 * waiter - the requests that wait for an outcome: start, stop, restart and
 * reload of programs, and the verdict of a reload.
 *
 * Layer 3.
 */
#ifndef WAITER_H
#define WAITER_H

#include "daemon/client.h"

enum waiter_kind {
	WAIT_START,
	WAIT_STOP,
	WAIT_RESTART,
	WAIT_ACTION, /* reload-program */
	WAIT_RELOAD,
	WAIT_REEXEC,
};

struct waiter;

/*
 * Begin.  NULL if there is nothing to wait for: client_end has been called
 * then.  The outcome ends the client as well.
 */
struct waiter *waiter_programs(struct client *, const struct line *,
    enum waiter_kind);
struct waiter *waiter_reload(struct client *);
struct waiter *waiter_reexec(struct client *);
/* Does it wait for the next daemon?  Accepts NULL. */
bool waiter_is_reexec(const struct waiter *);
/* A further line of the client. */
void waiter_more(struct waiter *, const struct line *);
/* The client has gone; what it asked for goes on.  Accepts NULL. */
void waiter_free(struct waiter *);

/*
 * The programs that are named, from word first on, or all, in order; freed by
 * the caller.  On a name that there is not, NULL: the client has been told.
 */
struct program **waiter_named(struct client *, const struct line *,
    size_t first, size_t *n);

#endif
