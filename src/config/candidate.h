/*
 * candidate - a program file that a user proposes: it replaces the file of its
 * name, before it is installed.
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
 * its instances.  Call config_check afterwards.  -1 with diagnostics.
 *
 * distrust: the running configuration if the text comes from a user who could
 * not install it, or NULL.  Its environment files are then not opened: opening
 * a file may block, and an error reveals its contents.  A file that the running
 * program uses too counts as unchanged.
 */
int candidate_put(struct config *, const struct candidate *,
    const struct config *distrust, const struct resolve_lookups *,
    struct diags *);

#endif
