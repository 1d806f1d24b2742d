/*
 * pump - the streams of the log process: read the output from each FIFO, batch
 * by batch, and write it.
 *
 * Each turn of the loop takes at most one batch of each stream that has
 * output, so that a flood of one does not delay the others.  Output stays in
 * the FIFO while its file cannot be opened.  A batch that cannot be written
 * keeps its slot of the journal, and its stream waits.  Both are retried every
 * second.
 */
#ifndef PUMP_H
#define PUMP_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/loop.h"
#include "output/writer.h"

enum pumped_state {
	PUMP_READING, /* its FIFO is watched */
	PUMP_STUCK,   /* a batch of it cannot be written and has a slot */
	PUMP_PARKED,  /* it waits for a slot */
	PUMP_SILENT,  /* nobody has its FIFO open for writing any more */
};

/* A program's output: its FIFO, and how it is written. */
struct outlet {
	int fd;
	int32_t keep;
	int64_t limit;
	enum key_log to;
	bool timestamps;
	enum key_prefix prefix; /* LOG_TO_STDOUT */
	char *tag; /* LOG_TO_SYSLOG: of its lines; NULL: the name */
	char name[JOURNAL_NAME];
};

/* A stream.  The user's struct begins with it. */
struct pumped {
	struct source source;
	TAILQ_ENTRY(pumped) entry; /* while parked */
	struct pump *pump;
	struct logfile *file; /* a cache; may become NULL at any time */
	int64_t instance;     /* bytes written since the last end */
	uint32_t left;	      /* bytes that are to be read before the end */
	enum pumped_state state;
	bool ending;
	bool reported; /* that it is stuck */
	struct outlet out;
};

/* The user's callbacks; each may remove the stream. */
struct pump_calls {
	/* The end was reached, and all before it is written. */
	void (*ended)(struct pumped *);
	/* It went silent and all is read. */
	void (*silent)(struct pumped *);
	/*
	 * Output cannot be written; again: this was reported already.  The
	 * stream is NULL if it is not open.
	 */
	void (*stuck)(void *arg, struct pumped *, const char *name, int err,
	    bool again);
	/* A stream that was reported as stuck is written again. */
	void (*recovered)(struct pumped *);
	/* Nobody reads standard output any more. */
	void (*lost)(void *arg, int err);
	/* Every stuck batch was retried. */
	void (*retried)(void *arg);
	void *arg;
};

/* The state of taking batches. */
struct taker {
	int peek[2];   /* a pipe to look at the bytes of a FIFO */
	bool stale;    /* it is not empty */
	time_t second; /* the one that stamp is for */
	char stamp[STAMP_LENGTH + 1];
};

struct pump {
	struct loop *loop;
	struct pump_calls calls;
	struct journal *journal;
	struct writer *writer;
	struct deadline retry;
	TAILQ_HEAD(, pumped) parked;
	struct taker taker;
	struct pumped *owner[JOURNAL_SLOTS];
	struct logfile *orphan[JOURNAL_SLOTS];
	int stuck[JOURNAL_SLOTS]; /* errno of a batch that is stuck, or 0 */
	struct {
		int64_t done;
		struct mono since;
	} progress[JOURNAL_SLOTS]; /* of a batch that waits for room */
	struct source syslog;	   /* its socket, while it is full */
	struct source console;	   /* standard output, while it is full */
	bool lost;		   /* its loss was reported */
	bool hurry;		   /* see pump_hurry */
	bool nap_due;		   /* before the next turn */
};

/*
 * Write what the journal holds, then be ready for streams.  The writer, with
 * its journal, stays the caller's.  -1 with errno.
 */
int pump_init(struct pump *, struct loop *, struct writer *,
    const struct pump_calls *);
void pump_free(struct pump *);
/* Retry the stuck batches now. */
void pump_retry(struct pump *);
/* The end is near: drop what syslog does not take. */
void pump_hurry(struct pump *);
/* Is a batch stuck? */
bool pump_is_busy(const struct pump *);

/*
 * Begin to read fd, which becomes the stream's; name and settings are set.
 * If the stream was added before, fd replaces the former one.
 */
void pump_add(struct pump *, struct pumped *, int fd);
void pump_remove(struct pumped *);
/*
 * Can its output be written?  If the answer has changed, report that: a stream
 * without output would not notice it.
 */
void pump_check(struct pumped *);
/* Change the destination of its output. */
void pump_adjust(struct pumped *, enum key_log to);
/*
 * Write the bytes that are in the FIFO now, at most max, complete the last
 * line, then call ended, perhaps before this returns.
 */
void pump_end(struct pumped *, uint32_t max);

#endif
