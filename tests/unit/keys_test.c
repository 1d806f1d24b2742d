/* keys: the table, and sets of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/keys.h"

static void
names_each_key_once(void **state)
{
	const struct key *key;
	size_t n = 0;

	(void)state;
	for (; (key = keys_at(n)) != NULL; n++) {
		assert_ptr_equal(keys_find(key->name), key);
		assert_int_equal(keys_index(key), n);
	}
	assert_int_equal(n, keys_count);
	assert_null(keys_find("no-such-key"));
	assert_null(keys_find(""));
}

static void
names_limits(void **state)
{
	(void)state;
	assert_string_equal(keys_rlimit_name(RLIMIT_NOFILE), "rlimit-nofile");
	assert_string_equal(keys_rlimit_name(RLIMIT_STACK), "rlimit-stack");
	assert_string_equal(keys_rlimit_name(1000), "rlimit");
}

/* Each key alone, and all: a bit must not reach into the next word. */
static void
keeps_sets(void **state)
{
	struct keyset all = {0}, one;
	const struct key *key, *next = NULL;

	(void)state;
	assert_true(keys_none(all));
	assert_null(keys_next(all, NULL));
	for (size_t i = 0; (key = keys_at(i)) != NULL; i++) {
		one = (struct keyset){0};
		keys_add(&one, key);
		assert_true(keys_has(one, key));
		assert_false(keys_none(one));
		assert_ptr_equal(keys_next(one, NULL), key);
		assert_null(keys_next(one, key));
		assert_int_equal(keys_none(keys_not_live(one)), key->live);
		assert_false(keys_has(all, key));
		keys_add(&all, key);
		keys_remove(&one, key);
		assert_true(keys_none(one));
	}
	for (size_t i = 0; i < keys_count; i++) {
		next = keys_next(all, next);
		assert_ptr_equal(next, keys_at(i));
	}
	assert_null(keys_next(all, next));
	assert_true(keys_equal(all, all));
	assert_false(keys_equal(all, one));
}

static void
lists_changes(void **state)
{
	struct keyset set = {0};
	char *text;

	(void)state;
	keys_add(&set, keys_find("exit-on"));
	keys_add(&set, keys_find("command"));
	text = keys_changed(set);
	assert_string_equal(text, "command, exit-on changed");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_each_key_once),
	    cmocka_unit_test(names_limits),
	    cmocka_unit_test(keeps_sets),
	    cmocka_unit_test(lists_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
