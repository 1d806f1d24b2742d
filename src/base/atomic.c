/*
 * atomic - files of an administrator's folder that appear, go and return
 * whole.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"

/* Undo what was made before err, which is then errno. */
static int
drop(const char *file, int err)
{
	unlink(file);
	errno = err;
	return -1;
}

int
atomic_sync(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *folder;
	int fd, rv, err;

	if (slash == NULL)
		folder = strdup(".");
	else
		folder =
		    strndup(file, slash == file ? 1 : (size_t)(slash - file));
	if (folder == NULL)
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd == -1)
		return -1;
	rv = fsync(fd);
	err = errno;
	close(fd);
	errno = err;
	return rv;
}

/* "DIR/.NAME.XXXXXX" of "DIR/NAME", made, its descriptor in *fd. */
static char *
make_temp(const char *file, int *fd)
{
	const char *slash = strrchr(file, '/');
	int dir = slash == NULL ? 0 : (int)(slash + 1 - file);
	char *temp;

	if (asprintf(&temp, "%.*s.%s.XXXXXX", dir, file, file + dir) == -1) {
		errno = ENOMEM;
		return NULL;
	}
	if ((*fd = mkostemp(temp, O_CLOEXEC)) == -1) {
		free(temp);
		return NULL;
	}
	return temp;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, bytes, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Closes fd. */
static int
fill(int fd, const char *bytes, size_t len, mode_t mode)
{
	int err = 0;

	if (write_all(fd, bytes, len) == -1 || fchmod(fd, mode) == -1 ||
	    fsync(fd) == -1)
		err = errno;
	if (close(fd) == -1 && err == 0)
		err = errno;
	errno = err;
	return err == 0 ? 0 : -1;
}

/* A link, unlike a rename, never replaces what has the name already. */
static int
move(const char *from, const char *to)
{
	if (link(from, to) == -1)
		return -1;
	return unlink(from) == -1 ? drop(to, errno) : 0;
}

int
atomic_create(const char *file, const char *bytes, size_t len, mode_t mode)
{
	char *temp;
	int fd, rv, err;

	if ((temp = make_temp(file, &fd)) == NULL)
		return -1;
	rv = fill(fd, bytes, len, mode);
	if (rv == 0)
		rv = move(temp, file);
	if (rv == -1)
		drop(temp, errno);
	else if (atomic_sync(file) == -1)
		rv = drop(file, errno);
	err = errno;
	free(temp);
	errno = err;
	return rv;
}

int
atomic_link(const char *target, const char *file)
{
	if (symlink(target, file) == -1)
		return -1;
	return atomic_sync(file) == -1 ? drop(file, errno) : 0;
}

char *
atomic_aside(const char *file)
{
	char *aside;
	int fd, err;

	if ((aside = make_temp(file, &fd)) == NULL)
		return NULL;
	close(fd);
	if (rename(file, aside) == 0)
		return aside;
	err = errno;
	unlink(aside);
	free(aside);
	errno = err;
	return NULL;
}

int
atomic_back(const char *aside, const char *file)
{
	if (move(aside, file) == -1)
		return -1;
	/* It is back, whether or not a power failure could undo that. */
	atomic_sync(file);
	return 0;
}

int
atomic_remove(const char *file)
{
	return unlink(file) == -1 ? -1 : atomic_sync(file);
}
