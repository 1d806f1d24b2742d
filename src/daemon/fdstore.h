/*
 * fdstore - the descriptors that programs have stored with FDSTORE=1.
 *
 * A program gets them back at its next start, after its sockets.  The daemon
 * keeps them like sockets: until the program is at rest.  It never reads, and
 * closes by process/closer.h, for a close may block.
 *
 * Source: sd_notify(3), sd_pid_notify_with_fds(3).
 */
#ifndef FDSTORE_H
#define FDSTORE_H

#include "daemon/state.h"

struct fdstore;

/* It begins with the descriptors of an earlier daemon.  NULL: no memory. */
struct fdstore *fdstore_new(struct daemon *);
/* Close all.  Accepts NULL. */
void fdstore_free(struct fdstore *);
/* The programs of the earlier daemon are taken over. */
void fdstore_adopt(struct fdstore *);

#endif
