/* line: lines parse, and what is built parses back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/line.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static void
parses(void **state)
{
	char text[] = "start all=yes web wait= a%20b db\n";
	struct line line;

	(void)state;
	assert_int_equal(line_parse(&line, text), 0);
	assert_string_equal(line.tag, "start");
	assert_int_equal(line.n, 5);
	assert_string_equal(line_get(&line, "all"), "yes");
	assert_string_equal(line_get(&line, "wait"), "");
	assert_null(line_get(&line, "web"));
	assert_null(line_get(&line, "al"));
	assert_string_equal(line_get_word(&line, 0), "web");
	assert_string_equal(line_get_word(&line, 1), "a b");
	assert_string_equal(line_get_word(&line, 2), "db");
	assert_null(line_get_word(&line, 3));
	assert_null(line_get_word(&line, SIZE_MAX));
	line_clear(&line);
	assert_null(line.v);
	assert_int_equal(line.n, 0);
	line_clear(&line);
}

static void
parses_a_tag_alone(void **state)
{
	char with[] = "ping\n", without[] = "ping";
	struct line line;

	(void)state;
	assert_int_equal(line_parse(&line, with), 0);
	assert_string_equal(line.tag, "ping");
	assert_int_equal(line.n, 0);
	assert_null(line_get(&line, "ping"));
	assert_null(line_get_word(&line, 0));
	line_clear(&line);
	assert_int_equal(line_parse(&line, without), 0);
	assert_string_equal(line.tag, "ping");
	line_clear(&line);
}

/* Two blanks enclose an empty word; only the first = of a field counts. */
static void
parses_odd_fields(void **state)
{
	char text[] = "t  k=%3D=v k=second ";
	struct line line;

	(void)state;
	assert_int_equal(line_parse(&line, text), 0);
	assert_int_equal(line.n, 4);
	assert_string_equal(line_get_word(&line, 0), "");
	assert_string_equal(line_get_word(&line, 1), "");
	assert_null(line_get_word(&line, 2));
	assert_string_equal(line_get(&line, "k"), "==v");
	line_clear(&line);
}

static void
refuses_malformed_lines(void **state)
{
	static const char *const bad[] = {"", "\n", " ", " start", "a %",
	    "a b %4", "a k=%zz", "a k=%00", "a ok %0", "a =v", "a ="};

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		struct line line;
		char text[16];

		snprintf(text, sizeof(text), "%s", bad[i]);
		assert_int_equal(line_parse(&line, text), -1);
		assert_null(line.v);
		assert_null(line.tag);
		assert_int_equal(line.n, 0);
		/* The caller may nevertheless clear it. */
		line_clear(&line);
	}
}

static void
reads_numbers(void **state)
{
	static const struct {
		const char *value;
		int64_t n;
	} cases[] = {
	    {"0", 0},
	    {"7", 7},
	    {"-7", -7},
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	    {"9223372036854775808", 42},
	    {"-9223372036854775809", 42},
	    {"99999999999999999999999999", 42},
	    {"", 42},
	    {"x", 42},
	    {"7x", 42},
	    {"0x7", 42},
	    {"1.5", 42},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		struct line line;
		char text[64];

		snprintf(text, sizeof(text), "t n=%s", cases[i].value);
		assert_int_equal(line_parse(&line, text), 0);
		assert_int_equal(line_get_number(&line, "n", 42), cases[i].n);
		assert_int_equal(line_get_number(&line, "absent", 42), 42);
		line_clear(&line);
	}
}

static void
parses_many_fields(void **state)
{
	enum { COUNT = 200000 };
	char *text = malloc(2 * COUNT + 2);
	struct line line;

	(void)state;
	assert_non_null(text);
	text[0] = 't';
	for (size_t i = 0; i < COUNT; i++)
		memcpy(text + 1 + 2 * i, " w", 2);
	text[2 * COUNT + 1] = '\0';
	assert_int_equal(line_parse(&line, text), 0);
	assert_int_equal(line.n, COUNT);
	assert_string_equal(line_get_word(&line, COUNT - 1), "w");
	assert_null(line_get_word(&line, COUNT));
	line_clear(&line);
	free(text);
}

static void
builds(void **state)
{
	struct line_text text = {0};

	(void)state;
	line_begin(&text, "program");
	line_put_word(&text, "a b");
	line_put_word(&text, NULL);
	line_put(&text, "name", "web=1");
	line_put(&text, "exit", NULL);
	line_put(&text, "empty", "");
	line_put_number(&text, "least", INT64_MIN);
	line_put_number(&text, "most", INT64_MAX);
	line_end(&text);
	line_begin(&text, "end");
	line_put_number(&text, "n", 0);
	line_end(&text);
	assert_false(text.failed);
	assert_string_equal(text.s,
	    "program a%20b name=web%3D1 empty= "
	    "least=-9223372036854775808 most=9223372036854775807\n"
	    "end n=0\n");
	assert_int_equal(text.len, strlen(text.s));
	assert_true(text.size > text.len);
	line_text_clear(&text);
	assert_null(text.s);
	line_text_clear(&text);
}

/* Any bytes go through a line and come out again. */
static void
is_its_own_inverse(void **state)
{
	char raw[256];
	struct line_text text = {0};
	struct line line;

	(void)state;
	for (int i = 1; i < 256; i++)
		raw[i - 1] = (char)i;
	raw[255] = '\0';
	for (size_t from = 0; from < sizeof(raw); from++) {
		line_begin(&text, "t");
		line_put(&text, "k", raw + from);
		line_put_word(&text, raw + from);
		line_put_word(&text, "");
		line_end(&text);
		assert_false(text.failed);
		/* One line, printable. */
		for (size_t i = 0; i + 1 < text.len; i++)
			assert_true(text.s[i] >= ' ' && text.s[i] < 0x7f);
		assert_int_equal(text.s[text.len - 1], '\n');
		assert_int_equal(line_parse(&line, text.s), 0);
		assert_int_equal(line.n, 3);
		assert_string_equal(line_get(&line, "k"), raw + from);
		assert_string_equal(line_get_word(&line, 0), raw + from);
		assert_string_equal(line_get_word(&line, 1), "");
		line_clear(&line);
		line_text_clear(&text);
	}
}

/* Growth at every length: no byte of a value is lost or overrun. */
static void
grows(void **state)
{
	struct line_text text = {0};
	size_t len = 0;

	(void)state;
	for (size_t n = 0; n < 600; n++) {
		char value[600];

		memset(value, 'v', n);
		value[n] = '\0';
		line_begin(&text, "t");
		line_put(&text, "k", value);
		line_end(&text);
		len += strlen("t k=\n") + n;
		assert_int_equal(text.len, len);
		assert_int_equal(strlen(text.s), len);
	}
	assert_false(text.failed);
	line_text_clear(&text);
}

/* A text too large for memory fails, stays failed, and keeps what it has. */
static void
failure_sticks(void **state)
{
	char s[] = "t";
	struct line_text text = {.s = s,
	    .len = SIZE_MAX / 2,
	    .size = SIZE_MAX / 2 + 1};

	(void)state;
	line_put(&text, "k", "v");
	assert_true(text.failed);
	assert_ptr_equal(text.s, s);
	text.len = 1;
	text.size = sizeof(s);
	line_end(&text);
	assert_true(text.failed);
	assert_string_equal(s, "t");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses),
	    cmocka_unit_test(parses_a_tag_alone),
	    cmocka_unit_test(parses_odd_fields),
	    cmocka_unit_test(refuses_malformed_lines),
	    cmocka_unit_test(reads_numbers),
	    cmocka_unit_test(parses_many_fields),
	    cmocka_unit_test(builds),
	    cmocka_unit_test(is_its_own_inverse),
	    cmocka_unit_test(grows),
	    cmocka_unit_test(failure_sticks),
	};

	return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
