/*
 * emit - a log's bytes to where they are read: as they are, escaped for a
 * terminal with or without colours, or as one JSON object a line.  Pieces may
 * end anywhere, lines may have any length.
 *
 * Writes to the stream that it is given, and does nothing else.
 */
#ifndef EMIT_H
#define EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* EMIT_COLOURED: escaped, but the sequences that set colours are kept. */
enum emit_form { EMIT_RAW, EMIT_ESCAPED, EMIT_COLOURED, EMIT_JSON };

/* A longer sequence is no colour. */
#define EMIT_PART 64

struct emit {
	FILE *f;
	enum emit_form form;
	bool inside;   /* a line is open */
	bool coloured; /* and colours are on */
	/* An unfinished character, or sequence that sets colours. */
	char part[EMIT_PART];
	size_t npart;
};

void emit_bytes(struct emit *, const char *, size_t);
/* No more will come: write what is unfinished. */
void emit_end(struct emit *);

#endif
