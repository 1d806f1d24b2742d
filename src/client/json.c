/*
 * json - a writer of one JSON document, on one line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "client/json.h"
#include "client/utf8.h"

/*
 * A character that a terminal would obey or that misleads a reader; all of
 * them are below U+10000.
 */
static void
code_point(const char *s, int length, FILE *f)
{
	unsigned code = (unsigned char)s[0] & (0xffU >> (length + 1));

	for (int i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	fprintf(f, "\\u%04x", code);
}

/* How many of the bytes stand for themselves? */
static size_t
plain_length(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= ' ' && s[i] < 0x7f && s[i] != '"' &&
	    s[i] != '\\')
		i++;
	return i;
}

void
json_escape(FILE *f, const char *s, size_t n)
{
	size_t i, plain;
	int length;

	for (i = 0; i<n; i += length> 0 ? (size_t)length : 1) {
		plain = plain_length(s + i, n - i);
		fwrite(s + i, 1, plain, f);
		if ((i += plain) == n)
			break;
		length = utf8_length(s + i, n - i);
		if (length < 1)
			fputs("\\ufffd", f);
		else if (s[i] == '"' || s[i] == '\\')
			fprintf(f, "\\%c", s[i]);
		else if (s[i] == '\n')
			fputs("\\n", f);
		else if (s[i] == '\t')
			fputs("\\t", f);
		else if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			fprintf(f, "\\u%04x", (unsigned)s[i]);
		else if (escape_printable((const unsigned char *)s + i,
			     n - i) == 0)
			code_point(s + i, length, f);
		else
			fwrite(s + i, 1, (size_t)length, f);
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
