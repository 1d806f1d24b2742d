/*
 * folder - the folders that a program gets before it starts: the five keys
 * runtime-directory, state-directory, cache-directory, logs-directory and
 * configuration-directory.
 *
 * One field of a definition holds the folders of all five keys, so that a
 * program without any costs little.
 *
 * Sources: systemd.exec(5), the XDG Base Directory Specification.
 *
 * Pure.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/value.h"

enum folder_kind {
	FOLDER_RUNTIME,
	FOLDER_STATE,
	FOLDER_CACHE,
	FOLDER_LOGS,
	FOLDER_CONFIGURATION,
};
#define FOLDER_KINDS 5

/* The mode of a folder that has none of its own. */
#define FOLDER_MODE 0755

/* When a runtime-directory is removed. */
enum folder_preserve {
	FOLDER_NO,	/* when the program ends */
	FOLDER_RESTART, /* when it ends and is not started again */
	FOLDER_YES,	/* never */
};

struct folder {
	enum folder_kind kind;
	int mode;
	char *name; /* below the base of its kind: "web", "web/cache" */
};

struct folder_list {
	struct folder *v;
	size_t n;
};

/* The kind of value; value.which is the enum folder_kind of the key. */
extern const struct value_kind folder_value;

/* The key, "runtime-directory", and the variable, "RUNTIME_DIRECTORY". */
const char *folder_key(enum folder_kind);
const char *folder_variable(enum folder_kind);
/* The base of root's daemon: "/run", "/var/lib" ... */
const char *folder_base(enum folder_kind);
/* Is the path the folder, or below it? */
bool folder_has(const char *folder, const char *path);
/*
 * The paths of all folders of that kind, joined by colons; bases has a path
 * for each kind.  Malloc'd.  NULL with errno: ENOMEM; 0 without a folder
 * of that kind.
 */
char *folder_paths(const struct folder_list *, enum folder_kind,
    const char *const *bases);

#endif
