/*
 * successor - another process of a program becomes its main one.
 *
 * The program names it by MAINPID; or the main process of a classical daemon
 * (ready = forks) has ended and left others, and the next one is searched for:
 * in the pid file, or as the only process whose parent is none of them.
 */
#ifndef SUCCESSOR_H
#define SUCCESSOR_H

#include "program/data.h"

/*
 * Make another process the main one, and record that.  1: done.  0: it does not
 * belong to the program.  -1 with errno.
 */
int successor_take(struct program *, pid_t);
/*
 * The main process of a program with ready = forks has ended, see p->end.  Does
 * another process continue its work?
 */
bool successor_exists(const struct program *);
/*
 * Search for it.  The result is the event MAIN_FOUND, or EXITED if the search
 * fails.  Until then p->why says why it was not found yet.
 */
void successor_search(struct program *);
/* End the search.  Harmless without one. */
void successor_forget(struct program *);

#endif
