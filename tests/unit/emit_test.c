/* emit: the pieces that a log comes in make no difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/emit.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

/* Emit in pieces of that size, and compare. */
static void
check_pieces(enum emit_form form, const char *in, const char *expected,
    size_t piece)
{
	struct emit emit = {.form = form};
	size_t len, n, left = strlen(in);
	char *text;

	emit.f = open_memstream(&text, &len);
	assert_non_null(emit.f);
	for (; left > 0; in += n, left -= n) {
		n = piece < left ? piece : left;
		emit_bytes(&emit, in, n);
	}
	emit_end(&emit);
	fclose(emit.f);
	assert_string_equal(text, expected);
	free(text);
}

static void
forms(void **state)
{
	static const struct {
		enum emit_form form;
		const char *in;
		const char *out;
	} cases[] = {
	    {EMIT_RAW, "a\xff\033\nb", "a\xff\033\nb"},
	    {EMIT_ESCAPED, "", ""},
	    {EMIT_ESCAPED, "\n\n", "\n\n"},
	    {EMIT_ESCAPED, "a\tb\033[m\\\n", "a\tb\\033[m\\\\\n"},
	    {EMIT_ESCAPED, "\xe2\x82\xac\xc3\xa9\n", "\xe2\x82\xac\xc3\xa9\n"},
	    {EMIT_ESCAPED, "\xe2\x82\n\xc3(\n", "\\342\\202\n\\303(\n"},
	    {EMIT_ESCAPED, "\xf0\x9f\x98", "\\360\\237\\230\n"},
	    {EMIT_ESCAPED, "\xe2\xe2\x82\xac", "\\342\xe2\x82\xac\n"},
	    {EMIT_COLOURED, "a\033[31mb\033[0mc\n", "a\033[31mb\033[0mc\n"},
	    {EMIT_COLOURED, "\033[1;38;5;9mb\033[mc\n",
		"\033[1;38;5;9mb\033[mc\n"},
	    /* Switched off at the end of the line. */
	    {EMIT_COLOURED, "\033[4:3mb\nc\n", "\033[4:3mb\033[0m\nc\n"},
	    {EMIT_COLOURED, "\033[1m", "\033[1m\033[0m\n"},
	    /* All others are escaped. */
	    {EMIT_COLOURED, "\033[2J\033[1A\033[?1m\n",
		"\\033[2J\\033[1A\\033[?1m\n"},
	    {EMIT_COLOURED, "\033]0;m\007\033\033[1m\n",
		"\\033]0;m\\007\\033\033[1m\033[0m\n"},
	    {EMIT_COLOURED, "\033[1\nm\033[1", "\\033[1\nm\\033[1\n"},
	    {EMIT_COLOURED,
		"\033m\033[1 m\xc2\x9b"
		"1m\n",
		"\\033m\\033[1 m\\302\\2331m\n"},
	    {EMIT_COLOURED, "\033\xc3\xa9\xff\033[",
		"\\033\xc3\xa9\\377\\033[\n"},
	    {EMIT_JSON, "", ""},
	    {EMIT_JSON, "a\n\nb",
		"{\"line\":\"a\"}\n{\"line\":\"\"}\n"
		"{\"line\":\"b\"}\n"},
	    {EMIT_JSON, "\"\xe2\x82\xac\xff\n",
		"{\"line\":\"\\\"\xe2\x82\xac\\ufffd\"}\n"},
	    {EMIT_JSON, "\xe2\x82", "{\"line\":\"\\ufffd\\ufffd\"}\n"},
	};
	size_t i, piece;

	(void)state;
	for (i = 0; i < nitems(cases); i++) {
		for (piece = 1; piece < 8; piece++)
			check_pieces(cases[i].form, cases[i].in, cases[i].out,
			    piece);
	}
}

/* A sequence that is too long is no colour. */
static void
long_sequence(void **state)
{
	char in[EMIT_PART + 16], out[EMIT_PART + 32];
	size_t piece;

	(void)state;
	for (piece = 1; piece < 70; piece++) {
		memset(in, '1', sizeof(in));
		memcpy(in, "\033[", 2);
		in[EMIT_PART - 1] = 'm';
		in[EMIT_PART] = '\0';
		snprintf(out, sizeof(out), "%s\033[0m\n", in);
		check_pieces(EMIT_COLOURED, in, out, piece);
		in[EMIT_PART - 1] = '1';
		in[EMIT_PART] = 'm';
		in[EMIT_PART + 1] = '\0';
		snprintf(out, sizeof(out), "\\033%s\n", in + 1);
		check_pieces(EMIT_COLOURED, in, out, piece);
	}
}

/* A long line is cut nowhere, least of all inside a character. */
static void
long_line(void **state)
{
	size_t i, n = 10001;
	char *in = malloc(2 * n + 2);

	(void)state;
	assert_non_null(in);
	in[0] = 'x';
	for (i = 0; i < n; i++)
		memcpy(in + 1 + 2 * i, "\xc3\xa9", 2);
	memcpy(in + 2 * n - 1, "\n", 2);
	check_pieces(EMIT_ESCAPED, in, in, SIZE_MAX);
	check_pieces(EMIT_ESCAPED, in, in, 4096);
	free(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms),
	    cmocka_unit_test(long_sequence),
	    cmocka_unit_test(long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
