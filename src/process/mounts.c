/*
 * mounts - the file systems that a program sees: a mount namespace of its own,
 * made from a plan.
 *
 * All trees are cloned before the first one is mounted: so a read-write path
 * below a read-only one has the flags that it has outside, and a source outside
 * of a new root is still there after the change.
 *
 * Linux 5.12 changes the flags of a whole tree at once.  Before, each mount of
 * a tree is made read-only after the tree was mounted.
 */
#include <sys/types.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/folder.h"
#include "process/mounts.h"

/* As of linux/mount.h; old headers and those of musl lack some. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define TREE_CLONE 1U
#define TREE_CLOEXEC ((unsigned)O_CLOEXEC)
#define TREE_EMPTY_PATH 0x1000U
#define TREE_RECURSIVE 0x8000U
#define MOVE_FROM_EMPTY_PATH 0x4U
#define MOVE_TO_EMPTY_PATH 0x40U
#define ATTR_RDONLY UINT64_C(1)

struct tree_attr {
	uint64_t set;
	uint64_t clear;
	uint64_t propagation;
	uint64_t userns;
};

/* Devices of a private /dev; the folders may be absent. */
static const char *const devices[] = {"null", "zero", "full", "random",
    "urandom", "tty", "pts", "shm", "mqueue", "hugepages", "log"};
#define NDEVICES (sizeof(devices) / sizeof(devices[0]))
/* The first ones must be there. */
#define NDEVICES_NEEDED 6

struct entry {
	enum mounts_kind kind;
	enum hardening_key key;
	bool is_optional;
	char *path;
	char *source;
	/* In the child. */
	bool is_dropped;
	int tree;	     /* to be mounted, or -1 */
	int empty_file;	     /* MOUNTS_INACCESSIBLE: instead of a folder */
	char real[PATH_MAX]; /* the path without links */
};

struct mounts {
	char *root;
	char *empty;
	struct entry **v;
	size_t n;
	/* In the child. */
	int proc; /* of the daemon */
	int dev[NDEVICES];
	bool by_mount; /* the kernel is older than 5.12 */
	enum hardening_key *failed_key;
	char *failed_path; /* PATH_MAX */
};

struct mounts *
mounts_new(const char *root, const char *empty)
{
	struct mounts *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	if ((m->empty = strdup(empty)) == NULL ||
	    (root != NULL && (m->root = strdup(root)) == NULL)) {
		mounts_free(m);
		return NULL;
	}
	return m;
}

void
mounts_free(struct mounts *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i]->path);
		free(m->v[i]->source);
		free(m->v[i]);
	}
	free(m->v);
	free(m->root);
	free(m->empty);
	free(m);
}

int
mounts_add(struct mounts *m, enum mounts_kind kind, enum hardening_key key,
    const char *path, const char *source)
{
	struct entry **v, *e;

	if ((v = reallocarray(m->v, m->n + 1, sizeof(*v))) == NULL)
		return -1;
	m->v = v;
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return -1;
	v[m->n++] = e;
	e->kind = kind;
	e->key = key;
	e->tree = -1;
	e->is_optional = *path == '-';
	if ((e->path = strdup(path + e->is_optional)) == NULL ||
	    (source != NULL && (e->source = strdup(source)) == NULL))
		return -1;
	return 0;
}

/*
 * The rest runs in the child.
 */

static int
clone_tree(int fd, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, fd, path,
	    flags | TREE_CLONE | TREE_CLOEXEC);
}

static int
attach_tree(int tree, int target)
{
	return (int)syscall(SYS_move_mount, tree, "", target, "",
	    MOVE_FROM_EMPTY_PATH | MOVE_TO_EMPTY_PATH);
}

/* -1; errno says why. */
static int
stop(const struct mounts *m, enum hardening_key key, const char *path)
{
	*m->failed_key = key;
	strlcpy(m->failed_path, path, PATH_MAX);
	return -1;
}

static int
stop_at(const struct mounts *m, const struct entry *e)
{
	return stop(m, e->key, e->path);
}

/*
 * Open the path, which has no links, as it is now; make what is missing.  A
 * link on the way was made meanwhile, by somebody who may not decide where
 * something is mounted.
 */
static int
open_target(const char *path, bool is_folder, bool make)
{
	char name[NAME_MAX + 1];
	size_t len;
	bool last;
	int fd, next;

	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd != -1 && *(path += strspn(path, "/")) != '\0') {
		len = strcspn(path, "/");
		if (len > NAME_MAX) {
			errno = ENAMETOOLONG;
			break;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		path += len;
		last = path[strspn(path, "/")] == '\0';
		if (make && last && !is_folder)
			mknodat(fd, name, S_IFREG | 0600, 0);
		else if (make)
			mkdirat(fd, name, 0755);
		next = openat(fd, name,
		    O_PATH | O_NOFOLLOW | O_CLOEXEC | (last ? 0 : O_DIRECTORY));
		close(fd);
		fd = next;
	}
	return fd;
}

/* The flags of mount(2) that the mount of this path has. */
static unsigned long
flags_of(const char *path)
{
	static const struct {
		unsigned long has, flag;
	} pairs[] = {
	    {ST_RDONLY, MS_RDONLY},
	    {ST_NOSUID, MS_NOSUID},
	    {ST_NODEV, MS_NODEV},
	    {ST_NOEXEC, MS_NOEXEC},
	    {ST_NOATIME, MS_NOATIME},
	    {ST_NODIRATIME, MS_NODIRATIME},
	    {ST_RELATIME, MS_RELATIME},
	};
	unsigned long flags = 0;
	struct statvfs fs;

	if (statvfs(path, &fs) == -1)
		return 0;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((fs.f_flag & pairs[i].has) != 0)
			flags |= pairs[i].flag;
	return flags;
}

static int
remount(const char *path, unsigned long flags)
{
	return mount(NULL, path, NULL,
	    MS_BIND | MS_REMOUNT | flags | flags_of(path), NULL);
}

/* Undo the octal escapes of mountinfo, in place. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++)
		if (*s == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] != '\0' &&
		    s[3] != '\0') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
			    (s[3] - '0'));
			s += 3;
		} else
			*to++ = *s;
	*to = '\0';
}

/* Every mount at or below path becomes read-only, as before Linux 5.12. */
static int
make_each_read_only(const struct mounts *m, const char *path)
{
	char *line = NULL, *field, *rest;
	size_t size = 0;
	FILE *f;
	int fd, rv = 0;

	fd = openat(m->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd == -1 || (f = fdopen(fd, "r")) == NULL)
		return -1;
	while (rv == 0 && getline(&line, &size, f) != -1) {
		rest = line;
		for (int i = 0; i < 5; i++)
			field = strsep(&rest, " ");
		if (field == NULL)
			continue;
		unescape(field);
		/* A mount that is covered by another cannot be reached. */
		if (folder_has(path, field) &&
		    remount(field, MS_RDONLY) == -1 && errno != EINVAL &&
		    errno != ENOENT)
			rv = -1;
	}
	free(line);
	fclose(f);
	return rv;
}

/* The tree, or the one at "/", becomes read-only; or by_mount is set. */
static int
make_tree_read_only(struct mounts *m, int tree, const char *path)
{
	const struct tree_attr attr = {.set = ATTR_RDONLY};

	if (syscall(SYS_mount_setattr, tree, path,
		TREE_RECURSIVE | (*path == '\0' ? TREE_EMPTY_PATH : 0), &attr,
		sizeof(attr)) == 0)
		return 0;
	if (errno != ENOSYS)
		return -1;
	m->by_mount = true;
	return 0;
}

/*
 * Clone what is outside: it may be out of sight later.
 */

/* The folder and the file, one of which covers what is inaccessible. */
static int
clone_empty(const struct mounts *m, struct entry *e)
{
	int dir, rv = -1;

	mkdir(m->empty, 0755);
	dir = open(m->empty, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1)
		return -1;
	mkdirat(dir, "folder", 0);
	mknodat(dir, "file", S_IFREG, 0);
	e->tree = clone_tree(dir, "folder", 0);
	e->empty_file = clone_tree(dir, "file", 0);
	if (e->tree != -1 && e->empty_file != -1)
		rv = 0;
	close(dir);
	return rv;
}

static int
clone_devices(struct mounts *m)
{
	char path[32];
	struct stat st;

	for (size_t i = 0; i < NDEVICES; i++) {
		snprintf(path, sizeof(path), "/dev/%s", devices[i]);
		m->dev[i] = -1;
		/* A /dev/log that is a link is made as one. */
		if (lstat(path, &st) == -1 || S_ISLNK(st.st_mode)) {
			if (i < NDEVICES_NEEDED)
				return -1;
			continue;
		}
		m->dev[i] = clone_tree(AT_FDCWD, path, 0);
		if (m->dev[i] == -1)
			return -1;
	}
	return 0;
}

static int
clone_outside(struct mounts *m)
{
	struct entry *e;

	for (size_t i = 0; i < m->n; i++) {
		e = m->v[i];
		if (e->kind == MOUNTS_DEVICES) {
			if (clone_devices(m) == -1)
				return stop_at(m, e);
			continue;
		}
		if (e->kind == MOUNTS_INACCESSIBLE && clone_empty(m, e) == -1)
			return stop(m, e->key, m->empty);
		if (e->kind != MOUNTS_BIND)
			continue;
		e->tree = clone_tree(AT_FDCWD, e->source, TREE_RECURSIVE);
		if (e->tree == -1)
			return stop(m, e->key, e->source);
	}
	return 0;
}

/*
 * The folder becomes the root: mounted on itself, for only a mount can.  The
 * root of an initramfs cannot be exchanged; it is covered instead.
 */
static int
change_root(struct mounts *m)
{
	int fd, tree;

	fd = open(m->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	tree = clone_tree(fd, "", TREE_RECURSIVE | TREE_EMPTY_PATH);
	if (tree == -1 || attach_tree(tree, fd) == -1 || fchdir(tree) == -1)
		return -1;
	close(fd);
	close(tree);
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		/* The former root lies on top. */
		if (umount2(".", MNT_DETACH) == -1)
			return -1;
	} else if (mount(".", "/", NULL, MS_MOVE, NULL) == -1 ||
	    chroot(".") == -1)
		return -1;
	return chdir("/");
}

/*
 * Find out what there is to mount.
 */

static int
resolve(struct mounts *m)
{
	struct entry *e;

	for (size_t i = 0; i < m->n; i++) {
		e = m->v[i];
		if (realpath(e->path, e->real) != NULL)
			continue;
		if (e->kind == MOUNTS_BIND && errno == ENOENT)
			strlcpy(e->real, e->path, sizeof(e->real));
		else if (e->is_optional &&
		    (errno == ENOENT || errno == ENOTDIR))
			e->is_dropped = true;
		else
			return stop_at(m, e);
	}
	return 0;
}

/* By path, so that a folder comes before what is in it; then by kind. */
static int
compare(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a;
	const struct entry *y = *(struct entry *const *)b;
	const char *p = x->real, *q = y->real;

	if (x->is_dropped != y->is_dropped)
		return x->is_dropped - y->is_dropped;
	while (*p != '\0' && *p == *q)
		p++, q++;
	if (*p == *q)
		return (x->kind > y->kind) - (x->kind < y->kind);
	/* "/a/b" is before "/a-b". */
	if (*p == '\0' || *q == '\0')
		return *p == '\0' ? -1 : 1;
	if (*p == '/' || *q == '/')
		return *p == '/' ? -1 : 1;
	return *p < *q ? -1 : 1;
}

static bool
is_read_only(const struct entry *e)
{
	return e->kind == MOUNTS_READ_ONLY ||
	    e->kind == MOUNTS_READ_ONLY_IMPLIED;
}

static bool
is_read_write(const struct entry *e)
{
	return e->kind == MOUNTS_READ_WRITE ||
	    e->kind == MOUNTS_READ_WRITE_IMPLIED;
}

static bool
is_root(const struct entry *e)
{
	return strcmp(e->real, "/") == 0;
}

/* The entry at the nearest folder above the nth one, or at its path; or NULL.
 */
static const struct entry *
above(const struct mounts *m, size_t n)
{
	for (size_t i = n; i-- > 0;)
		if (!m->v[i]->is_dropped &&
		    folder_has(m->v[i]->real, m->v[n]->real))
			return m->v[i];
	return NULL;
}

/* Drop the entries that another one makes needless. */
static void
thin_out(struct mounts *m)
{
	const struct entry *over;
	struct entry *e;

	qsort(m->v, m->n, sizeof(*m->v), compare);
	for (size_t i = 0; i < m->n; i++) {
		e = m->v[i];
		if (e->is_dropped)
			continue;
		over = above(m, i);
		if (over == NULL)
			e->is_dropped = is_read_write(e);
		else if (over->kind == MOUNTS_INACCESSIBLE ||
		    strcmp(over->real, e->real) == 0)
			e->is_dropped = true;
	}
}

static int
choose_empty(struct mounts *m, struct entry *e)
{
	struct stat st;

	if (lstat(e->real, &st) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode))
		e->tree = e->empty_file;
	return make_tree_read_only(m, e->tree, "");
}

/* The trees of the new root.  The root itself is changed where it is. */
static int
clone_inside(struct mounts *m)
{
	struct entry *e;

	for (size_t i = 0; i < m->n; i++) {
		e = m->v[i];
		if (e->is_dropped)
			continue;
		if (e->kind == MOUNTS_INACCESSIBLE && choose_empty(m, e) == -1)
			return stop_at(m, e);
		if (is_root(e) || (!is_read_only(e) && !is_read_write(e)))
			continue;
		e->tree = clone_tree(AT_FDCWD, e->real, TREE_RECURSIVE);
		if (e->tree == -1 ||
		    (is_read_only(e) &&
			make_tree_read_only(m, e->tree, "") == -1))
			return stop_at(m, e);
	}
	return 0;
}

/*
 * Mount it.
 */

static int
mount_devices(const struct mounts *m, const char *at)
{
	static const struct {
		const char *name, *target;
	} links[] = {
	    {"fd", "/proc/self/fd"},
	    {"stdin", "/proc/self/fd/0"},
	    {"stdout", "/proc/self/fd/1"},
	    {"stderr", "/proc/self/fd/2"},
	    {"ptmx", "pts/ptmx"},
	};
	char path[PATH_MAX + 32], target[PATH_MAX];
	struct stat st;
	ssize_t n;
	int fd;

	n = readlink("/dev/log", target, sizeof(target) - 1);
	if (mount("tmpfs", at, "tmpfs", MS_NOSUID | MS_NOEXEC,
		"mode=755,size=64k") == -1)
		return -1;
	for (size_t i = 0; i < NDEVICES; i++) {
		if (m->dev[i] == -1)
			continue;
		snprintf(path, sizeof(path), "%s/%s", at, devices[i]);
		if (fstat(m->dev[i], &st) == -1)
			return -1;
		fd = open_target(path, S_ISDIR(st.st_mode), true);
		if (fd == -1 || attach_tree(m->dev[i], fd) == -1)
			return -1;
		close(fd);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", at, links[i].name);
		if (symlink(links[i].target, path) == -1)
			return -1;
	}
	if (n > 0) {
		target[n] = '\0';
		snprintf(path, sizeof(path), "%s/log", at);
		if (symlink(target, path) == -1)
			return -1;
	}
	return remount(at, MS_RDONLY);
}

static int
mount_tree(struct mounts *m, struct entry *e)
{
	struct stat st;
	int fd, rv;

	if (fstat(e->tree, &st) == -1)
		return -1;
	fd = open_target(e->real, S_ISDIR(st.st_mode), false);
	/* A new tmpfs above it hides what was there. */
	if (fd == -1 && errno == ENOENT)
		fd = open_target(e->real, S_ISDIR(st.st_mode), true);
	/* Nothing can be made in a private /dev, and nothing shows there. */
	if (fd == -1)
		return errno == ENOENT && e->is_optional ? 0 : -1;
	rv = attach_tree(e->tree, fd);
	close(fd);
	if (rv == 0 && m->by_mount &&
	    (is_read_only(e) || e->kind == MOUNTS_INACCESSIBLE))
		rv = make_each_read_only(m, e->real);
	return rv;
}

static int
mount_root(struct mounts *m, const struct entry *e)
{
	if (is_read_write(e))
		return 0;
	if (!is_read_only(e)) {
		errno = EINVAL;
		return -1;
	}
	if (make_tree_read_only(m, AT_FDCWD, "/") == -1)
		return -1;
	return m->by_mount ? make_each_read_only(m, "/") : 0;
}

static int
mount_entry(struct mounts *m, struct entry *e)
{
	char options[64];

	if (is_root(e))
		return mount_root(m, e);
	switch (e->kind) {
	case MOUNTS_DEVICES:
		return mount_devices(m, e->real);
	case MOUNTS_PROC:
		snprintf(options, sizeof(options), "hidepid=%s", e->source);
		return mount("proc", e->real, "proc",
		    MS_NOSUID | MS_NODEV | MS_NOEXEC, options);
	case MOUNTS_EMPTY:
		return mount("tmpfs", e->real, "tmpfs", MS_NOSUID | MS_NODEV,
		    "mode=755,size=64k");
	case MOUNTS_INACCESSIBLE:
	case MOUNTS_BIND:
	case MOUNTS_READ_ONLY:
	case MOUNTS_READ_WRITE:
	case MOUNTS_READ_ONLY_IMPLIED:
	case MOUNTS_READ_WRITE_IMPLIED:
		break;
	}
	return mount_tree(m, e);
}

static int
mount_all(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->v[i]->is_dropped && mount_entry(m, m->v[i]) == -1)
			return stop_at(m, m->v[i]);
	/* Now all mount points in empty folders have been made. */
	for (size_t i = 0; i < m->n; i++)
		if (!m->v[i]->is_dropped && m->v[i]->kind == MOUNTS_EMPTY &&
		    remount(m->v[i]->real, MS_RDONLY) == -1)
			return stop_at(m, m->v[i]);
	return 0;
}

int
mounts_apply(struct mounts *m, enum hardening_key *failed_key,
    char failed_path[PATH_MAX])
{
	enum hardening_key key = m->n > 0 ? m->v[0]->key : HARDENING_ROOT;

	m->failed_key = failed_key;
	m->failed_path = failed_path;
	/*
	 * Later mounts and unmounts outside are seen inside, so that a program
	 * keeps no file system busy; but never the reverse.
	 */
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) == -1)
		return stop(m, key, "");
	m->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (clone_outside(m) == -1)
		return -1;
	if (m->root != NULL && change_root(m) == -1)
		return stop(m, HARDENING_ROOT, m->root);
	if (resolve(m) == -1)
		return -1;
	thin_out(m);
	if (clone_inside(m) == -1)
		return -1;
	return mount_all(m);
}
