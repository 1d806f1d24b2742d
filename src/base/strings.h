/*
 * strings - lists of strings: a vector that ends with NULL, with its strings
 * in the same allocation, so that free(3) of the vector frees all of it.  The
 * empty list may be NULL.
 */
#ifndef STRINGS_H
#define STRINGS_H

#include <stdbool.h>
#include <stddef.h>

size_t strings_count(char *const *);
bool strings_has(char *const *, const char *item);
/* The same strings in the same order. */
bool strings_equal(char *const *, char *const *);

/* Append a copy of item.  -1: no memory, and *list is unchanged. */
int strings_add(char ***list, const char *item);
/* *to becomes a list of its own, or NULL if from is.  -1: no memory. */
int strings_copy(char ***to, char *const *from);
/* Remove entry i.  A list that becomes empty is freed and set to NULL. */
void strings_remove(char ***list, size_t i);

#endif
