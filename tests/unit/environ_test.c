/*
 * environ: files are read as a shell would, or refused; of two values of a
 * variable the later wins, and nothing is copied.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/environ.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static void
reads(void **state)
{
	static const struct {
		const char *text;
		const char *vars[4];
	} cases[] = {
	    {"", {NULL}},
	    {"\n\n# A=1\n  #\n", {NULL}},
	    {"A=1", {"A=1"}},
	    {"A=1\r\nB=2\r\n", {"A=1", "B=2"}},
	    {"  A=1  \n\texport\tB=2\nexport=3\n", {"A=1", "B=2", "export=3"}},
	    {"A=a b # c\n", {"A=a b # c"}},
	    {"A='a\\ \"b '\nB=\"c\\\"\\$\\\\\\n'\"\n",
		{"A=a\\ \"b ", "B=c\"$\\\\n'"}},
	    {"A=''\nB=\"\"\n", {"A=", "B="}},
	    {"A=a'b'\n", {"A=a'b'"}},
	    {"A=1\nA=2\n", {"A=1", "A=2"}},
	    {"A=\xff\xc3\xbc\n", {"A=\xff\xc3\xbc"}},
	};
	unsigned line;
	char **vars;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		const char *text = cases[i].text;
		size_t n = 0;

		assert_int_equal(environ_parse(text, strlen(text), &vars,
				     &line),
		    0);
		for (; cases[i].vars[n] != NULL; n++)
			assert_string_equal(vars[n], cases[i].vars[n]);
		assert_null(vars[n]);
		free(vars);
	}
}

static void
refuses(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned line;
	} cases[] = {
	    {"A=1\nB\n", 6, 2},
	    {"A=1\nB=\nC", 8, 3},
	    {"=1\n", 3, 1},
	    {"1A=1\n", 5, 1},
	    {"A B=1\n", 6, 1},
	    {"A =1\n", 5, 1},
	    {"A='1\n", 5, 1},
	    {"A=\"1\\\"\n", 7, 1},
	    {"A='1' 2\n", 8, 1},
	    {"\nA=\0001\n", 6, 2},
	    {"export\n", 7, 1},
	};
	unsigned line;
	char **vars;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		assert_int_equal(environ_parse(cases[i].text, cases[i].len,
				     &vars, &line),
		    -1);
		assert_int_equal(line, cases[i].line);
	}
}

/* The vector is as small as the shortest lines allow. */
static void
holds_the_most(void **state)
{
	unsigned line;
	char **vars;

	(void)state;
	for (size_t len = 0; len <= 9; len++) {
		assert_int_equal(environ_parse("A=\nA=\nA=\n", len, &vars,
				     &line),
		    len % 3 == 1 ? -1 : 0);
		if (len % 3 != 1)
			free(vars);
	}
}

static void
lets_the_later_win(void **state)
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
unsets(void **state)
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
holds_none_and_many(void **state)
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
keeps_failing(void **state)
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
	    cmocka_unit_test(reads),
	    cmocka_unit_test(refuses),
	    cmocka_unit_test(holds_the_most),
	    cmocka_unit_test(lets_the_later_win),
	    cmocka_unit_test(unsets),
	    cmocka_unit_test(holds_none_and_many),
	    cmocka_unit_test(keeps_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
