/*
 * loop: readiness, signals, deadlines, delays, and what may be done in a
 * callback.  The clock jumps when a test says so, as that of a process that was
 * stopped.
 */
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop.h"

/* How far the clock has jumped, and whether the next wait is a stop. */
static struct {
	int64_t jumped; /* ns */
	int64_t stop;	/* ms: the next wait is interrupted after this time */
} fake;

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rv = (int)syscall(SYS_clock_gettime, clock, ts);

	ts->tv_sec += fake.jumped / 1000000000;
	ts->tv_nsec += fake.jumped % 1000000000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_nsec -= 1000000000;
		ts->tv_sec++;
	}
	return rv;
}

static void
jump(int64_t ms)
{
	fake.jumped += ms * 1000000;
}

int
epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	if (fake.stop == 0)
		return epoll_pwait(fd, events, n, timeout, NULL);
	jump(fake.stop);
	fake.stop = 0;
	errno = EINTR;
	return -1;
}

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
	memset(&fake, 0, sizeof(fake));
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

/* A message that moves a deadline, as WATCHDOG=1 does. */
struct sign {
	struct source source;
	struct timer *moves;
	int fds[2];
};

static void
sign_ready(struct source *s, uint32_t events)
{
	struct sign *sign = s->arg;
	struct timer *t = sign->moves;
	char c;

	(void)events;
	assert_int_equal(read(s->fd, &c, 1), 1);
	t->w->calls += 100;
	loop_at(t->w->loop, &t->deadline,
	    clock_add_ms(loop_now(t->w->loop), 1000));
}

static void
sign_make(struct sign *sign, struct timer *t)
{
	*sign = (struct sign){.moves = t};
	sign->source = (struct source){-1, sign_ready, sign};
	assert_int_equal(pipe(sign->fds), 0);
	assert_int_equal(write(sign->fds[1], "x", 1), 1);
	assert_int_equal(loop_watch(t->w->loop, &sign->source, sign->fds[0],
			     EPOLLIN),
	    0);
}

static void
sign_end(struct sign *sign, const struct world *w)
{
	loop_unwatch(w->loop, &sign->source);
	close(sign->fds[0]);
	close(sign->fds[1]);
}

static void
jumps_ready(struct source *s, uint32_t events)
{
	struct reader *r = s->arg;

	reader_ready(s, events);
	jump(r->id);
}

/* Run the loop for that long, as it seems to it. */
static void
pass(struct world *w, int64_t ms)
{
	struct timer end;

	timer_init(&end, w, 9);
	loop_at(w->loop, &end.deadline, clock_add_ms(clock_now(), ms));
	assert_int_equal(loop_run(w->loop), 0);
	w->calls--;
}

/* The wait is interrupted, the deadline is over, and the message is there. */
static void
test_message_before_deadline(void **state)
{
	struct world *w = *state;
	struct sign sign;
	struct timer t;

	timer_init(&t, w, 1);
	loop_at(w->loop, &t.deadline, clock_add_ms(clock_now(), 1000));
	sign_make(&sign, &t);
	fake.stop = 5000;
	pass(w, 5100);
	assert_int_equal(w->calls, 100);
	loop_cancel(w->loop, &t.deadline);
	sign_end(&sign, w);
}

/* One wait does not return all the events. */
static void
test_every_message_before_deadline(void **state)
{
	struct world *w = *state;
	struct sign signs[200];
	struct timer t[200];

	for (int i = 0; i < 200; i++) {
		timer_init(&t[i], w, 1);
		loop_at(w->loop, &t[i].deadline,
		    clock_add_ms(clock_now(), 1000));
		sign_make(&signs[i], &t[i]);
	}
	jump(1010);
	pass(w, 10);
	assert_int_equal(w->calls, 200 * 100);
	for (int i = 0; i < 200; i++) {
		loop_cancel(w->loop, &t[i].deadline);
		sign_end(&signs[i], w);
	}
}

/* Neither an interrupted wait nor a long one counts against others. */
static void
test_delay_moves_lenient(void **state)
{
	struct world *w = *state;
	struct timer t[3];

	for (int i = 0; i < 3; i++) {
		timer_init(&t[i], w, i);
		t[i].deadline.is_lenient = i > 0;
		loop_at(w->loop, &t[i].deadline,
		    clock_add_ms(clock_now(), i == 2 ? 20000 : 1000));
	}
	fake.stop = 10000;
	pass(w, 10100);
	assert_int_equal(w->calls, 1);
	assert_int_equal(w->order[0], 0);
	/* Each has the time that it had. */
	jump(850);
	pass(w, 10);
	assert_int_equal(w->calls, 1);
	pass(w, 300);
	assert_int_equal(w->calls, 2);
	assert_int_equal(w->order[1], 1);
	jump(18000);
	pass(w, 10);
	assert_int_equal(w->calls, 2);
	loop_cancel(w->loop, &t[2].deadline);
}

/* A stop that no deadline shows. */
static void
test_interruption_moves_lenient(void **state)
{
	struct world *w = *state;
	struct timer t;

	timer_init(&t, w, 1);
	t.deadline.is_lenient = true;
	loop_at(w->loop, &t.deadline, clock_add_ms(clock_now(), 6000));
	fake.stop = 5000;
	pass(w, 5010);
	jump(4000);
	pass(w, 10);
	assert_int_equal(w->calls, 0);
	loop_cancel(w->loop, &t.deadline);
}

/* A turn that takes long itself delays the next one. */
static void
test_long_turn_moves_lenient(void **state)
{
	struct world *w = *state;
	struct reader r = {.w = w, .id = 5000};
	struct timer t;

	timer_init(&t, w, 1);
	t.deadline.is_lenient = true;
	loop_at(w->loop, &t.deadline, clock_add_ms(clock_now(), 1000));
	assert_int_equal(pipe(r.fds), 0);
	assert_int_equal(write(r.fds[1], "x", 1), 1);
	r.source = (struct source){-1, jumps_ready, &r};
	assert_int_equal(loop_watch(w->loop, &r.source, r.fds[0], EPOLLIN), 0);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 1);
	pass(w, 10);
	assert_int_equal(w->calls, 1);
	loop_unwatch(w->loop, &r.source);
	close(r.fds[0]);
	close(r.fds[1]);
	loop_cancel(w->loop, &t.deadline);
}

static void
count_and_jump(struct deadline *d)
{
	struct timer *t = d->arg;

	jump(500);
	loop_at(t->w->loop, d, clock_add_ms(loop_now(t->w->loop), 1));
	if (++t->id == 100)
		loop_end(t->w->loop);
}

/* A loop that is always late still acts. */
static void
test_always_late(void **state)
{
	struct world *w = *state;
	struct timer t, slow;

	timer_init(&t, w, 1);
	t.deadline.is_lenient = true;
	timer_init(&slow, w, 0);
	slow.deadline.due = count_and_jump;
	loop_at(w->loop, &t.deadline, clock_add_ms(clock_now(), 2000));
	loop_at(w->loop, &slow.deadline, clock_now());
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->calls, 1);
	loop_cancel(w->loop, &slow.deadline);
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
	    T(test_message_before_deadline),
	    T(test_every_message_before_deadline),
	    T(test_delay_moves_lenient),
	    T(test_interruption_moves_lenient),
	    T(test_long_turn_moves_lenient),
	    T(test_always_late),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
