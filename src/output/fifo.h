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
 * Open a FIFO for reading and writing, so that it keeps its bytes.  An existing
 * FIFO is kept, with its bytes; any other file with its name is removed.  owner
 * (uid_t)-1 is the daemon's own user.  -1 with errno.
 */
int fifo_open(int dir, const char *name, uid_t owner);
/* Change the owner, as for fifo_open; fd is the FIFO. */
int fifo_chown(int fd, uid_t owner);
/*
 * A descriptor for reading only: its reader notices when no writer is left.  If
 * it cannot be opened, a copy of fd, whose reader does not notice.
 */
int fifo_reader(int dir, const char *name, int fd);
void fifo_remove(int dir, const char *name);

/*
 * Let the next exec inherit every open FIFO of the folder, or not.  A successor
 * of the daemon inherits them, so that no byte is lost even if the log process
 * is dead.
 */
void fifo_inherit(int dir, bool on);
/* Close the inherited ones, once the successor has opened all itself. */
void fifo_drop_inherited(int dir);

#endif
