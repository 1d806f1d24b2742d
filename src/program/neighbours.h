/*
 * neighbours - the programs that a program depends on, and those that depend
 * on it.
 */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "program/data.h"

/* Is a dependency not ready, so that it must not start? */
bool neighbours_block(const struct program *);
/* Must a dependent, which is leaving too, end before it? */
bool neighbours_hold(const struct program *);
/*
 * Call fn once for each program that it depends on, directly or through
 * others, and that is not ready: dependencies first.  Or for each that depends
 * on it, directly or not, and is neither DONE nor FAILED: dependents first.
 */
void neighbours_each_need(struct program *,
    void (*fn)(struct program *, void *), void *arg);
void neighbours_each_dependent(struct program *,
    void (*fn)(struct program *, void *), void *arg);

#endif
