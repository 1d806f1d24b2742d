/*
 * action - what "hupctl reload NAME" does to one program: its reload-signal
 * or reload-command, and the wait for the outcome.
 */
#ifndef ACTION_H
#define ACTION_H

#include <stdbool.h>

#include "program/data.h"

/* Is a reload-signal or a reload-command configured? */
bool action_is_possible(const struct program *);
/*
 * Begin the action.  done is called once with the outcome in words, perhaps
 * before action_begin returns.  A program has one action at a time; a second
 * one fails.
 */
void action_begin(struct program *,
    void (*done)(void *arg, bool ok, const char *how), void *arg);
/* The client has gone: done is not called any more. */
void action_forget(struct program *, const void *arg);

#endif
