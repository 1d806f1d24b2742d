/*
 * ctl_log - "log": show or follow the log of a program or of hupd itself.
 *
 * Layer 4.
 */
#ifndef CTL_LOG_H
#define CTL_LOG_H

#include "client/ctl.h"

ctl_command ctl_log;

#endif
