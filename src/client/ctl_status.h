/*
 * ctl_status - "status": the programs and the configuration.
 *
 * Layer 4.
 */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "client/ctl.h"

ctl_command ctl_status;

#endif
