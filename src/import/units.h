/*
 * units - the units of an import: found, and read with their drop-ins.
 *
 * A unit's drop-ins are the files *.conf of the folders NAME.d beside it; and
 * if it lies in a folder of systemd, then those of all of systemd's folders
 * below the same root, in the order and with the precedence of systemd.unit(5).
 */
#ifndef UNITS_H
#define UNITS_H

#include <stdbool.h>

#include "import/unitfile.h"

struct unit {
	TAILQ_ENTRY(unit) link;
	char *path;	  /* as it was named */
	const char *name; /* the last part of path: "web@1.service" */
	struct unitfile file;
	bool named; /* by another unit alone */
	bool taken; /* a socket: its service was converted */
};

struct units {
	TAILQ_HEAD(, unit) list;
	mode_t mode; /* permissions common to all files; rw of the owner */
};

void units_init(struct units *);
void units_clear(struct units *);
/*
 * Read a unit.  If the path names an instance that has no file, that of its
 * template is read.  NULL with errno: it cannot be read.  Errors in it are
 * added to diags, and to notes what systemd would ignore with a warning.
 */
struct unit *units_read(struct units *, const char *path, struct diags *diags,
    struct diags *notes);
/*
 * Read a unit that another one names, from that one's folder.  NULL with
 * ENOENT: it does not exist.
 */
struct unit *units_read_beside(struct units *, const struct unit *,
    const char *name, struct diags *diags, struct diags *notes);
/*
 * The file of tmpfiles.d(5) that a package has beside the unit: below the same
 * root, with the name of the unit.  Its text, malloc'd, and its path; NULL:
 * it does not exist, or the unit is not in a folder of systemd.
 */
char *units_read_tmpfiles(const struct unit *, char **path);
/* The unit of that name, or NULL. */
struct unit *units_find(const struct units *, const char *name);
/* Does the name end with the suffix, ".service"? */
bool units_has_suffix(const char *name, const char *suffix);

#endif
