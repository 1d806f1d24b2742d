/*
 * logfile - open, append to and rotate the log files of a folder.
 */
#include "output/logfile.h"
#include "config/places.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
logfile_name(char buf[static NAME_MAX + 1], const char *name, int n)
{
	const int len = (int)strcspn(name, ":");
	const char *errors = name[len] != '\0' ? PLACES_ERROR_SUFFIX : "";

	if (n == 0)
		snprintf(buf, NAME_MAX + 1, "%.*s" PLACES_LOG_SUFFIX "%s", len,
		    name, errors);
	else
		snprintf(buf, NAME_MAX + 1, "%.*s" PLACES_LOG_SUFFIX "%s.%d",
		    len, name, errors, n);
	return buf;
}

void
logfile_dir_init(struct logdir *d, int fd, unsigned max)
{
	*d = (struct logdir){.fd = fd, .max = max};
	TAILQ_INIT(&d->files);
}

void
logfile_dir_renew(struct logdir *d, int fd)
{
	struct logfile *f;

	while ((f = TAILQ_FIRST(&d->files)) != NULL)
		/* This removes the file from the list. */
		logfile_close(d, f); /* NOLINT(clang-analyzer-unix.Malloc) */
	if (fd == -1)
		return;
	if (d->fd != -1)
		close(d->fd);
	d->fd = fd;
}

void
logfile_dir_free(struct logdir *d)
{
	logfile_dir_renew(d, -1);
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

int
logfile_dir_check(const struct logdir *d)
{
	struct stat st;

	if (fstat(d->fd, &st) == -1)
		return -1;
	if (st.st_nlink == 0) {
		errno = ENOENT;
		return -1;
	}
	return faccessat(d->fd, ".", W_OK | X_OK, 0);
}

void
logfile_close(struct logdir *d, struct logfile *f)
{
	int saved = errno;

	if (f == NULL)
		return;
	TAILQ_REMOVE(&d->files, f, entry);
	d->open--;
	*f->ref = NULL;
	close(f->fd);
	free(f);
	errno = saved;
}

/* Note its length, and whether its end is the end of a line. */
static int
examine(struct logfile *f, const struct stat *st)
{
	char last;

	if (st->st_size == 0)
		f->bol = true;
	else if (pread(f->fd, &last, 1, st->st_size - 1) == 1)
		f->bol = last == '\n';
	else
		return -1;
	f->size = st->st_size;
	return 0;
}

static int
open_fd(const struct logdir *d, const char *name, bool create, struct stat *st)
{
	const int flags =
	    O_RDWR | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	char path[NAME_MAX + 1];
	int fd;

	fd = openat(d->fd, logfile_name(path, name, 0),
	    create ? flags | O_CREAT : flags, 0640);
	if (fd == -1)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static int
open_new(struct logdir *d, struct logfile **ref, const char *name, bool create)
{
	struct logfile *f;
	struct stat st;

	if (d->open >= d->max)
		logfile_close(d, TAILQ_FIRST(&d->files));
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return -1;
	if ((f->fd = open_fd(d, name, create, &st)) == -1) {
		free(f);
		return -1;
	}
	if (examine(f, &st) == -1) {
		close(f->fd);
		free(f);
		return -1;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->ref = ref;
	*ref = f;
	TAILQ_INSERT_TAIL(&d->files, f, entry);
	d->open++;
	return 0;
}

int
logfile_open(struct logdir *d, struct logfile **ref, const char *name,
    bool create)
{
	struct logfile *f = *ref;
	struct stat st;

	if (f != NULL && (fstat(f->fd, &st) == -1 || st.st_nlink == 0)) {
		logfile_close(d, f);
		f = NULL;
	}
	if (f == NULL)
		return open_new(d, ref, name, create);
	TAILQ_REMOVE(&d->files, f, entry);
	TAILQ_INSERT_TAIL(&d->files, f, entry);
	return st.st_size == f->size ? 0 : examine(f, &st);
}

static int
shift(const struct logdir *d, const char *name, int from)
{
	char a[NAME_MAX + 1], b[NAME_MAX + 1];

	return renameat(d->fd, logfile_name(a, name, from), d->fd,
	    logfile_name(b, name, from + 1));
}

static bool
exists(const struct logdir *d, const char *path)
{
	struct stat st;

	return fstatat(d->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Close the file, which has lost its name, for every stream that has it.
 * Accepts NULL. */
static void
close_everywhere(struct logdir *d, const struct logfile *f)
{
	struct logfile *other, *next;
	uint64_t dev, ino;

	if (f == NULL)
		return;
	dev = f->dev;
	ino = f->ino;
	TAILQ_FOREACH_SAFE (other, &d->files, entry, next)
		if (other->dev == dev && other->ino == ino)
			logfile_close(d, other);
}

int
logfile_rotate(struct logdir *d, struct logfile **ref, const char *name,
    int keep)
{
	char path[NAME_MAX + 1];
	int gap;

	if (keep == 0) {
		if (unlinkat(d->fd, logfile_name(path, name, 0), 0) == -1 &&
		    errno != ENOENT)
			return -1;
		close_everywhere(d, *ref);
		return 0;
	}
	for (gap = 1; gap < keep; gap++)
		if (!exists(d, logfile_name(path, name, gap)))
			break;
	for (int i = gap - 1; i >= 0; i--)
		if (shift(d, name, i) == -1 && errno != ENOENT)
			return -1;
	close_everywhere(d, *ref);
	/* Surplus files, if fewer are to be kept than before. */
	for (int i = keep + 1; i > keep; i++)
		if (unlinkat(d->fd, logfile_name(path, name, i), 0) == -1)
			break;
	return 0;
}

int
logfile_append(struct logfile *f, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(f->fd, bytes, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ENOSPC;
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
		f->size += n;
	}
	return 0;
}

int64_t
logfile_rotated(const struct logdir *d, const char *name, uint64_t dev,
    uint64_t ino)
{
	char path[NAME_MAX + 1];
	struct stat st;

	if (fstatat(d->fd, logfile_name(path, name, 1), &st,
		AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_dev != dev || st.st_ino != ino)
		return -1;
	return st.st_size;
}

/* The end of NAME.log.1, at most len bytes. */
static size_t
read_rotated(const struct logdir *d, const char *name, char *buf, size_t len)
{
	char path[NAME_MAX + 1];
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = openat(d->fd, logfile_name(path, name, 1),
	    O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		if (st.st_size < (off_t)len)
			len = (size_t)st.st_size;
		n = pread(fd, buf, len, st.st_size - (off_t)len);
	}
	close(fd);
	return n == -1 ? 0 : (size_t)n;
}

ssize_t
logfile_read_end(struct logdir *d, struct logfile **ref, const char *name,
    char *buf, size_t len)
{
	size_t old = 0, now;
	ssize_t n;

	if (logfile_open(d, ref, name, false) == -1)
		return -1;
	now = (int64_t)len > (*ref)->size ? (size_t)(*ref)->size : len;
	if (now < len)
		old = read_rotated(d, name, buf, len - now);
	n = pread((*ref)->fd, buf + old, now, (*ref)->size - (off_t)now);
	return n == -1 ? -1 : (ssize_t)old + n;
}
