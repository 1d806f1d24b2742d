/*
 * logger_link - what the process has still to be told, and what it replies.
 *
 * What is untold is a set of bits in each stream, not a queue: a process that
 * does not listen costs nothing, and a new one is told the same way.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "output/logger.h"
#include "output/logger_int.h"
#include "output/fifo.h"

/* So long before something that failed for want of memory is tried again. */
#define AGAIN_MS 1000
/* Replies read in a turn. */
#define REPLIES 64

/* Its padding is zero, too: the process is to learn nothing else of us. */
static void
order(struct message_order *o, const struct stream *s)
{
	memset(o, 0, sizeof(*o));
	o->id = s->id;
	o->end = s->end;
	o->want_tail = s->tail != NULL;
	o->stuck = s->stuck;
	o->conf.to = s->conf.to;
	o->conf.timestamps = s->conf.timestamps;
	o->conf.size = s->conf.size;
	o->conf.keep = s->conf.keep;
	strlcpy(o->name, s->name, sizeof(o->name));
}

static int
tell(struct stream *s, enum untold what)
{
	struct logger *l = s->logger;
	struct message_order o;
	int fd = -1, rc;

	order(&o, s);
	switch (what) {
	case UNTOLD_OPEN:
		o.type = MESSAGE_OPEN;
		if ((fd = fifo_reader(l->outdir, s->name, s->fd)) == -1)
			return -1;
		break;
	case UNTOLD_SET:
		o.type = MESSAGE_SET;
		break;
	case UNTOLD_ENDED:
		o.type = MESSAGE_ENDED;
		break;
	case UNTOLD_CLOSE:
		o.type = MESSAGE_CLOSE;
		break;
	}
	rc = message_send(l->fd, &o, sizeof(o), fd);
	if (fd != -1) {
		const int saved = errno;

		close(fd);
		errno = saved;
	}
	return rc;
}

static int
tell_renew(struct logger *l)
{
	const struct message_order o = {.type = MESSAGE_RENEW};
	int fd = logger_open_folder(l), rc, saved;

	rc = message_send(l->fd, &o, sizeof(o), fd);
	saved = errno;
	if (fd != -1)
		close(fd);
	errno = saved;
	return rc;
}

/* It was not taken: wait until there is room, or some time. */
static void
hold_back(struct logger *l)
{
	if (errno == EAGAIN) {
		l->blocked = true;
		loop_rewatch(l->loop, &l->sock, EPOLLIN | EPOLLOUT);
	} else if (errno != EPIPE && errno != ECONNRESET) {
		l->blocked = true;
		loop_at(l->loop, &l->again,
		    clock_add_ms(clock_now(), AGAIN_MS));
	}
}

/* Tell what the socket takes. */
void
logger_tell(struct logger *l)
{
	struct stream *s;
	enum untold what;

	if (l->fd == -1 || l->blocked)
		return;
	if (l->renew) {
		if (tell_renew(l) == -1) {
			hold_back(l);
			return;
		}
		l->renew = false;
	}
	while ((s = TAILQ_FIRST(&l->dirty)) != NULL) {
		what = s->untold & -s->untold;
		if (tell(s, what) == -1) {
			hold_back(l);
			return;
		}
		if ((s->untold &= (uint8_t)~what) == 0)
			TAILQ_REMOVE(&l->dirty, s, dirty);
	}
}

void
stream_mark(struct stream *s, uint8_t untold)
{
	if (s->untold == 0 && untold != 0)
		TAILQ_INSERT_TAIL(&s->logger->dirty, s, dirty);
	s->untold |= untold;
}

void
stream_unmark(struct stream *s, uint8_t untold)
{
	if ((s->untold & untold) == 0)
		return;
	if ((s->untold &= (uint8_t)~untold) == 0)
		TAILQ_REMOVE(&s->logger->dirty, s, dirty);
}

/* All of it, to a process that does not have the stream. */
void
stream_mark_anew(struct stream *s)
{
	s->unopened = false;
	stream_unmark(s, UNTOLD_SET);
	stream_mark(s, UNTOLD_OPEN);
	if (s->ended)
		stream_mark(s, UNTOLD_ENDED);
	if (s->closing)
		stream_mark(s, UNTOLD_CLOSE);
}

void
logger_introduce(struct logger *l)
{
	l->blocked = false;
	l->renew = false;
	/* How what was found is to be written is not known yet. */
	for (uint32_t i = 0; i < l->size; i++)
		if (l->streams[i] != NULL && l->streams[i]->id.gen != 0)
			stream_mark_anew(l->streams[i]);
	logger_tell(l);
}

void
logger_again(struct deadline *d)
{
	struct logger *l = d->arg;

	l->blocked = false;
	for (uint32_t i = 0; i < l->size; i++)
		if (l->streams[i] != NULL && l->streams[i]->unopened)
			stream_mark_anew(l->streams[i]);
	logger_tell(l);
}

static void
on_stuck(struct stream *s, const struct message_reply *r)
{
	errno = r->err;
	if (s == NULL || !s->stuck)
		log_warn("%s: cannot write its output, trying again", r->name);
	if (s != NULL)
		s->stuck = true;
}

static void
on_mended(struct stream *s)
{
	if (s->stuck)
		log_info("%s: its output is written again", s->name);
	s->stuck = false;
}

static void
on_unopened(struct stream *s, const struct message_reply *r)
{
	on_stuck(s, r);
	s->unopened = true;
	if (!clock_is_set(s->logger->again.at))
		loop_at(s->logger->loop, &s->logger->again,
		    clock_add_ms(clock_now(), AGAIN_MS));
}

/* If it cannot be made the process asks again. */
static void
on_nodir(struct logger *l)
{
	int fd = logger_open_folder(l);

	if (fd == -1)
		return;
	close(fd);
	logger_reopen(l);
}

/* Told once, though the next process finds out anew. */
static void
on_lost(struct logger *l, const struct message_reply *r)
{
	errno = r->err;
	if (!l->lost)
		log_warn("what programs print to standard output is lost");
	l->lost = true;
}

static void
on_ended(struct stream *s, const struct message_reply *r)
{
	s->ended = false;
	stream_tail(s, r->has_tail ? r->tail : NULL, r->len);
}

static void
on_closed(struct stream *s)
{
	fifo_remove(s->logger->outdir, s->name);
	stream_free(s);
}

static void
on_reply(struct logger *l, const struct message_reply *r)
{
	struct stream *s = NULL;

	if (r->id.index < l->size)
		s = l->streams[r->id.index];
	if (s != NULL && s->id.gen != r->id.gen)
		s = NULL;
	switch (r->type) {
	case MESSAGE_STUCK:
		on_stuck(s, r);
		return;
	case MESSAGE_NO_FOLDER:
		on_nodir(l);
		return;
	case MESSAGE_FAILED:
		errno = r->err;
		log_warn("log process: cannot begin");
		return;
	case MESSAGE_LOST:
		on_lost(l, r);
		return;
	case MESSAGE_RECOVERED:
		if (s != NULL)
			on_mended(s);
		return;
	case MESSAGE_UNOPENED:
		if (s != NULL)
			on_unopened(s, r);
		return;
	case MESSAGE_ENDED:
		if (s != NULL && s->end == r->end)
			on_ended(s, r);
		return;
	case MESSAGE_CLOSE:
		if (s != NULL && s->closing)
			on_closed(s);
		return;
	case MESSAGE_OPEN:
	case MESSAGE_SET:
	case MESSAGE_RENEW:
	case MESSAGE_QUIT:
		return;
	}
}

/* NUL-terminated where it is text; false: no whole message has come. */
static bool
receive(struct logger *l, struct message_reply *r)
{
	const size_t head = offsetof(struct message_reply, tail);
	ssize_t n;
	int fd;

	n = message_recv(l->fd, r, sizeof(*r) - 1, &fd);
	if (fd != -1)
		close(fd);
	if (n == 0)
		/* Its end is seen by its pidfd. */
		loop_unwatch(l->loop, &l->sock);
	if (n < (ssize_t)head || r->len != (size_t)n - head)
		return false;
	r->tail[r->len] = '\0';
	r->name[sizeof(r->name) - 1] = '\0';
	return true;
}

void
logger_listen(struct logger *l)
{
	struct message_reply r;

	for (int i = 0; i < REPLIES && receive(l, &r); i++)
		on_reply(l, &r);
}

void
logger_sock_ready(struct source *source, uint32_t events)
{
	struct logger *l = source->arg;

	if (events & EPOLLOUT) {
		l->blocked = false;
		loop_rewatch(l->loop, source, EPOLLIN);
		logger_tell(l);
	}
	logger_listen(l);
}
