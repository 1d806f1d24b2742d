/*
 * ctl_conn - the connection to the daemon: a request out, lines in, bounded
 * in time and size whatever the daemon sends.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl_conn.h"
#include "base/unixsock.h"

/* Seconds without a byte after which a daemon that owes an answer is stuck. */
#define PATIENCE 5
/* A whole answer: far above the largest configuration that can be. */
#define TOTAL_MAX ((size_t)1024 * 1024 * 1024)

static int fail(struct conn *conn, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(struct conn *conn, int status, const char *fmt, ...)
{
	va_list ap;

	free(conn->why);
	va_start(ap, fmt);
	if (vasprintf(&conn->why, fmt, ap) == -1)
		conn->why = NULL;
	va_end(ap);
	return conn->status = status;
}

static int
refused(struct conn *conn, const char *path, int error)
{
	if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR)
		return fail(conn, STATUS_NO_DAEMON, "hupd is not running (%s)",
		    path);
	if (error == EACCES || error == EPERM)
		return fail(conn, STATUS_DENIED,
		    "%s: %s: be root or a member of hupd's control-group", path,
		    strerror(error));
	if (error == EAGAIN)
		return fail(conn, STATUS_FAILED,
		    "%s: hupd takes no connection within %d seconds", path,
		    PATIENCE);
	return fail(conn, STATUS_FAILED, "%s: %s", path, strerror(error));
}

void
conn_patience(struct conn *conn, bool endless)
{
	struct timeval tv = {.tv_sec = endless ? 0 : PATIENCE};

	/* These cannot fail on a socket that is ours. */
	setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

int
conn_open(struct conn *conn, const char *path)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	*conn = (struct conn){.fd = -1};
	if ((conn->buf = malloc(PROTO_REPLY_MAX)) == NULL)
		return refused(conn, path, ENOMEM);
	conn->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (conn->fd == -1)
		return refused(conn, path, errno);
	conn_patience(conn, false);
	if (unixsock_connect(conn->fd, path) == -1)
		return refused(conn, path, errno);
	if (getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return refused(conn, path, errno);
	conn->peer = cred.pid;
	return STATUS_OK;
}

void
conn_close(struct conn *conn)
{
	if (conn->fd != -1)
		close(conn->fd);
	conn->fd = -1;
	free(conn->buf);
	conn->buf = NULL;
	free(conn->why);
	conn->why = NULL;
}

int
conn_send(struct conn *conn, const struct proto_text *request)
{
	size_t done = 0;
	ssize_t n;

	if (request->failed)
		return fail(conn, STATUS_FAILED, "%s", strerror(ENOMEM));
	if (request->len > PROTO_REQUEST_MAX)
		return fail(conn, STATUS_FAILED, "too many names at once");
	while (done < request->len) {
		n = send(conn->fd, request->s + done, request->len - done,
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		/* The daemon may have answered before it hung up: read that. */
		if (n == -1 && errno == EPIPE)
			break;
		if (n == -1)
			return fail(conn, STATUS_FAILED, "sending to hupd: %s",
			    strerror(errno == EAGAIN ? ETIMEDOUT : errno));
		done += (size_t)n;
	}
	return STATUS_OK;
}

static char *
newline(const struct conn *conn)
{
	return memchr(conn->buf + conn->start, '\n', conn->end - conn->start);
}

bool
conn_ready(const struct conn *conn)
{
	return newline(conn) != NULL;
}

int
conn_receive(struct conn *conn)
{
	ssize_t n;

	if (conn->start > 0) {
		memmove(conn->buf, conn->buf + conn->start,
		    conn->end - conn->start);
		conn->end -= conn->start;
		conn->start = 0;
	}
	if (conn->end == PROTO_REPLY_MAX || conn->total > TOTAL_MAX) {
		fail(conn, STATUS_FAILED, "hupd's answer is too long");
		return -1;
	}
	do
		n = recv(conn->fd, conn->buf + conn->end,
		    PROTO_REPLY_MAX - conn->end, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		fail(conn, STATUS_FAILED,
		    "no answer from hupd within "
		    "%d seconds",
		    PATIENCE);
	else if (n == -1 && errno != ECONNRESET)
		fail(conn, STATUS_FAILED, "receiving from hupd: %s",
		    strerror(errno));
	else if (n <= 0)
		fail(conn, STATUS_FAILED, "hupd ended before it had answered");
	if (n <= 0)
		return -1;
	conn->end += (size_t)n;
	conn->total += (size_t)n;
	return 0;
}

/* The "end" line: take over its status and text, drop the line. */
static int
end(struct conn *conn, struct reply *reply)
{
	struct proto_line *line = &reply->v[reply->n - 1];
	const char *word = proto_word(line, 0), *text, *why = "not a number";

	text = proto_get(line, "text");
	conn->status = word == NULL ? -1 : (int)strtonum(word, 0, 255, &why);
	if (why != NULL)
		fail(conn, STATUS_FAILED, "hupd's answer is not understood");
	else if (text != NULL)
		fail(conn, conn->status, "%s", text);
	proto_clear(line);
	free(reply->text[--reply->n]);
	return why == NULL ? 0 : -1;
}

int
conn_next(struct conn *conn, struct reply *reply)
{
	char *line, *stop;

	while ((stop = newline(conn)) == NULL) {
		if (conn_receive(conn) == -1)
			return -1;
	}
	line = conn->buf + conn->start;
	*stop = '\0';
	conn->start = (size_t)(stop + 1 - conn->buf);
	if (reply_add(reply, line) == -1) {
		fail(conn, STATUS_FAILED, "hupd's answer is not understood");
		return -1;
	}
	if (line_is(&reply->v[reply->n - 1], "end"))
		return end(conn, reply);
	return 1;
}

int
conn_ask(struct conn *conn, const char *path, const struct proto_text *request,
    struct reply *reply)
{
	if (conn_open(conn, path) != STATUS_OK ||
	    conn_send(conn, request) != STATUS_OK)
		return conn->status;
	while (conn_next(conn, reply) == 1)
		;
	return conn->status;
}
