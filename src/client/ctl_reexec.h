/*
 * ctl_reexec - "reexec": the daemon is replaced by its newly installed
 * program file.
 *
 * Layer 4.
 */
#ifndef CTL_REEXEC_H
#define CTL_REEXEC_H

#include "client/ctl.h"

ctl_command ctl_reexec;

#endif
