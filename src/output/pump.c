/*
 * pump - the streams of the log process: read the output from each FIFO, batch
 * by batch, and write it.
 *
 * The first part takes one batch, by the steps of the journal; the second part
 * handles the streams and their waits.
 */
#include "output/pump.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/param.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An unfinished line for syslog of this length does not wait for its end. */
#define UNFINISHED 8192
#define RETRY_MS 1000
/*
 * A program that prints a line at a time is faster than a wake-up and a write.
 * After less than FEW bytes it gets NAP ns to print more.
 */
#define FEW 4096
#define NAP 100000

/* The number of bytes in its FIFO. */
static uint32_t
available(const struct outlet *o)
{
	int n;

	return ioctl(o->fd, FIONREAD, &n) == -1 || n < 0 ? 0 : (uint32_t)n;
}

/* Remove the bytes that a failed read left: they are not from this FIFO. */
static bool
empty_peek(struct taker *t)
{
	char buf[512];

	while (read(t->peek[0], buf, sizeof(buf)) > 0)
		continue;
	t->stale = errno != EAGAIN;
	return !t->stale;
}

/* Copy the first bytes of the FIFO, at most n.  Returns their number. */
static size_t
peek(struct taker *t, const struct outlet *o, char *buf, size_t n)
{
	ssize_t copied;

	if (t->stale && !empty_peek(t))
		return 0;
	copied = tee(o->fd, t->peek[1], n, SPLICE_F_NONBLOCK);
	if (copied <= 0) {
		/* Perhaps the pipe had no room. */
		t->stale = true;
		return 0;
	}
	t->stale = read(t->peek[0], buf, (size_t)copied) != copied;
	return t->stale ? 0 : (size_t)copied;
}

/* The owner of a pipe can shrink it, and so can the kernel. */
static bool
is_half_full(int fd, size_t n)
{
	int capacity = fcntl(fd, F_GETPIPE_SZ);

	return capacity > 0 && n >= (size_t)capacity / 2;
}

static bool
is_too_long(const struct taker *t, const struct outlet *o, size_t n)
{
	if (o->to == LOG_TO_SYSLOG && n >= UNFINISHED)
		return true;
	return n == JOURNAL_BYTES || is_half_full(o->fd, n) ||
	    is_half_full(t->peek[0], n);
}

/*
 * Returns how many of the n bytes in the FIFO make a batch; at least the first
 * byte is put into buf.  all: do not wait for the end of a line.
 */
static size_t
choose(struct taker *t, const struct outlet *o, char *buf, size_t n, bool all)
{
	const char *nl;

	n = MIN(n, JOURNAL_BYTES);
	if (o->to == LOG_TO_FILE)
		return peek(t, o, buf, 1) == 1 ? n : 0;
	n = peek(t, o, buf, n);
	if ((nl = memrchr(buf, '\n', n)) != NULL)
		return (size_t)(nl - buf) + 1;
	return all || is_too_long(t, o, n) ? n : 0;
}

/* The time, as it stands before a line. */
static const char *
stamp_now(struct taker *t)
{
	const struct timespec now = clock_wall();
	const int ms = (int)(now.tv_nsec / 1000000);
	char text[CLOCK_WALL_MAX];

	if (now.tv_sec != t->second) {
		clock_print_wall(now.tv_sec, text);
		/* Put fraction and blank into 2026-11-22T13:17:05+00:00. */
		snprintf(t->stamp, sizeof(t->stamp), "%.19s.000%.6s ", text,
		    text + 19);
		t->second = now.tv_sec;
	}
	t->stamp[20] = (char)('0' + ms / 100);
	t->stamp[21] = (char)('0' + ms / 10 % 10);
	t->stamp[22] = (char)('0' + ms % 10);
	return t->stamp;
}

static void
describe(struct pump *m, const struct outlet *o, struct slot *s, size_t len)
{
	s->to = (uint8_t)o->to;
	journal_set_stream(s, o->name);
	if (o->to == LOG_TO_STDOUT)
		s->form = (uint8_t)o->prefix;
	s->offset = 0;
	s->limit = o->limit;
	s->keep = o->keep;
	s->len = (uint32_t)len;
	s->stamplen = 0;
	if (o->to == LOG_TO_SYSLOG)
		journal_set_tag(m->journal, s, o->tag);
	else if (o->timestamps) {
		s->stamplen = STAMP_LENGTH;
		memcpy(s->stamp, stamp_now(&m->taker), STAMP_LENGTH);
	}
}

/*
 * Take at most n bytes, which are there, into a free slot.  For syslog and
 * standard output only whole lines: an unfinished one stays in the FIFO, unless
 * it is very long or all is set.  False if nothing was taken; the slot is free
 * then.
 */
static bool
take_batch(struct pump *m, const struct outlet *o, struct slot *s, uint32_t n,
    bool all)
{
	char *buf = journal_buffer(m->journal, s);
	struct taker *t = &m->taker;
	size_t len;
	ssize_t got;

	if ((len = choose(t, o, buf, n, all)) == 0)
		return false;
	describe(m, o, s, len);
	buf[0] = (char)~buf[0];
	s->first = (uint8_t)buf[0];
	journal_intent(s);
	got = read(o->fd, buf, len);
	if (got <= 0) {
		/* The program itself has read from its FIFO. */
		journal_release(s);
		return false;
	}
	s->len = (uint32_t)got;
	journal_have(s);
	return true;
}

/* Make a batch that is the end of a line. */
static void
take_line_end(struct pump *m, const struct outlet *o, struct slot *s)
{
	describe(m, o, s, 1);
	/* As nothing is read, a slot found at INTENT is dropped. */
	journal_buffer(m->journal, s)[0] = '\n';
	s->first = '\n';
	journal_intent(s);
	journal_have(s);
}

static void finish(struct pumped *);

/* If an unfinished line stays in the FIFO, wake up for new bytes only. */
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

static void
report_stuck(struct pumped *p, int err)
{
	struct pump *m = p->pump;

	m->calls.stuck(m->calls.arg, p, p->out.name, err, p->reported);
}

static void
report_recovered(struct pumped *p)
{
	if (!p->reported)
		return;
	p->reported = false;
	p->pump->calls.recovered(p);
}

/* Continue after a wait. */
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

/* The source that reports room for the slot's destination. */
static struct source *
room_of(struct pump *m, const struct slot *s)
{
	return s->to == LOG_TO_SYSLOG ? &m->syslog : &m->console;
}

/*
 * The socket of syslog holds only a few lines, and standard output may too. It
 * is often full for a moment.  True if nothing was written for a while.
 */
static bool
is_hung(struct pump *m, const struct slot *s)
{
	const int fd =
	    s->to == LOG_TO_SYSLOG ? m->writer->syslog.fd : m->writer->console;
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
	if (p != NULL)
		report_stuck(p, err);
	else
		m->calls.stuck(m->calls.arg, NULL, s->name, err,
		    m->stuck[i] != 0);
	m->stuck[i] = err;
}

static int
write_batch(struct pump *m, struct slot *s)
{
	const int i = slot_index(m, s);
	struct pumped *p = m->owner[i];
	int64_t ignored = 0;

	/* The write may close and reopen its descriptor. */
	if (s->to != LOG_TO_FILE)
		loop_unwatch(m->loop, room_of(m, s));
	if (writer_write(m->writer, s, p != NULL ? &p->file : &m->orphan[i],
		p != NULL ? &p->instance : &ignored) == -1) {
		batch_waits(m, s, errno);
		return -1;
	}
	m->owner[i] = NULL;
	m->stuck[i] = 0;
	m->progress[i].since = (struct mono){0};
	logfile_close(&m->writer->dir, m->orphan[i]);
	journal_release(s);
	if (m->writer->console_err != 0 && !m->lost) {
		m->lost = true;
		m->calls.lost(m->calls.arg, m->writer->console_err);
	}
	if (p == NULL)
		return 0;
	if (s->to == LOG_TO_SYSLOG && m->writer->syslog_err != 0)
		report_stuck(p, m->writer->syslog_err);
	else
		report_recovered(p);
	return 0;
}

/* A file that cannot be opened must not occupy a slot. */
static bool
has_file(struct pumped *p)
{
	int err;

	if (p->out.to != LOG_TO_FILE ||
	    logfile_open(&p->pump->writer->dir, &p->file, p->out.name, true) ==
		0)
		return true;
	err = errno;
	unwatch(p, PUMP_PARKED);
	report_stuck(p, err);
	return false;
}

static struct slot *
take_slot(struct pumped *p)
{
	struct slot *s = journal_take(p->pump->journal, p->out.to);

	if (s == NULL)
		unwatch(p, PUMP_PARKED);
	return s;
}

/* Move one batch.  1, or 0 if there is nothing; -1: the stream must wait. */
static int
move(struct pumped *p, uint32_t n, bool all)
{
	struct pump *m = p->pump;
	struct slot *s;

	if (!has_file(p) || (s = take_slot(p)) == NULL)
		return -1;
	if (!take_batch(m, &p->out, s, n, all))
		return 0;
	p->left -= MIN(p->left, s->len);
	m->owner[slot_index(m, s)] = p;
	return write_batch(m, s) == -1 ? -1 : 1;
}

/* Complete the last line.  -1: the stream must wait. */
static int
end_line(struct pumped *p)
{
	struct pump *m = p->pump;
	struct slot *s;

	if (p->out.to != LOG_TO_FILE ||
	    logfile_open(&m->writer->dir, &p->file, p->out.name, false) == -1 ||
	    p->file->bol)
		return 0;
	if ((s = take_slot(p)) == NULL)
		return -1;
	take_line_end(m, &p->out, s);
	m->owner[slot_index(m, s)] = p;
	return write_batch(m, s);
}

static void
finish(struct pumped *p)
{
	uint32_t n;
	int rc = 1;

	while (rc == 1 && p->left > 0 && (n = available(&p->out)) > 0)
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

	if ((n = available(&p->out)) == 0) {
		if (hup) {
			unwatch(p, PUMP_SILENT);
			p->pump->calls.silent(p);
		}
		return;
	}
	if (n < FEW)
		nap_later(p->pump);
	/* There may be more: ask for that edge again. */
	if (move(p, n, hup) == 1 && p->out.to != LOG_TO_FILE)
		loop_rewatch(p->pump->loop, source, events_of(p));
}

bool
pump_is_busy(const struct pump *m)
{
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (journal_is_busy(journal_slot(m->journal, i)))
			return true;
	return false;
}

/* Retry the busy slots of a destination that has room, or of all. */
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

/*
 * Why its destination has no free slot: a batch there is stuck.  0: the batches
 * there are only waiting for room.
 */
static int
why_no_slot(const struct pump *m, const struct pumped *p, int err)
{
	if (err != EBUSY)
		return err;
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (m->stuck[i] != 0 &&
		    journal_slot(m->journal, i)->to == p->out.to)
			return m->stuck[i];
	return 0;
}

static void
retry_parked(struct pump *m)
{
	struct pumped *p, *next;
	unsigned n = 0;
	int err;

	TAILQ_FOREACH (p, &m->parked, entry)
		n++;
	/* Each once: a stream that must wait again goes to the end. */
	for (p = TAILQ_FIRST(&m->parked); n-- > 0; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (journal_take(m->journal, p->out.to) != NULL)
			resume(p);
		else if ((err = why_no_slot(m, p, errno)) != 0)
			report_stuck(p, err);
	}
	if (!TAILQ_EMPTY(&m->parked))
		retry_later(m);
	m->calls.retried(m->calls.arg);
}

/* Is a batch for syslog stuck?  Its errno, or 0. */
static int
syslog_error(const struct pump *m)
{
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (m->stuck[i] != 0 &&
		    journal_slot(m->journal, i)->to == LOG_TO_SYSLOG)
			return m->stuck[i];
	return 0;
}

/* Is it a stream for syslog that will soon block its program? */
static bool
is_filling(const struct pumped *p)
{
	return p != NULL && p->out.to == LOG_TO_SYSLOG &&
	    is_half_full(p->out.fd, available(&p->out));
}

static bool
syslog_is_filling(const struct pump *m)
{
	const struct pumped *p;

	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (is_filling(m->owner[i]))
			return true;
	TAILQ_FOREACH (p, &m->parked, entry)
		if (is_filling(p))
			return true;
	return false;
}

/*
 * As with syslog(3), a program must not wait for a log daemon that is missing
 * or hangs.  Its output waits in the FIFO while there is room; then output for
 * syslog is dropped until the log daemon takes some again.
 */
static void
retry_syslog(struct pump *m)
{
	struct writer *w = m->writer;

	if (w->syslog_err == 0) {
		if (syslog_is_filling(m) || m->hurry)
			w->syslog_err = syslog_error(m);
	} else
		w->syslog_err = devlog_check(&w->syslog) == -1 ? errno : 0;
	if (w->syslog_err != 0)
		retry_later(m);
}

void
pump_hurry(struct pump *m)
{
	m->hurry = true;
	pump_retry(m);
}

void
pump_retry(struct pump *m)
{
	loop_cancel(m->loop, &m->retry);
	loop_unwatch(m->loop, &m->syslog);
	retry_syslog(m);
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
pump_init(struct pump *m, struct loop *loop, struct writer *writer,
    const struct pump_calls *calls)
{
	*m = (struct pump){
	    .loop = loop,
	    .calls = *calls,
	    .journal = writer->journal,
	    .writer = writer,
	    .retry = {.due = retry_due, .arg = m},
	    .syslog = {-1, room_ready, m},
	    .console = {-1, room_ready, m},
	};
	TAILQ_INIT(&m->parked);
	m->taker.second = -1;
	if (pipe2(m->taker.peek, O_NONBLOCK | O_CLOEXEC) == -1)
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
	close(m->taker.peek[0]);
	close(m->taker.peek[1]);
}

/* First comes the output that an earlier process left. */
static void
adopt_orphans(struct pumped *p)
{
	struct pump *m = p->pump;
	char stream[JOURNAL_NAME];
	struct slot *s;

	for (int i = 0; i < JOURNAL_SLOTS; i++) {
		s = journal_slot(m->journal, i);
		if (!journal_is_busy(s) || m->owner[i] != NULL ||
		    strcmp(journal_stream(s, stream), p->out.name) != 0)
			continue;
		logfile_close(&m->writer->dir, m->orphan[i]);
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
	/* It may have recovered meanwhile. */
	if (p->reported)
		retry_later(m);
}

/* A file that does not exist is made with the first output. */
static int
error_of(struct pumped *p)
{
	struct logdir *dir = &p->pump->writer->dir;

	if (p->out.to == LOG_TO_SYSLOG)
		return p->pump->writer->syslog_err;
	if (p->out.to != LOG_TO_FILE ||
	    logfile_open(dir, &p->file, p->out.name, false) == 0 ||
	    (errno == ENOENT && logfile_dir_check(dir) == 0))
		return 0;
	return errno;
}

void
pump_check(struct pumped *p)
{
	int err;

	/* Otherwise its output is being retried. */
	if (p->state != PUMP_READING && p->state != PUMP_SILENT)
		return;
	if ((err = error_of(p)) == 0) {
		report_recovered(p);
		return;
	}
	report_stuck(p, err);
	retry_later(p->pump);
}

void
pump_remove(struct pumped *p)
{
	struct pump *m = p->pump;

	unwatch(p, PUMP_SILENT);
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (m->owner[i] == p)
			m->owner[i] = NULL;
	logfile_close(&m->writer->dir, p->file);
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
pump_end(struct pumped *p, uint32_t max)
{
	p->ending = true;
	p->left = MIN(available(&p->out), max);
	if (p->state == PUMP_READING || p->state == PUMP_SILENT)
		finish(p);
}
