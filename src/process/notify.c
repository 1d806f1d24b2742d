/*
 * notify - the sockets that programs send their notify messages to.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/socket.h"
#include "process/closer.h"
#include "process/notify.h"
#include "process/process.h"

/* Longer messages are dropped. */
#define MESSAGE_MAX 65536
/*
 * The messages that are read from one socket in a turn, so that no sender
 * delays the others.
 */
#define BATCH 64

/* Newer than the headers of many systems. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

struct notify {
	struct loop *loop;
	char *folder;
	notify_handler *handler;
	void *arg;
	struct closer *closer;
	LIST_HEAD(, notify_socket) sockets;
};

struct notify_socket {
	LIST_ENTRY(notify_socket) entry;
	struct notify *notify;
	struct source source;
	uid_t uid;
	void *owner;
	char *path;
	bool is_busy;	   /* its handler is at work */
	bool is_closing;   /* descriptors of a message are being closed */
	bool is_abandoned; /* it was closed meanwhile: free it after they are
			      closed */
};

/* A message, its descriptors and its sender. */
struct parcel {
	struct sdnotify message;
	pid_t sender; /* 0: it has ended and is reaped */
	int fds[SOCKET_FDS_MAX];
	size_t nfds;
};

/* The pid of a reaped process may belong to another process. */
static bool
is_reaped(pid_t pid, int pidfd)
{
	const struct process sender = {.pid = pid, .pidfd = pidfd};

	return pidfd != -1 && process_signal(&sender, 0) == -1 &&
	    errno == ESRCH;
}

static void
take_control(struct msghdr *msg, struct parcel *p)
{
	struct ucred cred = {0};
	struct cmsghdr *c;
	int pidfd = -1;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS) {
			p->nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(p->fds, CMSG_DATA(c), p->nfds * sizeof(int));
		} else if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		else if (c->cmsg_type == SCM_PIDFD)
			memcpy(&pidfd, CMSG_DATA(c), sizeof(pidfd));
	}
	p->sender = is_reaped(cred.pid, pidfd) ? 0 : cred.pid;
	if (pidfd != -1)
		close(pidfd);
}

/*
 * 1: a message; 0: no message; -1: one that is too long, or whose descriptors
 * could not all be received, with those that were and its sender.
 */
static int
receive(int fd, struct parcel *p)
{
	static char buf[MESSAGE_MAX];
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred)) +
		    CMSG_SPACE(sizeof(int)) +
		    CMSG_SPACE(SOCKET_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
	struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	ssize_t n;

	p->nfds = 0;
	p->sender = 0;
	n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1)
		return 0;
	take_control(&msg, p);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return -1;
	sdnotify_parse(&p->message, buf, (size_t)n);
	p->message.fds = p->fds;
	p->message.nfds = p->nfds;
	if (p->message.mainpidfd)
		p->message.mainpid =
		    p->nfds == 1 ? process_of_pidfd(p->fds[0]) : 0;
	return 1;
}

static void
destroy(struct notify_socket *s)
{
	free(s->path);
	free(s);
}

static void
descriptors_closed(void *arg)
{
	struct notify_socket *s = arg;

	s->is_closing = false;
	if (s->is_abandoned)
		destroy(s);
	else
		loop_rewatch(s->notify->loop, &s->source, EPOLLIN);
}

/* Leave out the descriptors that the handler keeps. */
static void
drop_kept(struct parcel *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nfds; i++)
		if (p->fds[i] != -1)
			p->fds[n++] = p->fds[i];
	p->nfds = n;
}

static void
socket_ready(struct source *source, uint32_t events)
{
	struct notify_socket *s = source->arg;
	struct notify *n = s->notify;
	struct parcel p;
	int rv;

	(void)events;
	for (int i = 0; i < BATCH && !s->is_abandoned && !s->is_closing; i++) {
		rv = receive(source->fd, &p);
		if (rv == 0)
			break;
		s->is_busy = true;
		n->handler(n->arg, s->owner, rv == 1 ? &p.message : NULL,
		    p.sender);
		s->is_busy = false;
		drop_kept(&p);
		if (p.nfds == 0)
			continue;
		s->is_closing = true;
		if (!s->is_abandoned)
			loop_rewatch(n->loop, source, 0);
		/*
		 * The close releases a sender that waits for its barrier:
		 * sd_notify(3).
		 */
		closer_close(n->closer, p.fds, p.nfds, descriptors_closed, s);
	}
	if (s->is_abandoned && !s->is_closing)
		destroy(s);
}

struct notify *
notify_new(struct loop *loop, const char *folder, notify_handler *handler,
    void *arg)
{
	struct notify *n;

	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->loop = loop;
	n->handler = handler;
	n->arg = arg;
	LIST_INIT(&n->sockets);
	n->folder = strdup(folder);
	n->closer = closer_new(loop);
	if (n->folder == NULL || n->closer == NULL) {
		closer_free(n->closer);
		free(n->folder);
		free(n);
		return NULL;
	}
	return n;
}

void
notify_free(struct notify *n)
{
	struct notify_socket *s;

	if (n == NULL)
		return;
	while ((s = LIST_FIRST(&n->sockets)) != NULL)
		notify_close(s);
	closer_free(n->closer);
	rmdir(n->folder);
	free(n->folder);
	free(n);
}

/* A program that starts as root may change its user itself. */
static bool
may_change_user(uid_t uid)
{
	return geteuid() == 0 && (uid == (uid_t)-1 || uid == 0);
}

/*
 * The path of an open socket, to be freed.  For a program that may change its
 * user it ends in a number that only the program knows.
 */
static char *
new_path(const struct notify *n, int number, uid_t uid)
{
	uint32_t secret[2];
	char *path;

	arc4random_buf(secret, sizeof(secret));
	if (asprintf(&path,
		may_change_user(uid) ? "%s/%d.%08" PRIx32 "%08" PRIx32
				     : "%s/%d",
		n->folder, number, secret[0], secret[1]) == -1)
		return NULL;
	return path;
}

/* The path of the socket of that number, to be freed; NULL: no socket has it.
 */
static char *
find_path(const struct notify *n, int number)
{
	char name[16], *path = NULL;
	struct dirent *e;
	size_t len;
	DIR *d;

	d = opendir(n->folder);
	if (d == NULL)
		return NULL;
	len = (size_t)snprintf(name, sizeof(name), "%d", number);
	while (path == NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, name, len) == 0 &&
		    (e->d_name[len] == '\0' || e->d_name[len] == '.') &&
		    asprintf(&path, "%s/%s", n->folder, e->d_name) == -1)
			break;
	closedir(d);
	return path;
}

/*
 * /proc/net/unix shows everybody the name that a socket was bound to.  So the
 * socket gets its name afterwards.
 */
static bool
give_away(const char *bound, const char *path, uid_t uid)
{
	if (may_change_user(uid))
		return rename(bound, path) == 0 && chmod(path, 0666) == 0;
	return uid == (uid_t)-1 || uid == geteuid() ||
	    lchown(path, uid, (gid_t)-1) == 0;
}

static int
bind_for(const struct notify *n, int number, const char *path, uid_t uid)
{
	int fd = -1, saved;
	char *bound;

	if (asprintf(&bound, "%s/%d", n->folder, number) == -1)
		return -1;
	fd = socket_bind(bound, SOCK_DGRAM, 0600);
	if (fd == -1 && errno == ENOENT && mkdir(n->folder, 0711) == 0)
		fd = socket_bind(bound, SOCK_DGRAM, 0600);
	if (fd != -1 && !give_away(bound, path, uid)) {
		saved = errno;
		unlink(bound);
		unlink(path);
		close(fd);
		errno = saved;
		fd = -1;
	}
	free(bound);
	return fd;
}

/* Takes fd and path. */
static struct notify_socket *
add(struct notify *n, int fd, char *path, uid_t uid, void *owner)
{
	const int on = 1;
	struct notify_socket *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		close(fd);
		free(path);
		return NULL;
	}
	s->notify = n;
	s->uid = uid;
	s->owner = owner;
	s->path = path;
	s->source.ready = socket_ready;
	s->source.arg = s;
	/* Without this option, the pid must be enough. */
	setsockopt(fd, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on));
	if (loop_watch(n->loop, &s->source, fd, EPOLLIN) == -1) {
		close(fd);
		destroy(s);
		return NULL;
	}
	LIST_INSERT_HEAD(&n->sockets, s, entry);
	return s;
}

struct notify_socket *
notify_open(struct notify *n, int number, uid_t uid, bool again, int inherited,
    void *owner)
{
	char *path = find_path(n, number);
	int fd;

	if (path != NULL && !again) {
		unlink(path);
		free(path);
		path = NULL;
	}
	if (path == NULL)
		path = new_path(n, number, uid);
	if (path == NULL)
		return NULL;
	fd = inherited;
	if (fd == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fd = bind_for(n, number, path, uid);
	if (fd == -1) {
		free(path);
		return NULL;
	}
	return add(n, fd, path, uid, owner);
}

struct notify_socket *
notify_open_shared(struct notify *n, const char *path, int inherited)
{
	char *copy;
	int fd;

	copy = strdup(path);
	if (copy == NULL)
		return NULL;
	fd = inherited;
	if (fd == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fd = socket_bind(path, SOCK_DGRAM, 0666);
	if (fd == -1) {
		free(copy);
		return NULL;
	}
	return add(n, fd, copy, (uid_t)-1, NULL);
}

/*
 * The close of a socket closes the descriptors in its messages as well.  After
 * shutdown(2) no further message comes, so this loop ends.
 */
static void
drain(struct notify *n, int fd)
{
	struct parcel p;

	shutdown(fd, SHUT_RD);
	while (receive(fd, &p) != 0)
		if (p.nfds > 0)
			closer_close(n->closer, p.fds, p.nfds, NULL, NULL);
}

void
notify_close(struct notify_socket *s)
{
	int fd;

	if (s == NULL)
		return;
	fd = s->source.fd;
	loop_unwatch(s->notify->loop, &s->source);
	LIST_REMOVE(s, entry);
	unlink(s->path);
	drain(s->notify, fd);
	close(fd);
	s->is_abandoned = true;
	if (!s->is_closing && !s->is_busy)
		destroy(s);
}

const char *
notify_path(const struct notify_socket *s)
{
	return s->path;
}

int
notify_fd(const struct notify_socket *s)
{
	return s->source.fd;
}

bool
notify_is_for(const struct notify_socket *s, uid_t uid)
{
	return s->uid == uid;
}
