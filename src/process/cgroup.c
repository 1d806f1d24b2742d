/*
 * cgroup - a cgroup v2 folder for each program.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "process/cgroup.h"
#include "process/process.h"

/* The rounds of kill(2) for a folder that does not become empty. */
#define KILL_ROUNDS 10
/* The folder of hupd's own processes; no program has this name. */
#define OWN_FOLDER "hupd"
/* Moves of our processes, since they may fork meanwhile. */
#define MOVE_ROUNDS 5
/* The processes in the way that are named. */
#define NAMED_MOST 4

/* At the end, wait this many times, each up to CLOSE_WAIT ms. */
#define CLOSE_ROUNDS 10
#define CLOSE_WAIT 500

struct cgroup {
	int dir;      /* the folder that holds the programs' */
	bool is_ours; /* made by this daemon or an earlier one */
	char *path;   /* in the file system */
	size_t mount; /* the length of the mount point in it */
	char *inside; /* in the hierarchy, as in /proc/PID/cgroup */
	size_t insidelen;
};

/* Read the path in the hierarchy: the line that begins with "0::". */
static int
path_of(const char *proc, char *buf, size_t size)
{
	char line[PATH_MAX + 16];
	FILE *f;
	int found = -1;

	f = fopen(proc, "re");
	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (strlcpy(buf, line + 3, size) < size)
			found = 0;
		break;
	}
	fclose(f);
	return found;
}

/* Find where cgroup2 is mounted: field 5 of mountinfo, see proc(5). */
static int
mount_point(char *buf, size_t size)
{
	char *line = NULL, *rest, *at = NULL;
	size_t cap = 0;
	FILE *f;
	int i, found = -1;

	f = fopen("/proc/self/mountinfo", "re");
	if (f == NULL)
		return -1;
	while (found == -1 && getline(&line, &cap, f) != -1) {
		if (strstr(line, " - cgroup2 ") == NULL)
			continue;
		rest = line;
		for (i = 0; i < 5; i++)
			at = strsep(&rest, " ");
		if (at != NULL && strlcpy(buf, at, size) < size)
			found = 0;
	}
	free(line);
	fclose(f);
	return found;
}

/* Turn the run folder into a name: "/run/hupd" becomes "hupd". */
static void
instance_name(const char *instance, char *buf, size_t size)
{
	uint64_t hash = 14695981039346656037ULL;
	const char *p;
	char *q;

	if (strcmp(instance, "/run/hupd") == 0) {
		strlcpy(buf, "hupd", size);
		return;
	}
	if (snprintf(buf, size, "hupd%s", instance) >= 200) {
		for (p = instance; *p != '\0'; p++)
			hash = (hash ^ (unsigned char)*p) * 1099511628211ULL;
		snprintf(buf, size, "hupd-%016llx", (unsigned long long)hash);
	}
	for (q = buf; *q != '\0'; q++)
		if (*q == '/')
			*q = '-';
}

static void
free_all(struct cgroup *cg)
{
	if (cg == NULL)
		return;
	if (cg->dir != -1)
		close(cg->dir);
	free(cg->path);
	free(cg->inside);
	free(cg);
}

struct cgroup *
cgroup_open(const char *setting, const char *instance, char *why,
    size_t whysize)
{
	char mnt[PATH_MAX], own[PATH_MAX], name[256];
	char path[2 * PATH_MAX + 256];
	struct cgroup *cg;
	size_t mntlen;

	*why = '\0';
	if (strcmp(setting, "off") == 0)
		return NULL;
	if (mount_point(mnt, sizeof(mnt)) == -1 ||
	    path_of("/proc/self/cgroup", own, sizeof(own)) == -1 ||
	    strncmp(own, "/..", 3) == 0) {
		strlcpy(why, "no cgroup v2 hierarchy is mounted", whysize);
		return NULL;
	}
	if (strcmp(setting, "auto") == 0) {
		instance_name(instance, name, sizeof(name));
		snprintf(path, sizeof(path), "%s%s/%s", mnt,
		    strcmp(own, "/") == 0 ? "" : own, name);
	} else
		strlcpy(path, setting, sizeof(path));
	mntlen = strlen(mnt);
	if (strncmp(path, mnt, mntlen) != 0 ||
	    (mntlen > 1 && path[mntlen] != '/')) {
		snprintf(why, whysize, "%s is not below %s", path, mnt);
		return NULL;
	}
	cg = calloc(1, sizeof(*cg));
	if (cg == NULL)
		goto fail;
	cg->dir = -1;
	cg->path = strdup(path);
	cg->inside = strdup(path + (mntlen > 1 ? mntlen : 0));
	if (cg->path == NULL || cg->inside == NULL)
		goto fail;
	cg->insidelen = strlen(cg->inside);
	cg->mount = mntlen;
	cg->is_ours = mkdir(path, 0755) == 0;
	if (!cg->is_ours && errno != EEXIST)
		goto fail;
	cg->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Without write access to both files no process can be moved in. */
	if (cg->dir == -1 ||
	    faccessat(cg->dir, "cgroup.procs", W_OK, AT_EACCESS) == -1 ||
	    faccessat(cg->dir, "../cgroup.procs", W_OK, AT_EACCESS) == -1)
		goto fail;
	if (strcmp(setting, "auto") == 0)
		cg->is_ours = true;
	return cg;
fail:
	snprintf(why, whysize, "%s: %s", path, strerror(errno));
	if (cg != NULL && cg->is_ours)
		rmdir(path);
	free_all(cg);
	return NULL;
}

const char *
cgroup_path(const struct cgroup *cg)
{
	return cg->path;
}

bool
cgroup_is_made(const struct cgroup *cg)
{
	return cg->is_ours;
}

void
cgroup_claim(struct cgroup *cg)
{
	cg->is_ours = true;
}

static int
open_in(int dir, const char *name, const char *file, int flags)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", name, file) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return openat(dir, path, flags | O_CLOEXEC);
}

/* Make a folder, and those on the way to it. */
static int
make_folder(struct cgroup *cg, const char *name)
{
	char path[PATH_MAX];
	const char *slash = name;

	while ((slash = strchr(slash, '/')) != NULL) {
		snprintf(path, sizeof(path), "%.*s", (int)(slash++ - name),
		    name);
		if (mkdirat(cg->dir, path, 0755) == -1 && errno != EEXIST)
			return -1;
	}
	return mkdirat(cg->dir, name, 0755) == -1 && errno != EEXIST ? -1 : 0;
}

int
cgroup_enter(struct cgroup *cg, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd;

	fd = openat(cg->dir, name, flags);
	if (fd != -1 || errno != ENOENT)
		return fd;
	if (make_folder(cg, name) == -1)
		return -1;
	return openat(cg->dir, name, flags);
}

/* Call fn for the processes of one folder.  1: fn ended it; -1 with errno. */
static int
each_process(int dir, const char *name, bool (*fn)(pid_t, void *), void *arg)
{
	char buf[4096], *p, *end;
	ssize_t n;
	long pid;
	size_t kept = 0;
	int fd;

	fd = open_in(dir, name, "cgroup.procs", O_RDONLY);
	if (fd == -1)
		return -1;
	while ((n = read(fd, buf + kept, sizeof(buf) - 1 - kept)) > 0) {
		buf[kept + (size_t)n] = '\0';
		for (p = buf; (end = strchr(p, '\n')) != NULL; p = end + 1) {
			pid = strtol(p, NULL, 10);
			if (pid > 0 && !fn((pid_t)pid, arg)) {
				close(fd);
				return 1;
			}
		}
		kept = strlen(p);
		memmove(buf, p, kept + 1);
	}
	close(fd);
	return n == -1 ? -1 : 0;
}

static DIR *
open_folder(int dir, const char *name)
{
	DIR *d;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	d = fdopendir(fd);
	if (d == NULL)
		close(fd);
	return d;
}

/* The next folder in d, or NULL. */
static const char *
next_folder(DIR *d)
{
	const struct dirent *e;

	while ((e = readdir(d)) != NULL)
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			return e->d_name;
	return NULL;
}

/* Is there no folder below?  The link count of a folder shows it. */
static bool
is_leaf(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_nlink == 2;
}

/* Is it in the list, which ends with NULL?  NULL: an empty one. */
static bool
is_listed(const char *const *list, const char *name)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/*
 * The same with the folders below, which may vanish meanwhile, except those
 * named in skip.
 */
static int
each_below(int dir, const char *name, const char *const *skip,
    bool (*fn)(pid_t, void *), void *arg)
{
	const char *below;
	DIR *d;
	int rv;

	if (is_leaf(dir, name))
		return each_process(dir, name, fn, arg);
	d = open_folder(dir, name);
	if (d == NULL)
		return -1;
	rv = each_process(dirfd(d), ".", fn, arg);
	while (rv == 0 && (below = next_folder(d)) != NULL)
		if (!is_listed(skip, below) &&
		    each_below(dirfd(d), below, NULL, fn, arg) == 1)
			rv = 1;
	closedir(d);
	return rv;
}

int
cgroup_each(struct cgroup *cg, const char *name, const char *const *skip,
    bool (*fn)(pid_t, void *), void *arg)
{
	return each_below(cg->dir, name, skip, fn, arg) == -1 ? -1 : 0;
}

/* Remove a folder and those below.  -1 if one is not empty. */
static int
remove_below(int dir, const char *name)
{
	const char *below;
	DIR *d;

	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	d = open_folder(dir, name);
	if (d == NULL)
		return -1;
	while ((below = next_folder(d)) != NULL)
		remove_below(dirfd(d), below);
	closedir(d);
	return unlinkat(dir, name, AT_REMOVEDIR);
}

struct members {
	int n;
	int alive; /* those that were not sent SIGKILL yet */
};

static bool
count_one(pid_t pid, void *arg)
{
	struct members *members = arg;

	members->n++;
	if (!process_is_dying(pid))
		members->alive++;
	return true;
}

static bool
kill_one(pid_t pid, void *arg)
{
	count_one(pid, arg);
	kill(pid, SIGKILL);
	return true;
}

int
cgroup_watch(struct cgroup *cg, const char *name)
{
	return open_in(cg->dir, name, "cgroup.events", O_RDONLY);
}

bool
cgroup_is_empty(int fd)
{
	char buf[128];
	ssize_t n;

	n = pread(fd, buf, sizeof(buf) - 1, 0);
	if (n <= 0)
		return n == -1 && errno == ENODEV; /* it was removed */
	buf[n] = '\0';
	return strstr(buf, "populated 0\n") != NULL;
}

/*
 * Is it certain that it and the folders below hold no process except zombies?
 */
static bool
is_empty(struct cgroup *cg, const char *name)
{
	int fd = cgroup_watch(cg, name);
	bool empty;

	if (fd == -1)
		return errno == ENOENT;
	empty = cgroup_is_empty(fd);
	close(fd);
	return empty;
}

/* A look at all processes but one. */
struct others {
	struct cgroup *cgroup;
	const char *name;
	pid_t except;
	int sig; /* 0: count them */
	int n;
};

/*
 * The pid may be another process's by now: hold what has it, and look again
 * whether that is in the folder.
 */
static bool
signal_member(const struct others *others, pid_t pid)
{
	struct process process = {.pid = pid};
	char name[NAME_MAX + 1];
	bool sent;

	process.pidfd = process_open(pid);
	if (process.pidfd == -1 && errno != ENOSYS && errno != EPERM)
		return false;
	sent = cgroup_owner(others->cgroup, pid, name, sizeof(name)) &&
	    strcmp(name, others->name) == 0 &&
	    process_signal(&process, others->sig) == 0;
	if (process.pidfd != -1)
		close(process.pidfd);
	return sent;
}

static bool
look_at_other(pid_t pid, void *arg)
{
	struct others *others = arg;

	if (pid != others->except &&
	    (others->sig == 0 || signal_member(others, pid)))
		others->n++;
	return true;
}

int
cgroup_count(struct cgroup *cg, const char *name, const char *const *skip,
    pid_t except)
{
	struct others others = {.except = except};

	if (!is_empty(cg, name))
		each_below(cg->dir, name, skip, look_at_other, &others);
	return others.n;
}

int
cgroup_signal(struct cgroup *cg, const char *name, const char *const *skip,
    pid_t except, int sig)
{
	struct others others = {cg, name, except, sig, 0};

	if (!is_empty(cg, name))
		each_below(cg->dir, name, skip, look_at_other, &others);
	return others.n;
}

/* Move a process to the folder whose cgroup.procs this is. */
static bool
move_one(pid_t pid, void *arg)
{
	const int *procs = arg;

	dprintf(*procs, "%d\n", (int)pid);
	return true;
}

/* Move those of the folder itself, and of those below except that one. */
static void
move_all(struct cgroup *cg, const char *name, const char *below, int procs)
{
	char path[PATH_MAX];
	const char *other;
	DIR *d;

	each_process(cg->dir, name, move_one, &procs);
	d = open_folder(cg->dir, name);
	if (d == NULL)
		return;
	while ((other = next_folder(d)) != NULL) {
		if (strcmp(other, below) == 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", name, other) >=
		    (int)sizeof(path))
			continue;
		cgroup_each(cg, path, NULL, move_one, &procs);
		remove_below(cg->dir, path);
	}
	closedir(d);
}

int
cgroup_set_aside(struct cgroup *cg, const char *name, const char *below)
{
	char path[PATH_MAX];
	int procs, rounds;

	if (is_empty(cg, name))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", name, below) >=
	    (int)sizeof(path))
		return cgroup_count(cg, name, NULL, 0);
	if (mkdirat(cg->dir, path, 0755) == -1 && errno != EEXIST)
		return cgroup_count(cg, name, NULL, 0);
	procs = open_in(cg->dir, path, "cgroup.procs", O_WRONLY);
	/* Repeat, since those moved late may have forked. */
	for (rounds = 0; procs != -1 && rounds < KILL_ROUNDS; rounds++) {
		move_all(cg, name, below, procs);
		if (cgroup_count(cg, name, NULL, 0) ==
		    cgroup_count(cg, path, NULL, 0))
			break;
	}
	if (procs != -1)
		close(procs);
	return cgroup_count(cg, path, NULL, 0);
}

/*
 * Controllers.
 */

static int
open_file(const char *folder, const char *file, int flags)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, file) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_CLOEXEC);
}

/* The whole file in a folder, as one line in buf.  -1 with errno. */
static int
read_file(const char *folder, const char *file, char *buf, size_t size)
{
	ssize_t n;
	int fd;

	if ((fd = open_file(folder, file, O_RDONLY)) == -1)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n == -1)
		return -1;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static int
write_file(const char *folder, const char *file, const char *text)
{
	int fd, saved;
	ssize_t n;

	if ((fd = open_file(folder, file, O_WRONLY)) == -1)
		return -1;
	n = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return n == -1 ? -1 : 0;
}

/*
 * The folders from the mount point down to the one that holds the programs':
 * store the path of the next one after *len bytes of it.  False: the end.
 */
static bool
next_down(const struct cgroup *cg, size_t *len, char path[static PATH_MAX])
{
	size_t total = strlen(cg->path);

	if (*len == 0)
		*len = cg->mount;
	else if (*len >= total)
		return false;
	else
		*len += 1 + strcspn(cg->path + *len + 1, "/");
	snprintf(path, PATH_MAX, "%.*s", (int)*len, cg->path);
	return true;
}

int
cgroup_offers(struct cgroup *cg, const char *controller, char *why,
    size_t whysize)
{
	char path[PATH_MAX], list[256];
	size_t len = 0;

	while (next_down(cg, &len, path)) {
		if (read_file(path, "cgroup.controllers", list, sizeof(list)) ==
		    -1) {
			snprintf(why, whysize, "%s/cgroup.controllers: %s",
			    path, strerror(errno));
			return -1;
		}
		if (text_has_word(list, controller)) {
			/* Those above have it, too; those below may get it. */
			if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
				return 0;
			continue;
		}
		break;
	}
	snprintf(why, whysize,
	    "the controller %s is not available in the cgroup %s", controller,
	    path);
	return -1;
}

struct movers {
	bool (*is_ours)(pid_t, void *);
	void *arg;
	int procs; /* cgroup.procs of the folder for them */
	int n;
};

static bool
move_own(pid_t pid, void *arg)
{
	struct movers *movers = arg;

	if (pid == getpid() || movers->is_ours(pid, movers->arg)) {
		dprintf(movers->procs, "%d\n", (int)pid);
		movers->n++;
	}
	return true;
}

/* Move the processes of hupd out of the way.  False: none was moved. */
static bool
move_aside(struct cgroup *cg, const char *path, struct movers *movers)
{
	int dir, own, rounds;
	bool any = false;

	if ((own = cgroup_enter(cg, OWN_FOLDER)) == -1)
		return false;
	movers->procs = openat(own, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	close(own);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (rounds = 0;
	     movers->procs != -1 && dir != -1 && rounds < MOVE_ROUNDS;
	     rounds++) {
		movers->n = 0;
		each_process(dir, ".", move_own, movers);
		if (movers->n == 0)
			break;
		any = true;
	}
	if (movers->procs != -1)
		close(movers->procs);
	if (dir != -1)
		close(dir);
	return any;
}

struct names {
	char *text;
	size_t size;
	int n;
};

static bool
name_process(pid_t pid, void *arg)
{
	struct names *names = arg;
	char comm[PROCESS_COMM_MAX];
	size_t len = strlen(names->text);

	if (++names->n > NAMED_MOST) {
		strlcat(names->text, " ...", names->size);
		return false;
	}
	process_comm(pid, comm);
	snprintf(names->text + len, names->size - len, "%s %d (%s)",
	    names->n > 1 ? "," : "", (int)pid, comm);
	return true;
}

static void
explain_busy(const char *path, const char *controller, char *why,
    size_t whysize)
{
	struct names names = {why, whysize, 0};
	int dir;

	snprintf(why, whysize,
	    "the controller %s cannot be enabled in the cgroup %s, which has "
	    "processes:",
	    controller, path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir != -1) {
		each_process(dir, ".", name_process, &names);
		close(dir);
	}
	if (names.n == 0)
		strlcat(why, " of another pid namespace", whysize);
}

static int
enable_in(struct cgroup *cg, const char *path, const char *controller,
    struct movers *movers, char *why, size_t whysize)
{
	char list[256], text[64];

	if (read_file(path, "cgroup.subtree_control", list, sizeof(list)) ==
		0 &&
	    text_has_word(list, controller))
		return 0;
	snprintf(text, sizeof(text), "+%s", controller);
	if (write_file(path, "cgroup.subtree_control", text) == 0)
		return 0;
	if (errno == EBUSY && move_aside(cg, path, movers) &&
	    write_file(path, "cgroup.subtree_control", text) == 0)
		return 0;
	if (errno == EBUSY)
		explain_busy(path, controller, why, whysize);
	else if (errno == ENOENT)
		snprintf(why, whysize,
		    "the controller %s is not available in the cgroup %s",
		    controller, path);
	else
		snprintf(why, whysize,
		    "the controller %s cannot be enabled in the cgroup %s: %s",
		    controller, path, strerror(errno));
	return -1;
}

int
cgroup_enable(struct cgroup *cg, const char *controller,
    bool (*is_ours)(pid_t, void *), void *arg, char *why, size_t whysize)
{
	struct movers movers = {is_ours, arg, -1, 0};
	char path[PATH_MAX];
	size_t len = 0;

	while (next_down(cg, &len, path))
		if (enable_in(cg, path, controller, &movers, why, whysize) ==
		    -1)
			return -1;
	return 0;
}

int
cgroup_write(const struct cgroup *cg, const char *name, const char *file,
    const char *text)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", cg->path, name) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return write_file(path, file, text);
}

int
cgroup_delegate(struct cgroup *cg, const char *name, uid_t uid, gid_t gid)
{
	/* Those of the kernel's document; the limits stay root's. */
	static const char *const files[] = {".", "cgroup.procs",
	    "cgroup.subtree_control", "cgroup.threads"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", name, files[i]);
		if (fchownat(cg->dir, path, uid, gid, 0) == -1)
			return -1;
	}
	return 0;
}

/* The number behind a word of a file, or behind nothing; -1 if unknown. */
static int64_t
read_number(struct cgroup *cg, const char *name, const char *file,
    const char *word)
{
	char buf[1024], *at = buf;
	int64_t value;
	ssize_t n;
	int fd;

	if ((fd = open_in(cg->dir, name, file, O_RDONLY)) == -1)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	buf[n] = '\0';
	if (word != NULL && (at = strstr(buf, word)) == NULL)
		return -1;
	at += word != NULL ? strlen(word) : 0;
	return sscanf(at, "%" SCNd64, &value) == 1 ? value : -1;
}

int64_t
cgroup_memory(struct cgroup *cg, const char *name)
{
	return read_number(cg, name, "memory.current", NULL);
}

int64_t
cgroup_oom_kills(struct cgroup *cg, const char *name)
{
	int64_t n = read_number(cg, name, "memory.events", "\noom_kill ");

	return n == -1 ? 0 : n;
}

int64_t
cgroup_cpu(struct cgroup *cg, const char *name)
{
	char buf[1024];
	int64_t us;
	ssize_t n;
	int fd;

	fd = open_in(cg->dir, name, "cpu.stat", O_RDONLY);
	if (fd == -1)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	buf[n] = '\0';
	return sscanf(buf, "usage_usec %" SCNd64, &us) == 1 ? us / 1000 : -1;
}

int
cgroup_kill(struct cgroup *cg, const char *name)
{
	struct members members = {0}, left;
	int fd, rounds;

	/* The usual case: the program left nothing behind. */
	if (is_empty(cg, name))
		return 0;
	if (cgroup_each(cg, name, NULL, count_one, &members) == -1 ||
	    members.n == 0)
		return 0;
	fd = open_in(cg->dir, name, "cgroup.kill", O_WRONLY);
	if (fd != -1 && write(fd, "1", 1) == 1) {
		close(fd);
		return members.alive;
	}
	if (fd != -1)
		close(fd);
	/* Before Linux 5.14: repeat, since those killed may have forked. */
	for (rounds = 0; rounds < KILL_ROUNDS; rounds++) {
		left = (struct members){0};
		if (cgroup_each(cg, name, NULL, kill_one, &left) == -1 ||
		    left.n == 0)
			break;
	}
	return members.alive;
}

void
cgroup_leave(struct cgroup *cg, const char *name)
{
	remove_below(cg->dir, name);
}

/* Remove the folders of all programs.  -1 if one is not empty. */
static int
remove_programs(const struct cgroup *cg)
{
	const char *name;
	DIR *d;
	int rv = 0;

	d = open_folder(cg->dir, ".");
	if (d == NULL)
		return 0;
	while ((name = next_folder(d)) != NULL)
		if (remove_below(cg->dir, name) == -1 &&
		    strcmp(name, OWN_FOLDER) != 0)
			rv = -1;
	closedir(d);
	return rv;
}

/* Does nothing keep the folders busy but processes that are being killed? */
static bool
is_soon_empty(struct cgroup *cg)
{
	static const char *const own[] = {OWN_FOLDER, NULL};
	struct members members = {0};

	return each_below(cg->dir, ".", own, count_one, &members) == 0 &&
	    members.alive == 0;
}

/* Are we in the folder of hupd's own processes? */
static bool
is_aside(const struct cgroup *cg)
{
	char own[PATH_MAX];

	return path_of("/proc/self/cgroup", own, sizeof(own)) == 0 &&
	    strncmp(own, cg->inside, cg->insidelen) == 0 &&
	    strcmp(own + cg->insidelen, "/" OWN_FOLDER) == 0;
}

/*
 * Leave the folder of our own processes, so that it can be removed.  A folder
 * that has processes has no controllers for those below: disable them.
 */
static void
move_back(struct cgroup *cg)
{
	char path[PATH_MAX], list[256], text[sizeof(list) + 2], *word, *rest;
	int up;

	strlcpy(path, cg->path, sizeof(path));
	for (up = 0; up < (cg->is_ours ? 2 : 1); up++) {
		if (up == 1)
			*strrchr(path, '/') = '\0';
		rest = list;
		if (read_file(path, "cgroup.subtree_control", list,
			sizeof(list)) == -1)
			continue;
		while ((word = strsep(&rest, " ")) != NULL) {
			snprintf(text, sizeof(text), "-%s", word);
			write_file(path, "cgroup.subtree_control", text);
		}
	}
	write_file(path, "cgroup.procs", "0");
}

/* A killed process keeps its folder busy for a moment: wait for its end. */
static void
remove_all(struct cgroup *cg)
{
	struct pollfd events = {.events = POLLPRI};
	char buf[128];
	int rounds;

	events.fd = openat(cg->dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	for (rounds = 0; rounds < CLOSE_ROUNDS; rounds++) {
		/* poll reports changes since the last read. */
		if (events.fd == -1 ||
		    pread(events.fd, buf, sizeof(buf), 0) == -1 ||
		    remove_programs(cg) == 0 || !is_soon_empty(cg) ||
		    poll(&events, 1, CLOSE_WAIT) != 1)
			break;
	}
	if (events.fd != -1)
		close(events.fd);
	if (is_aside(cg)) {
		move_back(cg);
		remove_programs(cg);
	}
	if (cg->is_ours)
		rmdir(cg->path);
}

void
cgroup_close(struct cgroup *cg)
{
	if (cg != NULL)
		remove_all(cg);
	free_all(cg);
}

bool
cgroup_owner(struct cgroup *cg, pid_t pid, char *buf, size_t size)
{
	char proc[64], path[PATH_MAX], *name;

	snprintf(proc, sizeof(proc), "/proc/%d/cgroup", (int)pid);
	if (path_of(proc, path, sizeof(path)) == -1 ||
	    strncmp(path, cg->inside, cg->insidelen) != 0 ||
	    path[cg->insidelen] != '/')
		return false;
	name = path + cg->insidelen + 1;
	name[strcspn(name, "/")] = '\0';
	return strlcpy(buf, name, size) < size;
}
