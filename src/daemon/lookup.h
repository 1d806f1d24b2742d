/*
 * lookup - the accounts that a configuration names, found without waiting for
 * the name service.
 *
 * A configuration is loaded with the answers that are there.  If it names
 * accounts without an answer, a helper looks them up, and the configuration is
 * loaded again.  A name that has no answer LOOKUP_MS after the beginning has
 * the error ETIMEDOUT.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "config/load.h"
#include "process/accounts.h"
#include "process/helper.h"

/* How long the name service may take; ms. */
#define LOOKUP_MS 2000

struct lookup {
	/* The answers are there: load again.  Called from the loop. */
	void (*answered)(struct lookup *);
	void *arg;

	/* For loading: what is known so far. */
	struct resolve_lookups known;

	/* lookup.c */
	struct accounts *accounts;
	struct mono end;
	struct helper job;
};

/* Begin with no answers; the time counts from now on.  -1: no memory. */
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
/* The answers, which are the caller's; ends the look-up. */
struct accounts *lookup_take(struct lookup *);
/* End the look-up, and free the answers.  Accepts a zeroed one. */
void lookup_clear(struct lookup *);

#endif
