/*
 * mounts - the file systems that a program sees: a mount namespace of its own,
 * made from a plan.
 *
 * The daemon makes the plan; the child carries it out as root, before it
 * changes its ids.  Order and precedence do not depend on the order in which
 * the entries were added: a path below another one is mounted later, and of two
 * entries for one path the first kind counts.
 *
 * Sources: mount_namespaces(7), open_tree(2), move_mount(2),
 * mount_setattr(2), pivot_root(2), systemd.exec(5).
 */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <limits.h>
#include <stdbool.h>

#include "config/hardening.h"

/* The kinds of entry, the one that counts first. */
enum mounts_kind {
	MOUNTS_INACCESSIBLE,
	MOUNTS_BIND,	/* source, a file or folder outside */
	MOUNTS_DEVICES, /* a /dev with the harmless devices */
	MOUNTS_PROC,	/* source: the value of hidepid */
	MOUNTS_READ_ONLY,
	MOUNTS_READ_WRITE,
	MOUNTS_EMPTY, /* a folder that cannot be written */
	/* The same, but a key that names the path wins. */
	MOUNTS_READ_ONLY_IMPLIED,
	MOUNTS_READ_WRITE_IMPLIED,
};

struct mounts;

/*
 * An empty plan.  root: the folder that becomes the root, or NULL.  empty: a
 * folder of root's, for the empty files that cover inaccessible ones.
 * NULL: no memory.
 */
struct mounts *mounts_new(const char *root, const char *empty);
void mounts_free(struct mounts *); /* accepts NULL */
/*
 * Add an entry.  A path that begins with "-" may be absent.  source is NULL for
 * kinds that have none.  -1: no memory.
 */
int mounts_add(struct mounts *, enum mounts_kind, enum hardening_key,
    const char *path, const char *source);

/*
 * For the child: carry it out.  -1 with errno, and the key and path ("": none)
 * of the entry that failed.
 */
int mounts_apply(struct mounts *, enum hardening_key *, char path[PATH_MAX]);

#endif
