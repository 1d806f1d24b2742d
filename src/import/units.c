/*
 * units - the units of an import: found, and read with their drop-ins.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strings.h"
#include "import/units.h"

/* The folders of systemd below a root; an earlier one takes precedence. */
static const char *const folders[] = {
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
};
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

void
units_init(struct units *units)
{
	*units = (struct units){.mode = 0777};
	TAILQ_INIT(&units->list);
}

static void
free_unit(struct unit *unit)
{
	if (unit == NULL)
		return;
	unitfile_clear(&unit->file);
	free(unit->path);
	free(unit);
}

void
units_clear(struct units *units)
{
	struct unit *unit;

	while ((unit = TAILQ_FIRST(&units->list)) != NULL) {
		TAILQ_REMOVE(&units->list, unit, link);
		free_unit(unit);
	}
	units_init(units);
}

struct unit *
units_find(const struct units *units, const char *name)
{
	struct unit *unit;

	TAILQ_FOREACH (unit, &units->list, link)
		if (strcmp(unit->name, name) == 0)
			break;
	return unit;
}

bool
units_has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && strcmp(name + len - end, suffix) == 0;
}

/* Drop-ins. */

struct dropins {
	char **bases;	/* the folders of units */
	char **dirs;	/* "web.service.d" ... */
	char **folders; /* each of dirs in each of bases */
	char **names;	/* "10-user.conf", sorted, each once */
};

/* Add len bytes of a unit's name, and what follows, to the list. */
static int
add_dir(char ***list, const char *name, size_t len, const char *rest)
{
	char *dir;
	int r;

	if (asprintf(&dir, "%.*s%s.d", (int)len, name, rest) == -1)
		return -1;
	r = strings_add(list, dir);
	free(dir);
	return r;
}

/*
 * The most special first: "web-a@1.service.d", "web-a@.service.d",
 * "web-.service.d", "service.d".
 */
static int
add_dirs(char ***list, const char *name)
{
	const char *suffix = strrchr(name, '.'), *at = strchr(name, '@');
	size_t prefix;

	if (add_dir(list, name, strlen(name), "") == -1)
		return -1;
	if (suffix == NULL)
		return 0;
	if (at > suffix)
		at = NULL;
	prefix = (size_t)((at != NULL ? at : suffix) - name);
	if (at != NULL && at + 1 < suffix &&
	    add_dir(list, name, prefix + 1, suffix) == -1)
		return -1;
	for (; prefix > 1; prefix--)
		if (name[prefix - 1] == '-' && name + prefix != suffix &&
		    add_dir(list, name, prefix, suffix) == -1)
			return -1;
	return add_dir(list, suffix + 1, strlen(suffix + 1), "");
}

/* Each folder of drop-ins in each folder of units. */
static int
add_folders(struct dropins *d)
{
	char *path;
	int r = 0;

	for (char **dir = d->dirs; r == 0 && *dir != NULL; dir++) {
		for (char **base = d->bases; r == 0 && *base != NULL; base++) {
			if (asprintf(&path, "%s/%s", *base, *dir) == -1)
				return -1;
			r = strings_add(&d->folders, path);
			free(path);
		}
	}
	return r;
}

static int
is_conf(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	    units_has_suffix(entry->d_name, ".conf");
}

/* The files' names in all folders. */
static int
add_names(struct dropins *d)
{
	struct dirent **entries;
	int n, r = 0;

	for (char **folder = d->folders; *folder != NULL; folder++) {
		if ((n = scandir(*folder, &entries, is_conf, NULL)) == -1)
			continue;
		for (int i = 0; i < n; i++) {
			if (r == 0 &&
			    !strings_has(d->names, entries[i]->d_name))
				r = strings_add(&d->names, entries[i]->d_name);
			free(entries[i]);
		}
		free(entries);
	}
	return r;
}

static int
compare_names(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static bool
is_masked(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode);
}

/* Read the first of the files of that name. */
static int
read_dropin(const struct dropins *d, const char *name, struct unitfile *file,
    struct diags *diags, struct diags *notes)
{
	char *path;
	int r;

	for (char **folder = d->folders; *folder != NULL; folder++) {
		if (asprintf(&path, "%s/%s", *folder, name) == -1)
			return -1;
		r = is_masked(path) ? 0
				    : unitfile_read(file, path, diags, notes);
		if (r == -1 && errno != ENOENT)
			diag_add(diags, path, 0, NULL, "%s", strerror(errno));
		free(path);
		if (r == 0 || errno != ENOENT)
			return 0;
	}
	return 0;
}

/* The folder of systemd that a path begins with, and what stands before. */
static const char *
find_folder(const char *path, size_t *root)
{
	const char *slash = strrchr(path, '/');
	size_t len, dir = slash == NULL ? 0 : (size_t)(slash - path);

	for (size_t i = 0; i < FOLDERS; i++) {
		len = strlen(folders[i]);
		if (dir >= len &&
		    strncmp(path + dir - len, folders[i], len) == 0) {
			*root = dir - len;
			return folders[i];
		}
	}
	return NULL;
}

static int
add_bases(char ***list, const struct unit *unit)
{
	size_t root, len = (size_t)(unit->name - unit->path);
	char *base;
	int r = 0;

	if (find_folder(unit->path, &root) == NULL) {
		base = len == 0 ? strdup(".") : strndup(unit->path, len - 1);
		r = base == NULL ? -1 : strings_add(list, base);
		free(base);
		return r;
	}
	for (size_t i = 0; r == 0 && i < FOLDERS; i++) {
		if (asprintf(&base, "%.*s%s", (int)root, unit->path,
			folders[i]) == -1)
			return -1;
		r = strings_add(list, base);
		free(base);
	}
	return r;
}

static void
read_dropins(struct unit *unit, struct diags *diags, struct diags *notes)
{
	struct dropins d = {.names = NULL};
	int r;

	r = add_bases(&d.bases, unit);
	if (r == 0)
		r = add_dirs(&d.dirs, unit->name);
	if (r == 0)
		r = add_folders(&d);
	if (r == 0)
		r = add_names(&d);
	if (r == 0 && d.names != NULL) {
		qsort(d.names, strings_count(d.names), sizeof(*d.names),
		    compare_names);
		for (char **name = d.names; r == 0 && *name != NULL; name++)
			r = read_dropin(&d, *name, &unit->file, diags, notes);
	}
	if (r == -1)
		diag_no_memory(diags, unit->path);
	free(d.bases);
	free(d.dirs);
	free(d.folders);
	free(d.names);
}

/* "DIR/web@.service" of "DIR/web@1.service"; NULL: it is no instance. */
static char *
template_of(const struct unit *unit)
{
	const char *at = strchr(unit->name, '@'),
		   *dot = strrchr(unit->name, '.');
	char *path;

	if (at == NULL || dot == NULL || dot <= at + 1 ||
	    asprintf(&path, "%.*s%s", (int)(at + 1 - unit->path), unit->path,
		dot) == -1)
		return NULL;
	return path;
}

static int
read_main(struct unit *unit, struct diags *diags, struct diags *notes)
{
	char *template;
	int r;

	if (is_masked(unit->path)) {
		diag_add(diags, unit->path, 0, NULL, "the unit is masked");
		return 0;
	}
	r = unitfile_read(&unit->file, unit->path, diags, notes);
	if (r == -1 && errno == ENOENT &&
	    (template = template_of(unit)) != NULL) {
		r = unitfile_read(&unit->file, template, diags, notes);
		free(template);
	}
	return r;
}

struct unit *
units_read(struct units *units, const char *path, struct diags *diags,
    struct diags *notes)
{
	struct unit *unit;
	const char *slash;

	if ((unit = calloc(1, sizeof(*unit))) == NULL)
		return NULL;
	unitfile_init(&unit->file);
	if ((unit->path = strdup(path)) == NULL) {
		free_unit(unit);
		return NULL;
	}
	slash = strrchr(unit->path, '/');
	unit->name = slash == NULL ? unit->path : slash + 1;
	if (read_main(unit, diags, notes) == -1) {
		free_unit(unit);
		return NULL;
	}
	read_dropins(unit, diags, notes);
	units->mode &= unit->file.mode;
	TAILQ_INSERT_TAIL(&units->list, unit, link);
	return unit;
}

struct unit *
units_read_beside(struct units *units, const struct unit *other,
    const char *name, struct diags *diags, struct diags *notes)
{
	struct unit *unit = NULL;
	char *path;

	if (strchr(name, '/') != NULL) {
		errno = ENOENT;
		return NULL;
	}
	if (asprintf(&path, "%.*s%s", (int)(other->name - other->path),
		other->path, name) == -1)
		return NULL;
	if (access(path, F_OK) == 0)
		unit = units_read(units, path, diags, notes);
	if (unit != NULL)
		unit->named = true;
	free(path);
	return unit;
}

char *
units_read_tmpfiles(const struct unit *unit, char **path)
{
	const char *dot = strrchr(unit->name, '.'),
		   *at = strchr(unit->name, '@');
	char *bytes, *text;
	size_t root, len;

	*path = NULL;
	if (dot == NULL || find_folder(unit->path, &root) == NULL)
		return NULL;
	len = (size_t)((at != NULL && at < dot ? at : dot) - unit->name);
	if (asprintf(path, "%.*s/usr/lib/tmpfiles.d/%.*s.conf", (int)root,
		unit->path, (int)len, unit->name) == -1) {
		*path = NULL;
		return NULL;
	}
	if ((bytes = file_slurp(*path, 0, UNITFILE_MAX, &len, NULL)) == NULL)
		return NULL;
	if (asprintf(&text, "%.*s", (int)len, bytes) == -1)
		text = NULL;
	free(bytes);
	return text;
}
