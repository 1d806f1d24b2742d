/*
 * reexec - SIGUSR2 and hupctl reexec: the newly installed binary takes the
 * place of this one, in this process.
 *
 * The new one is tried first: it must start, understand the records and
 * accept what runs.  Should it die once it is executed all the same, the
 * guard, which is still of the old one, follows it.
 *
 * Layer 4.
 */
#ifndef REEXEC_H
#define REEXEC_H

#include "daemon/reload.h"
#include "daemon/state.h"

struct reexec;

struct reexec *reexec_new(struct daemon *);
void reexec_free(struct reexec *); /* accepts NULL */
/* Begin, or wait for the reload that is under way. */
void reexec_request(struct reexec *);
/*
 * Someone who waits: given gets "executing", status -1, as the last that this
 * program says, or why it failed.
 */
void reexec_wait(struct reexec *, struct verdict *);
void reexec_forget(struct reexec *, struct verdict *);
/* Is the child a trial? */
bool reexec_is_child(const struct reexec *, pid_t);

#endif
