/*
 * ctl_view - what keys make of the view that "top" shows.
 *
 * Layer 4.  Pure.
 */
#ifndef CTL_VIEW_H
#define CTL_VIEW_H

#include "client/ctl_sample.h"

struct view {
	enum order order;
	bool reverse;
	bool help;     /* instead of the programs */
	size_t first;  /* the program that is shown first */
	size_t rows;   /* that there is room for */
	int64_t delay; /* between two questions, s */
};

/* Keys that are no character. */
enum {
	VIEW_LINE_UP = 256,
	VIEW_LINE_DOWN,
	VIEW_SCREEN_UP,
	VIEW_SCREEN_DOWN,
	VIEW_FIRST,
	VIEW_LAST,
};

/* What a key asks for beyond the view. */
enum wish { WISH_NOTHING, WISH_ANSWER, WISH_REPAINT, WISH_QUIT };

/* n: how many programs there are. */
enum wish view_key(struct view *, int key, size_t n);
/* Keep what is shown within n programs. */
void view_fit(struct view *, size_t n);
/* How it is sorted, and where there is help. */
#define VIEW_SIZE 128
void view_print(const struct view *, char buf[static VIEW_SIZE]);
/* The lines of the help, NULL-terminated. */
extern const char *const view_help[];

#endif
