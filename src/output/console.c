/*
 * console - the standard output that the daemon was started with.
 */
#include "output/console.h"

#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/*
 * O_NONBLOCK is a property of what all that inherited a descriptor share, the
 * shell for one.  So a pipe or terminal is opened anew.  A file is not: it
 * does not block, and would be written from its beginning.
 */
int
console_open(int fd)
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

ssize_t
console_write(int fd, const char *buf, size_t len)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};
	ssize_t n;

	n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n != -1 || errno != ENOTSOCK)
		return n;
	/* It may block all the same: so much is taken by a pipe with room. */
	while ((n = poll(&pfd, 1, 0)) == -1 && errno == EINTR)
		;
	if (n == 0)
		errno = EAGAIN;
	if (n != 1)
		return -1;
	return write(fd, buf, MIN(len, PIPE_BUF));
}

bool
console_is_gone(int err)
{
	return err == EPIPE || err == EIO || err == EBADF ||
	    err == ECONNRESET || err == ENOTCONN;
}
