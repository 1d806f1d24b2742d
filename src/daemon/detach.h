/*
 * detach - from a shell's child to a daemon, with the truth told to the
 * shell: the starter exits only when the daemon knows whether it is up.
 *
 * Layer 2.  Source: daemon(3).
 */
#ifndef DETACH_H
#define DETACH_H

/*
 * Standard descriptors that exist, none beyond them, default signal actions:
 * whatever the starter was, the daemon begins from here.  -1 with errno.
 */
int detach_sanitize(void);

/*
 * Become a daemon.  Returns in the daemon only; what it prints on standard
 * error until detach_up reaches the starter's terminal, and if it ends before,
 * the starter exits 1.  -1 with errno.
 */
int detach(void);
/* We follow a daemon that ended while its starter may still wait: for us. */
void detach_inherit(void);
/* Say that the daemon is up: the starter exits 0. */
void detach_up(void);

#endif
