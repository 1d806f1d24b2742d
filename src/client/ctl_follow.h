/*
 * ctl_follow - print a log from its last lines on, through every rotation.
 *
 * Layer 4.
 */
#ifndef CTL_FOLLOW_H
#define CTL_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "client/ctl_emit.h"

/*
 * Print the last lines of the log at path, and with follow all that is added
 * to it, until standard output fails or a signal ends the process.  0, or -1
 * with errno.
 */
int follow_log(const char *path, int64_t lines, bool follow, struct emit *);

#endif
