/*
 * descriptors - how many descriptors the daemon may have, and its programs.
 *
 * A daemon holds two of each program, so that the usual limits would end at
 * some 500 or 2,000 of them.  It raises its own as far as it may; programs get
 * the one that it was started with.
 *
 * Layer 2.  Source: setrlimit(2).
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <sys/resource.h>

#include <stddef.h>

/* Room for descriptors_text. */
#define DESCRIPTORS_MAX 48

/*
 * Raise the limit, once.  former: descriptors_text of the daemon before, which
 * had raised it already; NULL: there was none.
 */
void descriptors_raise(const char *former);
/* Say so if the limit is below what the daemon needs for its programs. */
void descriptors_need(size_t n);
/* That of programs; RLIM_INFINITY for both: it is not known. */
const struct rlimit *descriptors_programs(void);
/* The same as text. */
const char *descriptors_text(char buf[static DESCRIPTORS_MAX]);

#endif
