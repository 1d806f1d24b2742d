/*
 * screen - the terminal of "top": the only target that knows curses.
 */
#include <sys/ioctl.h>

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "client/screen.h"
#include "client/view.h"
#include "client/tone.h"

/* Lines: summary, states, view, heads; then the programs. */
enum { LINE_SUMMARY, LINE_STATES, LINE_VIEW, LINE_HEADS, LINE_PROGRAMS };

/* How long an escape may be the begin of a key, in milliseconds. */
#define ESCAPE_MS 25

static void
prepare_colours(void)
{
	start_color();
	use_default_colors();
	init_pair(1 + TONE_GOOD, COLOR_GREEN, -1);
	init_pair(1 + TONE_BAD, COLOR_RED, -1);
	init_pair(1 + TONE_MOVING, COLOR_YELLOW, -1);
}

/* Absent is NULL or -1: terminfo(3X). */
static bool
has_string(const char *capability)
{
	const char *s = tigetstr(capability);

	return s != NULL && (intptr_t)s != -1;
}

const char *
screen_open(struct display *display, bool colour)
{
	setlocale(LC_CTYPE, "");
	display->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	display->screen = newterm(NULL, stdout, stdin);
	if (display->screen == NULL)
		return "its kind, TERM, is not known";
	if (!has_string("cup")) {
		screen_close(display);
		return "it has no way to move the cursor";
	}
	display->colour = colour && has_colors();
	if (display->colour)
		prepare_colours();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	return NULL;
}

void
screen_close(struct display *display)
{
	endwin();
	delscreen(display->screen);
	display->screen = NULL;
}

/* Done twice, the cursor would be put where it was before the first time. */
void
screen_leave(void)
{
	if (!isendwin())
		endwin();
}

void
screen_enter(void)
{
	struct winsize size;

	/* Whoever had the terminal may have changed its modes. */
	screen_leave();
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

size_t
screen_rows(void)
{
	return LINES > LINE_PROGRAMS ? (size_t)(LINES - LINE_PROGRAMS) : 0;
}

int
screen_key(void)
{
	int key = getch();

	switch (key) {
	case ERR:
		return -1;
	case KEY_UP:
		return VIEW_LINE_UP;
	case KEY_DOWN:
		return VIEW_LINE_DOWN;
	case KEY_PPAGE:
		return VIEW_SCREEN_UP;
	case KEY_NPAGE:
		return VIEW_SCREEN_DOWN;
	case KEY_HOME:
		return VIEW_FIRST;
	case KEY_END:
		return VIEW_LAST;
	default:
		/* Another key of curses is one that does nothing. */
		return key < KEY_MIN ? key : 0;
	}
}

/* A line, cut where the screen ends. */
static void
put_line(int y, const char *s, attr_t attributes)
{
	attrset(attributes);
	mvaddnstr(y, 0, s, -1);
	/* Clear what has wrapped into the next line. */
	if (getcury(stdscr) > y && y + 1 < LINES) {
		move(y + 1, 0);
		clrtobot();
	}
	attrset(A_NORMAL);
}

static attr_t
attributes_of(const struct display *display, const char *state)
{
	enum tone tone = tone_of(state);

	if (!display->colour)
		return A_NORMAL;
	return tone == TONE_QUIET ? A_DIM : COLOR_PAIR(1 + tone);
}

static void
draw_sample(const struct display *display, const struct layout *layout,
    const struct sample *sample, int64_t now, int y)
{
	int width = layout->width[CELL_STATE];
	char line[VIEW_LINE_SIZE];
	attr_t attributes;

	view_sample(layout, sample, now, display->utf8, line);
	put_line(y, line, A_NORMAL);
	attributes = attributes_of(display, sample->state);
	if (width > 0)
		mvchgat(y, layout->x[CELL_STATE], width, attributes & ~A_COLOR,
		    (short)PAIR_NUMBER(attributes), NULL);
}

static void
draw_samples(const struct display *display, const struct samples *samples,
    const struct view *view)
{
	struct layout layout;
	char line[VIEW_LINE_SIZE];
	size_t i;

	view_layout(&layout, samples, COLS);
	view_heads(&layout, line);
	put_line(LINE_HEADS, line, A_NORMAL);
	mvchgat(LINE_HEADS, 0, -1, A_REVERSE, 0, NULL);
	for (i = view->first; i < samples->n && i - view->first < view->rows;
	     i++)
		draw_sample(display, &layout, &samples->v[i], samples->second,
		    LINE_PROGRAMS + (int)(i - view->first));
}

static void
draw_help(void)
{
	int y;

	for (y = 0; view_help[y] != NULL && LINE_HEADS + y < LINES; y++)
		put_line(LINE_HEADS + y, view_help[y], A_NORMAL);
}

void
screen_draw(const struct display *display, const struct samples *samples,
    const struct view *view, const char *trouble)
{
	char line[VIEW_LINE_SIZE];

	erase();
	view_summary(samples, line);
	put_line(LINE_SUMMARY, trouble != NULL ? trouble : line,
	    trouble != NULL ? A_REVERSE | A_BOLD : A_NORMAL);
	view_states(samples, line);
	put_line(LINE_STATES, line, A_NORMAL);
	view_print(view, line);
	put_line(LINE_VIEW, line, A_NORMAL);
	if (view->help)
		draw_help();
	else
		draw_samples(display, samples, view);
	refresh();
}
