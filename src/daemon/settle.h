/*
 * settle - carries out a plan and waits for what becomes of it.
 *
 * Layer 3.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include <stdbool.h>

#include "config/plan.h"
#include "program/program.h"
#include "wire/line.h"

struct settle;

/* Can the plan be carried out?  Changes nothing.  -1 with diagnostics. */
int settle_check(const struct programs *, const struct plan *, struct diags *);

/*
 * Prepare: everything that can fail.  done is called, from the loop, when all
 * programs concerned have an outcome; put_back when one shall get its previous
 * definition back, false if that no longer fits what runs.  NULL with errno, or
 * with diagnostics.  At the start of the daemon errors is NULL: what is wrong
 * with one program's output is then left to its start, and to the next
 * attempt.
 */
struct settle *settle_new(struct programs *, const struct plan *, bool rollback,
    void (*done)(void *), bool (*put_back)(void *, struct definition *),
    void *arg, struct diags *);
void settle_free(struct settle *); /* accepts NULL */

/* Record what is to be started, for a daemon that follows. */
void settle_announce(struct settle *);
/* Give every program its new definition.  Cannot fail. */
void settle_commit(struct settle *);
/* Start, stop, restart, and begin to wait. */
void settle_start(struct settle *);

/* Once done: the outcomes as lines of report.h, and what they amount to. */
void settle_report(const struct settle *, struct line_text *);
bool settle_is_good(const struct settle *);

#endif
