/*
 * message - what the daemon and its log process send each other.
 */
#include "output/message.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

union control {
	struct cmsghdr hdr;
	char space[CMSG_SPACE(sizeof(int))];
};

int
message_send(int sock, const void *msg, size_t len, int fd)
{
	union {
		const void *in;
		void *out;
	} base = {.in = msg};
	struct iovec iov = {.iov_base = base.out, .iov_len = len};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	union control c = {0};

	if (fd != -1) {
		mh.msg_control = &c;
		mh.msg_controllen = sizeof(c);
		c.hdr.cmsg_level = SOL_SOCKET;
		c.hdr.cmsg_type = SCM_RIGHTS;
		c.hdr.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&c.hdr), &fd, sizeof(fd));
	}
	return sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 ? -1 : 0;
}

ssize_t
message_recv(int sock, void *msg, size_t size, int *fd)
{
	struct iovec iov = {.iov_base = msg, .iov_len = size};
	union control c = {0};
	struct msghdr mh = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &c,
	    .msg_controllen = sizeof(c)};
	struct cmsghdr *h;
	ssize_t n;

	*fd = -1;
	n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n == -1)
		return -1;
	h = CMSG_FIRSTHDR(&mh);
	if (h != NULL && h->cmsg_level == SOL_SOCKET &&
	    h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(h), sizeof(*fd));
	return n;
}
