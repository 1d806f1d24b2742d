/* process - data of the kernel about a process, and signals to it. */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/process.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/*
 * The kernel's struct pidfd_info of Linux 6.15, for systems with older headers.
 * The size is part of the request's number; the kernel accepts every size that
 * it has ever had.
 */
struct pidfd_info_v1 {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t ids[11];
	int32_t exit_code;
};
/* The kernel's PF_EXITING, a bit of field 9 of /proc/PID/stat. */
#define FLAG_EXITING 0x4
#define FLAG_FORKED 0x40 /* and has not executed anything since */

#define INFO_EXIT (1UL << 3)
#define GET_INFO _IOWR(0xFF, 11, struct pidfd_info_v1)

int
process_open(pid_t pid)
{
	/* The kernel sets close-on-exec. */
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/*
 * Read /proc/PID/NAME, cut to size.  Of stat, skip the first two fields: the
 * second is the command's name, which may contain any byte.
 */
static const char *
proc_text(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	buf[n] = '\0';
	if (strcmp(name, "stat") != 0)
		return buf;
	p = strrchr(buf, ')');
	return p != NULL && p[1] == ' ' ? p + 2 : NULL;
}

/* Field n of /proc/PID/stat, numbered as in proc(5); n is at least 3. */
static bool
stat_field(pid_t pid, int n, uint64_t *value)
{
	char buf[1024];
	const char *p;

	for (p = proc_text(pid, "stat", buf, sizeof(buf)); p != NULL && n > 3;
	     n--) {
		p = strchr(p, ' ');
		if (p != NULL)
			p++;
	}
	if (p == NULL)
		return false;
	*value = strtoull(p, NULL, 10);
	return true;
}

/* The number behind "KEY:" in /proc/self/fdinfo; -1: no such line. */
static int
descriptor_number(int fd, const char *key)
{
	char name[32], buf[512];
	const char *p;
	int number;

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	p = proc_text(getpid(), name, buf, sizeof(buf));
	if (p == NULL || (p = strstr(p, key)) == NULL)
		return -1;
	return sscanf(p + strlen(key), "%d", &number) == 1 ? number : -1;
}

/*
 * Let the kernel say whether it is a pidfd before anything else is done with
 * it: even fstat(2) of a file can block.
 */
pid_t
process_of_pidfd(int fd)
{
	pid_t pid;

	if (syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == -1 &&
	    errno != EPERM)
		return 0;
	pid = descriptor_number(fd, "\nPid:");
	return pid > 0 ? pid : 0;
}

int
process_mount(int fd)
{
	return descriptor_number(fd, "\nmnt_id:");
}

bool
process_facts(pid_t pid, struct process_facts *facts)
{
	char buf[1024];
	const char *p;
	uint64_t flags, pending;
	int parent, session;
	char state;

	/* Fields 3, 4, 6, 9, 22 and 31; the text begins with field 3. */
	p = proc_text(pid, "stat", buf, sizeof(buf));
	if (p == NULL ||
	    sscanf(p,
		"%c %d %*s %d %*s %*s %" SCNu64 " %*s %*s %*s %*s %*s %*s"
		" %*s %*s %*s %*s %*s %*s %" SCNu64 " %*s %*s %*s %*s %*s"
		" %*s %*s %*s %" SCNu64,
		&state, &parent, &session, &flags, &facts->start_time,
		&pending) != 6)
		return false;
	facts->pid = pid;
	facts->parent = parent;
	facts->session = session;
	facts->is_ended = state == 'Z' || state == 'X';
	facts->is_fork = flags & FLAG_FORKED;
	facts->is_dying =
	    (flags & FLAG_EXITING) || (pending >> (SIGKILL - 1)) & 1;
	return true;
}

uid_t
process_user(pid_t pid)
{
	char buf[1024];
	const char *p;
	unsigned uid;

	p = proc_text(pid, "status", buf, sizeof(buf));
	if (p != NULL)
		p = strstr(p, "\nUid:");
	return p != NULL && sscanf(p, "\nUid: %u", &uid) == 1 ? uid : (uid_t)-1;
}

pid_t
process_parent(pid_t pid)
{
	uint64_t value;

	return stat_field(pid, 4, &value) ? (pid_t)value : -1;
}

uint64_t
process_start_time(pid_t pid)
{
	uint64_t value;

	return stat_field(pid, 22, &value) ? value : 0;
}

bool
process_is_dying(pid_t pid)
{
	struct process_facts facts;

	return !process_facts(pid, &facts) || facts.is_dying;
}

static int
pidfd_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

/*
 * Some containers refuse pidfd_send_signal(2) with EPERM.  Does it work for
 * this process, which surely has the permission?  errno is kept.
 */
static bool
can_signal_itself(void)
{
	int saved = errno, fd;
	bool can;

	fd = process_open(getpid());
	can = fd != -1 && pidfd_signal(fd, 0) == 0;
	if (fd != -1)
		close(fd);
	errno = saved;
	return can;
}

int
process_signal(const struct process *p, int sig)
{
	struct pollfd pfd = {.fd = p->pidfd, .events = POLLIN};

	/* To kill(2) such a number means several processes. */
	if (p->pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	if (p->pidfd == -1)
		return kill(p->pid, sig);
	if (pidfd_signal(p->pidfd, sig) == 0)
		return 0;
	if ((errno != EPERM && errno != ENOSYS) || can_signal_itself())
		return -1;
	/* The pid is not reused until the process has ended. */
	if (poll(&pfd, 1, 0) != 0) {
		errno = ESRCH;
		return -1;
	}
	return kill(p->pid, sig);
}

int
process_signal_exact(pid_t pid, uint64_t start_time, int sig)
{
	struct process held = {.pid = pid};
	int rv = -1, saved;

	/* Look at the process while a pidfd, if there are any, holds it. */
	held.pidfd = process_open(pid);
	if (held.pidfd == -1 && errno != ENOSYS && errno != EPERM)
		return -1;
	if (process_start_time(pid) == start_time)
		rv = process_signal(&held, sig);
	else
		errno = ESRCH;
	saved = errno;
	if (held.pidfd != -1)
		close(held.pidfd);
	errno = saved;
	return rv;
}

void
process_each(void (*fn)(pid_t, void *), void *arg)
{
	struct dirent *d;
	DIR *proc;

	proc = opendir("/proc");
	if (proc == NULL)
		return;
	while ((d = readdir(proc)) != NULL)
		if (isdigit((unsigned char)d->d_name[0]))
			fn((pid_t)strtol(d->d_name, NULL, 10), arg);
	closedir(proc);
}

struct each_child {
	void (*fn)(pid_t, void *);
	void *arg;
};

static void
if_child(pid_t pid, void *arg)
{
	const struct each_child *each = arg;

	if (process_parent(pid) == getpid())
		each->fn(pid, each->arg);
}

void
process_each_child(void (*fn)(pid_t, void *), void *arg)
{
	struct each_child each = {fn, arg};
	char path[64];
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
	    (int)getpid());
	f = fopen(path, "re");
	if (f == NULL) {
		/* The kernel gives no list: search all processes. */
		process_each(if_child, &each);
		return;
	}
	while (fscanf(f, "%d", &pid) == 1)
		fn(pid, arg);
	fclose(f);
}

struct group {
	pid_t pgid;
	int n;
};

static void
count_one(pid_t pid, void *arg)
{
	struct group *g = arg;
	uint64_t value;

	if (stat_field(pid, 5, &value) && (pid_t)value == g->pgid)
		g->n++;
}

int
process_count_group(pid_t pgid)
{
	struct group g = {.pgid = pgid};

	process_each(count_one, &g);
	return g.n;
}

int64_t
process_memory(pid_t pid)
{
	char buf[128];
	const char *p;
	int64_t pages;

	p = proc_text(pid, "statm", buf, sizeof(buf));
	if (p == NULL || sscanf(p, "%*s %" SCNd64, &pages) != 1)
		return 0;
	return pages * sysconf(_SC_PAGESIZE);
}

int64_t
process_cpu(pid_t pid)
{
	char buf[1024];
	uint64_t own, system, waited, waited_system;
	const char *p;

	/* The text begins with field 3; fields 14 to 17 are wanted. */
	p = proc_text(pid, "stat", buf, sizeof(buf));
	if (p == NULL ||
	    sscanf(p,
		"%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64
		" %" SCNu64 " %" SCNu64 " %" SCNu64,
		&own, &system, &waited, &waited_system) != 4)
		return 0;
	return (int64_t)((own + system + waited + waited_system) * 1000 /
	    (uint64_t)sysconf(_SC_CLK_TCK));
}

int64_t
process_starved(pid_t pid)
{
	char buf[128];
	int64_t ns;
	const char *p;

	p = proc_text(pid, "schedstat", buf, sizeof(buf));
	if (p == NULL || sscanf(p, "%*s %" SCNd64, &ns) != 1)
		return 0;
	return ns / 1000000;
}

bool
process_is_runnable(pid_t pid)
{
	char buf[1024];
	const char *p = proc_text(pid, "stat", buf, sizeof(buf));

	return p != NULL && *p == 'R';
}

void
process_comm(pid_t pid, char buf[static PROCESS_COMM_MAX])
{
	char text[PROCESS_COMM_MAX];
	const char *p;

	p = proc_text(pid, "comm", text, sizeof(text));
	strlcpy(buf, p != NULL ? p : "?", PROCESS_COMM_MAX);
	buf[strcspn(buf, "\n")] = '\0';
}

/* Translate a status of wait(2). */
static void
end_of_status(struct process_end *end, int status)
{
	end->known = true;
	end->signal = WIFSIGNALED(status);
	end->core = end->signal && WCOREDUMP(status);
	end->code = end->signal ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* A process that is not our child: poll the pidfd, then look for its status. */
static bool
foreign_ended(pid_t pid, int pidfd, struct process_end *end)
{
	struct pollfd pfd = {.fd = pidfd, .events = POLLIN};
	struct pidfd_info_v1 info = {.mask = INFO_EXIT};
	uint64_t status;

	if (pidfd == -1 || poll(&pfd, 1, 0) != 1)
		return false;
	if (ioctl(pidfd, GET_INFO, &info) == 0 && (info.mask & INFO_EXIT))
		end_of_status(end, info.exit_code);
	else if (stat_field(pid, 52, &status))
		/* It is still a zombie: its parent has not reaped it. */
		end_of_status(end, (int)status);
	return true;
}

bool
process_ended(pid_t pid, int pidfd, struct process_end *end)
{
	siginfo_t si;
	int rv;

	memset(end, 0, sizeof(*end));
	memset(&si, 0, sizeof(si));
	do {
		rv = waitid(pidfd != -1 ? (idtype_t)P_PIDFD : P_PID,
		    pidfd != -1 ? (id_t)pidfd : (id_t)pid, &si,
		    WEXITED | WNOHANG | WNOWAIT | __WALL);
	} while (rv == -1 && errno == EINTR);
	if (rv == -1)
		return foreign_ended(pid, pidfd, end);
	if (si.si_pid == 0)
		return false;
	end->known = true;
	end->signal = si.si_code != CLD_EXITED;
	end->core = si.si_code == CLD_DUMPED;
	end->code = si.si_status;
	return true;
}

void
process_reap(pid_t pid, int pidfd)
{
	siginfo_t si;

	while (waitid(pidfd != -1 ? (idtype_t)P_PIDFD : P_PID,
		   pidfd != -1 ? (id_t)pidfd : (id_t)pid, &si,
		   WEXITED | WNOHANG | __WALL) == -1 &&
	    errno == EINTR)
		;
}

bool
process_is_child(pid_t pid)
{
	siginfo_t si;

	return waitid(P_PID, (id_t)pid, &si,
		   WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}
