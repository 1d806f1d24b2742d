/*
 * logbatch - write what is left of a batch in the journal, from wherever it
 * was left.
 *
 * Layer 2.
 */
#ifndef WRITER_H
#define WRITER_H

#include <stdint.h>

#include "output/devlog.h"
#include "output/journal.h"
#include "output/logfile.h"
#include "base/clock.h"

/* Output with stamps is put together in pieces of this size. */
#define WRITER_BUF ((size_t)128 * 1024)

/* Where batches go. */
struct writer {
	struct journal *journal;
	struct logdir dir;
	struct devlog devlog;
	int console;	 /* standard output */
	int console_err; /* why it takes nothing any more, or 0 */
	char buf[WRITER_BUF];
};

/*
 * Write the batch of a slot at HAVE; *written grows by the bytes written to
 * its file.  -1 with errno: not all could be, to be called again.  A file that
 * cannot be rotated grows beyond its limit: that is better than silence.
 * Standard output that nobody can read any more takes everything, and
 * console_err says so.
 */
int writer_write(struct writer *, struct slot *, struct logfile **,
    int64_t *written);

#endif
