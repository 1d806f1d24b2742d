/*
 * control - the control socket: who may connect, framing, bounds, deadlines.
 * The meaning of a request is in request.h.
 *
 * Root, the daemon's own user and members of access-group may connect
 * (SO_PEERCRED, SO_PEERGROUPS; unix(7)).  Anyone else gets "end 4".  Every
 * bound is small and fixed: the number of clients, the size of a request, the
 * time to send a request and to read its reply.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "base/loop.h"
#include "daemon/answer.h"

struct control;

/* A request has come: reply in the answer, now or later. */
typedef void control_handler(void *arg, struct answer *, const struct line *);

/*
 * Listen at path, or on the inherited socket, if that is not -1.  NULL with
 * errno.
 */
struct control *control_open(struct loop *, const char *path, int inherited,
    control_handler *, void *arg);
/*
 * If the socket has lost its name, listen on a new one in its place, which has
 * another descriptor.  1: done; 0: it has its name; -1 with errno.
 */
int control_renew(struct control *);
/* The listening socket. */
int control_fd(const struct control *);
/*
 * This program is about to be replaced: end the requests that would be lost
 * with it, and send what is waiting.
 */
void control_hand_over(struct control *);
/* The group whose members may connect; (gid_t)-1: none. */
void control_set_group(struct control *, gid_t group);
/* Tell every waiting client that the daemon ends, and remove the socket. */
void control_close(struct control *);

#endif
