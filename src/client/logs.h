/*
 * logs - the logs that the operands of a command mean.
 *
 * The files are read directly, so that they can be read, and continue to be
 * followed, whether or not the daemon runs.  The logs of removed programs can
 * still be read.
 */
#ifndef LOGS_H
#define LOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "client/ctl.h"
#include "client/target.h"

struct log_of {
	char *name; /* of the program, or "hupd" */
	char *path;
	const char *stream; /* "stdout", "stderr"; NULL: both are in it */
	bool named;	    /* by the user, and not by a pattern */
};

struct logs {
	struct log_of *v;
	size_t n;
	size_t programs; /* fewer, if one has two logs */
};

/*
 * The logs of these programs, and of "hupd"; without words those of all
 * programs.  Without a daemon that answers, patterns mean the files in the log
 * folder.  Warns about output that cannot be written.  Returns STATUS_OK, or
 * prints what failed and returns the exit status.
 */
int logs_find(struct logs *, const struct ctl *, const struct target *, int n,
    char **words);
void logs_clear(struct logs *);

#endif
