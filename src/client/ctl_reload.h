/*
 * ctl_reload - "reload": the daemon's transaction, and its verdict.
 *
 * Layer 4.
 */
#ifndef CTL_RELOAD_H
#define CTL_RELOAD_H

#include "client/ctl.h"
#include "base/diag.h"

/* With names it is the programs' own reload. */
ctl_command ctl_reload;

/* What became of the files on disk. */
enum reload_fate {
	RELOAD_NOT_ASKED, /* the daemon was not told to apply them */
	RELOAD_REJECTED,  /* nothing was changed */
	RELOAD_APPLIED,
	RELOAD_UNKNOWN, /* there was no verdict */
};

/* Have them applied and show the verdict.  Returns the exit status. */
int reload_files(const struct ctl *, enum reload_fate *);
/* Show what speaks against a reload that was not even asked for. */
int reload_refused(const struct ctl *, const struct diags *);

#endif
