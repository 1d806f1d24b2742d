/*
 * ctl_line - the lines of "top" for a screen of any width.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/ctl_line.h"
#include "client/ctl_state.h"
#include "base/text.h"

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
		len = (int)strnlen(samples->v[i].name, LINE_SIZE / 2);
		if (len > longest)
			longest = len;
	}
	return longest;
}

/* What the shown cells but for the name take, with their blanks. */
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
line_layout(struct layout *layout, const struct samples *samples, int columns)
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

/* What is too long is cut, and ends in ~. */
static void
put(char *buf, const struct layout *layout, enum cell cell, const char *s)
{
	int width = layout->width[cell], len = (int)strnlen(s, LINE_SIZE);
	char text[LINE_SIZE];

	if (width == 0)
		return;
	strlcpy(text, s, sizeof(text));
	if (len > width)
		strlcpy(text + width - 1, "~", 2);
	snprintf(buf + strlen(buf), LINE_SIZE - strlen(buf), "%s%*s",
	    cell == CELL_NAME ? "" : " ", cells[cell].right ? width : -width,
	    text);
}

void
line_heads(const struct layout *layout, char buf[static LINE_SIZE])
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
line_sample(const struct layout *layout, const struct sample *sample,
    int64_t now, bool utf8, char buf[static LINE_SIZE])
{
	char spark[SPARK_SIZE];

	*buf = '\0';
	put(buf, layout, CELL_NAME, sample->name);
	put(buf, layout, CELL_STATE, sample->state);
	put_number(buf, layout, CELL_PID, sample->pid, plain);
	put_number(buf, layout, CELL_CPU, sample->use, percent);
	put_number(buf, layout, CELL_MEM, sample->memory, text_humane_size);
	put_number(buf, layout, CELL_RESTARTS, sample->restarts, plain);
	put_number(buf, layout, CELL_UPTIME, sample->uptime,
	    text_humane_duration);
	if (layout->width[CELL_SPARK] == 0)
		return;
	spark_draw(&sample->spark, now, layout->width[CELL_SPARK], utf8, spark);
	strlcat(buf, " ", LINE_SIZE);
	strlcat(buf, spark, LINE_SIZE);
}

static void append(char *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
append(char *buf, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + len, LINE_SIZE - len, fmt, ap);
	va_end(ap);
}

void
line_states(const struct samples *samples, char buf[static LINE_SIZE])
{
	size_t count[STATE_RANK_MAX + 1] = {0}, i;
	const char *before = ": ";
	int rank;

	for (i = 0; i < samples->n; i++)
		count[state_rank(samples->v[i].state)]++;
	*buf = '\0';
	append(buf, "%zu program%s", samples->n, samples->n == 1 ? "" : "s");
	for (rank = STATE_RANK_MAX; rank > 0; rank--) {
		if (count[rank] == 0)
			continue;
		append(buf, "%s%zu %s", before, count[rank], state_name(rank));
		before = ", ";
	}
}

void
line_summary(const struct samples *samples, char buf[static LINE_SIZE])
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
