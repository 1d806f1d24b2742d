/*
 * importread - the files of supervisord's configuration, and those that they
 * include.
 */
#include <sys/stat.h>

#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/importread.h"
#include "import/importval.h"

struct import_source {
	SLIST_ENTRY(import_source) link;
	struct ini_source ini;
	char *file; /* the strings of ini */
	char *folder;
};

/* What following an [include] needs. */
struct including {
	struct import_reading *reading;
	struct ini_key key; /* as it was: an included file may change it */
	struct diags *diags;
	struct diags *notes;
};

void
import_read_init(struct import_reading *r, mode_t mode)
{
	*r = (struct import_reading){.mode = mode};
	ini_init(&r->ini);
	SLIST_INIT(&r->sources);
}

static void
free_source(struct import_source *source)
{
	free(source->file);
	free(source->folder);
	free(source);
}

void
import_read_clear(struct import_reading *r)
{
	struct import_source *source;

	ini_clear(&r->ini);
	while ((source = SLIST_FIRST(&r->sources)) != NULL) {
		SLIST_REMOVE_HEAD(&r->sources, link);
		free_source(source);
	}
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

/* All of a file, one byte more than it may have at most. */
static char *
slurp(const char *file, size_t *len, mode_t *mode)
{
	struct stat st;
	char *bytes;
	FILE *f;
	int err;

	if ((f = fopen(file, "re")) == NULL)
		return NULL;
	if ((bytes = malloc(INI_FILE_MAX + 1)) != NULL) {
		*len = fread(bytes, 1, INI_FILE_MAX + 1, f);
		if (ferror(f) || fstat(fileno(f), &st) == -1) {
			err = errno;
			free(bytes);
			bytes = NULL;
			errno = err;
		} else
			*mode = st.st_mode;
	}
	err = errno;
	fclose(f);
	errno = err;
	return bytes;
}

/* A source of the reading for the file, or NULL with errno. */
static const struct ini_source *
add_source(struct import_reading *r, const char *file)
{
	struct import_source *source;

	if ((source = calloc(1, sizeof(*source))) == NULL)
		return NULL;
	source->file = strdup(file);
	if (source->file == NULL ||
	    (source->folder = folder_of(file)) == NULL) {
		free_source(source);
		return NULL;
	}
	source->ini = (struct ini_source){source->file, source->folder};
	SLIST_INSERT_HEAD(&r->sources, source, link);
	return &source->ini;
}

/* Add what the file alone says.  NULL with errno: it cannot be read. */
static const struct ini_source *
read_one(struct import_reading *r, const char *file, struct diags *diags)
{
	const struct ini_source *source;
	char *bytes;
	mode_t mode;
	size_t len;

	if ((source = add_source(r, file)) == NULL ||
	    (bytes = slurp(file, &len, &mode)) == NULL)
		return NULL;
	r->mode &= mode | S_IRUSR | S_IWUSR;
	if (len > INI_FILE_MAX)
		diags_add(diags, file, 0, NULL,
		    "the file is larger than %zu KiB", INI_FILE_MAX / 1024);
	else
		(void)ini_parse(&r->ini, source, bytes, len, diags);
	free(bytes);
	return source;
}

/* Read what a pattern, relative to the folder of its file, matches. */
static void
include_pattern(const struct including *in, const char *pattern)
{
	char *path;
	glob_t found;
	int r;

	if (asprintf(&path, "%s%s%s",
		*pattern == '/' ? "" : in->key.source->here,
		*pattern == '/' ? "" : "/", pattern) == -1) {
		importval_complain(&in->key, in->diags, "out of memory");
		return;
	}
	/* As Python's glob: sorted, and a backslash is one. */
	r = glob(path, GLOB_NOESCAPE, NULL, &found);
	if (r == GLOB_NOMATCH)
		importval_complain(&in->key, in->notes, "no file is %s", path);
	else if (r != 0)
		importval_complain(&in->key, in->diags, "out of memory");
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		if (read_one(in->reading, found.gl_pathv[i], in->diags) == NULL)
			importval_complain(&in->key, in->diags, "%s: %s",
			    found.gl_pathv[i], strerror(errno));
	}
	if (r == 0)
		globfree(&found);
	free(path);
}

static void
include(const struct including *in, const struct import_names *names)
{
	const struct importval_names known = {.host = names->host,
	    .environ = names->environ};
	char *text, *rest, *pattern;

	text = importval_expand(&in->key, &known, in->diags, in->notes);
	for (rest = text; (pattern = strsep(&rest, " \t\r\n\v\f")) != NULL;)
		if (*pattern != '\0')
			include_pattern(in, pattern);
	free(text);
}

/* As supervisord does, follow what the file says, and nothing further. */
static void
follow(struct including *in, const struct ini_source *source,
    const struct ini_section *section, const struct import_names *names)
{
	const struct ini_key *key = ini_key(section, "files");

	if (key == NULL && section->source == source)
		diags_add(in->diags, source->file, section->line, NULL,
		    "[include]: there is no key files");
	if (key == NULL || key->source != source)
		return;
	in->key = *key;
	include(in, names);
	if (key->source != source)
		importval_complain(key, in->notes,
		    "is not followed in a file that is included");
}

int
import_read(struct import_reading *r, const char *file,
    const struct import_names *names, struct diags *diags, struct diags *notes)
{
	struct including in = {.reading = r, .diags = diags, .notes = notes};
	const struct ini_section *section;
	const struct ini_source *source;

	if ((source = read_one(r, file, diags)) == NULL)
		return -1;
	if ((section = ini_section(&r->ini, "include")) != NULL)
		follow(&in, source, section, names);
	return 0;
}
