/*
 * apply - carries out a plan, and waits until each program has an outcome.
 */
#ifndef APPLY_H
#define APPLY_H

#include <stdbool.h>

#include "config/plan.h"
#include "program/data.h"
#include "wire/line.h"

struct apply;

/* Can the plan be carried out?  Changes nothing.  -1 with diagnostics. */
int apply_check(const struct programs *, const struct plan *,
    struct diags *errors, struct diags *notes);

/*
 * Prepare: everything that can fail.  NULL with errno, or with diagnostics.
 * done is called from the loop when all programs of the plan have an outcome,
 * and idle when what is left may take any time.
 * put_back is called when a program shall get its previous definition back;
 * it returns false if that does not fit the running set any more.  errors is
 * NULL at the start of the daemon: if the output of a program cannot be
 * prepared, its start fails and is retried.
 */
struct apply *apply_new(struct programs *, const struct plan *,
    void (*done)(void *), void (*idle)(void *),
    bool (*put_back)(void *, struct definition *), void *arg, struct diags *);
/* Append a "pending" line for each program without an outcome. */
void apply_put_pending(const struct apply *, struct line_text *);
void apply_free(struct apply *); /* accepts NULL */
/*
 * Will all programs have an outcome in a time that their definitions limit?  A
 * task may run for hours, and with it the programs that wait for its end.
 */
bool apply_is_bounded(const struct apply *);

/* Record which programs are to be started, for the next daemon. */
void apply_announce(struct apply *);
/* Give every program its new definition.  Cannot fail. */
void apply_commit(struct apply *);
/* Start, stop, restart, and begin to wait. */
void apply_start(struct apply *);

/* After done: the outcomes as lines of report.h; are all of them good? */
void apply_report(const struct apply *, struct line_text *);
bool apply_is_good(const struct apply *);

#endif
