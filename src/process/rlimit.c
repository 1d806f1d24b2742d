/*
 * rlimit - the limits of the daemon and its programs.
 */
#include <sys/param.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "process/rlimit.h"
#include "base/log.h"

/* The kernel's default maximum: nr_open in proc(5). */
#define NR_OPEN ((rlim_t)1024 * 1024)

/* The descriptors of the daemon itself and of a few clients. */
#define OWN 40

/* The limits that are raised, and what programs get. */
/* Some clients, and what a reload has open at once. */
#define RESERVE 16

static rlim_t reserved;

static struct {
	int which;
	rlim_t most; /* of any process */
	bool known;
	struct rlimit programs;
} raised[RLIMIT_RAISED] = {
    {.which = RLIMIT_NOFILE, .most = NR_OPEN},
    {.which = RLIMIT_FSIZE, .most = RLIM_INFINITY},
};

/*
 * Only root may raise the hard limit; any user may raise the soft limit to it.
 */
static void
raise_to(int which, rlim_t hard, rlim_t most)
{
	struct rlimit limit = {MAX(hard, most), MAX(hard, most)};

	if (setrlimit(which, &limit) == 0)
		return;
	limit.rlim_cur = limit.rlim_max = hard;
	setrlimit(which, &limit);
}

void
rlimit_raise(const char *former)
{
	struct rlimit now;
	uintmax_t soft, hard;
	int n;

	for (size_t i = 0; i < RLIMIT_RAISED; i++) {
		if (getrlimit(raised[i].which, &now) == -1)
			return;
		raised[i].known = true;
		raised[i].programs = now;
		n = 0;
		if (former != NULL &&
		    sscanf(former, "%" SCNuMAX ":%" SCNuMAX "%n", &soft, &hard,
			&n) == 2) {
			raised[i].programs = (struct rlimit){soft, hard};
			former += n;
		}
		raise_to(raised[i].which, now.rlim_max, raised[i].most);
	}
}

/* The limit of the moment: somebody may have changed it, by prlimit(1). */
void
rlimit_reserve(void)
{
	struct rlimit now;

	reserved = 0;
	if (getrlimit(RLIMIT_NOFILE, &now) == -1 || now.rlim_cur <= OWN)
		return;
	reserved = RESERVE;
	now.rlim_cur -= reserved;
	setrlimit(RLIMIT_NOFILE, &now);
}

void
rlimit_release(void)
{
	struct rlimit now;

	if (reserved == 0 || getrlimit(RLIMIT_NOFILE, &now) == -1)
		return;
	now.rlim_cur += reserved;
	setrlimit(RLIMIT_NOFILE, &now);
	reserved = 0;
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

int
rlimit_restore(int *which)
{
	for (size_t i = 0; i < RLIMIT_RAISED; i++) {
		*which = raised[i].which;
		if (raised[i].known &&
		    setrlimit(raised[i].which, &raised[i].programs) == -1)
			return -1;
	}
	return 0;
}

const char *
rlimit_text(char buf[static RLIMIT_TEXT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < RLIMIT_RAISED; i++)
		n += (size_t)snprintf(buf + n, RLIMIT_TEXT_MAX - n, "%s%ju:%ju",
		    i > 0 ? " " : "", (uintmax_t)raised[i].programs.rlim_cur,
		    (uintmax_t)raised[i].programs.rlim_max);
	return buf;
}
