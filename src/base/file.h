/*
 * file - files and folders that only root and the daemon's own user can have
 * written: reading them safely, writing them whole, making folders.
 *
 * Reading: a file is refused unless it is a regular file, not too large, owned
 * by root or by the daemon's user, and writable by nobody else, and so is each
 * folder and each symbolic link on the path to it.  A file that changes while
 * it is read is read again.
 *
 * Writing: a file in an administrator's folder appears and disappears whole,
 * even if the machine fails meanwhile.  Temporary names begin with a dot and
 * do not end like the name of a program file, so no daemon reads them.
 */
#ifndef FILE_H
#define FILE_H

#include <sys/types.h>
#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#define FILE_WHY_MAX 512

/* The other users that may change the folders on a path. */
struct file_trust {
	bool any_group; /* above the last one: any group may write there */
	uid_t owner;	/* of the last one, besides root and ourselves */
};

struct file {
	int dir;	  /* as for openat(2) */
	const char *name; /* borrowed */
	size_t max;	  /* the largest accepted size, in bytes */
	bool link;	  /* name is a symbolic link */
	struct stat st;	  /* of the file itself */
	char *bytes;	  /* once read; a NUL follows the len bytes */
	size_t len;
	char why[FILE_WHY_MAX]; /* "is a FIFO, not a regular file" */
};

/*
 * Check a file without opening it, since opening a device may have an effect.
 * 1: it may be read, and st is set.  0: it does not exist.  -1: refused, with
 * why and errno; ENOENT is a symbolic link to nothing.
 */
int file_look(struct file *, int dir, const char *name, size_t max);
/*
 * Check and open it, for reading.  Returns as file_look does, with the
 * descriptor in *fd, else -1 there.
 */
int file_open(struct file *, int dir, const char *name, size_t max, int *fd);
/* Check and read it.  Returns as file_look does. */
int file_read(struct file *, int dir, const char *name, size_t max);
/* Free the bytes; st stays. */
void file_clear(struct file *);

/*
 * Read a file that anybody may have written, up to max bytes.  flags are added
 * to those of open(2); st, unless NULL, is of the file.  Returns its len bytes,
 * which the caller frees.  NULL with errno.
 */
char *file_slurp(const char *path, int flags, size_t max, size_t *len,
    struct stat *st);

/*
 * The identity and the times of a file: equal stamps mean equal bytes, unless
 * the file was changed within a tick of the kernel's clock.
 */
struct file_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	struct timespec ctime;
};

struct file_stamp file_stamp(const struct stat *);
bool file_same_stamp(const struct file_stamp *, const struct file_stamp *);

/*
 * Create a file with these bytes and this mode, whatever the umask.  An
 * existing file is never replaced: EEXIST.  -1 with errno.
 */
int file_create(const char *file, const char *bytes, size_t len, mode_t mode);
/* Likewise a symbolic link to target. */
int file_link(const char *target, const char *file);
/* Rename a file to a temporary name, which the caller frees.  NULL: errno. */
char *file_set_aside(const char *file);
/* Rename it back, unless the name is in use again: EEXIST.  -1 with errno. */
int file_put_back(const char *aside, const char *file);
/*
 * Replace a file by these bytes, with its owner and mode, at once: the name is
 * that of the one file or the other at any moment.  was: the file that is
 * meant; ESTALE if another one has its name by now, or it was changed.  The
 * former file gets a temporary name, *aside, which the caller frees.  -1 with
 * errno.
 */
int file_replace(const char *file, const struct stat *was, const char *bytes,
    size_t len, char **aside);
/* Rename what file_replace set aside back over the file.  -1 with errno. */
int file_restore(const char *aside, const char *file);
/* Remove a file for good.  -1 with errno. */
int file_remove(const char *file);
/*
 * Write the folder of this file to disk, so that a new, changed or removed
 * name lasts.  -1 with errno.
 */
int file_sync(const char *file);

/*
 * Can nobody but root and the daemon's own user change where this path leads?
 * Each folder on it is checked, and each symbolic link with the folders of its
 * target.  Above the last folder sticky ones are safe, and so is group write
 * of group 0 or of the owner's private group, which has the owner's number.  A
 * missing part is safe.  trust: other users to trust, or NULL.  -1: no, with
 * why and errno.
 */
int file_check_path(int dir, const char *path, const struct file_trust *trust,
    char why[static FILE_WHY_MAX]);
/*
 * Make a folder with this mode, and its parents with mode 0755.  The path to
 * it, and the folder if it exists, must be safe from other users; the mode of
 * an existing folder is left alone.  -1 with errno and why.
 */
int file_make_folder(const char *path, mode_t mode,
    char why[static FILE_WHY_MAX]);

#endif
