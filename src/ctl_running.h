/*
 * ctl_running - the configuration that the daemon runs, as a set.
 *
 * Layer 4.
 */
#ifndef CTL_RUNNING_H
#define CTL_RUNNING_H

#include "conf.h"
#include "ctl_place.h"

/*
 * Ask the daemon.  *alone: NULL, and set is its, or why there is none to
 * compare with, and set is empty.  candidate: what it will be compared with.
 * An exit status after having said what failed; set must be cleared anyway.
 */
int running_load(const struct ctl *, const struct place *,
    const struct confset *candidate, struct confset *set, const char **alone);

#endif
