/* spawn: what the child gets, and which stage failed. */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

#include "daemon/detach.h"
#include "process/spawn.h"

static char sh[] = "/bin/sh", dash_c[] = "-c",
	    path_var[] = "PATH=/usr/bin:/bin";
static char *env[] = {path_var, NULL};

static char dir[64];

/* Wait for it: its exit status, or minus the signal. */
static int
end_of(struct process *c)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	if (c->pidfd != -1)
		close(c->pidfd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static struct spawn_request
request(char *const *argv)
{
	return (struct spawn_request){
	    .argv = argv,
	    .envp = env,
	    .path = "/usr/bin:/bin",
	    .execfd = -1,
	    .cgroup = -1,
	    .outdir = -1,
	};
}

/* Wait for the report: 0 if the program is executed, else -1. */
static int
start(const struct spawn_request *req, struct process *child,
    struct spawn_error *error)
{
	struct spawn_report report;
	struct pollfd pfd = {0};
	enum spawn_outcome outcome;

	spawn_report_init(&report, NULL, NULL, NULL);
	if (spawn(req, child, &report) == -1) {
		*error = report.error;
		return -1;
	}
	assert_int_equal(report.outcome, SPAWN_PENDING);
	pfd.fd = report.source.fd;
	assert_int_equal(fcntl(pfd.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(poll(&pfd, 1, -1), 1);
	outcome = spawn_look(&report);
	assert_int_equal(report.outcome, outcome);
	assert_int_equal(report.source.fd, -1);
	*error = report.error;
	if (outcome == SPAWN_EXECUTED)
		return 0;
	assert_int_equal(outcome, SPAWN_FAILED);
	assert_int_equal(end_of(child), 127);
	return -1;
}

/* Run a shell script and return how it ended. */
static int
run(struct spawn_request *req, const char *script)
{
	char *copy = strdup(script);
	char *argv[] = {sh, dash_c, copy, NULL}, *const *before = req->argv;
	struct process child;
	struct spawn_error error = {0};

	req->argv = argv;
	if (start(req, &child, &error) == -1)
		fail_msg("%s: %s", ending_stage(&error), strerror(error.err));
	req->argv = before;
	free(copy);
	return end_of(&child);
}

static void
test_environment(void **state)
{
	struct spawn_request req = request(NULL);

	(void)state;
	assert_int_equal(run(&req, "exit 7"), 7);
	assert_int_equal(run(&req, "kill -9 $$"), -SIGKILL);
	/* Standard streams, and nothing of ours; ls itself has one open. */
	assert_int_equal(run(&req,
			     "test \"$(ls /proc/self/fd | xargs)\" = "
			     "'0 1 2 3'"),
	    0);
	assert_int_equal(run(&req,
			     "test \"$(readlink /proc/$$/fd/1)\" = /dev/null"),
	    0);
	assert_int_equal(run(&req,
			     "grep -q '^SigBlk:.0*$' /proc/self/status "
			     "&& grep -q '^SigIgn:.0*$' "
			     "/proc/self/status"),
	    0);
	/* sh counts itself, its session's leader only if asked to be. */
	assert_int_not_equal(run(&req, "test $(ps -o sid= -p $$) = $$"), 0);
	req.session = true;
	assert_int_equal(run(&req, "test $(ps -o sid= -p $$) = $$"), 0);
}

static void
test_output(void **state)
{
	struct spawn_request req = request(NULL);
	char path[96], text[16] = "";
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/out", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	req.outdir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	req.outname = "out";
	assert_int_equal(run(&req, "echo one; echo two >&2"), 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 8);
	assert_string_equal(text, "one\ntwo\n");
	close(fd);
	close(req.outdir);
	unlink(path);
}

/* Descriptors of test_descriptors; the last one becomes standard input. */
#define FDS 5

/*
 * Descriptors that want each other's places, and those of the stage.  The
 * eighth is the folder that sh looks into.
 */
static void
test_descriptors(void **state)
{
	static const int to[][FDS] = {{3, 4, 5, 6}, {6, 5, 4, 3}, {7, 8, 9, 10},
	    {10, 3, 500, 4}};
	struct spawn_request req = request(NULL);
	struct spawn_fd fds[FDS];
	char path[FDS][96], script[512];
	size_t i, n;
	int len;

	(void)state;
	req.fds = fds;
	req.nfds = FDS;
	for (i = 0; i < FDS; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/f%zu", dir, i);
		fds[i].from = open(path[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		assert_int_not_equal(fds[i].from, -1);
	}
	for (n = 0; n < sizeof(to) / sizeof(to[0]); n++) {
		len = 0;
		for (i = 0; i < FDS; i++) {
			fds[i].to = to[n][i];
			len +=
			    snprintf(script + len, sizeof(script) - (size_t)len,
				"test /proc/$$/fd/%d -ef %s && ", to[n][i],
				path[i]);
		}
		snprintf(script + len, sizeof(script) - (size_t)len,
		    "set -- /proc/$$/fd/*; test $# = 8");
		assert_int_equal(run(&req, script), 0);
	}
	for (i = 0; i < FDS; i++) {
		close(fds[i].from);
		unlink(path[i]);
	}
}

static void
test_execfd(void **state)
{
	struct spawn_request req = request(NULL);

	(void)state;
	req.execfd = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	assert_int_equal(run(&req, "exit 5"), 5);
	close(req.execfd);
}

/* It is not created; the stage and the reason are those. */
static void
assert_fails(const struct spawn_request *req, const char *stage, int reason)
{
	struct process child;
	struct spawn_error error = {0};

	assert_int_equal(start(req, &child, &error), -1);
	assert_string_equal(ending_stage(&error), stage);
	assert_int_equal(error.err, reason);
	/* Nothing is left of it. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_path(void **state)
{
	char missing[] = "no-such-tool", tool[] = "tool", empty[] = "";
	char *argv[] = {missing, NULL};
	struct spawn_request req = request(argv);
	struct process child;
	struct spawn_error error;
	char path[96], list[256];
	int fd;

	(void)state;
	assert_fails(&req, "exec", ENOENT);
	req.path = "";
	assert_fails(&req, "exec", ENOENT);
	req.path = ":::";
	assert_fails(&req, "exec", ENOENT);
	argv[0] = empty;
	req.path = "/nowhere";
	assert_fails(&req, "exec", ENOENT);

	/* A file that is not executable hides no later one that is. */
	argv[0] = tool;
	snprintf(path, sizeof(path), "%s/tool", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "#!/bin/sh\nexit 9\n", 17), 17);
	snprintf(list, sizeof(list), "/dev/null:/nowhere:%s:/proc", dir);
	req.path = list;
	assert_fails(&req, "exec", EACCES);
	fchmod(fd, 0700);
	close(fd);
	assert_int_equal(start(&req, &child, &error), 0);
	assert_int_equal(end_of(&child), 9);

	/* No shell is tried for a file that is no program. */
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, "exit 9\n", 7), 7);
	close(fd);
	assert_fails(&req, "exec", ENOEXEC);
	unlink(path);
}

static void
test_stages(void **state)
{
	struct value_rlimit limits[] = {{RLIMIT_CORE, 0, 0},
	    {RLIMIT_NOFILE, 20, 10}};
	struct definition conf = {.umask = 077,
	    .uid = (uid_t)-1,
	    .gid = (gid_t)-1,
	    .rlimits = {limits, 2}};
	char nowhere[] = "/nowhere", null[] = "/dev/null";
	char *argv[] = {sh, NULL};
	struct spawn_request req = request(argv);

	(void)state;
	req.conf = &conf;
	assert_fails(&req, "rlimit-nofile", EINVAL);
	conf.rlimits.n = 1;
	conf.directory = nowhere;
	assert_fails(&req, "directory", ENOENT);
	conf.directory = null;
	assert_fails(&req, "directory", ENOTDIR);
	conf.directory = dir;
	if (geteuid() != 0) {
		conf.uid = 0;
		assert_fails(&req, "user", EPERM);
		conf.gid = 0;
		assert_fails(&req, "group", EPERM);
		conf.uid = (uid_t)-1;
		conf.gid = (gid_t)-1;
	}
	assert_int_equal(run(&req,
			     "test $(umask) = 0077 && test $(ulimit -c) "
			     "= 0 && test $(ulimit -n) != 10"),
	    0);
	req.outname = "missing";
	req.outdir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_fails(&req, "output", ENOENT);
	close(req.outdir);
	req.outname = NULL;
	/* A folder that is no cgroup. */
	req.cgroup = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_fails(&req, "cgroup", ENOENT);
	close(req.cgroup);
}

static void
test_failure_frees(void **state)
{
	char missing[] = "/nowhere";
	char *argv[] = {missing, NULL};
	struct spawn_request req = request(argv);
	struct process child;
	struct spawn_error error;
	struct spawn_fd fd = {.to = 3};
	int pair[2], before, after, i;

	(void)state;
	before = dup(0);
	close(before);
	for (i = 0; i < 300; i++) {
		assert_int_equal(pipe2(pair, O_CLOEXEC | O_NONBLOCK), 0);
		fd.from = pair[1];
		req.fds = &fd;
		req.nfds = 1;
		assert_int_equal(start(&req, &child, &error), -1);
		close(pair[1]);
		/* No copy of the other end is left. */
		assert_int_equal(read(pair[0], &i, sizeof(i)), 0);
		close(pair[0]);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

static void
test_signal(void **state)
{
	char sleep_[] = "sleep", n[] = "1000";
	char *argv[] = {sleep_, n, NULL};
	struct spawn_request req = request(argv);
	struct process child;
	struct spawn_error error;

	(void)state;
	assert_int_equal(start(&req, &child, &error), 0);
	if (child.pidfd != -1)
		assert_int_equal(fcntl(child.pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(process_signal(&child, 0), 0);
	assert_int_equal(process_signal(&child, SIGTERM), 0);
	assert_int_equal(end_of(&child), -SIGTERM);
}

/* kill(2) takes these for everybody, and for the group of the daemon. */
static void
test_signal_to_nobody(void **state)
{
	const struct process failed = {-1, -1}, none = {0, -1};

	(void)state;
	assert_int_equal(process_signal(&failed, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(process_signal(&none, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* Ids as they are, asked of a child that has them. */
static void
test_ids(void **state)
{
	gid_t gids[] = {70000, 131072, 5};
	struct definition conf = {.umask = 022,
	    .uid = 131072,
	    .gid = 100033,
	    .gids = gids,
	    .ngids = 3};
	struct spawn_request req = request(NULL);

	(void)state;
	if (geteuid() != 0)
		skip();
	req.conf = &conf;
	assert_int_equal(run(&req,
			     "test \"$(id -ru) $(id -u) $(id -rg) $(id -g)\" = "
			     "'131072 131072 100033 100033' && "
			     "grep -qx 'Groups:.5 70000 131072 *' "
			     "/proc/$$/status"),
	    0);
	/* Twice the same is not both. */
	gids[1] = gids[2];
	assert_int_equal(run(&req,
			     "grep -qx 'Groups:.5 5 70000 *' /proc/$$/status"),
	    0);
	conf.ngids = 0;
	assert_int_equal(run(&req, "grep -qx 'Groups:. *' /proc/$$/status"), 0);
}

/* A child that is held up holds up nobody; it can be ended. */
static void
test_held_up(void **state)
{
	char path[96], missing[] = "/nowhere";
	char *argv[] = {path, NULL}, *bad[] = {missing, NULL};
	struct spawn_request req = request(argv), other = request(bad);
	struct spawn_report report;
	struct process child;
	struct spawn_error error;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/leased", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_int_equal(fcntl(fd, F_SETSIG, SIGURG), 0);
	assert_int_equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
	spawn_report_init(&report, NULL, NULL, NULL);
	assert_int_equal(spawn(&req, &child, &report), 0);
	assert_int_equal(start(&other, &(struct process){0, -1}, &error), -1);
	assert_int_equal(spawn_look(&report), SPAWN_PENDING);
	assert_int_equal(process_signal(&child, SIGTERM), 0);
	assert_int_equal(end_of(&child), -SIGTERM);
	assert_int_equal(spawn_look(&report), SPAWN_EXECUTED);
	close(fd);
	unlink(path);
}

static int
setup(void **state)
{
	(void)state;
	strlcpy(dir, "/tmp/spawn_test.XXXXXX", sizeof(dir));
	/* As the daemon does. */
	if (detach_sanitize() == -1)
		return -1;
	spawn_init();
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_output),
	    cmocka_unit_test(test_descriptors),
	    cmocka_unit_test(test_execfd),
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_stages),
	    cmocka_unit_test(test_failure_frees),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_held_up),
	    cmocka_unit_test(test_signal),
	    cmocka_unit_test(test_signal_to_nobody),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
