/*
 * sample - the programs of one answer to "status" after another, and what
 * follows from two: the CPU use.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "client/reply.h"
#include "client/sample.h"
#include "client/tone.h"
#include "wire/names.h"

/*
 * The kernel counts CPU in ticks of 10 ms where there is no cgroup: over a
 * shorter time than this a use would be noise.
 */
#define SPAN_MS 500

static const char *
state_of(const struct line *line)
{
	const char *health = line_get(line, "health");

	if (health != NULL && strcmp(health, NAMES_UNHEALTHY) == 0)
		return NAMES_UNHEALTHY;
	return line_get(line, "state");
}

/* An unknown value is shown as "?". */
static char *
safe(const char *s)
{
	char *token;

	if (s == NULL)
		s = "?";
	if ((token = reallocarray(NULL, strlen(s) + 1, 3)) != NULL)
		escape_token(token, s);
	return token;
}

static int64_t
known(const struct line *line, const char *key)
{
	int64_t n = line_get_number(line, key, -1);

	return n < 0 ? -1 : n;
}

static int
by_name(const void *key, const void *sample)
{
	return strcmp(key, ((const struct sample *)sample)->name);
}

static int64_t
second_of(struct mono t)
{
	return clock_diff_ms(t, (struct mono){0}) / 1000;
}

/* A counter that went down was reset: all of it was used since. */
static int
use_of(int64_t before, int64_t cpu, int64_t ms)
{
	int64_t used = cpu < before ? cpu : cpu - before, use;

	if (__builtin_mul_overflow(used, 1000, &use))
		return INT_MAX;
	use /= ms;
	return use < INT_MAX ? (int)use : INT_MAX;
}

/* Compute the use since the sample before it, and take over its history. */
static void
compare(struct sample *sample, const struct sample *before, struct mono now)
{
	int64_t ms = clock_diff_ms(now, before->at), cpu = sample->cpu;

	sample->spark = before->spark;
	if (cpu == -1 || before->cpu == -1)
		return;
	if (ms < SPAN_MS) {
		sample->use = before->use;
		sample->cpu = before->cpu;
		sample->at = before->at;
		return;
	}
	sample->use = use_of(before->cpu, cpu, ms);
	spark_add(&sample->spark, second_of(before->at), second_of(now),
	    sample->use);
}

/* old is sorted by name. */
static int
read_sample(struct sample *sample, const struct line *line,
    const struct samples *old, struct mono now)
{
	const struct sample *before;

	sample->name = safe(line_get(line, "name"));
	sample->state = safe(state_of(line));
	if (sample->name == NULL || sample->state == NULL)
		return -1;
	sample->pid = known(line, "pid");
	sample->memory = known(line, "memory");
	sample->restarts = known(line, "restarts");
	sample->uptime = known(line, "uptime");
	sample->cpu = known(line, "cpu");
	sample->use = -1;
	sample->at = now;
	spark_init(&sample->spark);
	/* Without any, bsearch(3) may not be given the array that is none. */
	if (old->n > 0 &&
	    (before = bsearch(sample->name, old->v, old->n, sizeof(*old->v),
		 by_name)) != NULL)
		compare(sample, before, now);
	return 0;
}

int
sample_take(struct samples *samples, const struct reply *reply, struct mono now)
{
	const struct line *config = reply_find(reply, "config");
	struct samples new = {.second = second_of(now), .pid = -1};
	size_t i;

	if ((new.v = calloc(reply->n + 1, sizeof(*new.v))) == NULL)
		return -1;
	sample_sort(samples, ORDER_NAME, false);
	for (i = 0; i < reply->n; i++) {
		if (reply_is(&reply->v[i], "program") &&
		    read_sample(&new.v[new.n++], &reply->v[i], samples, now) ==
			-1) {
			sample_clear(&new);
			return -1;
		}
	}
	if (config != NULL)
		new.pid = known(config, "pid");
	sample_clear(samples);
	*samples = new;
	return 0;
}

void
sample_clear(struct samples *samples)
{
	size_t i;

	for (i = 0; i < samples->n; i++) {
		free(samples->v[i].name);
		free(samples->v[i].state);
	}
	free(samples->v);
	*samples = (struct samples){0};
}

static int64_t
rank_of(const struct sample *sample, enum order order)
{
	switch (order) {
	case ORDER_CPU:
		return sample->use;
	case ORDER_MEMORY:
		return sample->memory;
	case ORDER_RESTARTS:
		return sample->restarts;
	case ORDER_STATE:
		return tone_rank(sample->state);
	case ORDER_UPTIME:
		return sample->uptime;
	case ORDER_NAME:
	case ORDERS:
		break;
	}
	return 0;
}

static int
by_rank(const void *one, const void *other)
{
	const struct sample *a = one, *b = other;

	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int
by_rank_reversed(const void *one, const void *other)
{
	return by_rank(other, one);
}

void
sample_sort(struct samples *samples, enum order order, bool reverse)
{
	size_t i;

	for (i = 0; i < samples->n; i++)
		samples->v[i].rank = rank_of(&samples->v[i], order);
	if (samples->n > 0)
		qsort(samples->v, samples->n, sizeof(*samples->v),
		    reverse ? by_rank_reversed : by_rank);
}
