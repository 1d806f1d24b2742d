/* ctl_state: what a state means to those who look at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/ctl_state.h"
#include "program/fsm.h"

/* A state that the daemon learns is to be learnt here. */
static void
knows_every_state(void **state)
{
	int i, rank;

	(void)state;
	for (i = 0; i < FSM_STATES; i++) {
		rank = state_rank(fsm_state_name((enum fsm_state)i));
		assert_in_range(rank, 1, STATE_RANK_MAX);
		assert_string_equal(state_name(rank),
		    fsm_state_name((enum fsm_state)i));
	}
	assert_int_equal(i + 1, STATE_RANK_MAX);
	assert_true(state_rank(STATE_UNHEALTHY) > state_rank("up"));
}

static void
has_a_tone_for_each(void **state)
{
	(void)state;
	assert_int_equal(state_tone("up"), TONE_GOOD);
	assert_int_equal(state_tone("failed"), TONE_BAD);
	assert_int_equal(state_tone("killing"), TONE_MOVING);
	assert_int_equal(state_tone("down"), TONE_QUIET);
	assert_int_equal(state_tone("odd"), TONE_QUIET);
	assert_int_equal(state_rank("odd"), 0);
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
