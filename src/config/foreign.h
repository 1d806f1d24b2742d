/*
 * foreign - the words of other tools for keys and values of hupd, for "did you
 * mean".
 *
 * Pure.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdbool.h>

/* The longest answer of foreign_key, with its NUL. */
#define FOREIGN_MAX 96

/*
 * The answer to a key of another tool: "did you mean env?", or how hupd does it
 * without a key.  Only a key for which exists is true is an answer.  Case, -
 * and _ do not matter.  The answer is in buf; NULL: the word is unknown.
 */
const char *foreign_key(const char *word, bool (*exists)(const char *key),
    char buf[static FOREIGN_MAX]);
/*
 * The one of the NULL-terminated values that means the same as the word; NULL:
 * none does.
 */
const char *foreign_value(const char *word, const char *const *values);

#endif
