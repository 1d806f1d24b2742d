/*
 * advice - warnings about what a configuration means on this machine: programs,
 * interpreters and folders that do not exist, limits above the hard one.
 */
#ifndef ADVICE_H
#define ADVICE_H

#include "config/config.h"

/*
 * Look at the files that commands and folders name.  A path of another user may
 * block, so the daemon's loop does not call this.  root: the daemon is root's.
 * path is the PATH that programs have if they do not set it.
 */
void advice_files(const struct config *, bool root, const char *path,
    struct diags *notes);
/* That PATH of a daemon which has this environment, or the fixed one. */
const char *advice_path(bool fixed);
/* Find the limits that this process, if it is the daemon, cannot set. */
void advice_limits(const struct config *, struct diags *notes);
/*
 * The first limit of a program that this process cannot set, and the value that
 * is used; malloc'd, or NULL.
 */
char *advice_limit(const struct definition *);

#endif
