/* envlist: the later wins, and nothing is copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/environ.h"

static void
test_later_wins(void **state)
{
	struct environment e = {0};
	char a[] = "A=1", ab[] = "AB=2", a2[] = "A=3", empty[] = "A=";
	char **v;

	(void)state;
	environ_set(&e, a);
	environ_set(&e, ab);
	assert_string_equal(environ_get(&e, "A"), "1");
	environ_set(&e, a2);
	assert_string_equal(environ_get(&e, "A"), "3");
	assert_string_equal(environ_get(&e, "AB"), "2");
	assert_null(environ_get(&e, "ABC"));
	assert_null(environ_get(&e, ""));
	environ_set(&e, empty);
	assert_string_equal(environ_get(&e, "A"), "");
	v = environ_vector(&e);
	assert_ptr_equal(v[0], empty);
	assert_ptr_equal(v[1], ab);
	assert_null(v[2]);
	environ_clear(&e);
	assert_null(environ_get(&e, "A"));
}

static void
test_unset(void **state)
{
	struct environment e = {0};
	char a[] = "A=1", b[] = "B=2", c[] = "C=3";
	char *v[] = {a, b, c, NULL};

	(void)state;
	environ_set_all(&e, NULL);
	environ_set_all(&e, v);
	environ_unset(&e, "A");
	environ_unset(&e, "D");
	assert_null(environ_get(&e, "A"));
	assert_string_equal(environ_get(&e, "B"), "2");
	assert_string_equal(environ_get(&e, "C"), "3");
	assert_int_equal(e.n, 2);
	environ_clear(&e);
}

static void
test_empty_and_many(void **state)
{
	enum { MANY = 1000 };
	static char text[MANY][32];
	struct environment e = {0};
	char name[32];
	char **v;
	int i;

	(void)state;
	v = environ_vector(&e);
	assert_non_null(v);
	assert_null(v[0]);
	for (i = 0; i < MANY; i++) {
		snprintf(text[i], sizeof(text[i]), "V%d=%d", i, i);
		environ_set(&e, text[i]);
	}
	v = environ_vector(&e);
	for (i = 0; i < MANY; i++) {
		assert_ptr_equal(v[i], text[i]);
		snprintf(name, sizeof(name), "V%d", i);
		assert_int_equal(atoi(environ_get(&e, name)), i);
	}
	assert_null(v[MANY]);
	environ_clear(&e);
}

static void
test_failure_sticks(void **state)
{
	struct environment e = {.failed = 1};

	(void)state;
	assert_null(environ_vector(&e));
	environ_clear(&e);
	assert_non_null(environ_vector(&e));
	environ_clear(&e);
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
