/*
 * onfailure - on-failure-command: the command that runs once when a program
 * becomes failed, or fails after a stable run.
 */
#ifndef ONFAILURE_H
#define ONFAILURE_H

#include "program/data.h"

/*
 * The program has failed: run its command, if it has one.  It gets the reason
 * and the end in its environment, and the last output on its standard input.
 * The program does not wait for it.  It runs at most once a minute, and never
 * twice at once: a failure that comes too soon waits, and replaces one that
 * waits already.
 */
void onfailure_note(struct program *);
/* The last output of the program has come. */
void onfailure_look(struct program *);
/* An earlier daemon may have left a command: kill it. */
void onfailure_clear(struct program *);
/* Then, once nothing of it is left: report what that daemon had to report. */
void onfailure_resume(struct program *);
/* Kill the command, and forget what waits. */
void onfailure_free(struct program *);

#endif
