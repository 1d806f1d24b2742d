/*
 * failure - explain why a stage of a start failed.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/execfile.h"
#include "process/failure.h"

/* The child has the user and the groups of the program already. */
static const struct execfile_user me = {.uid = (uid_t)-1, .gid = (gid_t)-1};

/* The first folder on the way to path that may not be searched; or false. */
static bool
find_barrier(const char *path, char folder[static PATH_MAX])
{
	size_t n = 0;

	if (*path != '/' || strlen(path) >= PATH_MAX)
		return false;
	while (path[n] != '\0') {
		n += 1 + strcspn(path + n + 1, "/");
		if (path[n] == '\0')
			return false;
		memcpy(folder, path, n);
		folder[n] = '\0';
		if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) == -1 &&
		    errno == EACCES)
			return true;
	}
	return false;
}

/* The processor that a program is for; 0: it is none. */
static unsigned
machine_of(const char *path)
{
	unsigned char head[EI_NIDENT + 4];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = read(fd, head, sizeof(head));
	close(fd);
	if (n != sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return 0;
	/* e_machine follows e_type. */
	return head[EI_DATA] == ELFDATA2MSB
	    ? (unsigned)head[EI_NIDENT + 2] << 8 | head[EI_NIDENT + 3]
	    : (unsigned)head[EI_NIDENT + 3] << 8 | head[EI_NIDENT + 2];
}

static const char *
machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
	    {EM_386, "i386"},
	    {EM_X86_64, "x86-64"},
	    {EM_ARM, "arm"},
	    {EM_AARCH64, "aarch64"},
	    {EM_RISCV, "riscv"},
	    {EM_PPC64, "ppc64"},
	    {EM_S390, "s390"},
	    {EM_MIPS, "mips"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another";
}

static bool
is_noexec(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0;
}

/* The reason in words; in buf, or static.  NULL: strerror says all. */
static const char *
exec_reason(const struct failure *f, char buf[static EXECFILE_WHY_MAX])
{
	char folder[PATH_MAX];
	unsigned machine;

	switch (f->error.err) {
	case EACCES:
		if (find_barrier(f->file, folder)) {
			snprintf(buf, EXECFILE_WHY_MAX,
			    "no permission to search the folder %.400s",
			    folder);
			return buf;
		}
		if (is_noexec(f->file))
			return "its file system is mounted noexec";
		break;
	case ENOEXEC:
		machine = machine_of(f->file);
		if (machine == 0 || machine == machine_of("/proc/self/exe"))
			break;
		snprintf(buf, EXECFILE_WHY_MAX,
		    "is a program for another processor (%s)",
		    machine_name(machine));
		return buf;
	case E2BIG:
		return "its arguments and environment are too long";
	case ETXTBSY:
		return "is open for writing; a program that is being changed "
		       "cannot be executed";
	case EAGAIN:
		return "its user has too many processes (rlimit-nproc)";
	case ELOOP:
		return "is a circle of links, or of interpreters";
	default:
		break;
	}
	return execfile_trouble(f->file, f->path, &me, buf);
}

static void
explain_exec(const struct failure *f, char why[static FAILURE_MAX])
{
	char buf[EXECFILE_WHY_MAX];
	const char *reason;

	if (f->file == NULL) {
		snprintf(why, FAILURE_MAX, "%s: is not in PATH (%s)", f->name,
		    f->path);
		return;
	}
	if ((reason = exec_reason(f, buf)) == NULL)
		reason = strerror(f->error.err);
	snprintf(why, FAILURE_MAX, "%s: %s", f->file, reason);
}

static void
explain_directory(const struct failure *f, char why[static FAILURE_MAX])
{
	const char *path = f->conf->directory;
	char folder[PATH_MAX];
	struct stat st;

	if (f->error.err == EACCES && find_barrier(path, folder))
		snprintf(why, FAILURE_MAX,
		    "%s: no permission to search the folder %.400s", path,
		    folder);
	else if (f->error.err == ENOTDIR && stat(path, &st) == 0)
		snprintf(why, FAILURE_MAX, "%s: is not a folder", path);
	else
		snprintf(why, FAILURE_MAX, "%s: %s", path,
		    strerror(f->error.err));
}

/* A limit as it stands in a file, "infinity" for none. */
static const char *
limit_text(rlim_t limit, char buf[static 24])
{
	if (limit == RLIM_INFINITY)
		return "infinity";
	snprintf(buf, 24, "%ju", (uintmax_t)limit);
	return buf;
}

static bool
explain_limit(const struct failure *f, char why[static FAILURE_MAX])
{
	const struct value_rlimit *v = NULL;
	char soft[24], hard[24], most[24];
	struct rlimit now;
	size_t i;

	for (i = 0; i < f->conf->rlimits.n; i++)
		if (f->conf->rlimits.v[i].which == f->error.which)
			v = &f->conf->rlimits.v[i];
	if (v == NULL || getrlimit(f->error.which, &now) == -1)
		return false;
	snprintf(why, FAILURE_MAX, "%s:%s: %s; the hard limit is %s",
	    limit_text(v->soft, soft), limit_text(v->hard, hard),
	    strerror(f->error.err), limit_text(now.rlim_max, most));
	return true;
}

static void
explain_id(const char *name, unsigned id, int err, char why[static FAILURE_MAX])
{
	char number[24];

	snprintf(number, sizeof(number), "%u", id);
	snprintf(why, FAILURE_MAX, "%s: cannot change to the id %s: %s",
	    name != NULL ? name : number, number, strerror(err));
}

static void
explain_number(int number, int err, char why[static FAILURE_MAX])
{
	snprintf(why, FAILURE_MAX, "%d: %s", number, strerror(err));
}

bool
failure_explain(const struct failure *f, char why[static FAILURE_MAX])
{
	const struct definition *c = f->conf;
	const int err = f->error.err;

	if (f->error.stage == SPAWN_EXEC) {
		if (f->file == NULL && f->path == NULL)
			return false;
		explain_exec(f, why);
		return true;
	}
	if (f->words != NULL) {
		strlcpy(why, f->words, FAILURE_MAX);
		return true;
	}
	if (c == NULL)
		return false;
	switch (f->error.stage) {
	case SPAWN_SANDBOX:
		if (f->at == NULL)
			return false;
		snprintf(why, FAILURE_MAX, "%s: %s", f->at, strerror(err));
		return true;
	case SPAWN_DIRECTORY:
		if (c->directory == NULL)
			return false;
		explain_directory(f, why);
		return true;
	case SPAWN_RLIMIT:
		return explain_limit(f, why);
	case SPAWN_USER:
		explain_id(c->user, c->uid, err, why);
		return true;
	case SPAWN_GROUP:
		explain_id(c->group, c->gid, err, why);
		return true;
	case SPAWN_NICE:
		explain_number(c->nice, err, why);
		return true;
	case SPAWN_OOM:
		explain_number(c->oom_score_adj, err, why);
		return true;
	case SPAWN_AFFINITY:
		if (c->cpu_affinity == NULL)
			return false;
		snprintf(why, FAILURE_MAX, "%s: %s", c->cpu_affinity,
		    err == EINVAL ? "this machine, or the daemon's cgroup, has "
				    "none of these processors"
				  : strerror(err));
		return true;
	case SPAWN_RECORD:
	case SPAWN_CLONE:
	case SPAWN_SESSION:
	case SPAWN_CGROUP:
	case SPAWN_OUTPUT:
	case SPAWN_DESCRIPTORS:
	case SPAWN_GROUPS:
	case SPAWN_PRIVS:
	case SPAWN_EXEC:
	case SPAWN_CONDITION:
	case SPAWN_FOLDER:
	case SPAWN_CPU_POLICY:
	case SPAWN_IO_CLASS:
		break;
	}
	return false;
}
