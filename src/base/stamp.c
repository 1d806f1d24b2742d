/*
 * stamp - the time before a line of a log.
 */
#include <stdbool.h>

#include "base/stamp.h"

/* d: a digit; s: a sign; all else is itself. */
static const char date_form[] = "dddd-dd-ddTdd:dd:dd";
static const char fraction_form[] = ".ddd";
static const char offset_form[] = "sdd:dd ";

#define LENGTH(form) (sizeof(form) - 1)

_Static_assert(LENGTH(date_form) + LENGTH(fraction_form) +
	    LENGTH(offset_form) ==
	STAMP_LENGTH,
    "form of a stamp");

static bool
has_form(const char *s, size_t len, const char *form, size_t formlen)
{
	if (len < formlen)
		return false;
	for (size_t i = 0; i < formlen; i++) {
		if (form[i] == 'd') {
			if (s[i] < '0' || s[i] > '9')
				return false;
		} else if (form[i] == 's') {
			if (s[i] != '+' && s[i] != '-')
				return false;
		} else if (s[i] != form[i])
			return false;
	}
	return true;
}

static int64_t
number(const char *s, int digits)
{
	int64_t n = 0;

	while (digits-- > 0)
		n = 10 * n + (*s++ - '0');
	return n;
}

/*
 * Days since 1970 of a date in the Gregorian calendar.  A year counts from
 * March, so that the day that may be missing is its last.
 */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	if (month <= 2)
		year--;
	month = (month + 9) % 12;
	return 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + day - 1 - 719468;
}

/* Seconds since 1970, as if the date were in UTC. */
static int64_t
seconds_of(const char *s)
{
	const int64_t days =
	    days_of(number(s, 4), number(s + 5, 2), number(s + 8, 2));

	return days * 86400 + number(s + 11, 2) * 3600 +
	    number(s + 14, 2) * 60 + number(s + 17, 2);
}

size_t
stamp_parse(const char *s, size_t len, int64_t *ms)
{
	size_t at = LENGTH(date_form);
	int64_t fraction = 0, offset;

	if (!has_form(s, len, date_form, LENGTH(date_form)))
		return 0;
	if (has_form(s + at, len - at, fraction_form, LENGTH(fraction_form))) {
		fraction = number(s + at + 1, 3);
		at += LENGTH(fraction_form);
	}
	if (!has_form(s + at, len - at, offset_form, LENGTH(offset_form)))
		return 0;
	offset = number(s + at + 1, 2) * 3600 + number(s + at + 4, 2) * 60;
	if (s[at] == '-')
		offset = -offset;
	if (ms != NULL)
		*ms = (seconds_of(s) - offset) * 1000 + fraction;
	return at + LENGTH(offset_form);
}
