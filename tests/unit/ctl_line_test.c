/* ctl_line: the lines of "top" for a screen of any width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/ctl_line.h"
#include "samples.h"

/* The heads and the first program on a screen so wide. */
static void
check(int columns, bool utf8, const char *heads, const char *first)
{
	struct layout layout;
	char line[LINE_SIZE];

	line_layout(&layout, &samples, columns);
	line_heads(&layout, line);
	assert_string_equal(line, heads);
	line_sample(&layout, &samples.v[0], samples.second, utf8, line);
	assert_string_equal(line, first);
}

static void
fills_eighty_columns(void **state)
{
	(void)state;
	take(30000,
	    "program name=web state=up pid=4194304 memory=1073741824 "
	    "restarts=123 uptime=99000000 cpu=0\n");
	take(60000,
	    "program name=web state=up pid=4194304 memory=1073741824 "
	    "restarts=123 uptime=99000000 cpu=3750\n");
	check(80, false,
	    "NAME STATE         PID   CPU%    MEM RESTARTS   UPTIME "
	    "LAST MINUTE              ",
	    "web  up        4194304   12.5     1G      123    1d 3h "
	    "            .............");
	check(80, true,
	    "NAME STATE         PID   CPU%    MEM RESTARTS   UPTIME "
	    "LAST MINUTE              ",
	    "web  up        4194304   12.5     1G      123    1d 3h "
	    "            ▂▂▂▂▂▂▂▂▂▂▂▂▂");
	/* No more than a character a second. */
	check(1000, false,
	    "NAME STATE         PID   CPU%    MEM RESTARTS   UPTIME LAST MINUTE"
	    "                                                 ",
	    "web  up        4194304   12.5     1G      123    1d 3h "
	    "                              ..............................");
}

static void
leaves_out_what_is_least_important(void **state)
{
	static const struct {
		int columns;
		const char *heads;
		const char *first;
	} cases[] = {
	    {66, "NAME STATE         PID   CPU%    MEM RESTARTS   UPTIME",
		"web  starting        7      -      -        0       1s"},
	    {54, "NAME STATE         PID   CPU%    MEM RESTARTS   UPTIME",
		"web  starting        7      -      -        0       1s"},
	    {53, "NAME STATE         PID   CPU%    MEM   UPTIME",
		"web  starting        7      -      -       1s"},
	    {44, "NAME STATE         PID   CPU%    MEM",
		"web  starting        7      -      -"},
	    {31, "NAME STATE       CPU%    MEM",
		"web  starting       -      -"},
	    {21, "NAME STATE       CPU%", "web  starting       -"},
	    {20, "NAME STATE    ", "web  starting "},
	    {12, "NAME", "web "},
	    {3, "NA~", "web"},
	    {1, "~", "~"},
	};
	size_t i;

	(void)state;
	take(1000,
	    "program name=web state=starting pid=7 restarts=0 "
	    "uptime=1000\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].columns, false, cases[i].heads, cases[i].first);
}

static void
cuts_a_long_name(void **state)
{
	(void)state;
	take(1000,
	    "program name=a-name-longer-than-there-is-room-for "
	    "state=down\n");
	check(81, false,
	    "NAME               STATE         PID   CPU%    MEM RESTARTS   "
	    "UPTIME LAST MINUTE ",
	    "a-name-longer-tha~ down            -      -      -        -   "
	    "     -             ");
	check(101, false,
	    "NAME                                 STATE         PID   CPU%    "
	    "MEM RESTARTS   UPTIME LAST MINUTE   ",
	    "a-name-longer-than-there-is-room-for down            -      -    "
	    "  -        -        -               ");
}

static void
never_exceeds_the_screen(void **state)
{
	struct layout layout;
	char line[LINE_SIZE];
	int columns;

	(void)state;
	take(1000,
	    "program name=a-name-longer-than-there-is-room-for "
	    "state=a-state-that-is-new pid=99999999999 "
	    "memory=9223372036854775807 restarts=9223372036854775807 "
	    "uptime=9223372036854775807 cpu=0\n");
	take(2000,
	    "program name=a-name-longer-than-there-is-room-for "
	    "state=a-state-that-is-new pid=99999999999 "
	    "memory=9223372036854775807 restarts=9223372036854775807 "
	    "uptime=9223372036854775807 cpu=9223372036854775807\n");
	for (columns = 1; columns < 300; columns++) {
		line_layout(&layout, &samples, columns);
		line_heads(&layout, line);
		assert_in_range(strlen(line), 1, columns);
		line_sample(&layout, &samples.v[0], 2, false, line);
		assert_in_range(strlen(line), 1, columns);
	}
}

static void
sums_up(void **state)
{
	char line[LINE_SIZE];

	(void)state;
	line_summary(&samples, line);
	assert_string_equal(line, "hupd 0  CPU 0.0%  MEM 0B");
	line_states(&samples, line);
	assert_string_equal(line, "0 programs");
	take(1000,
	    "program name=a state=up cpu=0 memory=1024\n"
	    "config pid=42\n");
	take(2000,
	    "program name=a state=up cpu=10 memory=1024\n"
	    "config pid=42\n");
	line_summary(&samples, line);
	assert_string_equal(line, "hupd 42  CPU 1.0%  MEM 1K");
	line_states(&samples, line);
	assert_string_equal(line, "1 program: 1 up");
	take(3000,
	    "program name=a state=up cpu=20 memory=1024\n"
	    "program name=b state=down\n"
	    "program name=c state=up cpu=0 memory=2048\n"
	    "program name=d state=failed\n"
	    "program name=e state=odd\n"
	    "config pid=42\n");
	line_summary(&samples, line);
	assert_string_equal(line, "hupd 42  CPU 1.0%  MEM 3K");
	line_states(&samples, line);
	assert_string_equal(line, "5 programs: 1 failed, 2 up, 1 down");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(fills_eighty_columns, clear),
	    cmocka_unit_test_teardown(leaves_out_what_is_least_important,
		clear),
	    cmocka_unit_test_teardown(cuts_a_long_name, clear),
	    cmocka_unit_test_teardown(never_exceeds_the_screen, clear),
	    cmocka_unit_test_teardown(sums_up, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
