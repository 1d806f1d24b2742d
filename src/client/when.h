/*
 * when - a moment as a user writes it.
 */
#ifndef WHEN_H
#define WHEN_H

#include <stdint.h>
#include <time.h>

/*
 * Read a moment, in local time unless it has an offset; *ms is milliseconds
 * since 1970 UTC:
 *
 *	"10 min ago", "1h 30m ago", "-90s"	before now
 *	"now", "today", "yesterday"		the last two: at midnight
 *	"13:17", "13:17:05"			today
 *	"2026-11-22", "2026-11-22 13:17:05", "2026-11-22T13:17:05.123+00:00"
 *	"@1763817425"				seconds since 1970 UTC
 *
 * -1: it is none of them, and *why is a static text.
 */
int when_parse(const char *s, time_t now, int64_t *ms, const char **why);

#endif
