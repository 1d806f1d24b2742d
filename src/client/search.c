/*
 * search - look for the lines of a log that a regular expression matches.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client/search.h"

/* The characters that mean more than themselves in an expression. */
#define SPECIAL "\\^$.[|()*+?{"

/* The end of a bracket expression: "[]a]" and "[[:digit:]]" contain a "]". */
static const char *
after_bracket(const char *s)
{
	char kind;

	s++;
	if (*s == '^')
		s++;
	if (*s == ']')
		s++;
	for (; *s != '\0' && *s != ']'; s++) {
		if (s[0] != '[' || strchr(".=:", s[1]) == NULL || s[1] == '\0')
			continue;
		kind = s[1];
		for (s += 2; *s != '\0' && (s[0] != kind || s[1] != ']'); s++)
			;
		if (*s == '\0')
			return s;
		s++;
	}
	return *s == '\0' ? s : s + 1;
}

/* The end of a group, which begins at s. */
static const char *
after_group(const char *s)
{
	int depth = 0;

	while (*s != '\0') {
		if (*s == '[') {
			s = after_bracket(s);
			continue;
		}
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '(')
			depth++;
		else if (*s == ')' && --depth == 0)
			return s + 1;
		s++;
	}
	return s;
}

/* May what is before s be absent, or repeated? */
static bool
is_counted(const char *s)
{
	return *s == '*' || *s == '+' || *s == '?' || *s == '{';
}

/* A run of characters that stand for themselves. */
struct run {
	char text[SEARCH_MUST];
	size_t n;
};

static void
keep_longer(struct search *search, struct run *run)
{
	if (run->n > search->mustlen) {
		memcpy(search->must, run->text, run->n);
		search->mustlen = run->n;
	}
	run->n = 0;
}

/*
 * Find the longest text that each match contains.  Groups are not looked into,
 * and an alternative outside of groups leaves no such text.
 */
static void
find_must(struct search *search, const char *s)
{
	struct run run = {.n = 0};
	char c;

	search->plain = *s != '\0' && s[strcspn(s, SPECIAL)] == '\0' &&
	    strlen(s) <= SEARCH_MUST;
	while (*s != '\0') {
		if (*s == '|') {
			search->mustlen = 0;
			return;
		}
		c = '\0';
		if (*s == '[')
			s = after_bracket(s);
		else if (*s == '(')
			s = after_group(s);
		else if (*s == '{')
			s += strcspn(s, "}") + (strchr(s, '}') != NULL);
		else if (*s == '\\' && s[1] != '\0') {
			/* "\w", "\<" and others are extensions. */
			c = isalnum((unsigned char)s[1]) ||
				strchr("<>`'", s[1]) != NULL
			    ? '\0'
			    : s[1];
			s += 2;
		} else {
			c = strchr(SPECIAL, *s) == NULL ? *s : '\0';
			s++;
		}
		if (c == '\0' || run.n == SEARCH_MUST || is_counted(s))
			keep_longer(search, &run);
		if (c != '\0' && !is_counted(s))
			run.text[run.n++] = c;
	}
	keep_longer(search, &run);
}

int
search_init(struct search *search, const char *pattern, char *why,
    size_t whysize)
{
	int error;

	*search = (struct search){.mustlen = 0};
	error = regcomp(&search->regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (error != 0) {
		regerror(error, &search->regex, why, whysize);
		return -1;
	}
	find_must(search, pattern);
	return 0;
}

void
search_free(struct search *search)
{
	regfree(&search->regex);
}

const char *
search_skip(const struct search *search, const char *s, size_t n)
{
	if (search->mustlen == 0)
		return s;
	return memmem(s, n, search->must, search->mustlen);
}

#ifdef REG_STARTEND
bool
search_matches(const struct search *search, const char *s, size_t n)
{
	regmatch_t m = {.rm_so = 0, .rm_eo = (regoff_t)n};

	if (search->plain)
		return memmem(s, n, search->must, search->mustlen) != NULL;
	return regexec(&search->regex, s, 1, &m, REG_STARTEND) == 0;
}
#else
/* Each part of the line that a NUL ends is a text of its own. */
bool
search_matches(const struct search *search, const char *s, size_t n)
{
	bool found = false;
	char *copy, *part;

	if (search->plain)
		return memmem(s, n, search->must, search->mustlen) != NULL;
	if ((copy = malloc(n + 1)) == NULL)
		return false;
	memcpy(copy, s, n);
	copy[n] = '\0';
	for (part = copy; !found && part <= copy + n; part += strlen(part) + 1)
		found = regexec(&search->regex, part, 0, NULL, 0) == 0;
	free(copy);
	return found;
}
#endif
