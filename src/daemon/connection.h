/*
 * connection - the clients of the control socket.
 *
 * Every bound is small and fixed: how many there are, the size of a request,
 * the time to send one and to take its reply.
 *
 * Layer 3.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <sys/types.h>

#include <stdbool.h>

#include "daemon/client.h"
#include "daemon/state.h"

struct connections {
	struct daemon *daemon;
	TAILQ_HEAD(, client) clients; /* the oldest first */
	unsigned n;
	bool flush_due;
};

void connections_init(struct connections *, struct daemon *);
/*
 * A new client of this user.  One that is not permitted is told so and cut
 * off, as is one too many.  Takes fd; -1 and it is still the caller's.
 */
int connections_add(struct connections *, int fd, uid_t uid, bool permitted);
/*
 * This program is about to be replaced: tell every client whose request would
 * be lost with it, and send what is to be sent.
 */
void connections_hand_over(struct connections *);
/* Tell every waiting client that the daemon ends. */
void connections_end(struct connections *);

#endif
