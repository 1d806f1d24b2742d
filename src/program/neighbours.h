/*
 * neighbours - the programs that a program depends on or follows, and those
 * that depend on it or follow it.
 */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "program/data.h"

/*
 * Is a dependency not ready, or has one that it follows no outcome yet, so that
 * it must not start?
 */
bool neighbours_block(const struct program *);
/* Does it need, directly or through others, a program that is not wanted? */
bool neighbours_rest(struct program *);
/* Must a dependent or follower, which is leaving too, end before it? */
bool neighbours_hold(const struct program *);
/* Is it restarted when that program is ready again: restart-with? */
bool neighbours_restart_with(const struct program *,
    const struct program *leader);
/*
 * May a program that it restarts with become ready again, without a further
 * request?
 */
bool neighbours_may_lead(struct program *);
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
