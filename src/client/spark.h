/*
 * spark - CPU use over the last minute, second by second, and its picture.
 *
 * Times are seconds of the monotonic clock, use is in thousandths of a
 * processor.
 *
 * Pure.
 */
#ifndef SPARK_H
#define SPARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPARK_SECONDS 60
/* A picture's bytes at most, with the NUL: a block has three in UTF-8. */
#define SPARK_SIZE (3 * SPARK_SECONDS + 1)

struct spark {
	int64_t last;		/* the newest second that is known */
	int use[SPARK_SECONDS]; /* by second modulo 60; -1: not known */
};

void spark_init(struct spark *);
/* The seconds after from, up to and with to, had that use on average. */
void spark_add(struct spark *, int64_t from, int64_t to, int use);
/*
 * The minute that ends with now in width characters, 60 at most.  Full height
 * is one processor, or the highest use if that is more.  The lowest step is no
 * use at all, a blank is what is not known.
 */
void spark_draw(const struct spark *, int64_t now, int width, bool utf8,
    char buf[static SPARK_SIZE]);

#endif
