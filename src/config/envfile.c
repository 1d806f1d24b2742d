/*
 * envfile - the text of an environment file to variables.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/envfile.h"

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

/* Copy NAME= to *out; false if there is none. */
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

/* Copy the value to *out, its quotes removed; false if one is not closed. */
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
envfile_parse(const char *bytes, size_t len, char ***vars, unsigned *badline)
{
	/* "A=" and a newline: a variable takes three bytes, or two at last. */
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
