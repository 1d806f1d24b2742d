/*
 * action - what "hupctl reload NAME" does to one program: its reload-signal
 * or reload-command, and the wait for the outcome.
 *
 * Layer 3.
 */
#ifndef ACTION_H
#define ACTION_H

#include <stdbool.h>

#include "program/program.h"

/*
 * Begin.  done is called once, later or before action_begin returns, with
 * the outcome in words.  One at a time a program: a second one is told so.
 */
void action_begin(struct program *,
    void (*done)(void *arg, bool ok, const char *how), void *arg);
/* Whoever asked has gone: done is not called any more. */
void action_forget(struct program *, const void *arg);
/* Is the child the command of an action?  For reaping. */
bool action_is_child(const struct programs *, pid_t);
/* SIGCHLD told of it. */
void action_child_died(const struct programs *, pid_t);

#endif
