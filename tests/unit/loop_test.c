/* loop: readiness, signals, deadlines, and what may be done in a callback. */
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop.h"

struct world {
	struct loop *loop;
	int signals;
	int calls;
	int order[8];
};

static void
signalled(const struct signalfd_siginfo *si, void *arg)
{
	struct world *w = arg;

	assert_int_equal(si->ssi_signo, SIGUSR1);
	assert_int_equal(si->ssi_pid, getpid());
	w->signals++;
	loop_end(w->loop);
}

static int
setup(void **state)
{
	static struct world w;
	sigset_t mask;

	w = (struct world){0};
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	w.loop = loop_new(&mask, signalled, &w);
	assert_non_null(w.loop);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	loop_free(w->loop);
	return 0;
}

static void
test_signal(void **state)
{
	struct world *w = *state;

	kill(getpid(), SIGUSR1);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->signals, 1);
}

struct timer {
	struct deadline deadline;
	struct world *w;
	int id;
	int again;
	struct deadline *cancels;
};

static void
timer_due(struct deadline *d)
{
	struct timer *t = d->arg;

	assert_false(clock_is_set(d->at));
	if (t->w->calls < 8)
		t->w->order[t->w->calls] = t->id;
	t->w->calls++;
	if (t->cancels != NULL)
		loop_cancel(t->w->loop, t->cancels);
	if (t->again-- > 0)
		loop_at(t->w->loop, d, loop_now(t->w->loop));
	if (t->id == 9)
		loop_end(t->w->loop);
}

static void
timer_init(struct timer *t, struct world *w, int id)
{
	*t = (struct timer){.w = w, .id = id};
	t->deadline.due = timer_due;
	t->deadline.arg = t;
}

struct reader {
	struct source source;
	struct world *w;
	int id;
	int fds[2];
};

static void
reader_ready(struct source *s, uint32_t events)
{
	struct reader *r = s->arg;
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(s->fd, &c, 1), 1);
	r->w->order[r->w->calls++] = r->id;
	loop_end(r->w->loop);
}

/* Whichever became ready first. */
static void
test_preferred_is_first(void **state)
{
	struct world *w = *state;
	struct reader r[3];

	for (int i = 0; i < 3; i++) {
		r[i].w = w;
		r[i].id = i;
		r[i].source = (struct source){-1, reader_ready, &r[i]};
		assert_int_equal(pipe(r[i].fds), 0);
		assert_int_equal(loop_watch(w->loop, &r[i].source, r[i].fds[0],
				     EPOLLIN),
		    0);
	}
	loop_prefer(w->loop, &r[2].source);
	for (int i = 0; i < 3; i++)
		assert_int_equal(write(r[i].fds[1], "x", 1), 1);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 3);
	assert_int_equal(w->order[0], 2);
	for (int i = 0; i < 3; i++) {
		loop_unwatch(w->loop, &r[i].source);
		close(r[i].fds[0]);
		close(r[i].fds[1]);
	}
}

static void
test_deadlines_in_order(void **state)
{
	struct world *w = *state;
	struct mono start = clock_now();
	struct timer t[4];

	for (int i = 0; i < 4; i++)
		timer_init(&t[i], w, i == 3 ? 9 : i);
	loop_at(w->loop, &t[3].deadline, clock_add_ms(start, 8));
	loop_at(w->loop, &t[1].deadline, clock_add_ms(start, 4));
	loop_at(w->loop, &t[0].deadline, clock_add_ms(start, 90000));
	loop_at(w->loop, &t[2].deadline, clock_add_ms(start, 6));
	/* Moved, not armed twice. */
	loop_at(w->loop, &t[0].deadline, clock_add_ms(start, 2));
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 4);
	assert_int_equal(w->order[0], 0);
	assert_int_equal(w->order[1], 1);
	assert_int_equal(w->order[2], 2);
	assert_int_equal(w->order[3], 9);
	assert_true(clock_diff_ms(clock_now(), start) >= 8);
}

static void
test_deadline_cancels_another(void **state)
{
	struct world *w = *state;
	struct mono now = clock_now();
	struct timer t[3];

	timer_init(&t[0], w, 0);
	timer_init(&t[1], w, 1);
	timer_init(&t[2], w, 9);
	t[0].cancels = &t[1].deadline;
	loop_at(w->loop, &t[0].deadline, now);
	loop_at(w->loop, &t[1].deadline, clock_add_ms(now, 1));
	loop_at(w->loop, &t[2].deadline, clock_add_ms(now, 2));
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 2);
	assert_int_equal(w->order[1], 9);
	/* Cancelling what is not armed is no error. */
	loop_cancel(w->loop, &t[1].deadline);
}

static void
ended(struct source *s, uint32_t events)
{
	struct world *w = s->arg;

	(void)events;
	w->calls += 100;
	loop_end(w->loop);
}

/* A deadline that is always due again leaves the sources their turn. */
static void
test_deadline_rearmed_for_now(void **state)
{
	struct world *w = *state;
	struct source s = {.fd = -1, .ready = ended, .arg = w};
	struct timer t;
	int p[2];

	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	timer_init(&t, w, 0);
	t.again = 1000000;
	loop_at(w->loop, &t.deadline, clock_now());
	assert_int_equal(loop_watch(w->loop, &s, p[0], EPOLLIN), 0);
	assert_int_equal(loop_run(w->loop), 0);
	assert_true(w->calls >= 100 && w->calls < 110);
	loop_cancel(w->loop, &t.deadline);
	loop_unwatch(w->loop, &s);
	close(p[0]);
	close(p[1]);
}

struct pair {
	struct world *w;
	struct source *other;
	bool ran;
};

static void
pair_ready(struct source *s, uint32_t events)
{
	struct pair *p = s->arg;

	assert_true(events & EPOLLIN);
	p->ran = true;
	loop_unwatch(p->w->loop, p->other);
	loop_unwatch(p->w->loop, s);
	free(p->other);
	loop_end(p->w->loop);
}

/* Both are ready in one wait; whichever is first frees the other. */
static void
test_unwatch_pending(void **state)
{
	struct world *w = *state;
	struct source *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	struct pair pa = {w, b, false}, pb = {w, a, false};
	int p[2], q[2];

	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(q), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(write(q[1], "x", 1), 1);
	a->ready = b->ready = pair_ready;
	a->arg = &pa;
	b->arg = &pb;
	assert_int_equal(loop_watch(w->loop, a, p[0], EPOLLIN), 0);
	assert_int_equal(loop_watch(w->loop, b, q[0], EPOLLIN), 0);
	assert_int_equal(loop_run(w->loop), 0);
	assert_true(pa.ran != pb.ran);
	free(pa.ran ? a : b);
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(q[i]);
	}
}

static void
writable(struct source *s, uint32_t events)
{
	struct world *w = s->arg;

	assert_true(events & EPOLLOUT);
	w->calls++;
	loop_end(w->loop);
}

static void
test_rewatch(void **state)
{
	struct world *w = *state;
	struct source s = {.fd = -1, .ready = writable, .arg = w};
	int p[2];

	assert_int_equal(pipe(p), 0);
	loop_unwatch(w->loop, &s);
	assert_int_equal(loop_watch(w->loop, &s, p[1], 0), 0);
	assert_int_equal(s.fd, p[1]);
	assert_int_equal(loop_rewatch(w->loop, &s, EPOLLOUT), 0);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 1);
	loop_unwatch(w->loop, &s);
	assert_int_equal(s.fd, -1);
	close(p[0]);
	close(p[1]);
}

static void
test_watch_fails(void **state)
{
	struct world *w = *state;
	struct source s = {.fd = -1};

	assert_int_equal(loop_watch(w->loop, &s, 9999, EPOLLIN), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(s.fd, -1);
}

static void
later_again(void *arg)
{
	struct world *w = arg;

	if (++w->calls == 100)
		loop_end(w->loop);
	else if (w->calls >= 50)
		loop_after(w->loop, later_again, w);
}

/* More than the first allocation; each once; one added meanwhile as well. */
static void
test_after(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 50; i++)
		loop_after(w->loop, later_again, w);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 100);
}

static void
later_count(void *arg)
{
	((struct world *)arg)->calls++;
}

static void
later_end(void *arg)
{
	struct world *w = arg;

	loop_after(w->loop, later_count, w);
	loop_end(w->loop);
}

/* Calls that the last turn deferred still happen. */
static void
test_after_the_end(void **state)
{
	struct world *w = *state;

	loop_after(w->loop, later_end, w);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_signal),
	    T(test_preferred_is_first),
	    T(test_deadlines_in_order),
	    T(test_deadline_cancels_another),
	    T(test_deadline_rearmed_for_now),
	    T(test_unwatch_pending),
	    T(test_rewatch),
	    T(test_watch_fails),
	    T(test_after),
	    T(test_after_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
