/*
 * ctl_ask - a command's talk with the daemon that is meant.
 *
 * Layer 4.
 */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include "client/ctl.h"
#include "client/ctl_conn.h"

/* Connect.  STATUS_OK, or the exit status after having said what failed. */
int ctl_connect(const struct ctl *, struct conn *);
/* A plain question: its whole answer.  Likewise. */
int ctl_ask(const struct ctl *, const struct proto_text *, struct reply *);
/* The daemon's status; if it is not STATUS_OK, or it says why, say that. */
int ctl_verdict(const struct ctl *, const struct conn *);

/*
 * Are these names of programs?  If not say so.  The daemon knows which ones
 * exist.
 */
bool ctl_names(const struct ctl *, int n, char **names);

#endif
