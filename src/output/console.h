/*
 * console - the standard output that the daemon was started with, written to
 * without ever waiting for whoever reads it.
 *
 * Layer 2.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * A descriptor for what fd is, close-on-exec, and non-blocking where others
 * that have fd do not notice.  -1 with errno.
 */
int console_open(int fd);
/*
 * Write at most len bytes, or EAGAIN.  Up to PIPE_BUF bytes go into a pipe
 * whole.
 */
ssize_t console_write(int fd, const char *buf, size_t len);
/* After that error, is there nobody any more who could read? */
bool console_is_gone(int err);

#endif
