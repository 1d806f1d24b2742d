/* loglines: output is the same however it is cut, and cut where it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stamp.h"
#include "output/loglines.h"

#define STAMP "2026-11-22T13:17:05.123+00:00 "

static struct loglines
lines(const char *raw, size_t len, bool stamped, bool bol)
{
	return (struct loglines){.raw = raw,
	    .len = len,
	    .stamp = STAMP,
	    .stamplen = stamped ? STAMP_LENGTH : 0,
	    .bol = bol};
}

/* All of the output, asked for in pieces of that size. */
static size_t
collect(struct loglines l, size_t piece, char *out, size_t size)
{
	const int64_t length = loglines_length(&l);
	const char *p;
	char buf[4096];
	size_t n, total = 0;

	while ((n = loglines_next(&l, buf, piece, &p)) > 0) {
		assert_true(total + n <= size);
		memcpy(out + total, p, n);
		total += n;
		assert_int_equal(loglines_length(&l), length - (int64_t)total);
	}
	assert_int_equal(total, length);
	return total;
}

static void
check(const char *raw, size_t len, bool stamped, bool bol, const char *want)
{
	const size_t n = strlen(want);
	char out[4096];

	for (size_t piece = 1; piece < 130; piece++) {
		assert_int_equal(collect(lines(raw, len, stamped, bol), piece,
				     out, sizeof(out)),
		    n);
		assert_memory_equal(out, want, n);
	}
}

static void
test_output(void **state)
{
	(void)state;
	check("", 0, true, true, "");
	check("a\nb", 3, false, true, "a\nb");
	check("a\nb", 3, true, true, STAMP "a\n" STAMP "b");
	check("a\nb\n", 4, true, false, "a\n" STAMP "b\n");
	check("\n\n", 2, true, true, STAMP "\n" STAMP "\n");
	check("\n", 1, true, false, "\n");
	check("\001\033[1m\377\n", 7, true, true, STAMP "\001\033[1m\377\n");
}

/* A NUL is a byte like others. */
static void
test_nul(void **state)
{
	const char raw[] = {'a', 0, 'b', '\n', 0, '\n'};
	char out[128];

	(void)state;
	assert_int_equal(collect(lines(raw, sizeof(raw), true, true), 7, out,
			     sizeof(out)),
	    sizeof(raw) + (size_t)2 * STAMP_LENGTH);
	assert_memory_equal(out + STAMP_LENGTH, "a\0b\n", 4);
	assert_memory_equal(out + (size_t)2 * STAMP_LENGTH + 4, "\0\n", 2);
}

/* A batch that is cut in two at any place gives what it gives whole. */
static void
test_split_raw(void **state)
{
	const char raw[] = "one\n\ntwo three\nfour";
	const size_t len = sizeof(raw) - 1;
	char whole[1024], parts[1024];
	size_t n, m;

	(void)state;
	n = collect(lines(raw, len, true, true), 50, whole, sizeof(whole));
	for (size_t at = 1; at < len; at++) {
		m = collect(lines(raw, at, true, true), 9, parts,
		    sizeof(parts));
		m += collect(lines(raw + at, len - at, true,
				 raw[at - 1] == '\n'),
		    11, parts + m, sizeof(parts) - m);
		assert_int_equal(m, n);
		assert_memory_equal(parts, whole, n);
	}
}

static size_t
fit(const char *raw, bool stamped, bool bol, int64_t size, int64_t limit)
{
	struct loglines l = lines(raw, strlen(raw), stamped, bol);

	return loglines_fit(&l, size, limit);
}

static void
test_fit(void **state)
{
	(void)state;
	/* No limit; all fits; the last byte fits. */
	assert_int_equal(fit("aaa\nbbb\n", false, true, 999, 0), 8);
	assert_int_equal(fit("aaa\nbbb\n", false, true, 0, 100), 8);
	assert_int_equal(fit("aaa\nbbb\n", false, true, 2, 10), 8);
	/* Up to a line. */
	assert_int_equal(fit("aaa\nbbb\n", false, true, 3, 10), 4);
	assert_int_equal(fit("aaa\nbbb", false, true, 3, 9), 4);
	assert_int_equal(fit("aaa\nbbb\n", false, true, 7, 10), 0);
	assert_int_equal(fit("aaa\nbbb\n", false, true, 50, 10), 0);
	/* Stamps count. */
	assert_int_equal(fit("aaa\nbbb\n", true, true, 0, 68), 8);
	assert_int_equal(fit("aaa\nbbb\n", true, true, 0, 67), 4);
	assert_int_equal(fit("a\nb\n", true, false, 1, 34), 2);
	assert_int_equal(fit("a\nb\n", true, false, 1, 35), 4);
}

/* The end of a line that was begun before belongs to its file, if it fits. */
static void
test_fit_continued(void **state)
{
	(void)state;
	assert_int_equal(fit("aaa\nbbb\n", false, false, 6, 10), 4);
	assert_int_equal(fit("aaa\nbbb\n", false, false, 9, 10), 0);
	assert_int_equal(fit("aaa\nbbb\n", false, false, 50, 10), 0);
	assert_int_equal(fit("aaa", false, false, 50, 10), 0);
	/* There is room for a newline that comes later. */
	assert_int_equal(fit("\n", false, false, 99, 100), 1);
	assert_int_equal(fit("aaa", false, false, 93, 100), 3);
	assert_int_equal(fit("aaa", false, false, 94, 100), 2);
	assert_int_equal(fit("aaa", false, false, 96, 100), 0);
}

/* An unfinished line has room to grow, or it goes into the next file. */
static void
test_fit_unfinished(void **state)
{
	(void)state;
	assert_int_equal(fit("aa\nbb", false, true, 60, 100), 5);
	assert_int_equal(fit("aa\nbb", false, true, 70, 100), 3);
	assert_int_equal(fit("bb", false, true, 80, 100), 0);
	assert_int_equal(fit("bb\n", false, true, 80, 100), 3);
}

/* A line that no file can hold is cut, but no character is. */
static void
test_fit_cut(void **state)
{
	(void)state;
	assert_int_equal(fit("aaaaaaaaaaaa\nb", false, true, 0, 10), 6);
	assert_int_equal(fit("aaaaaaaaaaaa\nb", false, true, 1, 10), 0);
	assert_int_equal(fit("aaaaaaaaaaaa\nb", false, false, 1, 10), 5);
	assert_int_equal(fit("aaaaaaaaaaaa\nb", true, true, 0, 40), 6);
	/* e with an accent, and a character of four bytes. */
	assert_int_equal(fit("aaaaa\303\251aaaaa", false, true, 0, 10), 5);
	assert_int_equal(fit("aaaa\303\251aaaaaa", false, true, 0, 10), 6);
	assert_int_equal(fit("aaa\360\237\230\200aaa", false, true, 0, 10), 3);
	/* The rest of a character, from the last batch. */
	assert_int_equal(fit("\237\230\200aaaaaaaaa", false, false, 6, 10), 3);
	assert_int_equal(fit("\237\230\200aaaaaaaaa", false, false, 7, 10), 0);
	/* Bytes that are no UTF-8 are cut anywhere. */
	assert_int_equal(fit("\200\200\200\200\200\200\200\200\200\200", false,
			     true, 0, 10),
	    6);
	/* An empty file takes a whole character however small the limit is. */
	assert_int_equal(fit("aaa\n", true, true, 0, 1), 1);
	assert_int_equal(fit("\360\237\230\200a\n", false, true, 0, 1), 4);
	assert_int_equal(fit("\360", false, true, 0, 1), 1);
}

static void
tail(const char *bytes, size_t lines_, size_t max, bool stamped,
    const char *want)
{
	char buf[512];
	size_t n;

	strcpy(buf, bytes);
	n = loglines_tail(buf, strlen(bytes), lines_, max, stamped);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(buf, want, n);
}

static void
test_tail(void **state)
{
	(void)state;
	tail("", 3, 100, true, "");
	tail("a\nb\nc\n", 3, 100, false, "a\nb\nc\n");
	tail("a\nb\nc\n", 2, 100, false, "b\nc\n");
	tail("a\nb\nc", 2, 100, false, "b\nc");
	tail("a\nb\nc\n", 1, 100, false, "c\n");
	tail("\n\n\n", 2, 100, false, "\n\n");
	tail("a\nbbbb\nc\n", 3, 5, false, "bb\nc\n");
	tail(STAMP "a\n" STAMP "b\n", 5, 100, true, "a\nb\n");
	tail(STAMP "a\n" STAMP "b\n", 1, 100, true, "b\n");
	tail("x\n" STAMP "b", 5, 100, true, "x\nb");
	tail("2026-11-22 no stamp, though it is long enough\n", 5, 100, true,
	    "2026-11-22 no stamp, though it is long enough\n");
	tail(STAMP, 5, 100, true, "");
	tail(STAMP "b", 5, 100, false, STAMP "b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_output),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_split_raw),
	    cmocka_unit_test(test_fit),
	    cmocka_unit_test(test_fit_continued),
	    cmocka_unit_test(test_fit_unfinished),
	    cmocka_unit_test(test_fit_cut),
	    cmocka_unit_test(test_tail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
