/*
 * directory - make and remove the folders of programs.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "process/directory.h"
#include "process/process.h"

/* Folders in folders, at most: each level needs a descriptor. */
#define DEPTH_MAX 200

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Say what failed; errno stays.  Always -1. */
static int __attribute__((format(printf, 2, 3)))
refuse(char why[static DIRECTORY_WHY_MAX], const char *fmt, ...)
{
	const int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, DIRECTORY_WHY_MAX, fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

static void
close_quietly(int fd)
{
	const int saved = errno;

	close(fd);
	errno = saved;
}

/*
 * Open a folder in another one.  A link is followed if nobody but root can
 * change where it leads: an administrator may have moved a folder elsewhere.
 * trusted: the user that may own the folder itself.
 */
static int
open_folder(int dir, const char *name, uid_t trusted)
{
	const struct file_trust trust = {.owner = trusted};
	char why[FILE_WHY_MAX];
	struct stat st;
	int fd;

	fd = openat(dir, name, FOLDER_FLAGS);
	if (fd != -1 || (errno != ELOOP && errno != ENOTDIR))
		return fd;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (S_ISLNK(st.st_mode) && file_check_path(dir, name, &trust, why) == 0)
		return openat(dir, name, FOLDER_FLAGS & ~O_NOFOLLOW);
	errno = S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
	return -1;
}

static const char *
reason(void)
{
	switch (errno) {
	case ELOOP:
		return "is a symbolic link, which hupd does not follow";
	case ENOTDIR:
		return "is not a folder";
	default:
		return strerror(errno);
	}
}

/* Open the base, and make it if the system lacks it. */
static int
open_base(const char *base, bool make, char why[static DIRECTORY_WHY_MAX])
{
	char reason[FILE_WHY_MAX];
	int fd;

	fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT && make) {
		if (file_make_folder(base, 0755, reason) == -1)
			return refuse(why, "%s: %s", base, reason);
		fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd == -1)
		refuse(why, "%s: %s", base, strerror(errno));
	return fd;
}

/*
 * Open the folder that holds the last part of the name; *last is that part.
 * -1 with errno and why.
 */
static int
open_parent(const char *base, const char *name, const char **last, bool make,
    char why[static DIRECTORY_WHY_MAX])
{
	char part[NAME_MAX + 1];
	const char *at = name;
	int dir, fd;
	size_t len;

	if ((dir = open_base(base, make, why)) == -1)
		return -1;
	for (; at[len = strcspn(at, "/")] == '/'; at += len + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)len, at);
		if (make && mkdirat(dir, part, 0755) == -1 && errno != EEXIST)
			fd = -1;
		else
			fd = open_folder(dir, part, 0);
		if (fd == -1)
			refuse(why, "%s/%.*s: %s", base, (int)(at + len - name),
			    name, reason());
		close_quietly(dir);
		if ((dir = fd) == -1)
			return -1;
	}
	*last = at;
	return dir;
}

/* Where a file is: its mount, and its device, which decides without /proc. */
struct place {
	int mount; /* -1: not known */
	dev_t dev;
};

static struct place
place_of(int fd, const struct stat *st)
{
	return (struct place){process_mount(fd), st->st_dev};
}

/* Is the open file elsewhere, because something is mounted over it? */
static bool
is_mount(int fd, struct place here)
{
	struct stat st;
	const int mount = here.mount != -1 ? process_mount(fd) : -1;

	if (mount != -1)
		return mount != here.mount;
	return fstat(fd, &st) == 0 && st.st_dev != here.dev;
}

/* Call fn for each entry of the folder.  -1 with errno. */
static int
each_entry(int dir, int (*fn)(int dir, const char *name, void *arg), void *arg)
{
	const struct dirent *e;
	DIR *d;
	int fd, rv = 0;

	if ((fd = openat(dir, ".", FOLDER_FLAGS)) == -1)
		return -1;
	if ((d = fdopendir(fd)) == NULL) {
		close_quietly(fd);
		return -1;
	}
	while (rv == 0 && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rv = fn(fd, e->d_name, arg);
	fd = errno;
	closedir(d);
	errno = fd;
	return rv;
}

/* The contents of a folder get another owner. */
struct gift {
	uid_t former; /* the owner of the folder */
	uid_t uid;
	gid_t gid;
	struct place place;
	int depth;
};

/*
 * The former owner may have made a second name of somebody else's file here,
 * link(2), or may exchange a file at any moment: look at the very file that
 * gets the owner, and leave what he could not have made.
 */
static bool
is_given(const struct gift *gift, const struct stat *st)
{
	if (!S_ISDIR(st->st_mode) && st->st_nlink != 1)
		return false;
	return gift->former == 0 || st->st_uid == gift->former ||
	    st->st_uid == gift->uid;
}

static int
give_entry(int dir, const char *name, void *arg)
{
	struct gift *gift = arg;
	struct stat st;
	int fd, rv = 0;

	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == -1)
		rv = -1;
	else if (is_mount(fd, gift->place) || !is_given(gift, &st))
		;
	else if (fchownat(fd, "", gift->uid, gift->gid, AT_EMPTY_PATH) == -1)
		rv = -1;
	else if (S_ISDIR(st.st_mode)) {
		errno = ELOOP;
		rv = -1;
		if (++gift->depth <= DEPTH_MAX)
			rv = each_entry(fd, give_entry, gift);
		gift->depth--;
	}
	close_quietly(fd);
	return rv;
}

/*
 * First the contents, then the folder: if this is interrupted, the next start
 * sees the former owner and begins again.
 */
static int
give(int fd, const struct stat *st, const struct directory *d)
{
	struct gift gift = {st->st_uid, d->uid, d->gid, place_of(fd, st), 0};

	if (each_entry(fd, give_entry, &gift) == -1)
		return -1;
	return fchown(fd, d->uid, d->gid);
}

/* Give the open folder its owner and mode. */
static int
set_up(int fd, bool is_new, const struct directory *d)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (d->keeps && !is_new)
		return 0;
	if (st.st_uid != d->uid || st.st_gid != d->gid) {
		if ((is_new ? fchown(fd, d->uid, d->gid) : give(fd, &st, d)) ==
		    -1)
			return -1;
	}
	if ((st.st_mode & 07777) == d->mode)
		return 0;
	return fchmod(fd, d->mode);
}

int
directory_make(const struct directory *d, char why[static DIRECTORY_WHY_MAX])
{
	const char *last;
	int dir, fd, rv;
	bool is_new;

	dir = open_parent(d->base, d->name, &last, true, why);
	if (dir == -1)
		return -1;
	/* Nobody else enters it before it has its mode. */
	is_new = mkdirat(dir, last, 0700) == 0;
	fd = -1;
	if (is_new || errno == EEXIST)
		fd = open_folder(dir, last, d->uid);
	close_quietly(dir);
	if (fd == -1)
		return refuse(why, "%s/%s: %s", d->base, d->name, reason());
	rv = set_up(fd, is_new, d);
	if (rv == -1)
		refuse(why, "%s/%s: cannot give it to uid %u: %s", d->base,
		    d->name, (unsigned)d->uid, strerror(errno));
	close_quietly(fd);
	return rv;
}

/* The removal of a tree. */
struct removal {
	struct place place;
	int depth;
	int err; /* of the first entry that stays */
};

static void remove_contents(int fd, struct removal *);

/* An entry that cannot be removed stays, and the others go.  Always 0. */
static int
remove_entry(int dir, const char *name, void *arg)
{
	struct removal *r = arg;
	int fd, err;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	err = errno;
	if (err == EISDIR && (fd = openat(dir, name, FOLDER_FLAGS)) != -1) {
		if (!is_mount(fd, r->place))
			remove_contents(fd, r);
		close(fd);
		if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		err = errno;
	}
	if (r->err == 0)
		r->err = err;
	return 0;
}

static void
remove_contents(int fd, struct removal *r)
{
	if (++r->depth > DEPTH_MAX)
		r->err = ELOOP;
	else if (each_entry(fd, remove_entry, r) == -1 && r->err == 0)
		r->err = errno;
	r->depth--;
}

/* Remove the tree at last, an entry of dir.  -1 with errno. */
static int
remove_tree(int dir, const char *last)
{
	struct removal r = {.depth = 0};
	struct stat st;
	int fd;

	if ((fd = openat(dir, last, FOLDER_FLAGS)) == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(dir, &st) == -1 || is_mount(fd, place_of(dir, &st))) {
		close(fd);
		errno = EBUSY;
		return -1;
	}
	r.place = place_of(dir, &st);
	remove_contents(fd, &r);
	close(fd);
	if (unlinkat(dir, last, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (r.err != 0)
		errno = r.err;
	return -1;
}

int
directory_remove(const char *base, const char *name,
    char why[static DIRECTORY_WHY_MAX])
{
	const char *last;
	int dir, rv;

	dir = open_parent(base, name, &last, false, why);
	if (dir == -1)
		return errno == ENOENT ? 0 : -1;
	rv = remove_tree(dir, last);
	if (rv == -1)
		refuse(why, "%s/%s: %s", base, name, reason());
	close_quietly(dir);
	return rv;
}
