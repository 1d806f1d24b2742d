/*
 * rejection - the last configuration that was rejected, as status tells of
 * it: kept in the run folder as well, for a daemon that follows this one.
 *
 * Layer 3.
 */
#ifndef REJECTION_H
#define REJECTION_H

#include "base/diag.h"
#include "wire/line.h"

struct rejection {
	const char *file; /* borrowed */
	char *lines;	  /* as in control.h; NULL: there was none */
};

void rejection_note(struct rejection *, const struct diags *);
/* A configuration was accepted since. */
void rejection_forget(struct rejection *);
/* The one that an earlier daemon noted. */
void rejection_recall(struct rejection *);
/* Free the memory; the file stays. */
void rejection_clear(struct rejection *);

#endif
