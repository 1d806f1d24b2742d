/*
 * lines - the lines of a text, one after another.
 *
 * Layer 0.  Pure.
 */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

/*
 * Call fn for each line of the text, in a copy that fn may change: len bytes
 * without the newline, and a NUL behind them.  A byte order mark that the text
 * begins with belongs to no line.  -1: no memory for the copy.
 */
int lines_each(const char *bytes, size_t len,
    void (*fn)(void *arg, char *line, size_t len), void *arg);

#endif
