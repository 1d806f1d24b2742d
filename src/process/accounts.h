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

/* The look-ups in the user database of this machine. */
extern const struct resolve_lookups accounts_lookups;

#endif
