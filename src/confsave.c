/*
 * confsave - a configuration written to disk, whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic.h"
#include "confdir.h"

/* Print to a descriptor, which it closes.  -1 with errno. */
static int
print_to(int fd, const struct confset *set)
{
	int err = 0;
	FILE *f;

	if ((f = fdopen(fd, "w")) == NULL) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	if (confset_print(set, f) == -1)
		err = ENOMEM;
	else if (fflush(f) == EOF || fsync(fd) == -1)
		err = errno;
	if (fclose(f) == EOF && err == 0)
		err = errno;
	errno = err;
	return err == 0 ? 0 : -1;
}

static int
replace(const struct confset *set, const char *temp, const char *file)
{
	int fd, err;

	/* One that a crash left behind is no obstacle. */
	if (unlink(temp) == -1 && errno != ENOENT)
		return -1;
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return -1;
	if (print_to(fd, set) == -1 || rename(temp, file) == -1) {
		err = errno;
		unlink(temp);
		errno = err;
		return -1;
	}
	return atomic_sync(file);
}

int
confdir_save(const struct confset *set, const char *file)
{
	char *temp;
	int r, err;

	if (asprintf(&temp, "%s.new", file) == -1) {
		errno = ENOMEM;
		return -1;
	}
	r = replace(set, temp, file);
	err = errno;
	free(temp);
	errno = err;
	return r;
}
