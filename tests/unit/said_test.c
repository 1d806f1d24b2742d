/* said: what a program says of itself, and what follows. */
#include "fake.h"

#include "program/describe.h"

/* A program that has said that it is ready. */
static struct program *
up(const char *more)
{
	char text[256];
	struct program *p;

	snprintf(text, sizeof(text), "command = true\nready = notify\n%s",
	    more);
	p = fake_program("web", text);
	fake_request(p, EVENT_START);
	fake_notify(p, "READY=1");
	assert_is(p, STATE_UP, WANT_RUN);
	*fake.calls = '\0';
	return p;
}

static void
from(struct program *p, const char *message, pid_t sender)
{
	struct sdnotify m;

	sdnotify_parse(&m, message, strlen(message));
	program_notified(p, &m, sender);
	fake_turn();
}

/* Add a line to its definition. */
static void
change(struct program *p, const char *line)
{
	char text[256];
	struct definition *c;

	snprintf(text, sizeof(text),
	    "log = none\nsettle-time = 0\ncommand = true\nready = notify\n%s",
	    line);
	c = fake_definition("web", text);
	program_set_conf(p, c);
	definition_unref(c);
	fake_turn();
}

static void
extends_its_start(void **state)
{
	struct program *p = fake_program("web",
	    "command = true\nready = notify\nstart-timeout = 3s\n");

	(void)state;
	fake_request(p, EVENT_START);
	/* It never shortens the limit. */
	fake_notify(p, "EXTEND_TIMEOUT_USEC=1000000");
	fake_pass(2000);
	assert_is(p, STATE_STARTING, WANT_RUN);
	fake_notify(p, "EXTEND_TIMEOUT_USEC=5000000");
	fake_pass(4999);
	assert_is(p, STATE_STARTING, WANT_RUN);
	/* A reload that does not concern the limit leaves it alone. */
	change(p, "start-timeout = 3s\nstop-timeout = 1s\n");
	fake_notify(p, "EXTEND_TIMEOUT_USEC=5000000");
	fake_pass(4999);
	assert_is(p, STATE_STARTING, WANT_RUN);
	/* A new limit keeps the addition. */
	change(p, "start-timeout = 4s\n");
	fake_pass(1000);
	assert_is(p, STATE_STARTING, WANT_RUN);
	fake_pass(1);
	assert_is(p, STATE_STOPPING, WANT_RUN);
	assert_int_equal(p->late, LATE_READY);
}

static void
extends_its_stop(void **state)
{
	struct program *p = up("stop-timeout = 1s\n");

	(void)state;
	fake_notify(p, "EXTEND_TIMEOUT_USEC=9000000");
	fake_pass(100);
	fake_request(p, EVENT_STOP);
	fake_pass(999);
	assert_is(p, STATE_STOPPING, WANT_REST);
	fake_notify(p, "EXTEND_TIMEOUT_USEC=2000000");
	fake_pass(1999);
	assert_is(p, STATE_STOPPING, WANT_REST);
	fake_pass(1);
	assert_is(p, STATE_KILLING, WANT_REST);
	fake_notify(p, "EXTEND_TIMEOUT_USEC=2000000");
	assert_calls("signal web 15\nkill web\n");
}

static void
stops_by_itself(void **state)
{
	struct program *p = up("restart = on-failure\n");
	char why[128];

	(void)state;
	/* A former main process drains. */
	from(p, "STOPPING=1", p->child.pid + 1);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_notify(p, "STOPPING=1");
	assert_is(p, STATE_STOPPING, WANT_RUN);
	assert_int_equal(p->step, STEP_OWN);
	describe_why(p, why, sizeof(why));
	assert_string_equal(why, "it ends by itself");
	assert_calls("");
	fake_exits(&p->child, 0);
	assert_is(p, STATE_DONE, WANT_RUN);
	assert_int_equal(p->end.late, LATE_NOT);
}

static void
says_that_it_stops_and_does_not(void **state)
{
	struct program *p = up("stop-timeout = 1s\nsuccess-exit = KILL\n");
	char why[128];

	(void)state;
	fake_notify(p, "STOPPING=1");
	fake_pass(1000);
	assert_is(p, STATE_KILLING, WANT_RUN);
	assert_calls("kill web\n");
	fake_exits(&p->child, -SIGKILL);
	assert_int_equal(p->end.late, LATE_STOPPING);
	describe_end(p, why, sizeof(why));
	assert_string_equal(why,
	    "it did not end after STOPPING=1, killed by SIGKILL");
	assert_int_equal(record_slot(fake.records, p->slot)->end_late,
	    LATE_WATCHDOG);
}

/* The program says so in answer to the stop signal. */
static void
obeys(void **state)
{
	struct program *p = up("watchdog = 1s\n");

	(void)state;
	fake_pass(1000);
	assert_is(p, STATE_STOPPING, WANT_RUN);
	fake_notify(p, "STOPPING=1");
	assert_int_equal(p->step, STEP_SIGNAL);
	fake_exits(&p->child, 0);
	assert_int_equal(p->end.late, LATE_WATCHDOG);
	assert_is(p, STATE_WAIT, WANT_RUN);
}

static void
triggers_the_watchdog(void **state)
{
	struct program *p = up("");

	(void)state;
	fake_notify(p, "WATCHDOG=trigger");
	assert_is(p, STATE_STOPPING, WANT_RUN);
	assert_calls("signal web 15\n");
	fake_exits(&p->child, 0);
	assert_int_equal(p->end.late, LATE_TRIGGER);
	assert_is(p, STATE_WAIT, WANT_RUN);
}

static void
sets_its_watchdog(void **state)
{
	struct program *p = up("watchdog = 1s\n");

	(void)state;
	fake_notify(p, "WATCHDOG_USEC=5000000");
	fake_pass(4999);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_notify(p, "WATCHDOG=1");
	fake_pass(4999);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_notify(p, "WATCHDOG_USEC=0");
	fake_pass(3600000);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_notify(p, "WATCHDOG_USEC=10000");
	fake_pass(10);
	assert_is(p, STATE_STOPPING, WANT_RUN);
	/* The next process begins as configured. */
	fake_exits(&p->child, 0);
	fake_pass(200);
	fake_notify(p, "READY=1");
	fake_pass(999);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_pass(1);
	assert_is(p, STATE_STOPPING, WANT_RUN);
}

static void
chooses_who_is_heard(void **state)
{
	struct program *p = up("");

	(void)state;
	from(p, "STATUS=one", 0);
	assert_string_equal(p->status, "one");
	fake_notify(p, "NOTIFYACCESS=main");
	from(p, "STATUS=two", 0);
	from(p, "STATUS=two", p->child.pid + 1);
	assert_string_equal(p->status, "one");
	fake_notify(p, "STATUS=three\nNOTIFYACCESS=none");
	assert_string_equal(p->status, "three");
	fake_notify(p, "STATUS=four\nNOTIFYACCESS=all");
	assert_string_equal(p->status, "three");
	fake_request(p, EVENT_RESTART);
	fake_exits(&p->child, 0);
	assert_null(p->status);
	fake_notify(p, "STATUS=five");
	assert_string_equal(p->status, "five");
}

static void
reports_errors(void **state)
{
	struct program *p = up("restart = never\n");

	(void)state;
	fake_notify(p, "ERRNO=2\nEXIT_STATUS=0");
	assert_int_equal(p->said_err, 2);
	assert_int_equal(p->said_exit, 1);
	assert_int_equal(fake_logged("web: it reports error 2"), 1);
	fake_notify(p, "ERRNO=2");
	assert_int_equal(fake_logged("web: it reports error 2"), 1);
	fake_pass(1);
	fake_exits(&p->child, 1);
	assert_int_equal(p->said_err, 2);
	fake_request(p, EVENT_START);
	assert_int_equal(p->said_err, 0);
	assert_int_equal(p->said_exit, 0);
}

static void
is_reloading_until_it_is_ready(void **state)
{
	struct program *p = up("");
	char why[128];

	(void)state;
	fake_notify(p, "RELOADING=1");
	describe_why(p, why, sizeof(why));
	assert_string_equal(why, "pid 101, reloading");
	fake_notify(p, "READY=1");
	assert_false(p->is_reloading);
	fake_notify(p, "RELOADING=1");
	fake_request(p, EVENT_RESTART);
	fake_exits(&p->child, 0);
	assert_false(p->is_reloading);
}

static void
sends_what_cannot_be_read(void **state)
{
	struct program *p = up("");

	(void)state;
	fake.system.notified(&fake.programs, p, NULL, 0);
	assert_int_equal(fake_logged("web: a notify message is dropped"), 1);
	for (int i = 0; i < 100; i++)
		fake.system.notified(&fake.programs, p, NULL, 0);
	assert_in_range(fake_logged("web: a notify message is dropped"), 2, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_begin, fake_end)
	    TEST(extends_its_start),
	    TEST(extends_its_stop),
	    TEST(stops_by_itself),
	    TEST(says_that_it_stops_and_does_not),
	    TEST(obeys),
	    TEST(triggers_the_watchdog),
	    TEST(sets_its_watchdog),
	    TEST(chooses_who_is_heard),
	    TEST(reports_errors),
	    TEST(is_reloading_until_it_is_ready),
	    TEST(sends_what_cannot_be_read),
	};

	return cmocka_run_group_tests_name("said", tests, NULL, NULL);
}
