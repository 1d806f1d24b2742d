/*
 * data - all that the daemon knows of a program, and of all programs.
 *
 * Every file of program/ reads these structs.  Only program.c writes state,
 * step and want.  The owner of each other field is named below.
 */
#ifndef DATA_H
#define DATA_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/loop.h"
#include "config/definition.h"
#include "program/backoff.h"
#include "program/fsm.h"
#include "program/system.h"
#include "wire/ending.h"
#include "wire/sdnotify.h"

struct health;
struct hook;
struct onfailure;
struct program;
struct record;
struct search;

/* A wait for changes of a program; embedded in its owner. */
struct watch {
	TAILQ_ENTRY(watch) entry;
	struct program *program; /* NULL: not watching */
	/*
	 * Take note, act at the end of the turn.  It must not unwatch.  When
	 * the program has been freed, program is NULL.
	 */
	void (*changed)(struct watch *);
	void *arg;
};

/* How the last process of a program ended. */
enum program_end_kind {
	END_NONE,    /* none has ended yet */
	END_PROCESS, /* see .process */
	END_SPAWN,   /* it could not be started, see .error */
	END_ENV,     /* its environment file could not be read, see .error */
};

/* Why the daemon ended it, although it was wanted. */
enum program_late {
	LATE_NOT,
	LATE_READY,
	LATE_WATCHDOG,
	LATE_UNHEALTHY,
	LATE_TRIGGER,  /* WATCHDOG=trigger */
	LATE_STOPPING, /* STOPPING=1, and no end in time */
	LATE_HOOK,     /* start-pre or start-post has failed; .process is its */
	LATE_NO_MAIN,  /* a start without a main process, see why */
};
#define PROGRAM_LATES 8

/*
 * The lower half of a mark counts the starts.  One of these bits marks the
 * processes of a command beside the main process.
 */
#define PROGRAM_RUN_CHECK (UINT64_C(1) << 31)
#define PROGRAM_RUN_HOOK (UINT64_C(1) << 30)
#define PROGRAM_RUN_HELPERS (PROGRAM_RUN_CHECK | PROGRAM_RUN_HOOK)

struct program_end {
	enum program_end_kind kind;
	enum program_late late;
	bool is_hook; /* it is about a command around the program */
	struct process_end process;
	struct spawn_error error;
	int left; /* processes that the main process left */
	time_t at;
};

/* A reload that is under way for a program: see action.h. */
struct program_action {
	/* The program sent a message. */
	void (*notified)(struct program_action *, const struct sdnotify *);
	/* The main process has ended, so the action has failed. */
	void (*ended)(struct program_action *);
	void (*cancel)(struct program_action *);
};

TAILQ_HEAD(watches, watch);

/*
 * The sockets of listen-stream, which the daemon holds: daemon/sockets.h.  A
 * program without any calls none of these.
 */
struct listening {
	/*
	 * Are all sockets of its definition open?  If not, they are being
	 * opened, or waiting_for says why they cannot; program_queue follows.
	 */
	bool (*ready)(struct listening *, struct program *);
	/* Their descriptors, in order, at most DEFINITION_LISTEN_MAX. */
	size_t (*give)(struct listening *, struct program *, int fds[]);
	/* It is at rest: close them. */
	void (*release)(struct listening *, struct program *);
	/* Is this address open?  Is one in or below this folder? */
	bool (*holds)(struct listening *, const char *address);
	bool (*uses)(struct listening *, const char *folder);
};

/*
 * The descriptors that programs have stored with FDSTORE=1, which the daemon
 * keeps: daemon/fdstore.h.
 */
struct storing_fd {
	int fd;
	const char *name; /* borrowed */
};
struct storing {
	/* Store and remove as the message of a live program says. */
	void (*store)(struct storing *, struct program *,
	    const struct sdnotify *);
	/* All that it has stored, at most DEFINITION_STORE_MAX. */
	size_t (*give)(struct storing *, struct program *, struct storing_fd[]);
	/* It is at rest: close them. */
	void (*release)(struct storing *, struct program *);
};

struct program {
	RB_ENTRY(program) by_name;
	TAILQ_ENTRY(program) queued;
	struct programs *programs;
	struct definition *conf;

	/* program.c: the state machine. */
	enum program_state state;
	enum program_step step;
	enum program_want want;
	struct mono since;    /* in this state */
	struct mono settling; /* STEP_SETTLE, STEP_STOP_POST: since when */
	struct deadline deadline;
	int64_t delay;	    /* ms, STATE_WAIT */
	struct child child; /* the main process */
	bool was_ready;	    /* since it was started */
	bool was_up;	    /* and no stop or failed start since */
	bool is_former;	    /* it runs with the defaults of version 0.1, */
	bool former_told;   /* and a reload has listed that */
	bool had_outcome;   /* of its start, or that before a restart delay */
	uint32_t command;   /* READY_EXITED: which one, from 0 */
	struct mono started;
	time_t started_at; /* the same, Unix time */
	struct backoff backoff;
	uint32_t restarts;
	/* Starts that ended before they were ready, since the last request. */
	uint32_t failed_starts;
	struct program_end end;
	char *status; /* what the program says of itself, or NULL */
	char *tail;   /* the last output of a failed start, or NULL */
	char *why;    /* END_SPAWN, LATE_NO_MAIN: in words, or NULL */
	char *blamed; /* "start-pre CMD" if that ended the start, or NULL */
	pid_t former; /* the main process of this start, once reaped, or 0 */
	char *waiting_for;	/* listening's: a socket, or NULL */
	enum program_late late; /* STOPPING, KILLING: why, if it was wanted */
	enum sdnotify_access access; /* NOTIFYACCESS */
	bool is_reloading;	/* it says so: RELOADING=1, no READY=1 since */
	uint16_t said_err;	/* ERRNO; 0: none */
	uint16_t said_exit;	/* EXIT_STATUS + 1; 0: none */
	int64_t watchdog;	/* ms, perhaps by WATCHDOG_USEC; 0: none */
	struct mono said_since; /* its messages in the event log: */
	unsigned nsaid;		/* how many since then, */
	unsigned nunsaid;	/* and how many were not logged */
	int nleft; /* processes, when it was last counted; see program_left */
	bool tail_due;
	/* The definition whose keys that are left out were logged last. */
	const struct definition *tried;
	uint16_t nstored; /* storing's: the descriptors that it has stored */

	/* start.c */
	struct source ready;	      /* READY_FD */
	struct stream *stream;	      /* NULL: log = none */
	struct notify_socket *notify; /* NULL: ready is not notify */

	/* successor.c */
	struct search *search; /* STEP_FORKED; else NULL */

	/* hook.c */
	struct hook *hook; /* the command of the step, NULL: none runs */

	/* onfailure.c */
	struct onfailure *onfailure; /* NULL: its command has never run */

	/* runtime.c */
	struct runtime *runtime; /* NULL: it has no runtime directory */

	/* health.c */
	struct health *health;	/* NULL: never had a health-command */
	uint32_t failed_checks; /* in a row */

	/* record.c */
	int slot; /* of its record, or -1 */

	/* programs.c: neighbours. */
	struct program **needs; /* dependencies */
	size_t nneeds;
	struct program **needed_by; /* the inverse */
	size_t nneeded_by;
	struct program **follows; /* after and restart-with */
	size_t nfollows;
	struct program **followed_by; /* the inverse */
	size_t nfollowed_by;
	size_t depth;	 /* of the longest chain of both, from 1 */
	unsigned walked; /* the last walk that came here, neighbours.c */
	bool is_queued;
	bool is_stuck; /* a dependency is hopeless, see outcome.h */

	struct watches watches;
	struct program_action *action; /* under way, or NULL */
	bool is_told;		       /* in the current reply; the daemon's */
	bool in_reload; /* which waits for its outcome; the daemon's */
};

struct runtime;
struct runtime_removal;

RB_HEAD(program_names, program);
TAILQ_HEAD(program_queue, program);
TAILQ_HEAD(runtimes, runtime);
TAILQ_HEAD(runtime_removals, runtime_removal);

/* All programs and the objects that they share.  Pointers are borrowed. */
/* A change of state, from the one that it had. */
struct program_change {
	enum program_state from;
	enum program_step step;
	enum program_event event;
	const char *why; /* the state that it has now; may be empty */
};

struct programs {
	struct program_names names;
	struct program_queue queue; /* to be examined at the end of the turn */
	struct program_queue dead;  /* to be freed at the end of the turn */
	/* runtime.c: the programs with runtime directories; removals. */
	struct runtimes runtimes;
	struct runtime_removals removals;
	size_t n;
	size_t nalive;
	int norphans; /* that were killed, but are not gone yet */
	unsigned walks;
	struct loop *loop;
	struct system *system;
	struct record *records;
	struct listening *listening; /* NULL: there are no sockets */
	struct storing *storing;     /* NULL: nothing is stored */
	bool drain_due;
	bool sweep_due;
	/* programs.c: look at the queue at the end of this turn. */
	void (*drain_later)(struct programs *);
	/* program.c: an event for the state machine. */
	void (*feed)(struct program *, enum program_event);
	/* The daemon's: called after a turn in which something changed. */
	void (*changed)(void *);
	void *arg;
	/* The daemon's: called for each change; NULL in tests. */
	void (*note)(void *, const struct program *,
	    const struct program_change *);
	void *note_arg;
};

#endif
