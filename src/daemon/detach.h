/*
 * detach - from a child of a shell to a daemon.  The starter exits only when
 * the daemon knows whether it is up, so that its exit status is true.
 *
 * Source: daemon(3).
 */
#ifndef DETACH_H
#define DETACH_H

/*
 * Begin from a known state, whatever the starter was: the standard descriptors
 * are open and no others, signals have their default actions.  -1 with errno.
 */
int detach_sanitize(void);

/*
 * Become a daemon.  Returns in the daemon only.  Until detach_up, standard
 * error of the daemon reaches the terminal of the starter; if the daemon ends
 * before, the starter exits 1.  -1 with errno.
 */
int detach(void);
/* This daemon follows another, whose starter may still wait for detach_up. */
void detach_inherit(void);
/* The daemon is up: the starter exits 0. */
void detach_up(void);

#endif
