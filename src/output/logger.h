/*
 * logger - the daemon's handle on the "hupd: log" process, which moves what
 * programs print from their FIFOs to their log files.
 *
 * A stream is one program's output: a FIFO in the run folder, held open here
 * so that its bytes outlive any logger.  If the process dies it is started
 * again, gets every stream again, and goes on where the journal says that the
 * last one was; see journal.h.
 *
 * Nothing here blocks.  What the process has still to be told is a set of
 * flags in each stream, not a queue, so that a stopped logger costs nothing.
 *
 * Layer 2.
 */
#ifndef LOGGER_H
#define LOGGER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "output/message.h"

struct logger;
struct stream;

struct logger_conf {
	const char *log_dir;
	const char *run_dir; /* FIFOs in run_dir/out, journal in run_dir */
	uid_t uid;	     /* who the process runs as; -1: the daemon's own */
	gid_t gid;
	gid_t log_gid; /* of the folder, if it has to be made */
	int self;      /* descriptor of the hupd binary, to execute */
};

/*
 * Make folders, FIFO folder and journal, end the process of an earlier daemon,
 * start one.  NULL with a reason in why.  Once the loop has begun to run, what
 * an earlier daemon has left in FIFOs that were not opened is written, and
 * these FIFOs are removed.
 */
struct logger *logger_new(struct loop *, const struct logger_conf *, char *why,
    size_t whysize);
/*
 * Wait (bounded by ms) until it has written everything, end it, remove the
 * FIFOs, free.  Not to be called before the daemon executes its successor.
 */
void logger_free(struct logger *, int64_t ms);
/* Its process: for status and for telling its death from a program's. */
pid_t logger_pid(const struct logger *);
/*
 * It may have died: reap it and start it again.  It has a watch of its own;
 * this is for SIGCHLD, where the kernel has no pidfds.
 */
void logger_died(struct logger *);

/*
 * Open a stream.  Its FIFO belongs to owner, (uid_t)-1 for the daemon's own.
 * NULL with errno.
 */
struct stream *logger_stream_open(struct logger *, const char *name,
    uid_t owner, const struct stream_conf *);
/* New settings, applied without losing a byte.  void: cannot fail. */
void logger_stream_adjust(struct stream *, const struct stream_conf *);
/* The FIFO's new owner; -1 with errno. */
int logger_stream_chown(struct stream *, uid_t owner);
/*
 * The program that wrote to it has ended: finish an unfinished line.  Where
 * tail is set, the last lines that this instance printed are wanted (at most
 * 10 lines, 2 KiB): tail is called with them, raw, NUL-terminated, once the
 * process has written all; with NULL if it cannot tell.  It may be called
 * late; a logger_stream_close before drops it.
 */
void logger_stream_ended(struct stream *,
    void (*tail)(void *arg, const char *bytes, size_t len), void *arg);
/* Write the rest, then forget the stream; the FIFO is removed. */
void logger_stream_close(struct stream *);
/* The FIFO: folder and name for spawn; fd (non-blocking) for the event log. */
int logger_outdir(const struct logger *);
const char *logger_stream_name(const struct stream *);
int logger_stream_fd(const struct stream *);

/* Close and open every log file: they may have been moved. */
void logger_reopen(struct logger *);

#endif
