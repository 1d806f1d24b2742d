/*
 * orphan - processes that programs left, found without cgroups.
 */
#include <sys/types.h>
#include <sys/prctl.h>

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orphan.h"
#include "process.h"
#include "spawn.h"

/* Generations of parents that orphan_leader follows. */
#define DEPTH_MAX 64

int
orphan_init(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

bool
orphan_mark(pid_t pid, uint64_t *run)
{
	char path[64], *line = NULL;
	size_t cap = 0;
	FILE *f;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	while (!found && getdelim(&line, &cap, '\0', f) != -1)
		if (strncmp(line, ORPHAN_MARK "=", sizeof(ORPHAN_MARK)) == 0) {
			*run = strtoull(line + sizeof(ORPHAN_MARK), NULL, 16);
			found = true;
		}
	free(line);
	fclose(f);
	return found;
}

struct group_rule {
	uint64_t run;
	int killed;
};

/* Held by a pidfd, so that it is the one that was looked at. */
static void
kill_marked(pid_t pid, void *arg)
{
	struct group_rule *rule = arg;
	struct spawn_child child = {.pid = pid};
	uint64_t run;

	child.pidfd = process_open(pid);
	if (child.pidfd == -1)
		return;
	if (orphan_mark(pid, &run) && run == rule->run &&
	    spawn_signal(&child, SIGKILL) == 0)
		rule->killed++;
	close(child.pidfd);
}

int
orphan_kill_group(pid_t pgid, uint64_t run)
{
	struct group_rule rule = {.run = run};

	process_each_in_group(pgid, kill_marked, &rule);
	return rule.killed;
}

static int
sweep_one(const struct orphan_rule *rule, pid_t pid)
{
	uint64_t run;

	if (rule->known(pid, rule->arg))
		return 0;
	if (process_is_dying(pid))
		return 1;
	if (!orphan_mark(pid, &run) || rule->alive(run, rule->arg))
		return 0;
	/* It is an unreaped child of ours: the pid cannot be another's. */
	if (kill(pid, SIGKILL) == -1)
		return 0;
	rule->killed(run, pid, rule->arg);
	return 1;
}

/* Without the list of children: everyone whose parent we are. */
static int
sweep_proc(const struct orphan_rule *rule)
{
	struct dirent *d;
	DIR *proc;
	pid_t pid;
	int n = 0;

	proc = opendir("/proc");
	if (proc == NULL)
		return 0;
	while ((d = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		pid = (pid_t)strtol(d->d_name, NULL, 10);
		if (process_parent(pid) == getpid())
			n += sweep_one(rule, pid);
	}
	closedir(proc);
	return n;
}

int
orphan_sweep(const struct orphan_rule *rule)
{
	char path[64];
	FILE *f;
	int pid, n = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
	    (int)getpid());
	f = fopen(path, "re");
	if (f == NULL)
		return sweep_proc(rule);
	while (fscanf(f, "%d", &pid) == 1)
		n += sweep_one(rule, pid);
	fclose(f);
	return n;
}

pid_t
orphan_leader(pid_t pid, bool (*known)(pid_t, void *), void *arg)
{
	pid_t sid;
	int depth;

	if (known(pid, arg))
		return pid;
	sid = getsid(pid);
	if (sid > 0 && known(sid, arg))
		return sid;
	for (depth = 0; depth < DEPTH_MAX && pid > 1; depth++) {
		pid = process_parent(pid);
		if (pid > 0 && known(pid, arg))
			return pid;
	}
	return -1;
}
