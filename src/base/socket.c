/*
 * socket - Unix domain sockets that have a path.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/socket.h"

/* Newer than the headers of many systems. */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

static int
address(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlcpy(sun->sun_path, path, sizeof(sun->sun_path)) <
	    sizeof(sun->sun_path))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int
socket_bind(const char *path, int type, mode_t mode)
{
	struct sockaddr_un sun;
	mode_t mask;
	int fd, on = type == SOCK_DGRAM, rv, saved;

	if (address(&sun, path) == -1)
		return -1;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
	    (unlink(path) == 0 || errno == ENOENT)) {
		mask = umask(0777 & ~mode);
		rv = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
		umask(mask);
		if (rv == 0)
			return fd;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

bool
socket_refuse_descriptors(int fd)
{
	const int off = 0;

	return setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off)) ==
	    0;
}

ssize_t
socket_receive(int fd, void *buf, size_t size, int fds[static SOCKET_FDS_MAX],
    size_t *nfds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(SOCKET_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;

	*nfds = 0;
	n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1)
		return -1;
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), *nfds * sizeof(int));
	}
	return n;
}

int
socket_connect(int fd, const char *path)
{
	struct sockaddr_un sun;

	if (address(&sun, path) == -1)
		return -1;
	return connect(fd, (struct sockaddr *)&sun, sizeof(sun));
}
