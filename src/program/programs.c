/*
 * progs - the set of all programs: lookup, dependencies, whose process is
 * whose, and what is left to do at the end of a turn.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "process/orphan.h"
#include "program/check.h"

/* Deaths that hid behind each other's SIGCHLD are looked for this late. */
#define REAP_DELAY 1000
/* Programs that are looked at again in a turn. */
#define DRAIN_BATCH 64

int
program_names_cmp(struct program *a, struct program *b)
{
	return strcmp(a->conf->name, b->conf->name);
}

static int
program_pids_cmp(struct program *a, struct program *b)
{
	return (a->child.pid > b->child.pid) - (a->child.pid < b->child.pid);
}

RB_GENERATE(program_names, program, by_name, program_names_cmp)
RB_PROTOTYPE(program_pids, program, by_pid, program_pids_cmp)
RB_GENERATE(program_pids, program, by_pid, program_pids_cmp)

static void reap_due(struct deadline *);

void
programs_init(struct programs *ps, struct loop *loop, struct logger *logger,
    struct cgroup *cgroup, const char *notify_path, struct record *records)
{
	memset(ps, 0, sizeof(*ps));
	RB_INIT(&ps->names);
	RB_INIT(&ps->pids);
	TAILQ_INIT(&ps->queue);
	TAILQ_INIT(&ps->dead);
	LIST_INIT(&ps->actions);
	LIST_INIT(&ps->checks);
	ps->loop = loop;
	ps->logger = logger;
	ps->cgroup = cgroup;
	ps->notify_path = notify_path;
	ps->records = records;
	ps->reap.due = reap_due;
	ps->reap.arg = ps;
}

struct program *
programs_find(const struct programs *ps, const char *name)
{
	struct program *p = RB_ROOT(&ps->names);
	int c;

	while (p != NULL && (c = strcmp(name, p->conf->name)) != 0)
		p = c < 0 ? RB_LEFT(p, by_name) : RB_RIGHT(p, by_name);
	return p;
}

struct program *
programs_first(struct programs *ps)
{
	return RB_MIN(program_names, &ps->names);
}

struct program *
programs_next(struct program *p)
{
	return RB_NEXT(program_names, &p->programs->names, p);
}

static struct program *
find_pid(struct programs *ps, pid_t pid)
{
	struct program key = {.child.pid = pid};

	return RB_FIND(program_pids, &ps->pids, &key);
}

bool
programs_has_pid(struct programs *ps, pid_t pid)
{
	return find_pid(ps, pid) != NULL;
}

void
programs_add_pid(struct program *p)
{
	RB_INSERT(program_pids, &p->programs->pids, p);
}

void
programs_remove_pid(struct program *p)
{
	RB_REMOVE(program_pids, &p->programs->pids, p);
}

static bool
is_main(pid_t pid, void *arg)
{
	return find_pid(arg, pid) != NULL;
}

struct program *
programs_owner(struct programs *ps, pid_t pid)
{
	char name[256];
	struct program *p;
	pid_t leader;

	p = find_pid(ps, pid);
	if (p != NULL)
		return p;
	if (ps->cgroup != NULL)
		return cgroup_owner(ps->cgroup, pid, name, sizeof(name))
		    ? programs_find(ps, name)
		    : NULL;
	leader = orphan_leader(pid, is_main, ps);
	return leader != -1 ? find_pid(ps, leader) : NULL;
}

/* The children that are no program's main process. */
static bool
is_known(pid_t pid, void *arg)
{
	struct programs *ps = arg;

	return find_pid(ps, pid) != NULL || check_is_child(ps, pid) ||
	    ps->is_ours(pid, ps->arg);
}

static void
reap_stranger(struct programs *ps, pid_t pid)
{
	process_reap(pid, -1);
	/* Its end may leave us its children. */
	programs_sweep_later(ps);
}

static void
reap_later(struct programs *ps)
{
	if (!clock_is_set(ps->reap.at))
		loop_at(ps->loop, &ps->reap,
		    clock_add_ms(loop_now(ps->loop), REAP_DELAY));
}

/* Look at every dead child once.  O(children), in the kernel. */
static void
reap_all(struct programs *ps)
{
	struct program *p;
	siginfo_t si;
	pid_t last = 0;

	for (;; last = si.si_pid) {
		si.si_pid = 0;
		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == -1 ||
		    si.si_pid == 0)
			return;
		if (si.si_pid == last) {
			/* Its owner has yet to come. */
			reap_later(ps);
			return;
		}
		p = find_pid(ps, si.si_pid);
		if (p != NULL)
			program_exited(p);
		else if (check_is_child(ps, si.si_pid))
			check_died(ps, si.si_pid);
		else if (ps->is_ours(si.si_pid, ps->arg))
			ps->ours_died(si.si_pid, ps->arg);
		else
			reap_stranger(ps, si.si_pid);
	}
}

static void
reap_due(struct deadline *d)
{
	reap_all(d->arg);
}

void
programs_child_died(struct programs *ps, pid_t pid)
{
	struct program *p = find_pid(ps, pid);

	if (p != NULL) {
		if (p->exit.fd == -1)
			program_exited(p);
	} else if (check_is_child(ps, pid))
		check_died(ps, pid);
	else if (ps->is_ours(pid, ps->arg))
		ps->ours_died(pid, ps->arg);
	else
		reap_stranger(ps, pid);
	reap_later(ps);
}

static bool
run_is_alive(uint64_t run, void *arg)
{
	struct programs *ps = arg;
	struct program *p;

	RB_FOREACH (p, program_pids, &ps->pids)
		if (p->run == run)
			return true;
	return check_is_run(ps, run);
}

static void
stranger_killed(uint64_t run, pid_t pid, void *arg)
{
	struct programs *ps = arg;
	struct program *p;

	RB_FOREACH (p, program_names, &ps->names)
		if (p->run >> 32 == run >> 32)
			break;
	log_info("%s: left process %d behind, killed",
	    p != NULL ? p->conf->name : "a program that is gone", (int)pid);
}

static void
sweep(struct programs *ps)
{
	struct orphan_rule rule = {
	    .known = is_known,
	    .alive = run_is_alive,
	    .killed = stranger_killed,
	    .arg = ps,
	};

	ps->nstrangers = orphan_sweep(&rule);
}

/*
 * The end of a turn: programs whose neighbours changed, then what was left
 * behind, then the removed.
 */
static void
drain(void *arg)
{
	struct programs *ps = arg;
	struct program *p;
	int n;

	ps->drain_due = false;
	/* A long chain starts in steps, between which others are served. */
	for (n = 0; n < DRAIN_BATCH; n++) {
		p = TAILQ_FIRST(&ps->queue);
		if (p == NULL)
			break;
		TAILQ_REMOVE(&ps->queue, p, queued);
		p->is_queued = false;
		program_look_again(p);
	}
	if (!TAILQ_EMPTY(&ps->queue))
		programs_drain_later(ps);
	if (ps->sweep_due) {
		ps->sweep_due = false;
		sweep(ps);
	}
	while ((p = TAILQ_FIRST(&ps->dead)) != NULL) {
		TAILQ_REMOVE(&ps->dead, p, queued);
		program_free(p);
	}
	if (ps->changed != NULL)
		ps->changed(ps->arg);
}

void
programs_drain_later(struct programs *ps)
{
	if (ps->drain_due)
		return;
	ps->drain_due = true;
	loop_after(ps->loop, drain, ps);
}

void
programs_sweep_later(struct programs *ps)
{
	if (ps->cgroup != NULL)
		return;
	ps->sweep_due = true;
	programs_drain_later(ps);
}

void
programs_queue(struct program *p)
{
	if (p->is_queued)
		return;
	p->is_queued = true;
	TAILQ_INSERT_TAIL(&p->programs->queue, p, queued);
	programs_drain_later(p->programs);
}

/* Hand a removed program over to the end of the turn. */
void
programs_bury(struct program *p)
{
	if (p->is_queued)
		TAILQ_REMOVE(&p->programs->queue, p, queued);
	p->is_queued = false;
	programs_unlink(p);
	RB_REMOVE(program_names, &p->programs->names, p);
	p->programs->n--;
	TAILQ_INSERT_TAIL(&p->programs->dead, p, queued);
	programs_drain_later(p->programs);
}

void
programs_drop(struct program *p)
{
	programs_bury(p);
	TAILQ_REMOVE(&p->programs->dead, p, queued);
	program_free(p);
}

static int
add_to(struct program ***list, size_t *n, struct program *p)
{
	struct program **grown;

	/* Grown at powers of two. */
	if ((*n & (*n - 1)) == 0) {
		grown =
		    reallocarray(*list, *n == 0 ? 1 : 2 * *n, sizeof(*grown));
		if (grown == NULL)
			return -1;
		*list = grown;
	}
	(*list)[(*n)++] = p;
	return 0;
}

/* Both know of each other, or neither: each may outlive the other. */
static int
link_to(struct program *p, struct program *need)
{
	if (add_to(&p->needs, &p->nneeds, need) == -1)
		return -1;
	if (add_to(&need->needed_by, &need->nneeded_by, p) == 0)
		return 0;
	p->nneeds--;
	return -1;
}

static void
remove_from(struct program **list, size_t *n, const struct program *p)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (list[i] == p) {
			list[i] = list[--*n];
			return;
		}
}

static void
clear_links(struct program *p)
{
	free(p->needs);
	free(p->needed_by);
	p->needs = p->needed_by = NULL;
	p->nneeds = p->nneeded_by = p->depth = 0;
}

/* Take it out of its neighbours' lists. */
void
programs_unlink(struct program *p)
{
	size_t i;

	for (i = 0; i < p->nneeds; i++)
		remove_from(p->needs[i]->needed_by, &p->needs[i]->nneeded_by,
		    p);
	for (i = 0; i < p->nneeded_by; i++)
		remove_from(p->needed_by[i]->needs, &p->needed_by[i]->nneeds,
		    p);
	clear_links(p);
}

static size_t
depth(struct program *p)
{
	size_t i, most = 0;

	if (p->depth == 0) {
		for (i = 0; i < p->nneeds; i++)
			if (depth(p->needs[i]) > most)
				most = depth(p->needs[i]);
		p->depth = most + 1;
	}
	return p->depth;
}

int
program_leaves_before(const struct program *a, const struct program *b)
{
	if (a->depth != b->depth)
		return a->depth > b->depth ? -1 : 1;
	return strcmp(b->conf->name, a->conf->name);
}

int
programs_link(struct programs *ps)
{
	struct program *p, *need;
	char **name;
	int failed = 0;

	RB_FOREACH (p, program_names, &ps->names)
		clear_links(p);
	RB_FOREACH (p, program_names, &ps->names) {
		for (name = p->conf->depends_on; name != NULL && *name != NULL;
		     name++) {
			need = programs_find(ps, *name);
			if (need == NULL)
				continue;
			if (link_to(p, need) == -1)
				failed = -1;
		}
	}
	RB_FOREACH (p, program_names, &ps->names)
		depth(p);
	return failed;
}
