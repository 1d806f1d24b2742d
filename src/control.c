/*
 * control - the socket by which hupctl asks and acts: peer credentials,
 * framing, bounds.  What a request means is in request.c.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "log.h"
#include "request.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

#define CLIENTS_MAX 256
/* A request must have come, and a reply moved on, within so many ms. */
#define REQUEST_TIMEOUT 10000
#define REPLY_TIMEOUT 30000
/* Bytes that a client may have sent after its request. */
#define EXTRA_MAX 4096
/* ms before the next try when there is no descriptor left for a client. */
#define PAUSE 500

struct control {
	struct hupd *hupd;
	char *path;
	struct source listener;
	gid_t group;		      /* (gid_t)-1: none */
	struct deadline again;	      /* the listener pauses until then */
	bool short_of;		      /* descriptors or memory, as logged */
	TAILQ_HEAD(, client) clients; /* the oldest first */
	unsigned n;
	bool flush_due;
};

struct client {
	TAILQ_ENTRY(client) entry;
	struct control *control;
	struct source source;
	struct deadline deadline;
	char *in; /* what has come of a line */
	size_t inlen;
	size_t insize;
	uid_t uid;
	struct proto_text out;
	size_t sent;
	struct waiter *waiter; /* under way */
	bool asked;	       /* it has sent its request */
	bool ended;	       /* nothing more is added to out */
};

static void
client_free(struct client *c)
{
	struct loop *loop = c->control->hupd->loop;
	int fd = c->source.fd;

	waiter_free(c->waiter);
	loop_cancel(loop, &c->deadline);
	loop_unwatch(loop, &c->source);
	close(fd);
	TAILQ_REMOVE(&c->control->clients, c, entry);
	c->control->n--;
	free(c->in);
	proto_text_clear(&c->out);
	free(c);
}

/*
 * What to wait for.  One whose reply is all there is not listened to: what it
 * sends would wake us again and again.  That it has gone is told all the same.
 */
static void
client_rewatch(struct client *c, uint32_t events)
{
	if (!c->ended)
		events |= EPOLLIN | EPOLLRDHUP;
	loop_rewatch(c->control->hupd->loop, &c->source, events);
}

/* Send what it takes.  False: the client is gone. */
static bool
client_flush(struct client *c)
{
	struct loop *loop = c->control->hupd->loop;
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->source.fd, c->out.s + c->sent, c->out.len - c->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			client_rewatch(c, EPOLLOUT);
			loop_at(loop, &c->deadline,
			    mono_add_ms(loop_now(loop), REPLY_TIMEOUT));
			return true;
		}
		if (n == -1) {
			client_free(c);
			return false;
		}
		c->sent += (size_t)n;
	}
	if (c->ended || c->out.failed) {
		client_free(c);
		return false;
	}
	proto_text_clear(&c->out);
	c->sent = 0;
	loop_cancel(loop, &c->deadline);
	client_rewatch(c, 0);
	return true;
}

struct proto_text *
client_text(struct client *c)
{
	return &c->out;
}

uid_t
client_uid(const struct client *c)
{
	return c->uid;
}

struct hupd *
client_hupd(struct client *c)
{
	return c->control->hupd;
}

/*
 * Replies are sent at the end of the turn, all at once, and only then can a
 * client go: whoever adds to a reply need not fear for it.
 */
static void
flush_all(void *arg)
{
	struct control *ctl = arg;
	struct client *c, *next;

	ctl->flush_due = false;
	TAILQ_FOREACH_SAFE (c, &ctl->clients, entry, next)
		if (c->ended || c->sent < c->out.len)
			client_flush(c);
}

void
client_more(struct client *c)
{
	struct control *ctl = c->control;

	if (ctl->flush_due)
		return;
	ctl->flush_due = true;
	loop_after(ctl->hupd->loop, flush_all, ctl);
}

void
client_end(struct client *c, int status, const char *text)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", status);
	proto_begin(&c->out, "end");
	proto_put_word(&c->out, word);
	proto_put(&c->out, "text", text);
	proto_end(&c->out);
	c->ended = true;
	client_more(c);
}

/* What it asked for goes on, but it is told no more of it. */
static void
client_refuse(struct client *c, const char *text)
{
	waiter_free(c->waiter);
	c->waiter = NULL;
	client_end(c, STATUS_USAGE, text);
}

static void
client_line(struct client *c, char *line, size_t len)
{
	struct proto_line pl;

	if (memchr(line, '\0', len) != NULL || proto_parse(&pl, line) == -1) {
		client_refuse(c, "malformed request");
		return;
	}
	if (c->asked) {
		if (c->waiter != NULL)
			waiter_more(c->waiter, &pl);
	} else {
		c->asked = true;
		loop_cancel(c->control->hupd->loop, &c->deadline);
		c->waiter = request_begin(c, &pl);
	}
	proto_clear(&pl);
}

/* Room for more of a line; false: there is enough already. */
static bool
client_grow(struct client *c)
{
	size_t size = c->insize == 0 ? 512 : 2 * c->insize;
	char *in;

	if (c->inlen < c->insize)
		return true;
	if (size > (c->asked ? EXTRA_MAX : PROTO_REQUEST_MAX))
		return false;
	in = realloc(c->in, size);
	if (in == NULL)
		return false;
	c->in = in;
	c->insize = size;
	return true;
}

/* Act on the lines that are whole. */
static void
client_lines(struct client *c)
{
	char *line = c->in, *end;
	size_t left = c->inlen;

	while (!c->ended && (end = memchr(line, '\n', left)) != NULL) {
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
	ssize_t n;

	if (!client_grow(c)) {
		client_refuse(c, "the request is too long");
		return;
	}
	n = recv(c->source.fd, c->in + c->inlen, c->insize - c->inlen,
	    MSG_DONTWAIT);
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

	/* One that has gone may have left its request. */
	if ((events & (EPOLLERR | EPOLLHUP)) && (c->asked || c->ended)) {
		client_free(c);
		return;
	}
	if ((events & EPOLLOUT) && !client_flush(c))
		return;
	if (!c->ended && (events & (EPOLLIN | EPOLLRDHUP)))
		client_read(c);
}

static void
client_due(struct deadline *d)
{
	struct client *c = d->arg;

	log_debug("control: a client was too slow");
	client_free(c);
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
	/* With no room it says how much it needs. */
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

static bool
may_connect(const struct control *ctl, int fd, uid_t *uid)
{
	gid_t gid;

	if (getpeereid(fd, uid, &gid) == -1)
		return false;
	return *uid == 0 || *uid == geteuid() ||
	    (ctl->group != (gid_t)-1 && gid == ctl->group) ||
	    in_group(fd, ctl->group);
}

/* One that has not asked for anything makes room for a new one. */
static bool
make_room(struct control *ctl)
{
	struct client *c;

	if (ctl->n < CLIENTS_MAX)
		return true;
	TAILQ_FOREACH (c, &ctl->clients, entry)
		if (!c->asked) {
			client_free(c);
			return true;
		}
	return false;
}

static struct client *
client_new(struct control *ctl, int fd)
{
	struct loop *loop = ctl->hupd->loop;
	struct client *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->control = ctl;
	c->source.ready = client_ready;
	c->source.arg = c;
	c->deadline.due = client_due;
	c->deadline.arg = c;
	if (loop_watch(loop, &c->source, fd, EPOLLIN | EPOLLRDHUP) == -1) {
		free(c);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&ctl->clients, c, entry);
	ctl->n++;
	loop_at(loop, &c->deadline,
	    mono_add_ms(loop_now(loop), REQUEST_TIMEOUT));
	return c;
}

static void
listener_due(struct deadline *d)
{
	struct control *ctl = d->arg;

	loop_rewatch(ctl->hupd->loop, &ctl->listener, EPOLLIN);
}

/* No descriptor for a client: it waits, and we do not spin. */
static void
control_pause(struct control *ctl)
{
	struct loop *loop = ctl->hupd->loop;

	if (!ctl->short_of)
		log_warn("control: a client has to wait");
	ctl->short_of = true;
	loop_rewatch(loop, &ctl->listener, 0);
	loop_at(loop, &ctl->again, mono_add_ms(loop_now(loop), PAUSE));
}

static void
control_ready(struct source *s, uint32_t events)
{
	struct control *ctl = s->arg;
	struct client *c;
	bool room;
	int fd;

	(void)events;
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			control_pause(ctl);
		return;
	}
	if (ctl->short_of)
		log_info("control: no client has to wait any more");
	ctl->short_of = false;
	room = make_room(ctl);
	c = client_new(ctl, fd);
	if (c == NULL) {
		close(fd);
		return;
	}
	if (!may_connect(ctl, fd, &c->uid)) {
		c->asked = true;
		client_end(c, STATUS_DENIED, "not permitted");
	} else if (!room) {
		c->asked = true;
		client_end(c, STATUS_FAILED, "too many clients");
	}
}

void
control_set_group(struct control *ctl, const char *group)
{
	struct group *gr;

	ctl->group = (gid_t)-1;
	if (group != NULL) {
		gr = getgrnam(group);
		if (gr != NULL)
			ctl->group = gr->gr_gid;
		else
			log_warnx("control-group %s does not exist", group);
	}
	if (chown(ctl->path, (uid_t)-1,
		ctl->group != (gid_t)-1 ? ctl->group : getegid()) == -1 ||
	    chmod(ctl->path, ctl->group != (gid_t)-1 ? 0660 : 0600) == -1)
		log_warn("%s: its access cannot be set", ctl->path);
}

/*
 * Nobody is served by the old socket of a daemon that is gone: the pidfile's
 * lock, which we hold, says that there is none.
 */
static int
listen_at(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, saved, rv;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (unlink(path) == -1 && errno != ENOENT)
		goto fail;
	/* Nobody else's from the first moment. */
	mask = umask(0177);
	rv = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rv == -1 || listen(fd, 128) == -1)
		goto fail;
	return fd;
fail:
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

struct control *
control_open(struct hupd *h, const char *path, int inherited)
{
	struct control *ctl;
	int fd;

	ctl = calloc(1, sizeof(*ctl));
	if (ctl == NULL)
		return NULL;
	ctl->hupd = h;
	ctl->group = (gid_t)-1;
	TAILQ_INIT(&ctl->clients);
	ctl->again.due = listener_due;
	ctl->again.arg = ctl;
	ctl->listener.fd = -1;
	ctl->listener.ready = control_ready;
	ctl->listener.arg = ctl;
	ctl->path = strdup(path);
	fd = inherited != -1 ? inherited : listen_at(path);
	if (ctl->path == NULL || fd == -1 ||
	    loop_watch(h->loop, &ctl->listener, fd, EPOLLIN) == -1) {
		if (fd != -1)
			close(fd);
		free(ctl->path);
		free(ctl);
		return NULL;
	}
	return ctl;
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
		if (!c->ended && !waiter_is_reexec(c->waiter))
			client_end(c, STATUS_FAILED,
			    c->asked ? "hupd is being replaced, what was "
				       "asked for goes on"
				     : "hupd is being replaced, ask again");
	flush_all(ctl);
}

void
control_close(struct control *ctl)
{
	struct client *c;
	int fd = ctl->listener.fd;

	loop_unwatch(ctl->hupd->loop, &ctl->listener);
	loop_cancel(ctl->hupd->loop, &ctl->again);
	close(fd);
	unlink(ctl->path);
	TAILQ_FOREACH (c, &ctl->clients, entry)
		if (!c->ended)
			client_end(c, STATUS_NO_DAEMON, "the daemon has ended");
	/* One last try; whoever does not read it sees the end. */
	flush_all(ctl);
	while ((c = TAILQ_FIRST(&ctl->clients)) != NULL)
		/* client_free takes it off the list. */
		client_free(c); /* NOLINT(clang-analyzer-unix.Malloc) */
	free(ctl->path);
	free(ctl);
}
