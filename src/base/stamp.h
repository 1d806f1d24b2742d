/*
 * stamp - the time before a line of a log.
 *
 * Pure.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stddef.h>
#include <stdint.h>

/* "2026-11-22T13:17:05.123+00:00 ", before a line of a program. */
#define STAMP_LENGTH 30

/*
 * The length of the stamp that the bytes at s begin with, its blank included; 0
 * if they begin with none.  The fraction may be absent, as in the event log.
 * *ms becomes its time, in milliseconds since 1970 UTC; ms may be NULL.
 */
size_t stamp_parse(const char *s, size_t len, int64_t *ms);

#endif
