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
#include "config/conf.h"
#include "program/fsm.h"
#include "output/logger.h"
#include "base/loop.h"
#include "process/notify.h"
#include "process/process.h"
#include "program/record.h"
#include "process/spawn.h"

struct prog;
struct action;
struct health;

/* Someone who wants to know when a program changes; embedded in the owner. */
struct watch {
	TAILQ_ENTRY(watch) entry;
	struct prog *prog; /* NULL: not watching */
	/*
	 * Takes note, for the end of the turn; unwatches nothing.  When the
	 * program has been freed, prog is NULL.
	 */
	void (*changed)(struct watch *);
	void *arg;
};

/* How its last process ended. */
enum prog_end_kind {
	END_NONE,    /* none has ended yet */
	END_PROCESS, /* see .process */
	END_SPAWN,   /* it could not be started, see .error */
	END_ENV,     /* its environment file could not be read, see .error */
};

/* What it was ended for: not done in time, or not well. */
enum prog_late {
	LATE_NOT,
	LATE_READY,
	LATE_WATCHDOG,
	LATE_UNHEALTHY,
};

struct prog_end {
	enum prog_end_kind kind;
	enum prog_late late;
	struct process_end process;
	struct spawn_error error;
	time_t at;
};

/* What is being done to a program besides: see action.h. */
struct prog_action {
	/* A message of the program's. */
	void (*notified)(struct prog_action *, const struct sdnotify *);
	/* Its main process has ended: so has this. */
	void (*ended)(struct prog_action *);
	void (*cancel)(struct prog_action *);
};

TAILQ_HEAD(watches, watch);

struct prog {
	RB_ENTRY(prog) by_name;
	RB_ENTRY(prog) by_pid;
	TAILQ_ENTRY(prog) queued;
	struct progs *progs;
	struct conf *conf;

	enum fsm_state state;
	enum fsm_want want;
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
	struct source exit;  /* the pidfd */
	struct source ready; /* READY_FD */
	struct mono started;
	time_t started_at;
	struct stream *stream; /* NULL: log = none */

	struct backoff backoff;
	uint32_t restarts;
	/* Since it was asked for, or was ready: it ended before it was. */
	uint32_t failed_starts;
	struct prog_end end;
	char *status; /* STATUS= of the program, or NULL */
	char *tail;   /* last words of a start that failed, or NULL */
	bool tail_due;

	struct prog **needs; /* dependencies */
	size_t nneeds;
	struct prog **needed_by; /* the inverse */
	size_t nneeded_by;
	size_t depth; /* of the longest chain of dependencies, from 1 */
	struct watches watches;
	struct prog_action *action; /* under way, or NULL */
	struct health *health;	    /* NULL: never had a health-command */
	bool is_queued;
	bool is_stuck; /* one of needs is hopeless, see prog_look_again */
	bool is_told;  /* it is in the answer to the request at hand */
	int slot;      /* of its record, or -1 */
};

RB_HEAD(prog_names, prog);
RB_HEAD(prog_pids, prog);
TAILQ_HEAD(prog_queue, prog);

/* All programs and what they share.  Borrowed but for the trees. */
struct progs {
	struct prog_names names;
	struct prog_pids pids;
	struct prog_queue queue; /* to be looked at again this turn */
	struct prog_queue dead;	 /* to be freed this turn */
	size_t n;
	size_t nalive;
	struct loop *loop;
	struct logger *logger;
	struct cgroup *cgroup;	 /* NULL: sub-reaper and process groups */
	const char *notify_path; /* of the notify socket */
	struct records *records;
	bool foreground;	     /* standard output is somebody's */
	LIST_HEAD(, action) actions; /* under way, see action.h */
	LIST_HEAD(, check) checks;   /* likewise, see progcheck.h */
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

void progs_init(struct progs *, struct loop *, struct logger *, struct cgroup *,
    const char *notify_path, struct records *);
struct prog *progs_find(const struct progs *, const char *name);
struct prog *progs_first(struct progs *);
struct prog *progs_next(struct prog *);
/* Begin to stop everything; changed is called when that is done. */
void progs_stop_all(struct progs *);
/* The program that a process belongs to, by what the kernel says, or NULL. */
struct prog *progs_owner(struct progs *, pid_t);
/* SIGCHLD told of this pid: reap it if it is nobody's program. */
void progs_child_died(struct progs *, pid_t);

/* A new program, DOWN.  Takes a reference to conf.  NULL with errno. */
struct prog *prog_new(struct progs *, struct conf *);
/*
 * Give it a record of its own, if it has none: without one it is not started.
 * -1 with errno.
 */
int prog_take_record(struct prog *);
/*
 * A reload that is about to be committed is to start it anew: so will a later
 * daemon, if this one does not live to do it.  Or: it has been done.
 */
void prog_record_due(struct prog *, bool due);
bool prog_is_due(const struct prog *);
/*
 * Take over what an earlier daemon recorded of it; p is new.  inherited: the
 * descriptors in the record are ours.  False: the record is damaged.
 */
bool prog_adopt(struct prog *, int slot, bool inherited);
/* Once all are there, and linked: go on from where that daemon ended. */
void prog_resume(struct prog *);
/* Free one that does not run, at the end of all. */
void progs_drop(struct prog *);
/*
 * Give it another definition; void, because it must not fail.  What is live
 * takes effect at once, the rest when it is started next.
 */
void prog_set_conf(struct prog *, struct conf *);
/* Make needs and needed_by of all programs anew.  -1 without memory. */
int progs_link(struct progs *);
/* As of qsort(3): dependents come before what they need. */
int prog_leaves_before(const struct prog *a, const struct prog *b);

/* Make ready for a definition that it may get.  -1 without memory. */
int prog_prepare(struct prog *, const struct conf *);

/*
 * What an administrator or a reload wants.  START takes its dependencies
 * along, STOP those that depend on it.  An administrator's START forgets the
 * restart history.
 */
void prog_request(struct prog *, enum fsm_event);

/*
 * The outcome of a START or RESTART: is there one, and is it a good one?
 * Why not is prog_why.
 */
bool prog_settled(const struct prog *);
bool prog_is_good(const struct prog *);
/* The outcome of a STOP. */
bool prog_is_stopped(const struct prog *);
/* Its state in words, with the reason, escaped: "waits for db". */
void prog_why(const struct prog *, char *buf, size_t size);
/*
 * The verdict of its health checks, or NULL: it has none, or none yet.  How
 * many failed in a row.
 */
const char *prog_health(const struct prog *);
uint32_t prog_failed_checks(const struct prog *);
/* How it ended: "exited, status 1", "exec: No such file or directory". */
void prog_end_text(const struct prog *, char *buf, size_t size);
/* Resident memory of all its processes, in bytes. */
int64_t prog_memory(const struct prog *);
/*
 * Processor time since it was started, in ms: of all that it ran, where there
 * are cgroups, else of its main process.
 */
int64_t prog_cpu(const struct prog *);

void prog_watch(struct prog *, struct watch *);
void prog_unwatch(struct watch *);

/* A message of the notify socket that came from one of its processes. */
void prog_notified(struct prog *, const struct sdnotify *);

int prog_names_cmp(struct prog *, struct prog *);
RB_PROTOTYPE(prog_names, prog, by_name, prog_names_cmp)

#endif
