/*
 * spawn - the only place that creates a process.
 *
 * The child shares the daemon's memory and, at first, its descriptor table:
 * nothing is copied, however large the daemon has grown.  close_range(2) then
 * gives it a table of its own that holds the few low descriptors in which the
 * parent staged what the child needs.  The parent sleeps until the program
 * has been executed, and the child reports a failure by writing it where the
 * parent reads it.
 *
 * Where it can, the kernel makes the child in its cgroup: one that writes
 * itself into cgroup.procs waits for an RCU grace period if it is alone, and
 * the daemon with it, for some ten milliseconds.  Linux 6.18 kills a child
 * before it has begun if either of the two cgroups was ended by cgroup.kill
 * more often; it is made again, and takes the long way.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/spawn_int.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define STACK_SIZE ((size_t)256 * 1024)

/* The kernel's struct clone_args, for systems whose headers are older. */
struct clone3_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};
#define INTO_CGROUP UINT64_C(0x200000000)

/* Shared with the child even where CLONE_VM is emulated by a fork. */
struct shared {
	bool begun;
	struct spawn_error error;
	char stack[STACK_SIZE] __attribute__((aligned(64)));
};

static struct {
	struct shared *shared;
	int clone_flags; /* what this kernel takes */
} spawner;

int
spawn_init(void)
{
	siginfo_t si;
	int fd, null;

	spawner.shared = mmap(NULL, sizeof(*spawner.shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (spawner.shared == MAP_FAILED)
		return -1;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1)
		return -1;
	for (fd = STAGE; fd < STAGE_END; fd++)
		if (fd != null && dup3(null, fd, O_CLOEXEC) == -1)
			return -1;
	if (null >= STAGE_END)
		close(null);
	spawner.clone_flags = CLONE_VM | CLONE_VFORK;
	/*
	 * Linux 5.4 can wait for a pidfd.  One that cannot be waited for, of
	 * 5.2 or 5.3, would be of little use.
	 */
	if (waitid((idtype_t)P_PIDFD, INT_MAX, &si, WEXITED) == -1 &&
	    errno != EINVAL)
		spawner.clone_flags |= CLONE_PIDFD;
	/* An empty range is refused by a kernel that has the call. */
	if (syscall(SYS_close_range, 1U, 0U, 0U) == -1 && errno == EINVAL)
		spawner.clone_flags |= CLONE_FILES;
	return 0;
}

IN_CHILD static int
child_main(void *arg)
{
	spawner.shared->begun = true;
	spawnchild_run(arg);
	_exit(127);
}

/* Put what the child needs where it will look for it. */
static int
stage(const struct spawn_request *req)
{
	size_t i;

	if (req->cgroup != -1 &&
	    dup3(req->cgroup, STAGE_CGROUP, O_CLOEXEC) == -1)
		return -1;
	if (req->outname != NULL &&
	    dup3(req->outdir, STAGE_OUTDIR, O_CLOEXEC) == -1)
		return -1;
	if (req->execfd != -1 && dup3(req->execfd, STAGE_EXEC, O_CLOEXEC) == -1)
		return -1;
	for (i = 0; i < req->nfds; i++)
		if (dup3(req->fds[i].from, STAGE_FDS + (int)i, O_CLOEXEC) == -1)
			return -1;
	return 0;
}

/*
 * A staged copy would keep a pipe or a cgroup alive: put the harmless
 * descriptor of standard input back.
 */
static void
unstage(const struct spawn_request *req)
{
	int saved = errno;
	size_t i;

	if (req->cgroup != -1)
		dup3(STDIN_FILENO, STAGE_CGROUP, O_CLOEXEC);
	if (req->execfd != -1)
		dup3(STDIN_FILENO, STAGE_EXEC, O_CLOEXEC);
	for (i = 0; i < req->nfds; i++)
		dup3(STDIN_FILENO, STAGE_FDS + (int)i, O_CLOEXEC);
	errno = saved;
}

/*
 * clone(2) cannot, and the C library has no function for clone3(2), which goes
 * on in a child whose stack is empty.  -1: not on this machine.
 */
static pid_t
clone_in_cgroup(struct spawn_args *args, int *pidfd)
{
#if defined(__x86_64__) && defined(SYS_clone3)
	struct shared *sh = spawner.shared;
	struct clone3_args a = {
	    .flags = (unsigned)spawner.clone_flags | INTO_CGROUP,
	    .pidfd = (uintptr_t)pidfd,
	    .exit_signal = SIGCHLD,
	    .stack = (uintptr_t)sh->stack,
	    .stack_size = sizeof(sh->stack),
	    .cgroup = (unsigned)args->req->cgroup,
	};
	long rv;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[arg], %%rdi\n\t"
			 "call *%[fn]\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(rv)
			 : "0"((long)SYS_clone3), "D"(&a),
			 "S"(sizeof(a)), [fn] "r"(child_main), [arg] "r"(args)
			 : "rcx", "r11", "cc", "memory");
	return rv > 0 ? (pid_t)rv : -1;
#else
	(void)args;
	(void)pidfd;
	return -1;
#endif
}

static void
reap(pid_t pid, int pidfd)
{
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (pidfd != -1)
		close(pidfd);
}

static pid_t
clone_child(struct spawn_args *args, int *pidfd)
{
	struct shared *sh = spawner.shared;
	pid_t pid;

	*pidfd = -1;
	/* What the last child left there must not be taken for this one's. */
	memset(&sh->error, 0, sizeof(sh->error));
	if (args->req->cgroup != -1) {
		sh->begun = false;
		args->in_cgroup = true;
		pid = clone_in_cgroup(args, pidfd);
		if (pid != -1 && sh->begun)
			return pid;
		if (pid != -1)
			reap(pid, *pidfd);
		args->in_cgroup = false;
		*pidfd = -1;
	}
	return clone(child_main, sh->stack + sizeof(sh->stack),
	    spawner.clone_flags | SIGCHLD, args, pidfd);
}

int
spawn(const struct spawn_request *req, struct spawn_child *child,
    struct spawn_error *error)
{
	struct shared *sh = spawner.shared;
	struct spawn_args args = {
	    .req = req,
	    .error = &sh->error,
	    .shares_table = (spawner.clone_flags & CLONE_FILES) != 0,
	    .maxfd = STAGE_END,
	};
	size_t i;

	for (i = 0; i < req->nfds; i++)
		if (req->fds[i].to > args.maxfd)
			args.maxfd = req->fds[i].to;
	child->pid = -1;
	if (stage(req) == 0)
		child->pid = clone_child(&args, &child->pidfd);
	if (child->pid == -1) {
		*error = (struct spawn_error){SPAWN_CLONE, 0, errno};
		unstage(req);
		return -1;
	}
	unstage(req);
	if (sh->error.err == 0)
		return 0;
	*error = sh->error;
	reap(child->pid, child->pidfd);
	return -1;
}

/* A stack of its own, since a twin may have one: the child has a copy of it. */
int
spawn_twin(int (*fn)(void *), void *arg, struct spawn_child *child)
{
	int flags = CLONE_FILES | (spawner.clone_flags & CLONE_PIDFD);
	int pidfd = -1;
	char *stack;
	pid_t pid;

	*child = (struct spawn_child){0, -1};
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -1;
	pid = clone(fn, stack + STACK_SIZE, flags | SIGCHLD, arg, &pidfd);
	munmap(stack, STACK_SIZE);
	if (pid == -1)
		return -1;
	*child = (struct spawn_child){pid, pidfd};
	return 0;
}

const char *
spawn_stage_name(const struct spawn_error *e)
{
	static const struct {
		int which;
		const char *name;
	} rlimits[] = {
	    {RLIMIT_AS, "rlimit-as"},
	    {RLIMIT_CORE, "rlimit-core"},
	    {RLIMIT_CPU, "rlimit-cpu"},
	    {RLIMIT_DATA, "rlimit-data"},
	    {RLIMIT_FSIZE, "rlimit-fsize"},
	    {RLIMIT_LOCKS, "rlimit-locks"},
	    {RLIMIT_MEMLOCK, "rlimit-memlock"},
	    {RLIMIT_MSGQUEUE, "rlimit-msgqueue"},
	    {RLIMIT_NICE, "rlimit-nice"},
	    {RLIMIT_NOFILE, "rlimit-nofile"},
	    {RLIMIT_NPROC, "rlimit-nproc"},
	    {RLIMIT_RSS, "rlimit-rss"},
	    {RLIMIT_RTPRIO, "rlimit-rtprio"},
	    {RLIMIT_RTTIME, "rlimit-rttime"},
	    {RLIMIT_SIGPENDING, "rlimit-sigpending"},
	    {RLIMIT_STACK, "rlimit-stack"},
	};
	size_t i;

	switch (e->stage) {
	case SPAWN_RECORD:
		return "record";
	case SPAWN_CLONE:
		return "clone";
	case SPAWN_SESSION:
		return "session";
	case SPAWN_CGROUP:
		return "cgroup";
	case SPAWN_OUTPUT:
		return "output";
	case SPAWN_DESCRIPTORS:
		return "descriptors";
	case SPAWN_OOM:
		return "oom-score-adj";
	case SPAWN_NICE:
		return "nice";
	case SPAWN_RLIMIT:
		for (i = 0; i < sizeof(rlimits) / sizeof(rlimits[0]); i++)
			if (rlimits[i].which == e->which)
				return rlimits[i].name;
		return "rlimit";
	case SPAWN_GROUPS:
		return "groups";
	case SPAWN_GROUP:
		return "group";
	case SPAWN_USER:
		return "user";
	case SPAWN_DIRECTORY:
		return "directory";
	case SPAWN_PRIVS:
		return "no-new-privs";
	case SPAWN_EXEC:
		return "exec";
	}
	return "unknown";
}

int
spawn_signal(const struct spawn_child *child, int sig)
{
	/* To kill(2) such a number is not one process but many. */
	if (child->pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	if (child->pidfd != -1)
		return (int)syscall(SYS_pidfd_send_signal, child->pidfd, sig,
		    NULL, 0);
	return kill(child->pid, sig);
}
