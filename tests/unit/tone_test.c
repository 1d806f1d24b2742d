/* tone: how urgent a state is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/tone.h"
#include "wire/names.h"

/* A new state of the daemon needs a row here. */
static void
knows_every_state(void **state)
{
	int i, rank;

	(void)state;
	for (i = 0; i < PROGRAM_STATES; i++) {
		rank = tone_rank(names_state((enum program_state)i));
		assert_in_range(rank, 1, TONE_RANK_MAX);
		assert_string_equal(tone_name(rank),
		    names_state((enum program_state)i));
	}
	assert_int_equal(i + 1, TONE_RANK_MAX);
	assert_true(tone_rank(NAMES_UNHEALTHY) > tone_rank("up"));
}

static void
has_a_tone_for_each(void **state)
{
	(void)state;
	assert_int_equal(tone_of("up"), TONE_GOOD);
	assert_int_equal(tone_of("failed"), TONE_BAD);
	assert_int_equal(tone_of("killing"), TONE_MOVING);
	assert_int_equal(tone_of("down"), TONE_QUIET);
	assert_int_equal(tone_of("odd"), TONE_QUIET);
	assert_int_equal(tone_rank("odd"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_every_state),
	    cmocka_unit_test(has_a_tone_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
