/* reply: lines are kept and found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/reply.h"

static void
keeps_lines(void **state)
{
	struct reply reply = {0};
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(reply_add(&reply, "a name=x%20y"), 0);
	assert_int_equal(reply_add_all(&reply, "b k=1\n\nc\n"), 0);
	assert_int_equal(reply_add_all(&reply, NULL), 0);
	assert_int_equal(reply.n, 102);
	assert_true(reply_is(&reply.v[99], "a"));
	assert_string_equal(line_get(&reply.v[99], "name"), "x y");
	assert_ptr_equal(reply_find(&reply, "c"), &reply.v[101]);
	assert_null(reply_find(&reply, "d"));
	reply_clear(&reply);
	reply_clear(&reply);
}

static void
refuses_what_is_malformed(void **state)
{
	struct reply reply = {0};

	(void)state;
	assert_int_equal(reply_add(&reply, "a k=%zz"), -1);
	assert_int_equal(reply_add(&reply, ""), -1);
	assert_int_equal(reply.n, 0);
	reply_clear(&reply);
}

static void
finds_lines_by_a_field(void **state)
{
	struct reply reply = {0};

	(void)state;
	assert_int_equal(reply_add_all(&reply,
			     "a name=x\nb name=y\na name=y k=1\n"),
	    0);
	assert_true(reply_has(&reply.v[0], "name", "x"));
	assert_false(reply_has(&reply.v[0], "name", NULL));
	assert_false(reply_has(&reply.v[0], "k", "1"));
	assert_ptr_equal(reply_find_of(&reply, "a", "name", "y"), &reply.v[2]);
	assert_null(reply_find_of(&reply, "b", "name", "x"));
	reply_clear(&reply);
}

static void
holds_errors_as_lines(void **state)
{
	struct reply reply = {0};
	struct diags diags;

	(void)state;
	diag_init(&diags);
	diag_add(&diags, "a.conf", 3, "user", "there is no user");
	assert_int_equal(reply_add_errors(&reply, &diags), 0);
	assert_int_equal(reply.n, 1);
	assert_true(reply_is(&reply.v[0], "error"));
	assert_true(reply_has(&reply.v[0], "key", "user"));
	diag_clear(&diags);
	reply_clear(&reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_lines),
	    cmocka_unit_test(refuses_what_is_malformed),
	    cmocka_unit_test(finds_lines_by_a_field),
	    cmocka_unit_test(holds_errors_as_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
