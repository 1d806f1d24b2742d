/*
 * logger - the daemon's handle on the "hupd: log" process, which moves the
 * output of programs from their FIFOs to their log files.
 *
 * A stream is the output of one program: a FIFO in the run folder, held open
 * here so that its bytes survive any log process.  Standard error may have a
 * second one, which is opened, adjusted and closed with the first.  If that
 * process dies, a successor gets every stream again and continues at the point
 * that the journal records; see journal.h.
 *
 * Nothing here blocks.  The orders that a stream still has to send are a set
 * of flags, not a queue, so that a stopped log process costs nothing.
 */
#ifndef LOGGER_H
#define LOGGER_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/loop.h"
#include "output/logchild.h"
#include "output/message.h"

struct logger;

/* A stream; here only because its size is bounded by a test. */
struct stream {
	TAILQ_ENTRY(stream) dirty; /* while unsent is not 0 */
	LIST_ENTRY(stream) going;  /* while closing */
	struct logger *logger;
	char *name;
	struct tail *tail;     /* or NULL */
	struct stream *errors; /* that of standard error, or NULL */
	/* The stream of a retired FIFO, or of that of standard error; or NULL.
	 */
	struct stream *origin;
	struct stream_conf conf; /* with a tag of its own */
	struct message_id id;
	int fd;
	uint32_t retired; /* the number of a retired FIFO, else 0 */
	uint32_t end;	  /* the number of the last end */
	uint32_t left;	  /* bytes to read before its end, at most */
	int stuck;	  /* errno: its output cannot be written; or 0 */
	time_t since;	  /* that is so, Unix time */
	uint32_t saying;  /* since when said counts; s, monotonic */
	uint16_t unsaid;  /* changes of its trouble that were not logged */
	uint8_t said : 2; /* those that were */
	bool closing : 1;
	bool draining : 1; /* closing, once no writer is left */
	bool unused : 1;   /* no process has had the FIFO */
	bool ended : 1;	   /* and the process has not reported all as written */
	bool unopened : 1; /* the process could not open it */
	uint8_t unsent;	   /* orders, bits of enum unsent */
};

/*
 * Make folders and journal, end the log process of a former daemon, start a new
 * one.  NULL with a reason in why.  When the loop runs, the output left in
 * FIFOs of a former daemon that nobody has opened is written, and they are
 * removed.
 */
struct logger *logger_new(struct loop *, const struct logger_conf *, char *why,
    size_t whysize);
/*
 * Wait, at most ms, until everything is written; end the process, remove the
 * FIFOs, free.  Do not call it before the daemon executes its successor.
 */
void logger_free(struct logger *, int64_t ms);
/* The log process, 0 if none runs now. */
pid_t logger_pid(const struct logger *);
/*
 * The log process may have died: then reap it and start a successor.  It has a
 * watch of its own; this is for SIGCHLD, where the kernel has no pidfds.
 */
void logger_died(struct logger *);

/*
 * Open a stream.  Its FIFO belongs to owner, (uid_t)-1 for the daemon's own.
 * NULL with errno.
 */
struct stream *logger_stream_open(struct logger *, const char *name,
    uid_t owner, const struct stream_conf *);
/* Apply new settings; no byte is lost.  Cannot fail. */
void logger_stream_adjust(struct stream *, const struct stream_conf *);
/*
 * The program is about to start, as owner: give it a new FIFO.  So the former
 * user of a program, or another process that opened the old FIFO, reads nothing
 * that is printed from now on.  The old FIFO is read until nobody has it open
 * for writing; if owner is another user, only what is in it now is read.  The
 * old FIFO is kept while the one before it is still read.  -1 with errno: the
 * FIFO is another user's.
 */
int logger_stream_renew(struct stream *, uid_t owner);
/*
 * The program that wrote to it has ended: finish an unfinished line.  If tail
 * is set, it is called with the last lines that this instance printed, to
 * standard error if it has a stream of its own and lines (at most 10 lines,
 * 2 KiB), raw and NUL-terminated, once the log process has written
 * all; with NULL if they are not known.  The call may come late, but not after
 * logger_stream_close.
 */
void logger_stream_ended(struct stream *,
    void (*tail)(void *arg, const char *bytes, size_t len), void *arg);
/* Write the rest, forget the stream, then remove the FIFO. */
void logger_stream_close(struct stream *);
/*
 * The output cannot be written: put the reason into why.  Returns since when,
 * Unix time; 0 if all is well.
 */
time_t logger_stream_trouble(const struct stream *, char *why, size_t size);
/*
 * The FIFO: folder and name for spawn, fd (non-blocking) for the event log.
 * errors: the name of that of standard error, or NULL.
 */
int logger_outdir(const struct logger *);
const char *logger_stream_name(const struct stream *);
const char *logger_stream_errors(const struct stream *);
int logger_stream_fd(const struct stream *);

/*
 * Reopen every log file: they may have been moved.  Read the time zone again,
 * here and in the log process.
 */
void logger_reopen(struct logger *);

/* The owner's callbacks. */
struct logger_calls {
	/* The trouble of a stream has come or gone. */
	void (*changed)(void *arg, const struct stream *);
	/* The files are reopened; trouble with them was found. */
	void (*reopened)(void *arg);
	void *arg;
};
/* From now on; NULL: none. */
void logger_call(struct logger *, const struct logger_calls *);

#endif
