/*
 * ctl_display - the terminal of "top": the only place that knows curses.
 *
 * Layer 4.  Source: curs_initscr(3X), resizeterm(3X).
 */
#ifndef CTL_DISPLAY_H
#define CTL_DISPLAY_H

#include "client/ctl_sample.h"
#include "client/ctl_view.h"

struct display {
	struct screen *screen; /* of curses */
	bool colour;
	bool utf8;
};

/*
 * Take the terminal that is standard input and output.  NULL, or why it will
 * not do; nothing has been done to it then.
 */
const char *display_open(struct display *, bool colour);
/* Give it back as it was. */
void display_close(struct display *);
/* Give it back for a while. */
void display_leave(void);
/* It may have another size now, or other modes: begin anew. */
void display_enter(void);
/* Programs that there is room for. */
size_t display_rows(void);
/* The next key, a character or one of view's; -1: there is none. */
int display_key(void);
/* trouble: why these are not as of now, or NULL. */
void display_draw(const struct display *, const struct samples *,
    const struct view *, const char *trouble);

#endif
