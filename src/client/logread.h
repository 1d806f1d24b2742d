/*
 * logread - the last lines of a log.
 */
#ifndef LOGREAD_H
#define LOGREAD_H

#include <stdint.h>
#include <stdio.h>

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
