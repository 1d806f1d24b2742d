/* onfailure: the times and the input of on-failure-command, and a successor. */
#include "fake.h"

#define REPORTED                                                 \
	"command = true\nrestart-limit = 1\nrestart-delay = 0\n" \
	"restart-reset = 10ms\non-failure-command = mail\n"

/* The command that runs, or NULL. */
static struct child *
command(void)
{
	for (size_t i = 0; i < FAKE_MAX; i++)
		if (fake.children[i] != NULL && !fake.children[i]->is_main)
			return fake.children[i];
	return NULL;
}

/* A stable run that fails. */
static void
fails(struct program *p, int status)
{
	fake_pass(1000);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_exits(&p->child, status);
}

/* The next daemon; its program. */
static struct program *
successor(const char *text)
{
	char all[512];
	struct definition *c;
	struct config running = {.programs = &c, .nprograms = 1};

	snprintf(all, sizeof(all), "log = none\nsettle-time = 0\n%s", text);
	c = fake_definition("web", all);
	fake_kill_daemon();
	assert_int_equal(takeover_all(&fake.programs, &running, false), 0);
	fake_turn();
	definition_unref(c);
	return programs_find(&fake.programs, "web");
}

static void
reports_a_failure(void **state)
{
	struct program *p = fake_program("web", REPORTED);

	(void)state;
	fake_request(p, EVENT_START);
	/* Not after a run that was not stable. */
	fake_pass(5);
	fake_exits(&p->child, 5);
	assert_is(p, STATE_WAIT, WANT_RUN);
	assert_null(command());
	assert_string_equal(fake.kept, "");
	fails(p, 5);
	assert_calls("spawn web true\nfinish web\nspawn web true\n"
		     "spawn +web mail\nfinish web\n");
	assert_non_null(command());
	fake_exits(command(), 0);
	assert_null(command());
	assert_null(strstr(fake.kept, "reason"));
	/* A program that is removed leaves nothing. */
	fake_drop_programs();
	assert_string_equal(fake.kept, "");
}

static void
reports_a_final_failure(void **state)
{
	struct program *p = fake_program("web",
	    "command = true\nrestart = never\non-failure-command = mail\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(1);
	p->tail_due = true; /* its last output is still to come */
	fake_exits(&p->child, -SIGSEGV);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_null(command());
	fake_pass(1000); /* and does not come */
	assert_non_null(command());
	assert_string_equal(fake.env,
	    "SERVICE_RESULT=signal\nEXIT_CODE=killed\nEXIT_STATUS=SEGV\n"
	    "HUPD_STATE=failed\nHUPD_REASON=killed by SIGSEGV\n");
	assert_string_equal(fake.input, "");
	/* It is killed after a minute. */
	fake_pass(59999);
	assert_non_null(command());
	fake_pass(1);
	assert_null(command());
	assert_int_equal(fake_logged("did not end in 1m; killed"), 1);
}

/* A program whose second failure waits, for the first is not a minute ago. */
static struct program *
has_failed_twice(void)
{
	struct program *p = fake_program("web", REPORTED);

	fake_request(p, EVENT_START);
	fails(p, 1);
	fake_exits(command(), 0);
	fails(p, 2);
	return p;
}

static void
runs_once_a_minute(void **state)
{
	struct program *p = has_failed_twice();

	(void)state;
	fails(p, 3);
	assert_null(command());
	fake_pass(57999);
	assert_null(command());
	fake_pass(1);
	/* The last of them. */
	assert_non_null(command());
	assert_non_null(strstr(fake.env, "HUPD_REASON=exited, status 3\n"));
}

static void
a_failure_counts_for_its_command_only(void **state)
{
	struct program *p = fake_program("web", REPORTED);

	(void)state;
	fake_request(p, EVENT_START);
	fails(p, 1);
	fake_exits(command(), 4);
	assert_int_equal(fake_logged("web: on-failure-command: exited, "
				     "status 4"),
	    1);
	fake_pass(60000);
	assert_is(p, STATE_UP, WANT_RUN);
	fake.refuse = ENOENT;
	fails(p, 1);
	assert_int_equal(fake_logged("web: on-failure-command: exec: No such "
				     "file or directory"),
	    1);
	assert_null(strstr(fake.kept, "reason"));
}

/* The daemon is killed while the command runs. */
static void
a_successor_runs_it_again(void **state)
{
	static const char text[] =
	    "command = true\nrestart = never\non-failure-command = mail\n";
	struct program *p = fake_program("web", text);
	char env[sizeof(fake.env)];

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(1);
	p->tail = strdup("out of paper\n= 100 %\n");
	fake.oom = true;
	fake_exits(&p->child, -SIGKILL);
	assert_non_null(command());
	assert_string_equal(fake.input, "out of paper\n= 100 %\n");
	assert_string_equal(fake.env,
	    "SERVICE_RESULT=oom-kill\nEXIT_CODE=killed\nEXIT_STATUS=KILL\n"
	    "HUPD_STATE=failed\n"
	    "HUPD_REASON=killed by SIGKILL, out of memory\n");
	memcpy(env, fake.env, sizeof(env));
	*fake.env = *fake.input = '\0';
	p = successor(text);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_true(p->end.process.oom);
	assert_calls("spawn +web mail\n");
	assert_string_equal(fake.env, env);
	assert_string_equal(fake.input, "out of paper\n= 100 %\n");
	fake_exits(command(), 0);
	/* It has run: the next one has nothing to do. */
	successor(text);
	assert_calls("");
	assert_null(command());
}

/* The daemon is killed while a failure waits for its minute. */
static void
a_successor_keeps_the_minute(void **state)
{
	struct program *p;

	(void)state;
	has_failed_twice();
	successor(REPORTED);
	assert_null(command());
	fake_pass(58999);
	assert_null(command());
	fake_pass(1);
	assert_non_null(command());
	assert_non_null(strstr(fake.env, "HUPD_REASON=exited, status 2\n"));
	/* Both: the one that ran and the one that waits. */
	p = programs_find(&fake.programs, "web");
	fails(p, 3);
	successor(REPORTED);
	assert_non_null(strstr(fake.env, "HUPD_REASON=exited, status 2\n"));
	fake_exits(command(), 0);
	assert_null(command());
	fake_pass(60000);
	assert_non_null(strstr(fake.env, "HUPD_REASON=exited, status 3\n"));
}

/* The file is of another program of that name, or damaged. */
static void
a_successor_reads_only_its_own(void **state)
{
	static const char *const bad[] = {
	    "run began=1 id=7\nbegun reason=x\n",
	    "begun reason=%\n",
	    "waiting state=1\n",
	};
	struct program *p = fake_program("web", REPORTED);

	(void)state;
	fake_request(p, EVENT_START);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		strlcpy(fake.kept, bad[i], sizeof(fake.kept));
		p = successor(REPORTED);
		assert_null(command());
		assert_null(p->onfailure);
	}
	assert_int_equal(fake_logged("cannot read the failure"), 3);
	/* Numbers that no daemon writes. */
	snprintf(fake.kept, sizeof(fake.kept),
	    "run began=0 id=%lld\nbegun reason=x state=99 kind=99 late=99 "
	    "known=1 signal=1 code=0 stage=99\n",
	    (long long)(p->child.run >> 32));
	successor(REPORTED);
	assert_string_equal(fake.env,
	    "SERVICE_RESULT=success\nHUPD_STATE=down\nHUPD_REASON=x\n");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fake_begin, fake_end)
	const struct CMUnitTest tests[] = {
	    T(reports_a_failure),
	    T(reports_a_final_failure),
	    T(runs_once_a_minute),
	    T(a_failure_counts_for_its_command_only),
	    T(a_successor_runs_it_again),
	    T(a_successor_keeps_the_minute),
	    T(a_successor_reads_only_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
