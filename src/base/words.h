/*
 * words - a command line split into words, and joined again.
 *
 * Layer 0.  Pure.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

/*
 * Split s into words as a shell does: white space separates; '...' is
 * literal; in "..." a backslash escapes $ ` " \ ; outside, a backslash
 * escapes any byte.  Nothing is expanded.  *words is a NULL-terminated
 * vector in one allocation: free(*words) frees all.  Returns 0, or -1 and
 * points *why at a static reason.
 */
int words_split(const char *s, char ***words, size_t *n, const char **why);
/*
 * The inverse: words joined by blanks, quoted where needed, "" for NULL.
 * malloc'd; NULL is out of memory.
 */
char *words_join(char *const *words);

#endif
