/*
 * folder - the daemon's own folders: made if they are not there.
 *
 * Layer 2.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <sys/types.h>

#include "base/safefile.h"

/*
 * Make path with that mode, and its parents (0755).  One that exists must be
 * safe from others, as safefile.h has it; its mode is left alone.  -1 with
 * errno and why.
 */
int folder_make(const char *path, mode_t mode,
    char why[static SAFEFILE_WHY_MAX]);

#endif
