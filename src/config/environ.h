/*
 * environ - the environment of a program: reads environment files, and puts the
 * whole together from its sources; a later value replaces an earlier one.
 *
 * An environment file has lines of NAME=VALUE, optionally after "export", blank
 * lines and # comments.  A value may stand in '...', literal, or in "...",
 * where a backslash escapes $ ` " \ ; nothing is expanded.  A shell reads such
 * a file to the same variables.
 */
#ifndef ENVIRON_H
#define ENVIRON_H

#include <stddef.h>

/* An environment file may have this many bytes. */
#define ENVIRON_FILE_MAX ((size_t)64 * 1024)

/*
 * Parse the text of a file.  *vars becomes a NULL-terminated list in one
 * allocation, in the order of the lines.  -1: *badline is the bad line, or 0
 * for no memory.
 */
int environ_parse(const char *bytes, size_t len, char ***vars,
    unsigned *badline);
/*
 * Read and parse a file, if it is safe from others.  -1 with errno; EBADMSG: it
 * has a bad line.
 */
int environ_read(const char *path, char ***vars);

/* K=V strings, borrowed. */
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
/* The NULL-terminated vector, which e keeps; NULL with ENOMEM. */
char **environ_vector(struct environment *);
void environ_clear(struct environment *);

#endif
