/*
 * merge - print the lines of several logs in the order of their times.
 *
 * Memory is bounded, whatever the logs are: each has a buffer, and a longer
 * line is read, searched and printed in parts.  No other line comes between
 * these, unless the rest is still to be written.
 */
#ifndef MERGE_H
#define MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/ctl.h"
#include "client/emit.h"
#include "client/search.h"

/* One log.  All logs of a call are in one folder. */
struct merge_log {
	const char *path;
	/* No line has a time: only those that are added are printed. */
	bool untimed;
	/* The text before its lines; the time is added. */
	struct emit_head head;
};

struct merge_conf {
	int64_t lines; /* the last of all logs together; INT64_MAX: all */
	/* Milliseconds since 1970 UTC; INT64_MIN, INT64_MAX: no limit. */
	int64_t since;
	int64_t until;
	const struct search *search; /* or NULL */
	bool follow; /* print what is added, until output fails */
};

/*
 * Print the lines of n > 0 logs that the conf selects.  A line without a time
 * belongs to the line before it.  Lines that are added later are in order only
 * among those that come at once.  A log that cannot be read is presented as a
 * failure, and *status set.  Returns 0, or -1 with errno: the output failed.
 */
int merge_print(const struct ctl *, const struct merge_conf *,
    const struct merge_log *, size_t n, struct emit *, int *status);

#endif
