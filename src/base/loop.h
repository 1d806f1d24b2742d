/*
 * loop - epoll, signals and deadlines: the only place that waits.
 *
 * A source of readiness and a deadline are structs that live in their
 * owner's; nothing is allocated per event.  The clock is read once a turn.
 *
 * Layer 2.  Sources: epoll(7), signalfd(2).
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

/* A descriptor that is watched.  fd stays the owner's; -1 is unwatched. */
struct source {
	int fd;
	void (*ready)(struct source *, uint32_t events);
	void *arg;
};

/* A moment.  At most one per struct; set again it moves. */
struct deadline {
	RB_ENTRY(deadline) entry;
	struct mono at; /* not set: not armed */
	void (*due)(struct deadline *);
	void *arg;
};

/* NULL with errno.  Blocks the signals of mask and reads them by signalfd. */
struct loop *loop_new(const sigset_t *mask,
    void (*signalled)(const struct signalfd_siginfo *, void *), void *);
void loop_free(struct loop *);

/* events as for epoll_ctl(2).  -1 with errno. */
int loop_watch(struct loop *, struct source *, int fd, uint32_t events);
int loop_rewatch(struct loop *, struct source *, uint32_t events);
/* Safe inside any callback, for any source; the fd may be closed after. */
void loop_unwatch(struct loop *, struct source *);

/* Of the sources that are ready in a turn this one is called first. */
void loop_prefer(struct loop *, const struct source *);

/* Arm or move; void because nothing is allocated. */
void loop_at(struct loop *, struct deadline *, struct mono);
void loop_cancel(struct loop *, struct deadline *);
/* The time of this turn. */
struct mono loop_now(const struct loop *);

/* Call once before the next wait: for what should happen after a turn. */
void loop_after(struct loop *, void (*)(void *), void *);

/* Run until loop_end. */
int loop_run(struct loop *);
void loop_end(struct loop *);

#endif
