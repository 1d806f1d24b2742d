/*
 * environ - the environment of a program: reads environment files, and puts the
 * whole together from its sources; a later value replaces an earlier one.
 *
 * An environment file has the syntax of systemd's EnvironmentFile, see
 * systemd.exec(5): NAME=VALUE, blank lines, comments that begin with # or ;.
 * A value may consist of parts in '...', literal, or "...", where a backslash
 * escapes $ ` " \ ; both may have several lines.  Elsewhere a backslash takes
 * the next byte as it is.  A backslash at the end of a line joins it with the
 * next.  Nothing is expanded.  Besides, a line may begin with "export", and a
 * name may contain . and -.
 */
#ifndef ENVIRON_H
#define ENVIRON_H

#include <stdbool.h>
#include <stddef.h>

/* PATH, where nothing else says. */
#define ENVIRON_PATH \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* An environment file may have this many bytes. */
#define ENVIRON_FILE_MAX ((size_t)64 * 1024)

/* The length of NAME in "NAME=VALUE"; 0: text does not begin with a name. */
size_t environ_name(const char *text);
bool environ_is_name(const char *text);
/*
 * Parse the text of a file.  *vars becomes a NULL-terminated list in one
 * allocation, in the order of the lines.  A line that is no variable is left
 * out and given to warn, which may be NULL.  -1: no memory.
 */
int environ_parse(const char *bytes, size_t len, char ***vars,
    void (*warn)(void *arg, unsigned line, const char *why), void *arg);
/*
 * Copy a NAME=VALUE of the key env to out, which has room for it, without the
 * quotes of a value that begins with one.  NULL, or the reason why not.
 */
const char *environ_unquote(const char *text, char *out);
/* NAME=VALUE as environ_unquote understands it; malloc'd, or NULL. */
char *environ_quote(const char *kv);

/* The entry NAME=VALUE of a NULL-terminated vector, or NULL, which it may be.
 */
char *environ_find(char *const *v, const char *name);

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
