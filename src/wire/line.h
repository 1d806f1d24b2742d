/*
 * line - requests and replies of the control socket as lines of text.
 *
 * A line is a tag and fields, separated by one blank, ended by a newline:
 *
 *	TAG [WORD ...] [KEY=VALUE ...]
 *
 * WORD and VALUE are tokens: blank, %, =, control bytes and bytes outside
 * ASCII are written %XX.  A client sends one request line.  The daemon
 * answers with lines, of which the last is
 *
 *	end STATUS [text=MESSAGE]
 *
 * STATUS is the exit status of hupctl.  Then the daemon closes the
 * connection.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/names.h"

#define LINE_VERSION 1
/* The longest request line and the longest reply line, in bytes. */
#define LINE_REQUEST_MAX ((size_t)1024 * 1024)
#define LINE_REPLY_MAX ((size_t)256 * 1024)

/* A parsed line: pointers into its text, which was changed in place. */
struct line_field {
	char *key; /* NULL: a word */
	char *value;
};

struct line {
	char *tag;
	struct line_field *v;
	size_t n;
};

/*
 * Parse one line; a newline ends it.  -1 if it is malformed (a bad escape, an
 * empty tag) or memory is short.
 */
int line_parse(struct line *, char *text);
void line_clear(struct line *);
/* Has the line this tag? */
bool line_is(const struct line *, const char *tag);
/* The value of a key, or NULL. */
const char *line_get(const struct line *, const char *key);
/* The value as a number; fallback if the key is absent or no number. */
int64_t line_get_number(const struct line *, const char *key, int64_t fallback);
/* The i-th word (a field without key), from 0, or NULL. */
const char *line_get_word(const struct line *, size_t i);

/* A growing text of lines.  Once memory is short, failed stays true. */
struct line_text {
	char *s; /* NUL-terminated, or NULL */
	size_t len;
	size_t size;
	bool failed;
};

/*
 * Append one line: line_begin, any number of line_put*, line_end.  A NULL
 * value puts nothing.
 */
void line_begin(struct line_text *, const char *tag);
void line_put_word(struct line_text *, const char *word);
/* A list of strings.h; NULL is an empty one. */
void line_put_words(struct line_text *, char *const *words);
void line_put(struct line_text *, const char *key, const char *value);
void line_put_number(struct line_text *, const char *key, int64_t);
void line_end(struct line_text *);
/* Append complete lines. */
void line_put_raw(struct line_text *, const char *lines);
void line_text_clear(struct line_text *);

#endif
