/*
 * words - split a command line into words, and join them again.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Split s into words as a shell does: white space separates words; '...' is
 * literal; in "..." a backslash escapes $ ` " \ ; elsewhere it escapes any
 * byte.  Nothing is expanded.  *words is a list as in base/strings.h; free it
 * with free(3).  Returns 0, or -1 and points *why at a static reason.
 */
int words_split(const char *s, char ***words, size_t *n, const char **why);
/*
 * The inverse: join the words by blanks and quote them where needed; "" for
 * NULL.  The caller frees the result.  NULL: out of memory.
 */
char *words_join(char *const *words);

/*
 * The first word that has a meaning in a shell only: $X ` | > < && ; ~/ outside
 * of quotes; if quoted, a variable in double quotes as well.  Returns its
 * length, quotes included; 0: none.
 */
size_t words_shell(const char *s, bool quoted, const char **word);

#endif
