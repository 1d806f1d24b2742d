/* outcome - the outcome of a request: is it settled, and is it good? */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "program/data.h"

/*
 * SIGKILL is repeated at this interval, ms, because a process in
 * uninterruptible sleep does not act on it.  After the first interval, a
 * waiting client gets the reply that the process may not end.
 */
#define OUTCOME_KILL_AGAIN 5000

/*
 * Is the outcome of a START or RESTART known, and is it good?  If not,
 * describe_why gives the reason.
 */
bool outcome_is_settled(const struct program *);
bool outcome_is_good(const struct program *);
/*
 * For a program that follows it: is it wanted, and the first outcome of its
 * start not known yet?
 */
bool outcome_is_awaited(const struct program *);
/* Does it run, or wait, as it did when its last start was at that time? */
bool outcome_is_untouched(const struct program *, struct mono started);
/* The outcome of a STOP. */
bool outcome_is_stopped(const struct program *);
/* Was its last start not made, since a condition was not met? */
bool outcome_is_unmet(const struct program *);
/* The thing outside of hupd that it waits for, once it is wanted; or NULL. */
const char *outcome_waiting_for(const struct program *);
/* Does it wait for something outside of hupd? */
bool outcome_waits(const struct program *);
/* Is it done, and has commands that undo what it did? */
bool outcome_remains(const struct program *);
/* Is it to have no sockets: stopped, done, failed, or blocked for long? */
bool outcome_is_at_rest(const struct program *);
/* Is SIGKILL due, which it is spared? */
bool outcome_is_overdue(const struct program *);
/*
 * Is there something that will not become ready by itself, or not soon: a
 * dependency, or what the definition waits for?
 */
bool outcome_is_hopeless(const struct program *);
/* Why is the daemon ending a process that is wanted? */
enum program_late outcome_late(const struct program *);

#endif
