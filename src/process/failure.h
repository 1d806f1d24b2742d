/*
 * failure - explain why a stage of a start failed: errno alone does not name
 * the file, the folder or the value.
 *
 * The explanation looks at paths of the program's user, which may block for
 * ever.  So only the child itself makes it, after it has reported the error.
 *
 * Sources: execve(2), path_resolution(7), getrlimit(2).
 */
#ifndef FAILURE_H
#define FAILURE_H

#include "config/definition.h"
#include "wire/ending.h"

/* The longest explanation, with its NUL. */
#define FAILURE_MAX 1024

/* An attempt that failed. */
struct failure {
	struct spawn_error error;
	const struct definition *conf; /* or NULL */
	/* SPAWN_EXEC: that was executed; NULL: none found */
	const char *file;
	const char *at;	   /* SPAWN_SANDBOX: a path, or NULL */
	const char *name;  /* SPAWN_EXEC: as in the command */
	const char *path;  /* PATH that was searched, or NULL */
	const char *words; /* SPAWN_CONDITION, SPAWN_FOLDER: the explanation */
};

/*
 * "/srv/run: is not executable": words that follow the stage.  False: there is
 * nothing to add to strerror(3).
 */
bool failure_explain(const struct failure *, char why[static FAILURE_MAX]);

#endif
