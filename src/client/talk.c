/*
 * talk - the connection to the daemon: a request out, lines in, bounded
 * in time and size whatever the daemon sends.
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/socket.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"

/* Seconds without a byte after which a daemon that owes an answer is stuck. */
#define PATIENCE 5
/* A whole answer: far above the largest configuration that can be. */
#define TOTAL_MAX ((size_t)1024 * 1024 * 1024)

/* The user named the socket himself. */
static bool trusts_everybody;
static char *pidfile; /* see talk_use_pidfile */

static int fail(struct talk *talk, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(struct talk *talk, int status, const char *fmt, ...)
{
	va_list ap;

	free(talk->why);
	va_start(ap, fmt);
	if (vasprintf(&talk->why, fmt, ap) == -1)
		talk->why = NULL;
	va_end(ap);
	return talk->status = status;
}

void
talk_use_pidfile(const char *path)
{
	free(pidfile);
	pidfile = path != NULL ? strdup(path) : NULL;
}

bool
talk_holder(const char *path, struct holder *h)
{
	char folder[PATH_MAX], *slash;

	strlcpy(folder, path, sizeof(folder));
	slash = strrchr(folder, '/');
	if (slash == NULL)
		strlcpy(folder, ".", sizeof(folder));
	else
		*slash = '\0';
	return holder_of_records(h, folder) ||
	    (pidfile != NULL && holder_of_pidfile(h, pidfile));
}

int
talk_signal(const char *path, const struct holder *h, int sig)
{
	struct holder now;
	int fd, rv = -1;

	if (h->pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	/* If the lock still names this pid, the descriptor is the daemon. */
	fd = (int)syscall(SYS_pidfd_open, h->pid, 0);
	if (fd == -1)
		return -1;
	errno = ESRCH;
	if (talk_holder(path, &now) && now.pid == h->pid)
		rv = (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
	close(fd);
	return rv;
}

/* Nobody listens; but does a daemon run? */
static int
not_listening(struct talk *talk, const char *path)
{
	struct holder h;

	if (!talk_holder(path, &h)) {
		/* A daemon that ends in order removes it. */
		if (pidfile != NULL && access(pidfile, F_OK) == 0)
			return fail(talk, STATUS_NO_DAEMON,
			    "hupd is not running (%s), but %s exists", path,
			    pidfile);
		return fail(talk, STATUS_NO_DAEMON, "hupd is not running (%s)",
		    path);
	}
	if (h.pid == 0)
		return fail(talk, STATUS_FAILED, "hupd is starting (%s)", path);
	if (h.stopping)
		return fail(talk, STATUS_NO_DAEMON, "hupd (pid %d) is stopping",
		    (int)h.pid);
	return fail(talk, STATUS_FAILED,
	    "%s was removed, but hupd is running (pid %d); 'hupctl reload' "
	    "makes it again",
	    path, (int)h.pid);
}

static int
refused(struct talk *talk, const char *path, int error)
{
	if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR)
		return not_listening(talk, path);
	if (error == EACCES || error == EPERM)
		return fail(talk, STATUS_DENIED,
		    "%s: %s: be root or a member of hupd's access-group", path,
		    strerror(error));
	if (error == EAGAIN)
		return fail(talk, STATUS_FAILED,
		    "%s: hupd takes no connection within %d seconds", path,
		    PATIENCE);
	return fail(talk, STATUS_FAILED, "%s: %s", path, strerror(error));
}

void
talk_patience(struct talk *talk, bool endless)
{
	struct timeval tv = {.tv_sec = endless ? 0 : PATIENCE};

	/* These cannot fail on a socket that is ours. */
	setsockopt(talk->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(talk->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

void
talk_trust_everybody(void)
{
	trusts_everybody = true;
}

/*
 * Another user who listens where a daemon could be can have us do whatever he
 * answers.
 */
static int
check_owner(struct talk *talk, const char *path, uid_t uid)
{
	static bool warned;

	if (uid == 0 || uid == geteuid())
		return STATUS_OK;
	if (geteuid() != 0 && !trusts_everybody)
		return fail(talk, STATUS_DENIED,
		    "%s: the socket belongs to user %u, neither root nor you; "
		    "to trust it, name it by -s",
		    path, (unsigned)uid);
	if (!warned)
		present_warn("%s: the socket belongs to user %u, neither root "
			     "nor "
			     "you",
		    path, (unsigned)uid);
	warned = true;
	return STATUS_OK;
}

int
talk_open(struct talk *talk, const char *path)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	*talk = (struct talk){.fd = -1};
	if ((talk->buf = malloc(LINE_REPLY_MAX)) == NULL)
		return refused(talk, path, ENOMEM);
	talk->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (talk->fd == -1)
		return refused(talk, path, errno);
	talk_patience(talk, false);
	if (socket_connect(talk->fd, path) == -1)
		return refused(talk, path, errno);
	if (getsockopt(talk->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return refused(talk, path, errno);
	talk->peer = cred.pid;
	return check_owner(talk, path, cred.uid);
}

void
talk_close(struct talk *talk)
{
	if (talk->fd != -1)
		close(talk->fd);
	talk->fd = -1;
	free(talk->buf);
	talk->buf = NULL;
	free(talk->why);
	talk->why = NULL;
}

int
talk_send(struct talk *talk, const struct line_text *request)
{
	size_t done = 0;
	ssize_t n;

	if (request->failed)
		return fail(talk, STATUS_FAILED, "%s", strerror(ENOMEM));
	if (request->len > LINE_REQUEST_MAX)
		return fail(talk, STATUS_FAILED, "too many names at once");
	while (done < request->len) {
		n = send(talk->fd, request->s + done, request->len - done,
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		/* The daemon may have answered before it hung up: read that. */
		if (n == -1 && errno == EPIPE)
			break;
		if (n == -1)
			return fail(talk, STATUS_FAILED, "sending to hupd: %s",
			    strerror(errno == EAGAIN ? ETIMEDOUT : errno));
		done += (size_t)n;
	}
	return STATUS_OK;
}

static char *
newline(const struct talk *talk)
{
	return memchr(talk->buf + talk->start, '\n', talk->end - talk->start);
}

bool
talk_ready(const struct talk *talk)
{
	return newline(talk) != NULL;
}

bool
talk_wait(struct talk *talk, int64_t ms)
{
	struct pollfd pfd = {.fd = talk->fd, .events = POLLIN};

	return talk_ready(talk) ||
	    poll(&pfd, 1, ms > INT_MAX ? INT_MAX : (int)ms) > 0;
}

int
talk_receive(struct talk *talk)
{
	ssize_t n;

	if (talk->start > 0) {
		memmove(talk->buf, talk->buf + talk->start,
		    talk->end - talk->start);
		talk->end -= talk->start;
		talk->start = 0;
	}
	if (talk->end == LINE_REPLY_MAX || talk->total > TOTAL_MAX) {
		fail(talk, STATUS_FAILED, "hupd's answer is too long");
		return -1;
	}
	do
		n = recv(talk->fd, talk->buf + talk->end,
		    LINE_REPLY_MAX - talk->end, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		fail(talk, STATUS_FAILED,
		    "no answer from hupd within "
		    "%d seconds",
		    PATIENCE);
	else if (n == -1 && errno != ECONNRESET)
		fail(talk, STATUS_FAILED, "receiving from hupd: %s",
		    strerror(errno));
	else if (n <= 0)
		fail(talk, STATUS_FAILED, "hupd ended before it had answered");
	if (n <= 0)
		return -1;
	talk->end += (size_t)n;
	talk->total += (size_t)n;
	return 0;
}

/* The "end" line: take over its status and text, drop the line. */
static int
end(struct talk *talk, struct reply *reply)
{
	struct line *line = &reply->v[reply->n - 1];
	const char *word = line_get_word(line, 0), *text, *why = "not a number";

	text = line_get(line, "text");
	talk->status = word == NULL ? -1 : (int)strtonum(word, 0, 255, &why);
	if (why != NULL)
		fail(talk, STATUS_FAILED, "hupd's answer is not understood");
	else if (text != NULL)
		fail(talk, talk->status, "%s", text);
	line_clear(line);
	free(reply->text[--reply->n]);
	return why == NULL ? 0 : -1;
}

int
talk_next(struct talk *talk, struct reply *reply)
{
	char *line, *stop;

	while ((stop = newline(talk)) == NULL) {
		if (talk_receive(talk) == -1)
			return -1;
	}
	line = talk->buf + talk->start;
	*stop = '\0';
	talk->start = (size_t)(stop + 1 - talk->buf);
	if (reply_add(reply, line) == -1) {
		fail(talk, STATUS_FAILED, "hupd's answer is not understood");
		return -1;
	}
	if (reply_is(&reply->v[reply->n - 1], "end"))
		return end(talk, reply);
	return 1;
}

int
talk_ask(struct talk *talk, const char *path, const struct line_text *request,
    struct reply *reply)
{
	if (talk_open(talk, path) != STATUS_OK ||
	    talk_send(talk, request) != STATUS_OK)
		return talk->status;
	while (talk_next(talk, reply) == 1)
		;
	return talk->status;
}

int
talk_verdict(const struct ctl *ctl, const struct talk *talk)
{
	if (talk->status == STATUS_OK && talk->why != NULL)
		present_warn("%s", talk->why);
	if (talk->status == STATUS_OK)
		return STATUS_OK;
	return present_fail(ctl, talk->status, "%s",
	    talk->why != NULL ? talk->why : "hupd refused, without a reason");
}

bool
talk_are_names(const struct ctl *ctl, int n, char **names)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!text_is_name(names[i])) {
			present_fail(ctl, STATUS_USAGE,
			    "'%s' is no program's name", names[i]);
			return false;
		}
	}
	return true;
}
