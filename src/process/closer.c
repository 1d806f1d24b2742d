/*
 * closer - close descriptors that another user has opened.
 *
 * A child reports through the pipe that it has closed all descriptors of a
 * job.  Its end would not be enough: without pidfds it looks like the end of
 * another process.
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/closer.h"
#include "process/spawn.h"

/* The pause before a child is tried again, in ms. */
#define AGAIN 1000

struct job {
	TAILQ_ENTRY(job) entry;
	struct closer *closer;
	bool begun; /* a child works on it */
	void (*done)(void *);
	void *arg;
	size_t n;
	int fds[];
};

struct closer {
	struct loop *loop;
	TAILQ_HEAD(, job) jobs;
	struct source said; /* pointers to finished jobs */
	int say;	    /* the end that the children write to */
	struct deadline again;
};

/*
 * The code of the child.  SO_LINGER does not delay a process that ends, so the
 * child can end with us.
 */
static int
work(void *arg)
{
	struct job *job = arg;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < job->n; i++)
		close(job->fds[i]);
	do
		n = write(job->closer->say, &job, sizeof(job));
	while (n == -1 && errno == EINTR);
	return 0;
}

/* Begin the jobs that no child works on; if a child cannot be created, wait. */
static void
begin(struct closer *c)
{
	struct process child;
	struct job *job;

	TAILQ_FOREACH (job, &c->jobs, entry) {
		if (job->begun)
			continue;
		if (spawn_twin(work, job, &child) == -1) {
			log_warn("a process that closes descriptors of others "
				 "cannot be made, trying again");
			loop_at(c->loop, &c->again,
			    clock_add_ms(loop_now(c->loop), AGAIN));
			return;
		}
		job->begun = true;
		if (child.pidfd != -1)
			close(child.pidfd);
	}
}

static void
again_due(struct deadline *d)
{
	begin(d->arg);
}

static void
finish(struct closer *c, struct job *job)
{
	TAILQ_REMOVE(&c->jobs, job, entry);
	if (job->done != NULL)
		job->done(job->arg);
	free(job);
}

static void
said_ready(struct source *s, uint32_t events)
{
	struct closer *c = s->arg;
	struct job *job;

	(void)events;
	while (read(s->fd, &job, sizeof(job)) == sizeof(job))
		finish(c, job);
}

struct closer *
closer_new(struct loop *loop)
{
	struct closer *c;
	int fds[2];

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	if (pipe2(fds, O_CLOEXEC) == -1) {
		free(c);
		return NULL;
	}
	c->loop = loop;
	c->say = fds[1];
	TAILQ_INIT(&c->jobs);
	c->again.due = again_due;
	c->again.arg = c;
	c->said.ready = said_ready;
	c->said.arg = c;
	/* Only our end must not block: a child may. */
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
	    loop_watch(loop, &c->said, fds[0], EPOLLIN) == -1) {
		close(fds[0]);
		close(fds[1]);
		free(c);
		return NULL;
	}
	return c;
}

void
closer_free(struct closer *c)
{
	struct job *job;
	int fd;

	if (c == NULL)
		return;
	fd = c->said.fd;
	loop_unwatch(c->loop, &c->said);
	loop_cancel(c->loop, &c->again);
	close(fd);
	close(c->say);
	while ((job = TAILQ_FIRST(&c->jobs)) != NULL)
		finish(c, job);
	free(c);
}

void
closer_close(struct closer *c, const int *fds, size_t n, void (*done)(void *),
    void *arg)
{
	struct job *job;

	job = malloc(sizeof(*job) + n * sizeof(*fds));
	if (job == NULL) {
		/*
		 * Losing a few descriptors is better than a daemon that blocks.
		 */
		log_warn("%zu descriptors of others stay open", n);
		return;
	}
	*job = (struct job){.closer = c, .done = done, .arg = arg, .n = n};
	memcpy(job->fds, fds, n * sizeof(*fds));
	TAILQ_INSERT_TAIL(&c->jobs, job, entry);
	begin(c);
}
