/* program: its life from start to removal, without a process. */
#include "fake.h"

#include "program/outcome.h"

static void
starts_and_is_up(void **state)
{
	struct program *p = fake_program("web", "command = true\n");

	(void)state;
	assert_is(p, STATE_DOWN, WANT_REST);
	fake_request(p, EVENT_START);
	assert_is(p, STATE_UP, WANT_RUN);
	assert_calls("spawn web true\n");
	assert_int_equal(p->child.pid, 101);
	assert_int_equal(fake.programs.nalive, 1);
	assert_int_equal(fake_logged("web: down -> starting (start)"), 1);
	assert_int_equal(fake_logged("web: starting -> up (executed)"), 1);
	assert_int_equal(fake_logged(" -> "), 2);
	assert_int_equal(record_slot(fake.records, p->slot)->pid, 101);
	assert_int_equal(record_slot(fake.records, p->slot)->state, STATE_UP);
}

static void
is_up_when_it_says_so(void **state)
{
	struct program *p =
	    fake_program("web", "command = true\nready = notify\n");

	(void)state;
	fake_request(p, EVENT_START);
	assert_is(p, STATE_STARTING, WANT_RUN);
	fake_notify(p, "STATUS=warming up");
	assert_is(p, STATE_STARTING, WANT_RUN);
	assert_string_equal(p->status, "warming up");
	fake_notify(p, "READY=1");
	assert_is(p, STATE_UP, WANT_RUN);
}

static void
is_up_once_it_has_settled(void **state)
{
	struct program *db =
	    fake_program("db", "command = db\nsettle-time = 3s\n");
	struct program *app =
	    fake_program("app", "command = app\ndepends-on = db\n");

	(void)state;
	fake_request(app, EVENT_START);
	assert_is(db, STATE_STARTING, WANT_RUN);
	assert_int_equal(db->step, STEP_SETTLE);
	assert_false(outcome_is_settled(db));
	fake_pass(2999);
	assert_is(db, STATE_STARTING, WANT_RUN);
	assert_is(app, STATE_DOWN, WANT_RUN);
	fake_pass(1);
	assert_is(db, STATE_UP, WANT_RUN);
	assert_is(app, STATE_UP, WANT_RUN);
	assert_int_equal(fake_logged("db: starting -> up (settled): pid 101"),
	    1);
	/* After a crash it settles again; its dependent is not touched. */
	fake_pass(10);
	fake_exits(&db->child, 1);
	fake_pass(100);
	assert_is(db, STATE_STARTING, WANT_RUN);
	assert_is(app, STATE_UP, WANT_RUN);
	fake_pass(2900);
	assert_is(db, STATE_STARTING, WANT_RUN);
	fake_pass(100);
	assert_is(db, STATE_UP, WANT_RUN);
}

static void
starts_after_the_first_outcome(void **state)
{
	struct program *app =
	    fake_program("app", "command = app\nafter = db\n");
	struct program *db =
	    fake_program("db", "command = db\nready = notify\n");

	(void)state;
	/* All wants of the turn are known before the first start. */
	program_request(app, EVENT_START);
	fake_request(db, EVENT_START);
	assert_is(app, STATE_DOWN, WANT_RUN);
	assert_false(outcome_is_settled(app));
	fake_exits(&db->child, 1);
	assert_is(db, STATE_WAIT, WANT_RUN);
	assert_is(app, STATE_UP, WANT_RUN);
	/* The next attempts are not the first any more. */
	fake_request(app, EVENT_STOP);
	fake_exits(&app->child, -SIGTERM);
	fake_pass(100);
	assert_is(db, STATE_STARTING, WANT_RUN);
	fake_request(app, EVENT_START);
	assert_is(app, STATE_UP, WANT_RUN);
	/* A restart by hand is a new start. */
	fake_notify(db, "READY=1");
	fake_request(app, EVENT_STOP);
	fake_exits(&app->child, -SIGTERM);
	program_restart(db);
	fake_request(app, EVENT_START);
	assert_is(app, STATE_DOWN, WANT_RUN);
	fake_exits(&db->child, -SIGTERM);
	assert_is(db, STATE_STARTING, WANT_RUN);
	assert_is(app, STATE_DOWN, WANT_RUN);
	/* Nobody waits for one that is not wanted. */
	fake_request(db, EVENT_STOP);
	assert_is(app, STATE_UP, WANT_RUN);
	/* Both are stopped: the one that started later ends first. */
	program_request(app, EVENT_STOP);
	fake_exits(&db->child, -SIGTERM);
	fake_exits(&app->child, -SIGTERM);
	fake_request(db, EVENT_START);
	fake_notify(db, "READY=1");
	fake_request(app, EVENT_START);
	program_request(app, EVENT_STOP);
	fake_request(db, EVENT_STOP);
	assert_is(app, STATE_STOPPING, WANT_REST);
	assert_is(db, STATE_UP, WANT_REST);
	fake_exits(&app->child, -SIGTERM);
	assert_is(db, STATE_STOPPING, WANT_REST);
}

static void
restarts_with_the_other(void **state)
{
	struct program *db =
	    fake_program("db", "command = db\nready = notify\n");
	struct program *web = fake_program("web",
	    "command = web\nrestart-with = db\nrestart-limit = 1\n");
	struct program *app =
	    fake_program("app", "command = app\nrestart-with = web\n");

	(void)state;
	program_request(app, EVENT_START);
	program_request(web, EVENT_START);
	fake_request(db, EVENT_START);
	assert_is(app, STATE_DOWN, WANT_RUN);
	fake_notify(db, "READY=1");
	assert_is(app, STATE_UP, WANT_RUN);
	assert_int_equal(fake_logged("restarting with"), 0);
	for (int i = 0; i < 3; i++) {
		fake_pass(10);
		fake_exits(&db->child, 1);
		assert_is(web, STATE_UP, WANT_RUN);
		fake_pass(20000);
		assert_is(db, STATE_STARTING, WANT_RUN);
		/* The want is recorded before the other is: see takeover. */
		fake_notify(db, "READY=1");
		assert_is(web, STATE_STOPPING, WANT_RESTART);
		assert_is(app, STATE_UP, WANT_RUN);
		fake_exits(&web->child, -SIGTERM);
		assert_is(web, STATE_UP, WANT_RUN);
		assert_is(app, STATE_STOPPING, WANT_RESTART);
		fake_exits(&app->child, -SIGTERM);
		assert_is(app, STATE_UP, WANT_RUN);
	}
	assert_int_equal(web->restarts, 0);
	/* A stopped program stays stopped. */
	fake_pass(10);
	fake_exits(&db->child, 1);
	fake_pass(20000);
	fake_request(web, EVENT_STOP);
	fake_exits(&web->child, -SIGTERM);
	fake_notify(db, "READY=1");
	assert_is(web, STATE_DOWN, WANT_REST);
}

static void
ends_before_it_has_settled(void **state)
{
	struct program *p =
	    fake_program("web", "command = true\nsettle-time = 200ms\n");
	struct program *once = fake_program("once",
	    "command = true\nsettle-time = 200ms\nrestart = never\n");

	(void)state;
	/* A restart is wanted: the start has failed. */
	fake_request(p, EVENT_START);
	fake_pass(199);
	fake_exits(&p->child, 0);
	assert_is(p, STATE_WAIT, WANT_RUN);
	assert_int_equal(p->failed_starts, 1);
	assert_true(outcome_is_settled(p));
	assert_false(outcome_is_good(p));
	assert_int_equal(fake_logged("web: starting -> up"), 0);
	/* No restart is wanted, and it ended well. */
	fake_request(once, EVENT_START);
	fake_pass(10);
	fake_exits(&once->child, 0);
	assert_is(once, STATE_DONE, WANT_RUN);
	assert_true(outcome_is_good(once));
	fake_request(once, EVENT_START);
	fake_pass(10);
	fake_exits(&once->child, 2);
	assert_is(once, STATE_FAILED, WANT_RUN);
	assert_true(outcome_is_settled(once));
	assert_false(outcome_is_good(once));
}

static void
settles_at_once_if_the_time_is_shortened(void **state)
{
	struct program *p =
	    fake_program("web", "command = true\nsettle-time = 1h\n");
	struct definition *c = fake_definition("web",
	    "log = none\ncommand = true\nsettle-time = 0\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(10);
	assert_is(p, STATE_STARTING, WANT_RUN);
	program_set_conf(p, c);
	definition_unref(c);
	fake_pass(0);
	assert_is(p, STATE_UP, WANT_RUN);
}

static void
is_not_ready_in_time(void **state)
{
	struct program *p = fake_program("web",
	    "command = true\nready = notify\nstart-timeout = 3s\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(2999);
	assert_is(p, STATE_STARTING, WANT_RUN);
	fake_pass(1);
	assert_is(p, STATE_STOPPING, WANT_RUN);
	assert_calls("spawn web true\nsignal web 15\n");
	fake_exits(&p->child, 0);
	assert_is(p, STATE_WAIT, WANT_RUN);
	assert_int_equal(p->end.late, LATE_READY);
	assert_int_equal(fake_logged("(start-timeout over): not ready in time"),
	    1);
}

static void
restarts_after_a_crash(void **state)
{
	struct program *p =
	    fake_program("web", "command = true\nrestart-delay = 1s\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(10);
	fake_exits(&p->child, -SIGSEGV);
	assert_is(p, STATE_WAIT, WANT_RUN);
	assert_int_equal(p->child.pid, 0);
	assert_int_equal(record_slot(fake.records, p->slot)->pid, 0);
	assert_in_range(p->delay, 750, 1000);
	assert_calls("spawn web true\nfinish web\n");
	fake_pass(1000);
	assert_is(p, STATE_UP, WANT_RUN);
	assert_int_equal(p->restarts, 1);
	assert_int_equal(fake_logged("web: wait -> starting (delay over)"), 1);
}

static void
gives_up_after_the_limit(void **state)
{
	struct program *p = fake_program("web",
	    "command = true\nrestart-delay = 1s\nrestart-limit = 2\n");

	(void)state;
	fake_request(p, EVENT_START);
	for (int i = 0; i < 2; i++) {
		fake_pass(10);
		fake_exits(&p->child, 1);
		assert_is(p, STATE_WAIT, WANT_RUN);
		fake_pass(10000);
		assert_is(p, STATE_UP, WANT_RUN);
	}
	fake_exits(&p->child, 1);
	assert_is(p, STATE_FAILED, WANT_RUN);
	/* An administrator's start forgets the history. */
	fake_request(p, EVENT_START);
	assert_is(p, STATE_UP, WANT_RUN);
}

/* A restart-reset of 0 makes no run stable that ends within settle-time. */
static void
counts_restarts_without_a_reset(void **state)
{
	struct program *p = fake_program("web",
	    "command = true\nready = notify\nrestart-delay = 0\n"
	    "restart-reset = 0\nrestart-limit = 3\nsettle-time = 1s\n");
	struct mono began;

	(void)state;
	fake_request(p, EVENT_START);
	for (int i = 0; i < 3; i++) {
		began = p->started;
		fake_notify(p, "READY=1");
		fake_pass(2);
		fake_exits(&p->child, 1);
		assert_is(p, STATE_WAIT, WANT_RUN);
		fake_pass(8);
		assert_is(p, STATE_STARTING, WANT_RUN);
		assert_true(clock_diff_ms(p->started, began) >= 10);
	}
	fake_notify(p, "READY=1");
	fake_pass(2);
	fake_exits(&p->child, 1);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_int_equal(fake_logged("status 1, given up after 3 restarts"), 1);
}

static void
runs_a_task(void **state)
{
	struct program *p = fake_program("migrate",
	    "ready = exited\ncommand = one\ncommand = two \"a b\"\n");
	struct program *app =
	    fake_program("app", "command = app\ndepends-on = migrate\n");

	(void)state;
	fake_request(app, EVENT_START);
	assert_is(p, STATE_STARTING, WANT_RUN);
	/* It has no start-timeout. */
	fake_pass(INT64_C(86400000));
	assert_is(p, STATE_STARTING, WANT_RUN);
	fake_exits(&p->child, 0);
	assert_is(p, STATE_STARTING, WANT_RUN);
	assert_is(app, STATE_DOWN, WANT_RUN);
	assert_false(outcome_is_settled(p));
	fake_pass(10);
	fake_exits(&p->child, 0);
	assert_is(p, STATE_DONE, WANT_RUN);
	assert_true(outcome_is_good(p));
	assert_is(app, STATE_UP, WANT_RUN);
	assert_calls("spawn migrate one\nfinish migrate\n"
		     "spawn migrate two\nfinish migrate\nspawn app app\n");
	/* A failure ends it, and it begins with the first command again. */
	fake_request(p, EVENT_START);
	fake_exits(&p->child, 0);
	fake_exits(&p->child, 3);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_int_equal(fake_logged("failed (exited): command 2: exited, "
				     "status 3"),
	    1);
	*fake.calls = '\0';
	fake_request(p, EVENT_RESTART);
	assert_calls("spawn migrate one\n");
	assert_int_equal(fake_logged("command 1 has ended well"), 2);
}

static void
is_killed_when_it_does_not_stop(void **state)
{
	struct program *p = fake_program("web",
	    "command = true\nstop-signal = INT\nstop-timeout = 2s\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(10);
	fake_request(p, EVENT_STOP);
	assert_is(p, STATE_STOPPING, WANT_REST);
	fake_pass(2000);
	assert_is(p, STATE_KILLING, WANT_REST);
	assert_calls("spawn web true\nsignal web 2\nkill web\n");
	/* A process that does not end is killed again and again. */
	fake_pass(10000);
	assert_calls("kill web\nkill web\n");
	assert_int_equal(fake_logged(" -> killing (stop-timeout over)"), 1);
	fake_exits(&p->child, -SIGKILL);
	assert_is(p, STATE_DOWN, WANT_REST);
	assert_int_equal(fake.programs.nalive, 0);
}

static void
cannot_be_executed(void **state)
{
	struct program *p =
	    fake_program("web", "command = true\nrestart = never\n");

	(void)state;
	fake.refuse = EAGAIN;
	fake_request(p, EVENT_START);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_int_equal(p->end.kind, END_SPAWN);
	fake.refuse = 0;
	fake.later = true;
	fake_request(p, EVENT_START);
	assert_is(p, STATE_STARTING, WANT_RUN);
	fake_failed(&p->child, ENOENT);
	assert_is(p, STATE_FAILED, WANT_RUN);
	assert_int_equal(p->end.error.err, ENOENT);
	assert_int_equal(p->child.pid, 0);
}

/* A stop between the birth of the process and its execution. */
static void
is_stopped_before_it_is_executed(void **state)
{
	struct program *p = fake_program("web", "command = true\n");

	(void)state;
	fake.later = true;
	fake_request(p, EVENT_START);
	fake_request(p, EVENT_STOP);
	assert_is(p, STATE_STOPPING, WANT_REST);
	fake_failed(&p->child, ENOENT);
	assert_is(p, STATE_DOWN, WANT_REST);
	fake_request(p, EVENT_START);
	fake_request(p, EVENT_STOP);
	fake_executed(&p->child);
	assert_is(p, STATE_STOPPING, WANT_REST);
	fake_exits(&p->child, -SIGTERM);
	assert_is(p, STATE_DOWN, WANT_REST);
}

static void
waits_for_its_dependency(void **state)
{
	struct program *db =
	    fake_program("db", "command = db\nready = notify\n");
	struct program *app =
	    fake_program("app", "command = app\ndepends-on = db\n");

	(void)state;
	fake_request(app, EVENT_START);
	assert_is(db, STATE_STARTING, WANT_RUN);
	assert_is(app, STATE_DOWN, WANT_RUN);
	fake_notify(db, "READY=1");
	assert_is(app, STATE_UP, WANT_RUN);
	assert_calls("spawn db db\nspawn app app\n");
	/* The dependent leaves first. */
	fake_pass(10);
	fake_request(db, EVENT_STOP);
	assert_is(app, STATE_STOPPING, WANT_RESTART);
	assert_is(db, STATE_UP, WANT_REST);
	assert_calls("signal app 15\n");
	fake_exits(&app->child, 0);
	/* It stays wanted, and comes back with the dependency. */
	assert_is(app, STATE_DOWN, WANT_RUN);
	assert_int_equal(
	    fake_logged("app: stopping -> down (exited): db was stopped"), 1);
	assert_is(db, STATE_STOPPING, WANT_REST);
	fake_exits(&db->child, 0);
	assert_is(db, STATE_DOWN, WANT_REST);
	fake_request(db, EVENT_START);
	assert_is(app, STATE_DOWN, WANT_RUN);
	fake_notify(db, "READY=1");
	assert_is(app, STATE_UP, WANT_RUN);
}

static void
is_restarted(void **state)
{
	struct program *p = fake_program("web", "command = true\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(10);
	fake_request(p, EVENT_RESTART);
	assert_is(p, STATE_STOPPING, WANT_RESTART);
	fake_exits(&p->child, 0);
	assert_is(p, STATE_UP, WANT_RUN);
	assert_int_equal(p->child.pid, 102);
	assert_calls("spawn web true\nsignal web 15\nfinish web\n"
		     "spawn web true\n");
}

static int changes;

static void
note_change(struct watch *w)
{
	(void)w;
	changes++;
}

static void
is_removed_once_it_has_ended(void **state)
{
	struct program *p = fake_program("web", "command = true\n");
	struct watch watch = {.changed = note_change};

	(void)state;
	program_watch(p, &watch);
	fake_request(p, EVENT_START);
	fake_pass(10);
	fake_request(p, EVENT_REMOVE);
	assert_is(p, STATE_STOPPING, WANT_REMOVE);
	changes = 0;
	fake_exits(&p->child, 0);
	assert_int_equal(fake.programs.n, 0);
	assert_null(programs_find(&fake.programs, "web"));
	assert_null(watch.program);
	assert_true(changes > 0);
}

static void
changes_its_main_process(void **state)
{
	struct program *p =
	    fake_program("web", "command = true\nready = notify\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_notify(p, "READY=1\nMAINPID=999");
	assert_int_equal(p->child.pid, 101);
	assert_int_equal(fake_logged("MAINPID=999 refused"), 1);
	fake_notify(p, "MAINPID=1001");
	assert_int_equal(p->child.pid, 1001);
	assert_int_equal(record_slot(fake.records, p->slot)->pid, 1001);
}

static void
is_taken_over(void **state)
{
	struct definition *c = fake_definition("web",
	    "log = none\nsettle-time = 0\ncommand = true\n");
	struct config running = {.programs = &c, .nprograms = 1};
	struct program *p = fake_program("web", "command = true\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(10);
	fake_kill_daemon();
	assert_int_equal(takeover_all(&fake.programs, &running, false), 0);
	fake_turn();
	p = programs_find(&fake.programs, "web");
	assert_non_null(p);
	assert_is(p, STATE_UP, WANT_RUN);
	assert_int_equal(p->child.pid, 101);
	assert_int_equal(fake.programs.nalive, 1);
	assert_calls("");
	assert_int_equal(fake_logged("web: taken over, pid 101, up"), 1);

	/* This time the process ended while there was no daemon. */
	fake_kill_daemon();
	fake.gone = true;
	assert_int_equal(takeover_all(&fake.programs, &running, false), 0);
	fake_turn();
	p = programs_find(&fake.programs, "web");
	assert_is(p, STATE_WAIT, WANT_RUN);
	assert_false(p->end.process.known);
	assert_int_equal(fake.programs.nalive, 0);
	definition_unref(c);
}

/* Another daemon knows which command of a task runs. */
static void
continues_a_task(void **state)
{
	static const char text[] = "log = none\nready = exited\n"
				   "command = one\ncommand = two\n";
	struct definition *c = fake_definition("job", text);
	struct config running = {.programs = &c, .nprograms = 1};
	struct program *p = fake_program("job", text + strlen("log = none\n"));

	(void)state;
	fake_request(p, EVENT_START);
	fake_exits(&p->child, 0);
	fake_kill_daemon();
	assert_int_equal(takeover_all(&fake.programs, &running, false), 0);
	fake_turn();
	p = programs_find(&fake.programs, "job");
	assert_is(p, STATE_STARTING, WANT_RUN);
	assert_int_equal(p->step, STEP_READY);
	fake_exits(&p->child, 0);
	assert_is(p, STATE_DONE, WANT_RUN);
	definition_unref(c);
}

/* Settling continues under the next daemon, and begins for 0.1's records. */
static void
settles_under_another_daemon(void **state)
{
	struct definition *c = fake_definition("web",
	    "log = none\ncommand = true\nsettle-time = 1s\n");
	struct config running = {.programs = &c, .nprograms = 1};
	struct program *p =
	    fake_program("web", "command = true\nsettle-time = 1s\n");
	struct mono then;

	(void)state;
	fake_request(p, EVENT_START);
	fake_pass(600);
	then = fake.loop.now;
	for (int i = 0; i < 2; i++) {
		fake_kill_daemon();
		fake.loop.now = then;
		if (i == 1)
			memset(&record_slot(fake.records, 0)->extended, 'x',
			    32);
		assert_int_equal(takeover_all(&fake.programs, &running, false),
		    0);
		fake_turn();
		p = programs_find(&fake.programs, "web");
		assert_is(p, STATE_STARTING, WANT_RUN);
		assert_int_equal(p->step, STEP_SETTLE);
		fake_pass(399);
		assert_is(p, STATE_STARTING, WANT_RUN);
	}
	fake_pass(1);
	assert_is(p, STATE_UP, WANT_RUN);
	definition_unref(c);
}

/* Its messages count for the next daemon too. */
static void
is_heard_under_another_daemon(void **state)
{
	struct definition *c = fake_definition("web",
	    "log = none\ncommand = true\nready = notify\nwatchdog = 1s\n"
	    "start-timeout = 3s\n");
	struct config running = {.programs = &c, .nprograms = 1};
	struct program *p = fake_program("web",
	    "command = true\nready = notify\nwatchdog = 1s\n"
	    "start-timeout = 3s\n");

	(void)state;
	fake_request(p, EVENT_START);
	fake_notify(p, "EXTEND_TIMEOUT_USEC=9000000\nWATCHDOG_USEC=5000000");
	fake_notify(p, "ERRNO=2\nEXIT_STATUS=3\nNOTIFYACCESS=main");
	fake_pass(4000);
	fake_kill_daemon();
	assert_int_equal(takeover_all(&fake.programs, &running, true), 0);
	fake_turn();
	p = programs_find(&fake.programs, "web");
	fake_pass(4000);
	assert_is(p, STATE_STARTING, WANT_RUN);
	assert_int_equal(p->said_err, 2);
	assert_int_equal(p->said_exit, 4);
	assert_int_equal(p->access, SDNOTIFY_MAIN);
	fake_notify(p, "READY=1\nRELOADING=1");
	fake_pass(4999);
	assert_is(p, STATE_UP, WANT_RUN);
	fake_pass(1);
	assert_is(p, STATE_STOPPING, WANT_RUN);
	definition_unref(c);
}

static void
is_restarted_if_a_reload_was_due(void **state)
{
	struct definition *c = fake_definition("web",
	    "log = none\nsettle-time = 0\ncommand = true\n");
	struct config running = {.programs = &c, .nprograms = 1};
	struct program *p = fake_program("web", "command = true\n");

	(void)state;
	fake_request(p, EVENT_START);
	record_set_due(p, true);
	fake_kill_daemon();
	assert_int_equal(takeover_all(&fake.programs, &running, false), 0);
	fake_turn();
	p = programs_find(&fake.programs, "web");
	assert_is(p, STATE_STOPPING, WANT_RESTART);
	assert_false(record_is_due(p));
	definition_unref(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_begin, fake_end)
	    TEST(starts_and_is_up),
	    TEST(is_up_when_it_says_so),
	    TEST(is_up_once_it_has_settled),
	    TEST(starts_after_the_first_outcome),
	    TEST(restarts_with_the_other),
	    TEST(ends_before_it_has_settled),
	    TEST(settles_at_once_if_the_time_is_shortened),
	    TEST(is_not_ready_in_time),
	    TEST(restarts_after_a_crash),
	    TEST(gives_up_after_the_limit),
	    TEST(counts_restarts_without_a_reset),
	    TEST(runs_a_task),
	    TEST(is_killed_when_it_does_not_stop),
	    TEST(cannot_be_executed),
	    TEST(is_stopped_before_it_is_executed),
	    TEST(waits_for_its_dependency),
	    TEST(is_restarted),
	    TEST(is_removed_once_it_has_ended),
	    TEST(changes_its_main_process),
	    TEST(is_taken_over),
	    TEST(continues_a_task),
	    TEST(settles_under_another_daemon),
	    TEST(is_heard_under_another_daemon),
	    TEST(is_restarted_if_a_reload_was_due),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
