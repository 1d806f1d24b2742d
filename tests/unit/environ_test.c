/*
 * environ: files are read as systemd does, and a line that is no variable is
 * left out; of two values of a variable the later wins, and nothing is copied.
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

/* The warnings of a reading: "LINE: reason" each. */
static char warnings[512];

static void
warn_of(void *arg, unsigned line, const char *why)
{
	size_t len = strlen(warnings);

	(void)arg;
	snprintf(warnings + len, sizeof(warnings) - len, "%u: %s\n", line, why);
}

static char **
parse(const char *text, size_t len)
{
	char **vars;

	warnings[0] = '\0';
	assert_int_equal(environ_parse(text, len, &vars, warn_of, NULL), 0);
	return vars;
}

static void
reads(void **state)
{
	static const struct {
		const char *text;
		const char *vars[4];
	} cases[] = {
	    {"", {NULL}},
	    {"\n\n# A=1\n  #\n; B=2\n#\\\n", {NULL}},
	    {"A=1", {"A=1"}},
	    {"\xef\xbb\xbf"
	     "A=1",
		{"A=1"}},
	    {"A=1\r\nB=2\r\n", {"A=1", "B=2"}},
	    {"  A=1  \n\texport\tB=2\nexport=3\n", {"A=1", "B=2", "export=3"}},
	    {"A = 1\n", {"A=1"}},
	    {"A=a b # c\n", {"A=a b # c"}},
	    {"A='a\\ \"b '\nB=\"c\\\"\\$\\\\\\n'\"\n",
		{"A=a\\ \"b ", "B=c\"$\\\\n'"}},
	    {"A=''\nB=\"\"\nC=\n", {"A=", "B=", "C="}},
	    {"A=a'b'\n", {"A=a'b'"}},
	    {"A='a'b\n", {"A=ab"}},
	    {"A='a' \"b\"\n", {"A=ab"}},
	    {"A=1\nA=2\n", {"A=1", "A=2"}},
	    {"A=\xff\xc3\xbc\n", {"A=\xff\xc3\xbc"}},
	    {"a.b-c=1\nA.=2\n", {"a.b-c=1", "A.=2"}},
	    {"A=a\\b\\ \nB=\\\"\n", {"A=ab ", "B=\""}},
	    {"A=a\\\nb\nB=\"c\\\nd\"\n", {"A=ab", "B=cd"}},
	    {"A=a\\\r\nb\r\nB=1", {"A=ab", "B=1"}},
	    {"K=\"-----BEGIN\nMII=\n-----END\n\"\nL='1\r\n\n2'\n",
		{"K=-----BEGIN\nMII=\n-----END\n", "L=1\n\n2"}},
	    {"A=$B `c` ${D}\n", {"A=$B `c` ${D}"}},
	    {"A=\\", {"A="}},
	};
	char **vars;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		size_t n = 0;

		vars = parse(cases[i].text, strlen(cases[i].text));
		for (; cases[i].vars[n] != NULL; n++)
			assert_string_equal(vars[n], cases[i].vars[n]);
		assert_null(vars[n]);
		assert_string_equal(warnings, "");
		free(vars);
	}
}

/* A line that cannot be read is left out, the others are not. */
static void
warns(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *warning;
	} cases[] = {
	    {"B\nA=1\n", 6, "1: is not NAME=VALUE\n"},
	    {"B=\nC\nA=1", 8, "2: is not NAME=VALUE\n"},
	    {"=1\nA=1", 6, "1: has no name of a variable before the =\n"},
	    {"1A=1\nA=1", 8, "1: has no name of a variable before the =\n"},
	    {".A=1\nA=1", 8, "1: has no name of a variable before the =\n"},
	    {"A B='2\n3'\nA=1", 13,
		"1: has no name of a variable before the =\n"},
	    {"\nB='1\nA=1\n", 10, "2: a quote is not closed\n"},
	    {"B=\"1\\\"\nA=1", 10, "1: a quote is not closed\n"},
	    {"\nB=\0001\nA=1", 9, "2: contains a NUL byte\n"},
	    {"\0=\nA=1", 6, "1: has no name of a variable before the =\n"},
	    {"export\nA=1", 10, "1: is not NAME=VALUE\n"},
	    {"C='1\n2'\nB\nA=1", 13, "3: is not NAME=VALUE\n"},
	    {"B='1\nC='2\nA=1", 13, ""},
	};
	char **vars;
	size_t n;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		vars = parse(cases[i].text, cases[i].len);
		assert_string_equal(warnings, cases[i].warning);
		for (n = 0; vars[n + 1] != NULL;)
			n++;
		assert_string_equal(vars[n], "A=1");
		free(vars);
	}
}

/* The vector is as small as the shortest lines allow. */
static void
holds_the_most(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 9; len++)
		free(parse("A=\nA=\nA=\n", len));
	free(parse("A", 1));
	free(parse("=", 1));
	free(parse("A='\"", 4));
}

/* The key env: a value is quoted as in a file, but has one line. */
static void
reads_quotes_of_the_key(void **state)
{
	static const struct {
		const char *text;
		const char *plain;
		const char *quoted; /* NULL: as text */
	} cases[] = {
	    {"A=1", "A=1", NULL},
	    {"A=", "A=", NULL},
	    {"A=b c", "A=b c", NULL},
	    {"A=a\\b'c'", "A=a\\b'c'", NULL},
	    {"A='b c '", "A=b c ", "A=\"b c \""},
	    {"A=\"b\\\"c\"", "A=b\"c", "A=b\"c"},
	    {"A=\"\"", "A=", "A="},
	    {"A=\"\\\"\\$`\\\\\"", "A=\"$`\\", "A=\"\\\"\\$\\`\\\\\""},
	    {"a.b= 'x'", "a.b= 'x'", NULL},
	};
	char plain[64], *quoted;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		assert_null(environ_unquote(cases[i].text, plain));
		assert_string_equal(plain, cases[i].plain);
		quoted = environ_quote(plain);
		assert_string_equal(quoted,
		    cases[i].quoted == NULL ? cases[i].text : cases[i].quoted);
		free(quoted);
	}
	assert_string_equal(environ_unquote("A='b", plain),
	    "a quote is not closed");
	assert_non_null(environ_unquote("A='b'c", plain));
	assert_non_null(environ_unquote("A=\"1\",B=\"2\"", plain));
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
	    cmocka_unit_test(warns),
	    cmocka_unit_test(reads_quotes_of_the_key),
	    cmocka_unit_test(holds_the_most),
	    cmocka_unit_test(lets_the_later_win),
	    cmocka_unit_test(unsets),
	    cmocka_unit_test(holds_none_and_many),
	    cmocka_unit_test(keeps_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
