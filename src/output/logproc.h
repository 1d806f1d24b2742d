/*
 * logproc - the parts of the log process and what they share.
 *
 * Layer 2.
 */
#ifndef LOGPROC_H
#define LOGPROC_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "output/journal.h"
#include "output/writer.h"
#include "output/message.h"
#include "output/pump.h"
#include "base/loop.h"

/* The process itself: main calls it when argv[0] is LOGPROC_ARGV0. */
#define LOGPROC_ARGV0 "hupd: log"
int logproc_main(int argc, char **argv);

/* What is still to be told to the daemon; bits. */
enum owed {
	OWE_STUCK = 1,
	OWE_MENDED = 2,
	OWE_ENDED = 4,
	OWE_CLOSED = 8,
};

struct entry {
	struct pumped pumped; /* first: the pump gives it back */
	TAILQ_ENTRY(entry) owing;
	struct proc *proc;
	struct message_id id;
	int err;
	uint32_t end; /* the number of the end to be told */
	uint8_t owed;
	bool closing;
	bool want_tail;
};

struct proc {
	struct loop *loop;
	struct source sock;
	struct journal journal;
	struct pump pump;
	struct writer sink;
	struct entry **entries; /* by index */
	uint32_t nentries;
	uint32_t open;
	TAILQ_HEAD(, entry) owing;
	bool blocked; /* the socket takes no more for now */
	bool alone;   /* the daemon is gone */
	bool quit;
};

/* What a batch that has no open stream is reported with. */
#define LOGPROC_NO_STREAM UINT32_MAX

/* Forget the stream. */
void entry_free(struct entry *);
/* Has it nothing left to do?  Then end the loop. */
void logproc_end_if_done(struct proc *);

/* Tell the daemon as soon as it listens; a stream closed is then forgotten. */
void logtell_owe(struct entry *, enum owed);
/* The stream is in use again: the daemon is not told of its close. */
void logtell_revive(struct entry *);
/* Tell what is owed, as far as the socket takes it. */
void logtell_all(struct proc *);
/* Tell it once, or never if the socket is full. */
void logtell_once(struct proc *, enum message_type, struct message_id,
    const char *name, int err);

#endif
