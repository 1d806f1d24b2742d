/*
 * notify - the sockets that programs send their notify messages to.
 *
 * Each program has a socket of its own, FOLDER/NUMBER, which belongs to its
 * user: the socket tells whose a message is, and nobody else can send one.
 * Descriptors that come along, as with BARRIER=1, are closed by
 * process/closer.h.  Until they are, no further message of that socket is
 * read: a program can only keep its own messages waiting.
 *
 * Sources: sd_notify(3), unix(7); SO_PASSPIDFD, Linux 6.5.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/loop.h"
#include "wire/sdnotify.h"

struct notify;
struct notify_socket;

/*
 * A message has come.  owner: that of its socket.  sender: the pid, or 0 if
 * that process has been reaped and the number may be another's by now.
 */
typedef void notify_handler(void *arg, void *owner, const struct sdnotify *,
    pid_t sender);

/* folder is made when it is needed first.  NULL with errno. */
struct notify *notify_new(struct loop *, const char *folder, notify_handler *,
    void *arg);
/* Close every socket and remove the folder.  Accepts NULL. */
void notify_free(struct notify *);

/*
 * Open the socket of that number for a user; (uid_t)-1: our own.  inherited:
 * its descriptor from the daemon before us, which it takes; or -1.  NULL with
 * errno.
 */
struct notify_socket *notify_open(struct notify *, int number, uid_t uid,
    int inherited, void *owner);
/*
 * Version 0.1 had one socket for all programs.  Those that it started go on
 * using it; the owner is NULL.  inherited: as above.
 */
struct notify_socket *notify_open_shared(struct notify *, const char *path,
    int inherited);
/* Close it and remove its name.  Accepts NULL. */
void notify_close(struct notify_socket *);

const char *notify_path(const struct notify_socket *);
int notify_fd(const struct notify_socket *);
/* Is it the socket of this user? */
bool notify_is_for(const struct notify_socket *, uid_t uid);

#endif
