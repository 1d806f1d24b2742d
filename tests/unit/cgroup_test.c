/* cgroup: folders in one of the test's own; root only. */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
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

#include "process/cgroup.h"
#include "process/spawn.h"

static bool old_kernel;

/* As before Linux 5.14, where there was no such file. */
int
openat(int dir, const char *path, int flags, ...)
{
	size_t len = strlen(path);

	if (old_kernel && len >= 11 &&
	    strcmp(path + len - 11, "cgroup.kill") == 0) {
		errno = ENOENT;
		return -1;
	}
	return (int)syscall(SYS_openat, dir, path, flags, 0);
}

static int
setup(void **state)
{
	char why[512], instance[64];
	struct cgroup *cg;

	snprintf(instance, sizeof(instance), "/cgroup-test-%d", (int)getpid());
	cg = cgroup_open("auto", instance, why, sizeof(why));
	if (cg == NULL)
		print_message("no cgroups: %s\n", why);
	*state = cg;
	return 0;
}

static int
teardown(void **state)
{
	old_kernel = false;
	cgroup_close(*state);
	return 0;
}

/* In its folder, perhaps in one below; asleep. */
static pid_t
member(struct cgroup *cg, const char *name, const char *below)
{
	char path[512];
	int pair[2], fd;
	pid_t pid;
	char byte;

	fd = cgroup_enter(cg, name);
	assert_int_not_equal(fd, -1);
	close(fd);
	snprintf(path, sizeof(path), "%s/%s/%s", cgroup_path(cg), name, below);
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
	strlcat(path, "/cgroup.procs", sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		if (write(fd, "0", 1) != 1)
			_exit(1);
		close(pair[0]);
		close(pair[1]);
		for (;;)
			pause();
	}
	close(fd);
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 0);
	close(pair[0]);
	return pid;
}

static bool
count(pid_t pid, void *arg)
{
	(void)pid;
	(*(int *)arg)++;
	return true;
}

static bool
only_one(pid_t pid, void *arg)
{
	count(pid, arg);
	return false;
}

static int
killed_by(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
check_kill(struct cgroup *cg)
{
	pid_t v[4], other;
	int n = 0, i;

	assert_int_equal(cgroup_kill(cg, "nobody"), 0);
	v[0] = member(cg, "web", "");
	v[1] = member(cg, "web", "");
	v[2] = member(cg, "web", "inner");
	v[3] = member(cg, "web", "inner/most");
	other = member(cg, "db", "");
	assert_int_equal(cgroup_each(cg, "web", NULL, count, &n), 0);
	assert_int_equal(n, 4);
	n = 0;
	assert_int_equal(cgroup_each(cg, "web", NULL, only_one, &n), 0);
	assert_int_equal(n, 1);
	cgroup_leave(cg, "web");
	assert_int_equal(cgroup_kill(cg, "web"), 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(killed_by(v[i]), SIGKILL);
	assert_int_equal(cgroup_kill(cg, "web"), 0);
	cgroup_leave(cg, "web");
	assert_int_equal(cgroup_each(cg, "web", NULL, count, &n), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(kill(other, 0), 0);
	assert_int_equal(cgroup_kill(cg, "db"), 1);
	assert_int_equal(killed_by(other), SIGKILL);
}

static void
test_kill(void **state)
{
	if (*state == NULL)
		skip();
	check_kill(*state);
}

static void
test_kill_old(void **state)
{
	if (*state == NULL)
		skip();
	old_kernel = true;
	check_kill(*state);
}

/* As "cat": it ends when nobody has the other end of its input any more. */
static pid_t
spawned(struct cgroup *cg, const char *name)
{
	char path[] = "/bin/cat", *argv[] = {path, NULL}, *env[] = {NULL};
	struct spawn_request req = {
	    .argv = argv,
	    .envp = env,
	    .execfd = -1,
	    .outdir = -1,
	};
	struct process child;
	struct spawn_report report;
	struct pollfd pfd = {0};
	struct spawn_fd fd = {.to = STDIN_FILENO};
	int pair[2];

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	fd.from = pair[0];
	req.fds = &fd;
	req.nfds = 1;
	req.cgroup = cgroup_enter(cg, name);
	assert_int_not_equal(req.cgroup, -1);
	spawn_report_init(&report, NULL, NULL, NULL);
	do {
		assert_int_equal(spawn(&req, &child, &report), 0);
		pfd.fd = report.source.fd;
		assert_int_equal(poll(&pfd, 1, -1), 1);
	} while (spawn_look(&report) == SPAWN_LOST &&
	    killed_by(child.pid) == SIGKILL && close(child.pidfd) == 0);
	assert_int_equal(report.outcome, SPAWN_EXECUTED);
	close(req.cgroup);
	close(pair[0]);
	if (child.pidfd != -1)
		close(child.pidfd);
	return child.pid;
}

/* Also where something was ended before, which some kernels remember. */
static void
test_spawn(void **state)
{
	struct cgroup *cg = *state;
	char buf[64];
	pid_t pid;

	if (cg == NULL)
		skip();
	for (int i = 0; i < 3; i++) {
		pid = spawned(cg, "web");
		assert_true(cgroup_owner(cg, pid, buf, sizeof(buf)));
		assert_string_equal(buf, "web");
		assert_int_equal(cgroup_kill(cg, "web"), 1);
		assert_int_equal(killed_by(pid), SIGKILL);
	}
}

static void
test_owner(void **state)
{
	struct cgroup *cg = *state;
	char name[64];
	pid_t pid, inner;

	if (cg == NULL)
		skip();
	pid = member(cg, "web", "");
	inner = member(cg, "web", "inner");
	assert_true(cgroup_owner(cg, pid, name, sizeof(name)));
	assert_string_equal(name, "web");
	assert_true(cgroup_owner(cg, inner, name, sizeof(name)));
	assert_string_equal(name, "web");
	assert_false(cgroup_owner(cg, pid, name, 3));
	assert_false(cgroup_owner(cg, getpid(), name, sizeof(name)));
	assert_false(cgroup_owner(cg, 1, name, sizeof(name)));
	cgroup_kill(cg, "web");
	killed_by(pid);
	killed_by(inner);
}

/* A dying process holds its folder for a moment: closing waits. */
static void
test_close(void **state)
{
	struct cgroup *cg = *state;
	char path[512];
	struct stat st;
	pid_t pid[16];
	int i;

	if (cg == NULL)
		skip();
	strlcpy(path, cgroup_path(cg), sizeof(path));
	for (i = 0; i < 16; i++)
		pid[i] = member(cg, "web", "inner");
	cgroup_kill(cg, "web");
	cgroup_close(cg);
	*state = NULL;
	assert_int_equal(stat(path, &st), -1);
	for (i = 0; i < 16; i++)
		killed_by(pid[i]);
}

static void
test_settings(void **state)
{
	char why[512], path[512];
	struct cgroup *cg = *state, *again;
	struct stat st;

	assert_null(cgroup_open("off", "/x", why, sizeof(why)));
	assert_string_equal(why, "");
	assert_null(cgroup_open("/nowhere", "/x", why, sizeof(why)));
	assert_string_not_equal(why, "");
	if (cg == NULL)
		skip();
	snprintf(path, sizeof(path), "%s/a/b", cgroup_path(cg));
	assert_null(cgroup_open(path, "/x", why, sizeof(why)));
	assert_non_null(strstr(why, path));
	/* A delegated folder stays. */
	snprintf(path, sizeof(path), "%s/mine", cgroup_path(cg));
	assert_int_equal(mkdir(path, 0755), 0);
	again = cgroup_open(path, "/x", why, sizeof(why));
	assert_non_null(again);
	assert_string_equal(cgroup_path(again), path);
	cgroup_close(again);
	assert_int_equal(stat(path, &st), 0);
	cgroup_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_kill_old, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_spawn, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_close, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
	};

	spawn_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
