/*
 * serve - the daemon from its first descriptor to its last: it opens what the
 * daemon needs, acts on signals, and closes everything in reverse.
 */
#ifndef SERVE_H
#define SERVE_H

#include "base/file.h"
#include "daemon/state.h"

/* The signals that the daemon acts on; 0 at the end. */
extern const int serve_signals[];

/* Programs and members of access-group pass through the run folder of root. */
int serve_make_run_dir(const struct settings *, char why[static FILE_WHY_MAX]);
/* From here on a failed start removes the pidfile and the sockets. */
void serve_guard(struct daemon *);
/*
 * Do everything that can fail before the starter learns that the daemon is up.
 * A failure is fatal, except of cgroups and the guard.  Descriptors that an
 * earlier daemon left are taken over.  Takes the contents of set, as
 * reload_begin.
 */
void serve_begin(struct daemon *, struct config *set,
    const struct diags *errors);
/* After the loop: close everything, in reverse. */
void serve_end(struct daemon *);

#endif
