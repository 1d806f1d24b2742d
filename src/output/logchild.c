/*
 * logchild - the daemon starts the log process, replaces it when it dies, and
 * ends it.
 */
#include "output/logchild.h"

#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "output/journal.h"
#include "output/logproc.h"
#include "output/message.h"
#include "output/writer.h"
#include "process/spawn.h"

/* After a shorter life its successor is started with a delay. */
#define SHORT_LIFE_MS 1000
#define DELAY_MS 100
#define DELAY_MAX_MS 5000
/* A process that is killed ends within this time. */
#define KILL_MS 2000
/* The journal, relative to the folder of the FIFOs. */
#define JOURNAL "../log.journal"
/* The file with pid and start time of the log process, relative to it too. */
#define RECORD "../log.process"
/* The size of the pipe that reports come through: 64 of them. */
#define REPORTS_BYTES (64 * 4096)
/* The interval of polling where no descriptor reports the event. */
#define POLL_MS 10

/*
 * The process has a descriptor for each stream, and writes all log files: give
 * it the daemon's limits instead of those of programs.
 */
static int
keep_limits(struct definition *as)
{
	static const int which[] = {RLIMIT_NOFILE, RLIMIT_FSIZE};
	struct value_rlimit most;
	struct rlimit own;

	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		if (getrlimit(which[i], &own) == -1)
			continue;
		most.which = which[i];
		most.soft = most.hard = own.rlim_max;
		if (value_set_rlimit(&as->rlimits, &most) == -1)
			return -1;
	}
	return 0;
}

static void start_due(struct deadline *);
static void exec_decided(struct spawn_report *);

int
logchild_init(struct logchild *c, struct loop *loop,
    const struct logger_conf *conf, const struct logchild_calls *calls)
{
	*c = (struct logchild){
	    .loop = loop,
	    .calls = *calls,
	    .log_gid = conf->log_gid,
	    .self = conf->self,
	    .dir = -1,
	    .journal = -1,
	    .record = -1,
	    .console = -1,
	    .process = {.pidfd = -1},
	    .fd = -1,
	    .reports = -1,
	    .sock = {.fd = -1},
	    .pipe = {.fd = -1},
	    .pidfd = {.fd = -1},
	    .start = {.due = start_due, .arg = c},
	};
	spawn_report_init(&c->exec, loop, exec_decided, c);
	if ((c->as = definition_new()) == NULL || keep_limits(c->as) == -1 ||
	    (c->log_dir = strdup(conf->log_dir)) == NULL)
		return -1;
	c->as->umask = 027;
	c->as->uid = conf->uid;
	c->as->gid = conf->uid == (uid_t)-1 ? (gid_t)-1 : conf->gid;
	c->console = writer_open_console(STDOUT_FILENO);
	return c->console == -1 ? -1 : 0;
}

void
logchild_free(struct logchild *c)
{
	loop_cancel(c->loop, &c->start);
	if (c->journal != -1)
		close(c->journal);
	if (c->record != -1)
		close(c->record);
	if (c->console != -1)
		close(c->console);
	definition_unref(c->as);
	free(c->log_dir);
}

static int
open_file(struct logchild *c, const char *name, int flags)
{
	return openat(c->dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags,
	    0600);
}

int
logchild_open_journal(struct logchild *c, int dir)
{
	c->dir = dir;
	c->journal = open_file(c, JOURNAL, O_CREAT);
	c->record = open_file(c, RECORD, O_CREAT);
	return c->journal == -1 || c->record == -1 ? -1 : 0;
}

void
logchild_remove_journal(struct logchild *c)
{
	unlinkat(c->dir, JOURNAL, 0);
	unlinkat(c->dir, RECORD, 0);
}

/*
 * Continue with an empty journal.  The old one has no name any more; a process
 * that has it open keeps it.
 */
static int
replace_journal(struct logchild *c, const char *why)
{
	int fd;

	log_warnx("log.journal: %s; starting a new journal", why);
	if (unlinkat(c->dir, JOURNAL, 0) == -1 && errno != ENOENT)
		return -1;
	if ((fd = open_file(c, JOURNAL, O_CREAT | O_EXCL)) == -1)
		return -1;
	close(c->journal);
	c->journal = fd;
	return 0;
}

/* Record the process that the next daemon may kill. */
static void
remember(struct logchild *c)
{
	char text[64];
	int n;

	n = snprintf(text, sizeof(text), "%-12d %-24" PRIu64 "\n",
	    (int)c->process.pid, process_start_time(c->process.pid));
	if (pwrite(c->record, text, (size_t)n, 0) != n)
		log_warn("log.process: cannot record the log process");
}

/*
 * Find the log process that a former daemon recorded; the start time
 * distinguishes it from a later process with its pid.  False if it has ended.
 */
static bool
find_former(struct logchild *c, struct process *p)
{
	uint64_t began;
	char text[64];
	ssize_t n;
	int pid;

	if ((n = pread(c->record, text, sizeof(text) - 1, 0)) <= 0)
		return false;
	text[n] = '\0';
	if (sscanf(text, "%d %" SCNu64, &pid, &began) != 2 || pid <= 0)
		return false;
	*p = (struct process){.pid = pid, .pidfd = process_open(pid)};
	/* Check after the pidfd is open: it stays with its process. */
	if (process_start_time(pid) == began)
		return true;
	if (p->pidfd != -1)
		close(p->pidfd);
	return false;
}

static int
make_folder(struct logchild *c)
{
	int fd;

	if (mkdir(c->log_dir, 0750) == -1)
		return -1;
	fd = open(c->log_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	/* The files get the group of the folder, not that of the process. */
	if ((c->as->uid != (uid_t)-1 &&
		fchown(fd, c->as->uid, c->log_gid) == -1) ||
	    fchmod(fd, 02750) == -1)
		log_warn("%s: cannot set owner and mode", c->log_dir);
	return fd;
}

int
logchild_open_folder(struct logchild *c)
{
	int fd;

	fd = open(c->log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		fd = make_folder(c);
	return fd;
}

/* Report early that the log user cannot write to the folder. */
static void
check_folder(const struct logchild *c, int fd)
{
	const uid_t uid = c->as->uid == (uid_t)-1 ? geteuid() : c->as->uid;
	const gid_t gid = c->as->gid == (gid_t)-1 ? getegid() : c->as->gid;
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
		    c->log_dir, (unsigned)uid);
}

static void
sock_ready(struct source *s, uint32_t events)
{
	struct logchild *c = s->arg;

	(void)events;
	loop_unwatch(c->loop, s);
	c->calls.writable(c->calls.arg);
}

void
logchild_await_room(struct logchild *c)
{
	if (c->sock.fd == -1)
		loop_watch(c->loop, &c->sock, c->fd, EPOLLOUT);
}

static void
pipe_ready(struct source *s, uint32_t events)
{
	struct logchild *c = s->arg;

	c->calls.readable(c->calls.arg);
	/* Its pidfd reports its end. */
	if ((events & EPOLLIN) == 0)
		loop_unwatch(c->loop, s);
}

static void
pidfd_ready(struct source *s, uint32_t events)
{
	(void)events;
	logchild_died(s->arg);
}

void
logchild_forget(struct logchild *c)
{
	loop_unwatch(c->loop, &c->sock);
	loop_unwatch(c->loop, &c->pidfd);
	spawn_forget(&c->exec);
	if (c->fd != -1)
		close(c->fd);
	if (c->process.pidfd != -1)
		close(c->process.pidfd);
	c->fd = c->reports = -1;
	c->process = (struct process){.pidfd = -1};
}

/* If the execution failed, the child ends by itself. */
static void
exec_decided(struct spawn_report *r)
{
	if (r->outcome == SPAWN_FAILED)
		log_warnx("log process: %s: %s", spawn_stage(&r->error),
		    strerror(r->error.err));
}

static int
execute(struct logchild *c, int sock, int reports, int folder, char *why,
    size_t whysize)
{
	char name[] = LOGPROC_ARGV0, zone[256] = "";
	char *argv[] = {name, NULL}, *envp[] = {NULL, NULL};
	const struct spawn_fd fds[] = {{sock, MESSAGE_SOCKET},
	    {c->journal, MESSAGE_JOURNAL}, {folder, MESSAGE_FOLDER},
	    {c->console, MESSAGE_CONSOLE}, {reports, MESSAGE_REPORTS}};
	const struct spawn_request req = {
	    .argv = argv,
	    .envp = envp,
	    .execfd = c->self,
	    .conf = c->as,
	    .cgroup = -1,
	    .outdir = -1,
	    .session = true,
	    .fds = fds,
	    .nfds = sizeof(fds) / sizeof(fds[0]),
	};
	const char *tz = getenv("TZ");

	if (tz != NULL && strlen(tz) < sizeof(zone) - 3) {
		snprintf(zone, sizeof(zone), "TZ=%s", tz);
		envp[0] = zone;
	}
	if (spawn(&req, &c->process, &c->exec) == 0)
		return 0;
	snprintf(why, whysize, "%s: %s", spawn_stage(&c->exec.error),
	    strerror(c->exec.error.err));
	return -1;
}

static int
watch(struct logchild *c)
{
	c->sock = (struct source){-1, sock_ready, c};
	c->pipe = (struct source){-1, pipe_ready, c};
	c->pidfd = (struct source){-1, pidfd_ready, c};
	if (loop_watch(c->loop, &c->pipe, c->reports, EPOLLIN) == -1)
		return -1;
	if (c->process.pidfd == -1)
		return 0;
	return loop_watch(c->loop, &c->pidfd, c->process.pidfd, EPOLLIN);
}

/*
 * A socket for orders and a pipe for reports; *sock and *pipe are the ends of
 * the process.  The pipe keeps messages apart (O_DIRECT), and the socket takes
 * nothing from the process, not even a descriptor.
 */
static int
connect_to(struct logchild *c, int *sock, int *pipe)
{
	int fds[2];

	if (pipe2(fds, O_DIRECT | O_NONBLOCK | O_CLOEXEC) == -1)
		return -1;
	c->reports = fds[0];
	*pipe = fds[1];
	/* A slot for each message; by default there are 16. */
	fcntl(fds[0], F_SETPIPE_SZ, REPORTS_BYTES);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, fds) == -1)
		return -1;
	c->fd = fds[0];
	*sock = fds[1];
	return shutdown(c->fd, SHUT_RD);
}

static int
start_in(struct logchild *c, int folder, char *why, size_t whysize)
{
	int sock = -1, pipe = -1, rc = -1;

	check_folder(c, folder);
	if (connect_to(c, &sock, &pipe) == -1)
		snprintf(why, whysize, "socket or pipe: %s", strerror(errno));
	else
		rc = execute(c, sock, pipe, folder, why, whysize);
	if (sock != -1)
		close(sock);
	if (pipe != -1)
		close(pipe);
	if (rc == 0 && watch(c) == -1) {
		snprintf(why, whysize, "epoll: %s", strerror(errno));
		rc = -1;
	}
	/* A process without a daemon ends by itself. */
	if (rc == -1)
		logchild_forget(c);
	return rc;
}

int
logchild_end_former(struct logchild *c)
{
	const struct mono until = clock_add_ms(clock_now(), KILL_MS);
	struct pollfd pfd = {.events = POLLIN};
	struct process former;
	int rc = 0;

	if (!find_former(c, &former))
		return 0;
	process_signal(&former, SIGKILL);
	pfd.fd = former.pidfd;
	/* Without a pidfd, the end of the process shows by its lock. */
	while (rc == 0 && poll(&pfd, 1, POLL_MS) != 1 &&
	    (former.pidfd != -1 || journal_is_locked(c->journal)))
		if (clock_before(until, clock_now())) {
			errno = ETIMEDOUT;
			rc = -1;
		}
	/* It is our child if this daemon was executed in place of its parent.
	 */
	process_reap(former.pid, former.pidfd);
	if (former.pidfd != -1)
		close(former.pidfd);
	return rc;
}

/*
 * No log process of ours is left.  If another process has the journal locked,
 * do not kill it: that process can choose the pid in the lock.
 */
static int
make_usable(struct logchild *c, char *why, size_t whysize)
{
	const char *reason = NULL;

	if (journal_is_locked(c->journal))
		reason = "locked by an unknown process";
	else if (c->suspect)
		reason = "the log process crashed soon after its start";
	c->suspect = false;
	if (reason == NULL || replace_journal(c, reason) == 0)
		return 0;
	snprintf(why, whysize, "log.journal: %s", strerror(errno));
	return -1;
}

int
logchild_start(struct logchild *c, char *why, size_t whysize)
{
	int folder, rc;

	if (make_usable(c, why, whysize) == -1)
		return -1;
	folder = logchild_open_folder(c);
	/* The process requests the folder again when it has output to write. */
	if (folder == -1 && errno == EROFS) {
		log_warn("%s: no log can be written there", c->log_dir);
		folder = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	if (folder == -1) {
		snprintf(why, whysize, "%s: %s", c->log_dir, strerror(errno));
		return -1;
	}
	rc = start_in(c, folder, why, whysize);
	close(folder);
	if (rc == -1)
		return -1;
	c->began = clock_now();
	remember(c);
	c->calls.started(c->calls.arg);
	return 0;
}

static void
start_later(struct logchild *c)
{
	c->delay = MIN(DELAY_MAX_MS, MAX(DELAY_MS, 2 * c->delay));
	loop_at(c->loop, &c->start, clock_add_ms(clock_now(), c->delay));
}

static void
start_again(struct logchild *c)
{
	char why[256];

	if (logchild_start(c, why, sizeof(why)) == 0)
		return;
	start_later(c);
	log_warnx("log process: cannot start: %s; retrying in %d ms", why,
	    (int)c->delay);
}

static void
start_due(struct deadline *d)
{
	start_again(d->arg);
}

static void
describe_end(const struct process_end *end, char *buf, size_t size)
{
	if (!end->known)
		strlcpy(buf, "ended", size);
	else if (end->signal && end->code == SIGKILL)
		strlcpy(buf, "killed", size);
	else
		snprintf(buf, size, "ended by %s %d",
		    end->signal ? "signal" : "exit status", end->code);
}

/* Can this end be the effect of a damaged or truncated journal? */
static bool
is_crash(const struct process_end *end)
{
	return end->known && end->signal &&
	    (end->code == SIGBUS || end->code == SIGSEGV ||
		end->code == SIGABRT || end->code == SIGILL ||
		end->code == SIGFPE);
}

/*
 * After SIGKILL, which came from outside, the successor starts at once.  After
 * repeated crashes it starts with a delay.
 */
/* Why a process has ended to be followed by another one; NULL: it has not. */
static const char *
successor_reason(const struct process_end *end)
{
	if (!end->known || end->signal)
		return NULL;
	if (end->code == LOGPROC_OTHER_FOLDER)
		return "a new folder";
	return end->code == LOGPROC_OTHER_ZONE ? "a new time zone" : NULL;
}

void
logchild_died(struct logchild *c)
{
	const int64_t life = clock_diff_ms(clock_now(), c->began);
	struct process_end end;
	char how[48];
	const char *reason;

	if (c->process.pid == 0 ||
	    (!process_ended(c->process.pid, c->process.pidfd, &end) &&
		process_is_child(c->process.pid)))
		return;
	process_reap(c->process.pid, c->process.pidfd);
	if (c->reports != -1)
		c->calls.readable(c->calls.arg);
	spawn_look(&c->exec);
	reason = successor_reason(&end);
	describe_end(&end, how, sizeof(how));
	if (reason != NULL)
		log_info("%s: %s; starting a new log process", c->log_dir,
		    reason);
	else
		log_warnx("log process, pid %d: %s; starting a replacement",
		    (int)c->process.pid, how);
	logchild_forget(c);
	if (reason != NULL || (end.signal && end.code == SIGKILL) ||
	    life >= SHORT_LIFE_MS) {
		c->delay = 0;
		start_again(c);
	} else {
		c->suspect = is_crash(&end);
		start_later(c);
	}
}

bool
logchild_wait(struct logchild *c, bool writable, struct process_end *end)
{
	struct pollfd pfd[] = {
	    {.fd = c->reports, .events = POLLIN},
	    {.fd = c->process.pidfd, .events = POLLIN},
	    {.fd = writable ? c->fd : -1, .events = POLLOUT},
	};

	poll(pfd, 3, POLL_MS);
	if (c->reports != -1)
		c->calls.readable(c->calls.arg);
	if (!process_ended(c->process.pid, c->process.pidfd, end) &&
	    process_is_child(c->process.pid))
		return false;
	process_reap(c->process.pid, c->process.pidfd);
	return true;
}

void
logchild_kill(struct logchild *c)
{
	const struct mono until = clock_add_ms(clock_now(), KILL_MS);
	struct process_end end;

	process_signal(&c->process, SIGKILL);
	while (!logchild_wait(c, false, &end) &&
	    clock_before(clock_now(), until))
		;
}
