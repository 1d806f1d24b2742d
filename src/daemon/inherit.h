/*
 * inherit - how a daemon begins that is not the first: the records of the one
 * before it, and the configuration that this one ran.
 *
 * Layer 4.
 */
#ifndef INHERIT_H
#define INHERIT_H

#include "daemon/state.h"

/*
 * We were executed with records as descriptor fd: take settings and
 * configuration from there.  What cannot be taken over is fatal.
 */
void inherit_begin(struct daemon *, int fd, struct config *set);
/*
 * We were started anew, set is what the files say: if a daemon before us was
 * killed, set becomes what that one ran.
 */
void inherit_find(struct daemon *, struct config *set);
/* For the next: the settings that stay until a real start. */
void inherit_keep(struct daemon *);
/* There is no next. */
void inherit_forget(struct daemon *);

#endif
