/*
 * ctl_reload - "reload": the daemon's transaction, and its verdict.
 *
 * Layer 4.
 */
#ifndef CTL_RELOAD_H
#define CTL_RELOAD_H

#include "ctl.h"

/* With names it is the programs' own reload. */
ctl_command ctl_reload;

#endif
