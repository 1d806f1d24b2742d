/*
 * probe - what this kernel, this build and the rights of this process allow a
 * sandbox to do.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/probe.h"

#ifdef HAVE_LIBCAP
#define LIBCAP NULL
#else
#define LIBCAP "is not possible: this hupd was built without libcap"
#endif
#ifdef HAVE_SECCOMP
#define LIBSECCOMP NULL
#else
#define LIBSECCOMP "is not possible: this hupd was built without libseccomp"
#endif

uint64_t
probe_capabilities(void)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &head, data) == -1)
		return 0;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

static const char *
try_bounding(char why[static PROBE_WHY_MAX])
{
	(void)why;
	if (LIBCAP != NULL)
		return LIBCAP;
	if ((probe_capabilities() & UINT64_C(1) << CAP_SETPCAP) == 0)
		return "needs the capability CAP_SETPCAP, which the daemon "
		       "does not have";
	return NULL;
}

static const char *
try_ambient(char why[static PROBE_WHY_MAX])
{
	if (LIBCAP != NULL)
		return LIBCAP;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) != -1)
		return NULL;
	snprintf(why, PROBE_WHY_MAX, "is not possible with this kernel: %s",
	    strerror(errno));
	return why;
}

/* The kernel looks at the filter last: EFAULT means that it has filters. */
static const char *
try_seccomp(char why[static PROBE_WHY_MAX])
{
	if (LIBSECCOMP != NULL)
		return LIBSECCOMP;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 &&
	    errno == EFAULT)
		return NULL;
	snprintf(why, PROBE_WHY_MAX,
	    "is not possible: this kernel filters no system calls: %s",
	    strerror(errno));
	return why;
}

const char *
probe_lacks(enum probe_ability ability)
{
	static const char *(*const tries[])(char *) = {
	    [PROBE_BOUNDING] = try_bounding,
	    [PROBE_AMBIENT] = try_ambient,
	    [PROBE_SECCOMP] = try_seccomp,
	};
	static struct {
		bool is_known;
		const char *answer;
		char why[PROBE_WHY_MAX];
	} known[PROBE_ABILITIES];

	if (!known[ability].is_known) {
		known[ability].answer = tries[ability](known[ability].why);
		known[ability].is_known = true;
	}
	return known[ability].answer;
}
