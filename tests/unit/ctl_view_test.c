/* ctl_view: what keys make of the view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/ctl_view.h"

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
	    cmocka_unit_test(says_how_it_is_sorted),
	    cmocka_unit_test(scrolls_within_the_programs),
	    cmocka_unit_test(wishes),
	    cmocka_unit_test(shows_help_until_the_next_key),
	    cmocka_unit_test(helps_in_24_lines_of_80),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
