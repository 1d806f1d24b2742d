/*
 * trouble - what is not as the model has it.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos.h"

/* Descriptors that a daemon may have, besides two for each program. */
#define FDS 40

static unsigned
count_fds(pid_t pid)
{
	struct dirent *d;
	char path[64];
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while ((d = readdir(dir)) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

/* Has the process this file open, with a lock?  From the kernel. */
static bool
holds_lock(pid_t pid, const struct stat *st)
{
	char path[64], link[64], info[512];
	struct stat other;
	struct dirent *d;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL) {
		if (fstatat(dirfd(dir), d->d_name, &other, 0) == -1 ||
		    other.st_ino != st->st_ino || other.st_dev != st->st_dev)
			continue;
		snprintf(link, sizeof(link), "fdinfo/%.16s", d->d_name);
		found = look_proc(pid, link, info, sizeof(info)) > 0 &&
		    strstr(info, "FLOCK") != NULL;
	}
	closedir(dir);
	return found;
}

static const char *
pidfile_trouble(struct chaos *c)
{
	char path[128], text[32] = "";
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "%s/hupd.pid", c->top);
	f = fopen(path, "re");
	if (f == NULL)
		return "no pidfile";
	if (fgets(text, sizeof(text), f) == NULL)
		*text = '\0';
	if (fstat(fileno(f), &st) == -1)
		err(1, "%s", path);
	fclose(f);
	if (atoi(text) != c->daemon)
		return "the pidfile does not name the daemon";
	if (!holds_lock(c->daemon, &st))
		return "the pidfile is not locked by the daemon";
	return NULL;
}

static const char *
daemon_trouble(struct chaos *c)
{
	unsigned i, n = 0, fds;

	if (c->daemon == 0)
		return "no daemon";
	if (c->guard == 0)
		return "no guard";
	if (c->logger == 0)
		return "no log process";
	if (ends_is_expected(c, c->daemon) || ends_is_expected(c, c->guard) ||
	    ends_is_expected(c, c->logger))
		return "a process of hupd should have ended";
	if (c->nhupd != 3)
		return "more than three processes of hupd";
	if (c->said_pid != c->daemon)
		return "another daemon answers";
	if (c->reloading)
		return "a reload is under way";
	for (i = 0; i < c->nprograms; i++)
		n += c->programs[i].defined;
	fds = count_fds(c->daemon);
	if (fds > c->most_fds)
		c->most_fds = fds;
	if (fds > FDS + 2 * n)
		return "the daemon has too many descriptors";
	if (count_fds(c->logger) > FDS + 2 * n)
		return "the log process has too many descriptors";
	return pidfile_trouble(c);
}

static const char *
state_trouble(const struct program *p, bool blocked)
{
	if (!p->wanted || blocked)
		return strcmp(p->state, "down") == 0 ? NULL : "is not down";
	if (strcmp(p->want, "run") != 0)
		return "is not wanted";
	if (p->kind == KIND_CRASH)
		return strcmp(p->state, "up") == 0 ? NULL : "is not up";
	if (p->kind == KIND_ONCE) {
		if (strcmp(p->state, "done") == 0 ||
		    (p->broken && strcmp(p->state, "failed") == 0))
			return NULL;
		return "is not done";
	}
	return strcmp(p->state, "up") == 0 ? NULL : "is not up";
}

static const char *
program_trouble(struct chaos *c, const struct program *p)
{
	bool blocked = world_is_blocked(c, p);
	const char *trouble;
	unsigned mains = p->wanted && !blocked && p->kind != KIND_ONCE;
	unsigned children = mains && p->kind == KIND_BROOD ? 2 : 0;

	if (!p->defined) {
		if (p->listed)
			return "is still there";
		mains = children = 0;
	} else if (!p->listed)
		return "is not there";
	else if ((trouble = state_trouble(p, blocked)) != NULL)
		return trouble;
	if (p->kind == KIND_CRASH && mains == 1)
		return p->mains > 1 ? "runs twice" : NULL;
	if (p->mains != mains)
		return p->mains > mains ? "has a process too many"
					: "has no process";
	if (p->children != children)
		return "has another number of children";
	if (mains == 0)
		return NULL;
	if (p->main == p->dying)
		return "has a process that should have ended";
	if (p->said_pid != p->main)
		return "is said to have another pid";
	if (p->seen_version != p->version)
		return "runs with another definition";
	return NULL;
}

const char *
trouble(struct chaos *c, const struct program **who)
{
	const char *what;
	unsigned i;

	*who = NULL;
	if (!ask_status(c))
		return "the daemon does not answer";
	look(c);
	if ((what = daemon_trouble(c)) != NULL)
		return what;
	for (i = 0; i < c->nprograms; i++) {
		*who = &c->programs[i];
		if ((what = program_trouble(c, *who)) != NULL)
			return what;
	}
	*who = NULL;
	for (i = 0; i < c->nseen; i++)
		if (c->seen[i].what == '?')
			return "an unknown process";
	return NULL;
}
