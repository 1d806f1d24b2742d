/*
 * journal - what the log process is doing, where a later one finds it.
 *
 * Output goes from FIFO to file in batches.  A batch has a slot of this file,
 * which is mapped: so it outlives the process, even one that is killed, and
 * costs no system call.  A batch goes through these steps, each completed by
 * one store of one word; whoever finds the slot knows what was done:
 *
 *	INTENT	the slot names the stream and how many bytes its FIFO holds,
 *		and the first byte of the buffer is not the byte that is the
 *		first in the FIFO.  Then read(2).  As the bytes are there and
 *		the buffer is in memory it transfers all of them, or the
 *		process was killed before and none: the first byte tells.
 *	HAVE	the bytes are in the buffer and no longer in the FIFO.  They
 *		are written in segments [done, end), more than one if the
 *		file is rotated on the way.  Before a segment is begun the
 *		slot says which file it goes to and how long that file is; so
 *		the file's length tells how much of it was written.
 *	FREE	all was written.
 *
 * Layer 2.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/definition.h"
#include "output/loglines.h"

/* The capacity of a pipe: one read empties it. */
#define JOURNAL_BYTES ((size_t)64 * 1024)
/*
 * Each place has slots of its own: one that hangs does not hold up the others.
 * Standard output has one, so that lines are written one after the other.
 */
#define JOURNAL_FILES 6
#define JOURNAL_SYSLOG 2
#define JOURNAL_STDOUT 1
#define JOURNAL_SLOTS (JOURNAL_FILES + JOURNAL_SYSLOG + JOURNAL_STDOUT)
#define JOURNAL_NAME 68

enum slot_state { SLOT_FREE, SLOT_INTENT, SLOT_HAVE };

struct slot {
	_Atomic uint32_t state;
	/* [done, end) is the segment begun; equal: none is. */
	_Atomic uint32_t done;
	_Atomic uint32_t end;
	uint32_t len;
	/*
	 * Where the segment goes: the file, its length before, and how.  On
	 * standard output, how much of the next lines has been written.
	 */
	uint64_t dev;
	uint64_t ino;
	int64_t offset;
	/* how the batch is written */
	int64_t limit;
	int32_t keep;
	uint8_t bol;
	uint8_t to;    /* enum key_log */
	uint8_t first; /* of the buffer, before the read */
	uint8_t stamplen;
	char stamp[LOGLINES_STAMP];
	char name[JOURNAL_NAME];
};

struct journal {
	int fd;
	void *map;
	struct slot *slots;
	bool ready[JOURNAL_SLOTS]; /* the slot's buffer has its memory */
};

/*
 * Lock and map the file fd; it becomes the journal's.  Makes it first if it
 * is empty or of another form.  Finishes what a killed process left at
 * INTENT.  -1 with errno; EAGAIN: another process works with it.
 */
int journal_open(struct journal *, int fd);
void journal_close(struct journal *);
/*
 * The process that has the file locked, as the kernel tells it: 0 for none,
 * -1 with errno.
 */
pid_t journal_holder(int fd);

/* Slot i, 0 to JOURNAL_SLOTS - 1, and the buffer of a slot. */
struct slot *journal_slot(struct journal *, int i);
char *journal_buffer(struct journal *, const struct slot *);
/*
 * A free slot with its memory present, so that no page fault can stop a read
 * half-way; NULL with errno (EBUSY: no slot is free; ENOSPC: the file system
 * has no room for the buffer of a free slot).
 */
struct slot *journal_take(struct journal *, enum key_log to);

/* The steps.  To be called in their order, with all fields set before. */
void journal_intent(struct slot *);
void journal_have(struct slot *);
void journal_segment(struct slot *, uint32_t end);
void journal_segment_done(struct slot *);
void journal_release(struct slot *);
bool journal_is_busy(const struct slot *);

#endif
