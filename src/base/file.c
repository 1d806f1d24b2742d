/*
 * file - files and folders that only root and the daemon's own user can have
 * written: reading them safely, writing them whole, making folders.
 *
 * The checks before opening keep FIFOs and devices from being opened.  The
 * checks that decide are made on the open descriptor.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* A file that changes while it is read is read this many times. */
#define TRIES 4
/* Symbolic links on one path, as path_resolution(7) has it. */
#define LINKS_MAX 40

/* Of renameat2(2), which older C libraries do not have. */
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

/* Set why and errno; returns -1. */
static int __attribute__((format(printf, 3, 4)))
refuse(char *why, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, FILE_WHY_MAX, fmt, ap);
	va_end(ap);
	errno = err;
	return -1;
}

static int
failed(char *why, int err)
{
	return refuse(why, err, "%s", strerror(err));
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

/*
 * Write access of group 0 and of the owner's private group harms nobody.
 * also: one more owner to trust.  ignored: bits of the mode that do not matter.
 */
static int
check_stat(const struct stat *st, uid_t also, mode_t ignored, char *why)
{
	const mode_t mode = st->st_mode & ~ignored;

	if (!is_trusted(st->st_uid) && st->st_uid != also)
		return refuse(why, EPERM,
		    "belongs to user %u, neither root nor hupd's own user",
		    (unsigned)st->st_uid);
	if ((mode & S_IWOTH) != 0 ||
	    ((mode & S_IWGRP) != 0 && st->st_gid != 0 &&
		st->st_gid != st->st_uid))
		return refuse(why, EPERM,
		    "may be written by others (mode %04o)",
		    (unsigned)st->st_mode & 07777);
	return 0;
}

/* A path that is being followed, folder by folder. */
struct walk {
	const struct file_trust *trust;
	int at;		      /* the folder reached, O_PATH */
	int links;	      /* followed so far */
	char where[PATH_MAX]; /* its path, for messages */
	char rest[PATH_MAX];  /* what is still to be followed */
	char *why;
};

/* Only the last folder of a path names itself in the message. */
static int
refuse_folder(struct walk *w, bool last, const char *reason)
{
	char copy[FILE_WHY_MAX];

	if (last)
		return -1;
	strlcpy(copy, reason, sizeof(copy));
	return refuse(w->why, EPERM, "%s, on the path to it, %s",
	    *w->where != '\0' ? w->where : "/", copy);
}

static int
check_folder(struct walk *w, const struct stat *st, bool last)
{
	const struct file_trust *trust = w->trust;
	uid_t also = (uid_t)-1;
	mode_t ignored = 0;

	if (last && trust != NULL)
		also = trust->owner;
	if (!last && (st->st_mode & S_ISVTX) != 0)
		ignored = S_IWGRP | S_IWOTH;
	if (!last && trust != NULL && trust->any_group)
		ignored |= S_IWGRP;
	if (check_stat(st, also, ignored, w->why) == -1)
		return refuse_folder(w, last, w->why);
	return 0;
}

/* Go on in the folder that fd is open on; takes fd. */
static int
enter(struct walk *w, int fd, const char *name)
{
	size_t n = strlen(w->where);
	struct stat st;
	bool last = w->rest[strspn(w->rest, "/")] == '\0';

	if (w->at != -1)
		close(w->at);
	w->at = fd;
	if (fd == -1 || fstat(fd, &st) == -1)
		return failed(w->why, errno);
	if (*name != '\0')
		snprintf(w->where + n, sizeof(w->where) - n, "/%s", name);
	return check_folder(w, &st, last);
}

static int
refuse_link(const struct walk *w, const char *name, uid_t uid)
{
	if (w->links == 0 && *w->rest == '\0')
		return refuse(w->why, EPERM,
		    "is a symbolic link of user %u, neither root nor hupd's "
		    "own user",
		    (unsigned)uid);
	return refuse(w->why, EPERM,
	    "%s/%s, on the path to it, is a symbolic link of user %u, neither "
	    "root nor hupd's own user",
	    w->where, name, (unsigned)uid);
}

/* Put a link's target before the rest. */
static int
follow(struct walk *w, const char *name, const struct stat *st)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n;

	if (!is_trusted(st->st_uid))
		return refuse_link(w, name, st->st_uid);
	n = readlinkat(w->at, name, target, sizeof(target) - 1);
	if (n == -1)
		return failed(w->why, errno);
	target[n] = '\0';
	if (++w->links > LINKS_MAX)
		return refuse(w->why, ELOOP,
		    "is a symbolic link that leads nowhere: %s",
		    strerror(ELOOP));
	if ((size_t)snprintf(rest, sizeof(rest), "%s/%s", target, w->rest) >=
	    sizeof(rest))
		return failed(w->why, ENAMETOOLONG);
	memcpy(w->rest, rest, sizeof(rest));
	if (*target != '/')
		return 0;
	*w->where = '\0';
	return enter(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "");
}

/* Follow the next name of the rest: 1, or 0 at the end of the path. */
static int
step(struct walk *w)
{
	char name[NAME_MAX + 1];
	struct stat st;
	size_t skip, n;

	skip = strspn(w->rest, "/");
	n = strcspn(w->rest + skip, "/");
	if (n == 0)
		return 0;
	if (n > NAME_MAX)
		return failed(w->why, ENAMETOOLONG);
	memcpy(name, w->rest + skip, n);
	name[n] = '\0';
	memmove(w->rest, w->rest + skip + n, strlen(w->rest + skip + n) + 1);
	if (strcmp(name, ".") == 0)
		return 1;
	if (fstatat(w->at, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : failed(w->why, errno);
	if (S_ISLNK(st.st_mode))
		return follow(w, name, &st) == -1 ? -1 : 1;
	if (!S_ISDIR(st.st_mode))
		return 0;
	return enter(w,
		   openat(w->at, name,
		       O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		   name) == -1
	    ? -1
	    : 1;
}

int
file_check_path(int dir, const char *path, const struct file_trust *trust,
    char why[static FILE_WHY_MAX])
{
	struct walk w = {.trust = trust, .at = -1, .why = why};
	int rv;

	if (strlcpy(w.rest, path, sizeof(w.rest)) >= sizeof(w.rest))
		return failed(why, ENAMETOOLONG);
	if (*path == '/')
		dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	else {
		dir = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		strlcpy(w.where, ".", sizeof(w.where));
	}
	rv = enter(&w, dir, "");
	while (rv != -1 && (rv = step(&w)) == 1)
		continue;
	if (w.at != -1)
		close(w.at);
	return rv;
}

static int
check_file(struct file *f)
{
	if (!S_ISREG(f->st.st_mode))
		return refuse(f->why, EINVAL, "is a %s, not a regular file",
		    kind(f->st.st_mode));
	if (check_stat(&f->st, (uid_t)-1, 0, f->why) == -1)
		return -1;
	if (f->st.st_size > (off_t)f->max)
		return refuse(f->why, EFBIG, "is larger than %zu KiB",
		    f->max / 1024);
	return 0;
}

int
file_look(struct file *f, int dir, const char *name, size_t max)
{
	*f = (struct file){.dir = dir, .name = name, .max = max};
	/* The folder that dir is open on has been checked by our caller. */
	if ((dir == AT_FDCWD || strchr(name, '/') != NULL) &&
	    file_check_path(dir, name, NULL, f->why) == -1)
		return -1;
	if (fstatat(dir, name, &f->st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return 0;
		return failed(f->why, errno);
	}
	if (S_ISLNK(f->st.st_mode)) {
		if (!is_trusted(f->st.st_uid))
			return refuse(f->why, EPERM,
			    "is a symbolic link of user %u, neither root nor "
			    "hupd's own user",
			    (unsigned)f->st.st_uid);
		f->link = true;
		if (file_check_path(dir, name, NULL, f->why) == -1)
			return -1;
		if (fstatat(dir, name, &f->st, 0) == -1)
			return refuse(f->why, errno,
			    "is a symbolic link that leads nowhere: %s",
			    strerror(errno));
	}
	return check_file(f) == -1 ? -1 : 1;
}

/* Read up to size bytes, or to the end of the file. */
static int
read_all(int fd, char *bytes, size_t size, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len < size; *len += (size_t)n) {
		n = read(fd, bytes + *len, size - *len);
		if (n == 0)
			break;
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == -1)
			return -1;
	}
	return 0;
}

/* Read the whole file, up to one byte more than the largest size. */
static int
read_bytes(struct file *f, int fd)
{
	size_t size = f->max + 1;

	if ((size_t)f->st.st_size < size)
		size = (size_t)f->st.st_size + 1;
	if ((f->bytes = malloc(size + 1)) == NULL)
		return refuse(f->why, ENOMEM, "out of memory");
	if (read_all(fd, f->bytes, size, &f->len) == -1)
		return refuse(f->why, errno, "cannot be read: %s",
		    strerror(errno));
	f->bytes[f->len] = '\0';
	return 0;
}

char *
file_slurp(const char *path, int flags, size_t max, size_t *len,
    struct stat *st)
{
	char *bytes = NULL;
	int fd, err;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | flags)) == -1)
		return NULL;
	if ((st != NULL && fstat(fd, st) == -1) ||
	    (bytes = malloc(max)) == NULL ||
	    read_all(fd, bytes, max, len) == -1) {
		err = errno;
		free(bytes);
		bytes = NULL;
		errno = err;
	}
	err = errno;
	close(fd);
	errno = err;
	return bytes;
}

struct file_stamp
file_stamp(const struct stat *st)
{
	return (struct file_stamp){st->st_dev, st->st_ino, st->st_size,
	    st->st_mtim, st->st_ctim};
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
file_same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    same_time(&a->mtime, &b->mtime) && same_time(&a->ctime, &b->ctime);
}

/* 1: read; 0: it changed while it was read; -1: refused. */
static int
read_once(struct file *f, int fd)
{
	struct file_stamp first, last;
	struct stat after;

	if (fstat(fd, &f->st) == -1)
		return failed(f->why, errno);
	if (check_file(f) == -1 || read_bytes(f, fd) == -1)
		return -1;
	if (fstat(fd, &after) == -1)
		return failed(f->why, errno);
	first = file_stamp(&f->st);
	last = file_stamp(&after);
	if (file_same_stamp(&first, &last) && (off_t)f->len == last.size)
		return 1;
	file_clear(f);
	return 0;
}

/*
 * Open the file that file_look has found, and check it again.  The descriptor;
 * -1: refused; -2: it is no longer the file that was looked at.
 */
static int
open_looked(struct file *f)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd, saved;

	fd = openat(f->dir, f->name, f->link ? flags : flags | O_NOFOLLOW);
	if (fd == -1) {
		if (errno == ENOENT || (errno == ELOOP && !f->link))
			return -2;
		return refuse(f->why, errno, "cannot be opened: %s",
		    strerror(errno));
	}
	if (fstat(fd, &f->st) == -1)
		failed(f->why, errno);
	else if (check_file(f) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
file_open(struct file *f, int dir, const char *name, size_t max, int *fd)
{
	int r;

	*fd = -1;
	for (int i = 0; i < TRIES; i++) {
		if ((r = file_look(f, dir, name, max)) != 1)
			return r;
		if ((*fd = open_looked(f)) >= 0)
			return 1;
		if (*fd == -1)
			return -1;
	}
	*fd = -1;
	return refuse(f->why, EAGAIN, "keeps changing while it is opened");
}

/* 1: read; 0: it is no longer the file that was checked; -1: refused. */
static int
open_and_read(struct file *f)
{
	int fd, r, err;

	if ((fd = open_looked(f)) < 0)
		return fd == -1 ? -1 : 0;
	r = read_once(f, fd);
	err = errno;
	close(fd);
	errno = err;
	return r;
}

int
file_read(struct file *f, int dir, const char *name, size_t max)
{
	int r;

	for (int i = 0; i < TRIES; i++) {
		if ((r = file_look(f, dir, name, max)) != 1)
			return r;
		if ((r = open_and_read(f)) == 1)
			return 1;
		if (r == -1) {
			file_clear(f);
			return -1;
		}
	}
	return refuse(f->why, EAGAIN, "keeps changing while it is read");
}

void
file_clear(struct file *f)
{
	free(f->bytes);
	f->bytes = NULL;
	f->len = 0;
}

/* Writing. */

/* Remove a file that was just made, and fail with err. */
static int
drop(const char *file, int err)
{
	unlink(file);
	errno = err;
	return -1;
}

int
file_sync(const char *file)
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

/* Make "DIR/.NAME.XXXXXX" next to "DIR/NAME", and open it as *fd. */
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

/* Write the file that fd is open on, and close fd. */
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

/* link(2), unlike rename(2), never replaces an existing file. */
static int
move(const char *from, const char *to)
{
	if (link(from, to) == -1)
		return -1;
	return unlink(from) == -1 ? drop(to, errno) : 0;
}

int
file_create(const char *file, const char *bytes, size_t len, mode_t mode)
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
	else if (file_sync(file) == -1)
		rv = drop(file, errno);
	err = errno;
	free(temp);
	errno = err;
	return rv;
}

int
file_link(const char *target, const char *file)
{
	if (symlink(target, file) == -1)
		return -1;
	return file_sync(file) == -1 ? drop(file, errno) : 0;
}

char *
file_set_aside(const char *file)
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
file_put_back(const char *aside, const char *file)
{
	if (move(aside, file) == -1)
		return -1;
	/* The file is back, even if a power failure could undo that. */
	file_sync(file);
	return 0;
}

/* A rename has changed its ctime. */
static bool
is_same(const char *file, const struct stat *was)
{
	struct stat now;

	return lstat(file, &now) == 0 && now.st_dev == was->st_dev &&
	    now.st_ino == was->st_ino && now.st_size == was->st_size &&
	    same_time(&now.st_mtim, &was->st_mtim);
}

static int
exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b,
	    RENAME_EXCHANGE);
}

/*
 * Exchange them, so that no change of file that comes between is lost.  A file
 * system without that, such as NFS, has a look before and a rename.
 */
static int
swap(const char *temp, const char *file, const struct stat *was, char *aside)
{
	if (exchange(temp, file) == 0) {
		if (is_same(temp, was))
			return rename(temp, aside);
		exchange(temp, file);
		errno = ESTALE;
		return -1;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (!is_same(file, was)) {
		errno = ESTALE;
		return -1;
	}
	if (unlink(aside) == -1 || link(file, aside) == -1)
		return -1;
	return rename(temp, file);
}

int
file_replace(const char *file, const struct stat *was, const char *bytes,
    size_t len, char **aside)
{
	char *temp;
	int fd, other, rv, err;

	if ((*aside = make_temp(file, &other)) == NULL)
		return -1;
	close(other);
	if ((temp = make_temp(file, &fd)) != NULL) {
		rv = fchown(fd, was->st_uid, was->st_gid);
		if (fill(fd, bytes, len, was->st_mode & 07777) == -1)
			rv = -1;
		if (rv == 0 && (rv = swap(temp, file, was, *aside)) == 0)
			/* It is replaced, whatever the disk does. */
			file_sync(file);
		else
			drop(temp, errno);
	} else
		rv = -1;
	err = errno;
	if (rv == -1) {
		unlink(*aside);
		free(*aside);
		*aside = NULL;
	}
	free(temp);
	errno = err;
	return rv;
}

int
file_restore(const char *aside, const char *file)
{
	if (rename(aside, file) == -1)
		return -1;
	file_sync(file);
	return 0;
}

int
file_remove(const char *file)
{
	return unlink(file) == -1 ? -1 : file_sync(file);
}

/* Folders. */

/* mkdir(2) with exactly this mode, whatever the umask. */
static int
make_folder(const char *path, mode_t mode)
{
	mode_t mask;
	int rv;

	mask = umask(0);
	rv = mkdir(path, mode);
	umask(mask);
	return rv;
}

int
file_make_folder(const char *path, mode_t mode, char why[static FILE_WHY_MAX])
{
	char parent[PATH_MAX], *slash;
	struct stat st;

	if (file_check_path(AT_FDCWD, path, NULL, why) == -1)
		return -1;
	if (strlcpy(parent, path, sizeof(parent)) >= sizeof(parent))
		return failed(why, ENAMETOOLONG);
	for (slash = parent + 1; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		if (make_folder(parent, 0755) == -1 && errno != EEXIST &&
		    errno != EROFS && errno != EACCES)
			return failed(why, errno);
		*slash = '/';
	}
	if (make_folder(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	return errno == EEXIST ? 0 : failed(why, errno);
}
