/*
 * folder - the daemon's own folders.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"

static int
failed(char why[static SAFEFILE_WHY_MAX], int err)
{
	snprintf(why, SAFEFILE_WHY_MAX, "%s", strerror(err));
	errno = err;
	return -1;
}

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

/* In /tmp anybody could have made it, a link to a folder of ours even. */
static int
check(const char *path, char why[static SAFEFILE_WHY_MAX])
{
	struct stat st;
	int fd, rv, saved;

	if (lstat(path, &st) == -1)
		return failed(why, errno);
	if (S_ISLNK(st.st_mode) && st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(why, SAFEFILE_WHY_MAX, "is a symbolic link of user %u",
		    (unsigned)st.st_uid);
		errno = EPERM;
		return -1;
	}
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return failed(why, errno);
	rv = safefile_folder(fd, why);
	saved = errno;
	close(fd);
	errno = saved;
	return rv;
}

int
folder_make(const char *path, mode_t mode, char why[static SAFEFILE_WHY_MAX])
{
	char parent[PATH_MAX], *slash;

	if (strlcpy(parent, path, sizeof(parent)) >= sizeof(parent))
		return failed(why, ENAMETOOLONG);
	for (slash = parent + 1; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		if (make_one(parent, 0755) == -1 && errno != EEXIST &&
		    errno != EROFS && errno != EACCES)
			return failed(why, errno);
		*slash = '/';
	}
	if (make_one(path, mode) == 0)
		return 0;
	return errno == EEXIST ? check(path, why) : failed(why, errno);
}
