/*
 * hardlimit - resource limits above the hard one, which not everybody may
 * raise.  The closest value is used instead, as systemd does.
 *
 * Sources: getrlimit(2), /proc/sys/fs/nr_open in proc(5).
 */
#ifndef HARDLIMIT_H
#define HARDLIMIT_H

#include <sys/resource.h>

#include <stdbool.h>

/* Set a limit of this process, or the closest.  -1 with errno. */
int hardlimit_set(int which, const struct rlimit *);
/*
 * May this process set the limit?  If not, *want becomes the closest.  The
 * limits of the process stay as they are.
 */
bool hardlimit_allows(int which, struct rlimit *want);
/*
 * May this process set its oom_score_adj to that?  A lower one needs
 * CAP_SYS_RESOURCE, proc(5).  Its own stays as it is.
 */
bool hardlimit_allows_oom(int want);

#endif
