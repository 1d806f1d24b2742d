/*
 * ctl_running - the configuration that the daemon runs, as a set.
 *
 * Layer 4.
 */
#ifndef CTL_RUNNING_H
#define CTL_RUNNING_H

#include "config/conf.h"
#include "client/ctl_place.h"
#include "client/ctl_reply.h"
#include "config/plan.h"

struct running {
	struct confset set;
	const char *alone; /* NULL, or why there is none and set is empty */
	struct reply reply;
};

/*
 * Ask the daemon.  An exit status after having said what failed; it must be
 * cleared anyway.
 */
int running_load(struct running *, const struct ctl *, const struct place *);
void running_clear(struct running *);
/* From what it runs to candidate.  0, or -1 without memory. */
int running_plan(struct running *, const struct confset *candidate,
    struct plan *);

#endif
