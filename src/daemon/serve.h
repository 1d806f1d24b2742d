/*
 * serve - the daemon from its first descriptor to its last: put together,
 * told of signals, taken apart.
 *
 * Layer 4.
 */
#ifndef SERVE_H
#define SERVE_H

#include "daemon/state.h"

/* The signals that the daemon acts on; 0 at the end. */
extern const int serve_signals[];

/* From here on a start that fails removes the pidfile and the sockets. */
void serve_guard(struct daemon *);
/*
 * Everything that can fail before the starter is told that we are up; what
 * fails is fatal.  Takes the contents of set, as reload_begin.
 */
void serve_begin(struct daemon *, struct config *set,
    const struct diags *errors);
/* After the loop: in reverse. */
void serve_end(struct daemon *);

#endif
