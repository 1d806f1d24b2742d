/*
 * safefile - reading a file only if nobody but root and the daemon's user can
 * have written it.
 *
 * The checks before opening keep FIFOs and devices from being opened; those
 * that count are of the open descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"

/* So often a file may change under our eyes. */
#define TRIES 4

static int __attribute__((format(printf, 3, 4)))
refuse(char *why, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, SAFEFILE_WHY_MAX, fmt, ap);
	va_end(ap);
	errno = err;
	return -1;
}

static bool
is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static const char *
kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "folder";
	case S_IFIFO:
		return "FIFO";
	case S_IFSOCK:
		return "socket";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	case S_IFLNK:
		return "symbolic link";
	default:
		return "special file";
	}
}

static int
check_owner(const struct stat *st, char *why)
{
	if (!is_trusted(st->st_uid))
		return refuse(why, EPERM,
		    "belongs to user %u, neither root nor hupd's own user",
		    (unsigned)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(why, EPERM,
		    "may be written by others (mode %04o)",
		    (unsigned)st->st_mode & 07777);
	return 0;
}

static int
check_file(struct safefile *f)
{
	if (!S_ISREG(f->st.st_mode))
		return refuse(f->why, EINVAL, "is a %s, not a regular file",
		    kind(f->st.st_mode));
	if (check_owner(&f->st, f->why) == -1)
		return -1;
	if (f->st.st_size > (off_t)f->max)
		return refuse(f->why, EFBIG, "is larger than %zu KiB",
		    f->max / 1024);
	return 0;
}

int
safefile_look(struct safefile *f, int dir, const char *name, size_t max)
{
	*f = (struct safefile){.dir = dir, .name = name, .max = max};
	if (fstatat(dir, name, &f->st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return 0;
		return refuse(f->why, errno, "%s", strerror(errno));
	}
	if (S_ISLNK(f->st.st_mode)) {
		if (!is_trusted(f->st.st_uid))
			return refuse(f->why, EPERM,
			    "is a symbolic link of user %u, neither root nor "
			    "hupd's own user",
			    (unsigned)f->st.st_uid);
		f->link = true;
		if (fstatat(dir, name, &f->st, 0) == -1)
			return refuse(f->why, errno,
			    "is a symbolic link that leads nowhere: %s",
			    strerror(errno));
	}
	return check_file(f) == -1 ? -1 : 1;
}

/* Read all of it, up to one byte more than it may have. */
static int
read_bytes(struct safefile *f, int fd)
{
	size_t size = f->max + 1;
	ssize_t n;

	if ((size_t)f->st.st_size < size)
		size = (size_t)f->st.st_size + 1;
	if ((f->bytes = malloc(size + 1)) == NULL)
		return refuse(f->why, ENOMEM, "out of memory");
	for (f->len = 0; f->len < size; f->len += (size_t)n) {
		n = read(fd, f->bytes + f->len, size - f->len);
		if (n == 0)
			break;
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == -1)
			return refuse(f->why, errno, "cannot be read: %s",
			    strerror(errno));
	}
	f->bytes[f->len] = '\0';
	return 0;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* 1: read; 0: it changed meanwhile; -1. */
static int
read_once(struct safefile *f, int fd)
{
	struct stat after;

	if (fstat(fd, &f->st) == -1)
		return refuse(f->why, errno, "%s", strerror(errno));
	if (check_file(f) == -1 || read_bytes(f, fd) == -1)
		return -1;
	if (fstat(fd, &after) == -1)
		return refuse(f->why, errno, "%s", strerror(errno));
	if (after.st_size == f->st.st_size && (off_t)f->len == after.st_size &&
	    same_time(&after.st_mtim, &f->st.st_mtim) &&
	    same_time(&after.st_ctim, &f->st.st_ctim))
		return 1;
	safefile_clear(f);
	return 0;
}

/* 1: read; 0: it is not what was looked at, look again; -1. */
static int
open_and_read(struct safefile *f)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd, r, err;

	fd = openat(f->dir, f->name, f->link ? flags : flags | O_NOFOLLOW);
	if (fd == -1) {
		if (errno == ENOENT || (errno == ELOOP && !f->link))
			return 0;
		return refuse(f->why, errno, "cannot be opened: %s",
		    strerror(errno));
	}
	r = read_once(f, fd);
	err = errno;
	close(fd);
	errno = err;
	return r;
}

int
safefile_read(struct safefile *f, int dir, const char *name, size_t max)
{
	int r;

	for (int i = 0; i < TRIES; i++) {
		if ((r = safefile_look(f, dir, name, max)) != 1)
			return r;
		if ((r = open_and_read(f)) == 1)
			return 1;
		if (r == -1) {
			safefile_clear(f);
			return -1;
		}
	}
	return refuse(f->why, EAGAIN, "keeps changing while it is read");
}

void
safefile_clear(struct safefile *f)
{
	free(f->bytes);
	f->bytes = NULL;
	f->len = 0;
}

int
safefile_folder(int fd, char why[static SAFEFILE_WHY_MAX])
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return refuse(why, errno, "%s", strerror(errno));
	return check_owner(&st, why);
}
