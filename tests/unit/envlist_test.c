/* envlist: the later wins, and nothing is copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/envlist.h"

static void
test_later_wins(void **state)
{
	struct envlist e = {0};
	char a[] = "A=1", ab[] = "AB=2", a2[] = "A=3", empty[] = "A=";
	char **v;

	(void)state;
	envlist_set(&e, a);
	envlist_set(&e, ab);
	assert_string_equal(envlist_get(&e, "A"), "1");
	envlist_set(&e, a2);
	assert_string_equal(envlist_get(&e, "A"), "3");
	assert_string_equal(envlist_get(&e, "AB"), "2");
	assert_null(envlist_get(&e, "ABC"));
	assert_null(envlist_get(&e, ""));
	envlist_set(&e, empty);
	assert_string_equal(envlist_get(&e, "A"), "");
	v = envlist_vector(&e);
	assert_ptr_equal(v[0], empty);
	assert_ptr_equal(v[1], ab);
	assert_null(v[2]);
	envlist_clear(&e);
	assert_null(envlist_get(&e, "A"));
}

static void
test_unset(void **state)
{
	struct envlist e = {0};
	char a[] = "A=1", b[] = "B=2", c[] = "C=3";
	char *v[] = {a, b, c, NULL};

	(void)state;
	envlist_set_all(&e, NULL);
	envlist_set_all(&e, v);
	envlist_unset(&e, "A");
	envlist_unset(&e, "D");
	assert_null(envlist_get(&e, "A"));
	assert_string_equal(envlist_get(&e, "B"), "2");
	assert_string_equal(envlist_get(&e, "C"), "3");
	assert_int_equal(e.n, 2);
	envlist_clear(&e);
}

static void
test_empty_and_many(void **state)
{
	enum { MANY = 1000 };
	static char text[MANY][32];
	struct envlist e = {0};
	char name[32];
	char **v;
	int i;

	(void)state;
	v = envlist_vector(&e);
	assert_non_null(v);
	assert_null(v[0]);
	for (i = 0; i < MANY; i++) {
		snprintf(text[i], sizeof(text[i]), "V%d=%d", i, i);
		envlist_set(&e, text[i]);
	}
	v = envlist_vector(&e);
	for (i = 0; i < MANY; i++) {
		assert_ptr_equal(v[i], text[i]);
		snprintf(name, sizeof(name), "V%d", i);
		assert_int_equal(atoi(envlist_get(&e, name)), i);
	}
	assert_null(v[MANY]);
	envlist_clear(&e);
}

static void
test_failure_sticks(void **state)
{
	struct envlist e = {.failed = 1};

	(void)state;
	assert_null(envlist_vector(&e));
	envlist_clear(&e);
	assert_non_null(envlist_vector(&e));
	envlist_clear(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_later_wins),
	    cmocka_unit_test(test_unset),
	    cmocka_unit_test(test_empty_and_many),
	    cmocka_unit_test(test_failure_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
