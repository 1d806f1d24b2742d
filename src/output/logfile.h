/*
 * logfile - the log files of a folder: opened, appended to, rotated.
 *
 * Open files are a cache: when too many are open the one used least recently
 * is closed.  A file is looked at before each use, so that one that was
 * removed or cut short is noticed.
 *
 * Rotation: NAME.log becomes NAME.log.1, that NAME.log.2, and so on up to the
 * number kept.  The shift goes only up to the first number that is missing,
 * so a rotation that was cut short loses nothing when it is done again.
 *
 * Layer 2.
 */
#ifndef LOGFILE_H
#define LOGFILE_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct logfile {
	TAILQ_ENTRY(logfile) entry;
	struct logfile **ref; /* set to NULL when the file is closed */
	int fd;
	bool bol; /* the end of the file begins a line */
	uint64_t dev;
	uint64_t ino;
	int64_t size;
};

TAILQ_HEAD(logfiles, logfile);

struct logdir {
	int fd; /* -1: the folder is gone */
	unsigned open;
	unsigned max;
	struct logfiles files; /* used least recently first */
};

/* fd becomes the logdir's. */
void logfile_dir_init(struct logdir *, int fd, unsigned max);
/* Close all files; take fd for the folder, or keep the old one if -1. */
void logfile_dir_renew(struct logdir *, int fd);
void logfile_dir_free(struct logdir *);

/*
 * Make *ref the file NAME.log, open, at its end.  It is made if missing and
 * create is set.  -1 with errno.
 */
int logfile_open(struct logdir *, struct logfile **ref, const char *name,
    bool create);
void logfile_close(struct logdir *, struct logfile *); /* accepts NULL */
/*
 * Move NAME.log out of the way and close it.  keep: how many old ones stay.
 * -1 with errno: it is where it was.
 */
int logfile_rotate(struct logdir *, struct logfile **ref, const char *name,
    int keep);
/* Append all; -1 with errno after a part, which is in size. */
int logfile_append(struct logfile *, const char *bytes, size_t len);
/* The length of NAME.log.1 if it is that file, else -1. */
int64_t logfile_rotated(const struct logdir *, const char *name, uint64_t dev,
    uint64_t ino);
/*
 * The last len bytes, or what there is of them, going back to NAME.log.1 if
 * need be.  Returns how many; -1 with errno.
 */
ssize_t logfile_read_end(struct logdir *, struct logfile **ref,
    const char *name, char *buf, size_t len);

#endif
