/*
 * notify - readiness as programs tell it: the sd_notify(3) socket.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/notify.h"
#include "base/unixsock.h"

/* A message is dropped if it is longer; systemd's bound is PIPE_BUF too. */
#define MESSAGE_MAX 4096
/* Descriptors that are taken from a message, to be closed. */
#define FDS_MAX 16

/* A decimal number and nothing else; false leaves *out alone. */
static bool
number(const char *s, uint64_t *out)
{
	char *end;
	uint64_t n;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*out = n;
	return true;
}

static void
parse_line(struct notify_message *m, const char *line)
{
	uint64_t n;

	if (strcmp(line, "READY=1") == 0)
		m->ready = true;
	else if (strcmp(line, "RELOADING=1") == 0)
		m->reloading = true;
	else if (strcmp(line, "STOPPING=1") == 0)
		m->stopping = true;
	else if (strcmp(line, "WATCHDOG=1") == 0)
		m->watchdog = true;
	else if (strncmp(line, "STATUS=", 7) == 0) {
		m->has_status = true;
		strlcpy(m->status, line + 7, sizeof(m->status));
	} else if (strncmp(line, "MAINPID=", 8) == 0) {
		if (number(line + 8, &n) && n > 1 && n <= INT_MAX)
			m->mainpid = (pid_t)n;
	} else if (strncmp(line, "ERRNO=", 6) == 0) {
		if (number(line + 6, &n) && n <= INT_MAX)
			m->err = (int)n;
	} else if (strncmp(line, "MONOTONIC_USEC=", 15) == 0) {
		if (number(line + 15, &n))
			m->monotonic_usec = n;
	}
}

void
notify_parse(struct notify_message *m, const char *bytes, size_t len)
{
	char line[NOTIFY_STATUS_MAX + 16];
	const char *end, *p;
	size_t kept, n;

	memset(m, 0, sizeof(*m));
	for (p = bytes; len > 0; len -= n, p += n) {
		end = memchr(p, '\n', len);
		n = end != NULL ? (size_t)(end - p) : len;
		/* A longer line can only be a status, which is cut. */
		kept = n < sizeof(line) ? n : sizeof(line) - 1;
		memcpy(line, p, kept);
		line[kept] = '\0';
		parse_line(m, line);
		if (end != NULL)
			n++;
	}
}

int
notify_open(const char *path)
{
	return unixsock_bind(path, SOCK_DGRAM, 0666);
}

/* The first descriptor is the barrier's, others are none of our business. */
static void
take_fds(struct cmsghdr *c, int *barrier)
{
	int fds[FDS_MAX];
	size_t i, n;

	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (n > FDS_MAX)
		n = FDS_MAX;
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	for (i = 0; i < n; i++)
		if (i == 0 && *barrier == -1)
			*barrier = fds[i];
		else
			close(fds[i]);
}

int
notify_receive(int fd, struct notify_message *m, pid_t *pid, uid_t *uid,
    int *barrier)
{
	char buf[MESSAGE_MAX];
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred)) +
		    CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
	struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	struct ucred cred = {0};
	struct cmsghdr *c;
	ssize_t n;

	*barrier = -1;
	n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			take_fds(c, barrier);
		else if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	}
	if (cred.pid <= 0 || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (*barrier != -1)
			close(*barrier);
		*barrier = -1;
		return -1;
	}
	*pid = cred.pid;
	*uid = cred.uid;
	notify_parse(m, buf, (size_t)n);
	return 1;
}
