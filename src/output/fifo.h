/*
 * fifo - the folder of the FIFOs that programs print to.
 *
 * Only the daemon can change the folder, so every file in it was made by a
 * daemon.  Each FIFO belongs to the user of its program, so that the program
 * can open /dev/stdout again.
 */
#ifndef FIFO_H
#define FIFO_H

#include <sys/types.h>

#include <stdbool.h>

/* Make run_dir/out if it is missing; its descriptor, or -1 with errno. */
int fifo_dir(const char *run_dir);
/*
 * Open an existing FIFO for reading and writing, so that it keeps its bytes.
 * -1 with errno, ENOENT: it does not exist; any other file with its name is
 * removed.
 */
int fifo_open(int dir, const char *file);
/*
 * Make a new FIFO and open it in the same way; owner (uid_t)-1 is the daemon's
 * own user.
 */
int fifo_make(int dir, const char *file, uid_t owner);
bool fifo_belongs_to(int fd, uid_t owner);
/*
 * Retire a FIFO, so that no program opens it any more: rename it, unless both
 * names are the same, and close fd.  Returns a descriptor for reading only,
 * whose reader notices when no writer is left; -1 with errno, and nothing has
 * changed.
 */
int fifo_retire(int dir, const char *file, const char *retired, int fd);
/*
 * A descriptor for reading only: its reader notices when no writer is left.  If
 * it cannot be opened, a copy of fd, whose reader does not notice.
 */
int fifo_reader(int dir, const char *file, int fd);
void fifo_remove(int dir, const char *file);

/*
 * Let the next exec inherit every open FIFO of the folder, or not.  A successor
 * of the daemon inherits them, so that no byte is lost even if the log process
 * is dead.
 */
void fifo_inherit(int dir, bool on);
/* Close the inherited ones, once the successor has opened all itself. */
void fifo_drop_inherited(int dir);

#endif
