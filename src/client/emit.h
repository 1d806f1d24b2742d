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

/*
 * The text before a line.  prefix: as it is, or NULL.  The others are for
 * JSON: program NULL means that an object has the line alone, stream or time
 * NULL that it is not known.
 */
struct emit_head {
	const char *prefix;
	const char *program;
	const char *stream;
	const char *time;
	size_t timelen;
};

struct emit {
	FILE *f;
	enum emit_form form;
	struct emit_head head; /* of the line that begins next */
	bool ends_lines;       /* emit_end ends one, even of EMIT_RAW */
	bool inside;	       /* a line is open */
	bool coloured;	       /* and colours are on */
	/* An unfinished character, or sequence that sets colours. */
	char part[EMIT_PART];
	size_t npart;
};

/* The head is the same for all lines that begin in these bytes. */
void emit_bytes(struct emit *, const char *, size_t);
/* No more of this line will come: write what is unfinished. */
void emit_end(struct emit *);

#endif
