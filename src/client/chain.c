/*
 * chain - a log file and the older ones that rotation made of it.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "client/chain.h"

/*
 * While files are rotated one number is missing, so a single gap is none;
 * more than one ends the chain.
 */
#define GAP 2
/* How often to look again when files move under our eyes. */
#define TRIES 100

static bool
path_of(char path[static PATH_MAX], const char *base, int i)
{
	int n;

	if (i == 0)
		n = snprintf(path, PATH_MAX, "%s", base);
	else
		n = snprintf(path, PATH_MAX, "%s.%d", base, i);
	return n > 0 && n < PATH_MAX;
}

static bool
stat_at(const char *base, int i, struct stat *st)
{
	char path[PATH_MAX];

	return path_of(path, base, i) && lstat(path, st) == 0;
}

/* A log is a plain file: nothing else is opened, no link is followed. */
static int
open_at(const char *base, int i)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (!path_of(path, base, i)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static bool
is_at(const char *base, int i, const struct stat *st)
{
	struct stat other;

	return stat_at(base, i, &other) && other.st_dev == st->st_dev &&
	    other.st_ino == st->st_ino;
}

/* The number of the file that fd is; -1: it is not in the chain. */
static int
index_of(const char *base, int fd)
{
	struct stat st, other;
	int i, gap;

	if (fd == -1 || fstat(fd, &st) == -1)
		return -1;
	for (i = 0, gap = 0; gap < GAP; i++) {
		if (!stat_at(base, i, &other))
			gap++;
		else if (other.st_dev == st.st_dev && other.st_ino == st.st_ino)
			return i;
		else
			gap = 0;
	}
	return -1;
}

/* One past the oldest number in use. */
static int
end_of(const char *base)
{
	struct stat st;
	int i, gap, last = -1;

	for (i = 0, gap = 0; gap < GAP; i++) {
		if (stat_at(base, i, &st)) {
			last = i;
			gap = 0;
		} else
			gap++;
	}
	return last + 1;
}

/*
 * Open the neighbour of the file fd, number i, in direction step.  -1: there
 * is none.  *moved: files were moved meanwhile, so it may be another file.
 *
 * Numbers only grow: if fd still has its number after the neighbour was
 * opened, neither file has moved meanwhile, unless a gap
 * between them has been filled.
 */
static int
open_next(const char *base, int fd, int i, int step, bool *moved)
{
	struct stat st, between;
	int j, k, next = -1, gap;

	*moved = false;
	for (j = i + step, gap = 0; j >= 0 && gap < GAP; j += step, gap++) {
		if ((next = open_at(base, j)) != -1 || errno != ENOENT)
			break;
	}
	if (next == -1)
		return -1;
	*moved = fd != -1 && (fstat(fd, &st) == -1 || !is_at(base, i, &st));
	for (k = i + step; k != j; k += step)
		*moved = *moved || stat_at(base, k, &between);
	if (*moved) {
		close(next);
		return -1;
	}
	return next;
}

int
chain_newest(const char *base)
{
	int fd;

	fd = open_at(base, 0);
	if (fd == -1 && errno == ENOENT)
		fd = open_at(base, 1);
	return fd;
}

int
chain_older(const char *base, int fd)
{
	bool moved = true;
	int i, next = -1, tries;

	for (tries = 0; moved && tries < TRIES; tries++) {
		if ((i = index_of(base, fd)) == -1)
			return -1;
		next = open_next(base, fd, i, 1, &moved);
	}
	return next;
}

int
chain_newer(const char *base, int fd, int older)
{
	bool moved = true;
	int anchor, i, next = -1, tries;

	for (tries = 0; moved && tries < TRIES; tries++) {
		anchor = fd;
		if ((i = index_of(base, anchor)) == -1)
			i = index_of(base, anchor = older);
		if (i == -1) {
			anchor = -1;
			i = end_of(base);
		}
		next = open_next(base, anchor, i, -1, &moved);
	}
	return next;
}

int64_t
chain_size(const char *base)
{
	struct stat st;
	int64_t size = 0;
	int i, gap;

	for (i = 0, gap = 0; gap < GAP; i++) {
		if (stat_at(base, i, &st)) {
			size += st.st_size;
			gap = 0;
		} else if (errno == ENOENT)
			gap++;
		else
			return -1;
	}
	return size;
}
