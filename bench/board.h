/*
 * board - where supervised programs note that they run: a file that all of
 * them and the meter map, so that noting costs next to nothing.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

struct board_slot {
	int64_t started; /* CLOCK_MONOTONIC, ns, of the newest process */
	int32_t pid;	 /* of the newest process */
	uint32_t starts;
};

struct board {
	uint32_t n;
	uint32_t starts; /* of all */
	uint32_t target; /* who brings starts there wakes the meter; a futex */
	uint32_t reached;
	struct board_slot slots[];
};

/* Map the file; n: make it, with that many slots.  Exits on an error. */
struct board *board_map(const char *file, uint32_t n);
/* This process runs. */
void board_note(struct board *, uint32_t slot);
/* Wait until the expected number has started.  -1: timeout. */
void board_expect(struct board *, uint32_t more);
int board_await(struct board *, int seconds);

int64_t now_ns(void);

#endif
