/* view: lines of "top" for a screen of any width, and what keys do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/view.h"
#include "samples.h"

/* The heads and the first program on a screen so wide. */
static void
check(int columns, bool utf8, const char *heads, const char *first)
{
	struct layout layout;
	char line[VIEW_LINE_SIZE];

	view_layout(&layout, &samples, columns);
	view_heads(&layout, line);
	assert_string_equal(line, heads);
	view_sample(&layout, &samples.v[0], samples.second, utf8, line);
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
	char line[VIEW_LINE_SIZE];
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
		view_layout(&layout, &samples, columns);
		view_heads(&layout, line);
		assert_in_range(strlen(line), 1, columns);
		view_sample(&layout, &samples.v[0], 2, false, line);
		assert_in_range(strlen(line), 1, columns);
	}
}

static void
sums_up(void **state)
{
	char line[VIEW_LINE_SIZE];

	(void)state;
	view_summary(&samples, line);
	assert_string_equal(line, "hupd 0  CPU 0.0%  MEM 0B");
	view_states(&samples, line);
	assert_string_equal(line, "0 programs");
	take(1000,
	    "program name=a state=up cpu=0 memory=1024\n"
	    "config pid=42\n");
	take(2000,
	    "program name=a state=up cpu=10 memory=1024\n"
	    "config pid=42\n");
	view_summary(&samples, line);
	assert_string_equal(line, "hupd 42  CPU 1.0%  MEM 1K");
	view_states(&samples, line);
	assert_string_equal(line, "1 program: 1 up");
	take(3000,
	    "program name=a state=up cpu=20 memory=1024\n"
	    "program name=b state=down\n"
	    "program name=c state=up cpu=0 memory=2048\n"
	    "program name=d state=failed\n"
	    "program name=e state=odd\n"
	    "config pid=42\n");
	view_summary(&samples, line);
	assert_string_equal(line, "hupd 42  CPU 1.0%  MEM 3K");
	view_states(&samples, line);
	assert_string_equal(line, "5 programs: 1 failed, 2 up, 1 down");
}

static void
marks_logs_that_are_not_written(void **state)
{
	struct layout layout;
	char line[VIEW_LINE_SIZE];

	(void)state;
	take(1000,
	    "program name=a state=up\n"
	    "program name=b state=up log-error=full log-since=1\n"
	    "program name=c state=failed\n"
	    "config pid=42 log-error=full log-since=1\n");
	sample_sort(&samples, ORDER_STATE, false);
	assert_string_equal(samples.v[0].name, "c");
	assert_string_equal(samples.v[1].name, "b");
	view_states(&samples, line);
	assert_string_equal(line,
	    "3 programs: 1 failed, 2 up; log of 1 not written (!); event log "
	    "not written");
	view_layout(&layout, &samples, 44);
	view_sample(&layout, &samples.v[1], 1, false, line);
	assert_string_equal(line, "b    up!             -      -      -");
}

static void
says_how_it_is_sorted(void **state)
{
	static const struct {
		int key;
		enum order order;
		const char *text;
	} cases[] = {
	    {'n', ORDER_NAME, "sorted by name, every 2s"},
	    {'c', ORDER_CPU, "sorted by CPU, every 2s"},
	    {'m', ORDER_MEMORY, "sorted by memory, every 2s"},
	    {'r', ORDER_RESTARTS, "sorted by restarts, every 2s"},
	    {'s', ORDER_STATE, "sorted by state, every 2s"},
	    {'u', ORDER_UPTIME, "sorted by uptime, every 2s"},
	};
	struct view view = {.delay = 2};
	char text[VIEW_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ORDERS; i++) {
		view.reverse = true;
		assert_int_equal(view_key(&view, cases[i].key, 9),
		    WISH_NOTHING);
		assert_int_equal(view.order, cases[i].order);
		view_print(&view, text);
		assert_memory_equal(text, cases[i].text, strlen(cases[i].text));
	}
	assert_int_equal(view_key(&view, 'R', 9), WISH_NOTHING);
	view_print(&view, text);
	assert_string_equal(text,
	    "sorted by uptime, reversed, every 2s   h help   q quit");
	view_key(&view, 'R', 9);
	assert_false(view.reverse);
}

static void
scrolls_within_the_programs(void **state)
{
	static const struct {
		int key;
		size_t first;
	} steps[] = {
	    {VIEW_LINE_UP, 0},
	    {VIEW_LINE_DOWN, 1},
	    {VIEW_SCREEN_DOWN, 11},
	    {VIEW_LINE_UP, 10},
	    {VIEW_SCREEN_DOWN, 15},
	    {VIEW_LINE_DOWN, 15},
	    {VIEW_SCREEN_UP, 5},
	    {VIEW_SCREEN_UP, 0},
	    {VIEW_LAST, 15},
	    {VIEW_FIRST, 0},
	};
	struct view view = {.rows = 10};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(view_key(&view, steps[i].key, 25),
		    WISH_NOTHING);
		assert_int_equal(view.first, steps[i].first);
	}
	/* Where all are seen there is nothing to scroll. */
	view_key(&view, VIEW_LAST, 10);
	assert_int_equal(view.first, 0);
	view_key(&view, VIEW_LINE_DOWN, 0);
	assert_int_equal(view.first, 0);
	/* Some have gone. */
	view.first = 15;
	view_fit(&view, 12);
	assert_int_equal(view.first, 2);
}

static void
wishes(void **state)
{
	struct view view = {.rows = 10};

	(void)state;
	assert_int_equal(view_key(&view, 'q', 1), WISH_QUIT);
	assert_int_equal(view_key(&view, ' ', 1), WISH_ANSWER);
	assert_int_equal(view_key(&view, 0x0c, 1), WISH_REPAINT);
	assert_int_equal(view_key(&view, 'x', 1), WISH_NOTHING);
	assert_int_equal(view_key(&view, 0, 1), WISH_NOTHING);
}

static void
shows_help_until_the_next_key(void **state)
{
	struct view view = {.rows = 10};

	(void)state;
	view_key(&view, '?', 1);
	assert_true(view.help);
	assert_int_equal(view_key(&view, 0x0c, 1), WISH_REPAINT);
	assert_true(view.help);
	assert_int_equal(view_key(&view, 'q', 1), WISH_NOTHING);
	assert_false(view.help);
	view_key(&view, 'h', 1);
	assert_true(view.help);
}

/* Below the two lines that stay, on the screen of a terminal of old. */
static void
helps_in_24_lines_of_80(void **state)
{
	size_t n;

	(void)state;
	for (n = 0; view_help[n] != NULL; n++)
		assert_in_range(strlen(view_help[n]), 0, 80);
	assert_in_range(n, 1, 22);
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
	    cmocka_unit_test_teardown(marks_logs_that_are_not_written, clear),
	    cmocka_unit_test(says_how_it_is_sorted),
	    cmocka_unit_test(scrolls_within_the_programs),
	    cmocka_unit_test(wishes),
	    cmocka_unit_test(shows_help_until_the_next_key),
	    cmocka_unit_test(helps_in_24_lines_of_80),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
