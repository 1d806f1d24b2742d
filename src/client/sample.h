/*
 * sample - the programs of one answer to "status" after another, and what
 * follows from two: the CPU use.
 *
 * Pure.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "client/reply.h"

/*
 * CPU use over the last minute, in thousandths of a processor, for each second
 * of the monotonic clock.
 */
#define SPARK_SECONDS 60
/* A picture's bytes at most, with the NUL: a block has three in UTF-8. */
#define SPARK_SIZE (3 * SPARK_SECONDS + 1)

struct spark {
	int64_t last;		/* the newest second that is known */
	int use[SPARK_SECONDS]; /* by second modulo 60; -1: not known */
};

/* A number that is not known is -1. */
struct sample {
	char *name;	/* printable ASCII */
	char *state;	/* printable ASCII */
	bool unwritten; /* its output cannot be written */
	int64_t pid;
	int64_t memory; /* bytes */
	int64_t restarts;
	int64_t uptime; /* ms */
	int use;	/* of CPU: thousandths of a processor */
	struct spark spark;
	/* what the next use is computed from */
	int64_t cpu; /* ms */
	struct mono at;
	int64_t rank; /* in the order they were last sorted by */
};

struct samples {
	struct sample *v;
	size_t n;
	int64_t second; /* of the clock, when the answer came */
	int64_t pid;	/* the daemon's */
	bool unwritten; /* the event log cannot be written */
};

/*
 * Take the lines of an answer that came now; they are in no order.  -1: no
 * memory, and the former ones stay.
 */
int sample_take(struct samples *, const struct reply *, struct mono now);
void sample_clear(struct samples *);

enum order {
	ORDER_NAME,
	ORDER_CPU,
	ORDER_MEMORY,
	ORDER_RESTARTS,
	ORDER_STATE,
	ORDER_UPTIME,
	ORDERS
};

/*
 * Sort: names from the first, anything else from the highest, equal ones by
 * name; or all of it the other way round.
 */
void sample_sort(struct samples *, enum order, bool reverse);

/*
 * The minute that ends with now in width characters, 60 at most.  Full height
 * is one processor, or the highest use if that is more.  The lowest step is no
 * use at all, a blank is what is not known.
 */
void sample_spark(const struct spark *, int64_t now, int width, bool utf8,
    char buf[static SPARK_SIZE]);

#endif
