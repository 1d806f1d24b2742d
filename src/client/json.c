/*
 * json - a writer of one JSON document, on one line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "client/json.h"
#include "client/utf8.h"

/* Bytes that are escaped at once. */
#define PIECE 1024

void
json_escape(FILE *f, const char *s, size_t n)
{
	char out[ESCAPE_JSON * PIECE];
	size_t piece;

	for (; n > 0; s += piece, n -= piece) {
		piece = n < PIECE ? n : PIECE;
		if (piece < n)
			piece -= utf8_unfinished(s, piece);
		fwrite(out, 1, escape_json(out, s, piece), f);
	}
}

static void
literal(FILE *f, const char *s)
{
	fputc('"', f);
	json_escape(f, s, strlen(s));
	fputc('"', f);
}

/* Write the comma and the key before a value. */
static void
lead(struct json *json, const char *key)
{
	if (json->comma)
		fputc(',', json->f);
	json->comma = true;
	if (key != NULL) {
		literal(json->f, key);
		fputc(':', json->f);
	}
}

static void
nest(struct json *json, const char *key, char opening, char closing)
{
	if (json->depth == JSON_DEPTH)
		abort();
	lead(json, key);
	fputc(opening, json->f);
	json->closing[json->depth++] = closing;
	json->comma = false;
}

void
json_begin(struct json *json, FILE *f)
{
	*json = (struct json){.f = f};
}

void
json_object(struct json *json, const char *key)
{
	nest(json, key, '{', '}');
}

void
json_array(struct json *json, const char *key)
{
	nest(json, key, '[', ']');
}

void
json_close(struct json *json)
{
	fputc(json->closing[--json->depth], json->f);
	json->comma = true;
}

void
json_end(struct json *json)
{
	while (json->depth > 0)
		json_close(json);
	fputc('\n', json->f);
}

void
json_null(struct json *json, const char *key)
{
	lead(json, key);
	fputs("null", json->f);
}

void
json_string(struct json *json, const char *key, const char *s)
{
	if (s == NULL) {
		json_null(json, key);
		return;
	}
	lead(json, key);
	literal(json->f, s);
}

void
json_number(struct json *json, const char *key, int64_t n)
{
	lead(json, key);
	fprintf(json->f, "%" PRId64, n);
}

void
json_bool(struct json *json, const char *key, bool b)
{
	lead(json, key);
	fputs(b ? "true" : "false", json->f);
}
