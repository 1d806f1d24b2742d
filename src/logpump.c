/*
 * logpump - the streams of the log process: from each FIFO, batch by batch,
 * to where it is written.
 */
#include "logpump.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/param.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RETRY_MS 1000
/* So long an unfinished line for syslog may wait in its FIFO for its end. */
#define UNFINISHED 8192

static void finish(struct pumped *);

static uint32_t
available(const struct pumped *p)
{
	int n;

	return ioctl(p->fd, FIONREAD, &n) == -1 || n < 0 ? 0 : (uint32_t)n;
}

/* A stream for syslog leaves an unfinished line unread: wake for new bytes. */
static uint32_t
events_of(const struct pumped *p)
{
	return p->syslog ? EPOLLIN | EPOLLET : EPOLLIN;
}

static void
retry_later(struct logpump *m)
{
	if (!mono_is_set(m->retry.at))
		loop_at(m->loop, &m->retry, mono_add_ms(mono_now(), RETRY_MS));
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
	if (loop_watch(p->pump->loop, &p->source, p->fd, events_of(p)) == -1)
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

/* A copy of the first bytes in the FIFO, at most n. */
static size_t
peek(const struct pumped *p, char *buf, size_t n)
{
	ssize_t got;

	got = tee(p->fd, p->pump->peek[1], n, SPLICE_F_NONBLOCK);
	if (got > 0)
		got = read(p->pump->peek[0], buf, (size_t)got);
	return got > 0 ? (size_t)got : 0;
}

/* The FIFO may be small: its owner can shrink it, and so can the kernel. */
static bool
is_too_long(const struct pumped *p, size_t n)
{
	int capacity = fcntl(p->fd, F_GETPIPE_SZ);

	return n >= UNFINISHED || (capacity > 0 && n >= (size_t)capacity / 2);
}

/*
 * How many of the n bytes in the FIFO make a batch; the first is put in buf.
 * All: do not wait for the end of a line.
 */
static size_t
choose(const struct pumped *p, char *buf, size_t n, bool all)
{
	const char *nl;

	n = MIN(n, JOURNAL_BYTES);
	if (!p->syslog)
		return peek(p, buf, 1) == 1 ? n : 0;
	n = peek(p, buf, n);
	if ((nl = memrchr(buf, '\n', n)) != NULL)
		return (size_t)(nl - buf) + 1;
	return all || is_too_long(p, n) ? n : 0;
}

/* The time, in the form in which it goes before a line. */
static const char *
stamp_now(struct logpump *m)
{
	const struct timespec now = wall_now();
	const int ms = (int)(now.tv_nsec / 1000000);
	char text[WALL_MAX];

	if (now.tv_sec != m->second) {
		wall_print(now.tv_sec, text);
		/* Fraction and blank are put into 2026-11-22T13:17:05+00:00 */
		snprintf(m->stamp, sizeof(m->stamp), "%.19s.000%.6s ", text,
		    text + 19);
		m->second = now.tv_sec;
	}
	m->stamp[20] = (char)('0' + ms / 100);
	m->stamp[21] = (char)('0' + ms / 10 % 10);
	m->stamp[22] = (char)('0' + ms % 10);
	return m->stamp;
}

static void
describe(const struct pumped *p, struct slot *s, size_t len)
{
	memcpy(s->name, p->name, sizeof(s->name));
	s->syslog = p->syslog;
	s->limit = p->limit;
	s->keep = p->keep;
	s->len = (uint32_t)len;
	s->stamplen = 0;
	if (p->timestamps && !p->syslog) {
		s->stamplen = LOGLINES_STAMP;
		memcpy(s->stamp, stamp_now(p->pump), LOGLINES_STAMP);
	}
}

static int
slot_index(const struct logpump *m, const struct slot *s)
{
	return (int)(s - journal_slot(m->journal, 0));
}

static int
write_batch(struct logpump *m, struct slot *s)
{
	const int i = slot_index(m, s);
	struct pumped *p = m->owner[i];
	int64_t ignored = 0;
	int err;

	if (logbatch_write(m->sink, s, p != NULL ? &p->file : &m->orphan[i],
		p != NULL ? &p->instance : &ignored) == -1) {
		err = errno;
		if (p != NULL)
			unwatch(p, PUMP_STUCK);
		retry_later(m);
		m->calls.stuck(m->calls.arg, p, s->name, err, m->stuck[i]);
		m->stuck[i] = true;
		return -1;
	}
	m->owner[i] = NULL;
	m->stuck[i] = false;
	logfile_close(&m->sink->dir, m->orphan[i]);
	slot_free(s);
	if (p != NULL && p->told) {
		p->told = false;
		m->calls.mended(p);
	}
	return 0;
}

static struct slot *
take_slot(struct pumped *p)
{
	struct slot *s = journal_take(p->pump->journal, p->syslog);

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
	struct logpump *m = p->pump;
	struct slot *s;
	size_t len;
	ssize_t got;
	char *buf;

	if ((s = take_slot(p)) == NULL)
		return -1;
	buf = journal_buffer(m->journal, s);
	if ((len = choose(p, buf, n, all)) == 0)
		return 0;
	describe(p, s, len);
	buf[0] = (char)~buf[0];
	s->first = (uint8_t)buf[0];
	slot_intent(s);
	if ((got = read(p->fd, buf, len)) <= 0) {
		/* The program has read its own output. */
		slot_free(s);
		return 0;
	}
	s->len = (uint32_t)got;
	slot_have(s);
	p->left -= MIN(p->left, s->len);
	m->owner[slot_index(m, s)] = p;
	return write_batch(m, s) == -1 ? -1 : 1;
}

/* Complete the last line.  -1: the stream has to wait. */
static int
end_line(struct pumped *p)
{
	struct logpump *m = p->pump;
	struct slot *s;
	char *buf;

	if (p->syslog ||
	    logfile_open(&m->sink->dir, &p->file, p->name, false) == -1 ||
	    p->file->bol)
		return 0;
	if ((s = take_slot(p)) == NULL)
		return -1;
	buf = journal_buffer(m->journal, s);
	describe(p, s, 1);
	s->first = '\n';
	slot_intent(s);
	buf[0] = '\n';
	slot_have(s);
	m->owner[slot_index(m, s)] = p;
	return write_batch(m, s);
}

static void
finish(struct pumped *p)
{
	uint32_t n;
	int rc = 1;

	while (rc == 1 && p->left > 0 && (n = available(p)) > 0)
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
ready(struct source *source, uint32_t events)
{
	struct pumped *p = source->arg;
	const bool hup = (events & (EPOLLHUP | EPOLLERR)) != 0;
	uint32_t n;

	if ((n = available(p)) == 0) {
		if (hup) {
			unwatch(p, PUMP_SILENT);
			p->pump->calls.silent(p);
		}
		return;
	}
	/* There may be more: for an edge, ask for it again. */
	if (move(p, n, hup) == 1 && p->syslog)
		loop_rewatch(p->pump->loop, source, events_of(p));
}

bool
logpump_busy(const struct logpump *m)
{
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (slot_busy(journal_slot(m->journal, i)))
			return true;
	return false;
}

static void
retry_slots(struct logpump *m)
{
	struct pumped *p;
	struct slot *s;

	for (int i = 0; i < JOURNAL_SLOTS; i++) {
		s = journal_slot(m->journal, i);
		if (!slot_busy(s))
			continue;
		p = m->owner[i];
		if (write_batch(m, s) == 0 && p != NULL)
			resume(p);
	}
}

void
logpump_retry(struct logpump *m)
{
	struct pumped *p, *next;
	unsigned n = 0;

	loop_cancel(m->loop, &m->retry);
	retry_slots(m);
	TAILQ_FOREACH (p, &m->parked, entry)
		n++;
	/* Each once: one may have to wait again, at the end of the list. */
	for (p = TAILQ_FIRST(&m->parked); n-- > 0; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (journal_take(m->journal, p->syslog) != NULL)
			resume(p);
	}
	if (!TAILQ_EMPTY(&m->parked))
		retry_later(m);
	m->calls.retried(m->calls.arg);
}

static void
retry_due(struct deadline *d)
{
	logpump_retry(d->arg);
}

int
logpump_init(struct logpump *m, struct loop *loop, struct logsink *sink,
    const struct logpump_calls *calls)
{
	*m = (struct logpump){
	    .loop = loop,
	    .calls = *calls,
	    .journal = sink->journal,
	    .sink = sink,
	    .retry = {.due = retry_due, .arg = m},
	    .second = -1,
	};
	TAILQ_INIT(&m->parked);
	if (pipe2(m->peek, O_NONBLOCK | O_CLOEXEC) == -1)
		return -1;
	retry_slots(m);
	return 0;
}

void
logpump_free(struct logpump *m)
{
	loop_cancel(m->loop, &m->retry);
	close(m->peek[0]);
	close(m->peek[1]);
}

/* What an earlier process has left of it comes first. */
static void
adopt_orphans(struct pumped *p)
{
	struct logpump *m = p->pump;
	struct slot *s;

	for (int i = 0; i < JOURNAL_SLOTS; i++) {
		s = journal_slot(m->journal, i);
		if (!slot_busy(s) || m->owner[i] != NULL ||
		    strcmp(s->name, p->name) != 0)
			continue;
		logfile_close(&m->sink->dir, m->orphan[i]);
		m->owner[i] = p;
		p->state = PUMP_STUCK;
	}
}

void
logpump_add(struct logpump *m, struct pumped *p, int fd)
{
	if (p->pump == m) {
		loop_unwatch(m->loop, &p->source);
		close(p->fd);
		p->fd = fd;
		if (p->state == PUMP_SILENT)
			p->state = PUMP_READING;
	} else {
		p->pump = m;
		p->source = (struct source){-1, ready, p};
		p->fd = fd;
		p->state = PUMP_READING;
		adopt_orphans(p);
	}
	if (p->state == PUMP_READING)
		watch(p);
}

void
logpump_remove(struct pumped *p)
{
	struct logpump *m = p->pump;

	unwatch(p, PUMP_SILENT);
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (m->owner[i] == p)
			m->owner[i] = NULL;
	logfile_close(&m->sink->dir, p->file);
	close(p->fd);
}

void
logpump_adjust(struct pumped *p, bool syslog)
{
	if (p->syslog == syslog)
		return;
	p->syslog = syslog;
	if (p->state == PUMP_READING)
		loop_rewatch(p->pump->loop, &p->source, events_of(p));
}

void
logpump_end(struct pumped *p)
{
	p->ending = true;
	p->left = available(p);
	if (p->state == PUMP_READING || p->state == PUMP_SILENT)
		finish(p);
}
