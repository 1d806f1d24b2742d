/*
 * logtake - take a batch out of a FIFO, by the steps of the journal.
 *
 * Layer 2.
 */
#ifndef LOGTAKE_H
#define LOGTAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "output/journal.h"

/* A program's output: its FIFO, and how it is written. */
struct outlet {
	int fd;
	int32_t keep;
	int64_t limit;
	enum key_log to;
	bool timestamps;
	char name[JOURNAL_NAME];
};

struct taker {
	struct journal *journal;
	int peek[2];   /* a pipe to look at what is in a FIFO */
	bool stale;    /* there are bytes in it */
	time_t second; /* the one that stamp is for */
	char stamp[LOGLINES_STAMP + 1];
};

/* -1 with errno.  The journal stays the caller's. */
int taker_init(struct taker *, struct journal *);
void taker_free(struct taker *);

/* How many bytes its FIFO holds. */
uint32_t outlet_available(const struct outlet *);
/*
 * Take at most n bytes, which are there, into a free slot.  But for a file
 * these are whole lines: an unfinished one stays in the FIFO, unless it is very
 * long or all is set.  False if nothing was taken; the slot is free then.
 */
bool take_batch(struct taker *, const struct outlet *, struct slot *,
    uint32_t n, bool all);
/* Make a batch that is the end of a line. */
void take_line_end(struct taker *, const struct outlet *, struct slot *);

#endif
