/*
 * plan - the changes from one configuration to another, each with its reason.
 *
 * Pure.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

enum plan_kind {
	PLAN_KEEP,
	PLAN_ADD,
	PLAN_REMOVE,
	PLAN_RESTART,
	PLAN_START, /* its definition stays, and another program needs it */
	PLAN_ADJUST,
};
#define PLAN_KINDS 6

struct plan_change {
	enum plan_kind kind;
	struct definition *from; /* borrowed; NULL for PLAN_ADD */
	struct definition *to;	 /* borrowed; NULL for PLAN_REMOVE */
	struct keyset keys;	 /* that differ, for RESTART and ADJUST */
	const char *with; /* RESTART by restart-with: the other; or NULL */
	/* The program for which it is started, although nobody wants it. */
	const char *needed_by;
};

/* The condition of a program while a plan is made. */
enum plan_run {
	PLAN_STOPPED,
	PLAN_BLOCKED, /* it waits for a program that somebody stopped */
	PLAN_NEVER,   /* it waits, and was never started */
	PLAN_WAITS,   /* it waits, and was started before */
	PLAN_FAILED,
	PLAN_RUNS,
	PLAN_READY, /* good for the programs that depend on it */
};

struct plan {
	struct plan_change *v; /* in the order of names; KEEP is only counted */
	size_t n;
	size_t count[PLAN_KINDS];
	struct keyset deferred; /* settings that wait for the next start */
};

/* -1: no memory.  Both configurations must outlive the plan. */
int plan_make(struct plan *, const struct config *from,
    const struct config *to);
void plan_clear(struct plan *);
/*
 * Adapt the plan to the condition of the programs; run NULL: no program exists.
 * A program that somebody stopped stays stopped, and so do those that
 * stopped with it: whatever key has changed, make its RESTART an ADJUST.  A
 * program that restarts with a restarted one is restarted as well.  A
 * stopped or failed program is started if a program that starts depends on it.
 * -1: no memory.
 */
int plan_adapt(struct plan *, const struct config *from,
    const struct config *to, enum plan_run (*run)(void *arg, const char *name),
    void *arg);

/* "added", "restarted" ... as in the report. */
const char *plan_kind_name(enum plan_kind);
/* "command changed", "added", "with db"...; malloc'd. */
char *plan_reason(const struct plan_change *);
/* Is it about the program's own definition? */
bool plan_is_own(const struct plan_change *);
/* Is the program started, now or after another? */
bool plan_starts(const struct plan_change *);

#endif
