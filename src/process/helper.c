/*
 * helper - work that somebody else can delay, done in a child with a deadline.
 */
#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/helper.h"
#include "process/spawn.h"

/* An answer that is longer is cut, which is late. */
#define ANSWER_MAX ((size_t)16 * 1024 * 1024)
/* A deadline moves by at most this on a machine that is too busy; ms. */
#define GRANT_MAX 60000
#define GRANT 100

/* Room for one child. */
struct helper_place {
	struct helpers *helpers;
	struct process child; /* pid 0: free */
	struct source pipe;
	struct helper *job; /* NULL: nobody waits for the answer any more */
};

struct helpers {
	struct loop *loop;
	TAILQ_HEAD(, helper) queue;
	struct helper_place places[HELPER_MAX];
	struct deadline turn; /* look at the queue */
};

/* Append what the pipe has.  1: there may be more; 0: not yet; -1: its end. */
static int
take(struct helper *job, int fd)
{
	char buf[4096], *grown;
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	if (job == NULL)
		return 1;
	grown = NULL;
	if (job->len + (size_t)n < ANSWER_MAX)
		grown = realloc(job->answer, job->len + (size_t)n + 1);
	if (grown == NULL) {
		job->late = true;
		return -1;
	}
	memcpy(grown + job->len, buf, (size_t)n);
	job->answer = grown;
	job->len += (size_t)n;
	job->answer[job->len] = '\0';
	return 1;
}

static void
clear_answer(struct helper *job)
{
	free(job->answer);
	job->answer = NULL;
	job->len = 0;
	job->late = false;
}

/* The job leaves its place, or the queue. */
static void
detach(struct helper *job)
{
	struct helpers *hs = job->helpers;

	loop_cancel(hs->loop, &job->deadline);
	if (job->place != NULL)
		job->place->job = NULL;
	else
		TAILQ_REMOVE(&hs->queue, job, entry);
	job->helpers = NULL;
	job->place = NULL;
}

static void
finish(struct helper *job)
{
	detach(job);
	job->done(job);
}

static void
close_pipe(struct helper_place *place)
{
	int fd = place->pipe.fd;

	if (fd == -1)
		return;
	loop_unwatch(place->helpers->loop, &place->pipe);
	place->pipe.fd = -1;
	close(fd);
}

/* The child has closed its end: that is the whole answer. */
static void
pipe_ready(struct source *s, uint32_t events)
{
	struct helper_place *place = s->arg;

	(void)events;
	if (take(place->job, s->fd) != -1)
		return;
	close_pipe(place);
	if (place->job != NULL)
		finish(place->job);
}

/* Make a child for the job.  False: try again later. */
static bool
employ(struct helpers *hs, struct helper_place *place, struct helper *job)
{
	int fd;

	log_flush(); /* the copy would log it again */
	fd = spawn_helper(job->work, job->arg, job->keep, &place->child);
	if (fd == -1)
		return false;
	if (loop_watch(hs->loop, &place->pipe, fd, EPOLLIN) == -1) {
		close(fd);
		process_signal(&place->child, SIGKILL);
		return false;
	}
	TAILQ_REMOVE(&hs->queue, job, entry);
	job->place = place;
	place->job = job;
	return true;
}

static void
turn_due(struct deadline *d)
{
	struct helpers *hs = d->arg;
	struct helper *job;

	for (size_t i = 0; i < HELPER_MAX; i++)
		if (hs->places[i].child.pid == 0 &&
		    (job = TAILQ_FIRST(&hs->queue)) != NULL &&
		    !employ(hs, &hs->places[i], job)) {
			/* A shortage may pass before the deadline. */
			loop_at(hs->loop, &hs->turn,
			    clock_add_ms(loop_now(hs->loop), 100));
			return;
		}
}

static void
look_at_queue(struct helpers *hs)
{
	loop_at(hs->loop, &hs->turn, loop_now(hs->loop));
}

/*
 * How much longer may a child take that is late?  As long as it has waited for
 * a processor: on a busy machine nobody else is to blame.  The kernel does not
 * count the present wait, so one that wants to run gets a little more.
 */
static int64_t
grant(struct helper *job, pid_t pid)
{
	int64_t ms = process_starved(pid) - job->starved;

	job->starved += ms;
	if (ms == 0 && process_is_runnable(pid))
		ms = GRANT;
	ms = MIN(ms, GRANT_MAX - job->granted);
	job->granted += ms;
	return ms;
}

static void
job_due(struct deadline *d)
{
	struct helper *job = d->arg;
	int64_t ms = 0;

	if (job->place != NULL)
		ms = grant(job, job->place->child.pid);
	if (ms > 0) {
		loop_at(job->helpers->loop, d,
		    clock_add_ms(loop_now(job->helpers->loop), ms));
		return;
	}
	job->late = true;
	if (job->place != NULL)
		process_signal(&job->place->child, SIGKILL);
	finish(job);
}

struct helpers *
helper_open(struct loop *loop)
{
	struct helpers *hs;

	if ((hs = calloc(1, sizeof(*hs))) == NULL)
		return NULL;
	hs->loop = loop;
	TAILQ_INIT(&hs->queue);
	hs->turn.due = turn_due;
	hs->turn.arg = hs;
	for (size_t i = 0; i < HELPER_MAX; i++)
		hs->places[i] = (struct helper_place){.helpers = hs,
		    .child = {0, -1},
		    .pipe = {.fd = -1,
			.ready = pipe_ready,
			.arg = &hs->places[i]}};
	return hs;
}

void
helper_close(struct helpers *hs)
{
	struct helper_place *place;

	if (hs == NULL)
		return;
	loop_cancel(hs->loop, &hs->turn);
	for (size_t i = 0; i < HELPER_MAX; i++) {
		place = &hs->places[i];
		close_pipe(place);
		if (place->child.pid == 0)
			continue;
		process_signal(&place->child, SIGKILL);
		if (place->child.pidfd != -1)
			close(place->child.pidfd);
	}
	free(hs);
}

static struct helper_place *
place_of(struct helpers *hs, pid_t pid)
{
	for (size_t i = 0; hs != NULL && i < HELPER_MAX; i++)
		if (pid > 0 && hs->places[i].child.pid == pid)
			return &hs->places[i];
	return NULL;
}

bool
helper_is_child(const struct helpers *hs, pid_t pid)
{
	for (size_t i = 0; hs != NULL && i < HELPER_MAX; i++)
		if (pid > 0 && hs->places[i].child.pid == pid)
			return true;
	return false;
}

void
helper_died(struct helpers *hs, pid_t pid)
{
	struct helper_place *place = place_of(hs, pid);

	if (place == NULL)
		return;
	while (place->pipe.fd != -1 && take(place->job, place->pipe.fd) == 1)
		;
	close_pipe(place);
	process_reap(pid, place->child.pidfd);
	if (place->child.pidfd != -1)
		close(place->child.pidfd);
	place->child = (struct process){0, -1};
	if (!TAILQ_EMPTY(&hs->queue))
		look_at_queue(hs);
	if (place->job != NULL)
		finish(place->job);
}

void
helper_begin(struct helpers *hs, struct helper *job, int64_t ms)
{
	clear_answer(job);
	job->granted = job->starved = 0;
	job->helpers = hs;
	job->deadline.due = job_due;
	job->deadline.arg = job;
	loop_at(hs->loop, &job->deadline,
	    clock_add_ms(loop_now(hs->loop), MAX(ms, 0)));
	TAILQ_INSERT_TAIL(&hs->queue, job, entry);
	look_at_queue(hs);
}

void
helper_cancel(struct helper *job)
{
	if (job->place != NULL)
		process_signal(&job->place->child, SIGKILL);
	if (job->helpers != NULL)
		detach(job);
	clear_answer(job);
}

void
helper_wait(struct helper *job, int64_t ms)
{
	struct mono end = clock_add_ms(clock_now(), MAX(ms, 0));
	struct process child;
	struct pollfd pfd = {.events = POLLIN};
	int64_t left;

	clear_answer(job);
	job->granted = job->starved = 0;
	pfd.fd = spawn_helper(job->work, job->arg, job->keep, &child);
	job->late = pfd.fd == -1;
	while (!job->late && take(job, pfd.fd) != -1) {
		left = clock_diff_ms(end, clock_now());
		if (left <= 0) {
			left = grant(job, child.pid);
			end = clock_add_ms(clock_now(), left);
		}
		job->late = left <= 0;
		if (!job->late)
			poll(&pfd, 1, (int)left);
	}
	if (pfd.fd == -1)
		return;
	close(pfd.fd);
	/* Not even this ends a child in an uninterruptible sleep. */
	process_signal(&child, SIGKILL);
	if (!job->late)
		waitpid(child.pid, NULL, 0);
	if (child.pidfd != -1)
		close(child.pidfd);
}
