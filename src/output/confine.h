/*
 * confine - take all rights from the log process that it does not need.
 *
 * The log process parses the output of every program, so an attack would begin
 * there.  A mechanism that the kernel or the build lacks is left out.
 *
 * Sources: landlock(7), seccomp_rule_add(3), prctl(2), capabilities(7).
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>

/*
 * Deny new privileges, new processes, core dumps, tracing, all files outside
 * folder (a descriptor), and all system calls that the log process does not
 * make. True if the kernel confines it to this folder: then it cannot work in
 * another.
 */
bool confine_process(int folder);

/* "with seccomp" or "without seccomp", as it was built. */
const char *confine_kind(void);

#endif
