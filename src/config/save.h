/*
 * save - a configuration written to disk, whole or not at all.
 */
#ifndef SAVE_H
#define SAVE_H

#include "config/config.h"

/*
 * Write it, canonical, to file: a new file, mode 0600, renamed into place.  A
 * file that holds the same already stays, and nothing waits for the disk.  -1
 * with errno.
 */
int save_config(const struct config *, const char *file);
/*
 * Copy a file that was saved: cheaper than to print again.  The copy is for
 * this boot, so nothing waits for the disk.  -1 with errno.
 */
int save_copy(const char *from, const char *file);

#endif
