/*
 * connection - a client of the control socket: framing, bounds, time limits.
 * What a request means is in request.c.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/connection.h"
#include "base/log.h"
#include "daemon/request.h"

#define CLIENTS_MAX 256
/* A request must have come, and a reply moved on, within so many ms. */
#define REQUEST_TIMEOUT 10000
#define REPLY_TIMEOUT 30000
/* Bytes that a client may have sent after its request. */
#define EXTRA_MAX 4096

struct client {
	TAILQ_ENTRY(client) entry;
	struct connections *all;
	struct source source;
	struct deadline deadline;
	char *in; /* what has come of a line */
	size_t inlen;
	size_t insize;
	uid_t uid;
	struct line_text out;
	size_t sent;
	struct waiter *waiter; /* under way */
	bool asked;	       /* it has sent its request */
	bool ended;	       /* nothing more is added to out */
};

static void
client_free(struct client *c)
{
	struct loop *loop = c->all->daemon->loop;
	int fd = c->source.fd;

	waiter_free(c->waiter);
	loop_cancel(loop, &c->deadline);
	loop_unwatch(loop, &c->source);
	close(fd);
	TAILQ_REMOVE(&c->all->clients, c, entry);
	c->all->n--;
	free(c->in);
	line_text_clear(&c->out);
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
	loop_rewatch(c->all->daemon->loop, &c->source, events);
}

/* Send what it takes.  False: the client is gone. */
static bool
client_flush(struct client *c)
{
	struct loop *loop = c->all->daemon->loop;
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->source.fd, c->out.s + c->sent, c->out.len - c->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
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
	if (c->ended || c->out.failed) {
		client_free(c);
		return false;
	}
	line_text_clear(&c->out);
	c->sent = 0;
	loop_cancel(loop, &c->deadline);
	client_rewatch(c, 0);
	return true;
}

struct line_text *
client_text(struct client *c)
{
	return &c->out;
}

uid_t
client_uid(const struct client *c)
{
	return c->uid;
}

struct daemon *
client_daemon(struct client *c)
{
	return c->all->daemon;
}

/*
 * Replies are sent at the end of the turn, all at once, and only then can a
 * client go: whoever adds to a reply need not fear for it.
 */
static void
flush_all(void *arg)
{
	struct connections *all = arg;
	struct client *c, *next;

	all->flush_due = false;
	TAILQ_FOREACH_SAFE (c, &all->clients, entry, next)
		if (c->ended || c->sent < c->out.len)
			client_flush(c);
}

void
client_more(struct client *c)
{
	struct connections *all = c->all;

	if (all->flush_due)
		return;
	all->flush_due = true;
	loop_after(all->daemon->loop, flush_all, all);
}

void
client_end(struct client *c, int status, const char *text)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", status);
	line_begin(&c->out, "end");
	line_put_word(&c->out, word);
	line_put(&c->out, "text", text);
	line_end(&c->out);
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
	struct line pl;

	if (memchr(line, '\0', len) != NULL || line_parse(&pl, line) == -1) {
		client_refuse(c, "malformed request");
		return;
	}
	if (c->asked) {
		if (c->waiter != NULL)
			waiter_more(c->waiter, &pl);
	} else {
		c->asked = true;
		loop_cancel(c->all->daemon->loop, &c->deadline);
		c->waiter = request_begin(c, &pl);
	}
	line_clear(&pl);
}

/* Room for more of a line; false: there is enough already. */
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

void
connections_init(struct connections *all, struct daemon *d)
{
	memset(all, 0, sizeof(*all));
	all->daemon = d;
	TAILQ_INIT(&all->clients);
}

/* One that has not asked for anything makes room for a new one. */
static bool
make_room(struct connections *all)
{
	struct client *c;

	if (all->n < CLIENTS_MAX)
		return true;
	TAILQ_FOREACH (c, &all->clients, entry)
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
	client_end(c, status, text);
}

int
connections_add(struct connections *all, int fd, uid_t uid, bool permitted)
{
	struct loop *loop = all->daemon->loop;
	bool room = make_room(all);
	struct client *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -1;
	c->all = all;
	c->uid = uid;
	c->source.ready = client_ready;
	c->source.arg = c;
	c->deadline.due = client_due;
	c->deadline.arg = c;
	if (loop_watch(loop, &c->source, fd, EPOLLIN | EPOLLRDHUP) == -1) {
		free(c);
		return -1;
	}
	TAILQ_INSERT_TAIL(&all->clients, c, entry);
	all->n++;
	loop_at(loop, &c->deadline,
	    clock_add_ms(loop_now(loop), REQUEST_TIMEOUT));
	if (!permitted)
		refuse_at_once(c, STATUS_DENIED, "not permitted");
	else if (!room)
		refuse_at_once(c, STATUS_FAILED, "too many clients");
	return 0;
}

void
connections_hand_over(struct connections *all)
{
	struct client *c;

	TAILQ_FOREACH (c, &all->clients, entry)
		if (!c->ended && !waiter_is_reexec(c->waiter))
			client_end(c, STATUS_FAILED,
			    c->asked ? "hupd is being replaced, what was "
				       "asked for goes on"
				     : "hupd is being replaced, ask again");
	flush_all(all);
}

void
connections_end(struct connections *all)
{
	struct client *c;

	TAILQ_FOREACH (c, &all->clients, entry)
		if (!c->ended)
			client_end(c, STATUS_NO_DAEMON, "the daemon has ended");
	/* One last try; whoever does not read it sees the end. */
	flush_all(all);
	while ((c = TAILQ_FIRST(&all->clients)) != NULL)
		/* client_free takes it off the list. */
		client_free(c); /* NOLINT(clang-analyzer-unix.Malloc) */
}
