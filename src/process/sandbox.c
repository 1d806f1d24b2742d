/*
 * sandbox - the restrictions of a program: compiled from its definition, and
 * entered by its process before it executes the program.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <net/if.h>

#include <linux/capability.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBCAP
#include <sys/capability.h>
#endif

#include "process/filter.h"
#include "process/mounts.h"
#include "process/probe.h"
#include "process/process.h"
#include "process/sandbox.h"

#define BIT(n) (UINT64_C(1) << (n))

struct sandbox {
	uint64_t bounding_without;
	/* Other keys take it away, which is not all that they do. */
	uint64_t bounding_optional;
	uint64_t ambient;
	struct filter *filter;	       /* NULL: none */
	enum hardening_key filter_key; /* a key that needs it */
	struct mounts *mounts;	       /* NULL: those of the daemon */
	bool hostname;
	bool network;
	pid_t main; /* see struct sandbox_run */
	uint64_t main_start;
#ifdef HAVE_LIBCAP
	cap_t capabilities; /* of the process; NULL: not changed */
#endif
};

/* The needs of a key that has another value than the default, all zero. */
struct need {
	enum hardening_key key;
	size_t offset; /* of its field in struct hardening */
	size_t size;
	unsigned abilities; /* bit N: ability N */
};

#define CAN(ability) (1U << PROBE_##ability)
#define NEED(id, member, abilities)                                      \
	{                                                                \
		HARDENING_##id, offsetof(struct hardening, member),      \
		    sizeof(((struct hardening *)0)->member), (abilities) \
	}

static const struct need needs[] = {
    NEED(TMP, tmp, CAN(MOUNTS)),
    NEED(DEVICES, devices, CAN(MOUNTS) | CAN(SECCOMP)),
    NEED(NETWORK, network, CAN(NETWORK)),
    NEED(SYSTEM, system, CAN(MOUNTS)),
    NEED(HOME, home, CAN(MOUNTS)),
    NEED(PROC, proc, CAN(MOUNTS) | CAN(PROC)),
    NEED(TUNABLES, tunables, CAN(MOUNTS) | CAN(SECCOMP)),
    NEED(MODULES, modules, CAN(MOUNTS) | CAN(SECCOMP)),
    NEED(KERNEL_LOGS, kernel_logs, CAN(MOUNTS) | CAN(SECCOMP)),
    NEED(CONTROL_GROUPS, control_groups, CAN(MOUNTS)),
    NEED(CLOCK, clock, CAN(SECCOMP)),
    NEED(HOSTNAME, hostname, CAN(HOSTNAME) | CAN(SECCOMP)),
    NEED(READ_ONLY, read_only, CAN(MOUNTS)),
    NEED(INACCESSIBLE, inaccessible, CAN(MOUNTS)),
    NEED(ROOT, root, CAN(MOUNTS)),
    NEED(BOUNDING, bounding_without, CAN(BOUNDING)),
    NEED(AMBIENT, ambient, CAN(AMBIENT)),
    NEED(WRITE_EXECUTE, write_execute, CAN(SECCOMP)),
    NEED(FAMILIES, families_denied, CAN(SECCOMP)),
    NEED(NAMESPACES, namespaces_denied, CAN(SECCOMP)),
    NEED(REALTIME, realtime, CAN(SECCOMP)),
    NEED(SUID_SGID, suid_sgid, CAN(SECCOMP)),
    NEED(PERSONALITY, personality, CAN(SECCOMP)),
    NEED(ARCHITECTURES, architectures, CAN(SECCOMP)),
};
#define NNEEDS (sizeof(needs) / sizeof(needs[0]))

static bool
is_given(const struct hardening *h, const struct need *need)
{
	static const struct hardening defaults;

	return memcmp((const char *)h + need->offset,
		   (const char *)&defaults + need->offset, need->size) != 0;
}

/* Why the key is not possible, or NULL. */
static const char *
lack_of(const struct need *need)
{
	const char *why = NULL;

	for (unsigned i = 0; why == NULL && i < PROBE_ABILITIES; i++)
		if ((need->abilities >> i & 1) != 0)
			why = probe_lacks((enum probe_ability)i);
	return why;
}

/* A daemon can only give what it has. */
static int
check_ambient(const struct hardening *h, struct sandbox_error *error)
{
	const uint64_t lacking = h->ambient & ~probe_capabilities();

	for (size_t i = 0; hardening_capabilities[i] != NULL; i++) {
		if ((lacking & BIT(i)) == 0)
			continue;
		error->key = HARDENING_AMBIENT;
		snprintf(error->why, sizeof(error->why),
		    "%s is not possible: the daemon does not have it",
		    hardening_capabilities[i]);
		return -1;
	}
	return 0;
}

static int
check_needs(const struct hardening *h, struct sandbox_error *error)
{
	const char *why;

	for (size_t i = 0; i < NNEEDS; i++) {
		if (!is_given(h, &needs[i]) ||
		    (why = lack_of(&needs[i])) == NULL)
			continue;
		error->key = needs[i].key;
		strlcpy(error->why, why, sizeof(error->why));
		return -1;
	}
	return check_ambient(h, error);
}

/* sandbox = try: take out what is not possible. */
static void
leave_out(struct hardening *h, sandbox_lack *each, void *arg)
{
	struct sandbox_error error;
	const char *why;

	for (size_t i = 0; i < NNEEDS; i++) {
		if (!is_given(h, &needs[i]) ||
		    (why = lack_of(&needs[i])) == NULL)
			continue;
		memset((char *)h + needs[i].offset, 0, needs[i].size);
		each(arg, needs[i].key, why);
	}
	if (check_ambient(h, &error) == -1) {
		h->ambient &= probe_capabilities();
		each(arg, error.key, error.why);
	}
}

static void
ignore(void *arg, enum hardening_key key, const char *why)
{
	(void)arg;
	(void)key;
	(void)why;
}

void
sandbox_lacks(const struct definition *conf, sandbox_lack *each, void *arg)
{
	struct hardening h;

	if (conf->hardening == NULL || conf->hardening->mode != HARDENING_TRY)
		return;
	h = *conf->hardening;
	leave_out(&h, each, arg);
}

static struct filter_rules
rules_of(const struct hardening *h)
{
	struct filter_rules rules;

	/* Rules are compared as memory. */
	memset(&rules, 0, sizeof(rules));
	rules.families = h->families_denied;
	rules.namespaces = h->namespaces_denied;
	rules.architectures = h->architectures;
	rules.write_execute = h->write_execute;
	rules.realtime = h->realtime;
	rules.suid_sgid = h->suid_sgid;
	rules.personality = h->personality;
	rules.clock = h->clock;
	rules.hostname = h->hostname;
	rules.modules = h->modules;
	rules.kernel_logs = h->kernel_logs;
	rules.raw_io = h->devices;
	rules.sysctl = h->tunables;
	return rules;
}

/* The first key that needs the ability, or HARDENING_KEYS. */
static enum hardening_key
find_key(const struct hardening *h, enum probe_ability ability)
{
	for (size_t i = 0; i < NNEEDS; i++)
		if (is_given(h, &needs[i]) &&
		    (needs[i].abilities >> ability & 1) != 0)
			return needs[i].key;
	return HARDENING_KEYS;
}

static int
fail(struct sandbox_error *error, enum hardening_key key)
{
	error->key = key;
	strlcpy(error->why, strerror(errno), sizeof(error->why));
	return -1;
}

static int
add_filter(struct sandbox *s, const struct hardening *h,
    struct sandbox_error *error)
{
	struct filter_rules rules = rules_of(h);

	s->filter_key = find_key(h, PROBE_SECCOMP);
	if (s->filter_key == HARDENING_KEYS)
		return 0;
	s->filter = filter_get(&rules);
	return s->filter == NULL ? fail(error, s->filter_key) : 0;
}

#ifdef HAVE_LIBCAP
/* Those of a program with a user of its own are the ambient ones. */
static int
add_capabilities(struct sandbox *s, const struct definition *conf,
    struct sandbox_error *error)
{
	const bool is_root =
	    conf->uid == 0 || (conf->uid == (uid_t)-1 && geteuid() == 0);

	if (s->ambient == 0)
		return 0;
	s->capabilities = is_root ? cap_get_proc() : cap_init();
	if (s->capabilities == NULL)
		return fail(error, HARDENING_AMBIENT);
	for (cap_value_t c = 0; c < cap_max_bits(); c++) {
		if ((s->ambient & BIT(c)) == 0)
			continue;
		if (cap_set_flag(s->capabilities, CAP_PERMITTED, 1, &c,
			CAP_SET) == -1 ||
		    cap_set_flag(s->capabilities, CAP_EFFECTIVE, 1, &c,
			CAP_SET) == -1 ||
		    cap_set_flag(s->capabilities, CAP_INHERITABLE, 1, &c,
			CAP_SET) == -1)
			return fail(error, HARDENING_AMBIENT);
	}
	return 0;
}
#else
static int
add_capabilities(struct sandbox *s, const struct definition *conf,
    struct sandbox_error *error)
{
	(void)s;
	(void)conf;
	(void)error;
	return 0;
}
#endif

/* The paths of a key whose value is not a list of paths. */
struct paths {
	enum hardening_key key;
	bool is_set;
	enum mounts_kind kind;
	const char *const *paths; /* NULL ends them */
};

static const char *const usr[] = {"-/usr", "-/boot", "-/efi", "-/bin", "-/sbin",
    "-/lib", "-/lib32", "-/lib64", "-/libx32", NULL};
static const char *const etc[] = {"/etc", NULL};
static const char *const whole[] = {"/", NULL};
static const char *const api[] = {"-/dev", "-/proc", "-/sys", NULL};
static const char *const homes[] = {"-/home", "-/root", "-/run/user", NULL};
static const char *const tunables[] = {"-/proc/acpi", "-/proc/apm",
    "-/proc/asound", "-/proc/bus", "-/proc/fs", "-/proc/irq",
    "-/proc/latency_stats", "-/proc/mtrr", "-/proc/scsi", "-/proc/sys",
    "-/proc/sysrq-trigger", "-/proc/timer_stats", "-/sys", NULL};
static const char *const addresses[] = {"-/proc/kallsyms", "-/proc/kcore",
    NULL};
static const char *const cgroups[] = {"-/sys/fs/cgroup", NULL};
static const char *const module_folders[] = {"-/lib/modules",
    "-/usr/lib/modules", NULL};
static const char *const logs[] = {"-/dev/kmsg", "-/proc/kmsg", NULL};

/* -1: no memory. */
static int
add_fixed(struct mounts *m, const struct hardening *h)
{
	const struct paths sets[] = {
	    {HARDENING_SYSTEM,
		h->system == SYSTEM_YES || h->system == SYSTEM_FULL,
		MOUNTS_READ_ONLY_IMPLIED, usr},
	    {HARDENING_SYSTEM, h->system == SYSTEM_FULL,
		MOUNTS_READ_ONLY_IMPLIED, etc},
	    {HARDENING_SYSTEM, h->system == SYSTEM_STRICT,
		MOUNTS_READ_ONLY_IMPLIED, whole},
	    {HARDENING_SYSTEM, h->system == SYSTEM_STRICT,
		MOUNTS_READ_WRITE_IMPLIED, api},
	    {HARDENING_HOME, h->home == HOME_YES, MOUNTS_INACCESSIBLE, homes},
	    {HARDENING_HOME, h->home == HOME_READ_ONLY,
		MOUNTS_READ_ONLY_IMPLIED, homes},
	    {HARDENING_HOME, h->home == HOME_TMPFS, MOUNTS_EMPTY, homes},
	    {HARDENING_TUNABLES, h->tunables, MOUNTS_READ_ONLY_IMPLIED,
		tunables},
	    {HARDENING_TUNABLES, h->tunables, MOUNTS_READ_WRITE_IMPLIED,
		cgroups},
	    {HARDENING_TUNABLES, h->tunables, MOUNTS_INACCESSIBLE, addresses},
	    {HARDENING_MODULES, h->modules, MOUNTS_INACCESSIBLE,
		module_folders},
	    {HARDENING_KERNEL_LOGS, h->kernel_logs, MOUNTS_INACCESSIBLE, logs},
	    {HARDENING_CONTROL_GROUPS, h->control_groups,
		MOUNTS_READ_ONLY_IMPLIED, cgroups},
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		for (const char *const *p = sets[i].paths;
		     sets[i].is_set && *p != NULL; p++)
			if (mounts_add(m, sets[i].kind, sets[i].key, *p,
				NULL) == -1)
				return -1;
	return 0;
}

static int
add_lists(struct mounts *m, const struct hardening *h)
{
	const struct {
		enum hardening_key key;
		enum mounts_kind kind;
		char *const *paths;
	} lists[] = {
	    {HARDENING_READ_ONLY, MOUNTS_READ_ONLY, h->read_only},
	    {HARDENING_READ_WRITE, MOUNTS_READ_WRITE, h->read_write},
	    {HARDENING_INACCESSIBLE, MOUNTS_INACCESSIBLE, h->inaccessible},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t j = 0; j < strings_count(lists[i].paths); j++)
			if (mounts_add(m, lists[i].kind, lists[i].key,
				lists[i].paths[j], NULL) == -1)
				return -1;
	return 0;
}

/* Make the folder, unless it is there. */
static int
make_folder(const char *path, mode_t mode)
{
	if (mkdir(path, 0700) == -1)
		return errno == EEXIST ? 0 : -1;
	return chmod(path, mode);
}

/*
 * The folders of private-tmp, which all processes of a run share.  They are
 * below a folder of root's, where no other user can anticipate their names.
 */
static int
add_tmp(struct mounts *m, const struct definition *conf,
    const struct sandbox_run *run)
{
	static const struct {
		const char *path, *name;
	} tmps[] = {{"/tmp", "tmp"}, {"/var/tmp", "var-tmp"}};
	char folder[PATH_MAX], path[PATH_MAX + 16];

	snprintf(folder, sizeof(folder), "%s/" SANDBOX_TMP, run->state_dir);
	if (make_folder(folder, 0700) == -1)
		return -1;
	snprintf(folder, sizeof(folder), "%s/" SANDBOX_TMP "/%s",
	    run->state_dir, conf->name);
	if (make_folder(folder, 0700) == -1)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, tmps[i].name);
		if (make_folder(path, 01777) == -1 ||
		    mounts_add(m, MOUNTS_BIND, HARDENING_TMP, tmps[i].path,
			path) == -1)
			return -1;
	}
	return 0;
}

/* The own folders of a program stay writable below a read-only one. */
static int
add_own(struct mounts *m, const struct definition *conf,
    const struct sandbox_run *run)
{
	const struct folder *folder = conf->folders.v;
	char path[PATH_MAX];

	for (size_t i = 0; i < conf->folders.n; i++, folder++) {
		snprintf(path, sizeof(path), "-%s/%s", run->bases[folder->kind],
		    folder->name);
		if (mounts_add(m, MOUNTS_READ_WRITE_IMPLIED, HARDENING_SYSTEM,
			path, NULL) == -1)
			return -1;
	}
	for (size_t i = 0; i < strings_count(conf->listen_stream); i++) {
		snprintf(path, sizeof(path), "-%s", conf->listen_stream[i]);
		if (path[1] == '/' &&
		    mounts_add(m, MOUNTS_READ_WRITE_IMPLIED, HARDENING_SYSTEM,
			path, NULL) == -1)
			return -1;
	}
	return 0;
}

static int
add_entries(struct mounts *m, const struct definition *conf,
    const struct hardening *h, const struct sandbox_run *run)
{
	if (add_fixed(m, h) == -1 || add_lists(m, h) == -1 ||
	    add_own(m, conf, run) == -1 ||
	    (h->tmp && add_tmp(m, conf, run) == -1))
		return -1;
	if (h->devices &&
	    mounts_add(m, MOUNTS_DEVICES, HARDENING_DEVICES, "/dev", NULL) ==
		-1)
		return -1;
	if (h->proc != PROC_DEFAULT &&
	    mounts_add(m, MOUNTS_PROC, HARDENING_PROC, "/proc",
		hardening_proc_words[h->proc]) == -1)
		return -1;
	if (run->notify == NULL)
		return 0;
	/* A socket of the abstract namespace is not a file. */
	return *run->notify != '/' ? 0
				   : mounts_add(m, MOUNTS_BIND, HARDENING_ROOT,
					 run->notify, run->notify);
}

static int
add_mounts(struct sandbox *s, const struct definition *conf,
    const struct hardening *h, const struct sandbox_run *run,
    struct sandbox_error *error)
{
	const enum hardening_key key = find_key(h, PROBE_MOUNTS);
	char empty[PATH_MAX];

	if (key == HARDENING_KEYS || run == NULL)
		return 0;
	snprintf(empty, sizeof(empty), "%s/inaccessible", run->run_dir);
	s->mounts = mounts_new(h->root, empty);
	if (s->mounts == NULL || add_entries(s->mounts, conf, h, run) == -1)
		return fail(error, key);
	return 0;
}

int
sandbox_new(const struct definition *conf, const struct sandbox_run *run,
    struct sandbox **sandbox, struct sandbox_error *error)
{
	struct hardening possible, *h = &possible;
	struct sandbox *s;

	*sandbox = NULL;
	if (!hardening_is_on(conf->hardening))
		return 0;
	possible = *conf->hardening;
	if (possible.mode == HARDENING_TRY)
		leave_out(&possible, ignore, NULL);
	else if (check_needs(h, error) == -1)
		return -1;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return fail(error, HARDENING_SANDBOX);
	s->bounding_without = h->bounding_without;
	s->bounding_optional = hardening_taken(h);
	s->ambient = h->ambient;
	s->hostname = h->hostname;
	s->network = h->network;
	if (run != NULL) {
		s->main = run->main;
		s->main_start = run->main_start;
	}
	if (add_mounts(s, conf, h, run, error) == -1 ||
	    add_filter(s, h, error) == -1 ||
	    add_capabilities(s, conf, error) == -1) {
		sandbox_free(s);
		return -1;
	}
	*sandbox = s;
	return 0;
}

bool
sandbox_has_tmp(const struct definition *conf)
{
	return hardening_is_on(conf->hardening) && conf->hardening->tmp;
}

int
sandbox_check(const struct definition *conf, struct sandbox_error *error)
{
	struct sandbox *s;

	if (sandbox_new(conf, NULL, &s, error) == -1)
		return -1;
	sandbox_free(s);
	return 0;
}

void
sandbox_free(struct sandbox *s)
{
	if (s == NULL)
		return;
	filter_release(s->filter);
	mounts_free(s->mounts);
#ifdef HAVE_LIBCAP
	if (s->capabilities != NULL)
		cap_free(s->capabilities);
#endif
	free(s);
}

/*
 * The rest runs in the child.
 */

/* -1, as errno says. */
static int
stop(struct sandbox_failure *failure, enum hardening_key key, const char *path)
{
	failure->key = key;
	strlcpy(failure->path, path, sizeof(failure->path));
	return -1;
}

#ifdef HAVE_LIBCAP
static int
reduce_bounding(struct sandbox *s, struct sandbox_failure *failure)
{
	const uint64_t all = s->bounding_without | s->bounding_optional;

	for (cap_value_t c = 0; all != 0 && c < cap_max_bits(); c++)
		if ((all & BIT(c)) != 0 && cap_drop_bound(c) == -1 &&
		    (s->bounding_without & BIT(c)) != 0)
			return stop(failure, HARDENING_BOUNDING, "");
	return 0;
}

static int
give_ambient(struct sandbox *s, struct sandbox_failure *failure)
{
	if (s->capabilities == NULL)
		return 0;
	if (cap_set_proc(s->capabilities) == -1)
		return stop(failure, HARDENING_AMBIENT, "");
	for (cap_value_t c = 0; c < cap_max_bits(); c++)
		if ((s->ambient & BIT(c)) != 0 &&
		    cap_set_ambient(c, CAP_SET) == -1)
			return stop(failure, HARDENING_AMBIENT, "");
	return 0;
}
#else
static int
reduce_bounding(struct sandbox *s, struct sandbox_failure *failure)
{
	(void)s;
	(void)failure;
	return 0;
}

static int
give_ambient(struct sandbox *s, struct sandbox_failure *failure)
{
	(void)s;
	(void)failure;
	return 0;
}
#endif

/* The only interface of a new network is down. */
static int
raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd, rv, saved;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	rv = ioctl(fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	if (rv == 0)
		rv = ioctl(fd, SIOCSIFFLAGS, &request);
	saved = errno;
	close(fd);
	errno = saved;
	return rv;
}

/*
 * Join the network of the main process.  If that has its start time once its
 * namespace is open, the pid was its own.
 */
static int
join_network(const struct sandbox *s)
{
	char path[64];
	int fd, rv = -1;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)s->main);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	errno = ESRCH;
	if (process_start_time(s->main) == s->main_start)
		rv = setns(fd, CLONE_NEWNET);
	close(fd);
	return rv;
}

static int
enter_network(const struct sandbox *s)
{
	if (s->main != 0 && join_network(s) == 0)
		return 0;
	/* A command after the end of the main process is alone. */
	if (s->main != 0 && errno != ENOENT && errno != ESRCH)
		return -1;
	return unshare(CLONE_NEWNET) == -1 ? -1 : raise_loopback();
}

int
sandbox_enter(struct sandbox *s, struct sandbox_failure *failure)
{
	if (s->network && enter_network(s) == -1)
		return stop(failure, HARDENING_NETWORK, "");
	if (s->hostname && unshare(CLONE_NEWUTS) == -1)
		return stop(failure, HARDENING_HOSTNAME, "");
	if (s->mounts != NULL &&
	    mounts_apply(s->mounts, &failure->key, failure->path) == -1)
		return -1;
	if (reduce_bounding(s, failure) == -1)
		return -1;
	/* Capabilities survive the change of ids; execve(2) ends that. */
	if (s->ambient != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		return stop(failure, HARDENING_AMBIENT, "");
	return 0;
}

int
sandbox_become(struct sandbox *s, struct sandbox_failure *failure)
{
	return give_ambient(s, failure);
}

int
sandbox_seal(struct sandbox *s, struct sandbox_failure *failure)
{
	if (s->filter != NULL && filter_apply(s->filter) == -1)
		return stop(failure, s->filter_key, "");
	return 0;
}
