/*
 * logger_life - begin and end of the log process.
 */
#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/journal.h"
#include "base/log.h"
#include "output/logger.h"
#include "output/logproc.h"
#include "output/logger_int.h"

/* A process that does not live so long waits before it is started again. */
#define SHORT_LIFE_MS 1000
#define DELAY_MS 100
#define DELAY_MAX_MS 5000
/* A process that is killed ends in this time. */
#define KILL_MS 2000
/* How often is looked where nothing can be waited for. */
#define LOOK_MS 10

static int
make_folder(struct logger *l)
{
	int fd;

	if (mkdir(l->log_dir, 0750) == -1)
		return -1;
	fd = open(l->log_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	/* The files get the folder's group, whatever the process's is. */
	if ((l->as->uid != (uid_t)-1 &&
		fchown(fd, l->as->uid, l->log_gid) == -1) ||
	    fchmod(fd, 02750) == -1)
		log_warn("%s", l->log_dir);
	return fd;
}

int
logger_open_folder(struct logger *l)
{
	int fd;

	fd = open(l->log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		fd = make_folder(l);
	return fd;
}

/* Tell in good time of a folder that the log user cannot write to. */
static void
check_folder(const struct logger *l, int fd)
{
	const uid_t uid = l->as->uid == (uid_t)-1 ? geteuid() : l->as->uid;
	const gid_t gid = l->as->gid == (gid_t)-1 ? getegid() : l->as->gid;
	mode_t need = S_IWOTH | S_IXOTH;
	struct stat st;

	if (uid == 0 || fstat(fd, &st) == -1 || !S_ISDIR(st.st_mode))
		return;
	if (st.st_uid == uid)
		need = S_IWUSR | S_IXUSR;
	else if (st.st_gid == gid)
		need = S_IWGRP | S_IXGRP;
	if ((st.st_mode & need) != need)
		log_warnx("%s: the log user, uid %u, cannot write there",
		    l->log_dir, (unsigned)uid);
}

static void
unhook(struct logger *l)
{
	loop_unwatch(l->loop, &l->sock);
	loop_unwatch(l->loop, &l->pidfd);
	if (l->fd != -1)
		close(l->fd);
	if (l->child.pidfd != -1)
		close(l->child.pidfd);
	l->fd = -1;
	l->child = (struct process){-1, -1};
}

static void
start_later(struct logger *l)
{
	l->delay = MIN(DELAY_MAX_MS, MAX(DELAY_MS, 2 * l->delay));
	loop_at(l->loop, &l->start, clock_add_ms(clock_now(), l->delay));
}

static void
start_again(struct logger *l)
{
	char why[256];

	if (logger_start(l, why, sizeof(why)) == 0)
		return;
	log_warnx("log process: %s, trying again", why);
	start_later(l);
}

static void
start_due(struct deadline *d)
{
	start_again(d->arg);
}

/*
 * It has died.  One that was killed was so from outside, and is started again
 * at once; one that ends by itself again and again has a delay.
 */
static void
died(struct logger *l, bool killed)
{
	const int64_t life = clock_diff_ms(clock_now(), l->began);

	if (l->fd != -1)
		logger_listen(l);
	log_warnx("log process, pid %d: %s, starting it again",
	    (int)l->child.pid, killed ? "killed" : "ended");
	unhook(l);
	if (killed || life >= SHORT_LIFE_MS) {
		l->delay = 0;
		start_again(l);
	} else
		start_later(l);
}

static int
reap(const struct process *c, siginfo_t *si)
{
	*si = (siginfo_t){0};
	if (c->pidfd != -1)
		return waitid(P_PIDFD, (id_t)c->pidfd, si, WEXITED | WNOHANG);
	return waitid(P_PID, (id_t)c->pid, si, WEXITED | WNOHANG);
}

void
logger_died(struct logger *l)
{
	siginfo_t si;

	/* If somebody else has reaped it, it is dead all the same. */
	if (reap(&l->child, &si) == 0 && si.si_pid == 0)
		return;
	died(l, si.si_code == CLD_KILLED && si.si_status == SIGKILL);
}

static void
pidfd_ready(struct source *s, uint32_t events)
{
	(void)events;
	logger_died(s->arg);
}

pid_t
logger_pid(const struct logger *l)
{
	return l->child.pid;
}

static int
execute(struct logger *l, int sock, int folder, char *why, size_t whysize)
{
	char name[] = LOGPROC_ARGV0, zone[256] = "";
	char *argv[] = {name, NULL}, *envp[] = {NULL, NULL};
	const struct spawn_fd fds[] = {{sock, MESSAGE_SOCKET},
	    {l->journal, MESSAGE_JOURNAL}, {folder, MESSAGE_FOLDER},
	    {l->console, MESSAGE_CONSOLE}};
	const struct spawn_request req = {
	    .argv = argv,
	    .envp = envp,
	    .execfd = l->self,
	    .conf = l->as,
	    .cgroup = -1,
	    .outdir = -1,
	    .session = true,
	    .fds = fds,
	    .nfds = sizeof(fds) / sizeof(fds[0]),
	};
	struct spawn_error e;
	const char *tz = getenv("TZ");

	if (tz != NULL && strlen(tz) < sizeof(zone) - 3) {
		snprintf(zone, sizeof(zone), "TZ=%s", tz);
		envp[0] = zone;
	}
	if (spawn(&req, &l->child, &e) == 0)
		return 0;
	l->child = (struct process){-1, -1};
	snprintf(why, whysize, "%s: %s", spawn_stage_name(&e), strerror(e.err));
	return -1;
}

static int
hook(struct logger *l)
{
	l->sock = (struct source){-1, logger_sock_ready, l};
	l->pidfd = (struct source){-1, pidfd_ready, l};
	if (loop_watch(l->loop, &l->sock, l->fd, EPOLLIN) == -1)
		return -1;
	if (l->child.pidfd == -1)
		return 0;
	return loop_watch(l->loop, &l->pidfd, l->child.pidfd, EPOLLIN);
}

/*
 * The one that has the journal locked is it.  Asked again once its pidfd is
 * open, so that it is no other process that got its number.  True if it has
 * ended.
 */
static bool
kill_holder(struct logger *l, pid_t pid)
{
	struct process c = {.pid = pid};
	struct pollfd pfd;
	siginfo_t si;

	c.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (journal_holder(l->journal) == pid)
		process_signal(&c, SIGKILL);
	pfd = (struct pollfd){.fd = c.pidfd, .events = POLLIN};
	poll(&pfd, 1, LOOK_MS);
	/* It is a child if this daemon was executed in place of its parent. */
	reap(&c, &si);
	if (c.pidfd != -1)
		close(c.pidfd);
	return journal_holder(l->journal) != pid;
}

static int
start_in(struct logger *l, int folder, char *why, size_t whysize)
{
	int sv[2], rc;

	check_folder(l, folder);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, sv) == -1) {
		snprintf(why, whysize, "socket: %s", strerror(errno));
		return -1;
	}
	l->fd = sv[0];
	rc = execute(l, sv[1], folder, why, whysize);
	close(sv[1]);
	if (rc == 0 && hook(l) == -1) {
		snprintf(why, whysize, "epoll: %s", strerror(errno));
		rc = -1;
	}
	/* One that has no daemon ends by itself. */
	if (rc == -1)
		unhook(l);
	return rc;
}

int
logger_start(struct logger *l, char *why, size_t whysize)
{
	int folder, rc;
	pid_t pid;

	l->start = (struct deadline){.due = start_due, .arg = l};
	/* One that was begun by an earlier daemon just before its end. */
	if ((pid = journal_holder(l->journal)) > 0 && !kill_holder(l, pid)) {
		snprintf(why, whysize, "pid %d has not ended", (int)pid);
		return -1;
	}
	folder = logger_open_folder(l);
	/* It is asked for again whenever something is to be written. */
	if (folder == -1 && errno == EROFS) {
		log_warn("%s: no log can be written there", l->log_dir);
		folder = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	if (folder == -1) {
		snprintf(why, whysize, "%s: %s", l->log_dir, strerror(errno));
		return -1;
	}
	rc = start_in(l, folder, why, whysize);
	close(folder);
	if (rc == -1)
		return -1;
	l->began = clock_now();
	logger_introduce(l);
	return 0;
}

int
logger_end_former(struct logger *l)
{
	const struct mono until = clock_add_ms(clock_now(), KILL_MS);
	pid_t pid;

	while ((pid = journal_holder(l->journal)) > 0) {
		if (clock_before(until, clock_now())) {
			errno = ETIMEDOUT;
			return -1;
		}
		kill_holder(l, pid);
	}
	return pid == 0 ? 0 : -1;
}

/* Wait for a message, for room, or for its end; true once it has ended. */
static bool
await(struct logger *l, bool untold, siginfo_t *si)
{
	struct pollfd pfd[] = {
	    {.fd = l->fd, .events = POLLIN},
	    {.fd = l->child.pidfd, .events = POLLIN},
	};

	if (untold)
		pfd[0].events |= POLLOUT;
	poll(pfd, 2, LOOK_MS);
	if (l->fd != -1)
		logger_listen(l);
	return reap(&l->child, si) == -1 || si->si_pid != 0;
}

static bool
tell_to_quit(struct logger *l)
{
	const struct message_order o = {.type = MESSAGE_QUIT};

	l->blocked = false;
	logger_tell(l);
	return TAILQ_EMPTY(&l->dirty) && l->fd != -1 &&
	    message_send(l->fd, &o, sizeof(o), -1) == 0;
}

bool
logger_finish(struct logger *l, struct mono until)
{
	bool ended = false, told = false;
	siginfo_t si = {0};

	while (!ended && clock_before(clock_now(), until)) {
		if (!told)
			told = tell_to_quit(l);
		ended = await(l, !told, &si);
	}
	if (!ended) {
		log_warnx("log process, pid %d: still not all written, killed",
		    (int)l->child.pid);
		process_signal(&l->child, SIGKILL);
		until = clock_add_ms(clock_now(), KILL_MS);
		while (!await(l, false, &si) &&
		    clock_before(clock_now(), until))
			;
	}
	unhook(l);
	return ended && si.si_code == CLD_EXITED && si.si_status == 0;
}
