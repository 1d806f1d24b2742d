/*
 * exiton - is it time for the daemon to end by itself, and with which status?
 */
#ifndef EXITON_H
#define EXITON_H

#include <stdbool.h>

#include "daemon/state.h"

/* Has the event that exit-on names happened?  If so, the reason is logged. */
bool exiton_is_due(struct daemon *, int *status);

#endif
