/*
 * prog - one program: carries out the actions of fsm, is the only writer of
 * its state, and tells who watches.
 *
 * Layer 3.
 */
#ifndef PROG_H
#define PROG_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "program/backoff.h"
#include "process/cgroup.h"
#include "config/config.h"
#include "program/fsm.h"
#include "output/logger.h"
#include "base/loop.h"
#include "process/notify.h"
#include "process/process.h"
#include "program/record.h"
#include "process/spawn.h"

struct program;
struct action;
struct health;

/* Someone who wants to know when a program changes; embedded in the owner. */
struct watch {
	TAILQ_ENTRY(watch) entry;
	struct program *program; /* NULL: not watching */
	/*
	 * Takes note, for the end of the turn; unwatches nothing.  When the
	 * program has been freed, prog is NULL.
	 */
	void (*changed)(struct watch *);
	void *arg;
};

/* How its last process ended. */
enum program_end_kind {
	END_NONE,    /* none has ended yet */
	END_PROCESS, /* see .process */
	END_SPAWN,   /* it could not be started, see .error */
	END_ENV,     /* its environment file could not be read, see .error */
};

/* What it was ended for: not done in time, or not well. */
enum program_late {
	LATE_NOT,
	LATE_READY,
	LATE_WATCHDOG,
	LATE_UNHEALTHY,
};

struct program_end {
	enum program_end_kind kind;
	enum program_late late;
	struct process_end process;
	struct spawn_error error;
	time_t at;
};

/* What is being done to a program besides: see action.h. */
struct program_action {
	/* A message of the program's. */
	void (*notified)(struct program_action *, const struct sdnotify *);
	/* Its main process has ended: so has this. */
	void (*ended)(struct program_action *);
	void (*cancel)(struct program_action *);
};

TAILQ_HEAD(watches, watch);

struct program {
	RB_ENTRY(program) by_name;
	RB_ENTRY(program) by_pid;
	TAILQ_ENTRY(program) queued;
	struct programs *programs;
	struct definition *conf;

	enum program_state state;
	enum program_want want;
	struct mono since; /* in this state */
	struct deadline deadline;
	int64_t delay; /* ms, STATE_WAIT */

	struct process child; /* the main process; pid 0: none */
	bool leader;	      /* it leads the session that spawn made */
	bool was_ready;	      /* since it was started */
	/*
	 * This start's mark, see orphan.h: its upper half is the program's,
	 * the lower counts.
	 */
	uint64_t run;
	struct source exit; /* the pidfd */
	struct spawn_report exec;
	struct source ready; /* READY_FD */
	struct mono started;
	time_t started_at;
	struct stream *stream; /* NULL: log = none */

	struct backoff backoff;
	uint32_t restarts;
	/* Since it was asked for, or was ready: it ended before it was. */
	uint32_t failed_starts;
	struct program_end end;
	char *status; /* STATUS= of the program, or NULL */
	char *tail;   /* last words of a start that failed, or NULL */
	bool tail_due;

	struct program **needs; /* dependencies */
	size_t nneeds;
	struct program **needed_by; /* the inverse */
	size_t nneeded_by;
	size_t depth; /* of the longest chain of dependencies, from 1 */
	struct watches watches;
	struct program_action *action; /* under way, or NULL */
	struct health *health;	       /* NULL: never had a health-command */
	bool is_queued;
	bool is_stuck; /* one of needs is hopeless, see program_look_again */
	bool is_told;  /* it is in the answer to the request at hand */
	int slot;      /* of its record, or -1 */
};

RB_HEAD(program_names, program);
RB_HEAD(program_pids, program);
TAILQ_HEAD(program_queue, program);

/* All programs and what they share.  Borrowed but for the trees. */
struct programs {
	struct program_names names;
	struct program_pids pids;
	struct program_queue queue; /* to be looked at again this turn */
	struct program_queue dead;  /* to be freed this turn */
	size_t n;
	size_t nalive;
	struct loop *loop;
	struct logger *logger;
	struct cgroup *cgroup;	 /* NULL: sub-reaper and process groups */
	const char *notify_path; /* of the notify socket */
	struct record *records;
	bool foreground;	     /* standard output is somebody's */
	LIST_HEAD(, action) actions; /* under way, see action.h */
	LIST_HEAD(, check) checks;   /* likewise, see check.h */
	struct deadline reap;
	int nstrangers; /* killed, but not gone yet */
	bool drain_due;
	bool sweep_due;
	/* Is the child one of the daemon's own, not a program's? */
	bool (*is_ours)(pid_t, void *);
	/* Such a child has ended; it is its owner's to reap. */
	void (*ours_died)(pid_t, void *);
	/* Called after a turn in which something changed. */
	void (*changed)(void *);
	void *arg;
};

void programs_init(struct programs *, struct loop *, struct logger *,
    struct cgroup *, const char *notify_path, struct record *);
struct program *programs_find(const struct programs *, const char *name);
struct program *programs_first(struct programs *);
struct program *programs_next(struct program *);
/* Begin to stop everything; changed is called when that is done. */
void programs_stop_all(struct programs *);
/* The program that a process belongs to, by what the kernel says, or NULL. */
struct program *programs_owner(struct programs *, pid_t);
/* SIGCHLD told of this pid: reap it if it is nobody's program. */
void programs_child_died(struct programs *, pid_t);

/* A new program, DOWN.  Takes a reference to conf.  NULL with errno. */
struct program *program_new(struct programs *, struct definition *);
/*
 * Give it a record of its own, if it has none: without one it is not started.
 * -1 with errno.
 */
int record_assign(struct program *);
/*
 * A reload that is about to be committed is to start it anew: so will a later
 * daemon, if this one does not live to do it.  Or: it has been done.
 */
void record_set_due(struct program *, bool due);
bool record_is_due(const struct program *);
/*
 * Take over what an earlier daemon recorded of it; p is new.  inherited: the
 * descriptors in the record are ours.  False: the record is damaged.
 */
bool takeover_one(struct program *, int slot, bool inherited);
/* Once all are there, and linked: go on from where that daemon ended. */
void takeover_resume(struct program *);
/* Free one that does not run, at the end of all. */
void programs_drop(struct program *);
/*
 * Give it another definition; void, because it must not fail.  What is live
 * takes effect at once, the rest when it is started next.
 */
void program_set_conf(struct program *, struct definition *);
/* Make needs and needed_by of all programs anew.  -1 without memory. */
int programs_link(struct programs *);
/* As of qsort(3): dependents come before what they need. */
int program_leaves_before(const struct program *a, const struct program *b);

/* Make ready for a definition that it may get.  -1 without memory. */
int health_prepare(struct program *, const struct definition *);

/*
 * What an administrator or a reload wants.  START takes its dependencies
 * along, STOP those that depend on it.  An administrator's START forgets the
 * restart history.
 */
void program_request(struct program *, enum program_event);

/*
 * The outcome of a START or RESTART: is there one, and is it a good one?
 * Why not is describe_why.
 */
bool outcome_is_settled(const struct program *);
bool outcome_is_good(const struct program *);
/* The outcome of a STOP. */
bool outcome_is_stopped(const struct program *);
/* Its state in words, with the reason, escaped: "waits for db". */
void describe_why(const struct program *, char *buf, size_t size);
/*
 * The verdict of its health checks, or NULL: it has none, or none yet.  How
 * many failed in a row.
 */
const char *health_verdict(const struct program *);
uint32_t health_failures(const struct program *);
/* How it ended: "exited, status 1", "exec: No such file or directory". */
void describe_end(const struct program *, char *buf, size_t size);
/* Resident memory of all its processes, in bytes. */
int64_t describe_memory(const struct program *);
/*
 * Processor time since it was started, in ms: of all that it ran, where there
 * are cgroups, else of its main process.
 */
int64_t describe_cpu(const struct program *);

void program_watch(struct program *, struct watch *);
void program_unwatch(struct watch *);

/* A message of the notify socket that came from one of its processes. */
void program_notified(struct program *, const struct sdnotify *);

int program_names_cmp(struct program *, struct program *);
RB_PROTOTYPE(program_names, program, by_name, program_names_cmp)

#endif
