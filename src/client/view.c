/*
 * view - the lines of "top" for a screen of any width.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/view.h"
#include "client/tone.h"

/* A name is left so much before another cell is left out for its sake. */
#define NAME_MIN 12
#define SPARK_MIN 12

/* Each begins one blank after the one before it. */
static const struct {
	const char *head;
	int width; /* at least */
	bool right;
} cells[CELLS] = {
    [CELL_NAME] = {"NAME", 4, false},
    [CELL_STATE] = {"STATE", 9, false},
    [CELL_PID] = {"PID", 7, true},
    [CELL_CPU] = {"CPU%", 6, true},
    [CELL_MEM] = {"MEM", 6, true},
    [CELL_RESTARTS] = {"RESTARTS", 8, true},
    [CELL_UPTIME] = {"UPTIME", 8, true},
    [CELL_SPARK] = {"LAST MINUTE", SPARK_MIN, false},
};

/* The order in which they are left out. */
static const enum cell dispensable[] = {CELL_SPARK, CELL_RESTARTS, CELL_UPTIME,
    CELL_PID, CELL_MEM, CELL_CPU, CELL_STATE};
#define NDISPENSABLE (sizeof(dispensable) / sizeof(dispensable[0]))

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static int
longest_name(const struct samples *samples)
{
	int longest = cells[CELL_NAME].width, len;
	size_t i;

	for (i = 0; i < samples->n; i++) {
		len = (int)strnlen(samples->v[i].name, VIEW_LINE_SIZE / 2);
		if (len > longest)
			longest = len;
	}
	return longest;
}

/* The width of the shown cells except the name, with their blanks. */
static int
taken(const struct layout *layout)
{
	int i, sum = 0;

	for (i = CELL_NAME + 1; i < CELLS; i++) {
		if (layout->width[i] > 0)
			sum += 1 + layout->width[i];
	}
	return sum;
}

void
view_layout(struct layout *layout, const struct samples *samples, int columns)
{
	int name = longest_name(samples), room, x = 0;
	size_t i;

	for (i = 0; i < CELLS; i++)
		layout->width[i] = cells[i].width;
	for (i = 0; i < NDISPENSABLE; i++) {
		if (taken(layout) + least(name, NAME_MIN) <= columns)
			break;
		layout->width[dispensable[i]] = 0;
	}
	room = columns - taken(layout);
	layout->width[CELL_NAME] = least(name, room);
	room -= layout->width[CELL_NAME];
	if (layout->width[CELL_SPARK] > 0)
		layout->width[CELL_SPARK] =
		    least(SPARK_MIN + room, SPARK_SECONDS);
	for (i = 0; i < CELLS; i++) {
		layout->x[i] = x;
		if (layout->width[i] > 0)
			x += layout->width[i] + 1;
	}
}

/* A text that is too long is cut, and ends in ~. */
static void
put(char *buf, const struct layout *layout, enum cell cell, const char *s)
{
	int width = layout->width[cell], len = (int)strnlen(s, VIEW_LINE_SIZE);
	char text[VIEW_LINE_SIZE];

	if (width == 0)
		return;
	strlcpy(text, s, sizeof(text));
	if (len > width)
		strlcpy(text + width - 1, "~", 2);
	snprintf(buf + strlen(buf), VIEW_LINE_SIZE - strlen(buf), "%s%*s",
	    cell == CELL_NAME ? "" : " ", cells[cell].right ? width : -width,
	    text);
}

void
view_heads(const struct layout *layout, char buf[static VIEW_LINE_SIZE])
{
	enum cell cell;

	*buf = '\0';
	for (cell = 0; cell < CELLS; cell++)
		put(buf, layout, cell, cells[cell].head);
}

/* A number in its humane form, "-" if it is not known. */
static void
put_number(char *buf, const struct layout *layout, enum cell cell, int64_t n,
    void (*print)(int64_t, char[static TEXT_NUMBER_MAX]))
{
	char text[TEXT_NUMBER_MAX] = "-";

	if (n != -1)
		print(n, text);
	put(buf, layout, cell, text);
}

static void
plain(int64_t n, char buf[static TEXT_NUMBER_MAX])
{
	snprintf(buf, TEXT_NUMBER_MAX, "%" PRId64, n);
}

static void
percent(int64_t use, char buf[static TEXT_NUMBER_MAX])
{
	snprintf(buf, TEXT_NUMBER_MAX, "%" PRId64 ".%d", use / 10,
	    (int)(use % 10));
}

void
view_sample(const struct layout *layout, const struct sample *sample,
    int64_t now, bool utf8, char buf[static VIEW_LINE_SIZE])
{
	char spark[SPARK_SIZE], state[VIEW_LINE_SIZE];

	*buf = '\0';
	snprintf(state, sizeof(state), "%s%s", sample->state,
	    sample->unwritten ? "!" : "");
	put(buf, layout, CELL_NAME, sample->name);
	put(buf, layout, CELL_STATE, state);
	put_number(buf, layout, CELL_PID, sample->pid, plain);
	put_number(buf, layout, CELL_CPU, sample->use, percent);
	put_number(buf, layout, CELL_MEM, sample->memory, text_humane_size);
	put_number(buf, layout, CELL_RESTARTS, sample->restarts, plain);
	put_number(buf, layout, CELL_UPTIME, sample->uptime,
	    text_humane_duration);
	if (layout->width[CELL_SPARK] == 0)
		return;
	sample_spark(&sample->spark, now, layout->width[CELL_SPARK], utf8,
	    spark);
	strlcat(buf, " ", VIEW_LINE_SIZE);
	strlcat(buf, spark, VIEW_LINE_SIZE);
}

static void append(char *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
append(char *buf, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + len, VIEW_LINE_SIZE - len, fmt, ap);
	va_end(ap);
}

void
view_states(const struct samples *samples, char buf[static VIEW_LINE_SIZE])
{
	size_t count[TONE_RANK_MAX + 1] = {0}, unwritten = 0, i;
	const char *before = ": ";
	int rank;

	for (i = 0; i < samples->n; i++) {
		count[tone_rank(samples->v[i].state)]++;
		unwritten += samples->v[i].unwritten;
	}
	*buf = '\0';
	append(buf, "%zu program%s", samples->n, samples->n == 1 ? "" : "s");
	for (rank = TONE_RANK_MAX; rank > 0; rank--) {
		if (count[rank] == 0)
			continue;
		append(buf, "%s%zu %s", before, count[rank], tone_name(rank));
		before = ", ";
	}
	if (unwritten > 0)
		append(buf, "; log of %zu not written (!)", unwritten);
	if (samples->unwritten)
		append(buf, "; event log not written");
}

void
view_summary(const struct samples *samples, char buf[static VIEW_LINE_SIZE])
{
	int64_t use = 0, memory = 0;
	char cpu[TEXT_NUMBER_MAX], mem[TEXT_NUMBER_MAX];
	const struct sample *sample;
	size_t i;

	for (i = 0; i < samples->n; i++) {
		sample = &samples->v[i];
		use += sample->use != -1 ? sample->use : 0;
		if (sample->memory != -1 &&
		    __builtin_add_overflow(memory, sample->memory, &memory))
			memory = INT64_MAX;
	}
	percent(use, cpu);
	text_humane_size(memory, mem);
	*buf = '\0';
	append(buf, "hupd %" PRId64 "  CPU %s%%  MEM %s", samples->pid, cpu,
	    mem);
}

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
    "  ^L repaint the screen",
    "  h, ?",
    "     show this; any key ends it",
    "  q  quit",
    "",
    "  CPU is in percent of one processor, and a full block of the last",
    "  minute is one processor, or the highest use if that is more.",
    "  An exclamation mark behind the state: its log cannot be written.",
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
