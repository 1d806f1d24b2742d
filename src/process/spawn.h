/*
 * spawn - the only place that creates a process, except for the trials of
 * probe.c.
 *
 * spawn() makes the child and returns; the child then sets itself up stage by
 * stage and executes the program.  The outcome comes later, through the loop.
 *
 * Sources: clone(2), clone3(2), pidfd_open(2), cgroups(7), keyctl(2).
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "config/config.h"
#include "process/failure.h"
#include "process/process.h"
#include "process/sandbox.h"
#include "wire/ending.h"

/* Sockets, stored descriptors, and the one for readiness. */
#define SPAWN_FDS (DEFINITION_LISTEN_MAX + DEFINITION_STORE_MAX + 2)

/* A descriptor that the child gets as number to. */
struct spawn_fd {
	int from;
	int to;
};

/* Room for a pid in decimal digits, with a NUL. */
#define SPAWN_PID_MAX 12

/* Read by spawn() only, not kept. */
struct spawn_request {
	char *const *argv;
	char *const *envp;
	const char *path; /* PATH to find argv[0] in; NULL: as given */
	int execfd;	  /* execute this file instead; -1: none */
	const struct definition *conf; /* attributes; NULL: change nothing */
	int cgroup;		       /* its folder, or -1 */
	int outdir;	     /* folder and name of the FIFO that is opened */
	const char *outname; /* as 1 and 2; NULL: /dev/null */
	const char *errname; /* as 2; NULL: the same as 1 */
	bool session;	     /* a session of its own */
	bool is_privileged;  /* keep the ids and the rights of the daemon */
	/*
	 * The first process of a start looks at the conditions of conf, and
	 * makes its folders below these bases, by kind; NULL: another process.
	 */
	const char *const *bases;
	const char
	    *limits_why; /* why limits of conf are not possible, or NULL */
	/* In shared memory: the child stores its pid there first of all. */
	volatile int32_t *record;
	struct sandbox *sandbox;    /* or NULL; conf is its definition */
	const struct spawn_fd *fds; /* at most SPAWN_FDS */
	size_t nfds;
	char *pid; /* the child prints its pid there; NULL: nowhere */
};

enum spawn_outcome {
	SPAWN_NONE,	/* nothing is under way */
	SPAWN_PENDING,	/* the child has not executed the program yet */
	SPAWN_EXECUTED, /* it has, or was killed before it could report */
	SPAWN_FAILED,	/* error says why; the child has ended */
	SPAWN_LOST,	/* the kernel killed it at birth: call spawn() again */
};

/*
 * The report of one child at a time.  decided is called once, from the loop or
 * from spawn_look; the child's end may be noticed before.
 */
struct spawn_report {
	enum spawn_outcome outcome;
	bool begun;
	bool in_cgroup;
	struct spawn_error error;
	char why[FAILURE_MAX]; /* the error in words; "": strerror says it */
	struct source source;
	struct loop *loop;
	void (*decided)(struct spawn_report *);
	void *arg;
};

/* Find out what this kernel can do; call once, before the first spawn. */
void spawn_init(void);

/* loop may be NULL: the owner then calls spawn_look.  So may decided. */
void spawn_report_init(struct spawn_report *, struct loop *,
    void (*decided)(struct spawn_report *), void *arg);
/*
 * Make the process.  0: the outcome is SPAWN_PENDING.  -1: it could not be
 * made, the outcome is SPAWN_FAILED and decided is not called.
 */
int spawn(const struct spawn_request *, struct process *,
    struct spawn_report *);
/*
 * Decide now if the child has reported.  A child that has ended has reported.
 * Once the outcome is SPAWN_FAILED, decided may have freed the report.
 */
enum spawn_outcome spawn_look(struct spawn_report *);
/* Forget the child; decided is not called any more. */
void spawn_forget(struct spawn_report *);

/*
 * Make a child that runs fn in a copy of this process's memory, but shares the
 * table of descriptors until one of the two executes something.  0, or -1 with
 * errno and pid 0.
 */
int spawn_twin(int (*fn)(void *), void *arg, struct process *);

/*
 * Make a child that runs work in a copy of this process's memory, with the
 * standard descriptors, the descriptor keep (-1: none) and out, the writing end
 * of a pipe; it ends with this process.  Returns the reading end, which does
 * not block; or -1 with errno.
 */
int spawn_helper(void (*work)(void *arg, int out), void *arg, int keep,
    struct process *);

/* The stage as ending_stage() has it, for rooms that do not see wire/. */
const char *spawn_stage(const struct spawn_error *);

#endif
