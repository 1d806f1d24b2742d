/*
 * cgroup - a cgroup v2 folder for each program.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"

/* A folder that refuses to become empty is given up after so many rounds. */
#define KILL_ROUNDS 10

struct cgroup {
	int dir;      /* the folder that holds the programs' */
	char *path;   /* its place in the file system */
	char *inside; /* its place in the hierarchy, as in /proc/PID/cgroup */
	size_t insidelen;
};

/* The hierarchy path of a process: the "0::" line.  0, or -1. */
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

/* Where cgroup2 is mounted: field 5 of mountinfo, see proc(5).  0, or -1. */
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

/* The run folder as part of a name: "/run/hupd" is "hupd". */
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

struct cgroup *
cgroup_open(const char *setting, const char *instance, char *why,
    size_t whysize)
{
	char mnt[PATH_MAX], own[PATH_MAX], name[256];
	char path[2 * PATH_MAX + 256];
	struct cgroup *cg;

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
	if (strncmp(path, mnt, strlen(mnt)) != 0) {
		snprintf(why, whysize, "%s is not below %s", path, mnt);
		return NULL;
	}
	cg = calloc(1, sizeof(*cg));
	if (cg == NULL)
		goto fail;
	cg->dir = -1;
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		goto fail;
	cg->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Who may not write here may make folders, but move nobody. */
	if (cg->dir == -1 ||
	    faccessat(cg->dir, "cgroup.procs", W_OK, AT_EACCESS) == -1 ||
	    faccessat(cg->dir, "../cgroup.procs", W_OK, AT_EACCESS) == -1)
		goto fail;
	cg->path = strdup(path);
	cg->inside = strdup(path + strlen(mnt));
	if (cg->path == NULL || cg->inside == NULL)
		goto fail;
	cg->insidelen = strlen(cg->inside);
	return cg;
fail:
	snprintf(why, whysize, "%s: %s", path, strerror(errno));
	cgroup_close(cg);
	return NULL;
}

void
cgroup_close(struct cgroup *cg)
{
	if (cg == NULL)
		return;
	if (cg->dir != -1) {
		close(cg->dir);
		if (cg->path != NULL)
			rmdir(cg->path);
	}
	free(cg->path);
	free(cg->inside);
	free(cg);
}

const char *
cgroup_path(const struct cgroup *cg)
{
	return cg->path;
}

static int
open_in(const struct cgroup *cg, const char *name, const char *file, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", name, file);
	return openat(cg->dir, path, flags | O_CLOEXEC);
}

int
cgroup_enter(struct cgroup *cg, const char *name)
{
	int fd;

	fd = open_in(cg, name, "cgroup.procs", O_WRONLY);
	if (fd != -1 || errno != ENOENT)
		return fd;
	if (mkdirat(cg->dir, name, 0755) == -1 && errno != EEXIST)
		return -1;
	return open_in(cg, name, "cgroup.procs", O_WRONLY);
}

int
cgroup_each(struct cgroup *cg, const char *name, bool (*fn)(pid_t, void *),
    void *arg)
{
	char buf[4096], *p, *end;
	ssize_t n;
	long pid;
	size_t kept = 0;
	int fd;

	fd = open_in(cg, name, "cgroup.procs", O_RDONLY);
	if (fd == -1)
		return -1;
	while ((n = read(fd, buf + kept, sizeof(buf) - 1 - kept)) > 0) {
		buf[kept + (size_t)n] = '\0';
		for (p = buf; (end = strchr(p, '\n')) != NULL; p = end + 1) {
			pid = strtol(p, NULL, 10);
			if (pid > 0 && !fn((pid_t)pid, arg)) {
				close(fd);
				return 0;
			}
		}
		kept = strlen(p);
		memmove(buf, p, kept + 1);
	}
	close(fd);
	return n == -1 ? -1 : 0;
}

static bool
count_one(pid_t pid, void *arg)
{
	int *count = arg;

	(void)pid;
	(*count)++;
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
cgroup_kill(struct cgroup *cg, const char *name)
{
	int fd, left, rounds, count = 0;

	if (cgroup_each(cg, name, count_one, &count) == -1 || count == 0)
		return 0;
	fd = open_in(cg, name, "cgroup.kill", O_WRONLY);
	if (fd != -1 && write(fd, "1", 1) == 1) {
		close(fd);
		return count;
	}
	if (fd != -1)
		close(fd);
	/* Before Linux 5.14: until no new ones appear among the killed. */
	for (rounds = 0; rounds < KILL_ROUNDS; rounds++) {
		left = 0;
		if (cgroup_each(cg, name, kill_one, &left) == -1 || left == 0)
			break;
	}
	return count;
}

void
cgroup_leave(struct cgroup *cg, const char *name)
{
	unlinkat(cg->dir, name, AT_REMOVEDIR);
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
