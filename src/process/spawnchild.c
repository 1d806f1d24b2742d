/*
 * spawnchild - a new process from its first step to its program.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/descriptors.h"
#include "process/spawn_int.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

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
	const struct rlimit *rl = descriptors_programs();

	if (rl->rlim_max != RLIM_INFINITY && setrlimit(RLIMIT_NOFILE, rl) == -1)
		return fail(a, SPAWN_RLIMIT, RLIMIT_NOFILE);
	return 0;
}

IN_CHILD static int
child_limits(const struct spawn_args *a)
{
	const struct conf *c = a->req->conf;
	struct rlimit rl;
	size_t i;

	if (conf_has(c, "oom-score-adj") &&
	    child_write("/proc/self/oom_score_adj", c->oom_score_adj) == -1)
		return fail(a, SPAWN_OOM, 0);
	if (conf_has(c, "nice") && setpriority(PRIO_PROCESS, 0, c->nice) == -1)
		return fail(a, SPAWN_NICE, 0);
	for (i = 0; i < c->nrlimits; i++) {
		rl.rlim_cur = c->rlimits[i].soft;
		rl.rlim_max = c->rlimits[i].hard;
		if (setrlimit((__rlimit_resource_t)c->rlimits[i].which, &rl) ==
		    -1)
			return fail(a, SPAWN_RLIMIT, c->rlimits[i].which);
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
	const struct conf *c = a->req->conf;

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
	const struct conf *c = a->req->conf;

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

IN_CHILD int
spawnchild_run(const struct spawn_args *a)
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
