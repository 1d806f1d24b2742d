/*
 * logpump - the streams of the log process: from each FIFO, batch by batch,
 * to where it is written.
 */
#include "output/pump.h"

#include <sys/epoll.h>
#include <sys/param.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 1000
/*
 * One that prints a line at a time is faster than we wake up and write: after
 * less than this many bytes we leave it so long, in ns, to print more.
 */
#define FEW 4096
#define NAP 100000

static void finish(struct pumped *);

/* Where lines go whole, an unfinished one stays unread: wake for new bytes. */
static uint32_t
events_of(const struct pumped *p)
{
	return p->out.to == LOG_TO_FILE ? EPOLLIN : EPOLLIN | EPOLLET;
}

static void
retry_later(struct pump *m)
{
	if (!clock_is_set(m->retry.at))
		loop_at(m->loop, &m->retry,
		    clock_add_ms(clock_now(), RETRY_MS));
}

static void
unwatch(struct pumped *p, enum pumped_state state)
{
	loop_unwatch(p->pump->loop, &p->source);
	if (p->state == PUMP_PARKED)
		TAILQ_REMOVE(&p->pump->parked, p, entry);
	p->state = state;
	if (state == PUMP_PARKED) {
		TAILQ_INSERT_TAIL(&p->pump->parked, p, entry);
		retry_later(p->pump);
	}
}

static void
watch(struct pumped *p)
{
	if (p->source.fd != -1)
		return;
	if (loop_watch(p->pump->loop, &p->source, p->out.fd, events_of(p)) ==
	    -1)
		unwatch(p, PUMP_PARKED);
}

/* Go on after a wait. */
static void
resume(struct pumped *p)
{
	if (p->state == PUMP_PARKED)
		TAILQ_REMOVE(&p->pump->parked, p, entry);
	p->state = PUMP_READING;
	watch(p);
	if (p->ending && p->state == PUMP_READING)
		finish(p);
}

static int
slot_index(const struct pump *m, const struct slot *s)
{
	return (int)(s - journal_slot(m->journal, 0));
}

/* What tells that there is room again. */
static struct source *
room_of(struct pump *m, const struct slot *s)
{
	return s->to == LOG_TO_SYSLOG ? &m->syslog : &m->console;
}

/*
 * The socket of syslog holds a few lines only, and so may standard output:
 * that it is full is usual, and passes.  True if nothing has moved for a
 * while.
 */
static bool
is_hung(struct pump *m, const struct slot *s)
{
	const int fd =
	    s->to == LOG_TO_SYSLOG ? m->sink->devlog.fd : m->sink->console;
	const int64_t done = s->done + s->offset;
	const struct mono now = clock_now();
	struct source *room = room_of(m, s);
	const int i = slot_index(m, s);

	if (room->fd == -1 && loop_watch(m->loop, room, fd, EPOLLOUT) == -1)
		return true;
	if (!clock_is_set(m->progress[i].since) ||
	    m->progress[i].done != done) {
		m->progress[i].done = done;
		m->progress[i].since = now;
	}
	return clock_diff_ms(now, m->progress[i].since) >= RETRY_MS;
}

/* Its stream, if it is open, waits until the batch is written. */
static void
batch_waits(struct pump *m, struct slot *s, int err)
{
	const int i = slot_index(m, s);
	struct pumped *p = m->owner[i];

	if (p != NULL)
		unwatch(p, PUMP_STUCK);
	retry_later(m);
	if (s->to != LOG_TO_FILE && err == EAGAIN && !is_hung(m, s))
		return;
	m->calls.stuck(m->calls.arg, p, s->name, err, m->stuck[i]);
	m->stuck[i] = true;
}

static int
write_batch(struct pump *m, struct slot *s)
{
	const int i = slot_index(m, s);
	struct pumped *p = m->owner[i];
	int64_t ignored = 0;

	/* It may be closed and opened again. */
	if (s->to != LOG_TO_FILE)
		loop_unwatch(m->loop, room_of(m, s));
	if (writer_write(m->sink, s, p != NULL ? &p->file : &m->orphan[i],
		p != NULL ? &p->instance : &ignored) == -1) {
		batch_waits(m, s, errno);
		return -1;
	}
	m->owner[i] = NULL;
	m->stuck[i] = false;
	m->progress[i].since = (struct mono){0};
	logfile_close(&m->sink->dir, m->orphan[i]);
	journal_release(s);
	if (m->sink->console_err != 0 && !m->lost) {
		m->lost = true;
		m->calls.lost(m->calls.arg, m->sink->console_err);
	}
	if (p != NULL && p->told) {
		p->told = false;
		m->calls.mended(p);
	}
	return 0;
}

static struct slot *
take_slot(struct pumped *p)
{
	struct slot *s = journal_take(p->pump->journal, p->out.to);

	if (s == NULL)
		unwatch(p, PUMP_PARKED);
	return s;
}

/*
 * Move one batch.  1, or 0 if there is nothing to move; -1: the stream has to
 * wait.
 */
static int
move(struct pumped *p, uint32_t n, bool all)
{
	struct pump *m = p->pump;
	struct slot *s;

	if ((s = take_slot(p)) == NULL)
		return -1;
	if (!take_batch(&m->taker, &p->out, s, n, all))
		return 0;
	p->left -= MIN(p->left, s->len);
	m->owner[slot_index(m, s)] = p;
	return write_batch(m, s) == -1 ? -1 : 1;
}

/* Complete the last line.  -1: the stream has to wait. */
static int
end_line(struct pumped *p)
{
	struct pump *m = p->pump;
	struct slot *s;

	if (p->out.to != LOG_TO_FILE ||
	    logfile_open(&m->sink->dir, &p->file, p->out.name, false) == -1 ||
	    p->file->bol)
		return 0;
	if ((s = take_slot(p)) == NULL)
		return -1;
	take_line_end(&m->taker, &p->out, s);
	m->owner[slot_index(m, s)] = p;
	return write_batch(m, s);
}

static void
finish(struct pumped *p)
{
	uint32_t n;
	int rc = 1;

	while (rc == 1 && p->left > 0 && (n = outlet_available(&p->out)) > 0)
		rc = move(p, MIN(n, p->left), true);
	if (rc == -1)
		return;
	p->left = 0;
	if (end_line(p) == -1)
		return;
	p->ending = false;
	p->pump->calls.ended(p);
}

static void
nap(void *arg)
{
	const struct timespec pause = {.tv_nsec = NAP};
	struct pump *m = arg;

	m->nap_due = false;
	nanosleep(&pause, NULL);
}

static void
nap_later(struct pump *m)
{
	if (m->nap_due)
		return;
	m->nap_due = true;
	loop_after(m->loop, nap, m);
}

static void
ready(struct source *source, uint32_t events)
{
	struct pumped *p = source->arg;
	const bool hup = (events & (EPOLLHUP | EPOLLERR)) != 0;
	uint32_t n;

	if ((n = outlet_available(&p->out)) == 0) {
		if (hup) {
			unwatch(p, PUMP_SILENT);
			p->pump->calls.silent(p);
		}
		return;
	}
	if (n < FEW)
		nap_later(p->pump);
	/* There may be more: for an edge, ask for it again. */
	if (move(p, n, hup) == 1 && p->out.to != LOG_TO_FILE)
		loop_rewatch(p->pump->loop, source, events_of(p));
}

bool
pump_busy(const struct pump *m)
{
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (journal_is_busy(journal_slot(m->journal, i)))
			return true;
	return false;
}

/* Those of a place, or all. */
static void
retry_slots(struct pump *m, const struct source *room)
{
	struct pumped *p;
	struct slot *s;

	for (int i = 0; i < JOURNAL_SLOTS; i++) {
		s = journal_slot(m->journal, i);
		if (!journal_is_busy(s) ||
		    (room != NULL &&
			(s->to == LOG_TO_FILE || room_of(m, s) != room)))
			continue;
		p = m->owner[i];
		if (write_batch(m, s) == 0 && p != NULL)
			resume(p);
	}
}

static void
retry_parked(struct pump *m)
{
	struct pumped *p, *next;
	unsigned n = 0;

	TAILQ_FOREACH (p, &m->parked, entry)
		n++;
	/* Each once: one may have to wait again, at the end of the list. */
	for (p = TAILQ_FIRST(&m->parked); n-- > 0; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (journal_take(m->journal, p->out.to) != NULL)
			resume(p);
	}
	if (!TAILQ_EMPTY(&m->parked))
		retry_later(m);
	m->calls.retried(m->calls.arg);
}

void
pump_retry(struct pump *m)
{
	loop_cancel(m->loop, &m->retry);
	retry_slots(m, NULL);
	retry_parked(m);
}

static void
retry_due(struct deadline *d)
{
	pump_retry(d->arg);
}

/* There is room again. */
static void
room_ready(struct source *source, uint32_t events)
{
	struct pump *m = source->arg;

	(void)events;
	retry_slots(m, source);
	retry_parked(m);
}

int
pump_init(struct pump *m, struct loop *loop, struct writer *sink,
    const struct pump_calls *calls)
{
	*m = (struct pump){
	    .loop = loop,
	    .calls = *calls,
	    .journal = sink->journal,
	    .sink = sink,
	    .retry = {.due = retry_due, .arg = m},
	    .syslog = {-1, room_ready, m},
	    .console = {-1, room_ready, m},
	};
	TAILQ_INIT(&m->parked);
	if (taker_init(&m->taker, sink->journal) == -1)
		return -1;
	retry_slots(m, NULL);
	return 0;
}

void
pump_free(struct pump *m)
{
	loop_cancel(m->loop, &m->retry);
	loop_unwatch(m->loop, &m->syslog);
	loop_unwatch(m->loop, &m->console);
	taker_free(&m->taker);
}

/* What an earlier process has left of it comes first. */
static void
adopt_orphans(struct pumped *p)
{
	struct pump *m = p->pump;
	struct slot *s;

	for (int i = 0; i < JOURNAL_SLOTS; i++) {
		s = journal_slot(m->journal, i);
		if (!journal_is_busy(s) || m->owner[i] != NULL ||
		    strcmp(s->name, p->out.name) != 0)
			continue;
		logfile_close(&m->sink->dir, m->orphan[i]);
		m->owner[i] = p;
		p->state = PUMP_STUCK;
	}
}

void
pump_add(struct pump *m, struct pumped *p, int fd)
{
	if (p->pump == m) {
		loop_unwatch(m->loop, &p->source);
		close(p->out.fd);
		p->out.fd = fd;
		if (p->state == PUMP_SILENT)
			p->state = PUMP_READING;
	} else {
		p->pump = m;
		p->source = (struct source){-1, ready, p};
		p->out.fd = fd;
		p->state = PUMP_READING;
		adopt_orphans(p);
	}
	if (p->state == PUMP_READING)
		watch(p);
}

void
pump_remove(struct pumped *p)
{
	struct pump *m = p->pump;

	unwatch(p, PUMP_SILENT);
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (m->owner[i] == p)
			m->owner[i] = NULL;
	logfile_close(&m->sink->dir, p->file);
	close(p->out.fd);
}

void
pump_adjust(struct pumped *p, enum key_log to)
{
	if (p->out.to == to)
		return;
	p->out.to = to;
	if (p->state == PUMP_READING)
		loop_rewatch(p->pump->loop, &p->source, events_of(p));
}

void
pump_end(struct pumped *p)
{
	p->ending = true;
	p->left = outlet_available(&p->out);
	if (p->state == PUMP_READING || p->state == PUMP_SILENT)
		finish(p);
}
