/*
 * view - the lines of "top" for a screen of any width.
 *
 * Pure.
 */
#ifndef VIEW_H
#define VIEW_H

#include "client/sample.h"

enum cell {
	CELL_NAME,
	CELL_STATE,
	CELL_PID,
	CELL_CPU,
	CELL_MEM,
	CELL_RESTARTS,
	CELL_UPTIME,
	CELL_SPARK,
	CELLS
};

/* Where a cell begins and how wide it is; without width it is not shown. */
struct layout {
	int x[CELLS];
	int width[CELLS];
};

/* Bytes of a line at most, with the NUL. */
#define VIEW_LINE_SIZE 512

/*
 * columns: the width of the screen in characters.  The name gets what it needs
 * as long as the sparkline keeps its least width; where there is no room for
 * all, the least important cells are left out.
 */
void view_layout(struct layout *, const struct samples *, int columns);
void view_heads(const struct layout *, char buf[static VIEW_LINE_SIZE]);
/* now: samples.second.  All but the sparkline is ASCII. */
void view_sample(const struct layout *, const struct sample *, int64_t now,
    bool utf8, char buf[static VIEW_LINE_SIZE]);
/* The daemon, and what all programs use. */
void view_summary(const struct samples *, char buf[static VIEW_LINE_SIZE]);
/* How many programs there are, in which states, and whose log is blocked. */
void view_states(const struct samples *, char buf[static VIEW_LINE_SIZE]);

struct view {
	enum order order;
	bool reverse;
	bool help;     /* instead of the programs */
	size_t first;  /* the program that is shown first */
	size_t rows;   /* that fit */
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

/* The effect of a key beyond the view. */
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
