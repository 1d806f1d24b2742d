/*
 * probe - what this kernel, this build and the rights of this process allow a
 * sandbox to do.
 */
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/capability.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/probe.h"

/* As of linux/mount.h, for old headers. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif

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

/*
 * A child tries each namespace, for this process must not change.  It executes
 * nothing and ends at once; its exit status is an errno.
 */
static int
try_in_child(int namespace, int (*further)(void))
{
	siginfo_t end;
	pid_t pid;

	if ((pid = fork()) == -1)
		return errno;
	if (pid == 0)
		_exit(unshare(namespace) == -1 ||
			    (further != NULL && further() == -1)
			? errno
			: 0);
	while (waitid(P_PID, (id_t)pid, &end, WEXITED) == -1)
		if (errno != EINTR)
			return errno;
	return end.si_code == CLD_EXITED ? end.si_status : EINTR;
}

static const char *
try_namespace(int namespace, int (*further)(void), const char *what,
    char why[static PROBE_WHY_MAX])
{
	int err;

	if ((probe_capabilities() & UINT64_C(1) << CAP_SYS_ADMIN) == 0)
		return "needs the capability CAP_SYS_ADMIN, which the daemon "
		       "does not have";
	if ((err = try_in_child(namespace, further)) == 0)
		return NULL;
	snprintf(why, PROBE_WHY_MAX, "is not possible: %s: %s", what,
	    strerror(err));
	return why;
}

static int
mount_something(void)
{
	int tree;

	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) == -1)
		return -1;
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/dev", 1 | O_CLOEXEC);
	if (tree == -1)
		return -1;
	return (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, "/dev", 4);
}

static int
mount_proc(void)
{
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) == -1)
		return -1;
	return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
	    "hidepid=invisible");
}

static const char *
try_mounts(char why[static PROBE_WHY_MAX])
{
	return try_namespace(CLONE_NEWNS, mount_something,
	    "a mount namespace cannot be made", why);
}

static const char *
try_proc(char why[static PROBE_WHY_MAX])
{
	return try_namespace(CLONE_NEWNS, mount_proc,
	    "this kernel cannot hide processes in one mount of /proc", why);
}

static const char *
try_network(char why[static PROBE_WHY_MAX])
{
	return try_namespace(CLONE_NEWNET, NULL,
	    "a network namespace cannot be made", why);
}

static const char *
try_hostname(char why[static PROBE_WHY_MAX])
{
	return try_namespace(CLONE_NEWUTS, NULL,
	    "a UTS namespace cannot be made", why);
}

const char *
probe_lacks(enum probe_ability ability)
{
	static const char *(*const tries[])(char *) = {
	    [PROBE_BOUNDING] = try_bounding,
	    [PROBE_AMBIENT] = try_ambient,
	    [PROBE_SECCOMP] = try_seccomp,
	    [PROBE_MOUNTS] = try_mounts,
	    [PROBE_PROC] = try_proc,
	    [PROBE_NETWORK] = try_network,
	    [PROBE_HOSTNAME] = try_hostname,
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
