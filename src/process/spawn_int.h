/*
 * spawn_int - what the two sides of a new process share: spawn.c makes it,
 * spawnchild.c is what it does until it executes its program.
 *
 * Layer 2.
 */
#ifndef SPAWN_INT_H
#define SPAWN_INT_H

#include "process/spawn.h"

/* Descriptors STAGE to STAGE_END - 1 carry what the child is given. */
enum {
	STAGE = 3,
	STAGE_CGROUP = STAGE,
	STAGE_OUTDIR,
	STAGE_EXEC,
	STAGE_FDS,
	STAGE_END = STAGE_FDS + SPAWN_FDS,
};

/* The child runs on memory of its own and outside its parent's view. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

struct spawn_args {
	const struct spawn_request *req;
	struct spawn_error *error; /* the parent's to read */
	bool shares_table;	   /* of descriptors, with the parent */
	bool in_cgroup;		   /* from the beginning */
	int maxfd; /* the highest descriptor that req->fds asks for */
};

/* Execute the program, or fill in the error and return -1. */
int spawnchild_run(const struct spawn_args *);

#endif
