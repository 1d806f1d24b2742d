/* sample: programs, and what they use between two answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"

static const struct sample *
get(const char *name)
{
	size_t i;

	for (i = 0; i < samples.n; i++) {
		if (strcmp(samples.v[i].name, name) == 0)
			return &samples.v[i];
	}
	fail_msg("there is no %s", name);
	return NULL;
}

/* Are these the names, each followed by a blank? */
static void
sorted(enum order order, bool reverse, const char *expected)
{
	char names[128] = "";
	size_t i;

	sample_sort(&samples, order, reverse);
	for (i = 0; i < samples.n; i++) {
		strlcat(names, samples.v[i].name, sizeof(names));
		strlcat(names, " ", sizeof(names));
	}
	assert_string_equal(names, expected);
}

static void
reads_an_answer(void **state)
{
	const struct sample *web, *off;

	(void)state;
	take(7500,
	    "program name=web state=up pid=12 memory=1024 restarts=3 "
	    "uptime=500 cpu=70\n"
	    "program name=off state=down restarts=0\n"
	    "config pid=4242 generation=3\n");
	assert_int_equal(samples.n, 2);
	assert_int_equal(samples.second, 7);
	assert_int_equal(samples.pid, 4242);
	web = get("web");
	assert_string_equal(web->state, "up");
	assert_int_equal(web->pid, 12);
	assert_int_equal(web->memory, 1024);
	assert_int_equal(web->restarts, 3);
	assert_int_equal(web->uptime, 500);
	assert_int_equal(web->use, -1);
	off = get("off");
	assert_int_equal(off->pid, -1);
	assert_int_equal(off->memory, -1);
	assert_int_equal(off->cpu, -1);
}

static void
survives_absent_and_foreign_values(void **state)
{
	(void)state;
	take(0,
	    "program\nprogram name=a%1b[31m%c3%a9 state=%0a memory=-5 "
	    "cpu=x\n");
	assert_int_equal(samples.pid, -1);
	assert_string_equal(get("?")->state, "?");
	assert_string_equal(get("a%1B[31m%C3%A9")->state, "%0A");
	assert_int_equal(get("a%1B[31m%C3%A9")->memory, -1);
	assert_int_equal(get("a%1B[31m%C3%A9")->cpu, -1);
	take(1000, "");
	assert_int_equal(samples.n, 0);
}

static void
tells_the_unhealthy_from_those_that_are_up(void **state)
{
	(void)state;
	take(0,
	    "program name=a state=up health=unhealthy\n"
	    "program name=b state=up health=healthy\n"
	    "program name=c state=up health=unknown\n");
	assert_string_equal(get("a")->state, "unhealthy");
	assert_string_equal(get("b")->state, "up");
	assert_string_equal(get("c")->state, "up");
}

static void
computes_use_from_two_answers(void **state)
{
	(void)state;
	take(1000, "program name=b cpu=1000\nprogram name=a cpu=0\n");
	take(3000, "program name=b cpu=1500\nprogram name=a cpu=0\n");
	assert_int_equal(get("a")->use, 0);
	assert_int_equal(get("b")->use, 250);
	/* Two processors. */
	take(4000, "program name=b cpu=3500\nprogram name=a cpu=1\n");
	assert_int_equal(get("a")->use, 1);
	assert_int_equal(get("b")->use, 2000);
	assert_int_equal(get("b")->spark.last, 4);
	assert_int_equal(get("b")->spark.use[3], 250);
	assert_int_equal(get("b")->spark.use[4], 2000);
}

static void
takes_a_counter_that_went_down_for_a_new_one(void **state)
{
	(void)state;
	take(1000, "program name=a pid=1 cpu=9000\n");
	take(2000, "program name=a pid=2 cpu=100\n");
	assert_int_equal(get("a")->use, 100);
}

static void
computes_nothing_over_a_moment(void **state)
{
	(void)state;
	take(1000, "program name=a cpu=0\n");
	take(2000, "program name=a cpu=500\n");
	take(2010, "program name=a cpu=510\n");
	assert_int_equal(get("a")->use, 500);
	take(2020, "program name=a cpu=520\n");
	assert_int_equal(get("a")->use, 500);
	/* And loses nothing: this is since 2000. */
	take(3000, "program name=a cpu=600\n");
	assert_int_equal(get("a")->use, 100);
}

static void
keeps_the_minute_of_one_that_ended(void **state)
{
	(void)state;
	take(1000, "program name=a cpu=0\n");
	take(2000, "program name=a cpu=500\n");
	take(3000, "program name=a state=wait\n");
	assert_int_equal(get("a")->use, -1);
	assert_int_equal(get("a")->spark.use[2], 500);
	take(4000, "program name=a cpu=10\n");
	assert_int_equal(get("a")->use, -1);
	take(5000, "program name=a cpu=20\n");
	assert_int_equal(get("a")->use, 10);
	assert_int_equal(get("a")->spark.use[2], 500);
	assert_int_equal(get("a")->spark.use[4], -1);
}

static void
survives_counters_without_sense(void **state)
{
	(void)state;
	take(1000, "program name=a cpu=0\n");
	take(2000, "program name=a cpu=9223372036854775807\n");
	assert_int_equal(get("a")->use, INT32_MAX);
	/* A clock that stands still. */
	take(2000, "program name=a cpu=5\n");
	assert_int_equal(get("a")->use, INT32_MAX);
}

static void
sorts(void **state)
{
	static const char first[] =
	    "program name=a state=up memory=5 restarts=1 uptime=1 cpu=0\n"
	    "program name=c state=failed restarts=7\n"
	    "program name=d state=odd restarts=7\n"
	    "program name=b state=wait memory=9 restarts=7 uptime=9 cpu=0\n";
	static const char second[] =
	    "program name=d state=odd restarts=7\n"
	    "program name=a state=up memory=5 restarts=1 uptime=1 cpu=700\n"
	    "program name=c state=failed restarts=7\n"
	    "program name=b state=wait memory=9 restarts=7 uptime=9 cpu=3\n";

	(void)state;
	take(1000, first);
	take(2000, second);
	sorted(ORDER_NAME, false, "a b c d ");
	sorted(ORDER_NAME, true, "d c b a ");
	sorted(ORDER_CPU, false, "a b c d ");
	sorted(ORDER_MEMORY, false, "b a c d ");
	sorted(ORDER_MEMORY, true, "d c a b ");
	sorted(ORDER_RESTARTS, false, "b c d a ");
	sorted(ORDER_STATE, false, "c b a d ");
	sorted(ORDER_UPTIME, false, "b a c d ");
	/* The next answer finds each however they are sorted. */
	take(3000, second);
	assert_int_equal(get("a")->use, 0);
}

/* Its use from one second to another; that of the time before is not known. */
static void
used(int64_t from, int64_t to, int use)
{
	static int64_t cpu;
	char line[64];

	take(1000 * from, "program name=a state=up\n");
	snprintf(line, sizeof(line), "program name=a state=up cpu=%jd\n",
	    (intmax_t)cpu);
	take(1000 * from, line);
	cpu += (to - from) * use;
	snprintf(line, sizeof(line), "program name=a state=up cpu=%jd\n",
	    (intmax_t)cpu);
	take(1000 * to, line);
}

static void
drawn(int64_t now, int width, bool utf8, const char *expected)
{
	char buf[SPARK_SIZE];

	sample_spark(&get("a")->spark, now, width, utf8, buf);
	assert_string_equal(buf, expected);
}

static void
is_blank_where_nothing_is_known(void **state)
{
	(void)state;
	take(0, "program name=a state=up\n");
	drawn(1000, 6, false, "      ");
	drawn(0, 6, true, "      ");
	used(990, 1000, 0);
	drawn(1000, 6, false, "     _");
	/* Seconds that nobody looked at are not known later either. */
	used(1020, 1030, 0);
	drawn(1030, 6, false, "  _  _");
}

static void
has_a_step_for_each_eighth(void **state)
{
	int64_t s;

	(void)state;
	for (s = 0; s < 9; s++)
		used(s, s + 1, (int)s * 125);
	drawn(60, 60, false,
	    "_.:-=+*##                                                   ");
	drawn(10, 60, true,
	    "                                                  "
	    "▁▂▃▄▅▆▇██ ");
	/* A little is not nothing. */
	clear(NULL);
	used(0, 60, 1);
	drawn(60, 1, false, ".");
}

static void
takes_the_average(void **state)
{
	(void)state;
	used(0, 15, 0);
	used(15, 30, 1000);
	drawn(60, 4, false, "_#  ");
	drawn(60, 2, false, "= ");
}

static void
scales_to_more_than_one_processor(void **state)
{
	(void)state;
	used(0, 30, 4000);
	used(30, 60, 1000);
	drawn(60, 4, false, "##::");
}

static void
forgets_after_a_minute(void **state)
{
	(void)state;
	used(0, 30, 1000);
	used(30, 75, 0);
	drawn(75, 4, false, "#___");
	drawn(135, 4, false, "    ");
	/* So much at once is all there is. */
	used(75, 100000, 1000);
	drawn(100000, 4, false, "####");
}

static void
replaces_what_it_hears_of_a_second_again(void **state)
{
	(void)state;
	take(0, "program name=a state=up cpu=0\n");
	take(60000, "program name=a state=up cpu=0\n");
	take(60500, "program name=a state=up cpu=500\n");
	drawn(60, 60, false,
	    "___________________________________________________________#");
}

static void
is_never_wider_than_a_minute(void **state)
{
	char buf[SPARK_SIZE];

	(void)state;
	used(0, 60, 1000);
	sample_spark(&get("a")->spark, 60, 1000, true, buf);
	assert_int_equal(strlen(buf), SPARK_SIZE - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(reads_an_answer, clear),
	    cmocka_unit_test_teardown(survives_absent_and_foreign_values,
		clear),
	    cmocka_unit_test_teardown(
		tells_the_unhealthy_from_those_that_are_up, clear),
	    cmocka_unit_test_teardown(computes_use_from_two_answers, clear),
	    cmocka_unit_test_teardown(
		takes_a_counter_that_went_down_for_a_new_one, clear),
	    cmocka_unit_test_teardown(computes_nothing_over_a_moment, clear),
	    cmocka_unit_test_teardown(keeps_the_minute_of_one_that_ended,
		clear),
	    cmocka_unit_test_teardown(survives_counters_without_sense, clear),
	    cmocka_unit_test_teardown(sorts, clear),
	    cmocka_unit_test_teardown(is_blank_where_nothing_is_known, clear),
	    cmocka_unit_test_teardown(has_a_step_for_each_eighth, clear),
	    cmocka_unit_test_teardown(takes_the_average, clear),
	    cmocka_unit_test_teardown(scales_to_more_than_one_processor, clear),
	    cmocka_unit_test_teardown(forgets_after_a_minute, clear),
	    cmocka_unit_test_teardown(replaces_what_it_hears_of_a_second_again,
		clear),
	    cmocka_unit_test_teardown(is_never_wider_than_a_minute, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
