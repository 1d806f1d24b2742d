/*
 * ctl_top - "top": the programs and what they use, as it changes.
 *
 * Layer 4.
 */
#ifndef CTL_TOP_H
#define CTL_TOP_H

#include "client/ctl.h"

ctl_command ctl_top;

#endif
