/*
 * describe - one program in words and numbers, for people.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "program/data.h"

/* The reason of its state, escaped: "waits for db", "pid 17". */
void describe_why(const struct program *, char *buf, size_t size);
/* How it ended: "exited, status 1", "exec: No such file or directory". */
void describe_end(const struct program *, char *buf, size_t size);
/*
 * Its output cannot be written: put the reason into why.  Returns since when,
 * Unix time; 0: it is written, or nowhere.
 */
time_t describe_log_error(const struct program *, char *why, size_t size);
/* Was it ever wanted?  If not, nobody can have stopped it. */
bool describe_was_started(const struct program *);
/*
 * Did its main process end well, and leave others?  That is how a daemon goes
 * into the background.
 */
bool describe_left_foreground(const struct program *);
/* Resident memory of all its processes, in bytes. */
int64_t describe_memory(const struct program *);
/*
 * Processor time since it was started, in ms: of all its processes where
 * cgroups exist, else of its main process.
 */
int64_t describe_cpu(const struct program *);

/* Has it a sandbox that leaves out what is not possible? */
bool describe_tries(const struct program *);
/* The keys that are left out: "private-tmp, protect-proc"; or "". */
void describe_lacks(const struct program *, char *buf, size_t);

#endif
