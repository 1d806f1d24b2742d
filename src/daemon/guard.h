/*
 * guard - a process that waits for the end of the daemon, and then becomes
 * the next daemon.
 *
 * The guard shares the descriptor table of the daemon (CLONE_FILES, clone(2)).
 * When the daemon is killed, the lock, the sockets, the pidfds of the programs
 * and the output FIFOs therefore stay open.  If the guard dies, the daemon
 * starts another.  Re-execution and takeover are one mechanism: both execute
 * hupd with the records, but only a re-execution keeps the pid.
 */
#ifndef GUARD_H
#define GUARD_H

#include "daemon/state.h"

/* Start the guard.  A failure is logged; the daemon runs without a guard. */
void guard_start(struct daemon *);
/* The daemon ends by itself: end the guard first. */
void guard_end(struct daemon *);

/*
 * Execute the program file fd as the next daemon, with the descriptors that
 * the records name.  Returns only on failure, with errno.
 */
void guard_execute(struct daemon *, int fd);

/* The descriptor of the records that this process was executed with, or -1. */
int guard_inheritance(void);
#define GUARD_VARIABLE "HUPD_RECORDS"
/* The environment variable for the descriptor limit of the programs. */
#define GUARD_DESCRIPTORS "HUPD_DESCRIPTORS"

#endif
