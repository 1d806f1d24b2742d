/*
 * guard - a process that waits for the end of the daemon, and then becomes
 * the next daemon.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "process/rlimit.h"
#include "daemon/guard.h"
#include "base/heap.h"
#include "base/log.h"
#include "output/fifo.h"
#include "process/spawn.h"
#include "output/logger.h"

/* After this many crashes within the period no further daemon is started. */
#define CRASHES 5
#define CRASH_PERIOD ((int64_t)60 * 1000 * 1000 * 1000) /* ns */
/* The delay before a dead guard is replaced; ms. */
#define GUARD_AGAIN 100
/* The delay before the next try, if the kernel was short of something; ms. */
#define GUARD_LATER 1000
/*
 * A guard that becomes the daemon retries with doubling delays: for a minute
 * in all.
 */
#define TRIES 16
#define AGAIN 100      /* ms */
#define AGAIN_MAX 5000 /* ms */

extern char **environ;

int
guard_inheritance(void)
{
	const char *value = getenv(GUARD_VARIABLE), *why;
	struct stat st;
	int fd;

	if (value == NULL)
		return -1;
	fd = (int)strtonum(value, 3, INT_MAX, &why);
	unsetenv(GUARD_VARIABLE);
	if (why != NULL || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	return fd;
}

void
guard_execute(struct daemon *d, int fd)
{
	char value[16], limit[RLIMIT_TEXT_MAX];
	int saved;

	snprintf(value, sizeof(value), "%d", record_fd(d->records));
	record_inherit(d->records, true);
	fifo_inherit(logger_outdir(d->logger), true);
	if (setenv(GUARD_VARIABLE, value, 1) == 0 &&
	    setenv(GUARD_DESCRIPTORS, rlimit_text(limit), 1) == 0)
		syscall(SYS_execveat, fd, "", d->argv, environ, AT_EMPTY_PATH);
	saved = errno;
	record_inherit(d->records, false);
	fifo_inherit(logger_outdir(d->logger), false);
	unsetenv(GUARD_VARIABLE);
	unsetenv(GUARD_DESCRIPTORS);
	errno = saved;
}

/* Note this crash.  False: there were too many in the period. */
static bool
may_go_on(struct record_header *h)
{
	int64_t now = clock_now().ns;

	memmove(h->crashes + 1, h->crashes,
	    sizeof(h->crashes) - sizeof(h->crashes[0]));
	h->crashes[0] = now;
	return h->crashes[CRASHES] == 0 ||
	    now - h->crashes[CRASHES] > CRASH_PERIOD;
}

/*
 * Signals that were sent to the guard are blocked and pending.  They were not
 * meant for the daemon that it becomes.
 */
static void
drop_signals(void)
{
	const struct timespec now = {0};
	sigset_t all;

	sigfillset(&all);
	while (sigtimedwait(&all, NULL, &now) != -1 || errno == EINTR)
		;
}

static void
log_give_up(void)
{
	static const char text[] = "the daemon keeps crashing, giving up: the "
				   "programs run on unsupervised; start hupd "
				   "again once the cause is found";

	log_warnx("%s", text);
	openlog("hupd", LOG_PID, LOG_DAEMON);
	syslog(LOG_CRIT, "%s", text);
}

/*
 * ps(1) shall show "hupd: guard".  If a longer title ended here before,
 * setproctitle(3) has put a dot there, for a kernel that looks for one where
 * the last argument ended: move it.
 */
static void
set_title(const struct daemon *d)
{
	char *end = d->title + strlen(d->argv[0]);

	prctl(PR_SET_NAME, "hupd: guard", 0, 0, 0);
	setproctitle("guard");
	if (strlen(d->title) < strlen(d->argv[0]))
		*end = '\0';
	if (d->title_end > end)
		*d->title_end = '.';
}

/* Wait.  The reason of the crash, short memory say, may last.  False: no more.
 */
static bool
try_again(int *tries)
{
	const int ms = MIN(AGAIN << *tries, AGAIN_MAX);
	const struct timespec again = {ms / 1000, ms % 1000 * 1000000L};

	log_flush();
	nanosleep(&again, NULL);
	return ++*tries < TRIES;
}

/* Shall another daemon follow?  If not, the reason is logged. */
static bool
shall_follow(struct record *r)
{
	const char *why;
	int tries = 0;

	while (record_refresh(r) == -1) {
		if (try_again(&tries))
			continue;
		log_warn("the daemon was killed, its records cannot be read; "
			 "the programs run on unsupervised");
		return false;
	}
	if (!record_is_valid(r, &why)) {
		log_warnx("the daemon was killed before it had started, "
			  "giving up");
		return false;
	}
	log_warnx("the daemon (pid %d) was killed or crashed; starting a "
		  "replacement",
	    (int)record_header(r)->pid);
	if (may_go_on(record_header(r)))
		return true;
	log_give_up();
	return false;
}

static int guard_main(void *);

/* Start a process that watches this one. */
static int
make_guard(struct daemon *d)
{
	log_flush(); /* the copy would log it again */
	if (d->self_pidfd == -1)
		d->self_pidfd = process_open(getpid());
	if (d->self_pidfd == -1 || spawn_twin(guard_main, d, &d->guard) == -1)
		return -1;
	record_header(d->records)->guard_pid = d->guard.pid;
	return 0;
}

/*
 * Start a guard first: the start of the daemon that this process becomes may
 * fail for the same shortage.
 */
static void
watch_myself(struct daemon *d)
{
	int tries = 0;

	close(d->self_pidfd);
	d->self_pidfd = -1;
	while (make_guard(d) == -1) {
		if (tries == 0)
			log_warn("no guard can be started for the next "
				 "daemon, trying again");
		if (!try_again(&tries))
			break;
	}
}

static void
follow(struct daemon *d)
{
	int tries = 0;

	watch_myself(d);
	do {
		log_flush();
		guard_execute(d, d->self);
		if (tries == 0)
			log_warn("the next daemon cannot be executed, trying "
				 "again");
	} while (try_again(&tries));
	log_warnx("the next daemon could not be executed, giving up: the "
		  "programs run on unsupervised");
	if (d->guard.pid > 0)
		process_signal(&d->guard, SIGKILL);
}

/*
 * Free the copy of a large configuration: the daemon counts references in each
 * definition, so that no page of them would stay shared.
 */
static void
free_memory(struct daemon *d)
{
	if (d->set != NULL)
		config_clear(d->set);
	heap_trim();
}

static int
guard_main(void *arg)
{
	struct daemon *d = arg;
	struct pollfd pfd = {.fd = d->self_pidfd, .events = POLLIN};

	set_title(d);
	free_memory(d);
	while (poll(&pfd, 1, -1) == -1 && errno == EINTR)
		;
	drop_signals();
	if (shall_follow(d->records))
		follow(d);
	log_flush();
	return 1;
}

static void
guard_due(struct deadline *dl)
{
	guard_start(dl->arg);
}

static void
guard_died(struct source *s, uint32_t events)
{
	struct daemon *d = s->arg;
	struct process_end end;

	(void)events;
	if (!process_ended(d->guard.pid, d->guard.pidfd, &end))
		return;
	log_warnx("the guard (pid %d) has died; starting a replacement",
	    (int)d->guard.pid);
	loop_unwatch(d->loop, &d->guard_source);
	process_reap(d->guard.pid, d->guard.pidfd);
	close(d->guard.pidfd);
	d->guard.pid = 0;
	loop_at(d->loop, &d->guard_again,
	    clock_add_ms(loop_now(d->loop), GUARD_AGAIN));
}

/* A shortage may pass; a kernel without pidfds stays so. */
static bool
may_pass(int err)
{
	return err == EAGAIN || err == ENOMEM || err == EMFILE || err == ENFILE;
}

/* Logged once, however often it is retried. */
static void
guard_failed(struct daemon *d)
{
	const bool again = may_pass(errno);

	if (!d->unguarded)
		log_warn("no guard can be started%s",
		    again ? ", trying again" : "");
	d->unguarded = true;
	if (again)
		loop_at(d->loop, &d->guard_again,
		    clock_add_ms(clock_now(), GUARD_LATER));
}

void
guard_start(struct daemon *d)
{
	d->guard_again.due = guard_due;
	d->guard_again.arg = d;
	d->guard_source.ready = guard_died;
	d->guard_source.arg = d;
	d->guard_source.fd = -1;
	if (make_guard(d) == -1) {
		guard_failed(d);
		return;
	}
	if (d->unguarded)
		log_info("the guard is running again, pid %d",
		    (int)d->guard.pid);
	d->unguarded = false;
	if (d->guard.pidfd == -1 ||
	    loop_watch(d->loop, &d->guard_source, d->guard.pidfd, EPOLLIN) ==
		-1)
		log_warn("the guard cannot be watched");
}

void
guard_end(struct daemon *d)
{
	loop_cancel(d->loop, &d->guard_again);
	if (d->guard.pid == 0)
		return;
	loop_unwatch(d->loop, &d->guard_source);
	process_signal(&d->guard, SIGKILL);
	while (waitpid(d->guard.pid, NULL, 0) == -1 && errno == EINTR)
		;
	close(d->guard.pidfd);
	d->guard.pid = 0;
	if (d->self_pidfd != -1)
		close(d->self_pidfd);
	d->self_pidfd = -1;
}
