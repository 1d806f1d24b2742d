/*
 * reply - the lines that the daemon answered, kept; and what a report of
 * errors would be that were found without it.
 *
 * Pure.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "wire/line.h"

struct reply {
	struct line *v;
	char **text; /* text[i]: what v[i] points into */
	size_t n;
	size_t size;
};

/* Copy and parse one line.  -1: malformed, or no memory. */
int reply_add(struct reply *, const char *line);
/* Add every line of a text; NULL has none.  -1: as above. */
int reply_add_all(struct reply *, const char *lines);
/* Add an "error" line for each diagnostic.  -1: no memory. */
int reply_add_errors(struct reply *, const struct diags *);
/* Has it the note as a "warning" line? */
bool reply_has_warning(const struct reply *, const struct diag *note);
/* Add a "warning" line for each note that the reply lacks.  -1: no memory. */
int reply_add_warnings(struct reply *, const struct diags *notes);
void reply_clear(struct reply *);

/* Has the line that tag? */
bool reply_is(const struct line *, const char *tag);
/* Has its field that value?  NULL equals nothing. */
bool reply_has(const struct line *, const char *field, const char *value);
/* The first line with that tag, or NULL. */
const struct line *reply_find(const struct reply *, const char *tag);
/* The first line with that tag and that value of a field, or NULL. */
const struct line *reply_find_of(const struct reply *, const char *tag,
    const char *field, const char *value);

#endif
