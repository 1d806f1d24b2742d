/*
 * ctl_plain - the commands that are one question and one answer: signal,
 * reopen, ping, version.
 *
 * Layer 4.
 */
#ifndef CTL_PLAIN_H
#define CTL_PLAIN_H

#include "client/ctl.h"

ctl_command ctl_signal;
ctl_command ctl_reopen;
ctl_command ctl_ping;
ctl_command ctl_version;

#endif
