/* reply: lines are kept and become objects. */
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
becomes_an_object(void **state)
{
	static const struct attr attrs[] = {
	    {"name", "name", ATTR_TEXT},
	    {"up_ms", "up", ATTR_NUMBER},
	    {"ok", "ok", ATTR_YES},
	    {"ready", "ready", ATTR_YES},
	    {"absent", "absent", ATTR_NUMBER},
	};
	struct reply reply = {0};
	struct json json;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	assert_int_equal(reply_add_all(&reply,
			     "p name=x%22 up=12 ok=yes ready=no\ntail "
			     "text=one\n"
			     "tail text=two\nother\ntail text=three\n"),
	    0);
	json_begin(&json, f);
	json_object(&json, NULL);
	line_json(&json, &reply.v[0], attrs, 5);
	tail_json(&json, &reply, 1);
	json_object(&json, "none");
	line_json(&json, NULL, attrs, 2);
	json_end(&json);
	fclose(f);
	assert_string_equal(text,
	    "{\"name\":\"x\\\"\",\"up_ms\":12,\"ok\":true,\"ready\":false,"
	    "\"absent\":null,\"tail\":[\"one\",\"two\"],"
	    "\"none\":{\"name\":null,\"up_ms\":null}}\n");
	free(text);
	reply_clear(&reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_lines),
	    cmocka_unit_test(refuses_what_is_malformed),
	    cmocka_unit_test(becomes_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
