/*
 * pidlock - the pidfile, in the form that pidfile_open(3) gives it.
 *
 * libbsd's functions cannot be used: pidfile_open(3) follows links, waits for
 * the writer of a FIFO and stops at a lock that anybody can hold, and
 * pidfile_write(3) does not know a lock that was inherited.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/pidlock.h"
#include "wire/holder.h"

#define PID_MAX_LEN 16 /* a pid as text */

/* Always -1. */
static int
failed(char *why)
{
	snprintf(why, FILE_WHY_MAX, "%s", strerror(errno));
	return -1;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int
lock_both(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == -1 ? -1 : holder_lock(fd);
}

/*
 * Put a new file in place, with the pid or empty.  It is complete before it has
 * its name, and until it is locked nobody else can open it.
 */
static int
make(const char *path, bool with_pid, char *why)
{
	char temp[PATH_MAX];
	int fd, saved;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >=
	    sizeof(temp)) {
		errno = ENAMETOOLONG;
		return failed(why);
	}
	/* The folders matter, not the file that has the name now. */
	if (file_check_path(AT_FDCWD, temp, NULL, why) == -1)
		return -1;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd == -1)
		return failed(why);
	if (lock_both(fd) == 0 && (!with_pid || pidlock_write(fd) == 0) &&
	    fchmod(fd, 0644) == 0 && rename(temp, path) == 0)
		return fd;
	failed(why);
	saved = errno;
	unlink(temp);
	close(fd);
	errno = saved;
	return -1;
}

int
pidlock_open(const char *path, pid_t *other, char why[static FILE_WHY_MAX])
{
	struct holder h;

	if (holder_of_pidfile(&h, path)) {
		*other = h.pid;
		errno = EEXIST;
		return failed(why);
	}
	return make(path, false, why);
}

int
pidlock_write(int fd)
{
	char text[PID_MAX_LEN];
	int n = snprintf(text, sizeof(text), "%d", (int)getpid());

	if (pwrite(fd, text, (size_t)n, 0) != n)
		return -1;
	return ftruncate(fd, n);
}

/* Does the name still lead to the open file? */
static bool
has_name(const char *path, int fd)
{
	struct stat named, st;

	return fd != -1 && fstat(fd, &st) == 0 && lstat(path, &named) == 0 &&
	    is_same_file(&named, &st);
}

/*
 * If a daemon is killed between the two steps, a new file in place and its
 * descriptor in the records, its guard still has the lock: the pid of a
 * process that has ended is no obstacle.
 */
int
pidlock_renew(const char *path, int fd, char why[static FILE_WHY_MAX])
{
	struct holder h;

	if (!has_name(path, fd) && holder_of_pidfile(&h, path) && h.pid > 0 &&
	    kill(h.pid, 0) == 0) {
		errno = EEXIST;
		snprintf(why, FILE_WHY_MAX,
		    "another daemon (pid %d) has taken it", (int)h.pid);
		return -1;
	}
	return make(path, true, why);
}

void
pidlock_remove(const char *path, int fd)
{
	if (fd == -1)
		return;
	if (has_name(path, fd))
		unlink(path);
	close(fd);
}
