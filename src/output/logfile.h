/*
 * logfile - open, append to and rotate the log files of a folder.
 *
 * Open files are a cache: if too many are open, the least recently used one is
 * closed.  A file is examined before each use, so that a removed or truncated
 * file is noticed.
 *
 * Rotation: NAME.log becomes NAME.log.1, NAME.log.1 becomes NAME.log.2, and so
 * on up to the number to keep.  The shift goes only up to the first missing
 * number, so an interrupted rotation loses nothing when it is repeated.
 */
#ifndef LOGFILE_H
#define LOGFILE_H

#include <sys/types.h>
#include <sys/queue.h>

#include <limits.h>
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
	struct logfiles files; /* least recently used first */
};

/*
 * The file of a stream: NAME.log, or NAME.log.N where n is not 0; of the stream
 * of standard error (message.h) NAME.log.err and NAME.log.err.N.
 */
const char *logfile_name(char buf[static NAME_MAX + 1], const char *name,
    int n);

/* fd, a folder, becomes the logdir's; at most max files stay open. */
void logfile_dir_init(struct logdir *, int fd, unsigned max);
/* Close all files; fd is the new folder, -1 keeps the old one. */
void logfile_dir_renew(struct logdir *, int fd);
void logfile_dir_free(struct logdir *);
/* Can a file be made there?  -1 with errno, ENOENT: the folder was removed. */
int logfile_dir_check(const struct logdir *);

/*
 * Open NAME.log as *ref, unless it is open.  A missing file is made if create
 * is set.  -1 with errno.
 */
int logfile_open(struct logdir *, struct logfile **ref, const char *name,
    bool create);
void logfile_close(struct logdir *, struct logfile *); /* accepts NULL */
/*
 * Rename NAME.log and close it; keep is how many old files stay.  -1 with
 * errno: the name has not changed.
 */
int logfile_rotate(struct logdir *, struct logfile **ref, const char *name,
    int keep);
/*
 * Append everything.  -1 with errno: size has grown by the bytes that were
 * written.
 */
int logfile_append(struct logfile *, const char *bytes, size_t len);
/* The length of NAME.log.1 if it is that file, else -1. */
int64_t logfile_rotated(const struct logdir *, const char *name, uint64_t dev,
    uint64_t ino);
/*
 * Read the last len bytes, or as many as there are, from NAME.log.1 too if
 * needed.  Returns their number; -1 with errno.
 */
ssize_t logfile_read_end(struct logdir *, struct logfile **ref,
    const char *name, char *buf, size_t len);

#endif
