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
#include "program/progcheck.h"

/* Deaths that hid behind each other's SIGCHLD are looked for this late. */
#define REAP_DELAY 1000
/* Programs that are looked at again in a turn. */
#define DRAIN_BATCH 64

int
prog_names_cmp(struct prog *a, struct prog *b)
{
	return strcmp(a->conf->name, b->conf->name);
}

static int
prog_pids_cmp(struct prog *a, struct prog *b)
{
	return (a->child.pid > b->child.pid) - (a->child.pid < b->child.pid);
}

RB_GENERATE(prog_names, prog, by_name, prog_names_cmp)
RB_PROTOTYPE(prog_pids, prog, by_pid, prog_pids_cmp)
RB_GENERATE(prog_pids, prog, by_pid, prog_pids_cmp)

static void reap_due(struct deadline *);

void
progs_init(struct progs *ps, struct loop *loop, struct logger *logger,
    struct cgroup *cgroup, const char *notify_path, struct records *records)
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

struct prog *
progs_find(const struct progs *ps, const char *name)
{
	struct prog *p = RB_ROOT(&ps->names);
	int c;

	while (p != NULL && (c = strcmp(name, p->conf->name)) != 0)
		p = c < 0 ? RB_LEFT(p, by_name) : RB_RIGHT(p, by_name);
	return p;
}

struct prog *
progs_first(struct progs *ps)
{
	return RB_MIN(prog_names, &ps->names);
}

struct prog *
progs_next(struct prog *p)
{
	return RB_NEXT(prog_names, &p->progs->names, p);
}

static struct prog *
find_pid(struct progs *ps, pid_t pid)
{
	struct prog key = {.child.pid = pid};

	return RB_FIND(prog_pids, &ps->pids, &key);
}

bool
progs_has_pid(struct progs *ps, pid_t pid)
{
	return find_pid(ps, pid) != NULL;
}

void
progs_add_pid(struct prog *p)
{
	RB_INSERT(prog_pids, &p->progs->pids, p);
}

void
progs_remove_pid(struct prog *p)
{
	RB_REMOVE(prog_pids, &p->progs->pids, p);
}

static bool
is_main(pid_t pid, void *arg)
{
	return find_pid(arg, pid) != NULL;
}

struct prog *
progs_owner(struct progs *ps, pid_t pid)
{
	char name[256];
	struct prog *p;
	pid_t leader;

	p = find_pid(ps, pid);
	if (p != NULL)
		return p;
	if (ps->cgroup != NULL)
		return cgroup_owner(ps->cgroup, pid, name, sizeof(name))
		    ? progs_find(ps, name)
		    : NULL;
	leader = orphan_leader(pid, is_main, ps);
	return leader != -1 ? find_pid(ps, leader) : NULL;
}

/* The children that are no program's main process. */
static bool
is_known(pid_t pid, void *arg)
{
	struct progs *ps = arg;

	return find_pid(ps, pid) != NULL || check_is_child(ps, pid) ||
	    ps->is_ours(pid, ps->arg);
}

static void
reap_stranger(struct progs *ps, pid_t pid)
{
	process_reap(pid, -1);
	/* Its end may leave us its children. */
	progs_sweep_later(ps);
}

static void
reap_later(struct progs *ps)
{
	if (!clock_is_set(ps->reap.at))
		loop_at(ps->loop, &ps->reap,
		    clock_add_ms(loop_now(ps->loop), REAP_DELAY));
}

/* Look at every dead child once.  O(children), in the kernel. */
static void
reap_all(struct progs *ps)
{
	struct prog *p;
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
			prog_exited(p);
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
progs_child_died(struct progs *ps, pid_t pid)
{
	struct prog *p = find_pid(ps, pid);

	if (p != NULL) {
		if (p->exit.fd == -1)
			prog_exited(p);
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
	struct progs *ps = arg;
	struct prog *p;

	RB_FOREACH (p, prog_pids, &ps->pids)
		if (p->run == run)
			return true;
	return check_is_run(ps, run);
}

static void
stranger_killed(uint64_t run, pid_t pid, void *arg)
{
	struct progs *ps = arg;
	struct prog *p;

	RB_FOREACH (p, prog_names, &ps->names)
		if (p->run >> 32 == run >> 32)
			break;
	log_info("%s: left process %d behind, killed",
	    p != NULL ? p->conf->name : "a program that is gone", (int)pid);
}

static void
sweep(struct progs *ps)
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
	struct progs *ps = arg;
	struct prog *p;
	int n;

	ps->drain_due = false;
	/* A long chain starts in steps, between which others are served. */
	for (n = 0; n < DRAIN_BATCH; n++) {
		p = TAILQ_FIRST(&ps->queue);
		if (p == NULL)
			break;
		TAILQ_REMOVE(&ps->queue, p, queued);
		p->is_queued = false;
		prog_look_again(p);
	}
	if (!TAILQ_EMPTY(&ps->queue))
		progs_drain_later(ps);
	if (ps->sweep_due) {
		ps->sweep_due = false;
		sweep(ps);
	}
	while ((p = TAILQ_FIRST(&ps->dead)) != NULL) {
		TAILQ_REMOVE(&ps->dead, p, queued);
		prog_free(p);
	}
	if (ps->changed != NULL)
		ps->changed(ps->arg);
}

void
progs_drain_later(struct progs *ps)
{
	if (ps->drain_due)
		return;
	ps->drain_due = true;
	loop_after(ps->loop, drain, ps);
}

void
progs_sweep_later(struct progs *ps)
{
	if (ps->cgroup != NULL)
		return;
	ps->sweep_due = true;
	progs_drain_later(ps);
}

void
progs_queue(struct prog *p)
{
	if (p->is_queued)
		return;
	p->is_queued = true;
	TAILQ_INSERT_TAIL(&p->progs->queue, p, queued);
	progs_drain_later(p->progs);
}

/* Hand a removed program over to the end of the turn. */
void
progs_bury(struct prog *p)
{
	if (p->is_queued)
		TAILQ_REMOVE(&p->progs->queue, p, queued);
	p->is_queued = false;
	progs_unlink(p);
	RB_REMOVE(prog_names, &p->progs->names, p);
	p->progs->n--;
	TAILQ_INSERT_TAIL(&p->progs->dead, p, queued);
	progs_drain_later(p->progs);
}

void
progs_drop(struct prog *p)
{
	progs_bury(p);
	TAILQ_REMOVE(&p->progs->dead, p, queued);
	prog_free(p);
}

static int
add_to(struct prog ***list, size_t *n, struct prog *p)
{
	struct prog **grown;

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
link_to(struct prog *p, struct prog *need)
{
	if (add_to(&p->needs, &p->nneeds, need) == -1)
		return -1;
	if (add_to(&need->needed_by, &need->nneeded_by, p) == 0)
		return 0;
	p->nneeds--;
	return -1;
}

static void
remove_from(struct prog **list, size_t *n, const struct prog *p)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (list[i] == p) {
			list[i] = list[--*n];
			return;
		}
}

static void
clear_links(struct prog *p)
{
	free(p->needs);
	free(p->needed_by);
	p->needs = p->needed_by = NULL;
	p->nneeds = p->nneeded_by = p->depth = 0;
}

/* Take it out of its neighbours' lists. */
void
progs_unlink(struct prog *p)
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
depth(struct prog *p)
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
prog_leaves_before(const struct prog *a, const struct prog *b)
{
	if (a->depth != b->depth)
		return a->depth > b->depth ? -1 : 1;
	return strcmp(b->conf->name, a->conf->name);
}

int
progs_link(struct progs *ps)
{
	struct prog *p, *need;
	char **name;
	int failed = 0;

	RB_FOREACH (p, prog_names, &ps->names)
		clear_links(p);
	RB_FOREACH (p, prog_names, &ps->names) {
		for (name = p->conf->depends_on; name != NULL && *name != NULL;
		     name++) {
			need = progs_find(ps, *name);
			if (need == NULL)
				continue;
			if (link_to(p, need) == -1)
				failed = -1;
		}
	}
	RB_FOREACH (p, prog_names, &ps->names)
		depth(p);
	return failed;
}
