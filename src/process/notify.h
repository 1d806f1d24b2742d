/*
 * notify - the sockets that programs send their notify messages to.
 *
 * Each program has a socket of its own, FOLDER/NUMBER, which belongs to its
 * user: so the socket identifies the program, and no other user can send to
 * it.  A program that starts as root may change its user itself and send
 * afterwards, as unbound does.  Its socket is FOLDER/NUMBER.SECRET: open to
 * everybody, but only the program knows the name.  Descriptors in a message
 * that the handler does not keep, as with BARRIER=1, are closed by
 * process/closer.h.  Until they are closed, no further message of that socket
 * is read: a program can only delay its own messages.
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
 * A message has come; NULL: it is dropped, because it is longer than 64 KiB or
 * its descriptors could not be received.  owner: the owner of its socket.
 * sender: the pid, or 0 if that process has been reaped and the number may be
 * another's by now.
 */
typedef void notify_handler(void *arg, void *owner, const struct sdnotify *,
    pid_t sender);

/* The folder is made when the first socket needs it.  NULL with errno. */
struct notify *notify_new(struct loop *, const char *folder, notify_handler *,
    void *arg);
/* Close every socket and remove the folder.  Accepts NULL. */
void notify_free(struct notify *);

/*
 * Open the socket of that number for a user; (uid_t)-1: our own.  again: the
 * program runs, so the path stays.  inherited: its descriptor from the former
 * daemon, now owned by the socket; or -1.  NULL with errno.
 */
struct notify_socket *notify_open(struct notify *, int number, uid_t uid,
    bool again, int inherited, void *owner);
/*
 * Version 0.1 had one socket for all programs.  The programs that it started
 * keep using that socket; the owner is NULL.  inherited: as above.
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
