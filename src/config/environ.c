/*
 * environ - the environment of a program: reads environment files, and puts the
 * whole together from its sources.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/environ.h"

/* Letters of a name; its first byte is none of the last 12. */
#define NAME_BYTES                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz_.-0123456789"
#define NOT_FIRST ".-0123456789"

/* Reasons go to the log, so they show nothing of a file that may be secret. */
static const char bad_name[] = "has no name of a variable before the =";

/* The reading of a file. */
struct reader {
	const char *at;
	const char *end;
	unsigned line;
	char *out; /* what was read so far, without quotes */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

size_t
environ_name(const char *text)
{
	size_t len = strspn(text, NAME_BYTES);

	return text[len] == '=' && strchr(NOT_FIRST, *text) == NULL ? len : 0;
}

bool
environ_is_name(const char *text)
{
	size_t len = strspn(text, NAME_BYTES);

	return len > 0 && text[len] == '\0' && strchr(NOT_FIRST, *text) == NULL;
}

static char
next(struct reader *r)
{
	if (*r->at == '\n')
		r->line++;
	return *r->at++;
}

/* At the end of the file, or of a line that may end in CR LF? */
static bool
at_end(const struct reader *r)
{
	if (r->at == r->end || *r->at == '\n')
		return true;
	return *r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n';
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

static void
skip_line(struct reader *r)
{
	while (r->at < r->end && next(r) != '\n')
		;
}

/* Copy up to the closing quote.  False: it is not closed. */
static bool
take_quoted(struct reader *r, char quote)
{
	char c;

	while (r->at < r->end) {
		c = next(r);
		if (c == quote)
			return true;
		if (c == '\r' && at_end(r))
			continue;
		if (quote == '"' && c == '\\' && r->at < r->end) {
			if (*r->at == '\r' && at_end(r))
				r->at++;
			c = next(r);
			if (c == '\n')
				continue;
			if (strchr("\"\\`$", c) == NULL)
				*r->out++ = '\\';
		}
		*r->out++ = c;
	}
	return false;
}

/* The byte after a backslash outside of quotes; a newline is left out. */
static void
take_escaped(struct reader *r)
{
	char c;

	if (r->at < r->end && *r->at == '\r' && at_end(r))
		r->at++;
	if (r->at < r->end && (c = next(r)) != '\n')
		*r->out++ = c;
}

/*
 * Copy the value without its quotes.  A quote counts before the first plain
 * byte only.  False: it is not closed.
 */
static bool
take_value(struct reader *r)
{
	char *last = r->out; /* the end, without blanks */
	bool plain = false;
	char c;

	while (!at_end(r)) {
		c = next(r);
		if (!plain && is_blank(c))
			continue;
		if (!plain && (c == '\'' || c == '"')) {
			if (!take_quoted(r, c))
				return false;
			last = r->out;
			continue;
		}
		plain = true;
		if (c == '\\')
			take_escaped(r);
		else
			*r->out++ = c;
		if (!is_blank(c))
			last = r->out;
	}
	r->out = last;
	return true;
}

/* Copy "NAME=".  NULL, or the reason why not. */
static const char *
take_name(struct reader *r)
{
	static const char export[] = "export";
	const size_t len = sizeof(export) - 1;
	const char *start, *end;
	char *name = r->out;

	if ((size_t)(r->end - r->at) > len && memcmp(r->at, export, len) == 0 &&
	    is_blank(r->at[len])) {
		r->at += len;
		skip_blanks(r);
	}
	for (start = r->at; !at_end(r) && *r->at != '=';)
		r->at++;
	if (at_end(r))
		return "is not NAME=VALUE";
	for (end = r->at++; end > start && is_blank(end[-1]);)
		end--;
	r->out = mempcpy(r->out, start, (size_t)(end - start));
	*r->out++ = '=';
	*r->out = '\0';
	if (environ_name(name) == (size_t)(end - start) && end > start)
		return NULL;
	return bad_name;
}

/* Copy NAME=VALUE.  NULL, or the reason why the line is none. */
static const char *
take_variable(struct reader *r)
{
	const struct reader line = *r;
	const char *why = take_name(r);

	if (why == NULL || why == bad_name) {
		/* A bad name has a value as well, of several lines perhaps. */
		if (!take_value(r)) {
			why = "a quote is not closed";
			r->at = line.at;
			r->line = line.line;
		}
	}
	*r->out++ = '\0';
	if (why == NULL &&
	    memchr(line.out, '\0', (size_t)(r->out - line.out - 1)) != NULL)
		why = "contains a NUL byte";
	return why;
}

int
environ_parse(const char *bytes, size_t len, char ***vars,
    void (*warn)(void *arg, unsigned line, const char *why), void *arg)
{
	/* A variable takes at least 3 bytes, "A=" and a newline; the last 2. */
	size_t most = len / 3 + 2, n = 0;
	struct reader r = {.at = bytes, .end = bytes + len, .line = 1};
	const char *why;
	char **v, *start;
	unsigned line;

	/* A name without a value is copied with a NUL more. */
	if ((v = malloc(most * sizeof(*v) + len + 2)) == NULL)
		return -1;
	r.out = (char *)(v + most);
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	for (;; skip_line(&r)) {
		skip_blanks(&r);
		if (r.at == r.end)
			break;
		if (at_end(&r) || *r.at == '#' || *r.at == ';')
			continue;
		start = r.out;
		line = r.line;
		why = take_variable(&r);
		if (why == NULL) {
			v[n++] = start;
			continue;
		}
		r.out = start;
		if (warn != NULL)
			warn(arg, line, why);
	}
	v[n] = NULL;
	*vars = v;
	return 0;
}

const char *
environ_unquote(const char *text, char *out)
{
	struct reader r = {.at = text, .end = text + strlen(text)};

	r.out = mempcpy(out, text, environ_name(text) + 1);
	r.at += r.out - out;
	if (*r.at != '\'' && *r.at != '"') {
		strcpy(r.out, r.at);
		return NULL;
	}
	if (!take_quoted(&r, next(&r)))
		return "a quote is not closed";
	*r.out = '\0';
	return r.at == r.end
	    ? NULL
	    : "text follows the closing quote; a line has one variable";
}

char *
environ_quote(const char *kv)
{
	const char *value = strchr(kv, '=') + 1;
	size_t len = strlen(value);
	char *text, *out;

	if (*value != '\'' && *value != '"' &&
	    (len == 0 || !is_blank(value[len - 1])))
		return strdup(kv);
	if ((text = malloc((size_t)(value - kv) + 2 * len + 3)) == NULL)
		return NULL;
	out = mempcpy(text, kv, (size_t)(value - kv));
	*out++ = '"';
	for (; *value != '\0'; value++) {
		if (strchr("\"\\`$", *value) != NULL)
			*out++ = '\\';
		*out++ = *value;
	}
	strcpy(out, "\"");
	return text;
}

char *
environ_find(char *const *v, const char *name)
{
	size_t len = strlen(name);

	for (; v != NULL && *v != NULL; v++)
		if (strncmp(*v, name, len) == 0 && (*v)[len] == '=')
			return *v;
	return NULL;
}

static size_t
find(const struct environment *e, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (strncmp(e->v[i], name, len) == 0 && e->v[i][len] == '=')
			break;
	return i;
}

/* Room for one more, and for the NULL after it. */
static int
grow(struct environment *e)
{
	size_t size;
	char **v;

	if (e->n + 1 < e->size)
		return 0;
	size = e->size == 0 ? 32 : 2 * e->size;
	v = reallocarray(e->v, size, sizeof(*v));
	if (v == NULL) {
		e->failed = 1;
		return -1;
	}
	e->v = v;
	e->size = size;
	return 0;
}

void
environ_set(struct environment *e, char *kv)
{
	size_t i;

	i = find(e, kv, strcspn(kv, "="));
	if (i == e->n && grow(e) == -1)
		return;
	e->v[i] = kv;
	if (i == e->n)
		e->n++;
}

void
environ_set_all(struct environment *e, char *const *v)
{
	for (; v != NULL && *v != NULL; v++)
		environ_set(e, *v);
}

void
environ_unset(struct environment *e, const char *name)
{
	size_t i;

	i = find(e, name, strlen(name));
	if (i < e->n)
		e->v[i] = e->v[--e->n];
}

const char *
environ_get(const struct environment *e, const char *name)
{
	size_t i, len = strlen(name);

	i = find(e, name, len);
	return i < e->n ? e->v[i] + len + 1 : NULL;
}

char **
environ_vector(struct environment *e)
{
	if (e->failed || grow(e) == -1) {
		errno = ENOMEM;
		return NULL;
	}
	e->v[e->n] = NULL;
	return e->v;
}

void
environ_clear(struct environment *e)
{
	free(e->v);
	memset(e, 0, sizeof(*e));
}
