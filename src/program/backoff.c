/*
 * backoff - compute the restart delay from the history of exits, or give up.
 *
 * Short, because it is arithmetic that is tested without a program.
 */
#include "program/backoff.h"

/* The delay, doubled this many times, up to max; it cannot overflow. */
static int64_t
doubled(int64_t delay, uint32_t times, int64_t max)
{
	while (times-- > 0 && delay > 0 && delay < max)
		delay = delay > max / 2 ? max : delay * 2;
	return delay < max ? delay : max;
}

static int64_t
greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
backoff_longest(const struct backoff *b, const struct backoff_rule *rule)
{
	return greater(BACKOFF_APART,
	    doubled(rule->delay, b->quick > 0 ? b->quick - 1 : 0, rule->max));
}

bool
backoff_is_stable(const struct backoff_rule *rule, int64_t ran, bool was_ready)
{
	return was_ready && ran > greater(rule->reset, rule->settle) &&
	    ran > BACKOFF_APART;
}

int64_t
backoff_next(struct backoff *b, const struct backoff_rule *rule, int64_t ran,
    bool was_ready, uint32_t random)
{
	int64_t delay;

	if (backoff_is_stable(rule, ran, was_ready)) {
		backoff_clear(b);
		return 0;
	}
	if (rule->limit > 0 && b->quick >= (uint32_t)rule->limit)
		return BACKOFF_GIVE_UP;
	delay = doubled(rule->delay, b->quick, rule->max);
	if (b->quick < UINT32_MAX)
		b->quick++;
	/* Jitter: programs that failed together are not restarted together. */
	delay -= random % (delay / 4 + 1);
	return greater(delay, BACKOFF_APART - ran);
}

void
backoff_clear(struct backoff *b)
{
	b->quick = 0;
}
