/*
 * directory - make and remove the folders of programs as root, in folders that
 * hostile users may change meanwhile.
 *
 * Each step goes by descriptor from folder to folder.  No symbolic link is
 * followed, unless only root can have made it, and no file system is entered
 * that is mounted below.  The calls may take any time, so the daemon never
 * makes them itself: the child that starts a program does, or a helper.
 *
 * Sources: openat(2), path_resolution(7), fchownat(2), /proc/PID/fdinfo in
 * proc(5).
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <sys/types.h>

#include <stdbool.h>

#define DIRECTORY_WHY_MAX 600

struct directory {
	const char *base; /* a folder of the system, absolute */
	const char *name; /* below it: "web", "web/cache" */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool keeps; /* if it exists, leave it as it is */
};

/*
 * Make the folder, or give an existing one that owner and mode.  If the owner
 * had to change, its contents get the same owner, except files that have
 * further names elsewhere, or that a third user owns.  Folders above it are
 * made for root with mode 0755.  -1 with errno and why, which names the path.
 */
int directory_make(const struct directory *,
    char why[static DIRECTORY_WHY_MAX]);
/*
 * Remove the folder with its contents; a folder that does not exist is no
 * error.  -1 with errno and why; then what could be removed is gone.
 */
int directory_remove(const char *base, const char *name,
    char why[static DIRECTORY_WHY_MAX]);

#endif
