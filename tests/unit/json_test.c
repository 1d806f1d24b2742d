/* json: what is written is JSON, whatever the strings are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/json.h"

/* Check the document that has one string. */
static void
check_string(const char *s, const char *expected)
{
	struct json json;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	json_begin(&json, f);
	json_string(&json, NULL, s);
	json_end(&json);
	fclose(f);
	assert_string_equal(text, expected);
	free(text);
}

static void
strings(void **state)
{
	(void)state;
	check_string("", "\"\"\n");
	check_string("plain", "\"plain\"\n");
	check_string("a\"b\\c/d", "\"a\\\"b\\\\c/d\"\n");
	check_string("\n\t\r\x01\x1b\x7f",
	    "\"\\n\\t\\u000d\\u0001\\u001b\\u007f\"\n");
	check_string("\xc3\xa9\xe2\x82\xac", "\"\xc3\xa9\xe2\x82\xac\"\n");
	check_string("a\xff\xc3", "\"a\\ufffd\\ufffd\"\n");
	check_string("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n");
	check_string(NULL, "null\n");
}

static void
nesting(void **state)
{
	struct json json;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	json_begin(&json, f);
	json_object(&json, NULL);
	json_array(&json, "none");
	json_close(&json);
	json_array(&json, "some");
	json_number(&json, NULL, INT64_MIN);
	json_bool(&json, NULL, true);
	json_object(&json, NULL);
	json_close(&json);
	json_object(&json, NULL);
	json_null(&json, "k\"");
	json_bool(&json, "no", false);
	json_close(&json);
	json_close(&json);
	json_string(&json, "last", "x");
	json_object(&json, "open");
	json_end(&json);
	fclose(f);
	assert_string_equal(text,
	    "{\"none\":[],\"some\":[-9223372036854775808,true,{},"
	    "{\"k\\\"\":null,\"no\":false}],\"last\":\"x\",\"open\":{}}\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strings),
	    cmocka_unit_test(nesting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
