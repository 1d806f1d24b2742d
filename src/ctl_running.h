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
 * Ask the daemon.  *runs: there is one, and set is its; without one it is
 * empty.  candidate: what it will be compared with.  An exit status after
 * having said what failed.
 */
int running_load(const struct ctl *, const struct place *,
    const struct confset *candidate, struct confset *set, bool *runs);

#endif
