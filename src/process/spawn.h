/*
 * spawn - the only place that creates a process.
 *
 * The child is set up stage by stage and executes; whatever fails on the way
 * comes back at once as the stage and its errno.  The caller resumes when the
 * program has been executed, so there is no state "forked".
 *
 * Layer 2.  Sources: clone(2), clone3(2), pidfd_open(2), cgroups(7).
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>
#include <sys/resource.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "process/process.h"

/* In the order in which they are carried out; the first is the caller's. */
enum spawn_stage {
	SPAWN_RECORD,
	SPAWN_CLONE,
	SPAWN_SESSION,
	SPAWN_CGROUP,
	SPAWN_OUTPUT,
	SPAWN_DESCRIPTORS,
	SPAWN_OOM,
	SPAWN_NICE,
	SPAWN_RLIMIT,
	SPAWN_GROUPS,
	SPAWN_GROUP,
	SPAWN_USER,
	SPAWN_DIRECTORY,
	SPAWN_PRIVS,
	SPAWN_EXEC,
};

#define SPAWN_FDS 4

/* A descriptor that the child gets as number to. */
struct spawn_fd {
	int from;
	int to;
};

struct spawn_request {
	char *const *argv;
	char *const *envp;
	const char *path; /* PATH to find argv[0] in; NULL: as given */
	int execfd;	  /* execute this file instead; -1: none */
	const struct definition *conf; /* attributes; NULL: change nothing */
	int cgroup;		       /* its folder, or -1 */
	int outdir;	     /* folder and name of the FIFO that is opened */
	const char *outname; /* as 1 and 2; NULL: /dev/null */
	bool session;	     /* a session of its own */
	/* Where the child stores its pid first of all, in shared memory. */
	volatile int32_t *record;
	const struct spawn_fd *fds; /* at most SPAWN_FDS */
	size_t nfds;
};

struct spawn_error {
	enum spawn_stage stage;
	int which; /* SPAWN_RLIMIT: which one, RLIMIT_NOFILE ... */
	int err;   /* errno */
};

/*
 * Once, before the first spawn and while few descriptors are open: reserves a
 * handful of low numbers, through which descriptors pass to the child.  -1
 * with errno.
 */
int spawn_init(void);

/* 0, or -1 with the error filled in and no process left. */
int spawn(const struct spawn_request *, struct process *, struct spawn_error *);

/*
 * A child that runs fn in a copy of this process's memory, but with this very
 * table of descriptors: what the daemon opens and closes it has and has not,
 * until one of the two executes something.  0, or -1 with errno and pid 0.
 */
int spawn_twin(int (*fn)(void *), void *arg, struct process *);

/* The stage as it is logged: "exec", "user", "directory", "rlimit-nofile". */
const char *spawn_stage_name(const struct spawn_error *);

#endif
