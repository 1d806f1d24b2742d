/*
 * programs - the set of all programs.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "program/outcome.h"
#include "program/program.h"
#include "program/programs.h"
#include "program/runtime.h"

/* The programs that are examined in one turn. */
#define DRAIN_BATCH 64

/* Kill orphans, and count those that are not gone yet. */
static void
sweep(struct programs *ps)
{
	ps->norphans = ps->system->sweep(ps->system);
}

static void drain_later(struct programs *);

/* Look again at up to n programs that are queued. */
static void
look_again(struct programs *ps, size_t n)
{
	struct program *p;

	while (n-- > 0 && (p = TAILQ_FIRST(&ps->queue)) != NULL) {
		TAILQ_REMOVE(&ps->queue, p, queued);
		p->is_queued = false;
		program_look_again(p);
	}
}

/*
 * The end of a turn: handle programs whose neighbours changed, then orphans,
 * then free programs.
 */
static void
drain(void *arg)
{
	struct programs *ps = arg;
	struct program *p;

	ps->drain_due = false;
	/* A long chain starts in steps; events are served between them. */
	look_again(ps, DRAIN_BATCH);
	if (!TAILQ_EMPTY(&ps->queue))
		drain_later(ps);
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

static void
drain_later(struct programs *ps)
{
	if (ps->drain_due)
		return;
	ps->drain_due = true;
	loop_after(ps->loop, drain, ps);
}

static void
sweep_due(void *arg)
{
	struct programs *ps = arg;

	ps->sweep_due = true;
	drain_later(ps);
}

/* A runtime directory has been removed: programs may have waited for it. */
static void
removed(void *arg, char *const *names)
{
	struct programs *ps = arg;
	struct program *p;

	if (names != NULL)
		runtime_removed(ps, names);
	RB_FOREACH (p, program_names, &ps->names)
		if (p->state == STATE_DOWN && p->want == WANT_RUN &&
		    p->conf->folders.n > 0)
			program_queue(p);
	drain_later(ps);
}

/* Each program counts its runs in the lower half of the mark. */
static void
orphan_killed(void *arg, uint64_t run, pid_t pid)
{
	struct programs *ps = arg;
	struct program *p;

	RB_FOREACH (p, program_names, &ps->names)
		if (p->child.run >> 32 == run >> 32)
			break;
	log_info("%s: killed process %d that it left behind",
	    p != NULL ? p->conf->name : "a program that is gone", (int)pid);
}

/* Can it have made a process of this user?  Root can become any. */
static bool
may_be_user(const struct program *p, uid_t uid)
{
	uid_t own = p->conf->uid != (uid_t)-1 ? p->conf->uid : geteuid();

	return own == 0 || own == uid;
}

static uint64_t
run_of_user(void *arg, uid_t uid, uint64_t start_time)
{
	struct programs *ps = arg;
	struct program *p, *only = NULL;

	RB_FOREACH (p, program_names, &ps->names) {
		if (!may_be_user(p, uid) || (uint32_t)p->child.run == 0)
			continue;
		if (only != NULL)
			return 0;
		only = p;
	}
	if (only == NULL)
		return 0;
	if (only->child.pid == 0 || start_time >= only->child.start_time)
		return only->child.run;
	/* Older than the main process: an earlier start, if any, left it. */
	return (uint32_t)only->child.run > 1 ? only->child.run - 1 : 0;
}

/*
 * The program that the process belongs to, as the kernel reports it, or NULL.
 */
static struct program *
owner_of(struct programs *ps, pid_t pid)
{
	char name[256];
	struct child *c =
	    ps->system->owner(ps->system, pid, name, sizeof(name));

	if (c != NULL)
		return c->owner;
	return *name != '\0' ? programs_find(ps, name) : NULL;
}

/*
 * The socket says which program a message belongs to.  A message is rejected
 * only if its sender is known to belong to another program.  A sender that has
 * ended, or has left the program's cgroup, may be the program's own.
 */
static void
notified(void *arg, void *owner, const struct sdnotify *m, pid_t sender)
{
	struct programs *ps = arg;
	struct program *p = owner, *other = NULL;

	if (sender > 0)
		other = owner_of(ps, sender);
	if (p == NULL)
		p = other;
	if (p == NULL || (other != NULL && other != p)) {
		log_debug("a notify message of pid %d is dropped: it belongs "
			  "to %s",
		    (int)sender, other != NULL ? "another program" : "none");
		return;
	}
	if (m != NULL)
		program_notified(p, m, sender);
	else
		program_not_notified(p);
}

void
programs_init(struct programs *ps, struct loop *loop, struct system *sys,
    struct record *record)
{
	memset(ps, 0, sizeof(*ps));
	RB_INIT(&ps->names);
	TAILQ_INIT(&ps->queue);
	TAILQ_INIT(&ps->dead);
	TAILQ_INIT(&ps->runtimes);
	TAILQ_INIT(&ps->removals);
	ps->loop = loop;
	ps->system = sys;
	ps->records = record;
	ps->drain_later = drain_later;
	ps->feed = program_feed;
	sys->sweep_due = sweep_due;
	sys->removed = removed;
	sys->run_of_user = run_of_user;
	sys->orphan_killed = orphan_killed;
	sys->notified = notified;
	sys->arg = ps;
}

void
programs_start_due(struct programs *ps)
{
	look_again(ps, SIZE_MAX);
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

static int
leaves_before(const void *a, const void *b)
{
	return program_leaves_before(*(struct program *const *)a,
	    *(struct program *const *)b);
}

struct program **
programs_sorted(struct programs *ps)
{
	struct program **v = calloc(ps->n + 1, sizeof(struct program *)), *p;
	size_t n = 0;

	if (v == NULL)
		return NULL;
	RB_FOREACH (p, program_names, &ps->names)
		v[n++] = p;
	qsort(v, n, sizeof(*v), leaves_before);
	return v;
}

void
programs_stop_all(struct programs *ps)
{
	struct program **v = programs_sorted(ps), *p;

	for (size_t i = 0; v != NULL && v[i] != NULL; i++)
		program_request(v[i], EVENT_STOP);
	/* Without memory, dependents at least stop in order. */
	if (v == NULL)
		RB_FOREACH (p, program_names, &ps->names)
			program_request(p, EVENT_STOP);
	free(v);
	drain_later(ps);
}

bool
programs_are_ended(struct programs *ps)
{
	struct program *p;

	/* The queue may hold a done program whose stop has not begun. */
	if (ps->norphans > 0 || !TAILQ_EMPTY(&ps->queue) ||
	    !TAILQ_EMPTY(&ps->removals) || ps->system->ends_tmp(ps->system))
		return false;
	if (ps->nalive == 0)
		return true;
	RB_FOREACH (p, program_names, &ps->names)
		if (fsm_is_alive(p->state) && !outcome_is_overdue(p))
			return false;
	return true;
}

void
programs_report_left(struct programs *ps)
{
	struct program *p;
	int n;

	RB_FOREACH (p, program_names, &ps->names) {
		n = ps->system->left(ps->system, &p->child, p->conf->name) +
		    (p->child.pid != 0);
		if (p->conf->kill_mode == KILL_PROCESS)
			n += ps->system->kept(ps->system, &p->child,
			    p->conf->name);
		if (n > 0)
			log_warnx("%s: left running: %d process%s (%s)",
			    p->conf->name, n, n == 1 ? "" : "es",
			    p->conf->kill_mode == KILL_PROCESS
				? "kill-mode = process"
				: "send-sigkill = no");
	}
}

void
programs_look_at_conditions(struct programs *ps)
{
	struct program *p;

	RB_FOREACH (p, program_names, &ps->names)
		if (p->state == STATE_DOWN && outcome_is_unmet(p))
			program_retry(p);
}

void
programs_drop(struct program *p)
{
	program_retire(p);
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
need(struct program *p, struct program *other)
{
	if (add_to(&p->needs, &p->nneeds, other) == -1)
		return -1;
	if (add_to(&other->needed_by, &other->nneeded_by, p) == 0)
		return 0;
	p->nneeds--;
	return -1;
}

static int
follow(struct program *p, struct program *other)
{
	if (add_to(&p->follows, &p->nfollows, other) == -1)
		return -1;
	if (add_to(&other->followed_by, &other->nfollowed_by, p) == 0)
		return 0;
	p->nfollows--;
	return -1;
}

/* Link p to each program of the list; a name may be unknown. */
static int
link_to(struct program *p, char *const *names,
    int (*link)(struct program *, struct program *))
{
	struct program *other;
	int failed = 0;

	for (; names != NULL && *names != NULL; names++) {
		other = programs_find(p->programs, *names);
		if (other != NULL && link(p, other) == -1)
			failed = -1;
	}
	return failed;
}

static void
clear_links(struct program *p)
{
	free(p->needs);
	free(p->needed_by);
	free(p->follows);
	free(p->followed_by);
	p->needs = p->needed_by = p->follows = p->followed_by = NULL;
	p->nneeds = p->nneeded_by = p->nfollows = p->nfollowed_by = 0;
	p->depth = 0;
}

static size_t
depth(struct program *p)
{
	size_t i, most = 0;

	if (p->depth == 0) {
		for (i = 0; i < p->nneeds; i++)
			if (depth(p->needs[i]) > most)
				most = depth(p->needs[i]);
		for (i = 0; i < p->nfollows; i++)
			if (depth(p->follows[i]) > most)
				most = depth(p->follows[i]);
		p->depth = most + 1;
	}
	return p->depth;
}

int
programs_link(struct programs *ps)
{
	struct program *p;
	int failed = 0;

	RB_FOREACH (p, program_names, &ps->names)
		clear_links(p);
	RB_FOREACH (p, program_names, &ps->names)
		failed |= link_to(p, p->conf->depends_on, need) |
		    link_to(p, p->conf->after, follow) |
		    link_to(p, p->conf->restart_with, follow);
	RB_FOREACH (p, program_names, &ps->names)
		depth(p);
	return failed;
}
