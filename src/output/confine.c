/* confine - take all rights from the log process that it does not need. */
#include "output/confine.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

/*
 * A build with a sanitizer or with coverage makes other system calls and
 * writes other files.
 */
#ifdef HUPD_UNCONFINED
#define UNCONFINED true
#else
#define UNCONFINED false
#endif

/*
 * Landlock, as of linux/landlock.h.  The header of the machine that builds may
 * be older than the kernel of the machine that runs.
 */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_TCP UINT64_C(3)
#define SCOPE_SOCKETS_AND_SIGNALS UINT64_C(3)

struct ruleset {
	uint64_t fs;
	uint64_t net;	 /* ABI 4 */
	uint64_t scoped; /* ABI 6 */
};

struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/*
 * Every right that a kernel of this ABI can deny; *size is the struct's size in
 * that ABI.
 */
static struct ruleset
everything(long abi, size_t *size)
{
	struct ruleset r = {.fs = FS_REFER - 1};

	*size = sizeof(r.fs);
	if (abi >= 2)
		r.fs |= FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 4) {
		r.net = NET_TCP;
		*size = offsetof(struct ruleset, scoped);
	}
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		r.scoped = SCOPE_SOCKETS_AND_SIGNALS;
		*size = sizeof(r);
	}
	return r;
}

/* Allow only the log folder; nothing if folder is not a folder. */
static bool
confine_files(int folder)
{
	struct beneath rule = {.fd = folder};
	struct ruleset r;
	struct stat st;
	bool done;
	size_t size;
	long abi;
	int fd;

	abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    RULESET_VERSION);
	if (abi < 1 || fstat(folder, &st) == -1)
		return false;
	r = everything(abi, &size);
	fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0U);
	if (fd == -1)
		return false;
	rule.allowed = r.fs &
	    (FS_WRITE_FILE | FS_READ_FILE | FS_REMOVE_FILE | FS_MAKE_REG |
		FS_TRUNCATE);
	done = (!S_ISDIR(st.st_mode) ||
		   syscall(SYS_landlock_add_rule, fd, RULE_PATH_BENEATH, &rule,
		       0U) == 0) &&
	    syscall(SYS_landlock_restrict_self, fd, 0U) == 0;
	close(fd);
	return done;
}

/* As root, keep only the capability to access files of other users. */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct h = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (geteuid() == 0)
		d[0].permitted = d[0].effective = 1U << CAP_DAC_OVERRIDE;
	syscall(SYS_capset, &h, d);
}

#ifdef HAVE_SECCOMP
static int
allow(scmp_filter_ctx ctx, const char *name, const struct scmp_arg_cmp *arg)
{
	const int nr = seccomp_syscall_resolve_name(name);

	/*
	 * Some processors do not have the call, and some libraries do not know
	 * it.
	 */
	if (nr == __NR_SCMP_ERROR)
		return 0;
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, arg != NULL,
	    arg);
}

static int
allow_with_arguments(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp local = SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0);
	const struct scmp_arg_cmp available = SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0);
	/* abort(3) */
	const struct scmp_arg_cmp itself =
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
	const struct scmp_arg_cmp no_code =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	return allow(ctx, "socket", &local) | allow(ctx, "ioctl", &available) |
	    allow(ctx, "tgkill", &itself) | allow(ctx, "mmap", &no_code) |
	    allow(ctx, "mmap2", &no_code) | allow(ctx, "mprotect", &no_code);
}

/*
 * Allow the system calls of the log process, in the variants of all
 * processors.  All others fail with ENOSYS, so that a newer libc falls back to
 * an older call.
 */
static void
confine_calls(void)
{
	static const char *const names[] = {"_llseek", "brk", "clock_gettime",
	    "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	    "close", "connect", "epoll_create1", "epoll_ctl", "epoll_pwait",
	    "epoll_pwait2", "epoll_wait", "exit", "exit_group", "faccessat",
	    "faccessat2", "fallocate", "fcntl", "fcntl64", "fstat", "fstat64",
	    "fstatat64", "ftruncate", "ftruncate64", "futex", "futex_time64",
	    "getpid", "getrandom", "gettid", "gettimeofday", "lseek", "madvise",
	    "mlock2", "mremap", "munmap", "nanosleep", "newfstatat", "openat",
	    "pipe2", "poll", "ppoll", "ppoll_time64", "pread64", "pwrite64",
	    "read", "readv", "recvfrom", "recvmsg", "renameat", "renameat2",
	    "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	    "send", "sendmsg", "sendto", "sigaltstack", "signalfd4",
	    "sigreturn", "statx", "tee", "time", "unlinkat", "write", "writev"};
	scmp_filter_ctx ctx;
	int rc;

	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) == NULL)
		return;
	rc = allow_with_arguments(ctx);
	for (size_t i = 0; rc == 0 && i < sizeof(names) / sizeof(names[0]); i++)
		rc = allow(ctx, names[i], NULL);
	if (rc == 0)
		seccomp_load(ctx);
	seccomp_release(ctx);
}
#else
static void
confine_calls(void)
{
}
#endif

bool
confine_process(int folder)
{
	const struct rlimit none = {0, 0};
	bool confined = false;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	drop_capabilities();
	/* The leak sanitizer makes a process that traces this one. */
	if (UNCONFINED)
		return false;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	confined = confine_files(folder);
	confine_calls();
	return confined;
}

const char *
confine_kind(void)
{
#ifdef HAVE_SECCOMP
	return "with seccomp";
#else
	return "without seccomp";
#endif
}
