/* utf88: characters are distinguished from other bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/utf8.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static void
lengths(void **state)
{
	static const struct {
		const char *s;
		int length;
	} cases[] = {
	    {"a", 1},
	    {"\x7f", 1},
	    {"\xc3\xa9", 2},
	    {"\xe2\x82\xac", 3},
	    {"\xed\x9f\xbf", 3},
	    {"\xf0\x9f\x98\x80", 4},
	    {"\xf4\x8f\xbf\xbf", 4},
	    /* alone, overlong, a surrogate, beyond the last, not allowed */
	    {"\x80", 0},
	    {"\xc0\xaf", 0},
	    {"\xc1\xbf", 0},
	    {"\xe0\x9f\xbf", 0},
	    {"\xf0\x8f\xbf\xbf", 0},
	    {"\xed\xa0\x80", 0},
	    {"\xf4\x90\x80\x80", 0},
	    {"\xf5\x80\x80\x80", 0},
	    {"\xff", 0},
	    {"\xc3(", 0},
	    {"\xe2\x82(", 0},
	    /* unfinished */
	    {"\xc3", -1},
	    {"\xe2\x82", -1},
	    {"\xf0\x9f\x98", -1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < nitems(cases); i++)
		assert_int_equal(utf8_length(cases[i].s, strlen(cases[i].s)),
		    cases[i].length);
}

static void
unfinished(void **state)
{
	(void)state;
	assert_int_equal(utf8_unfinished("", 0), 0);
	assert_int_equal(utf8_unfinished("abc", 3), 0);
	assert_int_equal(utf8_unfinished("a\xc3\xa9", 3), 0);
	assert_int_equal(utf8_unfinished("a\xc3", 2), 1);
	assert_int_equal(utf8_unfinished("a\xe2\x82", 3), 2);
	assert_int_equal(utf8_unfinished("\xf0\x9f\x98", 3), 3);
	assert_int_equal(utf8_unfinished("a\xff", 2), 0);
	assert_int_equal(utf8_unfinished("\x80\x80\x80\x80", 4), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
