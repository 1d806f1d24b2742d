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
#include <time.h>
#include <unistd.h>

#include "process/inherit.h"
#include "process/rlimit.h"
#include "base/clock.h"
#include "daemon/guard.h"
#include "daemon/pidlock.h"
#include "base/heap.h"
#include "base/log.h"
#include "output/fifo.h"
#include "process/spawn.h"
#include "output/logger.h"

/*
 * The pause after a crash: none if the daemon had run longer than PAUSE_MAX
 * since the crash before, else it doubles, up to PAUSE_MAX; ms.
 */
#define PAUSE_MIN 100
#define PAUSE_MAX 60000
/* Lines of a daemon that ended at its start, in the log. */
#define REPORT_MAX 8192
/* The delay before a dead guard is replaced; ms. */
#define GUARD_AGAIN 100
/* The delay before the next try, if the kernel was short of something; ms. */
#define GUARD_LATER 1000
/* Tries to start a guard, or to read the records, before the guard continues
 * without. */
#define TRIES 6

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

/*
 * Until the next daemon has its event log, it writes to standard error.  The
 * guard reads that, and logs it if that daemon ends.  A starter that still
 * waits reads it itself.
 */
static void
report_to_guard(const struct daemon *d)
{
	struct stat st;

	if (!d->foreground && d->report[1] != -1 &&
	    fstat(STDERR_FILENO, &st) == 0 && !S_ISFIFO(st.st_mode))
		dup2(d->report[1], STDERR_FILENO);
}

/* The exec failed: nobody reads standard error. */
static void
report_nowhere(const struct daemon *d)
{
	int null;

	if (d->foreground)
		return;
	null = open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (null == -1)
		return;
	dup2(null, STDERR_FILENO);
	close(null);
}

void
guard_execute(struct daemon *d, int fd)
{
	char value[16], limit[RLIMIT_TEXT_MAX];
	int saved;

	snprintf(value, sizeof(value), "%d", record_fd(d->records));
	record_inherit(d->records, true);
	fifo_inherit(logger_outdir(d->logger), true);
	inherit_pass(d->effective.run_dir, true);
	report_to_guard(d);
	if (setenv(GUARD_VARIABLE, value, 1) == 0 &&
	    setenv(GUARD_DESCRIPTORS, rlimit_text(limit), 1) == 0)
		syscall(SYS_execveat, fd, "", d->argv, environ, AT_EMPTY_PATH);
	saved = errno;
	report_nowhere(d);
	record_inherit(d->records, false);
	fifo_inherit(logger_outdir(d->logger), false);
	inherit_pass(d->effective.run_dir, false);
	unsetenv(GUARD_VARIABLE);
	unsetenv(GUARD_DESCRIPTORS);
	errno = saved;
}

/* Note a crash.  Returns the pause until the next try, in ms. */
static int64_t
note_crash(struct record_header *h)
{
	const int64_t now = clock_now().ns;
	int64_t pause = h->pause;

	/* An earlier release kept something else there. */
	if (pause < 0 || pause > PAUSE_MAX)
		pause = 0;
	if (h->crashed == 0 || now - h->crashed > (PAUSE_MAX + pause) * 1000000)
		pause = 0;
	else
		pause = MIN(MAX(2 * pause, PAUSE_MIN), PAUSE_MAX);
	h->crashed = now;
	h->pause = pause;
	return pause;
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

/* Pause, and double the next pause. */
static void
pause_longer(int64_t *ms)
{
	const struct timespec ts = {(time_t)(*ms / 1000),
	    (long)(*ms % 1000) * 1000000L};

	log_flush();
	nanosleep(&ts, NULL);
	*ms = MIN(2 * *ms, PAUSE_MAX);
}

/* Log what the ended daemon said at its start, line by line. */
static void
log_report(const struct daemon *d)
{
	const pid_t pid = d->self_pid;
	char text[REPORT_MAX], *rest = text, *line;
	ssize_t n = -1;

	if (d->report[0] != -1)
		n = read(d->report[0], text, sizeof(text) - 1);
	if (n <= 0)
		return;
	text[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "hupd: ", 6) == 0)
			line += 6;
		if (*line != '\0')
			log_warnx("the daemon (pid %d) ended at its start: %s",
			    (int)pid, line);
	}
}

/* While it waits the guard is whom a start or an init script finds. */
static void
show_pid(struct daemon *d)
{
	struct record_header *h = record_header(d->records);
	char why[FILE_WHY_MAX];
	int fd;

	fd = pidlock_renew(d->effective.pidfile, h->pidfile_fd, why);
	if (fd == -1)
		return;
	if (h->pidfile_fd != -1)
		close(h->pidfile_fd);
	h->pidfile_fd = fd;
}

/*
 * The cause of the crash may last, so wait before the next try.  A signal ends
 * the pause; if it asks for the end, the next daemon stops the programs.
 */
static void
wait_for_next(struct daemon *d, int64_t ms)
{
	const struct timespec ts = {(time_t)(ms / 1000),
	    (long)(ms % 1000) * 1000000L};
	sigset_t all;
	int sig;

	if (ms == 0)
		return;
	show_pid(d);
	log_flush();
	sigfillset(&all);
	sig = sigtimedwait(&all, NULL, &ts);
	if (sig == SIGTERM || sig == SIGINT)
		record_header(d->records)->stopping = 1;
}

/* Shall another daemon follow?  If not, the reason is logged. */
static bool
shall_follow(struct daemon *d)
{
	struct record *r = d->records;
	int64_t ms = PAUSE_MIN;
	const char *why;
	int tries;

	for (tries = 1; record_refresh(r) == -1; tries++) {
		if (tries == TRIES) {
			log_warn("the daemon was killed, its records cannot be "
				 "read; the programs run on unsupervised");
			return false;
		}
		pause_longer(&ms);
	}
	if (!record_is_valid(r, &why)) {
		log_warnx("the daemon was killed before it had started, "
			  "giving up");
		return false;
	}
	/* After a re-execution, two guards may see this crash. */
	return record_claim(r, d->self_pid, getpid());
}

static int guard_main(void *);

/* Without it, the reason of a failed start is not logged. */
static void
open_report(struct daemon *d)
{
	if (pipe2(d->report, O_CLOEXEC | O_NONBLOCK) == -1)
		d->report[0] = d->report[1] = -1;
}

static void
close_report(struct daemon *d)
{
	if (d->report[0] == -1)
		return;
	close(d->report[0]);
	close(d->report[1]);
	d->report[0] = d->report[1] = -1;
}

/* Start a process that watches this one. */
static int
make_guard(struct daemon *d)
{
	log_flush(); /* the copy would log it again */
	if (d->self_pidfd == -1) {
		d->self_pid = getpid();
		d->self_pidfd = process_open(d->self_pid);
	}
	if (d->report[0] == -1)
		open_report(d);
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
	int64_t ms = PAUSE_MIN;
	int tries;

	close(d->self_pidfd);
	d->self_pidfd = -1;
	close_report(d);
	for (tries = 1; make_guard(d) == -1; tries++) {
		if (tries == 1)
			log_warn("no guard can be started for the next "
				 "daemon, trying again");
		if (tries == TRIES)
			break;
		pause_longer(&ms);
	}
}

/* Execute the next daemon, sooner or later. */
_Noreturn static void
follow(struct daemon *d)
{
	const int64_t pause = note_crash(record_header(d->records));
	int64_t ms = PAUSE_MIN;

	log_report(d);
	if (pause == 0)
		log_warnx("the daemon (pid %d) was killed or crashed; starting "
			  "a replacement",
		    (int)d->self_pid);
	else
		log_warnx("the daemon (pid %d) was killed or crashed again; "
			  "starting a replacement in %g s",
		    (int)d->self_pid, (double)pause / 1000);
	watch_myself(d);
	wait_for_next(d, pause);
	for (;;) {
		log_flush();
		guard_execute(d, d->self);
		log_warn("the next daemon cannot be executed, trying again in "
			 "%g s",
		    (double)ms / 1000);
		pause_longer(&ms);
	}
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
	if (shall_follow(d))
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
	close_report(d);
}
