/*
 * logbatch - write what is left of a batch in the journal, from wherever it
 * was left.
 */
#include "logbatch.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>

/* The raw bytes of [done, end), as lines. */
static struct loglines
lines_of(struct logsink *k, struct slot *s, uint32_t end, bool bol)
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
segment_begin(struct logsink *k, struct slot *s, struct logfile **ref)
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
	slot_segment(s, s->done + (uint32_t)fit);
	return 0;
}

/* How much of the segment's output is in its file already? */
static int64_t
segment_written(struct logsink *k, const struct slot *s,
    const struct logfile *f)
{
	int64_t size = f->size;

	if (f->dev != s->dev || f->ino != s->ino)
		size = logfile_rotated(&k->dir, s->name, s->dev, s->ino);
	return size > s->offset ? size - s->offset : 0;
}

static int
segment_write(struct logsink *k, struct slot *s, struct logfile *f,
    int64_t skip, int64_t *written)
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
	slot_segment_done(s);
	return 0;
}

static int
write_file(struct logsink *k, struct slot *s, struct logfile **ref,
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
write_syslog(struct logsink *k, struct slot *s)
{
	const time_t now = wall_now().tv_sec;
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
		slot_segment(s, s->done + (uint32_t)(nl != NULL ? len + 1 : n));
		slot_segment_done(s);
	}
	return 0;
}

int
logbatch_write(struct logsink *k, struct slot *s, struct logfile **ref,
    int64_t *written)
{
	return s->syslog ? write_syslog(k, s) : write_file(k, s, ref, written);
}
