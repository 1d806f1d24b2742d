/*
 * logproc - the "hupd: log" process: it obeys the daemon, moves the output of
 * programs to its place, and reports to the daemon.
 *
 * It survives a daemon that was killed, so that no output is lost.  Then it
 * ends by itself once no program is left, or the next daemon kills it.
 */
#ifndef LOGPROC_H
#define LOGPROC_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "output/message.h"
#include "output/pump.h"

/* argv[0] of the process.  main calls logproc_main if it is this. */
#define LOGPROC_ARGV0 "hupd: log"
int logproc_main(int argc, char **argv);

/*
 * Its exit status if it cannot work in the folder that the daemon sent, or
 * cannot read the new time zone: a successor can.
 */
#define LOGPROC_OTHER_FOLDER 3
#define LOGPROC_OTHER_ZONE 4

/* A stream; here only because its size is bounded by a test. */
struct entry {
	struct pumped pumped; /* first: the pump passes it back */
	TAILQ_ENTRY(entry) owing;
	struct proc *proc;
	struct message_id id;
	int err;
	uint32_t end;	/* the number of the end to report */
	uint8_t unsent; /* reports, bits of enum unsent */
	bool closing;
	bool draining; /* closing, once no writer is left */
	bool want_tail;
	bool end_due; /* the end is to be reported */
};

#endif
