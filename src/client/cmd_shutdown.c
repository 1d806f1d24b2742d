/*
 * cmd_shutdown - "shutdown": the daemon stops every program and ends.
 *
 * A daemon that cannot be asked (its socket was removed, or it does not
 * answer) is sent the signal that any administrator would send.  The end of
 * the daemon is the end of its locks and then of its process.  If it is killed
 * meanwhile, its guard becomes the daemon and continues to stop the programs:
 * then wait for that one.
 */
#include <sys/syscall.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/cmd.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "client/target.h"

/* Above the stop-timeouts: the last output is written; ms. */
#define MARGIN 15000
/* The longest wait for a daemon that does not say how long it takes; ms. */
#define UNKNOWN_LIMIT 300000
/* Looks whether it has ended, and messages that it has not; ms. */
#define LOOK 50
#define SHOW 5000

struct job {
	const struct ctl *ctl;
	const char *socket;
	pid_t pid;     /* of the daemon, as it says itself; 0: unknown */
	int pidfd;     /* of the same process; or -1 */
	int64_t limit; /* ms; INT64_MAX: none */
};

static void
hold(struct job *job, pid_t pid)
{
	if (job->pidfd != -1)
		close(job->pidfd);
	job->pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

/*
 * Ask.  STATUS_OK: it is stopping.  Otherwise nothing has been printed, and
 * talk has the reason.
 */
static int
ask(struct job *job, struct talk *talk)
{
	struct line_text request = {0};
	struct reply reply = {0};
	const struct line *line;
	struct holder h;
	int status;

	line_begin(&request, "shutdown");
	line_end(&request);
	if ((status = talk_open(talk, job->socket)) == STATUS_OK) {
		/* Before the request: no later process of that pid is meant. */
		hold(job, talk->peer);
		if ((status = talk_send(talk, &request)) == STATUS_OK)
			while (talk_next(talk, &reply) == 1)
				;
		status = talk->status;
	}
	line = reply_find(&reply, "stopping");
	if (status == STATUS_OK && line != NULL) {
		job->pid = (pid_t)line_get_number(line, "pid", 0);
		/*
		 * The kernel names the process that first listened, which may
		 * be an earlier daemon.
		 */
		if (job->pid != talk->peer)
			hold(job,
			    talk_holder(job->socket, &h) && h.pid == job->pid
				? h.pid
				: 0);
		job->limit = line_get_number(line, "limit", UNKNOWN_LIMIT);
		if (job->limit < INT64_MAX - MARGIN)
			job->limit += MARGIN;
	}
	reply_clear(&reply);
	line_text_clear(&request);
	return status;
}

/* Signal the daemon that the locks name. */
static int
signal_it(struct job *job, const struct talk *talk)
{
	struct holder h;

	if (!talk_holder(job->socket, &h) || h.pid == 0)
		return talk_verdict(job->ctl, talk);
	hold(job, h.pid);
	if (talk_signal(job->socket, &h, SIGTERM) == -1)
		return present_fail(job->ctl,
		    errno == EPERM ? STATUS_DENIED : STATUS_FAILED,
		    "SIGTERM to hupd (pid %d): %s", (int)h.pid,
		    strerror(errno));
	present_warn("%s; sent SIGTERM to hupd (pid %d)",
	    talk->why != NULL ? talk->why : job->socket, (int)h.pid);
	job->pid = h.pid;
	job->limit = UNKNOWN_LIMIT;
	return STATUS_OK;
}

/* A release that knows no "shutdown" answers with a usage error. */
static int
begin(struct job *job)
{
	struct holder h;
	struct talk talk;
	int status;

	status = ask(job, &talk);
	if (status == STATUS_OK)
		;
	else if (status == STATUS_NO_DAEMON && talk_holder(job->socket, &h) &&
	    h.stopping && h.pid > 0) {
		/* It is about to end, and listens no longer. */
		hold(job, h.pid);
		job->pid = h.pid;
		job->limit = UNKNOWN_LIMIT;
		status = STATUS_OK;
	} else if (status == STATUS_DENIED || status == STATUS_NO_DAEMON)
		talk_verdict(job->ctl, &talk);
	else
		status = signal_it(job, &talk);
	talk_close(&talk);
	return status;
}

/* Wait a moment.  Has the process ended?  Without a pidfd it may have. */
static bool
process_ended(struct job *job)
{
	struct pollfd pfd = {.fd = job->pidfd, .events = POLLIN};

	if (poll(&pfd, 1, LOOK) <= 0)
		return job->pidfd == -1;
	hold(job, 0);
	return true;
}

static bool
listens(const struct job *job)
{
	struct talk talk;
	int status = talk_open(&talk, job->socket);

	talk_close(&talk);
	return status == STATUS_OK;
}

/*
 * Has the daemon ended?  A process that stops programs after it is its
 * successor; any other daemon was started by somebody else.
 */
static bool
is_gone(struct job *job)
{
	struct holder h;

	if (!process_ended(job))
		return false;
	if (!talk_holder(job->socket, &h))
		return !listens(job);
	if (h.pid == job->pid)
		return false;
	if (h.pid == 0 || !h.stopping)
		return true;
	hold(job, h.pid);
	job->pid = h.pid;
	return false;
}

/* The programs that still run, as ": web, db"; the caller frees it, or NULL. */
static char *
running(const struct job *job)
{
	struct line_text request = {0};
	struct reply reply = {0};
	const struct line *line;
	char *text = NULL;
	struct talk talk;
	size_t size;
	FILE *f;

	line_begin(&request, "status");
	line_end(&request);
	f = open_memstream(&text, &size);
	if (f != NULL &&
	    talk_ask(&talk, job->socket, &request, &reply) == STATUS_OK)
		for (size_t i = 0, n = 0; i < reply.n; i++) {
			line = &reply.v[i];
			if (reply_is(line, "program") &&
			    line_get(line, "pid") != NULL)
				fprintf(f, "%s%s", n++ == 0 ? ": " : ", ",
				    line_get(line, "name"));
		}
	if (f != NULL) {
		talk_close(&talk);
		fclose(f);
	}
	reply_clear(&reply);
	line_text_clear(&request);
	return text;
}

/* Wait for the end, up to the limit. */
static int
wait_for_end(struct job *job)
{
	const struct mono start = clock_now();
	int64_t shown = 0, ms;
	char done[64], *left;
	int status;

	while (!is_gone(job)) {
		ms = clock_diff_ms(clock_now(), start);
		if (ms < job->limit && ms - shown < SHOW)
			continue;
		left = running(job);
		if (ms >= job->limit) {
			status = present_fail(job->ctl, STATUS_FAILED,
			    "hupd (pid %d) is still stopping programs after "
			    "%" PRId64 " s%s",
			    (int)job->pid, ms / 1000, left != NULL ? left : "");
			free(left);
			return status;
		}
		present_warn("hupd is stopping programs (%" PRId64 " s)%s",
		    ms / 1000, left != NULL ? left : "");
		free(left);
		shown = ms;
	}
	snprintf(done, sizeof(done), "hupd (pid %d) has ended", (int)job->pid);
	job->ctl->present->done(job->ctl, done);
	return STATUS_OK;
}

int
cmd_shutdown_run(const struct ctl *ctl, int argc, char **argv)
{
	struct job job = {.ctl = ctl, .pidfd = -1};
	struct target target;
	char done[64];
	int status;

	(void)argc;
	(void)argv;
	if ((status = target_find(&target, ctl)) != STATUS_OK)
		return status;
	job.socket = target.socket;
	target_revive(&target);
	status = begin(&job);
	if (ctl->timeout != -1)
		job.limit = ctl->timeout;
	if (status == STATUS_OK && ctl->no_wait) {
		snprintf(done, sizeof(done), "hupd (pid %d) is stopping",
		    (int)job.pid);
		ctl->present->done(ctl, done);
	} else if (status == STATUS_OK)
		status = wait_for_end(&job);
	if (job.pidfd != -1)
		close(job.pidfd);
	target_clear(&target);
	return status;
}
