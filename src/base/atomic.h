/*
 * atomic - files of an administrator's folder that appear, go and return
 * whole, whatever happens meanwhile.
 *
 * What lies there between the steps begins with a dot and does not end as a
 * program file does, so that no daemon reads it.
 *
 * Layer 2.
 */
#ifndef ATOMIC_H
#define ATOMIC_H

#include <sys/types.h>

#include <stddef.h>

/*
 * Make the file, of that mode whatever the umask.  One that exists is never
 * replaced: EEXIST.  -1 with errno.
 */
int atomic_create(const char *file, const char *bytes, size_t len, mode_t mode);
/* The same of a symbolic link to target. */
int atomic_link(const char *target, const char *file);
/* Rename the file to a name of its own, malloc'd.  NULL with errno. */
char *atomic_aside(const char *file);
/* Rename it back, unless there is another by now: EEXIST.  -1 with errno. */
int atomic_back(const char *aside, const char *file);
/* Remove it for good.  -1 with errno. */
int atomic_remove(const char *file);
/* What was done to its name lasts once its folder is on disk. */
int atomic_sync(const char *file);

#endif
