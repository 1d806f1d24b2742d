/* hook: the commands around a program, their order, failures and successor. */
#include "fake.h"

/* The command that runs, or NULL. */
static struct child *
command(void)
{
	for (size_t i = 0; i < FAKE_MAX; i++)
		if (fake.children[i] != NULL && !fake.children[i]->is_main)
			return fake.children[i];
	return NULL;
}

static void
command_exits(int status)
{
	assert_non_null(command());
	fake_exits(command(), status);
}

static void
run_in_order(void **state)
{
	struct program *p = fake_program("web",
	    "command = main\nstart-pre = a\nstart-pre = b\nstart-post = c\n"
	    "stop-command = d\nstop-post = e\nstop-post = f\n");

	(void)state;
	fake_request(p, EVENT_START);
	assert_int_equal(p->step, STEP_PRE);
	assert_calls("spawn web/hupd-hook a\n");
	assert_string_equal(fake.env, "");
	command_exits(0);
	command_exits(0);
	assert_calls("finish web/hupd-hook\nspawn web/hupd-hook b\n"
		     "finish web/hupd-hook\nspawn web main\n"
		     "spawn web/hupd-hook c\n");
	assert_is(p, STATE_STARTING, WANT_RUN);
	assert_int_equal(p->step, STEP_POST);
	assert_string_equal(fake.env, "MAINPID=103\n");
	command_exits(0);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_pass(1000);
	fake_request(p, EVENT_STOP);
	assert_calls("finish web/hupd-hook\nspawn web/hupd-hook d\n");
	assert_string_equal(fake.env, "MAINPID=103\n");
	command_exits(0);
	/* It still lives. */
	assert_calls("finish web/hupd-hook\nsignal web 15\n");
	fake_exits(&p->child, -SIGTERM);
	assert_string_equal(fake.env,
	    "MAINPID=103\nSERVICE_RESULT=success\nEXIT_CODE=killed\n"
	    "EXIT_STATUS=TERM\n");
	command_exits(1);
	/* One failure does not keep the others, nor the end. */
	assert_is(p, STATE_DOWN, WANT_REST);
	assert_null(command());
	assert_int_equal(fake_logged("web: stop-post e: exited, status 1"), 1);
}

static void
a_failed_pre_is_a_failed_start(void **state)
{
	struct program *p = fake_program("web",
	    "command = main\nstart-pre = -a\nstart-pre = b\nstop-post = e\n"
	    "restart = never\n");

	(void)state;
	fake_request(p, EVENT_START);
	command_exits(3);
	assert_int_equal(fake_logged("its failure does not count (-)"), 1);
	command_exits(4);
	/* The program was never executed, and stop-post runs. */
	assert_int_equal(p->step, STEP_STOP_POST);
	assert_string_equal(fake.env, "SERVICE_RESULT=exit-code\n");
	assert_string_equal(p->blamed, "start-pre b");
	command_exits(0);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_null(strstr(fake.calls, "spawn web main"));
}

static void
a_command_that_cannot_run_fails(void **state)
{
	struct program *p = fake_program("web",
	    "command = main\nstart-pre = a\nrestart = never\n");

	(void)state;
	fake.refuse = ENOENT;
	fake_request(p, EVENT_START);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_true(fake_logged("start-pre a: exec: No such file") > 0);
	assert_calls("spawn web/hupd-hook a\n");
}

/* One start-timeout covers all steps of a start. */
static void
a_start_has_one_timeout(void **state)
{
	struct program *p = fake_program("web",
	    "command = main\nstart-pre = a\nstart-post = c\n"
	    "start-timeout = 10s\nrestart = never\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(6000);
	command_exits(0);
	assert_int_equal(p->step, STEP_POST);
	fake_pass(3999);
	assert_is(p, STATE_STARTING, WANT_RUN);
	fake_pass(1);
	assert_is(p, STATE_STOPPING, WANT_RUN);
	assert_null(command());
	fake_exits(&p->child, -SIGTERM);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_string_equal(p->blamed, "start-post c");
}

/* The next command begins when the processes of the former one have ended. */
static void
waits_for_the_rest_of_a_command(void **state)
{
	struct program *p = fake_program("web",
	    "command = main\nstart-pre = a\nstart-pre = b\n");
	struct child *rest;

	(void)state;
	fake_request(p, EVENT_START);
	fake.left = 2;
	rest = command();
	command_exits(0);
	assert_calls("spawn web/hupd-hook a\nkill helper\n"
		     "linger web/hupd-hook\n");
	assert_int_equal(fake_logged("killed 2 processes that start-pre"), 1);
	fake_all_gone(rest);
	assert_calls("finish web/hupd-hook\nspawn web/hupd-hook b\n");
}

/* The daemon is killed while a command runs. */
static void
a_successor_repeats_the_step(void **state)
{
	static const char text[] = "command = main\nstart-pre = a\n"
				   "start-post = b\nstart-post = c\n"
				   "stop-post = e\n";
	char all[256];
	struct definition *c;
	struct config running = {.programs = &c, .nprograms = 1};
	struct program *p = fake_program("web", text);

	(void)state;
	snprintf(all, sizeof(all), "log = none\nsettle-time = 0\n%s", text);
	c = fake_definition("web", all);
	fake_request(p, EVENT_START);
	fake_kill_daemon();
	assert_int_equal(takeover_all(&fake.programs, &running, false), 0);
	fake_turn();
	/* The start begins again. */
	p = programs_find(&fake.programs, "web");
	assert_int_equal(p->step, STEP_PRE);
	assert_calls("spawn web/hupd-hook a\n");
	command_exits(0);
	command_exits(0);
	/* The main process stays; its commands begin with the first. */
	fake_kill_daemon();
	assert_int_equal(takeover_all(&fake.programs, &running, false), 0);
	fake_turn();
	p = programs_find(&fake.programs, "web");
	assert_int_equal(p->step, STEP_POST);
	assert_calls("spawn web/hupd-hook b\n");
	command_exits(0);
	command_exits(0);
	assert_is(p, STATE_UP, WANT_RUN);
	definition_unref(c);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fake_begin, fake_end)
	const struct CMUnitTest tests[] = {
	    T(run_in_order),
	    T(a_failed_pre_is_a_failed_start),
	    T(a_command_that_cannot_run_fails),
	    T(a_start_has_one_timeout),
	    T(waits_for_the_rest_of_a_command),
	    T(a_successor_repeats_the_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
