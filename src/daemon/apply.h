/*
 * apply - carries out a plan and waits for what becomes of it.
 */
#ifndef APPLY_H
#define APPLY_H

#include <stdbool.h>

#include "config/plan.h"
#include "program/program.h"
#include "wire/line.h"

struct apply;

/* Can the plan be carried out?  Changes nothing.  -1 with diagnostics. */
int apply_check(const struct programs *, const struct plan *, struct diags *);

/*
 * Prepare: everything that can fail.  done is called, from the loop, when all
 * programs concerned have an outcome; put_back when one shall get its previous
 * definition back, false if that no longer fits what runs.  NULL with errno, or
 * with diagnostics.  At the start of the daemon errors is NULL: what is wrong
 * with one program's output is then left to its start, and to the next
 * attempt.
 */
struct apply *apply_new(struct programs *, const struct plan *, bool rollback,
    void (*done)(void *), bool (*put_back)(void *, struct definition *),
    void *arg, struct diags *);
void apply_free(struct apply *); /* accepts NULL */

/* Record what is to be started, for a daemon that follows. */
void apply_announce(struct apply *);
/* Give every program its new definition.  Cannot fail. */
void apply_commit(struct apply *);
/* Start, stop, restart, and begin to wait. */
void apply_start(struct apply *);

/* Once done: the outcomes as lines of report.h, and what they amount to. */
void apply_report(const struct apply *, struct line_text *);
bool apply_is_good(const struct apply *);

#endif
