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

static int *
slot(struct spark *spark, int64_t second)
{
	return &spark->use[second % SPARK_SECONDS];
}

static void
spark_init(struct spark *spark)
{
	size_t i;

	spark->last = -1;
	for (i = 0; i < SPARK_SECONDS; i++)
		spark->use[i] = -1;
}

/* The seconds after from, up to and with to. */
static void
fill(struct spark *spark, int64_t from, int64_t to, int use)
{
	int64_t s = to - from > SPARK_SECONDS ? to - SPARK_SECONDS : from;

	while (s++ < to)
		*slot(spark, s) = use;
}

/* The seconds after from, up to and with to, had that use on average. */
static void
spark_add(struct spark *spark, int64_t from, int64_t to, int use)
{
	fill(spark, spark->last, from, -1);
	/* Less than a second is the whole of it, as far as is known. */
	fill(spark, from < to ? from : to - 1, to, use);
	spark->last = to;
}

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
	sample->unwritten = line_get(line, "log-error") != NULL;
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
	if (config != NULL) {
		new.pid = known(config, "pid");
		new.unwritten = line_get(config, "log-error") != NULL;
	}
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
		/* Among equal states, those with a trouble come first. */
		return 2 * tone_rank(sample->state) + sample->unwritten;
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

#define STEPS 8
#define PROCESSOR 1000

static const char *const blocks[STEPS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇",
    "█"};
static const char *const letters[STEPS] = {"_", ".", ":", "-", "=", "+", "*",
    "#"};

/* The average of the known seconds after from, up to and with to, or -1. */
static int
average(const struct spark *spark, int64_t from, int64_t to)
{
	int64_t s, sum = 0, n = 0;
	int use;

	for (s = from + 1; s <= to; s++) {
		if (s < 0 || s > spark->last ||
		    s <= spark->last - SPARK_SECONDS)
			continue;
		if ((use = spark->use[s % SPARK_SECONDS]) == -1)
			continue;
		sum += use;
		n++;
	}
	return n == 0 ? -1 : (int)(sum / n);
}

/* No use is the lowest step, and nothing else is. */
static int
step_of(int use, int highest)
{
	int step;

	if (use == 0)
		return 0;
	step = 1 + (int)((int64_t)use * (STEPS - 1) / highest);
	return step < STEPS ? step : STEPS - 1;
}

void
sample_spark(const struct spark *spark, int64_t now, int width, bool utf8,
    char buf[static SPARK_SIZE])
{
	int use[SPARK_SECONDS], i, highest = PROCESSOR;
	int64_t start = now - SPARK_SECONDS;
	const char *mark;

	if (width > SPARK_SECONDS)
		width = SPARK_SECONDS;
	for (i = 0; i < width; i++) {
		use[i] = average(spark, start + i * SPARK_SECONDS / width,
		    start + (i + 1) * SPARK_SECONDS / width);
		if (use[i] > highest)
			highest = use[i];
	}
	*buf = '\0';
	for (i = 0; i < width; i++) {
		mark = " ";
		if (use[i] != -1)
			mark =
			    (utf8 ? blocks : letters)[step_of(use[i], highest)];
		strlcat(buf, mark, SPARK_SIZE);
	}
}
