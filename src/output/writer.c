/*
 * logbatch - write what is left of a batch in the journal, from wherever it
 * was left.
 */
#include "output/writer.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/param.h>

#include "output/console.h"

/* The raw bytes of [done, end), as lines. */
static struct loglines
lines_of(struct writer *k, struct slot *s, uint32_t end, bool bol)
{
	return (struct loglines){
	    .raw = journal_buffer(k->journal, s) + s->done,
	    .len = end - s->done,
	    .stamp = s->stamp,
	    .stamplen = s->stamplen,
	    .bol = bol,
	};
}

/* Rotate if need be, and say in the slot what goes where. */
static int
segment_begin(struct writer *k, struct slot *s, struct logfile **ref)
{
	struct loglines l;
	struct logfile *f;
	size_t fit;

	if (logfile_open(&k->dir, ref, s->name, true) == -1)
		return -1;
	l = lines_of(k, s, s->len, (*ref)->bol);
	fit = loglines_fit(&l, (*ref)->size, s->limit);
	if (fit == 0) {
		if (logfile_rotate(&k->dir, ref, s->name, s->keep) == 0)
			return segment_begin(k, s, ref);
		fit = l.len;
	}
	f = *ref;
	s->dev = f->dev;
	s->ino = f->ino;
	s->offset = f->size;
	s->bol = f->bol;
	journal_segment(s, s->done + (uint32_t)fit);
	return 0;
}

/* How much of the segment's output is in its file already? */
static int64_t
segment_written(struct writer *k, const struct slot *s, const struct logfile *f)
{
	int64_t size = f->size;

	if (f->dev != s->dev || f->ino != s->ino)
		size = logfile_rotated(&k->dir, s->name, s->dev, s->ino);
	return size > s->offset ? size - s->offset : 0;
}

static int
segment_write(struct writer *k, struct slot *s, struct logfile *f, int64_t skip,
    int64_t *written)
{
	struct loglines l = lines_of(k, s, s->end, s->bol);
	int64_t before = f->size;
	const char *piece;
	size_t n, drop;
	int rc = 0;

	while (rc == 0 &&
	    (n = loglines_next(&l, k->buf, sizeof(k->buf), &piece)) > 0) {
		drop = skip < (int64_t)n ? (size_t)skip : n;
		skip -= (int64_t)drop;
		if (drop < n)
			rc = logfile_append(f, piece + drop, n - drop);
	}
	*written += f->size - before;
	if (rc == -1)
		return -1;
	f->bol = journal_buffer(k->journal, s)[s->end - 1] == '\n';
	journal_segment_done(s);
	return 0;
}

static int
write_file(struct writer *k, struct slot *s, struct logfile **ref,
    int64_t *written)
{
	int64_t skip;

	while (s->done < s->len) {
		if (s->done == s->end) {
			if (segment_begin(k, s, ref) == -1)
				return -1;
			skip = 0;
		} else {
			if (logfile_open(&k->dir, ref, s->name, true) == -1)
				return -1;
			skip = segment_written(k, s, *ref);
		}
		if (segment_write(k, s, *ref, skip, written) == -1)
			return -1;
	}
	return 0;
}

/* A line that a killed process was sending may be sent twice. */
static int
write_syslog(struct writer *k, struct slot *s)
{
	const time_t now = clock_wall().tv_sec;
	const char *raw, *nl;
	size_t n, len;

	while (s->done < s->len) {
		raw = journal_buffer(k->journal, s) + s->done;
		n = MIN(s->len - s->done, DEVLOG_LINE);
		nl = memchr(raw, '\n', n);
		len = nl != NULL ? (size_t)(nl - raw) : n;
		if (len > 0 &&
		    devlog_send(&k->devlog, now, s->name, raw, len) == -1)
			return -1;
		journal_segment(s,
		    s->done + (uint32_t)(nl != NULL ? len + 1 : n));
		journal_segment_done(s);
	}
	return 0;
}

/* "web: ", and the time if there is one. */
static size_t
head_of(const struct slot *s, char head[static JOURNAL_NAME + LOGLINES_STAMP])
{
	size_t len = strlen(s->name);

	memcpy(head, s->name, len);
	head[len++] = ':';
	head[len++] = ' ';
	memcpy(head + len, s->stamp, s->stamplen);
	return len + s->stamplen;
}

/*
 * The next lines, whole, each with its head, in k->buf: as many as one write
 * takes, but at least one.  *raw is how much of the batch they are.
 */
static size_t
pack(struct writer *k, const struct slot *s, size_t *raw)
{
	const char *at = journal_buffer(k->journal, s) + s->done, *nl;
	char head[JOURNAL_NAME + LOGLINES_STAMP];
	size_t left = s->len - s->done, len, n = 0;
	const size_t headlen = head_of(s, head);

	for (*raw = 0; *raw < left; *raw += len) {
		nl = memchr(at, '\n', left - *raw);
		len = nl != NULL ? (size_t)(nl - at) + 1 : left - *raw;
		if (n > 0 && n + headlen + len + 1 > PIPE_BUF)
			break;
		memcpy(k->buf + n, head, headlen);
		memcpy(k->buf + n + headlen, at, len);
		n += headlen + len;
		if (nl == NULL)
			k->buf[n++] = '\n';
		at += len;
	}
	return n;
}

_Static_assert(JOURNAL_BYTES + JOURNAL_NAME + LOGLINES_STAMP + 1 < WRITER_BUF,
    "one line and its head fit");

/* Lines that a killed process was writing may be written twice. */
static int
write_console(struct writer *k, struct slot *s)
{
	size_t n, raw;
	ssize_t put;

	while (s->done < s->len) {
		n = pack(k, s, &raw);
		while (s->offset < (int64_t)n) {
			put = console_write(k->console, k->buf + s->offset,
			    n - (size_t)s->offset);
			if (put == -1 && !console_is_gone(errno))
				return -1;
			if (put == -1) {
				k->console_err = errno;
				return 0;
			}
			s->offset += put;
		}
		s->offset = 0;
		journal_segment(s, s->done + (uint32_t)raw);
		journal_segment_done(s);
	}
	return 0;
}

int
writer_write(struct writer *k, struct slot *s, struct logfile **ref,
    int64_t *written)
{
	if (s->to == LOG_TO_SYSLOG)
		return write_syslog(k, s);
	if (s->to == LOG_TO_STDOUT)
		return write_console(k, s);
	return write_file(k, s, ref, written);
}
