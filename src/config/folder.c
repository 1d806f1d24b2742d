/*
 * folder - the folders that a program gets before it starts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "config/folder.h"

static const struct {
	const char *key;
	const char *variable;
	const char *base;
} kinds[FOLDER_KINDS] = {
    [FOLDER_RUNTIME] = {"runtime-directory", "RUNTIME_DIRECTORY", "/run"},
    [FOLDER_STATE] = {"state-directory", "STATE_DIRECTORY", "/var/lib"},
    [FOLDER_CACHE] = {"cache-directory", "CACHE_DIRECTORY", "/var/cache"},
    [FOLDER_LOGS] = {"logs-directory", "LOGS_DIRECTORY", "/var/log"},
    [FOLDER_CONFIGURATION] = {"configuration-directory",
	"CONFIGURATION_DIRECTORY", "/etc"},
};

const char *
folder_key(enum folder_kind kind)
{
	return kinds[kind].key;
}

const char *
folder_variable(enum folder_kind kind)
{
	return kinds[kind].variable;
}

const char *
folder_base(enum folder_kind kind)
{
	return kinds[kind].base;
}

bool
folder_has(const char *folder, const char *path)
{
	const size_t len = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

	return strncmp(folder, path, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

char *
folder_paths(const struct folder_list *list, enum folder_kind kind,
    const char *const *bases)
{
	const char *colon = "";
	char *text = NULL;
	size_t size;
	FILE *f = NULL;

	errno = 0;
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].kind != kind)
			continue;
		if (f == NULL && (f = open_memstream(&text, &size)) == NULL)
			return NULL;
		fprintf(f, "%s%s/%s", colon, bases[kind], list->v[i].name);
		colon = ":";
	}
	if (f == NULL || fclose(f) == 0)
		return text;
	free(text);
	errno = ENOMEM;
	return NULL;
}

/* The value of the five keys: one list holds the folders of all. */

static struct folder *
next_of(const struct folder_list *list, int which, size_t *at)
{
	while (*at < list->n)
		if ((int)list->v[(*at)++].kind == which)
			return &list->v[*at - 1];
	return NULL;
}

static bool
equal(const void *a, const void *b, const struct value *value)
{
	size_t at = 0, bt = 0;
	const struct folder *x, *y;

	do {
		x = next_of(a, value->which, &at);
		y = next_of(b, value->which, &bt);
		if (x != NULL && y != NULL &&
		    (x->mode != y->mode || strcmp(x->name, y->name) != 0))
			return false;
	} while (x != NULL && y != NULL);
	return x == y;
}

/* Append a folder, or give an earlier one of this name the mode.  -1: memory.
 */
static int
add(struct folder_list *list, const struct folder *folder)
{
	struct folder *v;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].kind == folder->kind &&
		    strcmp(list->v[i].name, folder->name) == 0) {
			list->v[i].mode = folder->mode;
			return 0;
		}
	v = reallocarray(list->v, list->n + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	list->v = v;
	v[list->n] = *folder;
	if ((v[list->n].name = strdup(folder->name)) == NULL)
		return -1;
	list->n++;
	return 0;
}

static int
copy(void *to, const void *from, const struct value *value)
{
	const struct folder *folder;
	size_t at = 0;

	while ((folder = next_of(from, value->which, &at)) != NULL)
		if (add(to, folder) == -1)
			return -1;
	return 0;
}

static void
clear(void *field, const struct value *value)
{
	struct folder_list *list = field;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if ((int)list->v[i].kind == value->which)
			free(list->v[i].name);
		else
			list->v[n++] = list->v[i];
	list->n = n;
	if (n > 0)
		return;
	free(list->v);
	list->v = NULL;
}

static size_t
count(const void *field, const struct value *value)
{
	size_t at = 0, n = 0;

	while (next_of(field, value->which, &at) != NULL)
		n++;
	return n;
}

/* A relative path without ".", "..", empty parts and what a list separates. */
static const char *
trouble_of(const char *name)
{
	size_t len;

	if (strlen(name) > 200)
		return "is too long";
	for (const char *s = name; *s != '\0'; s++)
		if (*s == ':' || (unsigned char)*s < ' ' || *s == '\177')
			return "has a colon or a control character";
	for (;; name += len + 1) {
		len = strcspn(name, "/");
		if (len == 0)
			return "has an empty part";
		if ((len == 1 && *name == '.') ||
		    (len == 2 && strncmp(name, "..", 2) == 0))
			return "has a part . or ..";
		if (name[len] == '\0')
			return NULL;
	}
}

static int
parse(void *field, const struct value *value, const char *text, char *why)
{
	const enum folder_kind kind = (enum folder_kind)value->which;
	struct folder folder = {.kind = kind, .mode = FOLDER_MODE};
	const char *reason;
	char **words;
	size_t n;
	int r;

	if (words_split(text, &words, &n, &reason) == -1)
		return value_refuse(why, "%s", reason);
	if (n < 1 || n > 2 || *words[0] == '\0')
		r = value_refuse(why, "\"%.80s\" is not NAME or NAME MODE",
		    text);
	else if (words[0][0] == '/')
		r = value_refuse(why,
		    "\"%.80s\" is an absolute path; give the part below %s",
		    words[0], kinds[kind].base);
	else if ((reason = trouble_of(words[0])) != NULL)
		r = value_refuse(why, "\"%.80s\" %s", words[0], reason);
	else if (n == 2 && value_mode(words[1], 07777, &folder.mode) == -1)
		r = value_refuse(why,
		    "\"%.40s\" is not an octal number up to 7777", words[1]);
	else {
		folder.name = words[0];
		r = add(field, &folder);
		if (r == -1)
			value_refuse(why, "out of memory");
	}
	free(words);
	return r;
}

static int
print(const void *field, const struct value *value, const char *key, FILE *f)
{
	const struct folder *folder;
	char *words[2] = {NULL, NULL}, *text;
	size_t at = 0;

	while ((folder = next_of(field, value->which, &at)) != NULL) {
		words[0] = folder->name;
		if ((text = words_join(words)) == NULL)
			return -1;
		fprintf(f, "%s = %s", key, text);
		free(text);
		if (folder->mode != FOLDER_MODE)
			fprintf(f, " %03o", (unsigned)folder->mode);
		putc('\n', f);
	}
	return 0;
}

static const struct value_store store = {.equal = equal,
    .copy = copy,
    .clear = clear,
    .count = count};
const struct value_kind folder_value = {&store, parse, print};
