/*
 * clock - the time.  Monotonic time is a struct, so that it cannot be mixed
 * with wall time or with a plain number.
 *
 * Source: clock_gettime(2), CLOCK_MONOTONIC.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A moment of monotonic time. */
struct mono {
	int64_t ns; /* since boot; 0 is "never" */
};

/* Read the clock. */
struct mono clock_now(void);
struct mono clock_add_ms(struct mono, int64_t ms);
/* a - b in milliseconds, rounded down. */
int64_t clock_diff_ms(struct mono a, struct mono b);
bool clock_before(struct mono a, struct mono b);
bool clock_is_set(struct mono);

/* Wall time: for people and for the log, never for a deadline. */
struct timespec clock_wall(void);
/* Local ISO 8601 with offset, "2026-11-22T13:17:05+00:00". */
#define CLOCK_WALL_MAX 40
void clock_print_wall(time_t, char buf[static CLOCK_WALL_MAX]);
/*
 * Read the time zone again: its file may have been replaced.  Returns whether
 * local time has changed, now or within the next year.
 */
bool clock_reread_zone(void);

#endif
