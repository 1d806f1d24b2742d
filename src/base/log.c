/*
 * log - the daemon's own log lines, to stderr, an event stream and syslog.
 *
 * A line is written by one write(2) of at most PIPE_BUF bytes, which a FIFO
 * takes whole or not at all (pipe(7)), so no reader sees half a line.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/devlog.h"
#include "base/escape.h"
#include "base/log.h"

#define BACKLOG_MAX ((size_t)64 * 1024)

/* A long message is cut, to leave this much room for ": strerror". */
#define REASON_MAX 128

/* It precedes each line on stderr. */
#define PREFIX "hupd: "
#define PREFIX_LEN (sizeof(PREFIX) - 1)

/* One line, ready for stderr, the stream and syslog. */
struct line {
	char bytes[PREFIX_LEN + PIPE_BUF]; /* prefix, text, newline */
	size_t len;			   /* of text and newline */
};

static struct {
	bool to_stderr;
	bool quiet; /* only warnings on stderr */
	bool to_syslog;
	bool fallback;	      /* nobody can read the stream */
	struct devlog syslog; /* used for either */
	bool verbose;
	int stream;
	bool hold;  /* lines wait for log_flush */
	char *kept; /* the queue for the stream: whole lines; or NULL */
	size_t nkept;
	size_t lost;   /* lines that were dropped: the queue was full */
	size_t unseen; /* lines not printed: stderr would block */
} logs = {
    .to_stderr = true,
    .stream = -1,
    .syslog = {.path = DEVLOG_PATH, .fd = -1},
};

/* The message, and the text of err unless it is 0, cut to the size of raw. */
__attribute__((format(printf, 2, 0))) static void
format(char raw[static PIPE_BUF], const char *fmt, va_list ap, int err)
{
	size_t room = PIPE_BUF - (err == 0 ? 0 : REASON_MAX), len;

	if (vsnprintf(raw, room, fmt, ap) < 0)
		strlcpy(raw, fmt, room);
	len = strlen(raw);
	if (err != 0)
		snprintf(raw + len, PIPE_BUF - len, ": %s", strerror(err));
}

__attribute__((format(printf, 2, 0))) static void
compose(struct line *line, const char *fmt, va_list ap, int err)
{
	char raw[PIPE_BUF];
	char *text = line->bytes + PREFIX_LEN;

	format(raw, fmt, ap, err);
	memcpy(line->bytes, PREFIX, PREFIX_LEN);
	/* Diagnostics and reports in the message are escaped already. */
	line->len = escape_again(text, PIPE_BUF, raw, true);
	text[line->len++] = '\n';
}

/* Write bytes; returns how many were taken. */
static size_t
put(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while ((n = write(fd, bytes, len)) == -1 && errno == EINTR)
		continue;
	return n == -1 ? 0 : (size_t)n;
}

static void
drop_kept(size_t n)
{
	logs.nkept -= n;
	memmove(logs.kept, logs.kept + n, logs.nkept);
	if (logs.nkept == 0) {
		free(logs.kept);
		logs.kept = NULL;
	}
}

/* The length of the whole lines that fit in one write; at least one does. */
static size_t
some_lines(const char *bytes, size_t len)
{
	const char *end;

	if (len <= PIPE_BUF)
		return len;
	end = memrchr(bytes, '\n', PIPE_BUF);
	return (size_t)(end - bytes) + 1;
}

bool
log_flush(void)
{
	int err = errno;
	size_t done = 0, len, n;

	while (logs.stream != -1 && done < logs.nkept) {
		len = some_lines(logs.kept + done, logs.nkept - done);
		n = put(logs.stream, logs.kept + done, len);
		done += n;
		if (n < len)
			break;
	}
	if (done > 0)
		drop_kept(done);
	errno = err;
	return logs.nkept == 0;
}

/* Queue the rest of a line, after the number of lines that were dropped. */
static void
keep(const char *bytes, size_t len)
{
	char notice[64] = "";
	size_t n;

	if (logs.lost > 0)
		snprintf(notice, sizeof(notice),
		    "%zu lines of this log were lost\n", logs.lost);
	n = strlen(notice);
	if (logs.kept == NULL)
		logs.kept = malloc(BACKLOG_MAX);
	if (logs.kept == NULL || n + len > BACKLOG_MAX - logs.nkept) {
		logs.lost++;
		return;
	}
	memcpy(logs.kept + logs.nkept, notice, n);
	memcpy(logs.kept + logs.nkept + n, bytes, len);
	logs.nkept += n + len;
	logs.lost = 0;
}

static void
put_stream(const char *bytes, size_t len)
{
	size_t n;

	if (logs.hold && logs.nkept + len <= PIPE_BUF) {
		keep(bytes, len);
		return;
	}
	if (logs.nkept == 0 && logs.lost == 0) {
		n = put(logs.stream, bytes, len);
		if (n < len)
			keep(bytes + n, len - n);
		return;
	}
	log_flush();
	keep(bytes, len);
	log_flush();
}

/*
 * With an event log, never wait for the reader of stderr.  A pipe that polls
 * writable takes PIPE_BUF bytes without blocking.
 */
static bool
may_block(size_t len)
{
	struct pollfd pfd = {.fd = STDERR_FILENO, .events = POLLOUT};

	return logs.stream != -1 && (len > PIPE_BUF || poll(&pfd, 1, 0) == 0);
}

static void
put_stderr(const char *bytes, size_t len)
{
	char notice[64];
	int n;

	if (logs.unseen > 0 && !may_block(sizeof(notice))) {
		n = snprintf(notice, sizeof(notice),
		    PREFIX "%zu lines are in the event log only\n",
		    logs.unseen);
		put(STDERR_FILENO, notice, (size_t)n);
		logs.unseen = 0;
	}
	if (logs.unseen > 0 || may_block(len))
		logs.unseen++;
	else
		put(STDERR_FILENO, bytes, len);
}

/* A line that it does not take at once is lost there; the event log has it. */
static bool
put_syslog(int priority, const char *text, size_t len)
{
	char ident[32];

	snprintf(ident, sizeof(ident), "hupd[%d]", (int)getpid());
	return devlog_send(&logs.syslog, priority, ident, text,
		   len < DEVLOG_LINE ? len : DEVLOG_LINE) == 0;
}

static void
emit(int priority, const struct line *line, bool to_stderr)
{
	const char *text = line->bytes + PREFIX_LEN;

	if ((logs.to_syslog || logs.fallback) &&
	    !put_syslog(priority, text, line->len - 1) && logs.fallback)
		to_stderr = true;
	if (to_stderr)
		put_stderr(line->bytes, PREFIX_LEN + line->len);
	if (logs.stream != -1)
		put_stream(text, line->len);
}

/* err: an errno to append, 0 for none. */
__attribute__((format(printf, 2, 0))) static void
say(int priority, const char *fmt, va_list ap, int err)
{
	struct line line;
	int saved = errno;

	compose(&line, fmt, ap, err);
	emit(priority, &line,
	    priority == LOG_CRIT ||
		(logs.to_stderr && (!logs.quiet || priority <= LOG_WARNING)));
	errno = saved;
}

void
log_init(bool to_stderr, bool verbose)
{
	logs.to_stderr = to_stderr;
	logs.verbose = verbose;
}

void
log_stderr(bool on)
{
	logs.to_stderr = on;
}

void
log_quiet(bool on)
{
	logs.quiet = on;
}

void
log_syslog(bool on)
{
	if (!on && !logs.fallback)
		devlog_close(&logs.syslog);
	logs.to_syslog = on;
}

void
log_fallback(bool on)
{
	if (!on && !logs.to_syslog)
		devlog_close(&logs.syslog);
	logs.fallback = on;
}

void
log_hold(bool on)
{
	logs.hold = on;
	log_flush();
}

void
log_stream(int fd)
{
	logs.stream = fd;
	log_flush();
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_WARNING, fmt, ap, errno);
	va_end(ap);
}

void
log_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_WARNING, fmt, ap, 0);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_INFO, fmt, ap, 0);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!logs.verbose)
		return;
	va_start(ap, fmt);
	say(LOG_DEBUG, fmt, ap, 0);
	va_end(ap);
}

void
log_fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_CRIT, fmt, ap, errno);
	va_end(ap);
	log_flush();
	exit(EXIT_FAILURE);
}

void
log_fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_CRIT, fmt, ap, 0);
	va_end(ap);
	log_flush();
	exit(EXIT_FAILURE);
}
