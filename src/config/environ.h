/*
 * environ - the environment of a program: environment files read, and the
 * whole put together from its sources, the later winning.
 *
 * An environment file has lines of NAME=VALUE, optionally after "export", blank
 * lines and # comments.  A value may stand in '...', literal, or "...", where a
 * backslash escapes $ ` " \ ; nothing is expanded.  So what a shell reads as
 * plain assignments is read alike here.
 */
#ifndef ENVIRON_H
#define ENVIRON_H

#include <stddef.h>

/* An environment file may have this many bytes. */
#define ENVIRON_FILE_MAX ((size_t)64 * 1024)

/*
 * The variables in the text of a file: *vars becomes a NULL-terminated list in
 * one allocation, in the order of the lines.  -1: no memory (*badline is 0), or
 * the line that cannot be read.
 */
int environ_parse(const char *bytes, size_t len, char ***vars,
    unsigned *badline);
/*
 * The same of a file, if it is safe.  -1 with errno; EBADMSG is a line that
 * cannot be read.
 */
int environ_read(const char *path, char ***vars);

/* K=V strings, borrowed; NULL-terminated when asked for. */
struct environment {
	char **v;
	size_t n;
	size_t size;
	int failed; /* out of memory; sticks */
};

/* Set K=V: the string is borrowed until environ_clear. */
void environ_set(struct environment *, char *kv);
/* Set all of a NULL-terminated vector, or NULL. */
void environ_set_all(struct environment *, char *const *);
void environ_unset(struct environment *, const char *name);
const char *environ_get(const struct environment *, const char *name);
/* The vector, NULL-terminated; NULL without memory. */
char **environ_vector(struct environment *);
void environ_clear(struct environment *);

#endif
