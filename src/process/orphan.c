/* orphan - find and kill the processes that programs left, without cgroups. */
#include <sys/types.h>
#include <sys/prctl.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/orphan.h"
#include "process/process.h"

/* Generations of parents that orphan_leader follows. */
#define DEPTH_MAX 64
/* Passes over /proc that orphan_kill_runs makes at most. */
#define PASSES_MAX 16

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
		if (strncmp(line, NAMES_MARK "=", sizeof(NAMES_MARK)) == 0) {
			*run = strtoull(line + sizeof(NAMES_MARK), NULL, 16);
			found = true;
		}
	free(line);
	fclose(f);
	return found;
}

struct run_rule {
	bool (*over)(uint64_t run, void *);
	void *arg;
	int killed;
};

/*
 * Open a pidfd first, where the kernel has them, and then check again: so the
 * signal reaches the process that was checked.
 */
static void
kill_marked(pid_t pid, void *arg)
{
	struct run_rule *rule = arg;
	struct process held = {.pid = pid};
	uint64_t run;

	if (!orphan_mark(pid, &run) || !rule->over(run, rule->arg))
		return;
	held.pidfd = process_open(pid);
	if (held.pidfd == -1 && errno != ENOSYS)
		return;
	if (!process_is_dying(pid) && orphan_mark(pid, &run) &&
	    rule->over(run, rule->arg) && process_signal(&held, SIGKILL) == 0)
		rule->killed++;
	if (held.pidfd != -1)
		close(held.pidfd);
}

int
orphan_kill_runs(bool (*over)(uint64_t, void *), void *arg)
{
	struct run_rule rule = {.over = over, .arg = arg};
	int before, passes = 0;

	/* Repeat while processes are found: they may have forked meanwhile. */
	do {
		before = rule.killed;
		process_each(kill_marked, &rule);
	} while (rule.killed > before && ++passes < PASSES_MAX);
	return rule.killed;
}

static bool
is_run(uint64_t run, void *arg)
{
	const uint64_t *that = arg;

	return run == *that;
}

int
orphan_kill_run(uint64_t run)
{
	return orphan_kill_runs(is_run, &run);
}

/* Returns 1 if the process is still dying. */
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
	/* It is our child and not reaped, so its pid is not reused. */
	if (kill(pid, SIGKILL) == -1)
		return 0;
	rule->killed(run, pid, rule->arg);
	return 1;
}

struct sweep {
	const struct orphan_rule *rule;
	int n;
};

static void
sweep_child(pid_t pid, void *arg)
{
	struct sweep *s = arg;

	if (process_parent(pid) == getpid())
		s->n += sweep_one(s->rule, pid);
}

/* The kernel gives no list of children: search all processes. */
static int
sweep_proc(const struct orphan_rule *rule)
{
	struct sweep s = {.rule = rule};

	process_each(sweep_child, &s);
	return s.n;
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
