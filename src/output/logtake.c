/*
 * logtake - take a batch out of a FIFO, by the steps of the journal.
 */
#include "output/logtake.h"

#include <sys/ioctl.h>
#include <sys/param.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* So long an unfinished line for syslog may wait in its FIFO for its end. */
#define UNFINISHED 8192

int
taker_init(struct taker *t, struct journal *j)
{
	*t = (struct taker){.journal = j, .second = -1};
	return pipe2(t->peek, O_NONBLOCK | O_CLOEXEC);
}

void
taker_free(struct taker *t)
{
	close(t->peek[0]);
	close(t->peek[1]);
}

uint32_t
outlet_available(const struct outlet *o)
{
	int n;

	return ioctl(o->fd, FIONREAD, &n) == -1 || n < 0 ? 0 : (uint32_t)n;
}

/* What a read that failed has left would be taken for the first bytes. */
static bool
empty_peek(struct taker *t)
{
	char buf[512];

	while (read(t->peek[0], buf, sizeof(buf)) > 0)
		continue;
	t->stale = errno != EAGAIN;
	return !t->stale;
}

/* A copy of the first bytes in the FIFO, at most n. */
static size_t
peek(struct taker *t, const struct outlet *o, char *buf, size_t n)
{
	ssize_t copied;

	if (t->stale && !empty_peek(t))
		return 0;
	copied = tee(o->fd, t->peek[1], n, SPLICE_F_NONBLOCK);
	if (copied <= 0) {
		/* For once the pipe may be what has no room. */
		t->stale = true;
		return 0;
	}
	t->stale = read(t->peek[0], buf, (size_t)copied) != copied;
	return t->stale ? 0 : (size_t)copied;
}

/* A pipe may be small: its owner can shrink it, and so can the kernel. */
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
 * How many of the n bytes in the FIFO make a batch; the first is put in buf.
 * All: do not wait for the end of a line.
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

/* The time, in the form in which it goes before a line. */
static const char *
stamp_now(struct taker *t)
{
	const struct timespec now = clock_wall();
	const int ms = (int)(now.tv_nsec / 1000000);
	char text[CLOCK_WALL_MAX];

	if (now.tv_sec != t->second) {
		clock_print_wall(now.tv_sec, text);
		/* Fraction and blank are put into 2026-11-22T13:17:05+00:00 */
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
describe(struct taker *t, const struct outlet *o, struct slot *s, size_t len)
{
	memcpy(s->name, o->name, sizeof(s->name));
	s->to = (uint8_t)o->to;
	s->offset = 0;
	s->limit = o->limit;
	s->keep = o->keep;
	s->len = (uint32_t)len;
	s->stamplen = 0;
	if (o->timestamps && o->to != LOG_TO_SYSLOG) {
		s->stamplen = LOGLINES_STAMP;
		memcpy(s->stamp, stamp_now(t), LOGLINES_STAMP);
	}
}

bool
take_batch(struct taker *t, const struct outlet *o, struct slot *s, uint32_t n,
    bool all)
{
	char *buf = journal_buffer(t->journal, s);
	size_t len;
	ssize_t got;

	if ((len = choose(t, o, buf, n, all)) == 0)
		return false;
	describe(t, o, s, len);
	buf[0] = (char)~buf[0];
	s->first = (uint8_t)buf[0];
	journal_intent(s);
	got = read(o->fd, buf, len);
	if (got <= 0) {
		/* The program has read its own output. */
		journal_release(s);
		return false;
	}
	s->len = (uint32_t)got;
	journal_have(s);
	return true;
}

void
take_line_end(struct taker *t, const struct outlet *o, struct slot *s)
{
	describe(t, o, s, 1);
	/* Nothing is read: found at this step it is nothing. */
	s->first = '\n';
	journal_intent(s);
	journal_buffer(t->journal, s)[0] = '\n';
	journal_have(s);
}
