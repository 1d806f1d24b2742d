/*
 * when - a moment as a user writes it.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"
#include "client/when.h"

/* Longer than 3650 days: no log is so old. */
#define AGO_MAX (INT64_C(3650) * 24 * 60 * 60)

static const struct unit {
	const char *names; /* separated by blanks, the longest first */
	int64_t seconds;
} units[] = {
    {"seconds second secs sec s", 1},
    {"minutes minute mins min m", 60},
    {"hours hour h", 60 * 60},
    {"days day d", 24 * 60 * 60},
    {"weeks week w", 7 * 24 * 60 * 60},
};

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " ");
}

/* Does s begin with one of the names, as a whole word?  Returns what follows.
 */
static const char *
after_name(const char *s, const char *names)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"), len;

	for (; *names != '\0'; names += len + (names[len] == ' ')) {
		len = strcspn(names, " ");
		if (n > 0 && len == n && strncmp(s, names, n) == 0)
			return s + n;
	}
	return NULL;
}

static const char *
after_unit(const char *s, int64_t *seconds)
{
	const char *after;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if ((after = after_name(s, units[i].names)) != NULL) {
			*seconds = units[i].seconds;
			return after;
		}
	return NULL;
}

/* "1h 30 min ", up to "ago" or the end.  NULL: it is something else. */
static const char *
after_durations(const char *s, int64_t *seconds)
{
	int64_t n, unit;
	char *end;

	*seconds = 0;
	do {
		if (!isdigit((unsigned char)*s))
			return NULL;
		n = strtoll(s, &end, 10);
		if ((s = after_unit(skip_blanks(end), &unit)) == NULL)
			return NULL;
		if (n > AGO_MAX / unit || (*seconds += n * unit) > AGO_MAX)
			return NULL;
		s = skip_blanks(s);
	} while (*s != '\0' && strcmp(s, "ago") != 0);
	return s;
}

static bool
parse_ago(const char *s, time_t now, int64_t *ms)
{
	const bool minus = *s == '-';
	const char *after;
	int64_t seconds;

	after = after_durations(minus ? skip_blanks(s + 1) : s, &seconds);
	/* "10 min" alone might mean a moment to come. */
	if (after == NULL || minus == (*after != '\0'))
		return false;
	*ms = (now - seconds) * 1000;
	return true;
}

/* Midnight, that many days from the day of now. */
static bool
midnight(time_t now, int days, int64_t *ms)
{
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return false;
	tm.tm_mday += days;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	*ms = (int64_t)mktime(&tm) * 1000;
	return true;
}

static bool
parse_word(const char *s, time_t now, int64_t *ms)
{
	if (strcmp(s, "now") == 0) {
		*ms = (int64_t)now * 1000;
		return true;
	}
	if (strcmp(s, "today") == 0)
		return midnight(now, 0, ms);
	return strcmp(s, "yesterday") == 0 && midnight(now, -1, ms);
}

/* Is it a time that the calendar has?  mktime(3) makes March 1 of February 29.
 */
static bool
to_ms(const struct tm *tm, int64_t *ms)
{
	struct tm copy = *tm;
	time_t t;

	copy.tm_isdst = -1;
	t = mktime(&copy);
	if (copy.tm_mday != tm->tm_mday || copy.tm_mon != tm->tm_mon ||
	    copy.tm_min != tm->tm_min)
		return false;
	*ms = (int64_t)t * 1000;
	return true;
}

/* A date, a time, or both, in local time. */
static bool
parse_local(const char *s, time_t now, int64_t *ms)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M",
	    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%H:%M",
	    "%H:%M:%S"};
	const char *end;
	struct tm tm;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (localtime_r(&now, &tm) == NULL)
			return false;
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		end = strptime(s, forms[i], &tm);
		if (end != NULL && *end == '\0')
			return to_ms(&tm, ms);
	}
	return false;
}

static bool
parse_unix(const char *s, int64_t *ms)
{
	const char *why;

	if (*s != '@')
		return false;
	*ms = strtonum(s + 1, 0, INT64_MAX / 1000, &why) * 1000;
	return why == NULL;
}

/* As it stands in a log. */
static bool
parse_stamp(const char *s, int64_t *ms)
{
	char copy[STAMP_LENGTH + 2];
	size_t n;

	n = strlcpy(copy, s, sizeof(copy));
	return n < STAMP_LENGTH && strlcat(copy, " ", sizeof(copy)) == n + 1 &&
	    stamp_parse(copy, n + 1, ms) == n + 1;
}

int
when_parse(const char *s, time_t now, int64_t *ms, const char **why)
{
	s = skip_blanks(s);
	*why = NULL;
	if (parse_word(s, now, ms) || parse_ago(s, now, ms) ||
	    parse_local(s, now, ms) || parse_unix(s, ms) || parse_stamp(s, ms))
		return 0;
	*why = "no time: write for example '10 min ago', 'today', '13:30' or "
	       "'2026-11-22 13:30'";
	return -1;
}
