/*
 * fifo - the folder of the FIFOs that programs print to.
 */
#include "output/fifo.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAGS (O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)

/* Make it private to the daemon. */
static int
secure(int dir)
{
	struct stat st;

	if (fstat(dir, &st) == -1)
		return -1;
	if (st.st_uid != geteuid()) {
		errno = EPERM;
		return -1;
	}
	return (st.st_mode & 07777) == 0700 ? 0 : fchmod(dir, 0700);
}

int
fifo_dir(const char *run_dir)
{
	char path[PATH_MAX];
	int dir, n;

	n = snprintf(path, sizeof(path), "%s/out", run_dir);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((mkdir(run_dir, 0755) == -1 && errno != EEXIST) ||
	    (mkdir(path, 0700) == -1 && errno != EEXIST))
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir != -1 && secure(dir) == -1) {
		close(dir);
		return -1;
	}
	return dir;
}

static uid_t
own_or(uid_t owner)
{
	return owner == (uid_t)-1 ? geteuid() : owner;
}

bool
fifo_belongs_to(int fd, uid_t owner)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == own_or(owner);
}

int
fifo_open(int dir, const char *file)
{
	struct stat st;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (S_ISFIFO(st.st_mode))
		return openat(dir, file, O_RDWR | FLAGS);
	if (unlinkat(dir, file, 0) == 0)
		errno = ENOENT;
	return -1;
}

int
fifo_make(int dir, const char *file, uid_t owner)
{
	int fd, saved;

	/*
	 * No umask clears these two bits, and no other user can enter the
	 * folder.
	 */
	if (mkfifoat(dir, file, 0600) == -1)
		return -1;
	if ((fd = openat(dir, file, O_RDWR | FLAGS)) != -1 &&
	    (fifo_belongs_to(fd, owner) ||
		fchown(fd, own_or(owner), (gid_t)-1) == 0))
		return fd;
	saved = errno;
	if (fd != -1)
		close(fd);
	unlinkat(dir, file, 0);
	errno = saved;
	return -1;
}

/*
 * A reader notices the last writer's end only if there was a writer when it was
 * opened, see poll(2): fd is that writer.
 */
int
fifo_retire(int dir, const char *file, const char *retired, int fd)
{
	int reader = openat(dir, file, O_RDONLY | FLAGS);

	if (reader == -1)
		return -1;
	if (strcmp(file, retired) != 0 &&
	    renameat(dir, file, dir, retired) == -1) {
		close(reader);
		return -1;
	}
	close(fd);
	return reader;
}

int
fifo_reader(int dir, const char *file, int fd)
{
	int reader = openat(dir, file, O_RDONLY | FLAGS);

	return reader != -1 ? reader : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

void
fifo_remove(int dir, const char *name)
{
	unlinkat(dir, name, 0);
}

/*
 * Call fn for each open FIFO of the folder's file system; a daemon has no
 * other FIFO there.  It asks the kernel, because a guard does not know which
 * FIFOs the daemon opened after it created the guard.
 */
static void
each_open(int dir, void (*fn)(int fd, int flag), int flag)
{
	struct stat folder, st;
	struct dirent *d;
	DIR *fds;
	int fd;

	if (fstat(dir, &folder) == -1 ||
	    (fds = opendir("/proc/self/fd")) == NULL)
		return;
	while ((d = readdir(fds)) != NULL) {
		fd = (int)strtonum(d->d_name, 0, INT_MAX, NULL);
		if (fd > STDERR_FILENO && fstat(fd, &st) == 0 &&
		    S_ISFIFO(st.st_mode) && st.st_dev == folder.st_dev)
			fn(fd, flag);
	}
	closedir(fds);
}

static void
set_flag(int fd, int flag)
{
	fcntl(fd, F_SETFD, flag);
}

void
fifo_inherit(int dir, bool on)
{
	each_open(dir, set_flag, on ? 0 : FD_CLOEXEC);
}

/* The FIFOs that this process opened have the flag. */
static void
close_without(int fd, int flag)
{
	if ((fcntl(fd, F_GETFD) & flag) == 0)
		close(fd);
}

void
fifo_drop_inherited(int dir)
{
	each_open(dir, close_without, FD_CLOEXEC);
}
