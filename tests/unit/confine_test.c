/*
 * confine: what an attacker tries who has taken the log process.
 */
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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

#include "output/confine.h"

#define NOBODY 65534

static char folder[] = "/tmp/confine_test.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0777), 0);
	return 0;
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static bool
runs_a_program(void)
{
	char *argv[] = {strdup("true"), NULL}, *envp[] = {NULL};

	execve("/bin/true", argv, envp);
	return errno != EPERM && errno != ENOSYS && errno != EACCES;
}

static bool
makes_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid != -1;
}

static bool
kills_its_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
traces(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool
uses_the_network(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) != -1 ||
	    socket(AF_INET6, SOCK_DGRAM, 0) != -1 ||
	    socket(AF_NETLINK, SOCK_RAW, 0) != -1;
}

static bool
makes_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
reads_elsewhere(void)
{
	return open("/etc/passwd", O_RDONLY) != -1;
}

static bool
writes_elsewhere(void)
{
	return open("/tmp/confine_test.elsewhere", O_WRONLY | O_CREAT, 0600) !=
	    -1;
}

/* Its work still succeeds: files are made, rotated and removed; syslog. */
static bool
fails_to_work(void)
{
	int fd = openat(9, "a.log", O_RDWR | O_APPEND | O_CREAT, 0640);

	return fd == -1 || write(fd, "x", 1) != 1 ||
	    renameat(9, "a.log", 9, "a.log.1") == -1 ||
	    unlinkat(9, "a.log.1", 0) == -1 ||
	    socket(AF_UNIX, SOCK_DGRAM, 0) == -1;
}

enum need { ALWAYS, SECCOMP, LANDLOCK };

static const struct {
	const char *name;
	bool (*succeeds)(void);
	enum need need;
} attacks[] = {
    {"runs a program", runs_a_program, SECCOMP},
    {"makes a process", makes_a_process, ALWAYS},
    {"kills its parent", kills_its_parent, SECCOMP},
    {"traces", traces, SECCOMP},
    {"uses the network", uses_the_network, SECCOMP},
    {"makes code", makes_code, SECCOMP},
    {"reads elsewhere", reads_elsewhere, LANDLOCK},
    {"writes elsewhere", writes_elsewhere, LANDLOCK},
    {"fails to work", fails_to_work, ALWAYS},
};

/* Exit statuses of the child. */
enum { HELD, SUCCEEDED, NOT_CONFINED };

static int
attack(size_t i)
{
	const bool root = geteuid() == 0;
	bool confined;

	/* The folder, as the log process has it. */
	if (dup2(open(folder, O_RDONLY | O_DIRECTORY), 9) == -1 ||
	    (root &&
		(setgroups(0, NULL) == -1 ||
		    setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
		    setresuid(NOBODY, NOBODY, NOBODY) == -1)))
		return 77;
	confined = confine_process(9);
	if (attacks[i].need == LANDLOCK && !confined)
		return NOT_CONFINED;
	return attacks[i].succeeds() ? SUCCEEDED : HELD;
}

static void
test_attacks(void **state)
{
	const bool seccomp = strcmp(confine_kind(), "with seccomp") == 0;
	int status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (attacks[i].need == SECCOMP && !seccomp)
			continue;
		if ((pid = fork()) == 0)
			_exit(attack(i));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) == SUCCEEDED)
			fail_msg("it %s: status 0x%x", attacks[i].name,
			    (unsigned)status);
		print_message("# %s: %s\n", attacks[i].name,
		    WEXITSTATUS(status) == HELD ? "no" : "not confined");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attacks),
	};

#ifdef HUPD_UNCONFINED
	return 0;
#endif
	return cmocka_run_group_tests(tests, setup, teardown);
}
