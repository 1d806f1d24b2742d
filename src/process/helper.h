/*
 * helper - work that somebody else can delay, done in a child with a deadline.
 *
 * A name service or a file system may not answer for any time.  The daemon does
 * not wait: a child asks, and its answer comes through a pipe.  The child has a
 * copy of the daemon's memory, and of its descriptors only the pipe, the
 * standard ones and perhaps one more.
 *
 * There are at most HELPER_MAX children at once; more jobs wait for their turn,
 * while their deadlines count.  At the deadline the child is killed.  A child
 * that not even SIGKILL ends costs one of the places for as long as it lives.
 * Time in which a child could work but got no processor does not count.
 */
#ifndef HELPER_H
#define HELPER_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

#define HELPER_MAX 4

struct helpers;
struct helper_place;

/* A job; embedded in its owner. */
struct helper {
	/* Runs in the child, and writes the answer to out. */
	void (*work)(void *arg, int out);
	/*
	 * The answer is complete, or it is late: then it is what came before
	 * the deadline, or before the child failed.  It belongs to the job
	 * until the next one begins.  Called from the loop, never before
	 * helper_begin has returned.
	 */
	void (*done)(struct helper *);
	int keep;    /* a descriptor that the child keeps; 0: none */
	void *arg;   /* of work */
	void *owner; /* for done */
	char *answer;
	size_t len;
	bool late;
	int64_t granted; /* ms that the deadline has moved */

	/* helper.c */
	TAILQ_ENTRY(helper) entry;
	struct helpers *helpers;    /* NULL: no job is under way */
	struct helper_place *place; /* NULL: it waits for its turn */
	struct deadline deadline;
	int64_t starved; /* ms that its child has waited for a processor */
};

/* NULL: no memory. */
struct helpers *helper_open(struct loop *);
/* Kill the children; no job may be under way.  Accepts NULL. */
void helper_close(struct helpers *);
/* Is the child a helper?  It has ended: reap it. */
bool helper_is_child(const struct helpers *, pid_t);
void helper_died(struct helpers *, pid_t);

/* Begin a job that may take ms.  The fields above answer are set, the rest is
 * 0. */
void helper_begin(struct helpers *, struct helper *, int64_t ms);
/* End the job, if one is under way, and free its answer. */
void helper_cancel(struct helper *);

/* The same before there is a loop: wait for the answer, at most ms. */
void helper_wait(struct helper *, int64_t ms);

#endif
