/*
 * unitexec - the command lines of systemd's services, and their form in
 * hupd.conf(5).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "base/words.h"
#include "import/unitexec.h"
#include "import/unitfile.h"

#define BLANKS UNITFILE_BLANKS

/* Words of a command, at most: a list of strings is copied for each of them. */
#define WORDS_MAX 4096

void
unitexec_clear(struct unitexec *exec)
{
	free(exec->words);
	*exec = (struct unitexec){.words = NULL};
}

/* The prefixes of the first word; returns what follows. */
static const char *
take_prefixes(const char *s, struct unitexec *exec)
{
	bool *seen;

	for (;; s++) {
		switch (*s) {
		case '-':
			seen = &exec->ignore;
			break;
		case '@':
			seen = &exec->argv0;
			break;
		case ':':
			seen = &exec->literal;
			break;
		case '+':
			seen = &exec->full;
			break;
		case '|':
			seen = &exec->shell;
			break;
		case '!':
			/* "!!" has no effect where the kernel has ambient
			 * capabilities, which is every kernel that hupd needs.
			 */
			exec->root = s[1] != '!';
			if (s[1] == '!')
				s++;
			continue;
		default:
			return s;
		}
		if (*seen)
			return s;
		*seen = true;
	}
}

/* Is the word at s, before any quote is removed, exactly this text? */
static bool
is_word(const char *s, const char *text)
{
	size_t len = strlen(text);

	return strncmp(s, text, len) == 0 &&
	    (s[len] == '\0' || strchr(BLANKS, s[len]) != NULL);
}

static int
add_word(struct unitexec *exec, const char *word,
    const struct specifier_unit *unit, char buf[static 64], const char **why)
{
	char *text;
	int r;

	*why = "the command has too many words";
	if (strings_count(exec->words) == WORDS_MAX)
		return -1;
	if ((text = specifier_expand(word, unit, buf, why)) == NULL)
		return -1;
	*why = "out of memory";
	r = strings_add(&exec->words, text);
	free(text);
	return r;
}

static int
take_first(const char **s, struct unitexec *exec,
    const struct specifier_unit *unit, char buf[static 64], const char **why)
{
	const char *path;
	char *word;
	int r = unitfile_word(s, &word, why);

	if (r != 1)
		return r;
	path = take_prefixes(word, exec);
	if (*path == '\0') {
		*why = "the command is empty";
		r = -1;
	} else if (add_word(exec, path, unit, buf, why) == -1) {
		r = -1;
	}
	free(word);
	return r;
}

/* Take one argument.  1: taken; 0: the command ends; -1: an error. */
static int
take_argument(const char **s, struct unitexec *exec, bool first,
    const struct specifier_unit *unit, char buf[static 64], const char **why)
{
	char *word;
	int r;

	if (is_word(*s, ";")) {
		(*s)++;
		*s += strspn(*s, BLANKS);
		return 0;
	}
	if (is_word(*s, "\\;")) {
		*s += 2;
		*s += strspn(*s, BLANKS);
		return add_word(exec, ";", unit, buf, why) == -1 ? -1 : 1;
	}
	if ((r = unitfile_word(s, &word, why)) != 1)
		return r;
	if (!(first && exec->argv0) &&
	    add_word(exec, word, unit, buf, why) == -1)
		r = -1;
	free(word);
	return r;
}

int
unitexec_parse(const char **s, const struct specifier_unit *unit,
    struct unitexec *exec, char buf[static 64], const char **why)
{
	bool first = true;
	int r;

	*exec = (struct unitexec){.words = NULL};
	*s += strspn(*s, BLANKS);
	/* An empty command, as in "one ; ; two". */
	while (is_word(*s, ";")) {
		(*s)++;
		*s += strspn(*s, BLANKS);
	}
	if ((r = take_first(s, exec, unit, buf, why)) == 1) {
		while ((r = take_argument(s, exec, first, unit, buf, why)) == 1)
			first = false;
		if (r == 0)
			return 1;
	}
	unitexec_clear(exec);
	return r;
}

/* Variables. */

/* The length of the name of a shell's variable at s. */
static size_t
name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* Is the whole word a variable that systemd splits into words? */
static bool
is_split(const char *word)
{
	return word[0] == '$' && word[1] != '{' && word[1] != '$' &&
	    strcmp(word, "$MAINPID") != 0;
}

/*
 * The next part of a word: its end is returned, and its kind set.  A variable's
 * name is from *name on, and has the length *len.
 */
enum part { PART_TEXT, PART_VARIABLE, PART_INSTANCE };

static const char *
next_part(const char *s, bool first, enum part *part, const char **name,
    size_t *len)
{
	*part = PART_TEXT;
	*name = s;
	*len = 1;
	if (*s == SPECIFIER_INSTANCE) {
		*part = PART_INSTANCE;
		return s + 1;
	}
	if (s[0] == '$' && s[1] == '$')
		return s + 2;
	if (s[0] == '$' && s[1] == '{') {
		*len = strcspn(s + 2, "}:");
		if (s[2 + *len] == '}') {
			*part = PART_VARIABLE;
			*name = s + 2;
			return s + 2 + *len + 1;
		}
		*len = 1;
	}
	/* A whole word: a number, which is never split. */
	if (first && strcmp(s, "$MAINPID") == 0) {
		*part = PART_VARIABLE;
		*name = s + 1;
		*len = strlen(*name);
		return *name + *len;
	}
	return s + 1;
}

/* Does a command need a shell for its variables? */
static bool
needs_shell(const struct unitexec *exec)
{
	const char *name, *s;
	enum part part;
	size_t len;

	for (char *const *word = exec->words; *word != NULL; word++) {
		if (!exec->literal && is_split(*word))
			return true;
		for (s = *word; *s != '\0';) {
			s = next_part(s, s == *word, &part, &name, &len);
			if (part == PART_INSTANCE ||
			    (part == PART_VARIABLE && !exec->literal))
				return true;
		}
	}
	return false;
}

/* One text in a shell's quotes, if it needs any. */
static void
put_text(const char *s, size_t len, FILE *out)
{
	static const char plain[] = "%+,-./:=@_";
	bool quote = false;

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) &&
		    (unsigned char)s[i] < 0x80 && strchr(plain, s[i]) == NULL)
			quote = true;
	if (quote)
		putc('\'', out);
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\'')
			fputs("'\\''", out);
		else
			putc(s[i], out);
	}
	if (quote)
		putc('\'', out);
}

static void
put_variable(const char *name, size_t len, FILE *out)
{
	/* systemd knows no value for a name that the shell cannot have. */
	if (len > 0 && name_length(name) >= len)
		fprintf(out, "\"$%.*s\"", (int)len, name);
}

/* The text from s to end as systemd would pass it on: "$$" is "$". */
static void
put_plain(const char *s, const char *end, bool literal, FILE *out)
{
	char *text, *to;

	if ((text = to = malloc((size_t)(end - s) + 1)) == NULL)
		return;
	while (s < end) {
		if (!literal && s[0] == '$' && s + 1 < end && s[1] == '$')
			s++;
		*to++ = *s++;
	}
	put_text(text, (size_t)(to - text), out);
	free(text);
}

/* A word of a shell's command. */
static void
put_word(const char *word, bool literal, FILE *out)
{
	const char *s = word, *text = word, *end, *name;
	enum part part;
	size_t len;

	if (*word == '\0')
		fputs("''", out);
	for (; *s != '\0'; s = end) {
		end = next_part(s, s == word, &part, &name, &len);
		if (part == PART_TEXT || (part == PART_VARIABLE && literal))
			continue;
		put_plain(text, s, literal, out);
		text = end;
		if (part == PART_INSTANCE)
			fputs("\"$HUPD_INSTANCE\"", out);
		else if (len > 0 && name_length(name) >= len)
			put_variable(name, len, out);
		else if (s == word && *end == '\0')
			fputs("''", out);
	}
	put_plain(text, s, literal, out);
}

/* The commands of the shell. */
static void
put_script(const struct unitexec *exec, bool *split, FILE *out)
{
	const char *word;
	size_t len;
	bool any = false;

	for (size_t i = 1; exec->words[i] != NULL; i++)
		any = any || (!exec->literal && is_split(exec->words[i]));
	fputs(any ? "set -f; exec" : "exec", out);
	*split = any;
	for (size_t i = 0; (word = exec->words[i]) != NULL; i++) {
		if (i == 0 || exec->literal || !is_split(word)) {
			putc(' ', out);
			put_word(word, exec->literal || i == 0, out);
			continue;
		}
		/* A name that cannot be one has no value: no word. */
		len = name_length(word + 1);
		if (len > 0 && word[1 + len] == '\0')
			fprintf(out, " %s", word);
	}
}

static char *
print_shell(const struct unitexec *exec, bool *split)
{
	char *script = NULL, *joined = NULL, sh[] = "sh", c[] = "-c";
	char *words[] = {sh, c, NULL, NULL};
	size_t size;
	FILE *out;

	if ((out = open_memstream(&script, &size)) == NULL)
		return NULL;
	put_script(exec, split, out);
	if (fclose(out) != EOF) {
		words[2] = script;
		joined = words_join(words);
	}
	free(script);
	return joined;
}

/* Without variables: the words as they are; "$$" is "$". */
static char *
print_words(const struct unitexec *exec)
{
	char **words = NULL, *joined, *text, *to;
	int r = 0;

	for (size_t i = 0; r == 0 && exec->words[i] != NULL; i++) {
		const char *s = exec->words[i];

		if ((text = to = malloc(strlen(s) + 1)) == NULL) {
			r = -1;
			break;
		}
		for (; *s != '\0'; *to++ = *s++)
			if (i > 0 && !exec->literal && s[0] == '$' &&
			    s[1] == '$')
				s++;
		*to = '\0';
		r = strings_add(&words, text);
		free(text);
	}
	joined = r == -1 ? NULL : words_join(words);
	free(words);
	return joined;
}

char *
unitexec_print(const struct unitexec *exec, bool *split, const char **why)
{
	bool ignored;
	char *text;

	if (split == NULL)
		split = &ignored;
	*split = false;
	*why = "out of memory";
	text = needs_shell(exec) ? print_shell(exec, split) : print_words(exec);
	if (text != NULL && strchr(text, '\n') != NULL) {
		*why = "a word cannot contain a newline";
		free(text);
		text = NULL;
	}
	return text;
}

const char *
unitexec_kill(const struct unitexec *exec)
{
	char *const *words = exec->words;
	const char *name = strrchr(words[0], '/'), *signal = NULL;
	size_t n = strings_count(words);

	name = name == NULL ? words[0] : name + 1;
	if (strcmp(name, "kill") != 0 || exec->literal || (n != 3 && n != 4) ||
	    (strcmp(words[n - 1], "$MAINPID") != 0 &&
		strcmp(words[n - 1], "${MAINPID}") != 0))
		return NULL;
	if (n == 4 && strcmp(words[1], "-s") == 0)
		signal = words[2];
	else if (n == 4 && strcmp(words[1], "--signal") == 0)
		signal = words[2];
	else if (n == 3 && strncmp(words[1], "--signal=", 9) == 0)
		signal = words[1] + 9;
	else if (n == 3 && words[1][0] == '-' && words[1][1] != '-')
		signal = words[1] + 1;
	if (signal != NULL && strncmp(signal, "SIG", 3) == 0)
		signal += 3;
	return signal != NULL && *signal != '\0' ? signal : NULL;
}
