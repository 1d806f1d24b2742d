/*
 * loglines - what a program printed, to what stands in its log file.
 *
 * The output is a pure function of the raw bytes, the stamp and whether they
 * begin a line, so that a later process can tell from the length of the file
 * where an earlier one was stopped.
 *
 * Layer 1.  Pure.
 */
#ifndef LOGLINES_H
#define LOGLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2026-11-22T13:17:05.123+00:00 " */
#define LOGLINES_STAMP 30

/* Raw bytes on their way; what has been given is no longer in it. */
struct loglines {
	const char *raw;
	size_t len;
	const char *stamp; /* goes before each line; stamplen 0: none */
	size_t stamplen;
	size_t stamp_done; /* so much of it was given for this line */
	bool bol;	   /* raw begins a line */
};

/*
 * The next piece of output: its length, 0 at the end.  *piece is in raw, or
 * in buf where a stamp had to be put in.
 */
size_t loglines_next(struct loglines *, char *buf, size_t bufsize,
    const char **piece);
/* The length of all that is left. */
int64_t loglines_length(const struct loglines *);
/*
 * How many raw bytes may go into a file of that size before it is to be
 * rotated: 0 for none.  A file is rotated at the begin of a line that would
 * make it longer than limit, and never while it is empty.  limit 0 is none.
 */
size_t loglines_fit(const struct loglines *, int64_t size, int64_t limit);

/*
 * The last lines of bytes, at most that many and max bytes, without stamps
 * where stamped is set.  bytes is changed; returns what is left at its begin.
 */
size_t loglines_tail(char *bytes, size_t len, size_t lines, size_t max,
    bool stamped);

#endif
