/*
 * ini - the text of supervisord's configuration: sections of keys.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/ini.h"
#include "base/lines.h"

#define BLANKS " \t\r\v\f"

struct reader {
	struct ini *ini;
	const struct ini_source *source;
	struct diags *diags;
	unsigned line;
	struct ini_section *section; /* NULL before the first */
	struct ini_key *key;	     /* which a deeper line goes on with */
	FILE *value;		     /* of key, so far */
	size_t size;
	size_t indent; /* of the line that began key */
};

#define complain(r, ...) \
	diags_add((r)->diags, (r)->source->file, (r)->line, NULL, __VA_ARGS__)

void
ini_init(struct ini *ini)
{
	*ini = (struct ini){.nkeys = 0};
	TAILQ_INIT(&ini->sections);
}

static void
free_key(struct ini_key *key)
{
	free(key->name);
	free(key->value);
	free(key);
}

void
ini_clear(struct ini *ini)
{
	struct ini_section *section;
	struct ini_key *key;

	while ((section = TAILQ_FIRST(&ini->sections)) != NULL) {
		while ((key = TAILQ_FIRST(&section->keys)) != NULL) {
			TAILQ_REMOVE(&section->keys, key, link);
			free_key(key);
		}
		TAILQ_REMOVE(&ini->sections, section, link);
		free(section->name);
		free(section);
	}
	ini_init(ini);
}

struct ini_section *
ini_section(const struct ini *ini, const char *name)
{
	struct ini_section *section;

	TAILQ_FOREACH (section, &ini->sections, link)
		if (strcmp(section->name, name) == 0)
			break;
	return section;
}

struct ini_key *
ini_key(const struct ini_section *section, const char *name)
{
	struct ini_key *key;

	TAILQ_FOREACH (key, &section->keys, link)
		if (strcmp(key->name, name) == 0)
			break;
	return key;
}

/* Cut blanks, and what else is given, off both ends, in place. */
static char *
trim(char *s, const char *blanks)
{
	size_t len;

	s += strspn(s, blanks);
	for (len = strlen(s); len > 0; len--)
		if (strchr(blanks, s[len - 1]) == NULL)
			break;
	s[len] = '\0';
	return s;
}

/* Cut the comment off a line; true if there was one. */
static bool
cut_comment(char *line)
{
	char *s = line + strspn(line, BLANKS);

	for (; *s != '\0'; s++) {
		if ((*s == ';' || *s == '#') &&
		    (s == line || strchr(BLANKS, s[-1]) != NULL)) {
			*s = '\0';
			return true;
		}
	}
	return false;
}

/* The value of the key ends here. */
static void
end_key(struct reader *r)
{
	char *text, *end;

	if (r->key == NULL)
		return;
	if (fclose(r->value) == EOF) {
		complain(r, "out of memory");
	} else {
		text = r->key->value;
		end = text + strlen(text);
		while (end > text && end[-1] == '\n')
			*--end = '\0';
	}
	r->key = NULL;
}

static void
begin_section(struct reader *r, char *text)
{
	struct ini_section *section;

	end_key(r);
	text[strcspn(text, "]")] = '\0';
	if ((r->section = ini_section(r->ini, text)) != NULL)
		return;
	if (r->ini->nsections == INI_SECTIONS_MAX) {
		complain(r, "there are more than %d sections",
		    INI_SECTIONS_MAX);
		return;
	}
	if ((section = calloc(1, sizeof(*section))) == NULL ||
	    (section->name = strdup(text)) == NULL) {
		free(section);
		complain(r, "out of memory");
		return;
	}
	section->source = r->source;
	section->line = r->line;
	TAILQ_INIT(&section->keys);
	TAILQ_INSERT_TAIL(&r->ini->sections, section, link);
	r->ini->nsections++;
	r->section = section;
}

/* A new key of the section, without value; NULL after a complaint. */
static struct ini_key *
add_key(struct reader *r, const char *name)
{
	struct ini_key *key;

	if (r->ini->nkeys == INI_KEYS_MAX) {
		complain(r, "there are more than %d keys", INI_KEYS_MAX);
		return NULL;
	}
	if ((key = calloc(1, sizeof(*key))) == NULL ||
	    (key->name = strdup(name)) == NULL) {
		free(key);
		complain(r, "out of memory");
		return NULL;
	}
	TAILQ_INSERT_TAIL(&r->section->keys, key, link);
	r->ini->nkeys++;
	return key;
}

/* "name = value", at which text is cut in two. */
static void
begin_key(struct reader *r, char *text)
{
	char *equal = text + strcspn(text, "=:"), *name, *s;
	struct ini_key *key;

	end_key(r);
	if (r->section == NULL) {
		complain(r, "\"%.80s\" is in no section", text);
		return;
	}
	if (*equal == '\0') {
		complain(r, "\"%.80s\" lacks \"= VALUE\"", text);
		return;
	}
	*equal = '\0';
	name = trim(text, BLANKS);
	if (*name == '\0') {
		complain(r, "no key before \"=\"");
		return;
	}
	for (s = name; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
	if ((key = ini_key(r->section, name)) == NULL &&
	    (key = add_key(r, name)) == NULL)
		return;
	free(key->value);
	key->value = NULL;
	key->source = r->source;
	key->line = r->line;
	if ((r->value = open_memstream(&key->value, &r->size)) == NULL) {
		complain(r, "out of memory");
		return;
	}
	r->key = key;
	fputs(trim(equal + 1, BLANKS), r->value);
}

/* One line of len bytes; a NUL follows. */
static void
take_line(void *arg, char *line, size_t len)
{
	struct reader *r = arg;
	size_t indent = strspn(line, BLANKS);
	bool comment;
	char *text;

	r->line++;
	if (strlen(line) != len) {
		complain(r, "a NUL byte");
		return;
	}
	comment = cut_comment(line);
	text = trim(line, BLANKS);
	if (*text == '\0') {
		/* An empty line may be part of a value that goes on. */
		if (r->key != NULL && !comment)
			putc('\n', r->value);
	} else if (r->key != NULL && indent > r->indent) {
		fprintf(r->value, "\n%s", text);
	} else {
		r->indent = indent;
		if (text[0] != '[')
			begin_key(r, text);
		else if (text[1] == ']' || strchr(text, ']') == NULL)
			complain(r, "\"%.80s\" is not [SECTION]", text);
		else
			begin_section(r, text + 1);
	}
}

int
ini_parse(struct ini *ini, const struct ini_source *source, const char *bytes,
    size_t len, struct diags *diags)
{
	struct reader r = {.ini = ini, .source = source, .diags = diags};
	size_t before = diags_count(diags);

	if (lines_each(bytes, len, take_line, &r) == -1) {
		complain(&r, "out of memory");
		return -1;
	}
	end_key(&r);
	return diags_count(diags) == before ? 0 : -1;
}
