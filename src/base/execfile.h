/*
 * execfile - why a file cannot be executed.  execve(2) has one error for many
 * causes: ENOENT may be about the file, its interpreter, or a CR in its first
 * line.
 *
 * Other users' paths may block, so the daemon's loop does not call this.
 *
 * Sources: execve(2), elf(5).
 */
#ifndef EXECFILE_H
#define EXECFILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* The longest reason, with its NUL. */
#define EXECFILE_WHY_MAX 512

/* The user of the file.  uid (uid_t)-1: this process. */
struct execfile_user {
	uid_t uid;
	gid_t gid;
	const gid_t *gids;
	size_t ngids;
};

/*
 * Look for the name in the folders of search, as execvp(3) does.  True: path
 * is the file.  False: no folder has such a file that is executable.
 */
bool execfile_find(const char *name, const char *search,
    const struct execfile_user *, char *path, size_t size);
/*
 * Why the file cannot be executed, in words that follow "FILE: "; in why, or
 * static.  NULL: it can be, as far as it can be seen.  search is a PATH, for
 * "#!/usr/bin/env NAME"; it may be NULL.
 */
const char *execfile_trouble(const char *path, const char *search,
    const struct execfile_user *, char why[static EXECFILE_WHY_MAX]);

#endif
