/*
 * rlimit - how many descriptors the daemon and its programs may have.
 *
 * The daemon holds two descriptors for each program, so that the usual limits
 * would allow some 500 or 2,000 programs.  It raises its own limit as far as
 * it may; programs get the limit that the daemon was started with.
 *
 * Source: setrlimit(2).
 */
#ifndef RLIMIT_H
#define RLIMIT_H

#include <sys/resource.h>

#include <stddef.h>

/* The size of the text of rlimit_text, with its NUL. */
#define RLIMIT_TEXT_MAX 48

/*
 * Raise the daemon's limit, once.  former is rlimit_text of the daemon before
 * this one, which had raised it already; NULL if this is the first.
 */
void rlimit_raise(const char *former);
/* Log a warning if programs that need n descriptors exceed the limit. */
void rlimit_check(size_t n);
/* The limit of programs; both fields are RLIM_INFINITY if it is unknown. */
const struct rlimit *rlimit_programs(void);
/* The limit of programs as text, for the next daemon. */
const char *rlimit_text(char buf[static RLIMIT_TEXT_MAX]);

#endif
