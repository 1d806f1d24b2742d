/*
 * hardlimit - resource limits above the hard one, which not everybody may
 * raise.
 */
#include <errno.h>
#include <stdio.h>

#include "base/hardlimit.h"

/* setrlimit(2); glibc declares the number as an enumeration. */
static int
set(int which, const struct rlimit *limit)
{
	return setrlimit(which, limit);
}

static void
cap(struct rlimit *limit, rlim_t most)
{
	if (limit->rlim_max > most)
		limit->rlim_max = most;
	if (limit->rlim_cur > limit->rlim_max)
		limit->rlim_cur = limit->rlim_max;
}

/* Nobody may have more descriptors than this. */
static void
cap_descriptors(struct rlimit *limit)
{
	unsigned long long most;
	FILE *f;

	if ((f = fopen("/proc/sys/fs/nr_open", "re")) == NULL)
		return;
	if (fscanf(f, "%llu", &most) == 1)
		cap(limit, (rlim_t)most);
	fclose(f);
}

/*
 * Try the limit, then what anybody may set.  *want becomes what was set.
 * keep_soft: leave the soft limit as it is now.
 */
static int
try(int which, struct rlimit *want, bool keep_soft)
{
	struct rlimit now, attempt;

	if (getrlimit(which, &now) == -1)
		return -1;
	for (int i = 0; i < 3; i++) {
		if (i == 1 && which == RLIMIT_NOFILE)
			cap_descriptors(want);
		if (i == 2)
			cap(want, now.rlim_max);
		attempt = *want;
		if (keep_soft)
			attempt.rlim_cur = now.rlim_cur < want->rlim_max
			    ? now.rlim_cur
			    : want->rlim_max;
		if (set(which, &attempt) == 0)
			return 0;
		if (errno != EPERM)
			return -1;
	}
	return -1;
}

int
hardlimit_set(int which, const struct rlimit *limit)
{
	struct rlimit want = *limit;

	return try(which, &want, false);
}

bool
hardlimit_allows(int which, struct rlimit *want)
{
	struct rlimit now;
	rlim_t hard = want->rlim_max;

	/* Below the hard limit, nothing is tried. */
	if (getrlimit(which, &now) == -1 || hard <= now.rlim_max ||
	    try(which, want, true) == -1)
		return true;
	set(which, &now);
	return want->rlim_max == hard;
}

bool
hardlimit_allows_oom(int want)
{
	bool allowed = true;
	int now;
	FILE *f;

	if ((f = fopen("/proc/self/oom_score_adj", "r+e")) == NULL)
		return true;
	if (fscanf(f, "%d", &now) == 1 && want < now) {
		rewind(f);
		allowed = fprintf(f, "%d", want) > 0 && fflush(f) == 0;
		rewind(f);
		if (allowed)
			fprintf(f, "%d", now);
	}
	fclose(f);
	return allowed;
}
