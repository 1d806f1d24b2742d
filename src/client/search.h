/*
 * search - look for the lines of a log that a regular expression matches.
 *
 * Most lines of a log do not match.  A text that every match must contain is
 * taken from the expression if there is one, and looked for in whole buffers.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define SEARCH_MUST 128

struct search {
	regex_t regex;
	char must[SEARCH_MUST]; /* each match contains it */
	size_t mustlen;		/* 0: no such text is known */
	bool plain;		/* and each line with it matches */
};

/*
 * Compile an extended regular expression of regex(7).  -1: it is none, and why
 * says so.
 */
int search_init(struct search *, const char *pattern, char *why,
    size_t whysize);
void search_free(struct search *);

/*
 * The first place in the n bytes at s at which a match may be; NULL: no line in
 * them matches.  A line without it needs no search_matches.
 */
const char *search_skip(const struct search *, const char *s, size_t n);
/* Does the line, n bytes without its newline, match? */
bool search_matches(const struct search *, const char *s, size_t n);

#endif
