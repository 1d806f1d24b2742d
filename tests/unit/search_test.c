/* search: what every match contains, and which lines match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/search.h"

static struct search
search_for(const char *pattern)
{
	struct search s;
	char why[64];

	assert_int_equal(search_init(&s, pattern, why, sizeof(why)), 0);
	return s;
}

static void
finds_what_must_be(void **state)
{
	static const struct {
		const char *pattern;
		const char *must;
		bool plain;
	} cases[] = {
	    {"error", "error", true},
	    {"^error$", "error", false},
	    {"a.longer", "longer", false},
	    {"colou?r", "colo", false},
	    {"ab+c*defg{2}hi", "def", false},
	    {"time(out|d out) error", " error", false},
	    {"a(b[)]c)def", "def", false},
	    {"x[]a]yz[[:digit:]]w", "yz", false},
	    {"a\\.b\\wc\\<dd", "a.b", false},
	    {"a{2,3}b", "b", false},
	    {"error|warning", "", false},
	    {"(error|warning)", "", false},
	    {"[0-9]+", "", false},
	    {"", "", false},
	};
	struct search s;
	char why[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = search_for(cases[i].pattern);
		assert_int_equal(s.mustlen, strlen(cases[i].must));
		assert_memory_equal(s.must, cases[i].must, s.mustlen);
		assert_int_equal(s.plain, cases[i].plain);
		search_free(&s);
	}
	assert_int_equal(search_init(&s, "(", why, sizeof(why)), -1);
}

static void
matches_lines(void **state)
{
	static const struct {
		const char *pattern;
		const char *line;
		size_t n;
		bool matches;
	} cases[] = {
	    {"error", "an error\nhere", 8, true},
	    {"^error", "error", 5, true},
	    {"^error", "an error", 8, false},
	    {"error$", "an error more", 8, true},
	    {"here", "an error here", 8, false},
	    {"a.c", "x\0abc", 5, true},
	    {"abc", "x\0abc", 5, true},
	    {"^$", "x", 0, true},
	};
	struct search s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = search_for(cases[i].pattern);
		assert_int_equal(search_matches(&s, cases[i].line, cases[i].n),
		    cases[i].matches);
		search_free(&s);
	}
}

static void
skips_to_candidates(void **state)
{
	static const char text[] = "one\ntwo\nthree\n";
	struct search s;

	(void)state;
	s = search_for("tw[o]");
	assert_ptr_equal(search_skip(&s, text, strlen(text)), text + 4);
	assert_null(search_skip(&s, text, 4));
	search_free(&s);
	s = search_for("[x]");
	assert_ptr_equal(search_skip(&s, text, strlen(text)), text);
	search_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_must_be),
	    cmocka_unit_test(matches_lines),
	    cmocka_unit_test(skips_to_candidates),
	};

	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
