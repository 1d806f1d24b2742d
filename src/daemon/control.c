/*
 * control - the control socket: who may connect, framing, bounds, deadlines.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/control.h"
#include "base/log.h"
#include "base/socket.h"
#include "process/closer.h"
#include "wire/names.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

#define CLIENTS_MAX 256
/* Connections that wait to be accepted. */
#define BACKLOG 128
/* The time to send a request, and for a reply to move on, in ms. */
#define REQUEST_TIMEOUT 10000
#define REPLY_TIMEOUT 30000
/* The bytes that a client may send after its request. */
#define EXTRA_MAX 4096
/* The pause when no descriptor is left for a client, in ms. */
#define PAUSE 500

struct client {
	TAILQ_ENTRY(client) entry;
	struct control *control;
	struct source source;
	struct deadline deadline;
	char *in; /* an incomplete line */
	size_t inlen;
	size_t insize;
	bool asked; /* the request has come */
	struct answer answer;
	size_t sent; /* bytes of the answer */
};

struct control {
	struct loop *loop;
	control_handler *handler;
	void *arg;
	char *path;
	struct source listener;
	struct stat name;	      /* of the socket, as it was bound */
	gid_t group;		      /* (gid_t)-1: none */
	struct deadline again;	      /* the listener pauses until then */
	bool short_of;		      /* descriptors or memory; it was logged */
	TAILQ_HEAD(, client) clients; /* the oldest first */
	unsigned nclients;
	bool flush_due;
	/*
	 * NULL: the kernel refuses descriptors.  Else close(2) of a connection
	 * may sleep, and the closer does it.
	 */
	struct closer *closer;
};

/* The closer has closed a connection: there is room for another. */
static void
client_closed(void *arg)
{
	struct control *ctl = arg;

	ctl->nclients--;
}

/* fds: what the client sent along. */
static void
client_drop(struct client *c, const int *sent, size_t nsent)
{
	struct control *ctl = c->control;
	int fds[1 + SOCKET_FDS_MAX];

	answer_clear(&c->answer);
	loop_cancel(ctl->loop, &c->deadline);
	fds[0] = c->source.fd;
	loop_unwatch(ctl->loop, &c->source);
	if (nsent > 0)
		memcpy(fds + 1, sent, nsent * sizeof(*sent));
	if (ctl->closer != NULL)
		closer_close(ctl->closer, fds, 1 + nsent, client_closed, ctl);
	else {
		close(fds[0]);
		ctl->nclients--;
	}
	TAILQ_REMOVE(&ctl->clients, c, entry);
	free(c->in);
	free(c);
}

static void
client_free(struct client *c)
{
	client_drop(c, NULL, 0);
}
/*
 * Wait for these events.  Stop reading once the reply is complete: input that
 * nobody reads would wake the loop again and again.  epoll(7) reports the end
 * of the client nevertheless.
 */
static void
client_rewatch(struct client *c, uint32_t events)
{
	if (!c->answer.ended)
		events |= EPOLLIN | EPOLLRDHUP;
	loop_rewatch(c->control->loop, &c->source, events);
}

/* Send as much as the socket takes.  False: the client is gone. */
static bool
client_flush(struct client *c)
{
	struct loop *loop = c->control->loop;
	ssize_t n;

	while (c->sent < c->answer.text.len) {
		n = send(c->source.fd, c->answer.text.s + c->sent,
		    c->answer.text.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			client_rewatch(c, EPOLLOUT);
			loop_at(loop, &c->deadline,
			    clock_add_ms(loop_now(loop), REPLY_TIMEOUT));
			return true;
		}
		if (n == -1) {
			client_free(c);
			return false;
		}
		c->sent += (size_t)n;
	}
	if (c->answer.ended || c->answer.text.failed) {
		client_free(c);
		return false;
	}
	line_text_clear(&c->answer.text);
	c->sent = 0;
	loop_cancel(loop, &c->deadline);
	client_rewatch(c, 0);
	return true;
}

/* Send at the end of the turn, all at once: see struct answer. */
static void
flush_all(void *arg)
{
	struct control *ctl = arg;
	struct client *c, *next;

	ctl->flush_due = false;
	TAILQ_FOREACH_SAFE (c, &ctl->clients, entry, next)
		if (c->answer.ended || c->sent < c->answer.text.len)
			client_flush(c);
}

static void
flush_later(struct control *ctl)
{
	if (ctl->flush_due)
		return;
	ctl->flush_due = true;
	loop_after(ctl->loop, flush_all, ctl);
}

static struct client *
client_of(struct answer *a)
{
	return (struct client *)((char *)a - offsetof(struct client, answer));
}

static void
answer_changed(struct answer *a)
{
	flush_later(client_of(a)->control);
}

/* The request continues, but its client gets no more lines. */
static void
client_refuse(struct client *c, const char *text)
{
	answer_forget(&c->answer);
	answer_end(&c->answer, STATUS_USAGE, "%s", text);
}

static void
client_line(struct client *c, char *line, size_t len)
{
	struct line pl;

	if (memchr(line, '\0', len) != NULL || line_parse(&pl, line) == -1) {
		client_refuse(c, "malformed request");
		return;
	}
	if (!c->asked) {
		c->asked = true;
		loop_cancel(c->control->loop, &c->deadline);
		c->control->handler(c->control->arg, &c->answer, &pl);
	} else if (c->answer.more != NULL)
		c->answer.more(&c->answer, &pl);
	line_clear(&pl);
}

/* Make room for more of a line.  False: the line is too long. */
static bool
client_grow(struct client *c)
{
	size_t size = c->insize == 0 ? 512 : 2 * c->insize;
	char *in;

	if (c->inlen < c->insize)
		return true;
	if (size > (c->asked ? EXTRA_MAX : LINE_REQUEST_MAX))
		return false;
	in = realloc(c->in, size);
	if (in == NULL)
		return false;
	c->in = in;
	c->insize = size;
	return true;
}

/* Act on the complete lines. */
static void
client_lines(struct client *c)
{
	char *line = c->in, *end;
	size_t left = c->inlen;

	while (!c->answer.ended && (end = memchr(line, '\n', left)) != NULL) {
		*end = '\0';
		left -= (size_t)(end + 1 - line);
		client_line(c, line, (size_t)(end - line));
		line = end + 1;
	}
	memmove(c->in, line, left);
	c->inlen = left;
	if (left > 0)
		return;
	free(c->in);
	c->in = NULL;
	c->insize = 0;
}

static void
client_read(struct client *c)
{
	int fds[SOCKET_FDS_MAX];
	size_t nfds;
	ssize_t n;

	if (!client_grow(c)) {
		client_refuse(c, "the request is too long");
		return;
	}
	n = socket_receive(c->source.fd, c->in + c->inlen, c->insize - c->inlen,
	    fds, &nfds);
	if (n >= 0 && nfds > 0) {
		/* No request has any. */
		client_drop(c, fds, nfds);
		return;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(c);
		return;
	}
	c->inlen += (size_t)n;
	client_lines(c);
}

static void
client_ready(struct source *s, uint32_t events)
{
	struct client *c = s->arg;

	/* A client that has gone may have left its request. */
	if ((events & (EPOLLERR | EPOLLHUP)) && (c->asked || c->answer.ended)) {
		client_free(c);
		return;
	}
	if ((events & EPOLLOUT) && !client_flush(c))
		return;
	if (!c->answer.ended && (events & (EPOLLIN | EPOLLRDHUP)))
		client_read(c);
}

static void
client_due(struct deadline *d)
{
	struct client *c = d->arg;

	log_debug("control: a client was too slow");
	client_free(c);
}

/* A client that has not asked for anything makes room for a new one. */
static bool
make_room(struct control *ctl)
{
	struct client *c;

	if (ctl->nclients < CLIENTS_MAX)
		return true;
	TAILQ_FOREACH (c, &ctl->clients, entry)
		if (!c->asked) {
			client_free(c);
			return true;
		}
	return false;
}

static void
refuse_at_once(struct client *c, int status, const char *text)
{
	c->asked = true;
	answer_end(&c->answer, status, "%s", text);
}

/* Takes fd.  -1: fd is still the caller's. */
static int
client_add(struct control *ctl, int fd, const struct ucred *peer,
    bool permitted)
{
	bool room = make_room(ctl);
	struct client *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -1;
	c->control = ctl;
	c->answer.uid = peer->uid;
	c->answer.pid = peer->pid;
	c->answer.changed = answer_changed;
	c->source.ready = client_ready;
	c->source.arg = c;
	c->deadline.due = client_due;
	c->deadline.arg = c;
	c->deadline.is_lenient = true;
	if (loop_watch(ctl->loop, &c->source, fd, EPOLLIN | EPOLLRDHUP) == -1) {
		free(c);
		return -1;
	}
	TAILQ_INSERT_TAIL(&ctl->clients, c, entry);
	ctl->nclients++;
	loop_at(ctl->loop, &c->deadline,
	    clock_add_ms(loop_now(ctl->loop), REQUEST_TIMEOUT));
	if (!permitted)
		refuse_at_once(c, STATUS_DENIED, "not permitted");
	else if (!room)
		refuse_at_once(c, STATUS_FAILED, "too many clients");
	return 0;
}

static bool
in_group(int fd, gid_t group)
{
	gid_t *groups = NULL;
	socklen_t len = 0;
	bool found = false;
	size_t i;

	if (group == (gid_t)-1)
		return false;
	/* Without room the kernel says how much it needs. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == -1 &&
	    errno != ERANGE)
		return false;
	if (len == 0 || (groups = malloc(len)) == NULL)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		for (i = 0; i < len / sizeof(*groups); i++)
			found = found || groups[i] == group;
	free(groups);
	return found;
}

/* See SO_PEERCRED in unix(7); unlike getpeereid(3) it has the pid, too. */
static bool
may_connect(const struct control *ctl, int fd, struct ucred *peer)
{
	socklen_t len = sizeof(*peer);

	*peer = (struct ucred){.uid = (uid_t)-1, .gid = (gid_t)-1};
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) == -1)
		return false;
	return peer->uid == 0 || peer->uid == geteuid() ||
	    (ctl->group != (gid_t)-1 && peer->gid == ctl->group) ||
	    in_group(fd, ctl->group);
}

static void
listener_due(struct deadline *d)
{
	struct control *ctl = d->arg;

	loop_rewatch(ctl->loop, &ctl->listener, EPOLLIN);
}

/* No descriptor is left for a client: pause, so that the loop does not spin. */
static void
control_pause(struct control *ctl)
{
	if (!ctl->short_of)
		log_warn("control: a client cannot be accepted, trying again");
	ctl->short_of = true;
	loop_rewatch(ctl->loop, &ctl->listener, 0);
	loop_at(ctl->loop, &ctl->again,
	    clock_add_ms(loop_now(ctl->loop), PAUSE));
}

static void
control_ready(struct source *s, uint32_t events)
{
	struct control *ctl = s->arg;
	struct ucred peer;
	bool permitted;
	int fd;

	(void)events;
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			control_pause(ctl);
		return;
	}
	if (ctl->short_of)
		log_info("control: clients are accepted again");
	ctl->short_of = false;
	permitted = may_connect(ctl, fd, &peer);
	if (client_add(ctl, fd, &peer, permitted) == -1)
		close(fd);
}

static void
set_access(const struct control *ctl)
{
	if (chown(ctl->path, (uid_t)-1,
		ctl->group != (gid_t)-1 ? ctl->group : getegid()) == -1 ||
	    chmod(ctl->path, ctl->group != (gid_t)-1 ? 0660 : 0600) == -1)
		log_warn("%s: its access cannot be set", ctl->path);
}

void
control_set_group(struct control *ctl, gid_t group)
{
	ctl->group = group;
	set_access(ctl);
}

/*
 * Replace the socket of a daemon that is gone: the lock of the records, which
 * we hold, says that no other daemon runs.
 */
static int
listen_at(const char *path)
{
	int fd, saved;

	fd = socket_bind(path, SOCK_STREAM, 0600);
	if (fd == -1 || listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Clients may send descriptors unless the kernel refuses them. */
static int
refuse_descriptors(struct control *ctl, int fd)
{
	if (socket_refuse_descriptors(fd) || ctl->closer != NULL)
		return 0;
	ctl->closer = closer_new(ctl->loop);
	return ctl->closer == NULL ? -1 : 0;
}

/* Listen on fd, which is taken.  -1 with errno: it is still the caller's. */
static int
listen_on(struct control *ctl, int fd)
{
	if (lstat(ctl->path, &ctl->name) == -1)
		ctl->name = (struct stat){0};
	if (refuse_descriptors(ctl, fd) == -1)
		return -1;
	return loop_watch(ctl->loop, &ctl->listener, fd, EPOLLIN);
}

struct control *
control_open(struct loop *loop, const char *path, int inherited,
    control_handler *handler, void *arg)
{
	struct control *ctl;
	int fd;

	ctl = calloc(1, sizeof(*ctl));
	if (ctl == NULL)
		return NULL;
	ctl->loop = loop;
	ctl->handler = handler;
	ctl->arg = arg;
	ctl->group = (gid_t)-1;
	TAILQ_INIT(&ctl->clients);
	ctl->again.due = listener_due;
	ctl->again.arg = ctl;
	ctl->listener.fd = -1;
	ctl->listener.ready = control_ready;
	ctl->listener.arg = ctl;
	ctl->path = strdup(path);
	fd = inherited != -1 ? inherited : listen_at(path);
	if (ctl->path == NULL || fd == -1 || listen_on(ctl, fd) == -1) {
		if (fd != -1)
			close(fd);
		free(ctl->path);
		free(ctl);
		return NULL;
	}
	return ctl;
}

/* Does the name still lead to our socket? */
static bool
has_name(const struct control *ctl)
{
	struct stat st;

	return lstat(ctl->path, &st) == 0 && st.st_dev == ctl->name.st_dev &&
	    st.st_ino == ctl->name.st_ino;
}

int
control_renew(struct control *ctl)
{
	int former = ctl->listener.fd, fd;

	if (has_name(ctl))
		return 0;
	fd = listen_at(ctl->path);
	if (fd == -1)
		return -1;
	loop_unwatch(ctl->loop, &ctl->listener);
	if (listen_on(ctl, fd) == -1) {
		close(fd);
		unlink(ctl->path);
		loop_watch(ctl->loop, &ctl->listener, former, EPOLLIN);
		return -1;
	}
	close(former);
	set_access(ctl);
	return 1;
}

int
control_fd(const struct control *ctl)
{
	return ctl->listener.fd;
}

void
control_hand_over(struct control *ctl)
{
	struct client *c;

	TAILQ_FOREACH (c, &ctl->clients, entry)
		if (!c->answer.ended && !c->answer.next_daemon)
			answer_end(&c->answer, STATUS_FAILED,
			    c->asked ? "hupd is being replaced, the request "
				       "continues"
				     : "hupd is being replaced, ask again");
	flush_all(ctl);
	/*
	 * Clients that wait for the next daemon have to see the end of the
	 * connection, although a closer may still hold it.
	 */
	TAILQ_FOREACH (c, &ctl->clients, entry)
		shutdown(c->source.fd, SHUT_RDWR);
}

/* One last try to send; a client that does not read sees the end. */
static void
end_clients(struct control *ctl)
{
	struct client *c;

	TAILQ_FOREACH (c, &ctl->clients, entry)
		if (!c->answer.ended)
			answer_end(&c->answer, STATUS_NO_DAEMON,
			    "the daemon has ended");
	flush_all(ctl);
	while ((c = TAILQ_FIRST(&ctl->clients)) != NULL)
		/* client_free takes it off the list. */
		client_free(c); /* NOLINT(clang-analyzer-unix.Malloc) */
}

void
control_close(struct control *ctl)
{
	int fd = ctl->listener.fd;

	loop_unwatch(ctl->loop, &ctl->listener);
	loop_cancel(ctl->loop, &ctl->again);
	close(fd);
	unlink(ctl->path);
	end_clients(ctl);
	closer_free(ctl->closer);
	free(ctl->path);
	free(ctl);
}
