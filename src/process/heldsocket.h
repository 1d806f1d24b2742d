/*
 * heldsocket - one listening socket that the daemon holds for a program.
 *
 * A socket is opened, changed and removed by a helper: the folder of a path may
 * be another user's, and may not answer.  The daemon makes the socket, the
 * helper, which shares it, binds it and listens.
 *
 * A path has its owner and mode before anybody can see it: the socket is bound
 * in a private folder beside it, and renamed.  It has the right name
 * nevertheless (getsockname(2)), for the helper's root is that folder then.
 *
 * Sources: ip(7), ipv6(7), unix(7), proc(5), pidfd_getfd(2).
 */
#ifndef HELDSOCKET_H
#define HELDSOCKET_H

#include <sys/types.h>

#include <stdbool.h>

#include "config/address.h"
#include "process/closer.h"
#include "process/helper.h"

#define HELDSOCKET_WHY_MAX 256

/* Helpers for work that may take long.  Borrowed. */
struct heldsocket_means {
	struct helpers *helpers;
	/* A connection that nobody accepted may bring descriptors. */
	struct closer *closer;
};

/* Written by heldsocket.c only. */
struct heldsocket {
	const struct heldsocket_means *means;
	struct address address;
	struct heldsocket_owner {
		uid_t uid; /* of a path; (uid_t)-1: the daemon's own */
		gid_t gid;
		mode_t mode;
	} owner;
	int fd; /* -1: it is not open */
	/* The file of a path: no other file is removed. */
	dev_t dev;
	ino_t ino;
	int err; /* of the last attempt to open it; 0: it is open */
	char why[HELDSOCKET_WHY_MAX]; /* the same in words */

	struct helper job;
	/* The attempt is over.  Called from the loop. */
	void (*done)(struct heldsocket *);
	int pending;			/* the descriptor of the attempt */
	struct heldsocket_owner wanted; /* by heldsocket_change */
};

/* The text of the address is canonical. */
void heldsocket_init(struct heldsocket *, const char *text,
    const struct heldsocket_owner *, const struct heldsocket_means *,
    void (*done)(struct heldsocket *));
/* Bind and listen; done follows.  It must not be open or busy. */
void heldsocket_open(struct heldsocket *);
/* Is an attempt under way? */
bool heldsocket_is_busy(const struct heldsocket *);
/*
 * Give the path another owner and mode; done follows.  A failure leaves it as
 * it is, and is in why.
 */
void heldsocket_change(struct heldsocket *, const struct heldsocket_owner *);
/*
 * Close it; an attempt ends without done.  True: a helper removes its path, and
 * done follows.
 */
bool heldsocket_close(struct heldsocket *);
/*
 * Continue with a descriptor of an earlier daemon, if it is a listening socket
 * with that inode.
 */
bool heldsocket_take(struct heldsocket *, int fd, ino_t inode);
/*
 * The same with a descriptor of a running process: find the socket of that
 * inode there.  False: it is not there, or may not be taken.
 */
bool heldsocket_take_from(struct heldsocket *, pid_t, int pidfd, ino_t inode);
/*
 * The descriptor of a running process that is the socket of that inode, opened
 * here, close-on-exec; or -1.
 */
int heldsocket_fetch(pid_t, int pidfd, ino_t inode);
/* Its inode, by which the others know it again. */
ino_t heldsocket_inode(const struct heldsocket *);
/* Does err mean that the address does not exist yet? */
bool heldsocket_is_missing(int err);

#endif
