/*
 * writer - write the rest of a batch of the journal to its destination.
 *
 * A batch may have been begun by a process that was killed.  The length of a
 * log file shows how much was written, so every byte is written once.  Syslog
 * and standard output show nothing: there the lines of one write may appear
 * twice.
 */
#include "output/writer.h"

#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/socket.h"

void
writer_init(struct writer *w, struct journal *journal, int dir, unsigned max,
    int console, const char *devlog)
{
	w->journal = journal;
	logfile_dir_init(&w->dir, dir, max);
	w->console = console;
	w->console_err = 0;
	w->syslog = (struct devlog){.path = devlog, .fd = -1};
	w->syslog_err = 0;
}

void
writer_free(struct writer *w)
{
	logfile_dir_free(&w->dir);
	devlog_close(&w->syslog);
}

/* The raw bytes of [done, end), as lines. */
static struct loglines
lines_of(struct writer *w, struct slot *s, uint32_t end, bool bol)
{
	return (struct loglines){
	    .raw = journal_buffer(w->journal, s) + s->done,
	    .len = end - s->done,
	    .stamp = s->stamp,
	    .stamplen = s->stamplen,
	    .bol = bol,
	};
}

static size_t
fit_of(struct writer *w, struct slot *s, const struct logfile *f)
{
	const struct loglines l = lines_of(w, s, s->len, f->bol);

	return loglines_fit(&l, f->size, s->limit);
}

/*
 * Open the file; rotate if needed.  *fit: how many bytes to write to it.  A
 * line that is cut continues in the next file without a new stamp, so that all
 * files together have the line as it was printed.
 */
static int
open_with_room(struct writer *w, struct slot *s, struct logfile **ref,
    size_t *fit)
{
	char name[JOURNAL_NAME];
	bool bol;

	journal_stream(s, name);
	if (logfile_open(&w->dir, ref, name, true) == -1)
		return -1;
	*fit = fit_of(w, s, *ref);
	if (*fit > 0)
		return 0;
	bol = (*ref)->bol;
	if (logfile_rotate(&w->dir, ref, name, s->keep) == 0) {
		if (logfile_open(&w->dir, ref, name, true) == -1)
			return -1;
		if ((*ref)->size == 0)
			(*ref)->bol = bol;
		*fit = fit_of(w, s, *ref);
	}
	if (*fit == 0)
		*fit = s->len - s->done;
	return 0;
}

/* Note the segment and its file in the slot. */
static int
segment_begin(struct writer *w, struct slot *s, struct logfile **ref)
{
	struct logfile *f;
	size_t fit;

	if (open_with_room(w, s, ref, &fit) == -1)
		return -1;
	f = *ref;
	s->dev = f->dev;
	s->ino = f->ino;
	s->offset = f->size;
	s->bol = f->bol;
	journal_segment(s, s->done + (uint32_t)fit);
	return 0;
}

/* How many bytes of the segment's output are in its file already. */
static int64_t
segment_written(struct writer *w, const struct slot *s, const struct logfile *f)
{
	int64_t size = f->size;
	char name[JOURNAL_NAME];

	if (f->dev != s->dev || f->ino != s->ino)
		size = logfile_rotated(&w->dir, journal_stream(s, name), s->dev,
		    s->ino);
	return size > s->offset ? size - s->offset : 0;
}

static int
segment_write(struct writer *w, struct slot *s, struct logfile *f, int64_t skip,
    int64_t *written)
{
	struct loglines l = lines_of(w, s, s->end, s->bol);
	int64_t before = f->size;
	const char *piece;
	size_t n, drop;
	int rc = 0;

	while (rc == 0 &&
	    (n = loglines_next(&l, w->buf, sizeof(w->buf), &piece)) > 0) {
		drop = skip < (int64_t)n ? (size_t)skip : n;
		skip -= (int64_t)drop;
		if (drop < n)
			rc = logfile_append(f, piece + drop, n - drop);
	}
	*written += f->size - before;
	if (rc == -1)
		return -1;
	f->bol = journal_buffer(w->journal, s)[s->end - 1] == '\n';
	journal_segment_done(s);
	return 0;
}

static int
write_file(struct writer *w, struct slot *s, struct logfile **ref,
    int64_t *written)
{
	char name[JOURNAL_NAME];
	int64_t skip;

	journal_stream(s, name);
	while (s->done < s->len) {
		if (s->done == s->end) {
			if (segment_begin(w, s, ref) == -1)
				return -1;
			skip = 0;
		} else {
			if (logfile_open(&w->dir, ref, name, true) == -1)
				return -1;
			skip = segment_written(w, s, *ref);
		}
		if (segment_write(w, s, *ref, skip, written) == -1)
			return -1;
	}
	return 0;
}

/* A killed process may have sent the line of the next segment. */
static int
write_syslog(struct writer *w, struct slot *s)
{
	const char *tag = journal_tag(w->journal, s), *raw, *nl;
	size_t n, len;

	while (s->done < s->len) {
		raw = journal_buffer(w->journal, s) + s->done;
		n = MIN(s->len - s->done, DEVLOG_LINE);
		nl = memchr(raw, '\n', n);
		len = nl != NULL ? (size_t)(nl - raw) : n;
		if (len > 0 && w->syslog_err == 0 &&
		    devlog_send(&w->syslog, LOG_INFO, tag, raw, len) == -1)
			return -1;
		journal_segment(s,
		    s->done + (uint32_t)(nl != NULL ? len + 1 : n));
		journal_segment_done(s);
	}
	return 0;
}

/*
 * O_NONBLOCK belongs to the open file description, which others share, the
 * shell for example.  So a pipe or a terminal is opened again.  A regular file
 * is not: writing to it does not block, and would begin at its start.
 */
int
writer_open_console(int fd)
{
	char path[32];
	struct stat st;
	int own = -1;

	if (fstat(fd, &st) == -1)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own != -1 ? own : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* At most len bytes, or EAGAIN.  A pipe takes up to PIPE_BUF bytes whole. */
static ssize_t
put(int fd, const char *buf, size_t len)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};
	ssize_t n;

	n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n != -1 || errno != ENOTSOCK)
		return n;
	/*
	 * fd may block, but a pipe that is ready takes PIPE_BUF bytes at once.
	 */
	while ((n = poll(&pfd, 1, 0)) == -1 && errno == EINTR)
		;
	if (n == 0)
		errno = EAGAIN;
	if (n != 1)
		return -1;
	return write(fd, buf, MIN(len, PIPE_BUF));
}

static bool
has_no_reader(int err)
{
	return err == EPIPE || err == EIO || err == EBADF ||
	    err == ECONNRESET || err == ENOTCONN;
}

/* The text around a line of JSON, without name and time. */
#define JSON_HEAD "{\"time\":null,\"program\":\"\",\"stream\":null,\"line\":\""
#define JSON_TAIL "\"}"
#define HEAD_MAX (sizeof(JSON_HEAD) + JOURNAL_NAME + 2 + STAMP_LENGTH)
/* The bytes of a line that become a line of JSON. */
#define JSON_LINE ((size_t)16 * 1024)

/* Put the text before each line into head; its length. */
static size_t
head_of(const struct slot *s, char head[static HEAD_MAX])
{
	const bool json = s->form == PREFIX_JSON;
	const int stamp = s->stamplen;
	int n;

	/* Without the blank at its end. */
	if (json && stamp > 0)
		n = snprintf(head, HEAD_MAX, "{\"time\":\"%.*s\"", stamp - 1,
		    s->stamp);
	else if (json)
		n = snprintf(head, HEAD_MAX, "{\"time\":null");
	else
		n = snprintf(head, HEAD_MAX, "%s%s%.*s",
		    s->form == PREFIX_NONE ? "" : s->name,
		    s->form == PREFIX_NONE ? "" : ": ", stamp, s->stamp);
	if (json)
		n += snprintf(head + n, HEAD_MAX - (size_t)n,
		    ",\"program\":\"%s\",\"stream\":null,\"line\":\"", s->name);
	return (size_t)n;
}

/* The bytes at s, up to n, that become a line; *text of them are its text. */
static size_t
next_line(const struct slot *slot, const char *s, size_t n, size_t *text)
{
	const char *nl = memchr(s, '\n', n);

	*text = nl != NULL ? (size_t)(nl - s) : n;
	if (slot->form != PREFIX_JSON || *text <= JSON_LINE)
		return nl != NULL ? *text + 1 : *text;
	*text = loglines_whole(s, JSON_LINE);
	return *text;
}

/*
 * Put the next whole lines, each with its head, into the buffer: as many as
 * one write takes, but at least one.  *raw is their length in the batch.
 * Returns their length with heads.
 */
static size_t
pack(struct writer *w, const struct slot *s, size_t *raw)
{
	const bool json = s->form == PREFIX_JSON;
	const char *at = journal_buffer(w->journal, s) + s->done;
	char head[HEAD_MAX];
	size_t left = s->len - s->done, len, text, n = 0;
	const size_t headlen = head_of(s, head);

	for (*raw = 0; *raw < left; *raw += len, at += len) {
		len = next_line(s, at, left - *raw, &text);
		if (n > 0 &&
		    n + headlen + (json ? ESCAPE_JSON * text : text) +
			    sizeof(JSON_TAIL) >
			PIPE_BUF)
			break;
		memcpy(w->buf + n, head, headlen);
		n += headlen;
		if (json) {
			n += escape_json(w->buf + n, at, text);
			memcpy(w->buf + n, JSON_TAIL, strlen(JSON_TAIL));
			n += strlen(JSON_TAIL);
		} else {
			memcpy(w->buf + n, at, text);
			n += text;
		}
		w->buf[n++] = '\n';
	}
	return n;
}

_Static_assert(JOURNAL_BYTES + HEAD_MAX + 1 < WRITER_BUF,
    "one line and its head fit");
_Static_assert(ESCAPE_JSON *JSON_LINE + HEAD_MAX + sizeof(JSON_TAIL) <
	WRITER_BUF,
    "one line of JSON fits");

/* offset is the written length of the lines that pack returns. */
static int
write_console(struct writer *w, struct slot *s)
{
	size_t n, raw;
	ssize_t done;

	while (s->done < s->len) {
		n = pack(w, s, &raw);
		while (s->offset < (int64_t)n) {
			done = put(w->console, w->buf + s->offset,
			    n - (size_t)s->offset);
			if (done == -1 && !has_no_reader(errno))
				return -1;
			if (done == -1) {
				w->console_err = errno;
				return 0;
			}
			s->offset += done;
		}
		s->offset = 0;
		journal_segment(s, s->done + (uint32_t)raw);
		journal_segment_done(s);
	}
	return 0;
}

int
writer_write(struct writer *w, struct slot *s, struct logfile **ref,
    int64_t *written)
{
	if (s->to == LOG_TO_SYSLOG)
		return write_syslog(w, s);
	if (s->to == LOG_TO_STDOUT)
		return write_console(w, s);
	return write_file(w, s, ref, written);
}
