/* backoff: delays grow, are bounded, are forgotten; giving up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "program/backoff.h"

static const struct backoff_rule usual = {.delay = 100,
    .max = 30000,
    .reset = 10000,
    .limit = 0};

static void
doubles_up_to_the_maximum(void **state)
{
	static const int64_t expected[] = {100, 200, 400, 800, 1600, 3200, 6400,
	    12800, 25600, 30000, 30000, 30000};
	struct backoff b = {0};

	(void)state;
	/* random 0 is no jitter. */
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(backoff_next(&b, &usual, 0, true, 0),
		    expected[i]);
}

static void
restarts_a_stable_program_at_once(void **state)
{
	struct backoff b = {0};

	(void)state;
	assert_int_equal(backoff_next(&b, &usual, 5, true, 0), 100);
	assert_int_equal(backoff_next(&b, &usual, 10000, true, 0), 200);
	assert_int_equal(backoff_next(&b, &usual, 10001, true, 0), 0);
	assert_int_equal(b.quick, 0);
	assert_int_equal(backoff_next(&b, &usual, 5, true, 0), 100);
	backoff_clear(&b);
	assert_int_equal(backoff_next(&b, &usual, 5, true, 0), 100);
}

static void
gives_up_at_the_limit(void **state)
{
	const struct backoff_rule rule = {.delay = 100,
	    .max = 30000,
	    .reset = 10000,
	    .limit = 3};
	struct backoff b = {0};

	(void)state;
	assert_int_equal(backoff_next(&b, &rule, 0, true, 0), 100);
	assert_int_equal(backoff_next(&b, &rule, 0, true, 0), 200);
	assert_int_equal(backoff_next(&b, &rule, 0, true, 0), 400);
	assert_int_equal(backoff_next(&b, &rule, 0, true, 0), BACKOFF_GIVE_UP);
	/* It stays so until it is cleared, or ran long enough. */
	assert_int_equal(backoff_next(&b, &rule, 0, true, 0), BACKOFF_GIVE_UP);
	assert_int_equal(backoff_next(&b, &rule, 10001, true, 0), 0);
	assert_int_equal(backoff_next(&b, &rule, 0, true, 0), 100);
	b.quick = 3;
	backoff_clear(&b);
	assert_int_equal(backoff_next(&b, &rule, 0, true, 0), 100);
}

static void
tells_the_longest_wait(void **state)
{
	const struct backoff_rule rule = {.delay = 100, .max = 350};
	static const int64_t want[] = {100, 100, 200, 350, 350};
	struct backoff b;

	(void)state;
	for (b.quick = 0; b.quick < 5; b.quick++)
		assert_int_equal(backoff_longest(&b, &rule), want[b.quick]);
}

/* However it is configured, and also if its short life was a stable run. */
static void
keeps_starts_apart(void **state)
{
	const struct backoff_rule none = {.delay = 0, .limit = 2};
	struct backoff b = {0};

	(void)state;
	for (int64_t ran = 0; ran < 10; ran++)
		assert_int_equal(backoff_next(&b, &(struct backoff_rule){0},
				     ran, true, 0),
		    10 - ran);
	/* No longer than this is no stable run, so the limit counts. */
	backoff_clear(&b);
	assert_int_equal(backoff_next(&b, &none, 10, true, 0), 0);
	assert_int_equal(backoff_next(&b, &none, 3, true, 0), 7);
	assert_int_equal(backoff_next(&b, &none, 10, true, 0), BACKOFF_GIVE_UP);
	assert_int_equal(backoff_next(&b, &none, 11, true, 0), 0);
	assert_int_equal(b.quick, 0);
	assert_int_equal(backoff_longest(&b, &none), BACKOFF_APART);
}

/* A run is stable if it was longer than both times, and was ready. */
static void
knows_a_stable_run(void **state)
{
	const struct backoff_rule rule = {.delay = 100,
	    .max = 30000,
	    .reset = 0,
	    .settle = 1000};
	struct backoff b = {0};

	(void)state;
	assert_int_equal(backoff_next(&b, &rule, 999, true, 0), 100);
	assert_int_equal(backoff_next(&b, &rule, 1000, true, 0), 200);
	assert_int_equal(backoff_next(&b, &rule, 1001, true, 0), 0);
	assert_int_equal(backoff_next(&b, &rule, 60000, false, 0), 100);
}

/* 75% to 100%, both ends reached, and the values between. */
static void
jitters(void **state)
{
	const struct backoff_rule rule = {.delay = 1000,
	    .max = 1000,
	    .reset = 10000,
	    .limit = 0};
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint32_t random = 0; random < 251; random++) {
		struct backoff b = {0};
		int64_t ms = backoff_next(&b, &rule, 0, true, random);

		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_int_equal(least, 750);
	assert_int_equal(most, 1000);
}

static void
stays_in_bounds(void **state)
{
	static const int64_t delays[] = {0, 1, 2, 3, 100, 30000, 30001,
	    INT64_C(315360000000), INT64_MAX};
	static const uint32_t randoms[] = {0, 1, 12345, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
		for (size_t j = 0; j < 16; j++) {
			const struct backoff_rule rule = {.delay = delays[i],
			    .max = delays[j % 9],
			    .reset = 10,
			    .limit = 0};
			struct backoff b = {.quick = j < 9 ? 70 : UINT32_MAX};
			int64_t full = delays[i] == 0 ? 0 : rule.max;

			for (size_t k = 0; k < 4; k++) {
				int64_t ms = backoff_next(&b, &rule, 10, false,
				    randoms[k]);

				assert_true(ms <= full);
				assert_true(ms >= full - full / 4);
			}
			assert_int_equal(b.quick, j < 9 ? 74 : UINT32_MAX);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(doubles_up_to_the_maximum),
	    cmocka_unit_test(restarts_a_stable_program_at_once),
	    cmocka_unit_test(gives_up_at_the_limit),
	    cmocka_unit_test(tells_the_longest_wait),
	    cmocka_unit_test(keeps_starts_apart),
	    cmocka_unit_test(knows_a_stable_run),
	    cmocka_unit_test(jitters),
	    cmocka_unit_test(stays_in_bounds),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
