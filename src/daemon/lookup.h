/*
 * lookup - the accounts and the environment files that a configuration names,
 * found without waiting for a name service or a file system.
 *
 * A configuration is loaded with the answers that are there.  If it names
 * accounts or files without an answer, a helper looks them up, and the
 * configuration is loaded again.  A name that has no answer after LOOKUP_MS of
 * waiting has the error ETIMEDOUT; the time of loading does not count.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "config/load.h"
#include "process/accounts.h"
#include "process/envfiles.h"
#include "process/helper.h"

/* How long name service and file systems may take; ms. */
#define LOOKUP_MS 2000

struct lookup {
	/* The answers are there: load again.  Called from the loop. */
	void (*answered)(struct lookup *);
	void *arg;

	/* For loading: what is known so far. */
	struct resolve_lookups known;

	/* lookup.c */
	struct accounts *accounts;
	struct envfiles *files;
	int64_t left;	   /* of LOOKUP_MS */
	struct mono asked; /* when the last helper began */
	struct helper job;
};

/* Begin with no answers.  -1: no memory. */
int lookup_begin(struct lookup *);
/* Is there a name without an answer? */
bool lookup_lacks(const struct lookup *);
/* Have such names looked up. */
void lookup_ask(struct lookup *, struct helpers *);
/*
 * load_config and load_whole before there is a loop: they wait.  The former
 * contents of the configuration and the diagnostics are freed first.
 */
int lookup_load(struct lookup *, struct config *, const struct load_source *,
    struct diags *);
int lookup_load_whole(struct lookup *, struct config *, const struct places *,
    const char *file, struct diags *);
/* Take over the answers, and end the look-up; see lookup_forget. */
struct resolve_lookups lookup_take(struct lookup *);
/* Free these answers.  Accepts a zeroed struct. */
void lookup_forget(struct resolve_lookups *);
/* End the look-up, and free the answers.  Accepts a zeroed one. */
void lookup_clear(struct lookup *);

#endif
