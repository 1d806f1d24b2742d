/*
 * rlimit - how many descriptors the daemon and its programs may have.
 */
#include <inttypes.h>
#include <stdio.h>

#include "process/rlimit.h"
#include "base/log.h"

/* The kernel's default maximum: nr_open in proc(5). */
#define NR_OPEN ((rlim_t)1024 * 1024)

/* The descriptors of the daemon itself and of a few clients. */
#define OWN 40

static struct rlimit programs = {RLIM_INFINITY, RLIM_INFINITY};

void
rlimit_raise(const char *former)
{
	struct rlimit now, most;
	uintmax_t soft, hard;

	if (getrlimit(RLIMIT_NOFILE, &now) == -1)
		return;
	programs = now;
	if (former != NULL &&
	    sscanf(former, "%" SCNuMAX ":%" SCNuMAX, &soft, &hard) == 2)
		programs = (struct rlimit){soft, hard};
	most.rlim_cur = most.rlim_max =
	    now.rlim_max > NR_OPEN ? now.rlim_max : NR_OPEN;
	if (setrlimit(RLIMIT_NOFILE, &most) == 0)
		return;
	/*
	 * Only root may raise the hard limit; any user may raise the soft limit
	 * to it.
	 */
	now.rlim_cur = now.rlim_max;
	setrlimit(RLIMIT_NOFILE, &now);
}

void
rlimit_check(size_t n)
{
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) == -1 || now.rlim_cur >= n + OWN)
		return;
	log_warnx("these programs need %zu descriptors, the limit (ulimit -n) "
		  "is %ju: not all of them will run",
	    n + OWN, (uintmax_t)now.rlim_cur);
}

const struct rlimit *
rlimit_programs(void)
{
	return &programs;
}

const char *
rlimit_text(char buf[static RLIMIT_TEXT_MAX])
{
	snprintf(buf, RLIMIT_TEXT_MAX, "%ju:%ju", (uintmax_t)programs.rlim_cur,
	    (uintmax_t)programs.rlim_max);
	return buf;
}
