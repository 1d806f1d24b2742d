/*
 * confine - take from the log process everything that it does not need.
 *
 * It parses what every program prints, so it is the part that is attacked
 * first.  Whatever the kernel or the build lacks is left out.
 *
 * Sources: landlock(7), seccomp_rule_add(3), prctl(2), capabilities(7).
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>

/*
 * No new privileges, no process, no core, no trace; of the file system only the
 * files in folder, a descriptor; no system call but those that the log process
 * makes.  True if the kernel confines it to this very folder: it cannot work in
 * another one then.
 */
bool confine_process(int folder);

/* "with seccomp" or "without seccomp", as it was built. */
const char *confine_kind(void);

#endif
