/*
 * programs - the set of all programs: look-up, dependencies, and the work at
 * the end of a turn.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "program/data.h"

void programs_init(struct programs *, struct loop *, struct system *,
    struct record *);
/* Start what is due now, and not at the end of the turn. */
void programs_start_due(struct programs *);
struct program *programs_find(const struct programs *, const char *name);
struct program *programs_first(struct programs *);
struct program *programs_next(struct program *);
/* Compute the neighbours of all programs again.  -1 without memory. */
int programs_link(struct programs *);
/*
 * All programs, NULL-terminated, those that stop first before the others;
 * malloc'd, or NULL.
 */
struct program **programs_sorted(struct programs *);
/* Begin to stop everything; changed is called when that is done. */
void programs_stop_all(struct programs *);
/*
 * Has everything ended, except what is spared SIGKILL and had its time?  That
 * is left running.
 */
bool programs_are_ended(struct programs *);
/* Report what is left running. */
void programs_report_left(struct programs *);
/* Start those whose conditions were not met, if they are now. */
void programs_look_at_conditions(struct programs *);
/* Free one that does not run. */
void programs_drop(struct program *);

#endif
