/*
 * cmd_reload - "reload": the daemon's transaction, and its verdict.
 */
#ifndef CMD_RELOAD_H
#define CMD_RELOAD_H

#include "client/ctl.h"
#include "client/reply.h"

/* With names it is the programs' own reload. */
ctl_command cmd_reload_run;

/* The fate of the files on disk. */
enum reload_fate {
	RELOAD_NOT_ASKED, /* no request to apply them was sent */
	RELOAD_REJECTED,  /* nothing was changed */
	RELOAD_APPLIED,
	RELOAD_UNKNOWN, /* there was no verdict */
};

/* Have them applied and show the verdict.  Returns the exit status. */
int cmd_reload_files(const struct ctl *, enum reload_fate *);
/* Show the errors for which no reload was requested. */
void cmd_reload_refused(const struct ctl *, const struct reply *errors);

#endif
