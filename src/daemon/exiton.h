/*
 * exiton - is it time for the daemon to end by itself, and with which status?
 *
 * Layer 4.
 */
#ifndef EXITON_H
#define EXITON_H

#include <stdbool.h>

#include "daemon/state.h"

/* Has what exit-on waits for come to pass?  Then it is logged. */
bool exiton_is_due(struct daemon *, int *status);

#endif
