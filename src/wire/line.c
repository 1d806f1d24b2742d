/*
 * line - requests and replies of the control socket as lines of text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/line.h"
#include "base/escape.h"

/* The first size of a text, in bytes; it doubles from there. */
#define TEXT_SIZE ((size_t)256)

static size_t
count(const char *s, char c)
{
	size_t n = 0;

	for (; (s = strchr(s, c)) != NULL; s++)
		n++;
	return n;
}

static int
parse_field(struct line_field *field, char *text)
{
	char *equals = strchr(text, '=');

	field->key = NULL;
	field->value = text;
	if (equals != NULL) {
		*equals = '\0';
		field->key = text;
		field->value = equals + 1;
		if (*field->key == '\0')
			return -1;
	}
	return escape_decode_token(field->value);
}

int
line_parse(struct line *line, char *text)
{
	size_t nfields = count(text, ' ');
	char *rest = text;

	*line = (struct line){0};
	text[strcspn(text, "\n")] = '\0';
	if (nfields > 0 &&
	    (line->v = calloc(nfields, sizeof(*line->v))) == NULL)
		return -1;
	line->tag = strsep(&rest, " ");
	if (*line->tag == '\0')
		goto bad;
	while (rest != NULL)
		if (parse_field(&line->v[line->n++], strsep(&rest, " ")) == -1)
			goto bad;
	return 0;
bad:
	line_clear(line);
	return -1;
}

void
line_clear(struct line *line)
{
	free(line->v);
	*line = (struct line){0};
}

bool
line_is(const struct line *line, const char *tag)
{
	return strcmp(line->tag, tag) == 0;
}

const char *
line_get(const struct line *line, const char *key)
{
	for (size_t i = 0; i < line->n; i++)
		if (line->v[i].key != NULL && strcmp(line->v[i].key, key) == 0)
			return line->v[i].value;
	return NULL;
}

int64_t
line_get_number(const struct line *line, const char *key, int64_t fallback)
{
	const char *value = line_get(line, key), *error;
	int64_t n;

	if (value == NULL)
		return fallback;
	n = strtonum(value, INT64_MIN, INT64_MAX, &error);
	return error == NULL ? n : fallback;
}

const char *
line_get_word(const struct line *line, size_t i)
{
	for (size_t j = 0; j < line->n; j++)
		if (line->v[j].key == NULL && i-- == 0)
			return line->v[j].value;
	return NULL;
}

/* Room for n more bytes and a NUL. */
static bool
reserve(struct line_text *text, size_t n)
{
	size_t size = text->size == 0 ? TEXT_SIZE : text->size;
	char *s;

	if (text->failed)
		return false;
	if (text->size - text->len > n)
		return true;
	while (size - text->len <= n) {
		if (__builtin_mul_overflow(size, 2, &size)) {
			text->failed = true;
			return false;
		}
	}
	if ((s = realloc(text->s, size)) == NULL) {
		text->failed = true;
		return false;
	}
	text->s = s;
	text->size = size;
	return true;
}

static void
append(struct line_text *text, const char *s)
{
	size_t n = strlen(s);

	if (!reserve(text, n))
		return;
	memcpy(text->s + text->len, s, n + 1);
	text->len += n;
}

static void
append_token(struct line_text *text, const char *s)
{
	size_t n;

	if (__builtin_mul_overflow(strlen(s), 3, &n))
		text->failed = true;
	if (reserve(text, n))
		text->len += escape_token(text->s + text->len, s);
}

void
line_begin(struct line_text *text, const char *tag)
{
	append(text, tag);
}

void
line_put_word(struct line_text *text, const char *word)
{
	if (word == NULL)
		return;
	append(text, " ");
	append_token(text, word);
}

void
line_put_words(struct line_text *text, char *const *words)
{
	for (; words != NULL && *words != NULL; words++)
		line_put_word(text, *words);
}

void
line_put(struct line_text *text, const char *key, const char *value)
{
	if (value == NULL)
		return;
	append(text, " ");
	append(text, key);
	append(text, "=");
	append_token(text, value);
}

void
line_put_number(struct line_text *text, const char *key, int64_t n)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%lld", (long long)n);
	line_put(text, key, digits);
}

void
line_end(struct line_text *text)
{
	append(text, "\n");
}

void
line_text_clear(struct line_text *text)
{
	free(text->s);
	*text = (struct line_text){0};
}

void
line_put_raw(struct line_text *text, const char *lines)
{
	append(text, lines);
}
