/*
 * folder - the daemon's own folders: made if they are not there.
 *
 * Layer 2.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <sys/types.h>

/*
 * Make path with that mode, and its parents (0755).  One that exists must be
 * a folder of root's or of ours; its mode is left alone.  -1 with errno.
 */
int folder_make(const char *path, mode_t mode);

#endif
