/*
 * said - what a program says of itself through its notify socket: the part
 * that is kept, shown and logged.
 *
 * program.c acts on the rest.  Source: sd_notify(3).
 */
#ifndef SAID_H
#define SAID_H

#include "program/data.h"

/* A new process has said nothing yet. */
void said_clear(struct program *);
/* Does a message of this process count?  See NOTIFYACCESS; 0: not known. */
bool said_is_heard(const struct program *, pid_t sender);
/* Keep what the message says. */
void said_note(struct program *, const struct sdnotify *);
/*
 * May one more line about a message of the program go to the event log?  A
 * program can send any number of messages, which would hide the lines about
 * other programs.
 */
bool said_may_be_logged(struct program *);

#endif
