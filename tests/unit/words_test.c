/* words: splitting as a shell does, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/words.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

/* The words of s with | after each, or ! and the reason; malloc'd. */
static char *
split(const char *s)
{
	const char *why = NULL;
	char **words, *text;
	size_t n;

	if (words_split(s, &words, &n, &why) == -1) {
		assert_non_null(why);
		text = malloc(strlen(why) + 2);
		assert_non_null(text);
		stpcpy(stpcpy(text, "!"), why);
		return text;
	}
	text = calloc(1, 2 * strlen(s) + 1);
	assert_non_null(text);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(words[i]);
		strcat(strcat(text, words[i]), "|");
	}
	assert_null(words[n]);
	free(words);
	return text;
}

static void
splits(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
	    {"", ""},
	    {" \t\n\r\v\f ", ""},
	    {"a", "a|"},
	    {"a b  c", "a|b|c|"},
	    {"\ta\nb ", "a|b|"},
	    {"''", "|"},
	    {"\"\" ''", "||"},
	    {"a''b", "ab|"},
	    {"'a b'\"c d\"e", "a bc de|"},
	    {"'a\\b'", "a\\b|"},
	    {"'\"'", "\"|"},
	    {"\"'\"", "'|"},
	    {"\"a\\\"b\"", "a\"b|"},
	    {"\"\\$\\`\\\\\"", "$`\\|"},
	    {"\"\\n\\a\"", "\\n\\a|"},
	    {"a\\ b", "a b|"},
	    {"\\a\\'\\\"\\\\", "a'\"\\|"},
	    {"$HOME `id` ~ * # a", "$HOME|`id`|~|*|#|a|"},
	    {"gr\xc3\xbc\xc3\x9f \xff", "gr\xc3\xbc\xc3\x9f|\xff|"},
	    {"'a", "!a quote is not closed"},
	    {"a \"b", "!a quote is not closed"},
	    {"\"a\\\"", "!a quote is not closed"},
	    {"\"a\\", "!a quote is not closed"},
	    {"'", "!a quote is not closed"},
	    {"a\\", "!nothing follows the last backslash"},
	    {"\\", "!nothing follows the last backslash"},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		char *got = split(cases[i].in);

		assert_string_equal(got, cases[i].out);
		free(got);
	}
}

/* The most words that a text can have fill the vector to the brim. */
static void
splits_much(void **state)
{
	enum { COUNT = 100000 };
	char *s = malloc(2 * COUNT), **words;
	const char *why;
	size_t n;

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(s + 2 * i, "x ", 2);
	s[2 * COUNT - 1] = '\0';
	assert_int_equal(words_split(s, &words, &n, &why), 0);
	assert_int_equal(n, COUNT);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(words[i], "x");
	assert_null(words[n]);
	free(words);
	free(s);
}

static void
joins(void **state)
{
	static const struct {
		const char *words[4];
		const char *out;
	} cases[] = {
	    {{NULL}, ""},
	    {{"a", NULL}, "a"},
	    {{"/bin/x", "--a=b,c:d@e%f+g_h", "-1.5"},
		"/bin/x --a=b,c:d@e%f+g_h -1.5"},
	    {{"", "a", ""}, "'' a ''"},
	    {{"a b", "\t", "#"}, "'a b' '\t' '#'"},
	    {{"it's", "'", "''"}, "'it'\\''s' ''\\''' ''\\'''\\'''"},
	    {{"\"", "\\", "$x"}, "'\"' '\\' '$x'"},
	    {{"gr\xc3\xbc\xc3\x9f", "*", "~"}, "gr\xc3\xbc\xc3\x9f '*' '~'"},
	};
	char *got;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		char *words[5] = {NULL};

		for (size_t j = 0; j < 4 && cases[i].words[j] != NULL; j++)
			words[j] = strdup(cases[i].words[j]);
		got = words_join(words);
		assert_string_equal(got, cases[i].out);
		free(got);
		for (size_t j = 0; j < 4; j++)
			free(words[j]);
	}
	got = words_join(NULL);
	assert_string_equal(got, "");
	free(got);
}

/* Joined words split into the same words, whatever their bytes. */
static void
is_its_own_inverse(void **state)
{
	static const char bytes[] = "a'\"\\ \t\n$#=~\xff";
	char words[4][6], *v[5] = {NULL}, **back;
	unsigned random = 1;
	const char *why;
	size_t n;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < 4; i++) {
			size_t len =
			    (random = random * 1103515245 + 12345) >> 16 &
			    0xffff;

			len %= 6;
			for (size_t j = 0; j < len; j++) {
				random = random * 1103515245 + 12345;
				words[i][j] =
				    bytes[(random >> 16) % (sizeof(bytes) - 1)];
			}
			words[i][len] = '\0';
			v[i] = words[i];
		}
		char *text = words_join(v);

		assert_non_null(text);
		assert_int_equal(words_split(text, &back, &n, &why), 0);
		assert_int_equal(n, 4);
		for (size_t i = 0; i < 4; i++)
			assert_string_equal(back[i], words[i]);
		free(back);
		free(text);
	}
}

static void
finds_what_only_a_shell_does(void **state)
{
	static const char *const cases[][2] = {
	    {"sh -c 'echo $X > f; a | b && c'", NULL},
	    {"a b c", NULL},
	    {"", NULL},
	    {"a $X", "$X"},
	    {"a ${X}/y z", "${X}/y"},
	    {"a --to=$(id -u) z", "--to=$(id"},
	    {"a \"$HOME\" b", "\"$HOME\""},
	    {"a \"\\$HOME\" b", NULL},
	    {"a \\$HOME b$ $ $, b", NULL},
	    {"a `id` b", "`id`"},
	    {"a > f", ">"},
	    {"a 2>&1", "2>&1"},
	    {"a >>f", ">>f"},
	    {"a < f", "<"},
	    {"a | b", "|"},
	    {"a|b", "a|b"},
	    {"a && b", "&&"},
	    {"a || b", "||"},
	    {"a &", "&"},
	    {"a&", "a&"},
	    {"a ; b", ";"},
	    {"a; b", "a;"},
	    {"get http://h/?a=1&b=2;c=3", NULL},
	    {"find . -exec ls {} \\;", NULL},
	    {"a ~/b", "~/b"},
	    {"~/bin/a", "~/bin/a"},
	    {"a b~ ~user c/~/d", NULL},
	    {"a '|' \">\" \\;", NULL},
	    {"a 'b", NULL},
	    {"a it\\'s $X", "$X"},
	};
	const char *word;
	size_t len;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		len = words_shell(cases[i][0], true, &word);
		if (cases[i][1] == NULL) {
			assert_int_equal(len, 0);
			continue;
		}
		assert_int_equal(len, strlen(cases[i][1]));
		assert_memory_equal(word, cases[i][1], len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(splits),
	    cmocka_unit_test(splits_much),
	    cmocka_unit_test(joins),
	    cmocka_unit_test(is_its_own_inverse),
	    cmocka_unit_test(finds_what_only_a_shell_does),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
