/*
 * logchild - the daemon starts the log process, replaces it when it dies, and
 * ends it.
 *
 * It knows nothing of streams: the owner introduces them to each new process.
 */
#ifndef LOGCHILD_H
#define LOGCHILD_H

#include "base/loop.h"
#include "config/definition.h"
#include "process/spawn.h"

/* How to run the log process; everything is copied. */
struct logger_conf {
	const char *log_dir;
	const char *run_dir; /* FIFOs in run_dir/out, journal in run_dir */
	uid_t uid;	     /* who the process runs as; -1: the daemon's own */
	gid_t gid;
	gid_t log_gid; /* of the folder, if it has to be made */
	int self;      /* descriptor of the hupd binary, to execute */
};

struct logchild_calls {
	/* A process has started, with a new socket, and knows no stream. */
	void (*started)(void *arg);
	/* There may be reports. */
	void (*readable)(void *arg);
	/* The socket takes orders again, see logchild_await_room. */
	void (*writable)(void *arg);
	void *arg;
};

struct logchild {
	struct loop *loop;
	struct logchild_calls calls;
	struct definition *as; /* how the process runs */
	char *log_dir;
	gid_t log_gid;
	int self;
	int dir; /* of the FIFOs; the owner's */
	int journal;
	int record;  /* the pid and the start time of the process */
	int console; /* standard output */

	struct process process; /* pid 0: none */
	int fd;			/* the socket to it; -1: none */
	int reports;		/* the pipe from it; -1: none */
	struct source sock;	/* while it is full */
	struct source pipe;	/* unwatched once it is closed there */
	struct source pidfd;
	struct spawn_report exec;
	struct mono began;
	int64_t delay; /* ms before the next start */
	struct deadline start;
	bool suspect; /* the journal may have crashed the process */
};

/*
 * Prepare; nothing is started.  self stays the caller's.  -1 with errno;
 * logchild_free is needed even then.
 */
int logchild_init(struct logchild *, struct loop *, const struct logger_conf *,
    const struct logchild_calls *);
/* Release everything but the process, which must have ended. */
void logchild_free(struct logchild *);
/*
 * Open the journal and the record of the process; dir, the folder of the FIFOs,
 * stays the caller's.  -1 with errno.
 */
int logchild_open_journal(struct logchild *, int dir);
/* Everything is written: the journal is needed no more. */
void logchild_remove_journal(struct logchild *);

/* Start the process, and a successor each time it dies.  -1 with a reason. */
int logchild_start(struct logchild *, char *why, size_t whysize);
/* It may have died: then reap it and start a successor. */
void logchild_died(struct logchild *);
/*
 * Kill the log process that a former daemon recorded.  -1 with errno,
 * ETIMEDOUT: it has not ended yet.
 */
int logchild_end_former(struct logchild *);

/* The socket is full: call writable once it is not. */
void logchild_await_room(struct logchild *);
/*
 * Wait a short time for the socket or the end; call readable.  True once the
 * process has ended and is reaped; *end is how it ended.
 */
bool logchild_wait(struct logchild *, bool writable, struct process_end *end);
/* Kill it, and wait a bounded time until it has ended. */
void logchild_kill(struct logchild *);
/* Forget a process that has ended. */
void logchild_forget(struct logchild *);

/* Open the folder of the log files; make it if needed.  -1 with errno. */
int logchild_open_folder(struct logchild *);

#endif
