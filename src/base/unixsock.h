/*
 * unixsock - sockets of this machine that have a path.
 *
 * Layer 2.  Source: unix(7).
 */
#ifndef UNIXSOCK_H
#define UNIXSOCK_H

#include <sys/types.h>

/*
 * A socket of that type at the path, with that mode from the first moment, in
 * place of whatever is there; it does not block and is closed by exec.  Of a
 * datagram it tells who sent it.  -1 with errno.
 */
int unixsock_bind(const char *path, int type, mode_t mode);

/* 0, or -1 with errno; ENAMETOOLONG: no socket can have that path. */
int unixsock_connect(int fd, const char *path);

#endif
