/* names: every state, want and event has a word of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/names.h"

static const char *
state_word(int i)
{
	return names_state((enum program_state)i);
}

static const char *
want_word(int i)
{
	return names_want((enum program_want)i);
}

static const char *
event_word(int i)
{
	return names_event((enum program_event)i, STATE_UP, STEP_NONE);
}

static const char *
timeout_word(int i)
{
	return names_event(EVENT_TIMEOUT, (enum program_state)i, STEP_NONE);
}

static const char *
step_word(int i)
{
	return names_step((enum program_step)i);
}

static void
assert_differ(const char *(*word)(int), int n)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(word(i), word(j));
}

static void
words_differ(void **state)
{
	(void)state;
	assert_differ(state_word, PROGRAM_STATES);
	assert_differ(step_word, PROGRAM_STEPS);
	assert_differ(want_word, PROGRAM_WANTS);
	assert_differ(event_word, PROGRAM_EVENTS);
}

static void
words_are_as_documented(void **state)
{
	(void)state;
	assert_string_equal(state_word(STATE_UP), "up");
	assert_string_equal(want_word(WANT_REST), "rest");
	assert_string_equal(event_word(EVENT_EXITED), "exited");
	assert_string_equal(timeout_word(STATE_WAIT), "delay over");
	assert_string_equal(timeout_word(STATE_STOPPING), "stop-timeout over");
	assert_string_equal(names_event(EVENT_TIMEOUT, STATE_STARTING,
				STEP_READY),
	    "start-timeout over");
	assert_string_equal(names_event(EVENT_TIMEOUT, STATE_STARTING,
				STEP_SETTLE),
	    "settled");
}

static void
goals_are_found_by_name(void **state)
{
	enum goal goal;

	(void)state;
	for (int i = 0; i < GOALS; i++) {
		assert_true(names_is_goal(names_goal((enum goal)i), &goal));
		assert_int_equal(goal, i);
	}
	assert_false(names_is_goal("starting", &goal));
	assert_false(names_is_goal("", &goal));
}

/* Only states without a deadline share a word. */
static void
each_deadline_is_named(void **state)
{
	(void)state;
	for (int i = 0; i < PROGRAM_STATES; i++)
		for (int j = 0; j < i; j++)
			if (strcmp(timeout_word(i), "timeout") != 0)
				assert_string_not_equal(timeout_word(i),
				    timeout_word(j));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_differ),
	    cmocka_unit_test(words_are_as_documented),
	    cmocka_unit_test(goals_are_found_by_name),
	    cmocka_unit_test(each_deadline_is_named),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
