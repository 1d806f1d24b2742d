/*
 * candidate - a program file that somebody proposes: it stands in for the
 * file of its name, before it is installed.
 */
#ifndef CANDIDATE_H
#define CANDIDATE_H

#include <stdbool.h>

#include "config/config.h"
#include "config/resolve.h"

struct candidate {
	const char *name; /* of its program, or of its template */
	const char *file; /* for diagnostics; it is not opened */
	const char *text; /* of len bytes, and a NUL */
	size_t len;
};

/*
 * Define the program of that name by the candidate; a template defines all of
 * its instances.  The caller checks the set afterwards.  -1 with diagnostics.
 *
 * distrust: the set that runs, or NULL.  Opening a file may block, and an
 * error tells what is in it.  If the text comes from somebody who could not
 * install it, its environment files are not opened; the contents of those
 * that the running program has as well count as unchanged.
 */
int candidate_put(struct config *, const struct candidate *,
    const struct config *distrust, const struct resolve_lookups *,
    struct diags *);

#endif
