/* spark: CPU use over the last minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/spark.h"

static void
check(const struct spark *spark, int64_t now, int width, bool utf8,
    const char *expected)
{
	char buf[SPARK_SIZE];

	spark_draw(spark, now, width, utf8, buf);
	assert_string_equal(buf, expected);
}

static void
is_blank_where_nothing_is_known(void **state)
{
	struct spark spark;

	(void)state;
	spark_init(&spark);
	check(&spark, 1000, 6, false, "      ");
	check(&spark, 0, 6, true, "      ");
	spark_add(&spark, 990, 1000, 0);
	check(&spark, 1000, 6, false, "     _");
	/* Seconds that nobody looked at are not known later either. */
	spark_add(&spark, 1020, 1030, 0);
	check(&spark, 1030, 6, false, "  _  _");
}

static void
has_a_step_for_each_eighth(void **state)
{
	struct spark spark;
	int64_t s;

	(void)state;
	spark_init(&spark);
	for (s = 0; s < 9; s++)
		spark_add(&spark, s, s + 1, (int)s * 125);
	check(&spark, 60, 60, false,
	    "_.:-=+*##                                                   ");
	check(&spark, 10, 60, true,
	    "                                                  "
	    "▁▂▃▄▅▆▇██ ");
	/* A little is not nothing. */
	spark_init(&spark);
	spark_add(&spark, 0, 60, 1);
	check(&spark, 60, 1, false, ".");
}

static void
takes_the_average(void **state)
{
	struct spark spark;

	(void)state;
	spark_init(&spark);
	spark_add(&spark, 0, 15, 0);
	spark_add(&spark, 15, 30, 1000);
	check(&spark, 60, 4, false, "_#  ");
	check(&spark, 60, 2, false, "= ");
}

static void
scales_to_more_than_one_processor(void **state)
{
	struct spark spark;

	(void)state;
	spark_init(&spark);
	spark_add(&spark, 0, 30, 4000);
	spark_add(&spark, 30, 60, 1000);
	check(&spark, 60, 4, false, "##::");
}

static void
forgets_after_a_minute(void **state)
{
	struct spark spark;

	(void)state;
	spark_init(&spark);
	spark_add(&spark, 0, 30, 1000);
	spark_add(&spark, 30, 75, 0);
	check(&spark, 75, 4, false, "#___");
	check(&spark, 135, 4, false, "    ");
	/* So much at once is all there is. */
	spark_add(&spark, 75, 100000, 1000);
	check(&spark, 100000, 4, false, "####");
}

static void
replaces_what_it_hears_of_a_second_again(void **state)
{
	struct spark spark;

	(void)state;
	spark_init(&spark);
	spark_add(&spark, 0, 60, 0);
	spark_add(&spark, 60, 60, 1000);
	check(&spark, 60, 60, false,
	    "___________________________________________________________#");
}

static void
is_never_wider_than_a_minute(void **state)
{
	struct spark spark;
	char buf[SPARK_SIZE];

	(void)state;
	spark_init(&spark);
	spark_add(&spark, 0, 60, 1000);
	spark_draw(&spark, 60, 1000, true, buf);
	assert_int_equal(strlen(buf), SPARK_SIZE - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_blank_where_nothing_is_known),
	    cmocka_unit_test(has_a_step_for_each_eighth),
	    cmocka_unit_test(takes_the_average),
	    cmocka_unit_test(scales_to_more_than_one_processor),
	    cmocka_unit_test(forgets_after_a_minute),
	    cmocka_unit_test(replaces_what_it_hears_of_a_second_again),
	    cmocka_unit_test(is_never_wider_than_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
