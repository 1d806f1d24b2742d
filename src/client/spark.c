/*
 * spark - CPU use over the last minute, second by second, and its picture.
 */
#include <string.h>

#include "client/spark.h"

#define STEPS 8
#define PROCESSOR 1000

static const char *const blocks[STEPS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇",
    "█"};
static const char *const letters[STEPS] = {"_", ".", ":", "-", "=", "+", "*",
    "#"};

static int *
slot(struct spark *spark, int64_t second)
{
	return &spark->use[second % SPARK_SECONDS];
}

void
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

void
spark_add(struct spark *spark, int64_t from, int64_t to, int use)
{
	fill(spark, spark->last, from, -1);
	/* Less than a second is the whole of it, as far as is known. */
	fill(spark, from < to ? from : to - 1, to, use);
	spark->last = to;
}

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
spark_draw(const struct spark *spark, int64_t now, int width, bool utf8,
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
