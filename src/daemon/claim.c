/*
 * claim - the folders that only one daemon may use.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/claim.h"
#include "wire/holder.h"

/* Another process may replace the file meanwhile; but not for ever. */
#define TRIES 100
/* Bytes of a path that a message has room for. */
#define NAME_SHOWN 200

static const char *
folder_of(const struct settings *s, int i)
{
	const char *const folders[CLAIMS] = {s->program_dir, s->log_dir,
	    s->state_dir};

	return folders[i];
}

static int
path_of(const struct daemon *d, int i, char path[static PATH_MAX])
{
	int n =
	    snprintf(path, PATH_MAX, "%s/.lock", folder_of(&d->effective, i));

	return n < PATH_MAX ? 0 : -1;
}

static bool
has_name(const char *path, const struct stat *st)
{
	struct stat named;

	return lstat(path, &named) == 0 && named.st_dev == st->st_dev &&
	    named.st_ino == st->st_ino;
}

/*
 * Could only a process of our user have opened it?  The log folder belongs to
 * another user, who may put any file there; one with a second name may be a
 * file of ours elsewhere.
 */
static bool
is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    (st->st_mode & 077) == 0 && st->st_nlink <= 1;
}

/* One folder may have several uses. */
static bool
is_claimed(const struct daemon *d, const struct stat *st)
{
	struct stat other;

	for (int i = 0; i < CLAIMS; i++)
		if (d->claims[i] != -1 && fstat(d->claims[i], &other) == 0 &&
		    other.st_dev == st->st_dev && other.st_ino == st->st_ino)
			return true;
	return false;
}

/* Name the daemon that has the lock. */
static void
name_holder(const struct daemon *d, int i, int fd, char *why)
{
	static const char *const keys[CLAIMS] = {"program-dir", "log-dir",
	    "state-dir"};
	char run_dir[NAME_SHOWN];
	struct holder h = {0};
	ssize_t n;

	n = pread(fd, run_dir, sizeof(run_dir) - 1, 0);
	run_dir[n > 0 ? n : 0] = '\0';
	run_dir[strcspn(run_dir, "\n")] = '\0';
	(void)holder_of_records(&h, run_dir);
	if (h.pid > 0)
		snprintf(why, FILE_WHY_MAX,
		    "%s %.200s is used by another hupd (pid %d, run-dir %s)",
		    keys[i], folder_of(&d->effective, i), (int)h.pid, run_dir);
	else
		snprintf(why, FILE_WHY_MAX,
		    "%s %.200s is used by another hupd (run-dir %s)", keys[i],
		    folder_of(&d->effective, i), run_dir);
}

/* The next daemon that is refused reads it; it may be missing. */
static void
write_run_dir(const struct daemon *d, int fd)
{
	const char *run_dir = d->effective.run_dir;

	if (ftruncate(fd, 0) == -1 ||
	    pwrite(fd, run_dir, strlen(run_dir), 0) == -1 ||
	    pwrite(fd, "\n", 1, (off_t)strlen(run_dir)) == -1)
		log_debug("%s: the claim cannot name it: %s", run_dir,
		    strerror(errno));
}

/*
 * 1: done, or not possible; 0: the file was replaced meanwhile; -1: another
 * daemon has the folder.
 */
static int
try_once(struct daemon *d, int i, const char *path, char *why)
{
	struct stat st;
	int fd;

	fd = open(path,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0600);
	if (fd == -1 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
		return unlink(path) == 0 ? 0 : 1;
	if (fd == -1 || fstat(fd, &st) == -1) {
		log_debug("%s: %s; the folder is not claimed", path,
		    strerror(errno));
		return 1;
	}
	if (is_claimed(d, &st)) {
		/* To close it releases no lock of another descriptor. */
		close(fd);
		return 1;
	}
	if (!is_ours(&st)) {
		close(fd);
		return unlink(path) == 0 ? 0 : 1;
	}
	if (holder_lock(fd) == -1) {
		if (errno == EAGAIN || errno == EACCES) {
			name_holder(d, i, fd, why);
			close(fd);
			return -1;
		}
		close(fd);
		return 1;
	}
	/* A daemon that ends removes the file before it releases the lock. */
	if (!has_name(path, &st)) {
		close(fd);
		return 0;
	}
	write_run_dir(d, fd);
	d->claims[i] = fd;
	return 1;
}

int
claim_take(struct daemon *d, char why[static FILE_WHY_MAX])
{
	char path[PATH_MAX];
	int rv;

	for (int i = 0; i < CLAIMS; i++) {
		if (d->claims[i] != -1 || path_of(d, i, path) == -1)
			continue;
		rv = 0;
		for (int tries = 0; rv == 0 && tries < TRIES; tries++)
			rv = try_once(d, i, path, why);
		if (rv == -1)
			return -1;
	}
	return 0;
}

void
claim_inherit(struct daemon *d)
{
	const struct record_header *rh = record_header(d->records);
	struct stat st;
	int fd;

	for (int i = 0; i < CLAIMS; i++) {
		fd = rh->claims[i];
		/* 0: an earlier release, or none. */
		if (fd <= STDERR_FILENO || fstat(fd, &st) == -1 ||
		    !S_ISREG(st.st_mode) ||
		    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
			continue;
		d->claims[i] = fd;
	}
}

void
claim_record(struct daemon *d)
{
	struct record_header *rh = record_header(d->records);

	for (int i = 0; i < CLAIMS; i++)
		rh->claims[i] = d->claims[i] != -1 ? d->claims[i] : 0;
}

void
claim_release(struct daemon *d)
{
	char path[PATH_MAX];
	struct stat st;

	for (int i = 0; i < CLAIMS; i++) {
		if (d->claims[i] == -1)
			continue;
		if (path_of(d, i, path) == 0 && fstat(d->claims[i], &st) == 0 &&
		    has_name(path, &st))
			unlink(path);
		close(d->claims[i]);
		d->claims[i] = -1;
	}
}
