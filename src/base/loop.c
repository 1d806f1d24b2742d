/*
 * loop - epoll, signals and deadlines: the only place that waits.
 *
 * A turn: call the functions of loop_after, write the log lines of the last
 * turn, wait, read the clock, move the lenient deadlines if the turn is late,
 * call the ready sources, call the due deadlines.
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
/* A turn that begins this long after its time is late; ms. */
#define LATE 100
/* Moves that are shorter are not worth a line in the log; ms. */
#define LATE_LOGGED 1000

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
	bool was_late; /* this turn */
	struct mono now;
	struct loop_deadlines deadlines;
	struct source signals;
	void (*signalled)(const struct signalfd_siginfo *, void *);
	void *arg;
	struct epoll_event events[BATCH];
	int nevents;
	size_t nwatched;
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
	l->nwatched++;
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
	l->nwatched--;
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

/*
 * Take the events that are there.  Returns whether the wait was interrupted, or
 * -1 with errno.
 */
static int
take_events(struct loop *l, int timeout)
{
	int n, interrupted = 0;

	while ((n = epoll_wait(l->epfd, l->events, BATCH, timeout)) == -1) {
		if (errno != EINTR)
			return -1;
		interrupted = 1;
		timeout = 0;
	}
	l->nevents = n;
	if (l->preferred != NULL)
		put_preferred_first(l);
	return interrupted;
}

static bool
is_overdue(struct loop *l, int64_t ms)
{
	const struct deadline *d = RB_MIN(loop_deadlines, &l->deadlines);

	return d != NULL && clock_diff_ms(l->now, d->at) >= ms;
}

/*
 * Backwards, so that no deadline moves twice: those behind it have been
 * visited.
 */
static void
move_lenient(struct loop *l, int64_t ms)
{
	struct deadline *d, *before;
	int n = 0;

	RB_FOREACH_REVERSE_SAFE(d, loop_deadlines, &l->deadlines, before)
	{
		if (!d->is_lenient)
			continue;
		loop_at(l, d, clock_add_ms(d->at, ms));
		n++;
	}
	if (n > 0 && ms >= LATE_LOGGED)
		log_warnx("this process was stopped or delayed; the deadlines "
			  "of programs move by %lld ms",
		    (long long)ms);
}

/*
 * The turn of a process that was stopped may begin long after its time. Nothing
 * shows when the stop began, so count from the last turn: a deadline moves by
 * at most the time that it had then and the delay.  A loop that is late again
 * and again would move them for ever, so never do it twice in a row.
 *
 * All signals are blocked: only a stop, a freezer or a tracer interrupts a
 * wait.
 */
static int
begin_turn(struct loop *l)
{
	const struct mono last = l->now;
	bool late;
	int rv;

	rv = take_events(l, timeout_ms(l));
	if (rv == -1)
		return -1;
	l->now = clock_now();
	late = rv == 1 || is_overdue(l, LATE);
	if (late && !l->was_late)
		move_lenient(l, clock_diff_ms(l->now, last));
	l->was_late = late;
	return 0;
}

/*
 * Before a deadline counts, handle every event that is there, even if there are
 * more than one wait returns.  The kernel lets ready sources take turns.
 */
static int
read_all(struct loop *l)
{
	size_t more = l->nwatched / BATCH;
	int n = l->nevents;

	run_ready(l);
	while (n == BATCH && more-- > 0 && is_overdue(l, 0)) {
		if (take_events(l, 0) == -1)
			return -1;
		n = l->nevents;
		run_ready(l);
	}
	return 0;
}

int
loop_run(struct loop *l)
{
	while (!l->ended) {
		run_later(l);
		if (l->ended)
			break;
		log_flush();
		if (begin_turn(l) == -1 || read_all(l) == -1)
			return -1;
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
