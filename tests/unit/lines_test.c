/*
 * lines_test - texts fall into the lines that they have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/lines.h"

static char seen[256];

static void
note(void *arg, char *line, size_t len)
{
	int *n = arg;

	assert_int_equal(line[len], '\0');
	strcat(seen, "[");
	strncat(seen, line, len);
	strcat(seen, "]");
	line[0] = 'x';
	++*n;
}

static void
assert_lines(const char *text, size_t len, int n, const char *expected)
{
	int count = 0;

	seen[0] = '\0';
	assert_int_equal(lines_each(text, len, note, &count), 0);
	assert_string_equal(seen, expected);
	assert_int_equal(count, n);
}

static void
falls_into_lines(void **state)
{
	(void)state;
	assert_lines("", 0, 0, "");
	assert_lines("\n", 1, 1, "[]");
	assert_lines("one", 3, 1, "[one]");
	assert_lines("one\n", 4, 1, "[one]");
	assert_lines("one\n\ntwo\r\n", 10, 3, "[one][][two\r]");
	/* What is behind the end is not looked at. */
	assert_lines("one\ntwo", 5, 2, "[one][t]");
}

static void
leaves_out_the_mark(void **state)
{
	(void)state;
	assert_lines("\xef\xbb\xbfone\n", 7, 1, "[one]");
	assert_lines("\xef\xbb\xbf", 3, 0, "");
	assert_lines("\xef\xbb", 2, 1, "[\xef\xbb]");
	assert_lines("one\n\xef\xbb\xbf", 7, 2, "[one][\xef\xbb\xbf]");
}

static void
tells_of_a_nul(void **state)
{
	(void)state;
	/* The length is more than strlen(3) finds. */
	assert_lines("a\0b\nc", 5, 2, "[a][c]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(falls_into_lines),
	    cmocka_unit_test(leaves_out_the_mark),
	    cmocka_unit_test(tells_of_a_nul),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
