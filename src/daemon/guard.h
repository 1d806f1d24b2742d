/*
 * guard - a process that does nothing but wait for the daemon's end, and then
 * is the next daemon.
 *
 * It shares the daemon's table of descriptors, so that everything that the
 * daemon holds (the lock, the sockets, a pidfd of each program, the output
 * FIFOs) goes on being held when the daemon is killed.  If the guard dies the
 * daemon makes another.  Re-execution and take-over are one mechanism: both
 * execute hupd with the records, and only a re-execution keeps the pid.
 *
 * Layer 4.
 */
#ifndef GUARD_H
#define GUARD_H

#include "daemon/state.h"

/* Without one the daemon runs as well: what fails is logged. */
void guard_start(struct daemon *);
/* The daemon ends of its own will. */
void guard_end(struct daemon *);

/*
 * Execute the program file as the next daemon, with all that the records
 * name.  Returns only if that fails, with errno.
 */
void guard_execute(struct daemon *, int fd);

/* The records that this process was executed with, or -1. */
int guard_inheritance(void);
#define GUARD_VARIABLE "HUPD_RECORDS"
/* And the limit of its programs' descriptors. */
#define GUARD_DESCRIPTORS "HUPD_DESCRIPTORS"

#endif
