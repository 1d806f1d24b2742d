/*
 * handover - how a daemon gives its place to the next one, and how the next
 * one begins.
 *
 * Giving: on SIGUSR2 or hupctl reexec the newly installed binary takes the
 * place of this one, in the same process.  A trial comes first: the new binary
 * must start, understand the records and accept what runs.  If the new daemon
 * dies nevertheless, the guard, which still runs the old binary, replaces it.
 *
 * Taking: the next daemon reads the records of the one before it, and the
 * configuration which that one ran.  A daemon that is executed by another, one
 * that follows a crash and one that is started later all do this.
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "daemon/reload.h"
#include "daemon/state.h"

struct handover;

struct handover *handover_new(struct daemon *); /* NULL with errno */
void handover_free(struct handover *);		/* accepts NULL */
/* Begin, once no reload is under way. */
void handover_request(struct handover *);
/*
 * Wait for the outcome: the verdict gets "executing" with status -1, which is
 * the last that this program sends, or the reason of the failure.
 */
void handover_wait(struct handover *, struct verdict *);
void handover_forget(struct handover *, struct verdict *);
/* Is the child a trial? */
bool handover_is_child(const struct handover *, pid_t);

/*
 * This process was executed with the records as descriptor fd: take settings
 * and configuration from there.  A trial changes nothing.  A failure is fatal.
 */
void handover_inherit(struct daemon *, int fd, bool trial, struct config *set);
/*
 * Somebody started this process, and set is the content of the files.  If a
 * daemon before it was killed, set becomes the configuration which that one
 * ran.
 */
void handover_find(struct daemon *, struct config *set);
/* Keep the settings that do not change until a real start, for the next. */
void handover_keep(struct daemon *);
/* The daemon ends for good: remove what is kept for the next. */
void handover_remove(struct daemon *);

#endif
