/*
 * ctl_where - the files that the daemon reads, as it tells where they are.
 *
 * Layer 4.
 */
#ifndef CTL_WHERE_H
#define CTL_WHERE_H

#include "config/conf.h"
#include "client/ctl_place.h"

/*
 * Have the place name the files of the daemon that listens there.  Unless that
 * is needed, they stay as they are where none may be asked.  0, or an exit
 * status after having said what failed.
 */
int where_ask(const struct ctl *, struct place *, bool needed);

/*
 * The place that is meant: the files are those that -f names, else those of
 * the daemon, which must be there to tell if it is -s that means it.  Returns
 * as above.
 */
int where_find(const struct ctl *, struct place *);

/* What is on disk there; as confdir_load(). */
int where_load(const struct place *, struct confset *, struct diags *);

#endif
