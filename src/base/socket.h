/*
 * socket - Unix domain sockets that have a path.
 *
 * Source: unix(7).
 */
#ifndef SOCKET_H
#define SOCKET_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * Bind a new socket of this type to the path, replacing what is there.  It has
 * this mode from the first moment, does not block and is close-on-exec.  A
 * datagram socket receives the credentials of the sender (SO_PASSCRED).
 * Returns the descriptor, or -1 with errno.
 */
int socket_bind(const char *path, int type, mode_t mode);

/*
 * Have the kernel refuse descriptors that a sender passes, on this socket and
 * on connections to it (SO_PASSRIGHTS, Linux 6.16).  False: it cannot.  Then a
 * descriptor that nobody receives is closed by the kernel in the name of the
 * process that reads or closes the socket, which may sleep: see
 * process/closer.h.
 */
bool socket_refuse_descriptors(int fd);

/* The most descriptors in one message, as the kernel has it (SCM_MAX_FD). */
#define SOCKET_FDS_MAX 253

/*
 * As recv(2) with MSG_DONTWAIT.  Descriptors that came along are stored in
 * fds, close-on-exec, and counted in *nfds; they are the caller's.
 */
ssize_t socket_receive(int fd, void *buf, size_t size,
    int fds[static SOCKET_FDS_MAX], size_t *nfds);

/* 0, or -1 with errno; ENAMETOOLONG: the path is too long for a socket. */
int socket_connect(int fd, const char *path);

#endif
