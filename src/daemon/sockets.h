/*
 * sockets - the sockets that the daemon holds for programs, by their address.
 *
 * A program has them from its start until it is at rest: while it restarts or
 * waits for its restart they stay open, so that no connection is refused.  A
 * reload opens the new ones before it commits, and the old ones stay until its
 * verdict, so that a rollback opens nothing.  An address that moves from one
 * program to another keeps its socket.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "base/diag.h"
#include "config/plan.h"
#include "daemon/state.h"
#include "wire/line.h"

struct sockets;

/*
 * The set, which programs reach by programs.listening.  With an earlier daemon
 * (d->adopting), it begins with the sockets of that one.  NULL: no memory.
 */
struct sockets *sockets_new(struct daemon *);
/* Close all.  Accepts NULL. */
void sockets_free(struct sockets *);
/*
 * The programs of the earlier daemon are taken over: give them their sockets,
 * or take the sockets back from them, and close what nobody has.
 */
void sockets_adopt(struct sockets *);
/* Have all paths been removed?  If not, programs.changed is called then. */
bool sockets_are_gone(const struct sockets *);

/* A reload begins: what could not be opened is tried again. */
void sockets_begin(struct sockets *);
/*
 * Open the sockets that the plan needs, and keep those that a rollback needs.
 * 1: that takes a while; call it again when ready is called from the loop.
 * 0: done.  -1: with diagnostics.
 */
int sockets_prepare(struct sockets *, const struct plan *,
    void (*ready)(void *), void *arg, struct diags *);
/* The reload is over: close what no program has. */
void sockets_settle(struct sockets *);

#endif
