/* helper: work in children, whose answers come in time or are late. */
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "process/helper.h"
#include "process/spawn.h"

/* Longer than any of the tests. */
#define LONG 600000

static struct loop *loop;
static struct helpers *helpers;
static int running; /* jobs that have no answer yet */

static void
signalled(const struct signalfd_siginfo *si, void *arg)
{
	siginfo_t ended = {0};

	(void)si;
	(void)arg;
	while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    ended.si_pid != 0) {
		assert_true(helper_is_child(helpers, ended.si_pid));
		helper_died(helpers, ended.si_pid);
		ended.si_pid = 0;
	}
}

static void
say(void *text, int out)
{
	if (write(out, text, strlen(text)) == -1)
		_exit(1);
}

static void
say_and_hang(void *text, int out)
{
	say(text, out);
	for (;;)
		pause();
}

static void
crash(void *text, int out)
{
	say(text, out);
	abort();
}

static void
done(struct helper *job)
{
	(void)job;
	if (--running == 0)
		loop_end(loop);
}

static int
setup(void **state)
{
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	assert_non_null(loop = loop_new(&set, signalled, NULL));
	assert_non_null(helpers = helper_open(loop));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	helper_close(helpers);
	loop_free(loop);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	return 0;
}

static void
begin(struct helper *job, void (*work)(void *, int), const char *text,
    int64_t ms)
{
	*job = (struct helper){.work = work, .done = done};
	job->arg = (void *)(uintptr_t)text;
	helper_begin(helpers, job, ms);
	running++;
}

static void
run(void)
{
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(running, 0);
}

static void
answers(void **state)
{
	struct helper jobs[3 * HELPER_MAX];

	(void)state;
	for (size_t i = 0; i < 3 * HELPER_MAX; i++)
		begin(&jobs[i], say, "yes", LONG);
	run();
	for (size_t i = 0; i < 3 * HELPER_MAX; i++) {
		assert_string_equal(jobs[i].answer, "yes");
		assert_int_equal(jobs[i].len, 3);
		assert_false(jobs[i].late);
		helper_cancel(&jobs[i]);
		assert_null(jobs[i].answer);
	}
}

static void
is_late(void **state)
{
	struct helper slow, failed;

	(void)state;
	begin(&slow, say_and_hang, "half", 300);
	begin(&failed, crash, "so far", LONG);
	run();
	assert_true(slow.late);
	assert_string_equal(slow.answer, "half");
	/* A child that fails is not late. */
	assert_false(failed.late);
	assert_string_equal(failed.answer, "so far");
	helper_cancel(&slow);
	helper_cancel(&failed);
}

/* Children that hang are killed, and make room for those that wait. */
static void
makes_room(void **state)
{
	struct helper hanging[HELPER_MAX], late, good;

	(void)state;
	for (size_t i = 0; i < HELPER_MAX; i++)
		begin(&hanging[i], say_and_hang, "", 400);
	begin(&late, say, "yes", 0);
	begin(&good, say, "yes", LONG);
	run();
	for (size_t i = 0; i < HELPER_MAX; i++) {
		assert_true(hanging[i].late);
		helper_cancel(&hanging[i]);
	}
	/* The time in the queue counts. */
	assert_true(late.late);
	assert_null(late.answer);
	assert_string_equal(good.answer, "yes");
	helper_cancel(&late);
	helper_cancel(&good);
}

static void
is_cancelled(void **state)
{
	struct helper hanging[HELPER_MAX + 1], good;

	(void)state;
	for (size_t i = 0; i <= HELPER_MAX; i++)
		begin(&hanging[i], say_and_hang, "x", LONG);
	begin(&good, say, "yes", LONG);
	/* The last one waits for its turn; no answer of them comes. */
	for (size_t i = HELPER_MAX + 1; i-- > 0;) {
		helper_cancel(&hanging[i]);
		running--;
	}
	run();
	assert_string_equal(good.answer, "yes");
	helper_cancel(&good);
}

static void
waits_without_a_loop(void **state)
{
	static char yes[] = "yes";
	struct helper job = {.work = say, .arg = yes};

	(void)state;
	helper_wait(&job, LONG);
	assert_string_equal(job.answer, "yes");
	assert_false(job.late);
	job.work = say_and_hang;
	helper_wait(&job, 200);
	assert_true(job.late);
	assert_string_equal(job.answer, "yes");
	helper_cancel(&job);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(answers),
	    T(is_late),
	    T(makes_room),
	    T(is_cancelled),
	    T(waits_without_a_loop),
	};

	log_init(false, false);
	spawn_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
