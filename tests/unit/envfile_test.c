/* envfile: what is read as a shell would, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads),
	    cmocka_unit_test(refuses),
	    cmocka_unit_test(holds_the_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
