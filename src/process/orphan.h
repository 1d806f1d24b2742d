/*
 * orphan - find and kill the processes that programs left, without cgroups.
 *
 * The daemon is the sub-reaper of all its descendants: a process whose parent
 * has ended becomes the daemon's child.  The variable HUPD_RUN in its
 * environment, the mark, identifies the program and the start that it belongs
 * to.
 *
 * Sources: PR_SET_CHILD_SUBREAPER in prctl(2), proc(5).
 */
#ifndef ORPHAN_H
#define ORPHAN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "wire/names.h"

/* Become the sub-reaper.  -1 with errno. */
int orphan_init(void);

/* Read the mark from a process's environment.  False: it has no mark. */
bool orphan_mark(pid_t, uint64_t *run);

/*
 * Send SIGKILL to every process with this mark, whatever its parent: the
 * program may have been started by an earlier daemon.  Returns how many.
 */
int orphan_kill_run(uint64_t run);
/* The same for every mark of which over() says that the run has ended. */
int orphan_kill_runs(bool (*over)(uint64_t run, void *), void *arg);

struct orphan_rule {
	/* Does the daemon know this child? */
	bool (*known)(pid_t, void *);
	/* Is the run still under way?  Then leave its processes alone. */
	bool (*alive)(uint64_t run, void *);
	/* Called for each orphan that was sent SIGKILL. */
	void (*killed)(uint64_t run, pid_t, void *);
	void *arg;
};

/*
 * Look at the daemon's children once and kill the orphans.  Returns how many
 * children are dying: each sends SIGCHLD, and may leave orphans itself.
 */
int orphan_sweep(const struct orphan_rule *);

/*
 * Returns the first known process of: pid itself, the leader of its session,
 * its ancestors.  -1 if none is known.  It uses only data of the kernel.
 */
pid_t orphan_leader(pid_t pid, bool (*known)(pid_t, void *), void *arg);

#endif
