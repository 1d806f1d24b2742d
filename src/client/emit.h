/*
 * emit - a log's bytes to where they are read: as they are, escaped for
 * a terminal, or as one JSON object a line.  Pieces may end anywhere, lines
 * may have any length.
 *
 * Writes to the stream that it is given, and does nothing else.
 */
#ifndef EMIT_H
#define EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client/utf8.h"

enum emit_form { EMIT_RAW, EMIT_ESCAPED, EMIT_JSON };

struct emit {
	FILE *f;
	enum emit_form form;
	bool inside;	     /* a JSON object is open */
	char part[UTF8_MAX]; /* an unfinished character */
	size_t npart;
};

void emit_bytes(struct emit *, const char *, size_t);
/* No more will come: write what is unfinished. */
void emit_end(struct emit *);

#endif
