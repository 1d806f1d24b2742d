/*
 * folder - the daemon's own folders.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"

/* An explicit mode, whatever the umask. */
static int
make_one(const char *path, mode_t mode)
{
	mode_t mask;
	int rv;

	mask = umask(0);
	rv = mkdir(path, mode);
	umask(mask);
	return rv;
}

int
folder_make(const char *path, mode_t mode)
{
	char parent[PATH_MAX], *slash;
	struct stat st;

	if (strlcpy(parent, path, sizeof(parent)) >= sizeof(parent)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (slash = parent + 1; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		if (make_one(parent, 0755) == -1 && errno != EEXIST &&
		    errno != EROFS && errno != EACCES)
			return -1;
		*slash = '/';
	}
	if (make_one(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (stat(path, &st) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		errno = EPERM;
		return -1;
	}
	return 0;
}
