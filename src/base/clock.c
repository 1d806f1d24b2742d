/*
 * clock - the time.  No other file reads a clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "base/clock.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* A year in steps that no season of daylight saving time escapes. */
#define ZONE_STEPS 12
#define ZONE_STEP (time_t)(31 * 24 * 60 * 60)

/* Both clocks exist on every Linux: only a broken libc fails here. */
static struct timespec
read_clock(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) == -1)
		abort();
	return ts;
}

struct mono
clock_now(void)
{
	struct timespec ts = read_clock(CLOCK_MONOTONIC);

	return (struct mono){ts.tv_sec * NS_PER_S + ts.tv_nsec};
}

/* A sum that does not fit becomes the end of time: a deadline never due. */
struct mono
clock_add_ms(struct mono t, int64_t ms)
{
	int64_t ns;

	if (__builtin_mul_overflow(ms, NS_PER_MS, &ns) ||
	    __builtin_add_overflow(t.ns, ns, &ns))
		ns = ms < 0 ? INT64_MIN : INT64_MAX;
	return (struct mono){ns};
}

int64_t
clock_diff_ms(struct mono a, struct mono b)
{
	int64_t ns, ms;

	if (__builtin_sub_overflow(a.ns, b.ns, &ns))
		ns = a.ns < b.ns ? INT64_MIN : INT64_MAX;
	ms = ns / NS_PER_MS;
	/* C rounds towards zero. */
	return ns % NS_PER_MS < 0 ? ms - 1 : ms;
}

bool
clock_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

bool
clock_is_set(struct mono t)
{
	return t.ns != 0;
}

struct timespec
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

void
clock_print_wall(time_t t, char buf[static CLOCK_WALL_MAX])
{
	struct tm tm;
	size_t len;

	if (localtime_r(&t, &tm) == NULL) {
		snprintf(buf, CLOCK_WALL_MAX, "@%lld", (long long)t);
		return;
	}
	/* Of years with more than four digits, musl's strftime(3) prints a +.
	 */
	len = (size_t)snprintf(buf, CLOCK_WALL_MAX, "%04lld",
	    tm.tm_year + 1900LL);
	len += strftime(buf + len, CLOCK_WALL_MAX - 1 - len,
	    "-%m-%dT%H:%M:%S%z", &tm);
	/* strftime(3) prints +0000; the extended format of ISO 8601 is +00:00.
	 */
	memmove(buf + len - 1, buf + len - 2, 3);
	buf[len - 2] = ':';
}

static void
get_offsets(time_t from, long offsets[static ZONE_STEPS])
{
	struct tm tm;
	time_t t;

	for (int i = 0; i < ZONE_STEPS; i++) {
		t = from + i * ZONE_STEP;
		offsets[i] = localtime_r(&t, &tm) == NULL ? 0 : tm.tm_gmtoff;
	}
}

/*
 * tzset(3) reads a file again only if TZ has changed; so change it, without
 * memory that could be missing.
 */
bool
clock_reread_zone(void)
{
	static char utc[] = "TZ=UTC0";
	static char *alone[] = {utc, NULL};
	const time_t now = clock_wall().tv_sec;
	long before[ZONE_STEPS], after[ZONE_STEPS];
	char **own = environ;

	get_offsets(now, before);
	environ = alone;
	tzset();
	environ = own;
	tzset();
	get_offsets(now, after);
	return memcmp(before, after, sizeof(before)) != 0;
}
