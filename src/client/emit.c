/*
 * emit - a log's bytes to where they are read.
 */
#include <string.h>

#include "base/escape.h"
#include "client/emit.h"
#include "client/json.h"

#define PIECE 4096

/* Bytes of one line, without its newline, whole characters only. */
static void
part_of_line(struct emit *emit, const char *s, size_t n)
{
	char safe[4 * PIECE + 1];
	size_t piece, len;

	if (emit->form == EMIT_JSON) {
		json_escape(emit->f, s, n);
		return;
	}
	for (; n > 0; s += piece, n -= piece) {
		piece = n < PIECE ? n : PIECE;
		if (piece < n)
			piece -= utf8_unfinished(s, piece);
		len = escape_bytes(safe, sizeof(safe), s, piece, true);
		fwrite(safe, 1, len, emit->f);
	}
}

static void
open_line(struct emit *emit)
{
	if (emit->form == EMIT_JSON && !emit->inside)
		fputs("{\"line\":\"", emit->f);
	emit->inside = true;
}

static void
close_line(struct emit *emit)
{
	open_line(emit);
	part_of_line(emit, emit->part, emit->npart);
	emit->npart = 0;
	fputs(emit->form == EMIT_JSON ? "\"}\n" : "\n", emit->f);
	emit->inside = false;
}

/* Complete the character that the last piece ended in.  Returns its bytes. */
static size_t
finish_character(struct emit *emit, const char *s, size_t n)
{
	size_t used = 0;
	int length = -1;

	while (emit->npart > 0 && length == -1 && used < n) {
		emit->part[emit->npart] = s[used];
		length = utf8_length(emit->part, emit->npart + 1);
		if (length == 0)
			break;
		emit->npart++;
		used++;
	}
	if (emit->npart > 0 && length != -1) {
		part_of_line(emit, emit->part, emit->npart);
		emit->npart = 0;
	}
	return used;
}

static void
run(struct emit *emit, const char *s, size_t n)
{
	size_t used, rest;

	if (n == 0)
		return;
	open_line(emit);
	used = finish_character(emit, s, n);
	s += used;
	n -= used;
	rest = utf8_unfinished(s, n);
	part_of_line(emit, s, n - rest);
	if (rest > 0) {
		memcpy(emit->part, s + n - rest, rest);
		emit->npart = rest;
	}
}

void
emit_bytes(struct emit *emit, const char *s, size_t n)
{
	const char *newline;
	size_t len;

	if (emit->form == EMIT_RAW) {
		fwrite(s, 1, n, emit->f);
		return;
	}
	while ((newline = memchr(s, '\n', n)) != NULL) {
		len = (size_t)(newline - s);
		run(emit, s, len);
		close_line(emit);
		s += len + 1;
		n -= len + 1;
	}
	run(emit, s, n);
}

void
emit_end(struct emit *emit)
{
	if (emit->form == EMIT_RAW || !emit->inside)
		return;
	close_line(emit);
}
