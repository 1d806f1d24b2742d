/*
 * spawn - the only place that creates a process, except for the trials of
 * probe.c.
 *
 * The child has a copy of the daemon's memory and descriptors.  The daemon
 * shares nothing with it and does not wait for it.  Between setresuid(2) and
 * execve(2) the child belongs to its user, who can stop it, and execve(2) can
 * block for any time on a file lease or a file system server.  A close-on-exec
 * pipe reports the outcome: the child writes once when it begins, and again if
 * a stage fails; the pipe ends when the program has been executed.
 *
 * If possible, the kernel creates the child in its cgroup.  Writing to
 * cgroup.procs instead costs an RCU grace period, about ten milliseconds.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include "base/hardlimit.h"
#include "process/directory.h"
#include "process/rlimit.h"
#include "process/spawn.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* The kernel's struct clone_args, for systems with older headers. */
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

/* ioprio_set(2), which has no header: this process; the usual level. */
#define IO_PROCESS 1
#define IO_CLASS_SHIFT 13
#define IO_LEVEL 4

/* A twin's stack. */
#define STACK_SIZE ((size_t)256 * 1024)
/* Descriptors that the child needs: those of SPAWN_FDS and four more. */
#define KEEP_MAX (SPAWN_FDS + 4)

static bool has_pidfd; /* one that waitid(2) takes */

/* The data of the child. */
struct child {
	const struct spawn_request *req;
	int report;	/* the pipe to the daemon */
	bool in_cgroup; /* the kernel created it there */
	bool was_lost;
	char file[PATH_MAX]; /* that could not be executed; "": none found */
	const char *words;   /* why a stage failed; NULL: failure.h explains */
	struct sandbox_failure failure;
};

/* A report of the child; without the unused part of why. */
struct message {
	struct spawn_error error;
	char why[FAILURE_MAX];
};

void
spawn_init(void)
{
	siginfo_t si;

	/* The pidfds of Linux 5.3 do not work with waitid(2). */
	has_pidfd = waitid((idtype_t)P_PIDFD, INT_MAX, &si, WEXITED) == -1 &&
	    errno != EINVAL;
}

/* If the daemon is gone, the next one sees only the exit status. */
static void
report(const struct child *c, const struct message *message)
{
	const size_t len = offsetof(struct message, why) + strlen(message->why);

	if (write(c->report, message, len) == -1)
		errno = 0;
}

/*
 * Report the stage and errno, then the reason in words, and end.  Finding the
 * reason may take for ever; start-timeout ends that.
 */
static _Noreturn void
fail(const struct child *c, enum spawn_stage stage, int which)
{
	struct message message = {.error = {stage, which, errno}};
	const struct failure failure = {
	    .error = message.error,
	    .conf = c->req->conf,
	    .file = *c->file != '\0' ? c->file : NULL,
	    .name = c->req->argv[0],
	    .path = c->req->path,
	    .words = c->words,
	    .at = *c->failure.path != '\0' ? c->failure.path : NULL,
	};

	signal(SIGPIPE, SIG_IGN);
	report(c, &message);
	if (failure_explain(&failure, message.why))
		report(c, &message);
	_exit(127);
}

/* Close the descriptors from first to last. */
static void
close_range_of(unsigned first, unsigned last)
{
	if (syscall(SYS_close_range, first, last, 0U) == 0)
		return;
	/* Before Linux 5.9. */
	if (last == ~0U)
		closefrom((int)first);
	else
		for (; first <= last; first++)
			close((int)first);
}

/* Close all descriptors but the standard ones and these; it sorts them. */
static void
close_others(int *keep, size_t n)
{
	int first = STDERR_FILENO + 1, fd;
	size_t i, j;

	for (i = 1; i < n; i++) {
		fd = keep[i];
		for (j = i; j > 0 && keep[j - 1] > fd; j--)
			keep[j] = keep[j - 1];
		keep[j] = fd;
	}
	for (i = 0; i < n; i++) {
		if (keep[i] > first)
			close_range_of((unsigned)first, (unsigned)keep[i] - 1);
		if (keep[i] >= first)
			first = keep[i] + 1;
	}
	close_range_of((unsigned)first, ~0U);
}

/*
 * Close the copies of the daemon's descriptors at once.  Otherwise a slow
 * child would keep open a file that the daemon has closed.
 */
static void
child_close(const struct child *c)
{
	const struct spawn_request *req = c->req;
	int keep[KEEP_MAX] = {c->report, req->cgroup, req->outdir, req->execfd};
	size_t n = KEEP_MAX - SPAWN_FDS;

	for (size_t i = 0; i < req->nfds; i++)
		keep[n++] = req->fds[i].from;
	close_others(keep, n);
}

/* Move into the cgroup where the kernel could not make the child in it. */
static void
child_cgroup(const struct child *c)
{
	int fd;

	if (c->req->cgroup == -1 || c->in_cgroup)
		return;
	fd = openat(c->req->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, "0", 1) != 1)
		fail(c, SPAWN_CGROUP, 0);
	close(fd);
}

/*
 * Open it for reading too: so the program itself is a reader, and gets no
 * SIGPIPE while the log process is replaced.
 */
static void
child_open_output(const struct child *c, const char *name, int to)
{
	int fd = openat(c->req->outdir, name, O_RDWR | O_NOCTTY);

	if (fd == -1 || dup2(fd, to) == -1)
		fail(c, SPAWN_OUTPUT, 0);
	if (fd != to)
		close(fd);
}

static void
child_output(const struct child *c)
{
	const struct spawn_request *req = c->req;
	int null;

	null = open("/dev/null", O_RDWR | O_NOCTTY);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		fail(c, SPAWN_OUTPUT, 0);
	close(null);
	if (req->outname != NULL)
		child_open_output(c, req->outname, STDOUT_FILENO);
	if (req->errname != NULL)
		child_open_output(c, req->errname, STDERR_FILENO);
	else if (dup2(STDOUT_FILENO, STDERR_FILENO) == -1)
		fail(c, SPAWN_OUTPUT, 0);
}

/* A copy of the descriptor above all requested numbers. */
static int
child_lift(const struct child *c, int fd)
{
	int above = STDERR_FILENO;
	size_t i;

	for (i = 0; i < c->req->nfds; i++)
		if (c->req->fds[i].to > above)
			above = c->req->fds[i].to;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, above + 1);
	if (fd == -1)
		fail(c, SPAWN_DESCRIPTORS, 0);
	return fd;
}

/*
 * Give the descriptors their requested numbers.  Each is first copied above
 * all of them, because a requested number may be in use by another one.
 */
static void
child_fds(struct child *c, int *execfd)
{
	const struct spawn_request *req = c->req;
	int high[SPAWN_FDS];
	size_t i;

	c->report = child_lift(c, c->report);
	*execfd = req->execfd != -1 ? child_lift(c, req->execfd) : -1;
	for (i = 0; i < req->nfds; i++)
		high[i] = child_lift(c, req->fds[i].from);
	for (i = 0; i < req->nfds; i++)
		if (dup2(high[i], req->fds[i].to) == -1)
			fail(c, SPAWN_DESCRIPTORS, 0);
}

static int
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

/* As in systemd, a path that cannot be looked at does not exist. */
static bool
is_met(const char *condition)
{
	const bool absent = *condition == '!';

	return (access(condition + absent, F_OK) == 0) != absent;
}

static void
child_conditions(struct child *c)
{
	char *const *v = c->req->conf->conditions;
	char why[FAILURE_MAX];

	for (int i = 0; v != NULL && v[i] != NULL; i++) {
		if (is_met(v[i]))
			continue;
		snprintf(why, sizeof(why), "%s: %s",
		    v[i][0] == '!' ? v[i] + 1 : v[i],
		    v[i][0] == '!' ? "exists" : "does not exist");
		c->words = why;
		errno = ENOENT;
		fail(c, SPAWN_CONDITION, i);
	}
}

/*
 * Set the limits of the cgroup, of which the process is a member already: to
 * lower a limit may take long, for the kernel first frees memory.
 */
static void
child_resources(struct child *c)
{
	const struct resource *r = c->req->conf->resources.v;
	char text[RESOURCE_TEXT_MAX], words[FAILURE_MAX];
	int fd;

	for (size_t n = c->req->conf->resources.n; n > 0; n--, r++) {
		resource_text(r->kind, r, text);
		fd = c->req->cgroup == -1
		    ? -1
		    : openat(c->req->cgroup, resource_file(r->kind),
			  O_WRONLY | O_CLOEXEC);
		if (fd != -1 && write(fd, text, strlen(text)) != -1) {
			close(fd);
			continue;
		}
		if (!resource_is_hard(r->kind))
			continue;
		snprintf(words, sizeof(words), "(%s) %s", resource_key(r->kind),
		    fd == -1 && c->req->limits_why != NULL ? c->req->limits_why
							   : strerror(errno));
		c->words = words;
		fail(c, SPAWN_CGROUP, 0);
	}
}

static void
child_folders(struct child *c)
{
	const struct definition *conf = c->req->conf;
	const struct folder *folder = conf->folders.v;
	char why[DIRECTORY_WHY_MAX], words[FAILURE_MAX];
	struct directory d;

	for (size_t n = conf->folders.n; n > 0; n--, folder++) {
		d = (struct directory){
		    .base = c->req->bases[folder->kind],
		    .name = folder->name,
		    .mode = (mode_t)folder->mode,
		    .uid = conf->uid != (uid_t)-1 ? conf->uid : geteuid(),
		    .gid = conf->gid != (gid_t)-1 ? conf->gid : getegid(),
		    /* It may hold what its user must not change. */
		    .keeps = folder->kind == FOLDER_CONFIGURATION,
		};
		if (directory_make(&d, why) == 0)
			continue;
		snprintf(words, sizeof(words), "(%s) %s",
		    folder_key(folder->kind), why);
		c->words = words;
		fail(c, SPAWN_FOLDER, 0);
	}
}

/* Processors, and the scheduling of processor time and disks. */
static void
child_scheduling(const struct child *c)
{
	static const int policies[] = {
	    [KEY_CPU_OTHER] = SCHED_OTHER,
	    [KEY_CPU_BATCH] = SCHED_BATCH,
	    [KEY_CPU_IDLE] = SCHED_IDLE,
	    [KEY_CPU_FIFO] = SCHED_FIFO,
	    [KEY_CPU_RR] = SCHED_RR,
	};
	const struct definition *conf = c->req->conf;
	struct sched_param param = {.sched_priority = 0};
	int class = (int)conf->io_class, level = conf->io_priority;
	cpu_set_t cpus;

	if (conf->cpu_affinity != NULL) {
		cpus_set(conf->cpu_affinity, &cpus);
		if (sched_setaffinity(0, sizeof(cpus), &cpus) == -1)
			fail(c, SPAWN_AFFINITY, 0);
	}
	if (definition_has(conf, "cpu-scheduling-policy")) {
		if (conf->cpu_policy >= KEY_CPU_FIFO)
			param.sched_priority =
			    conf->cpu_priority == DEFINITION_UNSET
			    ? 1
			    : conf->cpu_priority;
		if (sched_setscheduler(0, policies[conf->cpu_policy], &param) ==
		    -1)
			fail(c, SPAWN_CPU_POLICY, 0);
	}
	if (!definition_has(conf, "io-scheduling-class") &&
	    !definition_has(conf, "io-scheduling-priority"))
		return;
	if (class == KEY_IO_NONE && level != DEFINITION_UNSET)
		class = KEY_IO_BEST_EFFORT;
	if (level == DEFINITION_UNSET)
		level =
		    class == KEY_IO_NONE || class == KEY_IO_IDLE ? 0 : IO_LEVEL;
	if (syscall(SYS_ioprio_set, IO_PROCESS, 0,
		class << IO_CLASS_SHIFT | level) == -1)
		fail(c, SPAWN_IO_CLASS, 0);
}

static void
child_limits(const struct child *c)
{
	const struct definition *conf = c->req->conf;
	struct rlimit rl;
	size_t i;

	/* A container may not lower it; the daemon has warned of that. */
	if (definition_has(conf, "oom-score-adj") &&
	    child_write("/proc/self/oom_score_adj", conf->oom_score_adj) ==
		-1 &&
	    errno != EACCES && errno != EPERM)
		fail(c, SPAWN_OOM, 0);
	if (definition_has(conf, "nice") &&
	    setpriority(PRIO_PROCESS, 0, conf->nice) == -1)
		fail(c, SPAWN_NICE, 0);
	child_scheduling(c);
	for (i = 0; i < conf->rlimits.n; i++) {
		rl.rlim_cur = conf->rlimits.v[i].soft;
		rl.rlim_max = conf->rlimits.v[i].hard;
		if (hardlimit_set(conf->rlimits.v[i].which, &rl) == -1)
			fail(c, SPAWN_RLIMIT, conf->rlimits.v[i].which);
	}
}

static int
compare_gids(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Are the child's supplementary groups those of conf, in any order? */
static bool
has_groups(const struct child *c)
{
	const struct definition *conf = c->req->conf;
	size_t n = conf->ngids;
	gid_t *both;

	if (getgroups(0, NULL) != (int)n)
		return false;
	if (n == 0)
		return true;
	both = calloc(2 * n, sizeof(*both));
	if (both == NULL || getgroups((int)n, both) != (int)n)
		fail(c, SPAWN_GROUPS, 0);
	memcpy(both + n, conf->gids, n * sizeof(*both));
	qsort(both, n, sizeof(*both), compare_gids);
	qsort(both + n, n, sizeof(*both), compare_gids);
	return memcmp(both, both + n, n * sizeof(*both)) == 0;
}

/*
 * Read the ids back.  A kernel or C library that cut them to 16 bits would
 * make another user of 65536, and root of 131072.
 */
static void
child_check_ids(const struct child *c, bool root)
{
	const struct definition *conf = c->req->conf;
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	errno = EPERM;
	if (root && !has_groups(c))
		fail(c, SPAWN_GROUPS, 0);
	if (conf->gid != (gid_t)-1 &&
	    (getresgid(&rgid, &egid, &sgid) == -1 || rgid != conf->gid ||
		egid != conf->gid || sgid != conf->gid))
		fail(c, SPAWN_GROUP, 0);
	if (conf->uid != (uid_t)-1 &&
	    (getresuid(&ruid, &euid, &suid) == -1 || ruid != conf->uid ||
		euid != conf->uid || suid != conf->uid))
		fail(c, SPAWN_USER, 0);
}

static void
child_ids(const struct child *c)
{
	const struct definition *conf = c->req->conf;
	const bool root = geteuid() == 0;

	if (conf->uid == (uid_t)-1 && conf->gid == (gid_t)-1 &&
	    conf->gids == NULL)
		return;
	/*
	 * Leave the keys of the daemon's session.  Made by root, the keyring
	 * does not count against the user's quota.  Where the kernel has no
	 * keys, or a container refuses the call, there is nothing to leave.
	 */
	if (conf->uid != (uid_t)-1)
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	/* In a user namespace setgroups(2) may be refused. */
	if (root && !has_groups(c) && setgroups(conf->ngids, conf->gids) == -1)
		fail(c, SPAWN_GROUPS, 0);
	if (conf->gid != (gid_t)-1 &&
	    setresgid(conf->gid, conf->gid, conf->gid) == -1)
		fail(c, SPAWN_GROUP, 0);
	if (conf->uid != (uid_t)-1 &&
	    setresuid(conf->uid, conf->uid, conf->uid) == -1)
		fail(c, SPAWN_USER, 0);
	child_check_ids(c, root);
}

/* A step into the sandbox, if there is one. */
static void
child_sandbox(struct child *c,
    int (*step)(struct sandbox *, struct sandbox_failure *))
{
	if (c->req->sandbox != NULL && step(c->req->sandbox, &c->failure) == -1)
		fail(c, SPAWN_SANDBOX, (int)c->failure.key);
}

static void
child_attributes(struct child *c)
{
	const struct definition *conf = c->req->conf;
	int which;

	/* The daemon's own limits are higher. */
	if (rlimit_restore(&which) == -1)
		fail(c, SPAWN_RLIMIT, which);
	if (conf == NULL)
		return;
	if (c->req->bases != NULL) {
		child_conditions(c);
		child_resources(c);
		child_folders(c);
	}
	child_limits(c);
	child_sandbox(c, sandbox_enter);
	if (!c->req->is_privileged)
		child_ids(c);
	child_sandbox(c, sandbox_become);
	umask((mode_t)conf->umask);
	if (chdir(conf->directory != NULL ? conf->directory : "/") == -1)
		fail(c, SPAWN_DIRECTORY, 0);
	if (conf->no_new_privs && !c->req->is_privileged &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fail(c, SPAWN_PRIVS, 0);
	child_sandbox(c, sandbox_seal);
}

/* ENOENT may also be about its interpreter; look without following links. */
static bool
is_missing(const char *path, int err)
{
	struct stat st;
	bool missing =
	    (err == ENOENT && lstat(path, &st) == -1) || err == ENOTDIR;

	errno = err;
	return missing;
}

/* Like execvp(3), but without a shell for a file that is no program. */
static _Noreturn void
child_exec(struct child *c, int execfd)
{
	const struct spawn_request *req = c->req;
	char buf[PATH_MAX];
	const char *p, *end, *name = req->argv[0];
	size_t dirlen, namelen = strlen(name);
	int saved = ENOENT;

	if (execfd != -1) {
		syscall(SYS_execveat, execfd, "", req->argv, req->envp,
		    AT_EMPTY_PATH);
		fail(c, SPAWN_EXEC, 0);
	}
	if (req->path == NULL || strchr(name, '/') != NULL) {
		strlcpy(c->file, name, sizeof(c->file));
		execve(name, req->argv, req->envp);
		fail(c, SPAWN_EXEC, 0);
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
		if (is_missing(buf, errno))
			continue;
		saved = errno;
		strlcpy(c->file, buf, sizeof(c->file));
	}
	errno = saved;
	fail(c, SPAWN_EXEC, 0);
}

static _Noreturn void
child_run(struct child *c)
{
	static const struct message begun;
	sigset_t none;
	int execfd;

	if (c->req->record != NULL)
		*c->req->record = (int32_t)getpid();
	if (c->req->pid != NULL)
		snprintf(c->req->pid, SPAWN_PID_MAX, "%d", (int)getpid());
	report(c, &begun);
	child_close(c);
	if (c->req->session && setsid() == -1)
		fail(c, SPAWN_SESSION, 0);
	/* From now on the stop signal ends the child, even if it is blocked. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_cgroup(c);
	child_output(c);
	child_fds(c, &execfd);
	child_attributes(c);
	child_exec(c, execfd);
}

/*
 * The C library has no function for clone3(2).  Without CLONE_VM the child
 * continues as after fork(2), so a plain system call is enough.
 */
static pid_t
clone_into_cgroup(struct child *c, int *pidfd)
{
#ifdef SYS_clone3
	struct clone3_args args = {
	    .flags = CLONE_PIDFD | INTO_CGROUP,
	    .pidfd = (uintptr_t)pidfd,
	    .exit_signal = SIGCHLD,
	    .cgroup = (unsigned)c->req->cgroup,
	};
	pid_t pid;

	c->in_cgroup = true;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		child_run(c);
	if (pid != -1)
		return pid;
	c->in_cgroup = false;
#endif
	return -1;
}

/*
 * The pid of a child is not reused before it is reaped, so the pidfd can be
 * opened after the child was created.
 */
static pid_t
clone_child(struct child *c, int *pidfd)
{
	pid_t pid = -1;

	*pidfd = -1;
	if (c->req->cgroup != -1 && !c->was_lost)
		pid = clone_into_cgroup(c, pidfd);
	if (pid != -1)
		return pid;
	pid = fork();
	if (pid == 0)
		child_run(c);
	if (pid != -1 && has_pidfd)
		*pidfd = process_open(pid);
	return pid;
}

static void
report_ready(struct source *s, uint32_t events)
{
	(void)events;
	spawn_look(s->arg);
}

/*
 * Linux 6.18 kills a child of clone3(2) at birth if cgroup.kill has been
 * written more often in one of the two cgroups than in the other.
 */
static enum spawn_outcome
outcome_of(const struct spawn_report *r)
{
	if (r->error.err != 0)
		return SPAWN_FAILED;
	return r->in_cgroup && !r->begun ? SPAWN_LOST : SPAWN_EXECUTED;
}

enum spawn_outcome
spawn_look(struct spawn_report *r)
{
	enum spawn_outcome outcome;
	struct message m;
	ssize_t n;

	if (r->source.fd == -1)
		return r->outcome;
	while ((n = read(r->source.fd, &m, sizeof(m) - 1)) >=
	    (ssize_t)sizeof(m.error)) {
		r->begun = true;
		r->error = m.error;
		m.why[(size_t)n - offsetof(struct message, why)] = '\0';
		strlcpy(r->why, m.why, sizeof(r->why));
	}
	if (n == -1)
		return r->outcome;
	outcome = outcome_of(r);
	spawn_forget(r);
	r->outcome = outcome;
	/* It may free the report. */
	if (r->decided != NULL)
		r->decided(r);
	return outcome;
}

void
spawn_forget(struct spawn_report *r)
{
	int fd = r->source.fd;

	if (r->outcome == SPAWN_PENDING)
		r->outcome = SPAWN_NONE;
	if (fd == -1)
		return;
	if (r->loop != NULL)
		loop_unwatch(r->loop, &r->source);
	r->source.fd = -1;
	close(fd);
}

void
spawn_report_init(struct spawn_report *r, struct loop *loop,
    void (*decided)(struct spawn_report *), void *arg)
{
	*r = (struct spawn_report){
	    .source = {.fd = -1, .ready = report_ready, .arg = r},
	    .loop = loop,
	    .decided = decided,
	    .arg = arg,
	};
}

/* Open the pipe of a report, and watch its end.  Returns the child's side. */
static int
open_report(struct spawn_report *r)
{
	int pair[2], saved;

	/* Each message stays one (O_DIRECT). */
	if (pipe2(pair, O_CLOEXEC | O_DIRECT) == -1)
		return -1;
	if (fcntl(pair[0], F_SETFL, O_NONBLOCK) == -1 ||
	    (r->loop != NULL &&
		loop_watch(r->loop, &r->source, pair[0], 0) == -1)) {
		saved = errno;
		close(pair[0]);
		close(pair[1]);
		errno = saved;
		return -1;
	}
	r->source.fd = pair[0];
	return pair[1];
}

int
spawn(const struct spawn_request *req, struct process *process,
    struct spawn_report *report)
{
	struct child child = {
	    .req = req,
	    .was_lost = report->outcome == SPAWN_LOST,
	};
	int saved;

	*process = (struct process){0, -1};
	spawn_forget(report);
	report->error = (struct spawn_error){0};
	*report->why = '\0';
	report->begun = false;
	child.report = open_report(report);
	if (child.report != -1) {
		process->pid = clone_child(&child, &process->pidfd);
		saved = errno;
		close(child.report);
		errno = saved;
	}
	if (process->pid > 0) {
		report->in_cgroup = child.in_cgroup;
		report->outcome = SPAWN_PENDING;
		return 0;
	}
	report->error = (struct spawn_error){SPAWN_CLONE, 0, errno};
	report->outcome = SPAWN_FAILED;
	process->pid = 0;
	spawn_forget(report);
	return -1;
}

/*
 * clone(2) requires a separate stack for a twin: the child gets a copy of it.
 */
int
spawn_twin(int (*fn)(void *), void *arg, struct process *child)
{
	int flags = CLONE_FILES | (has_pidfd ? CLONE_PIDFD : 0);
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

static _Noreturn void
help(void (*work)(void *, int), void *arg, int keep, int out, pid_t parent)
{
	int fds[] = {keep, out};
	sigset_t none;

	prctl(PR_SET_NAME, "hupd: helper", 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close_others(fds, 2);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	work(arg, out);
	_exit(0);
}

int
spawn_helper(void (*work)(void *, int), void *arg, int keep,
    struct process *child)
{
	const pid_t parent = getpid();
	int pair[2], saved;

	*child = (struct process){0, -1};
	if (pipe2(pair, O_CLOEXEC) == -1)
		return -1;
	if (fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0)
		child->pid = fork();
	else
		child->pid = -1;
	if (child->pid == 0)
		help(work, arg, keep, pair[1], parent);
	saved = errno;
	close(pair[1]);
	if (child->pid != -1) {
		if (has_pidfd)
			child->pidfd = process_open(child->pid);
		return pair[0];
	}
	child->pid = 0;
	close(pair[0]);
	errno = saved;
	return -1;
}

const char *
spawn_stage(const struct spawn_error *e)
{
	return ending_stage(e);
}
