/*
 * mono - the only clock read.  Monotonic time is a struct, so that it cannot
 * be mixed with wall time or a plain number.
 *
 * Layer 0.  Source: clock_gettime(2), CLOCK_MONOTONIC.
 */
#ifndef MONO_H
#define MONO_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct mono {
	int64_t ns; /* since boot; 0 is "never" */
};

/* Read the clock. */
struct mono mono_now(void);
struct mono mono_add_ms(struct mono, int64_t ms);
/* a - b in milliseconds, rounded down. */
int64_t mono_diff_ms(struct mono a, struct mono b);
bool mono_before(struct mono a, struct mono b);
bool mono_is_set(struct mono);

/* Wall time: for people and for the log, never for a deadline. */
struct timespec wall_now(void);
/* Local ISO 8601 with offset, "2026-11-22T13:17:05+00:00". */
#define WALL_MAX 40
void wall_print(time_t, char buf[static WALL_MAX]);

#endif
