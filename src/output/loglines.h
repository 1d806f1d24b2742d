/*
 * loglines - turn the output of a program into the lines of its log file.
 *
 * The result depends only on the raw bytes, the stamp, and whether the bytes
 * begin a line.  So the length of the file shows a log process where a killed
 * one stopped.
 */
#ifndef LOGLINES_H
#define LOGLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The raw bytes that are left. */
struct loglines {
	const char *raw;
	size_t len;
	const char *stamp; /* goes before each line; stamplen 0: none */
	size_t stamplen;
	size_t stamp_done; /* bytes of it already given for this line */
	bool bol;	   /* raw begins a line */
};

/*
 * The next piece of output; returns its length, 0 at the end.  *piece points
 * into raw, or into buf if stamps had to be inserted.
 */
size_t loglines_next(struct loglines *, char *buf, size_t bufsize,
    const char **piece);
/* The length of all the output that is left. */
int64_t loglines_length(const struct loglines *);
/*
 * How many raw bytes fit into a file of this size before it must be rotated.
 * A file is rotated before a line that would make it longer than limit; an
 * unfinished line needs some bytes more, to grow.  A line that is longer than
 * limit, or never ends, is cut between two characters.  An empty file takes at
 * least one character.  limit 0: no limit.
 */
size_t loglines_fit(const struct loglines *, int64_t size, int64_t limit);

/* The largest length up to at that splits no character. */
size_t loglines_whole(const char *raw, size_t at);

/*
 * Move the last lines, at most max bytes, to the beginning of bytes; if stamped
 * is set, their stamps are removed.  Returns their length.
 */
size_t loglines_tail(char *bytes, size_t len, size_t lines, size_t max,
    bool stamped);

#endif
