/*
 * filter - filters of system calls, for a sandbox.
 *
 * A filter is made of one part for each architecture that the kernel can
 * execute, for the numbers and even the arguments of calls differ.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/queue.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "process/filter.h"

/* More filters than this are not kept when nobody uses them. */
#define KEEP_MAX 16

struct filter {
	TAILQ_ENTRY(filter) entry;
	unsigned users;
	struct filter_rules rules;
	struct sock_fprog program;
};

/* The last that was used is the first. */
TAILQ_HEAD(filter_list, filter);
static struct filter_list filters = TAILQ_HEAD_INITIALIZER(filters);
static unsigned nfilters;

#ifdef HAVE_SECCOMP
/* The index is that of hardening_architecture_words. */
static const uint32_t architectures[] = {SCMP_ARCH_NATIVE, SCMP_ARCH_X86,
    SCMP_ARCH_X86_64, SCMP_ARCH_X32, SCMP_ARCH_ARM, SCMP_ARCH_AARCH64,
    SCMP_ARCH_MIPS, SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPS64, SCMP_ARCH_MIPSEL64,
    SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC, SCMP_ARCH_PPC64,
    SCMP_ARCH_PPC64LE, SCMP_ARCH_RISCV64, SCMP_ARCH_S390, SCMP_ARCH_S390X,
    SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64};

/* The index is that of hardening_namespace_words. */
static const uint64_t namespaces[] = {CLONE_NEWCGROUP, CLONE_NEWIPC,
    CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS,
    0x80 /* CLONE_NEWTIME */};
#define NEWTIME 7

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

/* One part of a filter under construction. */
struct part {
	scmp_filter_ctx ctx;
	uint32_t arch;
	bool failed;
};

/* Refuse the call, if the architecture has it. */
static void
refuse_with(struct part *part, int err, const char *name, unsigned n,
    const struct scmp_arg_cmp *args)
{
	const int nr = seccomp_syscall_resolve_name(name);
	int rc;

	if (nr == __NR_SCMP_ERROR)
		return;
	rc = seccomp_rule_add_array(part->ctx, SCMP_ACT_ERRNO((uint32_t)err),
	    nr, n, args);
	/* Not a call of this architecture, or the rule is there already. */
	if (rc != 0 && rc != -EDOM && rc != -EEXIST)
		part->failed = true;
}

static void
refuse(struct part *part, const char *name)
{
	refuse_with(part, EPERM, name, 0, NULL);
}

/* Refuse it if argument n has all the bits. */
static void
refuse_bits(struct part *part, const char *name, unsigned n, uint64_t bits)
{
	const struct scmp_arg_cmp arg =
	    SCMP_CMP64(n, SCMP_CMP_MASKED_EQ, bits, bits);

	refuse_with(part, EPERM, name, 1, &arg);
}

static void
refuse_families(struct part *part, uint64_t families)
{
	struct scmp_arg_cmp arg;

	if ((families & UINT64_C(1) << 63) != 0) {
		arg = SCMP_CMP64(0, SCMP_CMP_GE, 63, 0);
		refuse_with(part, EAFNOSUPPORT, "socket", 1, &arg);
	}
	for (unsigned i = 0; i < 63; i++) {
		if ((families >> i & 1) == 0)
			continue;
		arg = SCMP_CMP64(0, SCMP_CMP_EQ, i, 0);
		refuse_with(part, EAFNOSUPPORT, "socket", 1, &arg);
	}
}

static void
refuse_namespaces(struct part *part, uint64_t denied)
{
	const struct scmp_arg_cmp any = SCMP_CMP64(1, SCMP_CMP_EQ, 0, 0);
	const bool swapped =
	    part->arch == SCMP_ARCH_S390 || part->arch == SCMP_ARCH_S390X;

	if (denied == 0)
		return;
	for (unsigned i = 0; i < nitems(namespaces); i++) {
		if ((denied >> i & 1) == 0)
			continue;
		refuse_bits(part, "unshare", 0, namespaces[i]);
		refuse_bits(part, "setns", 1, namespaces[i]);
		/* That bit is one of the exit signal in clone(2). */
		if (i != NEWTIME)
			refuse_bits(part, "clone", swapped ? 1 : 0,
			    namespaces[i]);
	}
	/* 0 joins a namespace of any kind. */
	refuse_with(part, EPERM, "setns", 1, &any);
	/* Its flags are in memory.  The C library falls back to clone(2). */
	refuse_with(part, ENOSYS, "clone3", 0, NULL);
}

static void
refuse_write_execute(struct part *part)
{
	/* The old call has its arguments in memory. */
	if (part->arch == SCMP_ARCH_X86 || part->arch == SCMP_ARCH_S390 ||
	    part->arch == SCMP_ARCH_S390X)
		refuse(part, "mmap");
	else
		refuse_bits(part, "mmap", 2, PROT_WRITE | PROT_EXEC);
	refuse_bits(part, "mmap2", 2, PROT_WRITE | PROT_EXEC);
	refuse_bits(part, "mprotect", 2, PROT_EXEC);
	refuse_bits(part, "pkey_mprotect", 2, PROT_EXEC);
	refuse_bits(part, "shmat", 2, 0100000 /* SHM_EXEC */);
}

/* Only the policies other, batch and idle are left. */
static void
refuse_realtime(struct part *part)
{
	struct scmp_arg_cmp arg;

	for (int i = SCHED_OTHER; i < SCHED_IDLE; i++) {
		if (i == SCHED_OTHER || i == SCHED_BATCH)
			continue;
		arg = SCMP_CMP64(1, SCMP_CMP_EQ, (scmp_datum_t)i, 0);
		refuse_with(part, EPERM, "sched_setscheduler", 1, &arg);
	}
	arg = SCMP_CMP64(1, SCMP_CMP_GT, SCHED_IDLE, 0);
	refuse_with(part, EPERM, "sched_setscheduler", 1, &arg);
	/* Its policy is in memory. */
	refuse_with(part, ENOSYS, "sched_setattr", 0, NULL);
}

/* The call creates a file if argument n has the bits of a flag. */
static void
refuse_create(struct part *part, const char *name, unsigned n, uint64_t flag,
    uint64_t mode)
{
	const struct scmp_arg_cmp args[] = {
	    SCMP_CMP64(n, SCMP_CMP_MASKED_EQ, flag, flag),
	    SCMP_CMP64(n + 1, SCMP_CMP_MASKED_EQ, mode, mode),
	};

	refuse_with(part, EPERM, name, 2, args);
}

static void
refuse_suid_sgid(struct part *part)
{
	static const struct {
		const char *name;
		unsigned mode; /* the number of the argument */
	} calls[] = {
	    {"chmod", 1},
	    {"fchmod", 1},
	    {"fchmodat", 2},
	    {"fchmodat2", 2},
	    {"mkdir", 1},
	    {"mkdirat", 2},
	    {"mknod", 1},
	    {"mknodat", 2},
	    {"creat", 1},
	};
	static const uint64_t modes[] = {S_ISUID, S_ISGID};
	static const uint64_t flags[] = {O_CREAT, O_TMPFILE & ~O_DIRECTORY};

	for (size_t m = 0; m < nitems(modes); m++) {
		for (size_t i = 0; i < nitems(calls); i++)
			refuse_bits(part, calls[i].name, calls[i].mode,
			    modes[m]);
		for (size_t i = 0; i < nitems(flags); i++) {
			refuse_create(part, "open", 1, flags[i], modes[m]);
			refuse_create(part, "openat", 2, flags[i], modes[m]);
		}
	}
	/* Its mode is in memory. */
	refuse_with(part, ENOSYS, "openat2", 0, NULL);
}

/* Every change of the personality that this process has. */
static void
refuse_personality(struct part *part)
{
	const struct scmp_arg_cmp arg = SCMP_CMP64(0, SCMP_CMP_NE,
	    (scmp_datum_t)personality(0xffffffff), 0);

	refuse_with(part, EPERM, "personality", 1, &arg);
}

static void
refuse_all(struct part *part, const char *const *names)
{
	for (; *names != NULL; names++)
		refuse(part, *names);
}

static void
add_rules(struct part *part, const struct filter_rules *rules)
{
	static const char *const clock[] = {"adjtimex", "clock_adjtime",
	    "clock_adjtime64", "clock_settime", "clock_settime64",
	    "settimeofday", "stime", NULL};
	static const char *const hostname[] = {"sethostname", "setdomainname",
	    NULL};
	static const char *const modules[] = {"delete_module", "finit_module",
	    "init_module", NULL};
	static const char *const raw_io[] = {"ioperm", "iopl",
	    "pciconfig_iobase", "pciconfig_read", "pciconfig_write",
	    "s390_pci_mmio_read", "s390_pci_mmio_write", NULL};

	refuse_families(part, rules->families);
	refuse_namespaces(part, rules->namespaces);
	if (rules->write_execute)
		refuse_write_execute(part);
	if (rules->realtime)
		refuse_realtime(part);
	if (rules->suid_sgid)
		refuse_suid_sgid(part);
	if (rules->personality)
		refuse_personality(part);
	if (rules->clock)
		refuse_all(part, clock);
	if (rules->hostname)
		refuse_all(part, hostname);
	if (rules->modules)
		refuse_all(part, modules);
	if (rules->kernel_logs)
		refuse(part, "syslog");
	if (rules->raw_io)
		refuse_all(part, raw_io);
	if (rules->sysctl)
		refuse(part, "_sysctl");
}

/* The part for one architecture; NULL: no memory, or libseccomp refuses. */
static scmp_filter_ctx
make_part(uint32_t arch, const struct filter_rules *rules)
{
	const uint32_t other =
	    rules->architectures != 0 ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW;
	struct part part = {.arch = arch};

	if ((part.ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		return NULL;
	if (seccomp_attr_set(part.ctx, SCMP_FLTATR_ACT_BADARCH, other) != 0 ||
	    (arch != seccomp_arch_native() &&
		(seccomp_arch_add(part.ctx, arch) != 0 ||
		    seccomp_arch_remove(part.ctx, seccomp_arch_native()) != 0)))
		part.failed = true;
	else
		add_rules(&part, rules);
	if (!part.failed)
		return part.ctx;
	seccomp_release(part.ctx);
	return NULL;
}

/* Does this kernel execute programs of the architecture, besides its own? */
static bool
is_local(uint32_t arch)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		return arch == SCMP_ARCH_X86 || arch == SCMP_ARCH_X32;
	case SCMP_ARCH_AARCH64:
		return arch == SCMP_ARCH_ARM;
	case SCMP_ARCH_S390X:
		return arch == SCMP_ARCH_S390;
	case SCMP_ARCH_PPC64:
		return arch == SCMP_ARCH_PPC;
	default:
		return false;
	}
}

static scmp_filter_ctx
make_filter(const struct filter_rules *rules)
{
	scmp_filter_ctx all, part;

	if ((all = make_part(seccomp_arch_native(), rules)) == NULL)
		return NULL;
	for (size_t i = 1; i < nitems(architectures); i++) {
		if (!is_local(architectures[i]) ||
		    (rules->architectures != 0 &&
			(rules->architectures >> i & 1) == 0))
			continue;
		part = make_part(architectures[i], rules);
		/* On success, all owns the part. */
		if (part == NULL || seccomp_merge(all, part) != 0) {
			if (part != NULL)
				seccomp_release(part);
			seccomp_release(all);
			return NULL;
		}
	}
	return all;
}

/* The filter as the kernel reads it.  -1 with errno. */
static int
export_filter(scmp_filter_ctx ctx, struct sock_fprog *program)
{
	ssize_t n = -1;
	off_t size;
	int fd, saved;

	if ((fd = memfd_create("hupd: filter", MFD_CLOEXEC)) == -1)
		return -1;
	if (seccomp_export_bpf(ctx, fd) != 0) {
		errno = ENOMEM;
		goto done;
	}
	size = lseek(fd, 0, SEEK_END);
	if ((program->filter = malloc((size_t)size)) == NULL)
		goto done;
	n = pread(fd, program->filter, (size_t)size, 0);
	program->len =
	    (unsigned short)((size_t)size / sizeof(*program->filter));
done:
	saved = errno;
	close(fd);
	errno = saved;
	return n > 0 ? 0 : -1;
}

static int
compile(const struct filter_rules *rules, struct sock_fprog *program)
{
	scmp_filter_ctx ctx;
	int rv;

	if ((ctx = make_filter(rules)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	rv = export_filter(ctx, program);
	seccomp_release(ctx);
	return rv;
}
#else
static int
compile(const struct filter_rules *rules, struct sock_fprog *program)
{
	(void)rules;
	(void)program;
	errno = ENOSYS;
	return -1;
}
#endif

static void
drop(struct filter *f)
{
	TAILQ_REMOVE(&filters, f, entry);
	nfilters--;
	free(f->program.filter);
	free(f);
}

/* Forget the filters that were not used for the longest time. */
static void
prune(void)
{
	struct filter *f, *before;

	for (f = TAILQ_LAST(&filters, filter_list); f != NULL; f = before) {
		before = TAILQ_PREV(f, filter_list, entry);
		if (nfilters > KEEP_MAX && f->users == 0)
			drop(f);
	}
}

struct filter *
filter_get(const struct filter_rules *rules)
{
	struct filter *f;

	TAILQ_FOREACH (f, &filters, entry)
		if (memcmp(&f->rules, rules, sizeof(*rules)) == 0) {
			TAILQ_REMOVE(&filters, f, entry);
			TAILQ_INSERT_HEAD(&filters, f, entry);
			f->users++;
			return f;
		}
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return NULL;
	memcpy(&f->rules, rules, sizeof(*rules));
	f->users = 1;
	TAILQ_INSERT_HEAD(&filters, f, entry);
	nfilters++;
	if (compile(rules, &f->program) == -1) {
		drop(f);
		return NULL;
	}
	prune();
	return f;
}

void
filter_release(struct filter *f)
{
	if (f != NULL)
		f->users--;
}

int
filter_apply(const struct filter *f)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &f->program, 0, 0) == 0)
		return 0;
	if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &f->program, 0, 0);
}
