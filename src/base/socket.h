/*
 * socket - Unix domain sockets that have a path.
 *
 * Source: unix(7).
 */
#ifndef SOCKET_H
#define SOCKET_H

#include <sys/types.h>

/*
 * Bind a new socket of this type to the path, replacing what is there.  It has
 * this mode from the first moment, does not block and is close-on-exec.  A
 * datagram socket receives the credentials of the sender (SO_PASSCRED).
 * Returns the descriptor, or -1 with errno.
 */
int socket_bind(const char *path, int type, mode_t mode);

/* 0, or -1 with errno; ENAMETOOLONG: the path is too long for a socket. */
int socket_connect(int fd, const char *path);

#endif
