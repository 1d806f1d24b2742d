/* clock: arithmetic on time, and its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#define MS INT64_C(1000000)

static struct mono
at(int64_t ns)
{
	return (struct mono){ns};
}

static void
does_not_go_back(void **state)
{
	struct mono before = clock_now(), after = clock_now();

	(void)state;
	assert_true(clock_is_set(before));
	assert_false(clock_before(after, before));
	assert_true(clock_diff_ms(after, before) >= 0);
}

static void
is_monotonic_time(void **state)
{
	struct timespec ts;
	struct mono now = clock_now();

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	assert_false(clock_before(at(ts.tv_sec * 1000 * MS + ts.tv_nsec), now));
	assert_true(ts.tv_sec - now.ns / (1000 * MS) < 60);
}

static void
adds(void **state)
{
	(void)state;
	assert_int_equal(clock_add_ms(at(5), 0).ns, 5);
	assert_int_equal(clock_add_ms(at(5), 7).ns, 7 * MS + 5);
	assert_int_equal(clock_add_ms(at(9 * MS), -7).ns, 2 * MS);
	assert_int_equal(clock_add_ms(at(1), INT64_MAX).ns, INT64_MAX);
	assert_int_equal(clock_add_ms(at(1), INT64_MIN).ns, INT64_MIN);
	assert_int_equal(clock_add_ms(at(INT64_MAX), INT64_MAX / MS).ns,
	    INT64_MAX);
	assert_int_equal(clock_add_ms(at(INT64_MIN), INT64_MIN / MS).ns,
	    INT64_MIN);
	assert_int_equal(clock_add_ms(at(INT64_MAX - 2 * MS), 2).ns, INT64_MAX);
}

static void
subtracts_rounding_down(void **state)
{
	(void)state;
	assert_int_equal(clock_diff_ms(at(0), at(0)), 0);
	assert_int_equal(clock_diff_ms(at(MS), at(0)), 1);
	assert_int_equal(clock_diff_ms(at(MS - 1), at(0)), 0);
	assert_int_equal(clock_diff_ms(at(2 * MS - 1), at(0)), 1);
	assert_int_equal(clock_diff_ms(at(0), at(1)), -1);
	assert_int_equal(clock_diff_ms(at(0), at(MS)), -1);
	assert_int_equal(clock_diff_ms(at(0), at(MS + 1)), -2);
	assert_int_equal(clock_diff_ms(at(INT64_MAX), at(INT64_MIN)),
	    INT64_MAX / MS);
	assert_int_equal(clock_diff_ms(at(INT64_MIN), at(INT64_MAX)),
	    INT64_MIN / MS - 1);
}

static void
compares(void **state)
{
	(void)state;
	assert_true(clock_before(at(1), at(2)));
	assert_false(clock_before(at(2), at(2)));
	assert_false(clock_before(at(3), at(2)));
	assert_false(clock_is_set(at(0)));
	assert_true(clock_is_set(at(1)));
}

static void
tells_wall_time(void **state)
{
	time_t before = time(NULL);
	struct timespec now = clock_wall();

	(void)state;
	/* time(2) may lag behind by a tick. */
	assert_true(now.tv_sec >= before);
	assert_true(now.tv_sec <= time(NULL) + 1);
}

static void
prints_wall_time(void **state)
{
	static const struct {
		const char *zone;
		time_t t;
		const char *text;
	} cases[] = {
	    {"UTC0", 0, "1970-01-01T00:00:00+00:00"},
	    {"UTC0", 1795353425, "2026-11-22T13:17:05+00:00"},
	    {"XXX-5:30", 0, "1970-01-01T05:30:00+05:30"},
	    {"XXX+9:30", 0, "1969-12-31T14:30:00-09:30"},
	    {"UTC0", -1, "1969-12-31T23:59:59+00:00"},
	    {"UTC0", 253402300800, "10000-01-01T00:00:00+00:00"},
	    {"UTC0", 67767976233532799, "2147483647-12-31T23:59:59+00:00"},
	    {"UTC0", INT64_MAX, "@9223372036854775807"},
	};
	char buf[CLOCK_WALL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(setenv("TZ", cases[i].zone, 1), 0);
		tzset();
		clock_print_wall(cases[i].t, buf);
		assert_string_equal(buf, cases[i].text);
	}
}

/* A header of tzfile(5), then one type and an abbreviation of four bytes. */
static void
put_block(FILE *f, unsigned seconds)
{
	unsigned char zone[44 + 6 + 4] = "TZif2";

	zone[39] = 1;
	zone[43] = 4;
	zone[46] = (unsigned char)(seconds >> 8);
	zone[47] = (unsigned char)seconds;
	memcpy(zone + 50, "XXX", 4);
	assert_int_equal(fwrite(zone, 1, sizeof(zone), f), sizeof(zone));
}

/* Make a file with one zone: a block for old readers, one for new, a footer. */
static void
write_zone(const char *path, unsigned hours)
{
	char next[64];
	FILE *f;

	snprintf(next, sizeof(next), "%s.new", path);
	f = fopen(next, "w");
	assert_non_null(f);
	put_block(f, hours * 3600);
	put_block(f, hours * 3600);
	fprintf(f, "\nXXX-%u\n", hours);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

/* As package upgrades and administrators do, under a TZ that stays. */
static void
rereads_the_zone(void **state)
{
	char path[] = "/tmp/clock_test.XXXXXX", tz[64], text[CLOCK_WALL_MAX];
	const int fd = mkstemp(path);

	(void)state;
	assert_int_not_equal(fd, -1);
	close(fd);
	write_zone(path, 1);
	snprintf(tz, sizeof(tz), ":%s", path);
	assert_int_equal(setenv("TZ", tz, 1), 0);
	clock_reread_zone();
	clock_print_wall(0, text);
	assert_string_equal(text, "1970-01-01T01:00:00+01:00");
	write_zone(path, 5);
	assert_true(clock_reread_zone());
	clock_print_wall(0, text);
	assert_string_equal(text, "1970-01-01T05:00:00+05:00");
	assert_false(clock_reread_zone());
	assert_string_equal(getenv("TZ"), tz);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(does_not_go_back),
	    cmocka_unit_test(is_monotonic_time),
	    cmocka_unit_test(adds),
	    cmocka_unit_test(subtracts_rounding_down),
	    cmocka_unit_test(compares),
	    cmocka_unit_test(tells_wall_time),
	    cmocka_unit_test(prints_wall_time),
	    cmocka_unit_test(rereads_the_zone),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
