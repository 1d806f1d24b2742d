/*
 * safefile - reading a file only if nobody but root and the daemon's user can
 * have written it.
 *
 * A file is refused unless it is regular, small enough, owned by root or the
 * daemon's user and writable by none else; a symbolic link is followed if its
 * own owner is trusted as well.  What changes while it is read is read again.
 *
 * Layer 2.
 */
#ifndef SAFEFILE_H
#define SAFEFILE_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#define SAFEFILE_WHY_MAX 160

struct safefile {
	int dir;	  /* as for openat(2) */
	const char *name; /* borrowed */
	size_t max;	  /* bytes it may have */
	bool link;
	struct stat st;
	char *bytes; /* once it is read; NUL-terminated after len */
	size_t len;
	char why[SAFEFILE_WHY_MAX]; /* "is a FIFO, not a regular file" */
};

/*
 * Look at it, without opening it: a device may act when opened.  1: it may be
 * read, st is of the file itself.  0: there is none.  -1: refused, with why
 * and errno; a link that leads nowhere is so, with ENOENT.
 */
int safefile_look(struct safefile *, int dir, const char *name, size_t max);
/* Look and read.  Returns as above. */
int safefile_read(struct safefile *, int dir, const char *name, size_t max);
/* Free the bytes; st stays. */
void safefile_clear(struct safefile *);

/*
 * Is a folder, its descriptor fd, safe from others?  -1: no, with why.
 */
int safefile_folder(int fd, char why[static SAFEFILE_WHY_MAX]);

#endif
