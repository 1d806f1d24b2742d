/*
 * ctl_add - "add" and "remove": a program's file made or deleted, and applied
 * by a reload; undone if that is rejected.
 *
 * Layer 4.
 */
#ifndef CTL_ADD_H
#define CTL_ADD_H

#include "client/ctl.h"

ctl_command ctl_add;
ctl_command ctl_remove;

#endif
