/*
 * screen - the terminal of "top": the only target that knows curses.
 *
 * Source: curs_initscr(3X), resizeterm(3X).
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "client/sample.h"
#include "client/view.h"

struct display {
	struct screen *screen; /* of curses */
	bool colour;
	bool utf8;
};

/*
 * Take the terminal that is standard input and output.  NULL, or why it will
 * not do; nothing has been done to it then.
 */
const char *screen_open(struct display *, bool colour);
/* Give it back as it was. */
void screen_close(struct display *);
/* Give it back for a while. */
void screen_leave(void);
/* Take it again: its size and modes may have changed. */
void screen_enter(void);
/* The number of programs that fit. */
size_t screen_rows(void);
/* The next key, a character or one of view's; -1: none was pressed. */
int screen_key(void);
/* trouble: why these are not as of now, or NULL. */
void screen_draw(const struct display *, const struct samples *,
    const struct view *, const char *trouble);

#endif
