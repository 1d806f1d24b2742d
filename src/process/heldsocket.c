/*
 * heldsocket - one listening socket that the daemon holds for a program.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/log.h"
#include "process/heldsocket.h"
#include "process/process.h"

/* A helper has this long; ms. */
#define OPEN_TIMEOUT 2000
/* The kernel has a limit of its own: net.core.somaxconn. */
#define BACKLOG INT_MAX

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1U
#endif

bool
heldsocket_is_missing(int err)
{
	return err == EADDRNOTAVAIL || err == ENODEV;
}

/*
 * The helper: its answer is one line, "0 DEV INO" or "ERRNO WORDS".
 */

static _Noreturn void
answer_failure(int out, int err, const char *why)
{
	dprintf(out, "%d %s\n", err, why != NULL ? why : strerror(err));
	_exit(0);
}

static _Noreturn void
answer_success(int out, const struct stat *st)
{
	dprintf(out, "0 %ju %ju\n", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino);
	_exit(0);
}

/* "in use by nginx (pid 812)" */
static void
name_user(pid_t pid, char why[static HELDSOCKET_WHY_MAX])
{
	char comm[PROCESS_COMM_MAX], safe[4 * PROCESS_COMM_MAX + 1];

	process_comm(pid, comm);
	escape_bytes(safe, sizeof(safe), comm, strlen(comm), false);
	snprintf(why, HELDSOCKET_WHY_MAX, "in use by %s (pid %d)", safe,
	    (int)pid);
}

/*
 * Who listens on a port?
 */

/* An address as /proc/net/tcp and tcp6 have it; IPv4 is mapped. */
struct endpoint {
	struct in6_addr host;
	unsigned port;
};

static struct endpoint
endpoint_of(const struct address *a)
{
	struct endpoint e = {.host = in6addr_any};

	if (a->sa.sa_family == AF_INET6) {
		e.host = a->in6.sin6_addr;
		e.port = ntohs(a->in6.sin6_port);
		return e;
	}
	e.port = ntohs(a->in.sin_port);
	if (a->in.sin_addr.s_addr != htonl(INADDR_ANY)) {
		e.host.s6_addr[10] = e.host.s6_addr[11] = 0xff;
		memcpy(e.host.s6_addr + 12, &a->in.sin_addr, 4);
	}
	return e;
}

/* The inode of the socket that listens there, if the line is about one. */
static uint64_t
listener_of_line(const char *line, const struct endpoint *wanted)
{
	unsigned word[4], port, state;
	struct in6_addr host = in6addr_any;
	uintmax_t inode;
	int n = 0;

	/* Each word is in the byte order of the machine. */
	if (sscanf(line, " %*d: %8x%8x%8x%8x:%x %*s %x %n", &word[0], &word[1],
		&word[2], &word[3], &port, &state, &n) == 6)
		memcpy(&host, word, sizeof(host));
	else if (sscanf(line, " %*d: %8x:%x %*s %x %n", &word[0], &port, &state,
		     &n) == 3) {
		if (word[0] != 0) {
			host.s6_addr[10] = host.s6_addr[11] = 0xff;
			memcpy(host.s6_addr + 12, word, 4);
		}
	} else
		return 0;
	if (state != 0x0a || port != wanted->port || n == 0 ||
	    sscanf(line + n, "%*s %*s %*s %*s %*s %ju", &inode) != 1)
		return 0;
	if (!IN6_IS_ADDR_UNSPECIFIED(&host) &&
	    !IN6_IS_ADDR_UNSPECIFIED(&wanted->host) &&
	    memcmp(&host, &wanted->host, sizeof(host)) != 0)
		return 0;
	return inode;
}

static uint64_t
find_listener(const char *table, const struct endpoint *wanted)
{
	char line[512];
	uint64_t inode = 0;
	FILE *f = fopen(table, "re");

	while (f != NULL && inode == 0 && fgets(line, sizeof(line), f) != NULL)
		inode = listener_of_line(line, wanted);
	if (f != NULL)
		fclose(f);
	return inode;
}

/* The number of the descriptor of the process that is this socket; or -1. */
static int
find_descriptor(pid_t pid, uint64_t inode)
{
	char path[64], wanted[40], link[40];
	struct dirent *e;
	int found = -1;
	ssize_t n;
	DIR *d;

	snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	if ((d = opendir(path)) == NULL)
		return -1;
	while (found == -1 && (e = readdir(d)) != NULL) {
		n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (strcmp(link, wanted) == 0)
			found = (int)strtol(e->d_name, NULL, 10);
	}
	closedir(d);
	return found;
}

struct search {
	uint64_t inode;
	pid_t found; /* the oldest, most likely the one that opened it */
};

static void
look_into(pid_t pid, void *arg)
{
	struct search *s = arg;

	if ((s->found == 0 || pid < s->found) && pid != getpid() &&
	    find_descriptor(pid, s->inode) != -1)
		s->found = pid;
}

static void
explain_port(const struct address *a, char why[static HELDSOCKET_WHY_MAX])
{
	const struct endpoint e = endpoint_of(a);
	struct search s = {.inode = find_listener("/proc/net/tcp", &e)};

	if (s.inode == 0)
		s.inode = find_listener("/proc/net/tcp6", &e);
	if (s.inode != 0)
		process_each(look_into, &s);
	if (s.found != 0)
		name_user(s.found, why);
	else
		strlcpy(why, "in use by another process", HELDSOCKET_WHY_MAX);
}

static void
open_port(struct heldsocket *h, int out)
{
	char why[HELDSOCKET_WHY_MAX];
	const struct stat none = {0};
	struct address *a = &h->address;

	if (*a->scope != '\0' &&
	    (a->in6.sin6_scope_id = if_nametoindex(a->scope)) == 0)
		answer_failure(out, ENODEV, NULL);
	if (bind(h->pending, &a->sa, a->len) == 0 &&
	    listen(h->pending, BACKLOG) == 0)
		answer_success(out, &none);
	if (errno == EADDRINUSE) {
		explain_port(a, why);
		answer_failure(out, EADDRINUSE, why);
	}
	if (errno == EADDRNOTAVAIL)
		answer_failure(out, errno, "no interface has this address yet");
	if (errno == EACCES)
		answer_failure(out, errno,
		    "only root may use a port below "
		    "1024");
	answer_failure(out, errno, NULL);
}

/*
 * Paths.  Folders below the private one of the socket are made and removed
 * relative to it: nobody else can change what is in there.
 */

/* Make the folders that lead to the last name of path, as mkdir -p does. */
static int
make_folders(int dir, const char *path, mode_t mode)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];

	strlcpy(copy, path, sizeof(copy));
	for (char *p = copy + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (*copy != '\0' && mkdirat(dir, copy, mode) == -1 &&
		    errno != EEXIST)
			return -1;
		*p = '/';
	}
	return 0;
}

static void
remove_folders(int dir, const char *path)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)], *slash;

	strlcpy(copy, path, sizeof(copy));
	while ((slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		unlinkat(dir, copy, AT_REMOVEDIR);
	}
}

/* The folder of the path, and the name in it; -1 with errno. */
static int
open_parent(const char *path, const char **name)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];

	*name = strrchr(path, '/') + 1;
	memcpy(folder, path, (size_t)(*name - path));
	folder[*name - path] = '\0';
	return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The process that listens on a socket that we are connected to; or 0. */
static pid_t
peer(int fd)
{
	struct ucred cred = {0};
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0
	    ? cred.pid
	    : 0;
}

/*
 * Is the name free, or a socket that nobody listens on?  The working directory
 * is its folder.  If not, the failure is answered.
 */
static bool
is_stale(const char *name, int out)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char why[HELDSOCKET_WHY_MAX];
	struct stat st;
	int fd;

	if (fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			answer_failure(out, errno, NULL);
		return false;
	}
	if (!S_ISSOCK(st.st_mode))
		answer_failure(out, EEXIST, "exists and is not a socket");
	strlcpy(sun.sun_path, name, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		answer_failure(out, errno, NULL);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0) {
		name_user(peer(fd), why);
		answer_failure(out, EADDRINUSE, why);
	}
	if (errno != ECONNREFUSED)
		answer_failure(out, EADDRINUSE, "in use by another process");
	close(fd);
	return true;
}

/* Bind it in a folder that is the root of this process from now on. */
static int
bind_below(struct heldsocket *h, int private)
{
	const char *path = h->address.un.sun_path, *name = path + 1;

	if (make_folders(private, name, 0700) == -1 || fchdir(private) == -1 ||
	    chroot(".") == -1)
		return -1;
	umask(0777);
	return bind(h->pending, &h->address.sa, h->address.len);
}

/* Owner, mode and the beginning of service of a name in a folder of ours. */
static int
set_up(struct heldsocket *h, int dir, const char *name, struct stat *st)
{
	const struct heldsocket_owner *o = &h->owner;

	if ((o->uid != (uid_t)-1 || o->gid != (gid_t)-1) &&
	    fchownat(dir, name, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (fchmodat(dir, name, o->mode, 0) == -1 ||
	    fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	return listen(h->pending, BACKLOG);
}

/* Some file systems do not know the flag. */
static int
rename_new(int from, const char *name, int to, const char *newname)
{
	if (syscall(SYS_renameat2, from, name, to, newname, RENAME_NOREPLACE) ==
	    0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return renameat(from, name, to, newname);
}

/*
 * Without the right to change the root, as an ordinary user: the folders are
 * his own, and nobody else can connect before the mode is set.
 */
static int
bind_here(struct heldsocket *h, const char *name, struct stat *st)
{
	umask(0777);
	if (bind(h->pending, &h->address.sa, h->address.len) == -1)
		return -1;
	return set_up(h, AT_FDCWD, name, st);
}

static void
open_path(struct heldsocket *h, int out)
{
	const char *path = h->address.un.sun_path, *name;
	char folder[32];
	struct stat st;
	bool stale;
	int parent, private, r, saved;

	umask(0);
	if (make_folders(AT_FDCWD, path, 0755) == -1 ||
	    (parent = open_parent(path, &name)) == -1 || fchdir(parent) == -1)
		answer_failure(out, errno, NULL);
	stale = is_stale(name, out);
	if (geteuid() != 0) {
		if (stale)
			unlinkat(parent, name, 0);
		if (bind_here(h, name, &st) == -1)
			answer_failure(out, errno, NULL);
		answer_success(out, &st);
	}
	snprintf(folder, sizeof(folder), ".hupd.%d.%08x", (int)getpid(),
	    arc4random());
	if (mkdirat(parent, folder, 0700) == -1)
		answer_failure(out, errno, NULL);
	private = openat(parent, folder,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (private == -1)
		answer_failure(out, errno, NULL);
	r = fstat(private, &st);
	if (r == 0 && (st.st_uid != geteuid() || (st.st_mode & 0777) != 0700)) {
		errno = EPERM;
		r = -1;
	}
	if (r == 0)
		r = bind_below(h, private);
	if (r == 0)
		r = set_up(h, private, path + 1, &st);
	if (r == 0 && stale)
		unlinkat(parent, name, 0);
	if (r == 0)
		r = rename_new(private, path + 1, parent, name);
	saved = errno;
	unlinkat(private, path + 1, 0);
	remove_folders(private, path + 1);
	unlinkat(parent, folder, AT_REMOVEDIR);
	if (r == -1)
		answer_failure(out, saved, NULL);
	answer_success(out, &st);
}

static void
work_open(void *arg, int out)
{
	struct heldsocket *h = arg;

	if (h->address.sa.sa_family == AF_UNIX)
		open_path(h, out);
	else
		open_port(h, out);
}

/* Is the name in the folder our socket? */
static bool
is_ours(const struct heldsocket *h, int parent, const char *name)
{
	struct stat st;

	return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISSOCK(st.st_mode) && st.st_dev == h->dev && st.st_ino == h->ino;
}

/* The folder is another's: change the file, not what has its name. */
static void
work_change(void *arg, int out)
{
	struct heldsocket *h = arg;
	const struct heldsocket_owner *o = &h->wanted;
	char file[32];
	const char *name;
	struct stat st;
	int parent, fd;

	parent = open_parent(h->address.un.sun_path, &name);
	fd = parent != -1
	    ? openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
	    : -1;
	if (fd == -1 || fstat(fd, &st) == -1)
		answer_failure(out, errno, NULL);
	if (st.st_dev != h->dev || st.st_ino != h->ino)
		answer_failure(out, EEXIST, "another file has its name");
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	/* Nobody gets more rights than he had or will have in between. */
	if (chmod(file, st.st_mode & o->mode & 0777) == -1 ||
	    fchownat(fd, "", o->uid != (uid_t)-1 ? o->uid : geteuid(),
		o->gid != (gid_t)-1 ? o->gid : getegid(),
		AT_EMPTY_PATH) == -1 ||
	    chmod(file, o->mode) == -1)
		answer_failure(out, errno, NULL);
	answer_success(out, &st);
}

static void
work_remove(void *arg, int out)
{
	struct heldsocket *h = arg;
	const char *name;
	int parent = open_parent(h->address.un.sun_path, &name);

	(void)out;
	if (parent != -1 && is_ours(h, parent, name))
		unlinkat(parent, name, 0);
}

/*
 * The daemon's side.
 */

void
heldsocket_init(struct heldsocket *h, const char *text,
    const struct heldsocket_owner *owner, const struct heldsocket_means *means,
    void (*done)(struct heldsocket *))
{
	const char *why;

	memset(h, 0, sizeof(*h));
	h->means = means;
	address_parse(&h->address, text, &why);
	h->owner = *owner;
	h->fd = h->pending = -1;
	h->done = done;
	h->job.owner = h->job.arg = h;
}

bool
heldsocket_is_busy(const struct heldsocket *h)
{
	return h->job.helpers != NULL;
}

static void
fail(struct heldsocket *h, int err, const char *why)
{
	h->err = err;
	strlcpy(h->why, why, sizeof(h->why));
}

/* Read the answer. */
static void
learn(struct heldsocket *h)
{
	const char *answer = h->job.answer;
	uintmax_t dev, ino;
	char *why;
	int err;

	if (h->job.late || answer == NULL) {
		fail(h, ETIMEDOUT, "could not be opened within 2 s");
		return;
	}
	if (sscanf(answer, "0 %ju %ju", &dev, &ino) == 2) {
		h->dev = (dev_t)dev;
		h->ino = (ino_t)ino;
		h->err = 0;
		*h->why = '\0';
		return;
	}
	err = (int)strtol(answer, &why, 10);
	fail(h, err > 0 ? err : EIO, *why == ' ' ? why + 1 : why);
	h->why[strcspn(h->why, "\n")] = '\0';
}

static void
discard(const struct heldsocket *h, int fd)
{
	if (fd != -1)
		closer_close(h->means->closer, &fd, 1, NULL, NULL);
}

static void
opened(struct helper *job)
{
	struct heldsocket *h = job->owner;

	learn(h);
	if (h->err == 0)
		h->fd = h->pending;
	else
		discard(h, h->pending);
	h->pending = -1;
	h->done(h);
}

static int
make_socket(struct heldsocket *h)
{
	const int on = 1;
	struct address *a = &h->address;
	in_port_t port;
	int fd;

	fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 && a->is_port && errno == EAFNOSUPPORT) {
		port = a->in6.sin6_port;
		memset(&a->in6, 0, sizeof(a->in6));
		a->in.sin_family = AF_INET;
		a->in.sin_port = port;
		a->len = sizeof(a->in);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	/* Connections of a former server may linger in TIME_WAIT. */
	if (fd != -1 && a->sa.sa_family != AF_UNIX &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The socket cannot be made: say so as if a helper had. */
static void
work_fail(void *arg, int out)
{
	const struct heldsocket *h = arg;

	answer_failure(out, h->err, NULL);
}

void
heldsocket_open(struct heldsocket *h)
{
	h->pending = make_socket(h);
	h->err = h->pending == -1 ? errno : 0;
	h->job.work = h->pending == -1 ? work_fail : work_open;
	h->job.done = opened;
	h->job.keep = h->pending == -1 ? 0 : h->pending;
	helper_begin(h->means->helpers, &h->job, OPEN_TIMEOUT);
}

static void
changed(struct helper *job)
{
	struct heldsocket *h = job->owner;

	learn(h);
	if (h->err != 0)
		log_warnx("%s: its owner and mode cannot be changed: %s",
		    h->address.un.sun_path, h->why);
	/* A failure is not tried again before the next change. */
	h->owner = h->wanted;
	h->err = 0;
	h->done(h);
}

void
heldsocket_change(struct heldsocket *h, const struct heldsocket_owner *owner)
{
	h->wanted = *owner;
	h->job.work = work_change;
	h->job.done = changed;
	h->job.keep = 0;
	helper_begin(h->means->helpers, &h->job, OPEN_TIMEOUT);
}

static void
removed(struct helper *job)
{
	struct heldsocket *h = job->owner;

	h->done(h);
}

bool
heldsocket_close(struct heldsocket *h)
{
	const bool has_path = h->fd != -1 && h->address.sa.sa_family == AF_UNIX;

	helper_cancel(&h->job);
	discard(h, h->fd);
	discard(h, h->pending);
	h->fd = h->pending = -1;
	h->err = 0;
	if (!has_path)
		return false;
	h->job.work = work_remove;
	h->job.done = removed;
	h->job.keep = 0;
	helper_begin(h->means->helpers, &h->job, OPEN_TIMEOUT);
	return true;
}

ino_t
heldsocket_inode(const struct heldsocket *h)
{
	struct stat st;

	return h->fd != -1 && fstat(h->fd, &st) == 0 ? st.st_ino : 0;
}

bool
heldsocket_take(struct heldsocket *h, int fd, ino_t inode)
{
	struct stat st;
	int on = 0;
	socklen_t len = sizeof(on);

	if (fstat(fd, &st) == -1 || !S_ISSOCK(st.st_mode) ||
	    st.st_ino != inode ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == -1 ||
	    on == 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return false;
	h->fd = fd;
	h->err = 0;
	return true;
}

int
heldsocket_fetch(pid_t pid, int pidfd, ino_t inode)
{
	int number;

	if (pidfd == -1 || (number = find_descriptor(pid, inode)) == -1)
		return -1;
	return (int)syscall(SYS_pidfd_getfd, pidfd, number, 0U);
}

bool
heldsocket_take_from(struct heldsocket *h, pid_t pid, int pidfd, ino_t inode)
{
	int fd = heldsocket_fetch(pid, pidfd, inode);

	if (fd == -1)
		return false;
	if (heldsocket_take(h, fd, inode))
		return true;
	close(fd);
	return false;
}
