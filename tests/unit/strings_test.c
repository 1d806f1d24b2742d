/* strings: lists of strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strings.h"

static void
grows_and_shrinks(void **state)
{
	char **list = NULL;

	(void)state;
	assert_int_equal(strings_count(list), 0);
	assert_false(strings_has(list, "a"));
	assert_int_equal(strings_add(&list, "a"), 0);
	assert_int_equal(strings_add(&list, ""), 0);
	assert_int_equal(strings_add(&list, "b"), 0);
	assert_int_equal(strings_count(list), 3);
	assert_true(strings_has(list, "b"));
	assert_true(strings_has(list, ""));
	assert_false(strings_has(list, "c"));
	strings_remove(&list, 0);
	assert_string_equal(list[0], "");
	assert_string_equal(list[1], "b");
	assert_null(list[2]);
	strings_remove(&list, 1);
	strings_remove(&list, 0);
	assert_null(list);
}

static void
compares_copies(void **state)
{
	char **list = NULL, **copy;

	(void)state;
	assert_int_equal(strings_copy(&copy, NULL), 0);
	assert_null(copy);
	assert_int_equal(strings_add(&list, "a"), 0);
	assert_int_equal(strings_add(&list, "b"), 0);
	assert_int_equal(strings_copy(&copy, list), 0);
	assert_ptr_not_equal(copy[0], list[0]);
	assert_true(strings_equal(copy, list));
	copy[1][0] = 'c';
	assert_false(strings_equal(copy, list));
	strings_remove(&copy, 1);
	assert_false(strings_equal(copy, list));
	assert_false(strings_equal(NULL, list));
	assert_true(strings_equal(NULL, NULL));
	free(copy);
	free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(grows_and_shrinks),
	    cmocka_unit_test(compares_copies),
	};

	return cmocka_run_group_tests_name("strings", tests, NULL, NULL);
}
