/*
 * closer - close descriptors that another user has opened.
 *
 * close(2) of such a descriptor may sleep for as long as its owner likes: a
 * TCP connection with unsent data and a long SO_LINGER, a file of a FUSE
 * server that does not answer.  So may the close of a Unix domain socket that
 * still holds descriptors in unread messages.  A child that shares the table
 * of descriptors closes them for the daemon: the number is free at once, and
 * only the child sleeps.
 *
 * Sources: clone(2), CLONE_FILES; socket(7), SO_LINGER; close(2).
 */
#ifndef CLOSER_H
#define CLOSER_H

#include <stddef.h>

#include "base/loop.h"

struct closer;

/* NULL with errno. */
struct closer *closer_new(struct loop *);
/*
 * Calls what still waits for an end.  Descriptors that no child has closed
 * stay open.  Accepts NULL.
 */
void closer_free(struct closer *);

/*
 * Close n descriptors, n > 0; they are the closer's from now on.  done, if it
 * is not NULL, is called with arg from the loop once all are closed, which may
 * be never.  Without memory, or without a process, this is retried; a caller
 * that waits for done limits how many descriptors it passes.
 */
void closer_close(struct closer *, const int *fds, size_t n,
    void (*done)(void *), void *arg);

#endif
