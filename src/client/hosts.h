/*
 * hosts - one command on several machines, by ssh(1): all at the same time,
 * each line of output with the host before it.
 */
#ifndef HOSTS_H
#define HOSTS_H

#include "client/ctl.h"

/*
 * Have hupctl run on each host of ctl->hosts.  words: what follows the options
 * before the command, NULL-terminated; it reaches that hupctl unchanged.  The
 * output of a host is printed as a whole, in the order of the hosts; with
 * ctl->follow each line as it comes.  Returns the exit status: that of the
 * hosts that failed, if it is the same for all of these, else STATUS_FAILED.
 */
int hosts_run(const struct ctl *, char *const *words);

#endif
