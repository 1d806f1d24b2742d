/*
 * backoff - compute the restart delay from the history of exits, or give up.
 *
 * Pure: random numbers and times are passed in.
 */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
	uint32_t quick; /* restarts since the last stable run */
};

struct backoff_rule {
	int64_t delay;	/* ms: restart-delay */
	int64_t max;	/* ms: restart-delay-max */
	int64_t reset;	/* ms: restart-reset */
	int64_t settle; /* ms: settle-time */
	int limit;	/* restart-limit, 0: none */
};

#define BACKOFF_GIVE_UP (-1)
/* Two starts are this far apart at least, ms, whatever the rule says. */
#define BACKOFF_APART 10

/*
 * The program was started ran ms ago, and is to be restarted.  Returns the
 * delay in ms, or BACKOFF_GIVE_UP.
 *
 * A stable run is one that became ready and was longer than reset, settle and
 * BACKOFF_APART.  It clears the history, and the result is 0.  Otherwise the
 * delay doubles with each quick end, up to max; the result is 75% to 100% of
 * it, at random.  random is any 32 bits.
 */
int64_t backoff_next(struct backoff *, const struct backoff_rule *, int64_t ran,
    bool was_ready, uint32_t random);
bool backoff_is_stable(const struct backoff_rule *, int64_t ran,
    bool was_ready);
/* The longest wait, in ms, after the quick ends so far. */
int64_t backoff_longest(const struct backoff *, const struct backoff_rule *);
/* Forget the history: an administrator's start, a new definition. */
void backoff_clear(struct backoff *);

#endif
