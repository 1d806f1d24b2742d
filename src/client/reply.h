/*
 * reply - the lines that the daemon answered, kept.
 *
 * Pure.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "client/json.h"
#include "wire/line.h"

struct reply {
	struct line *v;
	char **text; /* text[i]: what v[i] points into */
	size_t n;
	size_t size;
};

/* Copy and parse one line.  -1: malformed, or no memory. */
int reply_add(struct reply *, const char *line);
/* Add every line of a text that proto built. */
int reply_add_all(struct reply *, const char *lines);
void reply_clear(struct reply *);

bool reply_is(const struct line *, const char *tag);
/* The first line with that tag, or NULL. */
const struct line *reply_find(const struct reply *, const char *tag);

/* Which fields of a line become which keys of an object. */
struct attr {
	const char *json;
	const char *key;
	enum { ATTR_TEXT, ATTR_NUMBER, ATTR_YES } kind;
};
/* Put them; what the line does not have is null. */
void line_json(struct json *, const struct line *, const struct attr *,
    size_t n);
/* The texts of the "tail" lines that begin at i, as an array. */
void tail_json(struct json *, const struct reply *, size_t i);

#endif
