/*
 * notify - the datagram socket that programs send their notify messages to.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "process/notify.h"
#include "base/socket.h"

/* Longer messages are dropped; systemd's limit is PIPE_BUF too. */
#define MESSAGE_MAX 4096
/* The most descriptors that a message may carry; all get closed. */
#define FDS_MAX 16

int
notify_open(const char *path)
{
	return socket_bind(path, SOCK_DGRAM, 0666);
}

/* Keep the first descriptor, which is the barrier's, and close the others. */
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
notify_receive(int fd, struct sdnotify *m, pid_t *pid, uid_t *uid, int *barrier)
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
	sdnotify_parse(m, buf, (size_t)n);
	return 1;
}
