/*
 * environ - the environment of a program: reads environment files, and puts the
 * whole together from its sources.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/environ.h"

struct span {
	const char *at;
	const char *end;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
trim(struct span *s)
{
	while (s->at < s->end && is_blank(*s->at))
		s->at++;
	while (s->at < s->end && is_blank(s->end[-1]))
		s->end--;
}

static void
skip_export(struct span *s)
{
	static const char word[] = "export";
	const size_t len = sizeof(word) - 1;

	if ((size_t)(s->end - s->at) > len && memcmp(s->at, word, len) == 0 &&
	    is_blank(s->at[len])) {
		s->at += len;
		trim(s);
	}
}

/* Copy NAME= to *out; false if the line has none. */
static bool
take_name(struct span *s, char **out)
{
	const char *start = s->at;

	for (; s->at < s->end && *s->at != '='; s->at++) {
		if ((*s->at >= 'A' && *s->at <= 'Z') ||
		    (*s->at >= 'a' && *s->at <= 'z') || *s->at == '_' ||
		    (*s->at >= '0' && *s->at <= '9' && s->at > start))
			*(*out)++ = *s->at;
		else
			return false;
	}
	if (s->at == s->end || s->at == start)
		return false;
	*(*out)++ = *s->at++;
	return true;
}

/* Copy the value to *out without its quotes; false: a quote is not closed. */
static bool
take_value(struct span *s, char **out)
{
	char quote = '\0';

	if (s->at < s->end && (*s->at == '\'' || *s->at == '"'))
		quote = *s->at++;
	for (; s->at < s->end; s->at++) {
		if (quote != '\0' && *s->at == quote)
			return s->at + 1 == s->end;
		if (quote == '"' && *s->at == '\\' && s->at + 1 < s->end &&
		    strchr("$`\"\\", s->at[1]) != NULL)
			s->at++;
		*(*out)++ = *s->at;
	}
	return quote == '\0';
}

static bool
take_line(struct span s, char **v, size_t *n, char **out)
{
	trim(&s);
	if (s.at == s.end || *s.at == '#')
		return true;
	if (memchr(s.at, '\0', (size_t)(s.end - s.at)) != NULL)
		return false;
	skip_export(&s);
	v[(*n)++] = *out;
	if (!take_name(&s, out) || !take_value(&s, out))
		return false;
	*(*out)++ = '\0';
	return true;
}

int
environ_parse(const char *bytes, size_t len, char ***vars, unsigned *badline)
{
	/* A variable takes at least 3 bytes, "A=" and a newline; the last 2. */
	size_t most = len / 3 + 2, n = 0;
	const char *end = bytes + len;
	struct span s;
	char **v, *out;

	*badline = 0;
	if ((v = malloc(most * sizeof(*v) + len + 1)) == NULL)
		return -1;
	out = (char *)(v + most);
	for (s.at = bytes; s.at < end; s.at = s.end + 1) {
		s.end = memchr(s.at, '\n', (size_t)(end - s.at));
		if (s.end == NULL)
			s.end = end;
		++*badline;
		if (!take_line(s, v, &n, &out)) {
			free(v);
			return -1;
		}
	}
	v[n] = NULL;
	*vars = v;
	return 0;
}

int
environ_read(const char *path, char ***vars)
{
	struct file f;
	unsigned line;
	int r;

	r = file_read(&f, AT_FDCWD, path, ENVIRON_FILE_MAX);
	if (r == 0)
		errno = ENOENT;
	if (r != 1)
		return -1;
	r = environ_parse(f.bytes, f.len, vars, &line);
	file_clear(&f);
	if (r == -1)
		errno = line == 0 ? ENOMEM : EBADMSG;
	return r;
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
