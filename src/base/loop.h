/*
 * loop - epoll, signals and deadlines: the only place that waits.
 *
 * Sources and deadlines are embedded in structs of their owners, so nothing is
 * allocated per event.  The clock is read once a turn.
 *
 * A deadline counts only after every event that was there has been handled.  If
 * a turn is late, because the process was stopped, frozen or starved, lenient
 * deadlines move: nobody pays for a delay of ours.
 *
 * Sources: epoll(7), signalfd(2).
 */
#ifndef LOOP_H
#define LOOP_H

#include <sys/signalfd.h>
#include <sys/tree.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct loop;

/* A watched descriptor, which its owner closes.  -1: not watched. */
struct source {
	int fd;
	void (*ready)(struct source *, uint32_t events);
	void *arg;
};

/* A moment to call due.  Setting it again moves it. */
struct deadline {
	RB_ENTRY(deadline) entry;
	struct mono at;	 /* 0: not set */
	bool is_lenient; /* held against others: a late turn moves it */
	void (*due)(struct deadline *);
	void *arg;
};

/* Blocks the signals of mask and reads them by signalfd.  NULL with errno. */
struct loop *loop_new(const sigset_t *mask,
    void (*signalled)(const struct signalfd_siginfo *, void *), void *);
void loop_free(struct loop *);

/* events as for epoll_ctl(2).  -1 with errno. */
int loop_watch(struct loop *, struct source *, int fd, uint32_t events);
int loop_rewatch(struct loop *, struct source *, uint32_t events);
/* Safe in any callback and for any source.  Close the fd afterwards. */
void loop_unwatch(struct loop *, struct source *);

/* In each turn this source is called first, if it is ready. */
void loop_prefer(struct loop *, const struct source *);

/* Set or move a deadline.  It cannot fail: nothing is allocated. */
void loop_at(struct loop *, struct deadline *, struct mono);
void loop_cancel(struct loop *, struct deadline *);
/* The time of this turn. */
struct mono loop_now(const struct loop *);

/* Call fn once, after this turn and before the next wait. */
void loop_after(struct loop *, void (*)(void *), void *);

/* Run until loop_end.  -1 with errno: waiting failed. */
int loop_run(struct loop *);
void loop_end(struct loop *);

#endif
