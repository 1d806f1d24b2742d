/*
 * envlist - an environment put together from its sources, the later winning.
 *
 * Layer 1.  Pure.
 */
#ifndef ENVLIST_H
#define ENVLIST_H

#include <stddef.h>

/* K=V strings, borrowed; NULL-terminated when asked for. */
struct envlist {
	char **v;
	size_t n;
	size_t size;
	int failed; /* out of memory; sticks */
};

/* Set K=V: the string is borrowed until envlist_clear. */
void envlist_set(struct envlist *, char *kv);
/* Set all of a NULL-terminated vector, or NULL. */
void envlist_set_all(struct envlist *, char *const *);
void envlist_unset(struct envlist *, const char *name);
const char *envlist_get(const struct envlist *, const char *name);
/* The vector, NULL-terminated; NULL without memory. */
char **envlist_vector(struct envlist *);
void envlist_clear(struct envlist *);

#endif
