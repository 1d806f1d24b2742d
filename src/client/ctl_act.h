/*
 * ctl_act - the commands that wait for programs: start, stop, restart, and
 * reload with names.
 *
 * Layer 4.
 */
#ifndef CTL_ACT_H
#define CTL_ACT_H

#include "client/ctl.h"

ctl_command ctl_start;
ctl_command ctl_stop;
ctl_command ctl_restart;
ctl_command ctl_reload_programs;

#endif
