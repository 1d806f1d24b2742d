/*
 * rlimit - the limits of the daemon and its programs.
 *
 * The daemon holds two descriptors for each program, so that the usual limits
 * would allow some 500 or 2,000 programs; and a limit for the size of files
 * would end the logs.  It raises these of its own limits as far as it may;
 * programs get the limits that the daemon was started with.
 *
 * Source: setrlimit(2).
 */
#ifndef RLIMIT_H
#define RLIMIT_H

#include <sys/resource.h>

#include <stddef.h>

/* How many limits are raised: RLIMIT_NOFILE and RLIMIT_FSIZE, in this order. */
#define RLIMIT_RAISED 2
/* The size of the text of rlimit_text, with its NUL. */
#define RLIMIT_TEXT_MAX (RLIMIT_RAISED * 48)

/*
 * Raise the daemon's limits, once.  former is rlimit_text of the daemon before
 * this one, which had raised them already; NULL if this is the first.
 */
void rlimit_raise(const char *former);
/*
 * From now on the last descriptors are not for use: a program that starts must
 * leave them to clients and to a reload, which may remove programs.  Then give
 * them back.
 */
void rlimit_reserve(void);
void rlimit_release(void);
/* Log a warning if programs that need n descriptors exceed the limit. */
void rlimit_check(size_t n);
/*
 * Set the limits of programs, for the calling process, if rlimit_raise has
 * changed them.  -1 with errno: the
 * limit *which cannot be set.
 */
int rlimit_restore(int *which);
/*
 * The limits of programs as text, for the next daemon: "1024:4096 100:200".
 * Version 0.1 has and reads the first limit only.
 */
const char *rlimit_text(char buf[static RLIMIT_TEXT_MAX]);

#endif
