/*
 * ini - the files of supervisord's configuration: sections of keys.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "import/ini.h"

#define BLANKS " \t\r\v\f"

/* A file that was read, and the strings of its source. */
struct ini_file {
	SLIST_ENTRY(ini_file) link;
	struct ini_source source;
	char *name;
	char *folder;
};

struct reader {
	struct ini *ini;
	const struct ini_source *source;
	struct diags *diags;
	unsigned line;
	struct ini_section *section; /* NULL before the first */
	struct ini_key *key; /* a line that is indented deeper continues it */
	FILE *value;	     /* of key, up to now */
	size_t size;
	size_t indent; /* of the line that began key */
};

#define complain(r, ...) \
	diag_add((r)->diags, (r)->source->file, (r)->line, NULL, __VA_ARGS__)

void
ini_init(struct ini *ini)
{
	*ini = (struct ini){.mode = 0777};
	TAILQ_INIT(&ini->sections);
	SLIST_INIT(&ini->files);
}

static void
free_key(struct ini_key *key)
{
	free(key->name);
	free(key->value);
	free(key);
}

static void
free_file(struct ini_file *file)
{
	free(file->name);
	free(file->folder);
	free(file);
}

void
ini_clear(struct ini *ini)
{
	struct ini_section *section;
	struct ini_file *file;
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
	while ((file = SLIST_FIRST(&ini->files)) != NULL) {
		SLIST_REMOVE_HEAD(&ini->files, link);
		free_file(file);
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

/* End the value of the key. */
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

/* Add a key without a value to the section; NULL after an error. */
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

/* Take "name = value"; text is changed. */
static void
begin_key(struct reader *r, char *text)
{
	char *equal = text + strcspn(text, "=:"), *name, *s;
	struct ini_key *key;

	end_key(r);
	if (r->section == NULL) {
		complain(r, "\"%.80s\" stands before the first section", text);
		return;
	}
	if (*equal == '\0') {
		complain(r, "\"%.80s\" lacks \"= VALUE\"", text);
		return;
	}
	*equal = '\0';
	name = text_trim(text, BLANKS);
	if (*name == '\0') {
		complain(r, "the key before \"=\" is missing");
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
	fputs(text_trim(equal + 1, BLANKS), r->value);
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
		complain(r, "the line contains a NUL byte");
		return;
	}
	comment = cut_comment(line);
	text = text_trim(line, BLANKS);
	if (*text == '\0') {
		/* An empty line may be within a value. */
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
	size_t before = diag_count(diags);

	if (text_each_line(bytes, len, take_line, &r) == -1) {
		complain(&r, "out of memory");
		return -1;
	}
	end_key(&r);
	return diag_count(diags) == before ? 0 : -1;
}

/* The folder of a file, absolute, or NULL with errno. */
static char *
folder_of(const char *file)
{
	char *copy, *folder;

	if ((copy = strdup(file)) == NULL)
		return NULL;
	folder = realpath(dirname(copy), NULL);
	free(copy);
	return folder;
}

/* Remember the file.  NULL with errno. */
static const struct ini_source *
add_source(struct ini *ini, const char *name)
{
	struct ini_file *file;

	if ((file = calloc(1, sizeof(*file))) == NULL)
		return NULL;
	file->name = strdup(name);
	if (file->name == NULL || (file->folder = folder_of(name)) == NULL) {
		free_file(file);
		return NULL;
	}
	file->source = (struct ini_source){file->name, file->folder};
	SLIST_INSERT_HEAD(&ini->files, file, link);
	return &file->source;
}

const struct ini_source *
ini_read(struct ini *ini, const char *file, struct diags *diags)
{
	const struct ini_source *source;
	char *bytes;
	struct stat st;
	size_t len;

	if ((source = add_source(ini, file)) == NULL ||
	    (bytes = file_slurp(file, 0, INI_FILE_MAX + 1, &len, &st)) == NULL)
		return NULL;
	ini->mode &= st.st_mode | S_IRUSR | S_IWUSR;
	if (len > INI_FILE_MAX)
		diag_add(diags, file, 0, NULL,
		    "the file is larger than %zu KiB", INI_FILE_MAX / 1024);
	else
		(void)ini_parse(ini, source, bytes, len, diags);
	free(bytes);
	return source;
}

void
ini_complain(const struct ini_key *key, struct diags *diags, const char *fmt,
    ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		s = NULL;
	va_end(ap);
	diag_add(diags, key->source->file, key->line, key->name, "%s",
	    s == NULL ? "out of memory" : s);
	free(s);
}
