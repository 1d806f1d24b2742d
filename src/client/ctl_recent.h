/*
 * ctl_recent - the last few lines of a log, or of what the event log says of
 * one program.
 *
 * Layer 4.
 */
#ifndef CTL_RECENT_H
#define CTL_RECENT_H

#include <stdio.h>

/*
 * After an empty line and the title, indented and escaped.  name: only what is
 * said of that program; or NULL.  Nothing is printed if there is nothing, the
 * log cannot be read, or is NULL.
 */
void recent_print(FILE *, const char *title, const char *log, const char *name);

#endif
