/*
 * opening - what the daemon opens before it serves: logs, cgroup, sockets.
 * What fails is fatal, but for the cgroup; what a daemon before this one has
 * left open is taken over.
 *
 * Layer 4.
 */
#ifndef OPENING_H
#define OPENING_H

#include "daemon/state.h"
#include "output/logger.h"

/* The log process, and the event log; log-size and -keep of defaults. */
void opening_logs(struct daemon *, const struct definition *defaults);
/* How the event log rotates: as the logs of programs do by default. */
struct stream_conf opening_events(const struct definition *defaults);
/* As the setting says; from a daemon that is taken over, its own. */
void opening_cgroup(struct daemon *);
/* Its messages go to the programs. */
void opening_notify(struct daemon *);
void opening_control(struct daemon *);

#endif
