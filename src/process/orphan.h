/*
 * orphan - find and kill the processes that programs left, without cgroups.
 *
 * The daemon is the sub-reaper of all its descendants: a process whose parent
 * has ended becomes the daemon's child.  Which start of which program, the
 * run, a process belongs to is found by this evidence, in this order:
 *
 *	session	that of a process that the daemon holds: spawn made it, and
 *		only its members can be in it; a process group lies in it
 *	descent	from a process that the daemon holds, as seen before that
 *		ended
 *	mark	the variable HUPD_RUN in its environment.  A program can erase
 *		it, as setproctitle(3) does, or leave it out for a child
 *	user	of an orphan, if only one program can have made a process of
 *		that user
 *
 * A finding is kept, by pid and start time, until the process has ended.  A
 * process without any of these is a stranger: it is reported and never killed.
 *
 * Sources: PR_SET_CHILD_SUBREAPER in prctl(2), proc(5), setsid(2).
 */
#ifndef ORPHAN_H
#define ORPHAN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "process/process.h"
#include "wire/names.h"

struct orphans;

/* A child that the daemon knows. */
struct orphan_held {
	uint64_t run;	     /* 0: a helper of the daemon itself */
	uint64_t start_time; /* clock ticks since boot; 0: not known */
	bool is_leader;	     /* of the session that spawn made */
};

struct orphan_rule {
	/* Does the daemon know this process? */
	bool (*held)(pid_t, struct orphan_held *, void *);
	/* Is the run still under way?  Then leave its processes alone. */
	bool (*alive)(uint64_t run, void *);
	/*
	 * The run of the only program that can have made an orphan of this
	 * user at that time; 0: no program can, or several can.
	 */
	uint64_t (*of_user)(uid_t, uint64_t start_time, void *);
	/* Called for each orphan that a sweep sent SIGKILL. */
	void (*killed)(uint64_t run, pid_t, void *);
	/* Called once for each orphan that is a stranger. */
	void (*stranger)(pid_t, void *);
	void *arg;
};

/* Become the sub-reaper.  -1 with errno. */
int orphan_init(void);

/*
 * Read the mark from the first 32 KiB of a process's environment.  False: it
 * has no mark there.
 */
bool orphan_mark(pid_t, uint64_t *run);

/* NULL with errno. */
struct orphans *orphan_new(const struct orphan_rule *);
/* Accepts NULL. */
void orphan_free(struct orphans *);

/*
 * Look at every process, and keep what descends from the held ones: call it
 * before one of them is to end.
 */
void orphan_see(struct orphans *);

/*
 * How many of the daemon's children belong to a run and are not held, nor
 * dying?  Call it before the main process is reaped: until then its session is
 * surely its own.
 */
int orphan_count(struct orphans *, uint64_t run);
/*
 * How many of the daemon's children belong to a run, are not held and have not
 * ended?  Those that are being killed count.  all: of all processes, as for
 * orphan_kill_run.
 */
int orphan_left(struct orphans *, uint64_t run, bool all);
/* The same with their descendants, which takes a look at every process. */
int orphan_count_run(struct orphans *, uint64_t run, bool all);
/*
 * Is it certain that none is left?  A process that is dying shows no mark, and
 * may have children that are not the daemon's yet.
 */
bool orphan_is_over(struct orphans *, uint64_t run, bool all);
/* Call fn for each of these. */
void orphan_each(struct orphans *, uint64_t run, bool all,
    void (*fn)(const struct process_facts *, void *), void *arg);

/* A program may take as its own what nothing shows to be another's: */
struct orphan_claim {
	uint64_t since; /* born then or later, clock ticks; 0: nothing */
	uid_t uid;	/* of this user; 0: of any */
};

/*
 * Does a process belong to a run?  If nothing shows where it belongs, and the
 * claim is not NULL and covers it, it does from now on.
 */
bool orphan_take(struct orphans *, pid_t, uint64_t run, bool all,
    const struct orphan_claim *);
/* How many orphans does the claim cover that do not belong to any run? */
int orphan_unclaimed(struct orphans *, const struct orphan_claim *);
/*
 * Count the processes of all runs of a program, which is the upper half of
 * each, except one run.  all: as for orphan_kill_run.
 */
int orphan_kept(struct orphans *, uint32_t program, uint64_t except, bool all);
/* Send them a signal.  Returns how many got it. */
int orphan_signal_run(struct orphans *, uint64_t run, bool all, int sig);
/*
 * Send SIGKILL to the processes that belong to a run, but not to held
 * processes.  all: read the mark of every process, because a program that was
 * taken over leaves its orphans to another parent.  Returns how many had not
 * been sent it before.
 */
int orphan_kill_run(struct orphans *, uint64_t run, bool all);
/* The same, all, for every run of which over() says that it has ended. */
int orphan_kill_runs(struct orphans *, bool (*over)(uint64_t run, void *),
    void *arg);

/* Has the daemon no child but held ones?  This is cheap. */
bool orphan_none(struct orphans *);
/*
 * Kill the orphans whose run has ended, and report some strangers.  Returns how
 * many processes are dying: each sends SIGCHLD, and may leave orphans itself.
 */
int orphan_sweep(struct orphans *);
/*
 * An orphan was reaped.  True: it may have left orphans, sweep.  False: so may
 * others that were killed with it and are not reaped yet.
 */
bool orphan_reaped(struct orphans *, pid_t);

/*
 * Returns the first known process of: pid itself, the leader of its session,
 * its ancestors.  -1 if none is known.  It uses only data of the kernel.
 */
pid_t orphan_leader(pid_t pid, bool (*known)(pid_t, void *), void *arg);

#endif
