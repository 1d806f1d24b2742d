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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

#include "process/rlimit.h"
#include "process/spawn.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
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

/* Descriptors STAGE to STAGE_END - 1 carry what the child is given. */
enum {
	STAGE = 3,
	STAGE_CGROUP = STAGE,
	STAGE_OUTDIR,
	STAGE_EXEC,
	STAGE_FDS,
	STAGE_END = STAGE_FDS + SPAWN_FDS,
};

/* The child runs on memory of its own and outside its parent's view. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

struct spawn_args {
	const struct spawn_request *req;
	struct spawn_error *error; /* the parent's to read */
	bool shares_table;	   /* of descriptors, with the parent */
	bool in_cgroup;		   /* from the beginning */
	int maxfd; /* the highest descriptor that req->fds asks for */
};

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
fail(const struct spawn_args *a, enum spawn_stage stage, int which)
{
	*a->error = (struct spawn_error){stage, which, errno};
	return -1;
}

/* Take leave of the parent's descriptors, but for those staged. */
IN_CHILD static int
child_table(const struct spawn_args *a)
{
	if (a->shares_table) {
		if (syscall(SYS_close_range, (unsigned)STAGE_END, ~0U,
			CLOSE_RANGE_UNSHARE) == -1)
			return fail(a, SPAWN_DESCRIPTORS, 0);
	} else
		closefrom(STAGE_END);
	return 0;
}

IN_CHILD static int
child_output(const struct spawn_args *a)
{
	const struct spawn_request *req = a->req;
	int fd, null;

	null = open("/dev/null", O_RDWR | O_NOCTTY);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1)
		return fail(a, SPAWN_OUTPUT, 0);
	fd = null;
	if (req->outname != NULL) {
		/*
		 * For reading as well: then the program is a reader itself,
		 * and gets no SIGPIPE while the log process is replaced.
		 */
		fd = openat(STAGE_OUTDIR, req->outname, O_RDWR | O_NOCTTY);
		if (fd == -1)
			return fail(a, SPAWN_OUTPUT, 0);
	}
	if (dup2(fd, STDOUT_FILENO) == -1 || dup2(fd, STDERR_FILENO) == -1)
		return fail(a, SPAWN_OUTPUT, 0);
	if (fd != null)
		close(fd);
	close(null);
	return 0;
}

/*
 * Move the staged descriptors to the numbers asked for; first out of the way
 * of each other, since one's goal may be another's place.
 */
IN_CHILD static int
child_fds(const struct spawn_args *a, int *execfd)
{
	const struct spawn_request *req = a->req;
	int high[SPAWN_FDS];
	size_t i;

	for (i = 0; i < req->nfds; i++) {
		high[i] =
		    fcntl(STAGE_FDS + (int)i, F_DUPFD_CLOEXEC, a->maxfd + 1);
		if (high[i] == -1)
			return fail(a, SPAWN_DESCRIPTORS, 0);
	}
	*execfd = -1;
	if (req->execfd != -1) {
		*execfd = fcntl(STAGE_EXEC, F_DUPFD_CLOEXEC, a->maxfd + 1);
		if (*execfd == -1)
			return fail(a, SPAWN_DESCRIPTORS, 0);
	}
	for (i = 0; i < req->nfds; i++)
		if (dup2(high[i], req->fds[i].to) == -1)
			return fail(a, SPAWN_DESCRIPTORS, 0);
	return 0;
}

IN_CHILD static int
child_write(const char *path, int value)
{
	char buf[16];
	int fd, n;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = snprintf(buf, sizeof(buf), "%d", value);
	if (write(fd, buf, (size_t)n) != n) {
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

/* The daemon's own limit is higher; and it may be not known. */
IN_CHILD static int
child_descriptors(const struct spawn_args *a)
{
	const struct rlimit *rl = rlimit_programs();

	if (rl->rlim_max != RLIM_INFINITY && setrlimit(RLIMIT_NOFILE, rl) == -1)
		return fail(a, SPAWN_RLIMIT, RLIMIT_NOFILE);
	return 0;
}

IN_CHILD static int
child_limits(const struct spawn_args *a)
{
	const struct definition *c = a->req->conf;
	struct rlimit rl;
	size_t i;

	if (definition_has(c, "oom-score-adj") &&
	    child_write("/proc/self/oom_score_adj", c->oom_score_adj) == -1)
		return fail(a, SPAWN_OOM, 0);
	if (definition_has(c, "nice") &&
	    setpriority(PRIO_PROCESS, 0, c->nice) == -1)
		return fail(a, SPAWN_NICE, 0);
	for (i = 0; i < c->rlimits.n; i++) {
		rl.rlim_cur = c->rlimits.v[i].soft;
		rl.rlim_max = c->rlimits.v[i].hard;
		if (setrlimit((__rlimit_resource_t)c->rlimits.v[i].which,
			&rl) == -1)
			return fail(a, SPAWN_RLIMIT, c->rlimits.v[i].which);
	}
	return 0;
}

/*
 * By system call: the C library's functions want to tell other threads,
 * whose list the child shares with the daemon.
 */
IN_CHILD static int
child_ids(const struct spawn_args *a)
{
	const struct definition *c = a->req->conf;

	if (c->uid == (uid_t)-1 && c->gid == (gid_t)-1 && c->gids == NULL)
		return 0;
	if (geteuid() == 0 && syscall(SYS_setgroups, c->ngids, c->gids) == -1)
		return fail(a, SPAWN_GROUPS, 0);
	if (c->gid != (gid_t)-1 &&
	    syscall(SYS_setresgid, c->gid, c->gid, c->gid) == -1)
		return fail(a, SPAWN_GROUP, 0);
	if (c->uid != (uid_t)-1 &&
	    syscall(SYS_setresuid, c->uid, c->uid, c->uid) == -1)
		return fail(a, SPAWN_USER, 0);
	return 0;
}

/* As execvp(3), but without a shell for what is no program. */
IN_CHILD static int
child_exec(const struct spawn_args *a, int execfd)
{
	const struct spawn_request *req = a->req;
	char buf[PATH_MAX];
	const char *p, *end, *name = req->argv[0];
	size_t dirlen, namelen = strlen(name);
	int saved = ENOENT;

	if (execfd != -1) {
		syscall(SYS_execveat, execfd, "", req->argv, req->envp,
		    AT_EMPTY_PATH);
		return fail(a, SPAWN_EXEC, 0);
	}
	if (req->path == NULL || strchr(name, '/') != NULL) {
		execve(name, req->argv, req->envp);
		return fail(a, SPAWN_EXEC, 0);
	}
	for (p = req->path; p != NULL; p = *end == '\0' ? NULL : end + 1) {
		end = strchrnul(p, ':');
		dirlen = (size_t)(end - p);
		/* An empty entry would mean the working directory. */
		if (dirlen == 0 || dirlen + 1 + namelen >= sizeof(buf))
			continue;
		memcpy(buf, p, dirlen);
		buf[dirlen] = '/';
		memcpy(buf + dirlen + 1, name, namelen + 1);
		execve(buf, req->argv, req->envp);
		if (errno != ENOENT && errno != ENOTDIR)
			saved = errno;
	}
	errno = saved;
	return fail(a, SPAWN_EXEC, 0);
}

/* The long way into a cgroup. */
IN_CHILD static int
child_cgroup(const struct spawn_args *a)
{
	int fd;

	fd = openat(STAGE_CGROUP, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, "0", 1) != 1)
		return fail(a, SPAWN_CGROUP, 0);
	close(fd);
	return 0;
}

IN_CHILD static int
child_attributes(const struct spawn_args *a)
{
	const struct definition *c = a->req->conf;

	if (c == NULL)
		return 0;
	if (child_limits(a) == -1 || child_ids(a) == -1)
		return -1;
	umask((mode_t)c->umask);
	if (chdir(c->directory != NULL ? c->directory : "/") == -1)
		return fail(a, SPAWN_DIRECTORY, 0);
	if (c->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return fail(a, SPAWN_PRIVS, 0);
	return 0;
}

IN_CHILD static int
run(const struct spawn_args *a)
{
	const struct spawn_request *req = a->req;
	sigset_t none;
	int execfd = -1;

	if (req->record != NULL)
		*req->record = (int32_t)syscall(SYS_getpid);
	if (child_table(a) == -1)
		return -1;
	if (req->session && setsid() == -1)
		return fail(a, SPAWN_SESSION, 0);
	if (req->cgroup != -1 && !a->in_cgroup && child_cgroup(a) == -1)
		return -1;
	if (child_output(a) == -1 || child_fds(a, &execfd) == -1 ||
	    child_descriptors(a) == -1 || child_attributes(a) == -1)
		return -1;
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return child_exec(a, execfd);
}

IN_CHILD static int
child_main(void *arg)
{
	spawner.shared->begun = true;
	run(arg);
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
spawn(const struct spawn_request *req, struct process *child,
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
spawn_twin(int (*fn)(void *), void *arg, struct process *child)
{
	int flags = CLONE_FILES | (spawner.clone_flags & CLONE_PIDFD);
	int pidfd = -1;
	char *stack;
	pid_t pid;

	*child = (struct process){0, -1};
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -1;
	pid = clone(fn, stack + STACK_SIZE, flags | SIGCHLD, arg, &pidfd);
	munmap(stack, STACK_SIZE);
	if (pid == -1)
		return -1;
	*child = (struct process){pid, pidfd};
	return 0;
}

const char *
spawn_stage_name(const struct spawn_error *e)
{
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
		return keys_rlimit_name(e->which);
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
