/*
 * words - split a command line into words, and join them again.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"

static bool
is_space(char c)
{
	return c != '\0' && strchr(" \t\n\r\v\f", c) != NULL;
}

/*
 * Copy the contents of the '...' or "..." at *s to *out, and move both past it.
 * False: the quote is not closed.
 */
static bool
take_quoted(const char **s, char **out)
{
	const char *in = *s;
	char quote = *in++;

	while (*in != quote) {
		if (quote == '"' && *in == '\\' && in[1] != '\0' &&
		    strchr("$`\"\\", in[1]) != NULL)
			in++;
		if (*in == '\0')
			return false;
		*(*out)++ = *in++;
	}
	*s = in + 1;
	return true;
}

/*
 * Copy the word at *s to *out, with a NUL, and move both past it.  Returns
 * NULL, or the reason why it is not a word.
 */
static const char *
take_word(const char **s, char **out)
{
	while (**s != '\0' && !is_space(**s)) {
		if (**s == '\'' || **s == '"') {
			if (!take_quoted(s, out))
				return "a quote is not closed";
			continue;
		}
		if (**s == '\\' && *++*s == '\0')
			return "nothing follows the last backslash";
		*(*out)++ = *(*s)++;
	}
	*(*out)++ = '\0';
	return NULL;
}

/* Does a shell expand what follows a dollar? */
static bool
is_expanded(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("_{($?!@*#", c) != NULL);
}

/* Does the end of a word, or of the text, follow? */
static bool
ends(const char *s)
{
	return s[1] == '\0' || is_space(s[1]);
}

/* Is the byte at s, outside of quotes, one for a shell?  word: its word. */
static bool
is_for_shell(const char *s, const char *word)
{
	switch (*s) {
	case '|':
	case '<':
	case '>':
	case '`':
		return true;
	case '$':
		return is_expanded(s[1]);
	case ';':
		return s == word || ends(s);
	case '&':
		return s == word || ends(s) || s[1] == '&' || s[1] == '>';
	case '~':
		return s == word && (ends(s) || s[1] == '/');
	default:
		return false;
	}
}

/*
 * The closing quote, or before it a variable, unless those are to be skipped;
 * NULL: not closed.
 */
static const char *
skip_quoted(const char *s, bool variables)
{
	char quote = *s++;

	for (; *s != '\0' && *s != quote; s++) {
		if (quote == '\'')
			continue;
		if (!variables &&
		    (*s == '`' || (*s == '$' && is_expanded(s[1]))))
			return s;
		if (*s == '\\' && s[1] != '\0')
			s++;
	}
	return *s == '\0' ? NULL : s;
}

size_t
words_shell(const char *s, bool quoted, const char **word)
{
	char quote;
	bool found;

	for (*word = s; *s != '\0'; s++) {
		if (is_space(*s)) {
			*word = s + 1;
			continue;
		}
		quote = *s;
		found = is_for_shell(s, *word);
		if (quote == '\'' || quote == '"') {
			if ((s = skip_quoted(s, !quoted)) == NULL)
				return 0;
			found = *s != quote;
		} else if (quote == '\\' && s[1] != '\0')
			s++;
		if (found)
			return (size_t)(s - *word) + strcspn(s, " \t");
	}
	return 0;
}

int
words_split(const char *s, char ***words, size_t *n, const char **why)
{
	size_t len = strlen(s), most = len / 2 + 2, count = 0;
	char **v, *out;

	/*
	 * A word takes two bytes of s, its separator included, and is never
	 * longer than it was there: so much holds any result.
	 */
	if ((v = malloc(most * sizeof(*v) + len + 1)) == NULL) {
		*why = "out of memory";
		return -1;
	}
	out = (char *)(v + most);
	for (;;) {
		while (is_space(*s))
			s++;
		if (*s == '\0')
			break;
		v[count++] = out;
		if ((*why = take_word(&s, &out)) != NULL) {
			free(v);
			return -1;
		}
	}
	v[count] = NULL;
	*words = v;
	*n = count;
	return 0;
}

/* Has the byte no special meaning, here and in a shell? */
static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '+' && c <= ':') || c == '=' || c == '@' || c == '_' ||
	    c == '%' || c >= 0x80;
}

static bool
needs_quotes(const char *word)
{
	if (*word == '\0')
		return true;
	while (is_plain((unsigned char)*word))
		word++;
	return *word != '\0';
}

/* Append the word to out; returns the new end. */
static char *
put_word(char *out, const char *word)
{
	if (!needs_quotes(word))
		return stpcpy(out, word);
	*out++ = '\'';
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			out = stpcpy(out, "'\\''");
		else
			*out++ = *word;
	}
	*out++ = '\'';
	return out;
}

char *
words_join(char *const *words)
{
	size_t size = 1;
	char *text, *out;

	/* Each word: two quotes, a blank, and at most '\'' for each byte. */
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		size += 4 * strlen(words[i]) + 3;
	if ((text = malloc(size)) == NULL)
		return NULL;
	out = text;
	for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
		if (i > 0)
			*out++ = ' ';
		out = put_word(out, words[i]);
	}
	*out = '\0';
	return text;
}
