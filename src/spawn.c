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
 * A child that writes itself into cgroup.procs before it executes anything is
 * as safe as CLONE_INTO_CGROUP.  Many in a row are no slower that way, but a
 * single one waits for an RCU grace period of the kernel: some milliseconds,
 * measured.  It is worth that: Linux 6.18 kills each child that is made in a
 * cgroup that was ended by cgroup.kill before, as one of a program is whenever
 * the program leaves something behind.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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

#include "descriptors.h"
#include "spawn.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Descriptors STAGE to STAGE_END - 1 carry what the child is given. */
enum {
	STAGE = 3,
	STAGE_CGROUP = STAGE,
	STAGE_OUTDIR,
	STAGE_EXEC,
	STAGE_FDS,
	STAGE_END = STAGE_FDS + SPAWN_FDS,
};

#define STACK_SIZE ((size_t)256 * 1024)

/* The child runs on memory of its own and outside its parent's view. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

/* Shared with the child even where CLONE_VM is emulated by a fork. */
struct shared {
	struct spawn_error error;
	char stack[STACK_SIZE] __attribute__((aligned(64)));
};

static struct {
	struct shared *shared;
	int clone_flags; /* what this kernel takes */
} spawner;

struct child_args {
	const struct spawn_request *req;
	int maxfd; /* the highest descriptor that req->fds asks for */
};

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
fail(enum spawn_stage stage, int which)
{
	struct spawn_error *e = &spawner.shared->error;

	e->err = errno;
	e->which = which;
	e->stage = stage;
	return -1;
}

/* Take leave of the parent's descriptors, but for those staged. */
IN_CHILD static int
child_table(void)
{
	if (spawner.clone_flags & CLONE_FILES) {
		if (syscall(SYS_close_range, (unsigned)STAGE_END, ~0U,
			CLOSE_RANGE_UNSHARE) == -1)
			return fail(SPAWN_DESCRIPTORS, 0);
	} else
		closefrom(STAGE_END);
	return 0;
}

IN_CHILD static int
child_output(const struct spawn_request *req)
{
	int fd, null;

	null = open("/dev/null", O_RDWR | O_NOCTTY);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1)
		return fail(SPAWN_OUTPUT, 0);
	fd = null;
	if (req->outname != NULL) {
		/*
		 * For reading as well: then the program is a reader itself,
		 * and gets no SIGPIPE while the log process is replaced.
		 */
		fd = openat(STAGE_OUTDIR, req->outname, O_RDWR | O_NOCTTY);
		if (fd == -1)
			return fail(SPAWN_OUTPUT, 0);
	}
	if (dup2(fd, STDOUT_FILENO) == -1 || dup2(fd, STDERR_FILENO) == -1)
		return fail(SPAWN_OUTPUT, 0);
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
child_fds(const struct spawn_request *req, int maxfd, int *execfd)
{
	int high[SPAWN_FDS];
	size_t i;

	for (i = 0; i < req->nfds; i++) {
		high[i] = fcntl(STAGE_FDS + (int)i, F_DUPFD_CLOEXEC, maxfd + 1);
		if (high[i] == -1)
			return fail(SPAWN_DESCRIPTORS, 0);
	}
	*execfd = -1;
	if (req->execfd != -1) {
		*execfd = fcntl(STAGE_EXEC, F_DUPFD_CLOEXEC, maxfd + 1);
		if (*execfd == -1)
			return fail(SPAWN_DESCRIPTORS, 0);
	}
	for (i = 0; i < req->nfds; i++)
		if (dup2(high[i], req->fds[i].to) == -1)
			return fail(SPAWN_DESCRIPTORS, 0);
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
child_descriptors(void)
{
	const struct rlimit *rl = descriptors_programs();

	if (rl->rlim_max != RLIM_INFINITY && setrlimit(RLIMIT_NOFILE, rl) == -1)
		return fail(SPAWN_RLIMIT, RLIMIT_NOFILE);
	return 0;
}

IN_CHILD static int
child_limits(const struct conf *c)
{
	struct rlimit rl;
	size_t i;

	if (conf_has(c, "oom-score-adj") &&
	    child_write("/proc/self/oom_score_adj", c->oom_score_adj) == -1)
		return fail(SPAWN_OOM, 0);
	if (conf_has(c, "nice") && setpriority(PRIO_PROCESS, 0, c->nice) == -1)
		return fail(SPAWN_NICE, 0);
	for (i = 0; i < c->nrlimits; i++) {
		rl.rlim_cur = c->rlimits[i].soft;
		rl.rlim_max = c->rlimits[i].hard;
		if (setrlimit((__rlimit_resource_t)c->rlimits[i].which, &rl) ==
		    -1)
			return fail(SPAWN_RLIMIT, c->rlimits[i].which);
	}
	return 0;
}

/*
 * By system call: the C library's functions want to tell other threads,
 * whose list the child shares with the daemon.
 */
IN_CHILD static int
child_ids(const struct conf *c)
{
	if (c->uid == (uid_t)-1 && c->gid == (gid_t)-1 && c->gids == NULL)
		return 0;
	if (geteuid() == 0 && syscall(SYS_setgroups, c->ngids, c->gids) == -1)
		return fail(SPAWN_GROUPS, 0);
	if (c->gid != (gid_t)-1 &&
	    syscall(SYS_setresgid, c->gid, c->gid, c->gid) == -1)
		return fail(SPAWN_GROUP, 0);
	if (c->uid != (uid_t)-1 &&
	    syscall(SYS_setresuid, c->uid, c->uid, c->uid) == -1)
		return fail(SPAWN_USER, 0);
	return 0;
}

/* As execvp(3), but without a shell for what is no program. */
IN_CHILD static int
child_exec(const struct spawn_request *req, int execfd)
{
	char buf[PATH_MAX];
	const char *p, *end, *name = req->argv[0];
	size_t dirlen, namelen = strlen(name);
	int saved = ENOENT;

	if (execfd != -1) {
		syscall(SYS_execveat, execfd, "", req->argv, req->envp,
		    AT_EMPTY_PATH);
		return fail(SPAWN_EXEC, 0);
	}
	if (req->path == NULL || strchr(name, '/') != NULL) {
		execve(name, req->argv, req->envp);
		return fail(SPAWN_EXEC, 0);
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
	return fail(SPAWN_EXEC, 0);
}

IN_CHILD static int
child_setup(const struct child_args *args)
{
	const struct spawn_request *req = args->req;
	const struct conf *c = req->conf;
	sigset_t none;
	int execfd = -1;

	if (req->record != NULL)
		*req->record = (int32_t)syscall(SYS_getpid);
	if (child_table() == -1)
		return -1;
	if (req->session && setsid() == -1)
		return fail(SPAWN_SESSION, 0);
	if (req->cgroup != -1 && write(STAGE_CGROUP, "0", 1) != 1)
		return fail(SPAWN_CGROUP, 0);
	if (child_output(req) == -1)
		return -1;
	if (child_fds(req, args->maxfd, &execfd) == -1 ||
	    child_descriptors() == -1)
		return -1;
	if (c != NULL) {
		if (child_limits(c) == -1 || child_ids(c) == -1)
			return -1;
		umask((mode_t)c->umask);
		if (chdir(c->directory != NULL ? c->directory : "/") == -1)
			return fail(SPAWN_DIRECTORY, 0);
		if (c->no_new_privs &&
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
			return fail(SPAWN_PRIVS, 0);
	}
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return child_exec(req, execfd);
}

IN_CHILD static int
child_main(void *arg)
{
	child_setup(arg);
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

static pid_t
clone_child(struct child_args *args, int *pidfd)
{
	struct shared *sh = spawner.shared;

	*pidfd = -1;
	/* What the last child left there must not be taken for this one's. */
	memset(&sh->error, 0, sizeof(sh->error));
	return clone(child_main, sh->stack + sizeof(sh->stack),
	    spawner.clone_flags | SIGCHLD, args, pidfd);
}

int
spawn(const struct spawn_request *req, struct spawn_child *child,
    struct spawn_error *error)
{
	struct child_args args = {.req = req, .maxfd = STAGE_END};
	struct shared *sh = spawner.shared;
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
	while (waitpid(child->pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (child->pidfd != -1)
		close(child->pidfd);
	return -1;
}

/* A stack of its own, since a twin may have one: the child has a copy of it. */
int
spawn_twin(int (*fn)(void *), void *arg, struct spawn_child *child)
{
	int flags = CLONE_FILES | (spawner.clone_flags & CLONE_PIDFD);
	char *stack;

	child->pidfd = -1;
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -1;
	child->pid =
	    clone(fn, stack + STACK_SIZE, flags | SIGCHLD, arg, &child->pidfd);
	munmap(stack, STACK_SIZE);
	return child->pid == -1 ? -1 : 0;
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
	if (child->pidfd != -1)
		return (int)syscall(SYS_pidfd_send_signal, child->pidfd, sig,
		    NULL, 0);
	return kill(child->pid, sig);
}
