/*
 * notify - the datagram socket that programs send their notify messages to.
 *
 * All programs share one socket.  The kernel's credentials tell the sender;
 * the message is never trusted for that.
 *
 * Sources: sd_notify(3), unix(7).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <sys/types.h>

#include "wire/sdnotify.h"

/* Make the socket at path, mode 0666.  Returns it, or -1 with errno. */
int notify_open(const char *path);
/*
 * Receive one message.  Returns 1 with the sender in *pid and *uid, 0 if no
 * message is waiting, or -1 if the message was malformed and has been dropped.
 * *barrier is the descriptor that came with BARRIER=1, or -1: the caller
 * closes it when it has acted on the message.
 */
int notify_receive(int fd, struct sdnotify *, pid_t *, uid_t *, int *barrier);

#endif
