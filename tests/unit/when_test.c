/* when: moments as users write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/when.h"

/* 2026-11-22 13:17:05 in UTC, which is 14:17:05 in the zone. */
#define NOW 1795353425
#define ZONE "TEST-1SUMMER,M3.5.0,M10.5.0/3"

static void
reads_moments(void **state)
{
	static const struct {
		const char *s;
		int64_t seconds; /* after NOW */
	} cases[] = {
	    {"now", 0},
	    {"10 min ago", -600},
	    {"10min ago", -600},
	    {" 1h 30m ago", -5400},
	    {"-90s", -90},
	    {"2 weeks ago", -1209600},
	    {"1 day 1 second ago", -86401},
	    {"today", -(14 * 3600 + 17 * 60 + 5)},
	    {"yesterday", -(38 * 3600 + 17 * 60 + 5)},
	    {"14:17", -5},
	    {"14:17:06", 1},
	    {"2026-11-22", -(14 * 3600 + 17 * 60 + 5)},
	    {"2026-11-22 14:17", -5},
	    {"2026-11-22T14:17:07", 2},
	    {"2026-11-22T13:17:06+00:00", 1},
	    {"2026-11-22T13:17:06.000+00:00", 1},
	    {"@1795353426", 1},
	    /* Summer time, an hour more. */
	    {"2026-10-25 01:00", -(28 * 86400 + 14 * 3600 + 17 * 60 + 5)},
	};
	const char *why;

	(void)state;
	setenv("TZ", ZONE, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ms = -1;

		assert_int_equal(when_parse(cases[i].s, NOW, &ms, &why), 0);
		assert_int_equal(ms / 1000 - NOW, cases[i].seconds);
	}
}

static void
refuses_others(void **state)
{
	static const char *const cases[] = {"", "ago", "10", "10 min",
	    "10 lines ago", "-10 min ago", "tomorrow", "2026-02-30", "25:00",
	    "2026-11-22 13", "@", "@x", "99999999999999999999 s ago",
	    "9999999 weeks ago", "2026-11-22x"};
	const char *why = NULL;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(when_parse(cases[i], NOW, &ms, &why), -1);
		assert_non_null(why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_moments),
	    cmocka_unit_test(refuses_others),
	};

	return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
