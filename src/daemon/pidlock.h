/*
 * pidlock - the pidfile, in the form that pidfile_open(3) and pidfile_write(3)
 * give it: locked by flock(2), mode 0644 whatever the umask, the pid inside.
 *
 * The file proves nothing, because everybody who can read it can lock it.  The
 * lock of the records says who is the daemon; its holder replaces whatever has
 * the name of the pidfile by a new file.  So no link is followed, no FIFO is
 * waited for, and a lock that somebody holds on the old file does not matter.
 *
 * A daemon with another run folder has other records.  It shows by a write
 * lock (F_OFD_SETLK, fcntl(2)), which only its user can take on the pidfile.
 */
#ifndef PIDLOCK_H
#define PIDLOCK_H

#include <sys/types.h>

#include "base/file.h"

/*
 * Put a new, empty pidfile in place and lock it.  The descriptor, or -1 with
 * errno and why; EEXIST: another daemon has this pidfile, *other is its pid,
 * or 0 if that is not known.
 */
int pidlock_open(const char *path, pid_t *other, char why[static FILE_WHY_MAX]);
/* Write the pid of this process.  -1 with errno. */
int pidlock_write(int fd);
/*
 * The same for a daemon that follows another, with the descriptor that it
 * inherited, or -1: the file changes at once from the former pid to the new
 * one.  The new descriptor, or -1 with errno and why.  fd is left open.
 */
int pidlock_renew(const char *path, int fd, char why[static FILE_WHY_MAX]);
/* Remove the file, if it is still this one, and close it. */
void pidlock_remove(const char *path, int fd);

#endif
