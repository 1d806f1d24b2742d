/* health: checks at intervals, what counts and what does not, no process. */
#include "fake.h"

#include "program/describe.h"
#include "program/health.h"

#define CHECKED                                                      \
	"command = true\nhealth-command = probe\nhealth-interval = " \
	"10s\nhealth-timeout = 2s\nhealth-retries = 2\n"

/* The child of the check under way, or NULL. */
static struct child *
check(void)
{
	for (size_t i = 0; i < FAKE_MAX; i++)
		if (fake.children[i] != NULL && !fake.children[i]->is_main)
			return fake.children[i];
	return NULL;
}

/* Let the next check begin and exit with the status. */
static void
check_exits(int status)
{
	fake_pass(10000);
	assert_non_null(check());
	fake_exits(check(), status);
	assert_null(check());
}

static void
assert_why(const struct program *p, const char *expected)
{
	char why[256];

	describe_why(p, why, sizeof(why));
	assert_string_equal(why, expected);
}

static void
checks_at_intervals(void **state)
{
	struct program *p = fake_program("web", CHECKED);

	(void)state;
	fake_request(p, EVENT_START);
	assert_null(health_verdict(p));
	fake_pass(9999);
	assert_null(check());
	fake_pass(1);
	assert_non_null(check());
	assert_calls("spawn web true\nspawn web/hupd-check probe\n");
	fake_exits(check(), 0);
	assert_string_equal(health_verdict(p), "healthy");
	assert_why(p, "pid 101");
}

static void
restarts_after_enough_failures(void **state)
{
	struct program *p = fake_program("web", CHECKED);

	(void)state;
	fake_request(p, EVENT_START);
	check_exits(1);
	assert_is(p, STATE_UP, WANT_RUN);
	assert_why(p, "unhealthy 1/2: exited, status 1");
	check_exits(0);
	assert_int_equal(p->failed_checks, 0);
	check_exits(1);
	check_exits(2);
	assert_is(p, STATE_STOPPING, WANT_RUN);
	assert_why(p, "unhealthy, SIGTERM sent");
	fake_exits(&p->child, -SIGTERM);
	assert_is(p, STATE_WAIT, WANT_RUN);
	assert_int_equal(p->end.late, LATE_UNHEALTHY);
}

static void
counts_a_check_that_takes_too_long(void **state)
{
	struct program *p = fake_program("web", CHECKED);

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(11999);
	assert_int_equal(p->failed_checks, 0);
	fake_pass(1);
	assert_null(check());
	assert_int_equal(p->failed_checks, 1);
	assert_why(p, "unhealthy 1/2: did not end in 2s");
}

static void
does_not_count_what_cannot_be_started(void **state)
{
	struct program *p = fake_program("web", CHECKED);

	(void)state;
	fake_request(p, EVENT_START);
	fake.refuse = EAGAIN;
	fake_pass(30000);
	assert_is(p, STATE_UP, WANT_RUN);
	assert_int_equal(p->failed_checks, 0);
	assert_string_equal(health_verdict(p), "unknown");
}

static void
ends_with_the_program(void **state)
{
	struct program *p = fake_program("web", CHECKED);

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(10000);
	assert_non_null(check());
	fake_request(p, EVENT_STOP);
	assert_null(check());
	assert_calls("spawn web true\nspawn web/hupd-check probe\n"
		     "cancel web/hupd-check\nsignal web 15\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_begin, fake_end)
	    TEST(checks_at_intervals),
	    TEST(restarts_after_enough_failures),
	    TEST(counts_a_check_that_takes_too_long),
	    TEST(does_not_count_what_cannot_be_started),
	    TEST(ends_with_the_program),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
