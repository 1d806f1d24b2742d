/*
 * ctl_check - "check": validate the files, and show what a reload would do.
 *
 * Layer 4.
 */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "client/ctl.h"

ctl_command ctl_check;

#endif
