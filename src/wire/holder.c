/*
 * holder - which process is the daemon of a run folder, by its locks.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/holder.h"

#define PID_MAX_LEN 16 /* a pid as text */

int
holder_lock(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* A lock for reading conflicts with a write lock only. */
static bool
is_locked(int fd)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Opening a device or a FIFO might have an effect: look first. */
static int
open_regular(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return -1;
	return open(path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void
read_head(struct holder *h, int fd)
{
	struct holder_head head;

	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head.magic, HOLDER_MAGIC, sizeof(head.magic)) != 0 ||
	    head.pid <= 0)
		return;
	h->pid = head.pid;
	h->stopping = head.stopping != 0;
}

static void
read_pid(struct holder *h, int fd)
{
	char text[PID_MAX_LEN];
	const char *why;
	ssize_t n;

	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return;
	text[n] = '\0';
	h->pid = (pid_t)strtonum(text, 1, INT_MAX, &why);
}

static bool
look(struct holder *h, const char *path, void (*read_it)(struct holder *, int))
{
	bool held;
	int fd;

	*h = (struct holder){0};
	fd = open_regular(path);
	if (fd == -1)
		return false;
	held = is_locked(fd);
	if (held)
		read_it(h, fd);
	close(fd);
	return held;
}

bool
holder_of_records(struct holder *h, const char *run_dir)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/records", run_dir) >=
	    sizeof(path))
		return false;
	return look(h, path, read_head);
}

bool
holder_of_pidfile(struct holder *h, const char *path)
{
	return look(h, path, read_pid);
}
