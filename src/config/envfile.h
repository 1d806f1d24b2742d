/*
 * envfile - the text of an environment file to variables.
 *
 * Lines of NAME=VALUE, optionally after "export"; blank lines and # comments.
 * A value may stand in '...', literal, or "...", where a backslash escapes
 * $ ` " \ ; nothing is expanded.  So what a shell reads as plain assignments
 * is read alike here.
 *
 * Layer 1.  Pure.
 */
#ifndef ENVFILE_H
#define ENVFILE_H

#include <stddef.h>

/*
 * *vars becomes a NULL-terminated list in one allocation, in the order of the
 * lines.  -1: no memory (*badline is 0), or the line that cannot be read.
 */
int envfile_parse(const char *bytes, size_t len, char ***vars,
    unsigned *badline);

#endif
