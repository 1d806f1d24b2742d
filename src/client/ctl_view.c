/*
 * ctl_view - what keys make of the view that "top" shows.
 */
#include <inttypes.h>
#include <stdio.h>

#include "client/ctl_view.h"

#define CTRL_L 0x0c

static const struct {
	int key;
	const char *name;
} orders[ORDERS] = {
    [ORDER_NAME] = {'n', "name"},
    [ORDER_CPU] = {'c', "CPU"},
    [ORDER_MEMORY] = {'m', "memory"},
    [ORDER_RESTARTS] = {'r', "restarts"},
    [ORDER_STATE] = {'s', "state"},
    [ORDER_UPTIME] = {'u', "uptime"},
};

const char *const view_help[] = {
    "  n  sort by name",
    "  c  sort by CPU use",
    "  m  sort by memory",
    "  r  sort by restarts",
    "  s  sort by state, what needs attention first",
    "  u  sort by uptime",
    "  R  reverse the order",
    "",
    "  up, down, page up, page down, home, end",
    "     scroll",
    "  space",
    "     ask hupd now",
    "  ^L paint the screen anew",
    "  h, ?",
    "     show this; any key ends it",
    "  q  quit",
    "",
    "  CPU is in percent of one processor, and a full block of the last",
    "  minute is one processor, or the highest use if that is more.",
    NULL,
};

void
view_fit(struct view *view, size_t n)
{
	size_t last = n > view->rows ? n - view->rows : 0;

	if (view->first > last)
		view->first = last;
}

/* Scroll, or not: that is no key for it. */
static bool
scrolled(struct view *view, int key, size_t n)
{
	size_t up = key == VIEW_LINE_UP ? 1 : view->rows;

	switch (key) {
	case VIEW_LINE_UP:
	case VIEW_SCREEN_UP:
		view->first -= up < view->first ? up : view->first;
		break;
	case VIEW_LINE_DOWN:
		view->first++;
		break;
	case VIEW_SCREEN_DOWN:
		view->first += view->rows;
		break;
	case VIEW_FIRST:
		view->first = 0;
		break;
	case VIEW_LAST:
		view->first = n;
		break;
	default:
		return false;
	}
	view_fit(view, n);
	return true;
}

static void
sort(struct view *view, int key)
{
	enum order order;

	for (order = 0; order < ORDERS; order++) {
		if (orders[order].key == key) {
			view->order = order;
			view->reverse = false;
		}
	}
}

enum wish
view_key(struct view *view, int key, size_t n)
{
	if (key == CTRL_L)
		return WISH_REPAINT;
	if (view->help) {
		view->help = false;
		return WISH_NOTHING;
	}
	if (scrolled(view, key, n))
		return WISH_NOTHING;
	switch (key) {
	case 'q':
		return WISH_QUIT;
	case ' ':
		return WISH_ANSWER;
	case 'h':
	case '?':
		view->help = true;
		break;
	case 'R':
		view->reverse = !view->reverse;
		break;
	default:
		sort(view, key);
		break;
	}
	return WISH_NOTHING;
}

void
view_print(const struct view *view, char buf[static VIEW_SIZE])
{
	snprintf(buf, VIEW_SIZE,
	    "sorted by %s%s, every %" PRId64 "s   h help   q quit",
	    orders[view->order].name, view->reverse ? ", reversed" : "",
	    view->delay);
}
