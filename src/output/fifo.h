/*
 * fifo - the folder of the FIFOs that programs print to.
 *
 * Only the daemon can change the folder, so a daemon made what is in it.  Each
 * FIFO belongs to the user of its program, who can so open /dev/stdout again.
 */
#ifndef FIFO_H
#define FIFO_H

#include <sys/types.h>

#include <stdbool.h>

/* Make run_dir/out if it is missing; its descriptor, or -1 with errno. */
int fifo_dir(const char *run_dir);
/*
 * Open a FIFO for reading and writing, so that it keeps its bytes.  One that
 * is there is kept, with its bytes; anything else in its place is removed.
 * -1 with errno.
 */
int fifo_open(int dir, const char *name, uid_t owner);
/* Its owner as logger_stream_open(3) takes it; fd is the FIFO's. */
int fifo_chown(int fd, uid_t owner);
/*
 * A descriptor for reading only, whose reader notices that no writer is left.
 * If there can be none, one like fd, whose reader does not.
 */
int fifo_reader(int dir, const char *name, int fd);
void fifo_remove(int dir, const char *name);

/*
 * Before an exec that another daemon is to follow: let it have every open
 * FIFO of the folder, so that none loses its bytes where the log process is
 * dead as well; or, if it came to nothing, do not.
 */
void fifo_inherit(int dir, bool on);
/* And in that one, once it has opened them itself: close them. */
void fifo_drop_inherited(int dir);

#endif
