/* stamp: the time before a line of a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stamp.h"

static void
reads_times(void **state)
{
	static const struct {
		const char *s;
		size_t len;
		int64_t ms;
	} cases[] = {
	    {"1970-01-01T00:00:00.000+00:00 x", 30, 0},
	    {"1970-01-01T00:00:00+00:00 x", 26, 0},
	    {"2026-11-22T13:17:05.123+00:00 ", 30, 1795353425123},
	    {"2026-11-22T13:17:05.123+02:00 ", 30, 1795346225123},
	    {"2026-11-22T13:17:05.123-03:30 ", 30, 1795366025123},
	    {"2028-02-29T23:59:59.999+00:00 ", 30, 1835481599999},
	    {"2028-03-01T00:00:00.000+00:00 ", 30, 1835481600000},
	    {"2000-03-01T00:00:00+00:00 ", 26, 951868800000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ms = -1;

		assert_int_equal(stamp_parse(cases[i].s, strlen(cases[i].s),
				     &ms),
		    cases[i].len);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void
refuses_others(void **state)
{
	static const char *const cases[] = {"", "x",
	    "2026-11-22T13:17:05.123+00:00", "2026-11-22 13:17:05.123+00:00 ",
	    "2026-11-22T13:17:05.123 00:00 ", "2026-11-22T13:17:05.12+00:00 ",
	    "2026-11-22T13:17:05", "2026-1a-22T13:17:05.123+00:00 "};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(stamp_parse(cases[i], strlen(cases[i]), NULL),
		    0);
	assert_int_equal(stamp_parse("2026-11-22T13:17:05.123+00:00 ", 29,
			     NULL),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_times),
	    cmocka_unit_test(refuses_others),
	};

	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
