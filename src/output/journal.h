/*
 * journal - the unfinished work of the log process, stored for its successor.
 *
 * Output goes from FIFO to file in batches.  Each batch has a slot of this
 * file, which is mapped: so it survives SIGKILL of the process, and costs no
 * system call.  A batch goes through these steps.  One store of one word
 * completes a step, so a successor knows from the slot what was done:
 *
 *	INTENT	The slot names the stream and the number of bytes to read, and
 *		the first byte of the buffer differs from the first byte in the
 *		FIFO.  Then read(2).  The bytes are there and the buffer is in
 *		memory, so the read transfers all of them, or the process was
 *		killed before and it transferred none: the first byte shows
 *		which.
 *
 *	HAVE	The bytes are in the buffer and no longer in the FIFO.  They
 *		are written in segments [done, end), several if the file is
 *		rotated on the way.  Before a segment is begun the slot notes
 *		its file and the length of that file; so the length of the file
 *		shows how much of the segment was written.
 *
 *	FREE	Everything was written.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stamp.h"
#include "config/definition.h"

/* The capacity of a pipe: one read empties it. */
#define JOURNAL_BYTES ((size_t)64 * 1024)
/*
 * Each destination has its own slots, so that a blocked one does not delay the
 * others.  Standard output has one slot, to keep the order of lines.
 */
#define JOURNAL_FILES 6
#define JOURNAL_SYSLOG 2
#define JOURNAL_STDOUT 1
#define JOURNAL_SLOTS (JOURNAL_FILES + JOURNAL_SYSLOG + JOURNAL_STDOUT)
#define JOURNAL_NAME 68
/* The same of a program. */
#define JOURNAL_PROGRAM (JOURNAL_NAME - 1)

enum slot_state { SLOT_FREE, SLOT_INTENT, SLOT_HAVE };

struct slot {
	_Atomic uint32_t state;
	/* [done, end) is the segment that was begun; equal: none. */
	_Atomic uint32_t done;
	_Atomic uint32_t end;
	uint32_t len;
	/*
	 * The file of the segment and its length before the segment.  For
	 * standard output, offset is how much of the next lines was written;
	 * for syslog, 1 if the batch has a tag, see journal_tag.
	 */
	uint64_t dev;
	uint64_t ino;
	int64_t offset;
	/* How the batch is written. */
	int64_t limit;
	int32_t keep;
	uint8_t bol;
	uint8_t to;    /* enum key_log */
	uint8_t first; /* of the buffer, before the read */
	uint8_t stamplen;
	char stamp[STAMP_LENGTH];
	char name[JOURNAL_PROGRAM];
	/*
	 * For a file, 1 if the batch is of standard error, which has a file of
	 * its own; for standard output, enum key_prefix.  Version 0.1 leaves 0,
	 * and ignores it.
	 */
	uint8_t form;
};

struct journal {
	int fd;
	void *map;
	struct slot *slots;
	char (*tags)[JOURNAL_NAME]; /* of the slots */
	bool ready[JOURNAL_SLOTS];  /* the slot's buffer has its memory */
};

/*
 * Lock and map the file fd, which becomes the journal's.  An empty file, or
 * one of another form, is initialized.  Slots that a killed process left at
 * INTENT become HAVE or FREE.  -1 with errno; EAGAIN: another process has the
 * lock.
 */
int journal_open(struct journal *, int fd);
void journal_close(struct journal *);
/* Has another process locked the file? */
bool journal_is_locked(int fd);

/* Slot i, 0 to JOURNAL_SLOTS - 1, and the buffer of a slot. */
struct slot *journal_slot(struct journal *, int i);
char *journal_buffer(struct journal *, const struct slot *);
/*
 * A free slot with its memory present, so that no page fault can stop a read
 * half-way; NULL with errno (EBUSY: no slot is free; ENOSPC: the file system
 * has no room for the buffer of a free slot).
 */
struct slot *journal_take(struct journal *, enum key_log to);

/*
 * The name of the batch's stream, of a program or of its standard error; set it
 * after the destination.
 */
void journal_set_stream(struct slot *, const char *stream);
const char *journal_stream(const struct slot *, char buf[static JOURNAL_NAME]);

/*
 * The tag of a batch for syslog: the one that was set before journal_intent,
 * or without one (NULL) the name.
 */
void journal_set_tag(struct journal *, struct slot *, const char *tag);
const char *journal_tag(const struct journal *, const struct slot *);

/*
 * The steps, in their order.  Set all fields before; a segment ends at end, and
 * journal_segment_done notes that it is written.
 */
void journal_intent(struct slot *);
void journal_have(struct slot *);
void journal_segment(struct slot *, uint32_t end);
void journal_segment_done(struct slot *);
void journal_release(struct slot *);
bool journal_is_busy(const struct slot *);

#endif
