/* orphan: what a run left is found and killed, strangers are left alone. */
#include <sys/types.h>
#include <sys/ptrace.h>
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
	uint64_t known_run; /* 0: a helper */
	bool is_leader;
	uint64_t of_user; /* the run of every user */
	pid_t killed[8];
	int nkilled;
	pid_t stranger;
	int nstrangers;
};

static bool
is_known(pid_t pid, void *arg)
{
	const struct world *w = arg;

	return pid == w->known;
}

static bool
is_held(pid_t pid, struct orphan_held *held, void *arg)
{
	const struct world *w = arg;

	if (pid != w->known)
		return false;
	*held = (struct orphan_held){w->known_run, process_start_time(pid),
	    w->is_leader};
	return true;
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

static uint64_t
of_user(uid_t uid, uint64_t start_time, void *arg)
{
	const struct world *w = arg;

	assert_int_equal(uid, getuid());
	assert_true(start_time > 0);
	return w->of_user;
}

static void
is_strange(pid_t pid, void *arg)
{
	struct world *w = arg;

	w->stranger = pid;
	w->nstrangers++;
}

static struct orphans *
orphans_of(struct world *w)
{
	struct orphan_rule rule = {
	    .held = is_held,
	    .alive = is_alive,
	    .of_user = of_user,
	    .killed = was_killed,
	    .stranger = is_strange,
	    .arg = w,
	};
	struct orphans *o = orphan_new(&rule);

	assert_non_null(o);
	return o;
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
test_large_environment(void **state)
{
	static char large[100 << 10];
	char *argv[] = {(char[]){"sleep"}, (char[]){"1000"}, NULL};
	char *env[] = {large, (char[]){NAMES_MARK "=1"}, NULL};
	int pair[2];
	uint64_t run;
	pid_t pid;
	char byte;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		execvpe("sleep", argv, env);
		_exit(127);
	}
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 0);
	close(pair[0]);
	/* The bytes after it are not read. */
	assert_false(orphan_mark(pid, &run));
	end(pid);
}

static void
test_sweep(void **state)
{
	struct world w = {0};
	struct orphans *o = orphans_of(&w);
	pid_t stranger = sleeper(ENDED), living = sleeper(LIVING),
	      none = sleeper(0);

	(void)state;
	w.known = sleeper(ENDED);
	assert_false(orphan_none(o));
	assert_int_equal(orphan_sweep(o), 1);
	assert_int_equal(w.nkilled, 1);
	assert_int_equal(w.killed[0], stranger);
	/* A process without an owner is reported once. */
	assert_int_equal(w.nstrangers, 1);
	assert_int_equal(w.stranger, none);
	/* It is still to go, and not killed a second time. */
	assert_int_equal(orphan_sweep(o), 1);
	assert_int_equal(w.nkilled, 1);
	assert_int_equal(w.nstrangers, 1);
	waitpid(stranger, NULL, 0);
	assert_true(orphan_reaped(o, stranger));
	assert_int_equal(orphan_sweep(o), 0);
	assert_int_equal(kill(living, 0), 0);
	assert_false(process_is_dying(living));
	assert_false(process_is_dying(none));
	assert_false(process_is_dying(w.known));
	end(living);
	end(none);
	assert_true(orphan_none(o));
	end(w.known);
	orphan_free(o);
}

/* A process whose parent has ended is a child of ours, and found. */
static void
test_reaper(void **state)
{
	struct world w = {0};
	struct orphans *o = orphans_of(&w);
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
	assert_int_equal(orphan_sweep(o), 1);
	assert_int_equal(w.killed[0], grandchild);
	waitpid(grandchild, NULL, 0);
	close(pair[0]);
	close(pair[1]);
	orphan_free(o);
}

/*
 * A main process in a session of its own, without a mark; and a child of it,
 * in another session if so wanted, whose pid is returned.  The main process
 * ends when gate is closed.
 */
static pid_t
family(struct world *w, bool escapes, int *gate)
{
	int pair[2], door[2];
	pid_t grandchild;
	char byte;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	assert_int_equal(pipe2(door, O_CLOEXEC), 0);
	w->known = fork();
	assert_int_not_equal(w->known, -1);
	if (w->known == 0) {
		setsid();
		close(door[1]);
		grandchild = fork();
		if (grandchild == 0) {
			if (escapes)
				setsid();
			grandchild = getpid();
			if (write(pair[1], &grandchild, sizeof(grandchild)) ==
			    -1)
				_exit(1);
			for (;;)
				pause();
		}
		_exit(read(door[0], &byte, 1) == -1);
	}
	close(door[0]);
	*gate = door[1];
	assert_int_equal(read(pair[0], &grandchild, sizeof(grandchild)),
	    sizeof(grandchild));
	close(pair[0]);
	close(pair[1]);
	w->known_run = ENDED;
	w->is_leader = true;
	return grandchild;
}

/* Let the main process end; it is not reaped. */
static void
end_family(const struct world *w, int gate)
{
	siginfo_t si;

	close(gate);
	assert_int_equal(waitid(P_PID, (id_t)w->known, &si, WEXITED | WNOWAIT),
	    0);
}

/* The session is enough, if the program's processes have no mark. */
static void
test_session(void **state)
{
	struct world w = {0};
	struct orphans *o = orphans_of(&w);
	int gate;
	pid_t pid = family(&w, false, &gate);

	(void)state;
	assert_int_equal(orphan_count(o, ENDED), 0);
	end_family(&w, gate);
	assert_int_equal(orphan_count(o, ENDED), 1);
	assert_int_equal(orphan_count(o, LIVING), 0);
	assert_int_equal(orphan_kill_run(o, ENDED, false), 1);
	waitpid(pid, NULL, 0);
	assert_true(orphan_reaped(o, pid));
	assert_int_equal(orphan_count(o, ENDED), 0);
	waitpid(w.known, NULL, 0);
	orphan_free(o);
}

/* Its descent is known if it was seen in time; else it is a stranger. */
static void
test_descent(void **state)
{
	struct world w = {0};
	struct orphans *o = orphans_of(&w);
	int gate;
	pid_t pid = family(&w, true, &gate), unseen;

	(void)state;
	orphan_see(o);
	end_family(&w, gate);
	assert_int_equal(orphan_count(o, ENDED), 1);
	waitpid(w.known, NULL, 0);
	unseen = family(&w, true, &gate);
	end_family(&w, gate);
	waitpid(w.known, NULL, 0);
	w.known = 0;
	/* Killed, but still to be reaped. */
	assert_int_equal(orphan_sweep(o), 1);
	assert_int_equal(w.nkilled, 1);
	assert_int_equal(w.killed[0], pid);
	assert_int_equal(w.stranger, unseen);
	waitpid(pid, NULL, 0);
	assert_false(process_is_dying(unseen));
	/* If only one program can have made it, it is that one's. */
	w.of_user = ENDED;
	assert_int_equal(orphan_sweep(o), 1);
	assert_int_equal(w.killed[1], unseen);
	waitpid(unseen, NULL, 0);
	orphan_free(o);
}

/* The children of an orphan die with it, even if they left it long ago. */
static void
test_tree(void **state)
{
	struct world w = {0};
	struct orphans *o = orphans_of(&w);
	int gate;
	pid_t pid = family(&w, true, &gate), first = w.known;

	(void)state;
	w.known = 0;
	w.of_user = ENDED;
	assert_int_equal(orphan_sweep(o), 2);
	assert_int_equal(w.nkilled, 2);
	waitpid(first, NULL, 0);
	waitpid(pid, NULL, 0);
	close(gate);
	orphan_free(o);
}

static void
test_kill_run(void **state)
{
	struct world w = {0};
	struct orphans *o = orphans_of(&w);
	pid_t one = sleeper(ENDED), two = sleeper(ENDED),
	      other = sleeper(LIVING);

	(void)state;
	assert_int_equal(orphan_kill_run(o, ENDED, true), 2);
	/* Both were killed: what they leave is looked for after the last. */
	waitpid(one, NULL, 0);
	assert_false(orphan_reaped(o, one));
	waitpid(two, NULL, 0);
	assert_true(orphan_reaped(o, two));
	assert_int_equal(orphan_kill_run(o, ENDED, true), 0);
	assert_false(process_is_dying(other));
	end(other);
	orphan_free(o);
}

/*
 * A process that takes its SIGKILL shows no sign of it for a moment; a tracer
 * can prolong this.  It is counted once.
 */
static void
test_killed_once(void **state)
{
	struct world w = {0};
	struct orphans *o = orphans_of(&w);
	pid_t pid = sleeper(ENDED);
	int status;

	(void)state;
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) == -1) {
		end(pid);
		orphan_free(o);
		skip();
	}
	assert_int_equal(orphan_count(o, ENDED), 1);
	assert_int_equal(orphan_kill_run(o, ENDED, true), 1);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_true(WIFSTOPPED(status));
	assert_false(process_is_dying(pid));
	assert_int_equal(orphan_kill_run(o, ENDED, true), 0);
	assert_int_equal(orphan_count(o, ENDED), 0);
	assert_int_equal(orphan_left(o, ENDED, false), 1);
	assert_int_equal(orphan_sweep(o), 1);
	assert_int_equal(w.nkilled, 0);
	assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(orphan_reaped(o, pid));
	orphan_free(o);
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
	    cmocka_unit_test(test_large_environment),
	    cmocka_unit_test(test_sweep),
	    cmocka_unit_test(test_reaper),
	    cmocka_unit_test(test_session),
	    cmocka_unit_test(test_descent),
	    cmocka_unit_test(test_tree),
	    cmocka_unit_test(test_kill_run),
	    cmocka_unit_test(test_killed_once),
	    cmocka_unit_test(test_leader),
	};

	self = (uint64_t)getpid();
	/* A fault in the tested code must not kill processes of others. */
	if (getuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
