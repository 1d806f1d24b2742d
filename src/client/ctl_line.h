/*
 * ctl_line - the lines of "top" for a screen of any width.
 *
 * Layer 4.  Pure.
 */
#ifndef CTL_LINE_H
#define CTL_LINE_H

#include "client/ctl_sample.h"

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
#define LINE_SIZE 512

/*
 * For a screen so many characters wide.  The name gets what it needs as long
 * as the sparkline keeps its least width; where there is no room for all, the
 * least important cells are left out.
 */
void line_layout(struct layout *, const struct samples *, int columns);
void line_heads(const struct layout *, char buf[static LINE_SIZE]);
/* now: samples.second.  All but the sparkline is ASCII. */
void line_sample(const struct layout *, const struct sample *, int64_t now,
    bool utf8, char buf[static LINE_SIZE]);
/* The daemon, and what all programs use. */
void line_summary(const struct samples *, char buf[static LINE_SIZE]);
/* How many programs there are, and in which states. */
void line_states(const struct samples *, char buf[static LINE_SIZE]);

#endif
