/*
 * logpump - the streams of the log process: from each FIFO, batch by batch,
 * to where it is written.
 *
 * Each turn of the loop takes at most one batch of each stream that has
 * something, so that one that floods does not hold up the others.  A batch
 * that cannot be written keeps its slot and its stream waits; it is tried
 * again each second.
 *
 * Layer 2.
 */
#ifndef PUMP_H
#define PUMP_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "output/writer.h"
#include "output/logtake.h"
#include "base/loop.h"

enum pumped_state {
	PUMP_READING, /* its FIFO is watched */
	PUMP_STUCK,   /* a batch of it cannot be written and has a slot */
	PUMP_PARKED,  /* it waits for a slot */
	PUMP_SILENT,  /* nobody has its FIFO open for writing any more */
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
	bool told; /* that it is stuck */
	struct outlet out;
};

/* What the user is told; each may remove the stream. */
struct pump_calls {
	/* The end was reached, and all before it is written. */
	void (*ended)(struct pumped *);
	/* It went silent and all is read. */
	void (*silent)(struct pumped *);
	/*
	 * A batch could not be written; again: nor when it was tried before.
	 * p is NULL if its stream is not open.
	 */
	void (*stuck)(void *arg, struct pumped *p, const char *name, int err,
	    bool again);
	void (*mended)(struct pumped *);
	/* Nobody reads standard output any more. */
	void (*lost)(void *arg, int err);
	/* What was stuck has been tried again. */
	void (*retried)(void *arg);
	void *arg;
};

struct pump {
	struct loop *loop;
	struct pump_calls calls;
	struct journal *journal;
	struct writer *sink;
	struct deadline retry;
	TAILQ_HEAD(, pumped) parked;
	struct taker taker;
	struct pumped *owner[JOURNAL_SLOTS];
	struct logfile *orphan[JOURNAL_SLOTS];
	bool stuck[JOURNAL_SLOTS];
	struct {
		int64_t done;
		struct mono since;
	} progress[JOURNAL_SLOTS]; /* of a batch that waits for room */
	struct source syslog;	   /* its socket, while it is full */
	struct source console;	   /* standard output, likewise */
	bool lost;		   /* that nobody reads it has been told */
	bool nap_due;		   /* before the next turn */
};

/*
 * Then write what the journal holds.  sink, with its journal, stays the
 * caller's.  -1 with errno.
 */
int pump_init(struct pump *, struct loop *, struct writer *,
    const struct pump_calls *);
void pump_free(struct pump *);
/* Try again now what is stuck. */
void pump_retry(struct pump *);
/* Is a batch stuck? */
bool pump_busy(const struct pump *);

/*
 * Begin to read fd, which becomes the stream's; name and settings are set.
 * If it was added before, fd takes the place of the former one.
 */
void pump_add(struct pump *, struct pumped *, int fd);
void pump_remove(struct pumped *);
/* Its settings have changed. */
void pump_adjust(struct pumped *, enum key_log to);
/*
 * Write what is in the FIFO now, complete the last line, then call ended.
 * That may be before this returns.
 */
void pump_end(struct pumped *);

#endif
