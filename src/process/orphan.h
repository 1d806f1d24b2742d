/*
 * orphan - processes that programs left, found without cgroups.
 *
 * The daemon is the sub-reaper of all its descendants: a process whose parent
 * ended becomes its child.  Such a stranger is told by the mark that spawn
 * put into its program's environment (HUPD_RUN, one value for each start).
 *
 * Layer 2.  Sources: PR_SET_CHILD_SUBREAPER in prctl(2), proc(5).
 */
#ifndef ORPHAN_H
#define ORPHAN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#define ORPHAN_MARK "HUPD_RUN"

/* Become the sub-reaper.  -1 with errno. */
int orphan_init(void);

/* The value of the mark in a process's environment; false: none. */
bool orphan_mark(pid_t, uint64_t *run);

/*
 * SIGKILL to every process that carries the mark, whoever its parent is: what
 * a program left that an earlier daemon started.  Returns how many.
 */
int orphan_kill_run(uint64_t run);
/* The same with every run that is over. */
int orphan_kill_runs(bool (*over)(uint64_t run, void *), void *arg);

struct orphan_rule {
	/* Is the pid a child that the daemon knows? */
	bool (*known)(pid_t, void *);
	/* Is the run that the mark names to be left alone? */
	bool (*alive)(uint64_t run, void *);
	/* A stranger of that run was sent SIGKILL. */
	void (*killed)(uint64_t run, pid_t, void *);
	void *arg;
};

/*
 * Look at the daemon's children once.  Returns how many of them are still to
 * die: SIGCHLD tells of each, and may bring those that it left.
 */
int orphan_sweep(const struct orphan_rule *);

/*
 * The nearest of pid itself, its session's leader and its ancestors that is
 * known, or -1.  What the kernel says, not what the process says of itself.
 */
pid_t orphan_leader(pid_t pid, bool (*known)(pid_t, void *), void *arg);

#endif
