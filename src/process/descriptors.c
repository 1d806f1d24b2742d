/*
 * descriptors - how many descriptors the daemon may have, and its programs.
 */
#include <inttypes.h>
#include <stdio.h>

#include "process/descriptors.h"
#include "base/log.h"

/* The most that the kernel gives by default: nr_open in proc(5). */
#define MOST ((rlim_t)1024 * 1024)

/* What the daemon needs beside, with a few clients. */
#define OWN 40

static struct rlimit programs = {RLIM_INFINITY, RLIM_INFINITY};

void
descriptors_raise(const char *former)
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
	    now.rlim_max > MOST ? now.rlim_max : MOST;
	if (setrlimit(RLIMIT_NOFILE, &most) == 0)
		return;
	/* That was root's to raise; within the hard limit it is anyone's. */
	now.rlim_cur = now.rlim_max;
	setrlimit(RLIMIT_NOFILE, &now);
}

void
descriptors_need(size_t n)
{
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) == -1 || now.rlim_cur >= n + OWN)
		return;
	log_warnx("these programs need %zu descriptors, the limit (ulimit -n) "
		  "is %ju: not all of them will run",
	    n + OWN, (uintmax_t)now.rlim_cur);
}

const struct rlimit *
descriptors_programs(void)
{
	return &programs;
}

const char *
descriptors_text(char buf[static DESCRIPTORS_MAX])
{
	snprintf(buf, DESCRIPTORS_MAX, "%ju:%ju", (uintmax_t)programs.rlim_cur,
	    (uintmax_t)programs.rlim_max);
	return buf;
}
