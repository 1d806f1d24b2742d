/*
 * loop - epoll, signals and deadlines: the only place that waits.
 *
 * A turn: call the functions of loop_after, write the log lines of the last
 * turn, wait, read the clock, call the ready sources, call the due deadlines.
 */
#include "base/loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

#define BATCH 64

struct later {
	void (*fn)(void *);
	void *arg;
};

RB_HEAD(loop_deadlines, deadline);

struct loop {
	int epfd;
	int sigfd;
	bool ended;
	bool in_due;
	struct mono now;
	struct loop_deadlines deadlines;
	struct source signals;
	void (*signalled)(const struct signalfd_siginfo *, void *);
	void *arg;
	struct epoll_event events[BATCH];
	int nevents;
	const struct source *preferred;
	struct later *later;
	size_t nlater;
	size_t later_size;
};

static int
deadline_cmp(struct deadline *a, struct deadline *b)
{
	if (a->at.ns != b->at.ns)
		return a->at.ns < b->at.ns ? -1 : 1;
	if (a != b)
		return (uintptr_t)a < (uintptr_t)b ? -1 : 1;
	return 0;
}

RB_PROTOTYPE(loop_deadlines, deadline, entry, deadline_cmp)
RB_GENERATE(loop_deadlines, deadline, entry, deadline_cmp)

static void
signals_ready(struct source *s, uint32_t events)
{
	struct loop *l = s->arg;
	struct signalfd_siginfo si[8];
	ssize_t n;

	(void)events;
	while ((n = read(s->fd, si, sizeof(si))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(si[0]); i++)
			l->signalled(&si[i], l->arg);
}

struct loop *
loop_new(const sigset_t *mask,
    void (*signalled)(const struct signalfd_siginfo *, void *), void *arg)
{
	struct loop *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	RB_INIT(&l->deadlines);
	l->signalled = signalled;
	l->arg = arg;
	l->now = clock_now();
	l->sigfd = -1;
	if ((l->epfd = epoll_create1(EPOLL_CLOEXEC)) == -1)
		goto fail;
	if (sigprocmask(SIG_BLOCK, mask, NULL) == -1)
		goto fail;
	if ((l->sigfd = signalfd(-1, mask, SFD_NONBLOCK | SFD_CLOEXEC)) == -1)
		goto fail;
	l->signals.fd = -1;
	l->signals.ready = signals_ready;
	l->signals.arg = l;
	if (loop_watch(l, &l->signals, l->sigfd, EPOLLIN) == -1)
		goto fail;
	return l;
fail:
	loop_free(l);
	return NULL;
}

void
loop_free(struct loop *l)
{
	int saved = errno;

	if (l == NULL)
		return;
	if (l->sigfd != -1)
		close(l->sigfd);
	if (l->epfd != -1)
		close(l->epfd);
	free(l->later);
	free(l);
	errno = saved;
}

int
loop_watch(struct loop *l, struct source *s, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};

	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) == -1)
		return -1;
	s->fd = fd;
	return 0;
}

int
loop_rewatch(struct loop *l, struct source *s, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};

	return epoll_ctl(l->epfd, EPOLL_CTL_MOD, s->fd, &ev);
}

void
loop_unwatch(struct loop *l, struct source *s)
{
	int saved = errno;

	if (s->fd == -1)
		return;
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, s->fd, NULL);
	s->fd = -1;
	/* Events that this turn's wait has returned must not reach it. */
	for (int i = 0; i < l->nevents; i++)
		if (l->events[i].data.ptr == s)
			l->events[i].data.ptr = NULL;
	errno = saved;
}

void
loop_at(struct loop *l, struct deadline *d, struct mono at)
{
	loop_cancel(l, d);
	if (!clock_is_set(at))
		return;
	/* A deadline that sets itself again to now must not hold up the turn.
	 */
	if (l->in_due && !clock_before(l->now, at))
		at.ns = l->now.ns + 1;
	d->at = at;
	RB_INSERT(loop_deadlines, &l->deadlines, d);
}

void
loop_cancel(struct loop *l, struct deadline *d)
{
	if (!clock_is_set(d->at))
		return;
	RB_REMOVE(loop_deadlines, &l->deadlines, d);
	d->at = (struct mono){0};
}

struct mono
loop_now(const struct loop *l)
{
	return l->now;
}

void
loop_after(struct loop *l, void (*fn)(void *), void *arg)
{
	struct later *grown;
	size_t size;

	if (l->nlater == l->later_size) {
		size = l->later_size == 0 ? 16 : 2 * l->later_size;
		grown = reallocarray(l->later, size, sizeof(*grown));
		if (grown == NULL) {
			/*
			 * Without memory, call it now: too early is better than
			 * never.
			 */
			fn(arg);
			return;
		}
		l->later = grown;
		l->later_size = size;
	}
	l->later[l->nlater++] = (struct later){fn, arg};
}

/* A function that a callback adds is called after the next wait. */
static void
run_later(struct loop *l)
{
	size_t n = l->nlater;
	struct later now;

	for (size_t i = 0; i < n; i++) {
		now = l->later[i];
		now.fn(now.arg);
	}
	l->nlater -= n;
	for (size_t i = 0; i < l->nlater; i++)
		l->later[i] = l->later[n + i];
}

/* Rounded up: a deadline is never early. */
static int
timeout_ms(struct loop *l)
{
	struct deadline *d;
	int64_t ns, ms;

	if (l->nlater > 0)
		return 0;
	if ((d = RB_MIN(loop_deadlines, &l->deadlines)) == NULL)
		return -1;
	if ((ns = d->at.ns - clock_now().ns) <= 0)
		return 0;
	ms = (ns + 999999) / 1000000;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

void
loop_prefer(struct loop *l, const struct source *s)
{
	l->preferred = s;
}

static void
put_preferred_first(struct loop *l)
{
	struct epoll_event first;

	for (int i = 1; i < l->nevents; i++) {
		if (l->events[i].data.ptr == l->preferred) {
			first = l->events[i];
			l->events[i] = l->events[0];
			l->events[0] = first;
		}
	}
}

static void
run_ready(struct loop *l)
{
	struct source *s;

	for (int i = 0; i < l->nevents; i++)
		if ((s = l->events[i].data.ptr) != NULL)
			s->ready(s, l->events[i].events);
	l->nevents = 0;
}

static void
run_due(struct loop *l)
{
	struct deadline *d;

	l->in_due = true;
	while ((d = RB_MIN(loop_deadlines, &l->deadlines)) != NULL &&
	    !clock_before(l->now, d->at)) {
		loop_cancel(l, d);
		d->due(d);
	}
	l->in_due = false;
}

int
loop_run(struct loop *l)
{
	int n;

	while (!l->ended) {
		run_later(l);
		if (l->ended)
			break;
		log_flush();
		n = epoll_wait(l->epfd, l->events, BATCH, timeout_ms(l));
		if (n == -1 && errno != EINTR)
			return -1;
		l->now = clock_now();
		l->nevents = n == -1 ? 0 : n;
		if (l->preferred != NULL)
			put_preferred_first(l);
		run_ready(l);
		run_due(l);
	}
	run_later(l);
	l->ended = false;
	return 0;
}

void
loop_end(struct loop *l)
{
	l->ended = true;
}
