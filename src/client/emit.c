/*
 * emit - a log's bytes to where they are read.
 */
#include <string.h>

#include "base/escape.h"
#include "client/emit.h"
#include "client/json.h"
#include "client/utf8.h"

#define PIECE 4096
#define ESC '\033'

/*
 * The length of the sequence "ESC [ ... m", which sets colours (ISO 6429, SGR),
 * that the n > 0 bytes at s begin with.  0: they are no such sequence; -1: they
 * may become one with more bytes.
 */
static int
sgr_length(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < EMIT_PART; i++) {
		if (i == 0 ? s[0] == ESC : i == 1 && s[1] == '[')
			continue;
		if (i >= 2 && s[i] == 'm')
			return (int)i + 1;
		if (i < 2 || strchr("0123456789;:", s[i]) == NULL ||
		    s[i] == '\0')
			return 0;
	}
	return i < EMIT_PART ? -1 : 0;
}

/* Does it switch all colours off?  "ESC [ m" and "ESC [ 0 m". */
static bool
is_reset(const char *s, size_t n)
{
	return n == 3 || (n == 4 && s[2] == '0');
}

/* The same for a sequence or a character, as the form has it. */
static int
unit_length(const struct emit *emit, const char *s, size_t n)
{
	if (emit->form == EMIT_COLOURED && s[0] == ESC)
		return sgr_length(s, n);
	return utf8_length(s, n);
}

/* How many bytes at the end of s may become one with more bytes. */
static size_t
unfinished(const struct emit *emit, const char *s, size_t n)
{
	const char *esc = NULL;

	if (emit->form == EMIT_COLOURED)
		esc = memrchr(s, ESC, n);
	if (esc != NULL && sgr_length(esc, n - (size_t)(esc - s)) == -1)
		return n - (size_t)(esc - s);
	return utf8_unfinished(s, n);
}

/* Bytes of one line, without its newline, whole characters only. */
static void
text_of_line(struct emit *emit, const char *s, size_t n)
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

/* The same, in which sequences that set colours are kept. */
static void
part_of_line(struct emit *emit, const char *s, size_t n)
{
	const char *from = s, *end = s + n;
	int len;

	while (emit->form == EMIT_COLOURED &&
	    (s = memchr(s, ESC, (size_t)(end - s))) != NULL) {
		if ((len = sgr_length(s, (size_t)(end - s))) <= 0) {
			s++;
			continue;
		}
		text_of_line(emit, from, (size_t)(s - from));
		fwrite(s, 1, (size_t)len, emit->f);
		emit->coloured = !is_reset(s, (size_t)len);
		from = s += len;
	}
	text_of_line(emit, from, (size_t)(end - from));
}

static void
put_string(struct emit *emit, const char *key, const char *s, size_t n)
{
	fprintf(emit->f, "\"%s\":", key);
	if (s == NULL) {
		fputs("null,", emit->f);
		return;
	}
	fputc('"', emit->f);
	json_escape(emit->f, s, n);
	fputs("\",", emit->f);
}

static void
put_head(struct emit *emit)
{
	const struct emit_head *head = &emit->head;

	fputc('{', emit->f);
	if (head->program != NULL) {
		put_string(emit, "time", head->time, head->timelen);
		put_string(emit, "program", head->program,
		    strlen(head->program));
		put_string(emit, "stream", head->stream,
		    head->stream != NULL ? strlen(head->stream) : 0);
	}
	fputs("\"line\":\"", emit->f);
}

static void
open_line(struct emit *emit)
{
	if (emit->inside)
		return;
	if (emit->form == EMIT_JSON)
		put_head(emit);
	else if (emit->head.prefix != NULL)
		fputs(emit->head.prefix, emit->f);
	emit->inside = true;
}

/* Colours end with the line, whatever follows it. */
static void
close_line(struct emit *emit)
{
	open_line(emit);
	part_of_line(emit, emit->part, emit->npart);
	emit->npart = 0;
	if (emit->coloured)
		fputs("\033[0m", emit->f);
	emit->coloured = false;
	fputs(emit->form == EMIT_JSON ? "\"}\n" : "\n", emit->f);
	emit->inside = false;
}

/* Complete the unit that the last piece ended in.  Returns its bytes. */
static size_t
finish_unit(struct emit *emit, const char *s, size_t n)
{
	size_t used = 0;
	int length = -1;

	while (emit->npart > 0 && length == -1 && used < n) {
		emit->part[emit->npart] = s[used];
		length = unit_length(emit, emit->part, emit->npart + 1);
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
	used = finish_unit(emit, s, n);
	s += used;
	n -= used;
	rest = unfinished(emit, s, n);
	part_of_line(emit, s, n - rest);
	if (rest > 0) {
		memcpy(emit->part, s + n - rest, rest);
		emit->npart = rest;
	}
}

/* Bytes as they are.  With a prefix, they are of one line. */
static void
put_raw(struct emit *emit, const char *s, size_t n)
{
	if (n == 0)
		return;
	open_line(emit);
	fwrite(s, 1, n, emit->f);
	emit->inside = s[n - 1] != '\n';
}

void
emit_bytes(struct emit *emit, const char *s, size_t n)
{
	const char *newline;
	size_t len;

	if (emit->form == EMIT_RAW) {
		put_raw(emit, s, n);
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
	if (emit->inside && (emit->form != EMIT_RAW || emit->ends_lines))
		close_line(emit);
}
