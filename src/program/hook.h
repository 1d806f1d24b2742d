/*
 * hook - the commands around a program: start-pre, start-post, stop-command
 * and stop-post.  Each list belongs to a step of the state machine.
 *
 * A hook exists while a command of the step runs.
 */
#ifndef HOOK_H
#define HOOK_H

#include "program/data.h"

/*
 * Run the commands of the program's step, one after the other.  The event
 * HOOK_OK or HOOK_FAIL follows, perhaps before this returns.  A command that
 * fails without the prefix "-" ends the list.  Whatever a command leaves
 * running is killed, and has ended before the next one begins.  After a failure
 * of start-pre or start-post, p->end and p->blamed say how.
 */
void hook_begin(struct program *);
/* The step has changed: kill a command of another one; no event follows. */
void hook_follow(struct program *);
/* Kill the command that runs, if any; no event follows. */
void hook_end(struct program *);
/* The time of the step is over: blame the command that runs. */
void hook_blame(struct program *);
/* An earlier daemon may have left a command: kill it. */
void hook_clear(struct program *);

/* Send the command that runs a signal; or SIGKILL, with all that it started. */
void hook_signal(struct program *, int sig);
void hook_kill(struct program *);

/* Has the step commands?  Is one running? */
bool hook_is_step(enum program_step);
/* "start-pre /bin/true, pid 17"; "" if none runs. */
void hook_describe(const struct program *, char *buf, size_t size);

#endif
