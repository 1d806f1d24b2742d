/*
 * claim - the folders that only one daemon may use: program-dir, log-dir and
 * state-dir.  Two daemons would start each program twice, rotate the same
 * files, or overwrite what the other has accepted.
 *
 * The claim is a write lock on a file in the folder, ".lock", which only the
 * daemon's user can open, so that nobody else can take it.  Like the lock of
 * the records it passes from one daemon to the next, and ends with the last.
 * The file names the run folder of the daemon.  A folder in which no file can
 * be made, on a read-only file system for example, is not claimed.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include "base/file.h"
#include "daemon/state.h"

/*
 * Claim the folders that exist and are not claimed yet.  -1 with why: another
 * daemon, which why names, has one of them.
 */
int claim_take(struct daemon *, char why[static FILE_WHY_MAX]);
/* Take over the claims of the daemon before this one, by its records. */
void claim_inherit(struct daemon *);
/* Let the next daemon find them. */
void claim_record(struct daemon *);
void claim_release(struct daemon *);

#endif
