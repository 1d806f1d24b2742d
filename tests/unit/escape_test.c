/* escape: foreign bytes to print, and as tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static void
check(const char *in, size_t n, bool keep_tab, const char *out)
{
	char *buf = malloc(4 * n + 1);

	assert_non_null(buf);
	assert_int_equal(escape_bytes(buf, 4 * n + 1, in, n, keep_tab),
	    strlen(out));
	assert_string_equal(buf, out);
	free(buf);
}

static void
escapes(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
	    {"", ""},
	    {"plain ~!", "plain ~!"},
	    {"a\\b", "a\\\\b"},
	    {"\n\r\033[0m\177", "\\012\\015\\033[0m\\177"},
	    /* The first and last characters of each length. */
	    {"\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf"},
	    {"\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf"},
	    {"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"},
	    {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
	    /* Control characters above ASCII: CSI in one character. */
	    {"\xc2\x80\xc2\x9b\xc2\x9f", "\\302\\200\\302\\233\\302\\237"},
	    /* A continuation alone, a lead alone, cut short. */
	    {"\xd8\x9c\xe2\x80\x8f", "\\330\\234\\342\\200\\217"},
	    {"\xe2\x80\xae\xe2\x80\xaf", "\\342\\200\\256\xe2\x80\xaf"},
	    {"\xe2\x81\xa6\xe2\x81\xaa", "\\342\\201\\246\xe2\x81\xaa"},
	    {"\x80\xbf", "\\200\\277"},
	    {"\xc3", "\\303"},
	    {"\xc3x", "\\303x"},
	    {"\xe2\x82", "\\342\\202"},
	    {"\xe2\x82x", "\\342\\202x"},
	    {"\xf0\x9f\x98", "\\360\\237\\230"},
	    /* Overlong, surrogate, beyond Unicode, never a byte of UTF-8. */
	    {"\xc0\x80\xc1\xbf", "\\300\\200\\301\\277"},
	    {"\xe0\x9f\xbf", "\\340\\237\\277"},
	    {"\xf0\x8f\xbf\xbf", "\\360\\217\\277\\277"},
	    {"\xed\xa0\x80\xed\xbf\xbf", "\\355\\240\\200\\355\\277\\277"},
	    {"\xf4\x90\x80\x80", "\\364\\220\\200\\200"},
	    {"\xf8\x90\x80\x80", "\\370\\220\\200\\200"},
	    {"\xf5\x80\xfe\xff", "\\365\\200\\376\\377"},
	    /* A bad lead does not swallow the good character after it. */
	    {"\xe2\xc3\xa9", "\\342\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++)
		check(cases[i].in, strlen(cases[i].in), false, cases[i].out);
	check("a\0b", 3, false, "a\\000b");
	check("a\tb", 3, true, "a\tb");
	check("a\tb", 3, false, "a\\011b");
}

/* Every size of the buffer: whole escapes, a NUL, nothing behind it. */
static void
fits_what_fits(void **state)
{
	static const char in[] = "a\n\xe2\x82\xac\\z";
	static const char full[] = "a\\012\xe2\x82\xac\\\\z";
	/* By size of the buffer: how much of full is written. */
	static const size_t written[] = {0, 0, 1, 1, 1, 1, 5, 5, 5, 8, 8, 10,
	    11, 11};

	(void)state;
	for (size_t size = 0; size < nitems(written); size++) {
		char buf[16];

		memset(buf, 'X', sizeof(buf));
		assert_int_equal(escape_bytes(buf, size, in, strlen(in), false),
		    written[size]);
		assert_memory_equal(buf, full, written[size]);
		if (size > 0)
			assert_int_equal(buf[written[size]], '\0');
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 'X');
	}
}

/* Whatever goes in, what comes out is escaped and prints as itself. */
static void
is_safe(void **state)
{
	char in[8], out[4 * sizeof(in) + 1], again[4 * sizeof(out)];
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		for (size_t i = 0; i < sizeof(in); i++) {
			random = random * 1103515245 + 12345;
			in[i] = (char)(random >> 16);
		}
		size_t n =
		    escape_bytes(out, sizeof(out), in, sizeof(in), false);

		for (size_t i = 0; i < n; i++) {
			if (out[i] == '\\')
				out[i] = '/';
			assert_true((unsigned char)out[i] >= ' ');
			assert_int_not_equal(out[i], 0x7f);
		}
		assert_int_equal(escape_bytes(again, sizeof(again), out, n,
				     false),
		    n);
		assert_string_equal(again, out);
	}
}

/* Escapes stay as they are, other bytes are escaped, and none is cut. */
static void
escapes_again(void **state)
{
	static const char in[] = "a\\012\033b";
	char buf[32];

	(void)state;
	assert_int_equal(escape_again(buf, sizeof(buf), in, true), 10);
	assert_string_equal(buf, "a\\012\\033b");
	for (size_t size = 1; size < 10; size++)
		assert_true(escape_again(buf, size, in, true) < size);
}

static void
makes_tokens(void **state)
{
	static const struct {
		const char *raw;
		const char *token;
	} cases[] = {
	    {"", ""},
	    {"plain", "plain"},
	    {"a b", "a%20b"},
	    {"100%=1", "100%25%3D1"},
	    {"\t\n\177", "%09%0A%7F"},
	    {"\xc3\xa9\xff", "%C3%A9%FF"},
	    {"~!\"'\\", "~!\"'\\"},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		char token[64];

		assert_int_equal(escape_token(token, cases[i].raw),
		    strlen(cases[i].token));
		assert_string_equal(token, cases[i].token);
		assert_int_equal(escape_decode_token(token), 0);
		assert_string_equal(token, cases[i].raw);
	}
}

static void
takes_every_byte_as_token(void **state)
{
	char raw[256], token[3 * sizeof(raw)];

	(void)state;
	for (int i = 1; i < 256; i++)
		raw[i - 1] = (char)i;
	raw[255] = '\0';
	escape_token(token, raw);
	for (const char *s = token; *s != '\0'; s++)
		assert_true(*s > ' ' && *s < 0x7f && *s != '=');
	assert_int_equal(escape_decode_token(token), 0);
	assert_string_equal(token, raw);
}

static void
refuses_bad_tokens(void **state)
{
	static const char *const bad[] = {"%", "a%", "%4", "%4g", "%g4", "%%41",
	    "%00", "a%00b", "% 1", "%-1"};
	char buf[8];

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		snprintf(buf, sizeof(buf), "%s", bad[i]);
		assert_int_equal(escape_decode_token(buf), -1);
	}
	snprintf(buf, sizeof(buf), "%%4a%%4B");
	assert_int_equal(escape_decode_token(buf), 0);
	assert_string_equal(buf, "JK");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(fits_what_fits),
	    cmocka_unit_test(is_safe),
	    cmocka_unit_test(escapes_again),
	    cmocka_unit_test(makes_tokens),
	    cmocka_unit_test(takes_every_byte_as_token),
	    cmocka_unit_test(refuses_bad_tokens),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
