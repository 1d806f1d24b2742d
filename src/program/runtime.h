/*
 * runtime - the life of the runtime directories of programs: who uses them, and
 * when they are removed.
 *
 * The first process of a start makes them, see process/spawn.h.  A program has
 * them (p->runtime) until they are removed.  As long as a removal is under way,
 * no program that needs such a directory starts.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include "program/data.h"

/* The program starts, or was running when an earlier daemon ended. */
void runtime_take(struct program *);
/* Its state has changed: remove what it does not need any more. */
void runtime_follow(struct program *);
/* Does its start have to wait for a removal? */
bool runtime_blocks(const struct program *);
/* A removal has come to its end. */
void runtime_removed(struct programs *, char *const *names);
/* Forget the program, and all removals. */
void runtime_forget(struct program *);
void runtime_free(struct programs *);

#endif
