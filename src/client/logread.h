/*
 * logread - print a log, of which older files may have been rotated away:
 * its last lines, and what is added.
 */
#ifndef LOGREAD_H
#define LOGREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/emit.h"

/*
 * Print the last lines of the log at path, and with follow all that is added
 * later, until standard output fails or a signal ends the process.  Lines are
 * cut if they are much longer than usual.  Returns 0, or -1 with errno.
 */
int logread_follow(const char *path, int64_t lines, bool follow, struct emit *);

/*
 * Seek in the file fd to where its last n lines begin, but not further back
 * than *room bytes; an unfinished last line counts.  *left: the lines that it
 * has too few.  *room: what is left of it, 0 if the lines were cut.  Returns 0,
 * or -1 with errno.
 */
int logread_seek(int fd, int64_t n, int64_t *left, int64_t *room);

/*
 * Print the last few lines of the log, indented and escaped, after an empty
 * line and the title, if there is one.  name: only the lines about that
 * program; or NULL.  Prints nothing if log is NULL or cannot be read.
 */
void logread_recent(FILE *, const char *title, const char *log,
    const char *name);

#endif
