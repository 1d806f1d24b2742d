/*
 * walk - read a log from some place on, through every rotation.
 */
#ifndef WALK_H
#define WALK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk {
	const char *path; /* of the log; the owner's */
	int fd;		  /* the file that is read, or -1 */
	int older;	  /* the one before it, or -1 */
	int newer;	  /* the one after it, once it is there, or -1 */
	bool entered;	  /* another file than when its owner reset this */
};

/* Read nothing yet.  path is not copied. */
void walk_init(struct walk *, const char *path);
void walk_close(struct walk *);

/*
 * Go to where the last lines begin, or to the beginning of all that is there:
 * lines INT64_MAX.  Lines are cut if they are much longer than usual, with a
 * warning.  A log that does not exist has nothing: ENOENT is no failure.  -1
 * with errno.
 */
int walk_to_last(struct walk *, int64_t lines);
/*
 * Go to a place before which no line is as late as ms (milliseconds since 1970
 * UTC); lines after it may be earlier.  As above.
 */
int walk_to_time(struct walk *, int64_t ms);

/*
 * Read.  Returns the number of bytes, which may come from the end of one file
 * or the beginning of the next, never from both; 0 if that is all for now; -1
 * with errno.
 */
ssize_t walk_read(struct walk *, char *buf, size_t size);

/*
 * Has the log lines with times?  Decided by the last line that is there.  true
 * for a log without lines.
 */
bool walk_has_times(const char *path);

#endif
