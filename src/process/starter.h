/*
 * starter - what stays of the environment that the daemon was started with.
 *
 * A detached daemon of root gives programs the same environment at boot as
 * after a start by hand: PATH, and HOME, USER, LOGNAME and SHELL of root.  Of
 * the starter's variables it keeps those that pass-environment names.  Any
 * other daemon passes its own environment on.  Variables that are meant for
 * hupd itself are dropped in both cases.
 *
 * Source: environ(7).
 */
#ifndef STARTER_H
#define STARTER_H

#include <stdbool.h>

#include "config/config.h"

/* Note where the kernel put the variables: call before they are moved. */
void starter_remember(char *const *envp);
/*
 * Drop the variables that do not stay from environ; set names the others.  A
 * process that follows by exec calls it again.  -1: no memory.
 */
int starter_settle(bool detached, const struct config *set);
/* The beginning of each program's environment, with PATH; NULL-terminated. */
char *const *starter_environment(void);

#endif
