/*
 * ending - how a process ended, or why it could not be started: as data, and
 * in the words of log, status and replies.
 *
 * Source of the numbers: waitid(2), errno(3).
 */
#ifndef ENDING_H
#define ENDING_H

#include <stdbool.h>
#include <stddef.h>

/* A buffer of this size holds how a program ended, in words. */
#define ENDING_MAX 1400

/* How a process ended. */
struct process_end {
	bool known;  /* false: the kernel no longer knows */
	bool signal; /* code is a signal, else an exit status */
	bool core;   /* it dumped core */
	bool oom;    /* the kernel killed it, because memory ran out */
	int code;
};

/*
 * The steps of a new process until it executes its program, in this order; the
 * daemon does the first two.  Kept in records: do not renumber.
 */
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
	SPAWN_SANDBOX, /* between SPAWN_RLIMIT and SPAWN_EXEC */
	/* Before SPAWN_OOM, in the first process of a start: */
	SPAWN_CONDITION,
	SPAWN_FOLDER,
	/* Between SPAWN_NICE and SPAWN_RLIMIT: */
	SPAWN_AFFINITY,
	SPAWN_CPU_POLICY,
	SPAWN_IO_CLASS,
};
#define SPAWN_STAGES 21

/* Why it could not be started. */
struct spawn_error {
	enum spawn_stage stage;
	/*
	 * SPAWN_RLIMIT: RLIMIT_NOFILE ...; SPAWN_SANDBOX: HARDENING_ ...;
	 * SPAWN_CONDITION: its index.
	 */
	int which;
	int err; /* errno */
};

/* "exited, status 1", "killed by SIGTERM". */
void ending_exit(const struct process_end *, char *buf, size_t size);
/*
 * Why it could not be started: "exec /srv/run: is not executable", or, if why
 * is NULL or empty, "exec: Permission denied".
 */
void ending_failure(const struct spawn_error *, const char *why, char *buf,
    size_t size);
/* The stage: "exec", "user", "directory", "rlimit-nofile". */
const char *ending_stage(const struct spawn_error *);

#endif
