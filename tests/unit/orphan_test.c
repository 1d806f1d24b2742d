/* orphan: strangers are found by their mark, others are left alone. */
#include <sys/types.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <inttypes.h>
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

#include "process/orphan.h"
#include "process/process.h"

/* Of this process: another one may run the same test. */
static uint64_t self;
#define LIVING (UINT64_C(0x1111222200000000) | self)
#define ENDED (UINT64_C(0xffffffff00000000) | self)

struct world {
	pid_t known;
	pid_t killed[8];
	int nkilled;
};

static bool
is_known(pid_t pid, void *arg)
{
	const struct world *w = arg;

	return pid == w->known;
}

static bool
is_alive(uint64_t run, void *arg)
{
	(void)arg;
	return run == LIVING;
}

static void
was_killed(uint64_t run, pid_t pid, void *arg)
{
	struct world *w = arg;

	assert_true(run == ENDED);
	w->killed[w->nkilled++] = pid;
}

/* sleep(1) with that mark; none is 0. */
static pid_t
sleeper(uint64_t run)
{
	char mark[64];
	char *argv[] = {(char[]){"sleep"}, (char[]){"1000"}, NULL};
	char *env[] = {(char[]){"OTHER=1"}, mark, NULL};
	int pair[2];
	pid_t pid;
	char byte;

	snprintf(mark, sizeof(mark), "%s=%016" PRIx64,
	    run != 0 ? NAMES_MARK : "X" NAMES_MARK, run);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		execvpe("sleep", argv, env);
		_exit(127);
	}
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 0);
	close(pair[0]);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
test_mark(void **state)
{
	pid_t pid = sleeper(ENDED), none = sleeper(0);
	uint64_t run = 0;

	(void)state;
	assert_true(orphan_mark(pid, &run));
	assert_true(run == ENDED);
	assert_false(orphan_mark(none, &run));
	end(pid);
	end(none);
	assert_false(orphan_mark(pid, &run));
}

static void
test_sweep(void **state)
{
	struct world w = {0};
	struct orphan_rule rule = {is_known, is_alive, was_killed, &w};
	pid_t stranger = sleeper(ENDED), living = sleeper(LIVING),
	      none = sleeper(0);

	(void)state;
	w.known = sleeper(ENDED);
	assert_int_equal(orphan_sweep(&rule), 1);
	assert_int_equal(w.nkilled, 1);
	assert_int_equal(w.killed[0], stranger);
	/* It is still to go, and not killed a second time. */
	assert_int_equal(orphan_sweep(&rule), 1);
	assert_int_equal(w.nkilled, 1);
	waitpid(stranger, NULL, 0);
	assert_int_equal(orphan_sweep(&rule), 0);
	assert_int_equal(kill(living, 0), 0);
	assert_false(process_is_dying(living));
	assert_false(process_is_dying(none));
	assert_false(process_is_dying(w.known));
	end(living);
	end(none);
	end(w.known);
}

/* A process whose parent has ended is a child of ours, and found. */
static void
test_reaper(void **state)
{
	struct world w = {0};
	struct orphan_rule rule = {is_known, is_alive, was_killed, &w};
	pid_t pid, grandchild;
	int pair[2];

	(void)state;
	assert_int_equal(orphan_init(), 0);
	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		setsid();
		grandchild = sleeper(ENDED);
		_exit(write(pair[1], &grandchild, sizeof(grandchild)) == -1);
	}
	assert_int_equal(read(pair[0], &grandchild, sizeof(grandchild)),
	    sizeof(grandchild));
	waitpid(pid, NULL, 0);
	assert_int_equal(process_parent(grandchild), getpid());
	assert_int_equal(orphan_sweep(&rule), 1);
	assert_int_equal(w.killed[0], grandchild);
	waitpid(grandchild, NULL, 0);
	close(pair[0]);
	close(pair[1]);
}

static void
test_kill_run(void **state)
{
	pid_t one = sleeper(ENDED), two = sleeper(ENDED),
	      other = sleeper(LIVING);

	(void)state;
	assert_int_equal(orphan_kill_run(ENDED), 2);
	waitpid(one, NULL, 0);
	waitpid(two, NULL, 0);
	assert_int_equal(orphan_kill_run(ENDED), 0);
	assert_false(process_is_dying(other));
	end(other);
}

static void
test_leader(void **state)
{
	struct world w = {.known = getpid()};
	int pair[2], gate[2];
	pid_t pid, grandchild;
	char byte;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(pipe(gate), 0);
	pid = fork();
	if (pid == 0) {
		setsid();
		close(gate[1]);
		grandchild = fork();
		if (grandchild == 0) {
			setsid();
			_exit(read(gate[0], &byte, 1) == -1);
		}
		if (write(pair[1], &grandchild, sizeof(grandchild)) == -1)
			_exit(1);
		_exit(waitpid(grandchild, NULL, 0) == -1);
	}
	close(gate[0]);
	assert_int_equal(read(pair[0], &grandchild, sizeof(grandchild)),
	    sizeof(grandchild));
	assert_int_equal(orphan_leader(getpid(), is_known, &w), getpid());
	assert_int_equal(orphan_leader(grandchild, is_known, &w), getpid());
	w.known = pid;
	assert_int_equal(orphan_leader(pid, is_known, &w), pid);
	assert_int_equal(orphan_leader(grandchild, is_known, &w), pid);
	assert_int_equal(orphan_leader(getpid(), is_known, &w), -1);
	w.known = -2;
	assert_int_equal(orphan_leader(grandchild, is_known, &w), -1);
	close(gate[1]);
	waitpid(pid, NULL, 0);
	assert_int_equal(orphan_leader(grandchild, is_known, &w), -1);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mark),
	    cmocka_unit_test(test_sweep),
	    cmocka_unit_test(test_reaper),
	    cmocka_unit_test(test_kill_run),
	    cmocka_unit_test(test_leader),
	};

	self = (uint64_t)getpid();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
