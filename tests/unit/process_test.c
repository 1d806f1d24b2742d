/* process: what the kernel says of children, strangers and the gone. */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <poll.h>
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

#include "process/process.h"

/* No process has this number: it is above what the kernel hands out. */
#define NOBODY 0x3fffffff

static pid_t
sleeper(void)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* Wait until it has ended, and is still there. */
static void
await_end(pid_t pid)
{
	siginfo_t si;

	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
}

static void
test_facts(void **state)
{
	char comm[PROCESS_COMM_MAX];
	pid_t pid = sleeper();

	(void)state;
	assert_int_equal(process_parent(pid), getpid());
	assert_true(process_is_child(pid));
	assert_false(process_is_child(getppid()));
	assert_true(process_start_time(pid) >= process_start_time(getpid()));
	assert_true(process_memory(getpid()) > 4096);
	assert_false(process_is_dying(pid));
	while (process_cpu(getpid()) == 0)
		;
	assert_in_range(process_cpu(getpid()), 1, 60 * 1000);
	prctl(PR_SET_NAME, "a) R 1 (b\n");
	process_comm(getpid(), comm);
	assert_int_equal(process_parent(getpid()), getppid());
	assert_true(process_start_time(getpid()) > 0);
	/* The name ends at a newline; who prints it escapes it. */
	assert_string_equal(comm, "a) R 1 (b");
	kill(pid, SIGKILL);
	await_end(pid);
	assert_true(process_is_dying(pid));
	process_reap(pid, -1);
	assert_int_equal(process_parent(pid), -1);
	assert_int_equal(process_cpu(pid), 0);
}

static void
test_gone(void **state)
{
	char comm[PROCESS_COMM_MAX];
	struct process_end end;

	(void)state;
	assert_int_equal(process_open(NOBODY), -1);
	assert_int_equal(process_parent(NOBODY), -1);
	assert_true(process_start_time(NOBODY) == 0);
	assert_true(process_memory(NOBODY) == 0);
	assert_int_equal(process_count_group(NOBODY), 0);
	assert_true(process_is_dying(NOBODY));
	process_comm(NOBODY, comm);
	assert_string_equal(comm, "?");
	assert_false(process_ended(NOBODY, -1, &end));
	process_reap(NOBODY, -1);
}

static void
check_end(int how, bool by_pidfd, bool is_signal, int code)
{
	struct process_end end;
	pid_t pid = fork();
	int pidfd = -1;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (how < 0)
			kill(getpid(), -how);
		_exit(how);
	}
	if (by_pidfd) {
		pidfd = process_open(pid);
		assert_int_not_equal(pidfd, -1);
	}
	await_end(pid);
	/* It can be asked as often as one likes. */
	assert_true(process_ended(pid, pidfd, &end));
	assert_true(process_ended(pid, pidfd, &end));
	assert_true(end.known);
	assert_int_equal(end.signal, is_signal);
	assert_int_equal(end.code, code);
	process_reap(pid, pidfd);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	if (pidfd != -1)
		close(pidfd);
}

static void
test_ends(void **state)
{
	int by_pidfd;

	(void)state;
	for (by_pidfd = 0; by_pidfd < 2; by_pidfd++) {
		check_end(0, by_pidfd, false, 0);
		check_end(255, by_pidfd, false, 255);
		check_end(-SIGTERM, by_pidfd, true, SIGTERM);
		check_end(-SIGKILL, by_pidfd, true, SIGKILL);
	}
}

static void
test_runs(void **state)
{
	struct process_end end;
	pid_t pid = sleeper();
	int pidfd = process_open(pid);

	(void)state;
	assert_false(process_ended(pid, pidfd, &end));
	assert_false(process_ended(pid, -1, &end));
	kill(pid, SIGSTOP);
	assert_false(process_ended(pid, pidfd, &end));
	kill(pid, SIGKILL);
	await_end(pid);
	process_reap(pid, pidfd);
	close(pidfd);
}

/* A grandchild, which another process waits for. */
static void
test_stranger(void **state)
{
	struct process_end end;
	struct pollfd p = {.events = POLLIN};
	int pair[2], reap[2];
	pid_t parent, pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(pipe(reap), 0);
	parent = fork();
	assert_int_not_equal(parent, -1);
	if (parent == 0) {
		close(reap[1]);
		pid = sleeper();
		if (write(pair[1], &pid, sizeof(pid)) != sizeof(pid) ||
		    read(reap[0], &byte, 1) == -1)
			_exit(1);
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	close(reap[0]);
	assert_int_equal(read(pair[0], &pid, sizeof(pid)), sizeof(pid));
	p.fd = process_open(pid);
	assert_false(process_is_child(pid));
	assert_false(process_ended(pid, p.fd, &end));
	kill(pid, SIGTERM);
	assert_int_equal(poll(&p, 1, 10000), 1);
	/* As long as it is a zombie, its status can be read. */
	assert_true(process_ended(pid, p.fd, &end));
	assert_true(end.known && end.signal);
	assert_int_equal(end.code, SIGTERM);
	close(reap[1]);
	waitpid(parent, NULL, 0);
	/* Afterwards if the kernel keeps it; it has ended in any case. */
	assert_true(process_ended(pid, p.fd, &end));
	assert_true(!end.known || (end.signal && end.code == SIGTERM));
	close(p.fd);
	close(pair[0]);
	close(pair[1]);
}

static void
test_group(void **state)
{
	pid_t pid = sleeper(), other = sleeper();

	(void)state;
	assert_int_equal(setpgid(pid, pid), 0);
	assert_int_equal(setpgid(other, pid), 0);
	assert_int_equal(process_count_group(pid), 2);
	kill(-pid, SIGKILL);
	await_end(pid);
	await_end(other);
	assert_int_equal(process_count_group(pid), 2);
	process_reap(pid, -1);
	assert_int_equal(process_count_group(pid), 1);
	process_reap(other, -1);
	assert_int_equal(process_count_group(pid), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_gone),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_stranger),
	    cmocka_unit_test(test_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
