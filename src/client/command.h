/*
 * command - the command line of hupctl.  Each command and each option is a row
 * of a table; from it the line is parsed, and usage and help are printed.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "client/ctl.h"

/* Parse, and run the command.  Returns the exit status. */
int command_run(struct ctl *, int argc, char **argv);

/*
 * For tests and completions: one line for each option of each command,
 * separated by tabs: COMMAND, or "-" before any command; --OPTION; the name
 * of its argument, or "-".
 */
void command_list(FILE *);

#endif
