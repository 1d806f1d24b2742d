/*
 * accounts - looks up users and groups, each once.
 *
 * Ten thousand programs of one user query the user database once.  The cache
 * owns the results; it lives as long as one reading of the configuration.
 *
 * A name that has no entry may be a number, as in chown(1).  A user of that
 * number need not have an entry either.
 *
 * Sources: getpwnam(3), getgrnam(3), getgrouplist(3).
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include "config/resolve.h"

/* The look-ups in the user database of this machine.  They may take long. */
extern const struct resolve_lookups accounts_lookups;

/*
 * The look-ups of a daemon, which does not wait: they know only what a helper
 * has found.  Each other name has the error EINPROGRESS until its answer comes.
 */
struct accounts *accounts_new(void);   /* NULL: no memory */
void accounts_free(struct accounts *); /* accepts NULL */
/* Forget everything, to ask again. */
void accounts_forget(struct accounts *);
/* They are valid as long as the accounts. */
struct resolve_lookups accounts_known(struct accounts *);
/* Was a name looked up that has no answer yet? */
bool accounts_lacks(const struct accounts *);
/* The work of a helper, see helper.h: look up those names. */
void accounts_answer(void *accounts, int out);
/* Take the answers, which are changed. */
void accounts_learn(struct accounts *, char *answers);
/* Names without an answer have this error from now on. */
void accounts_give_up(struct accounts *, int err);

#endif
