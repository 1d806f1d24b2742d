/*
 * neighbours - the programs that a program depends on or follows, and those
 * that depend on it or follow it.
 */
#include "program/neighbours.h"
#include "program/outcome.h"

bool
neighbours_block(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nneeds; i++)
		if (!outcome_is_good(p->needs[i]))
			return true;
	for (i = 0; i < p->nfollows; i++)
		if (outcome_is_awaited(p->follows[i]))
			return true;
	return false;
}

static bool
is_leaving(const struct program *p)
{
	return p->want != WANT_RUN &&
	    (fsm_is_alive(p->state) || outcome_remains(p));
}

bool
neighbours_hold(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nneeded_by; i++)
		if (is_leaving(p->needed_by[i]))
			return true;
	for (i = 0; i < p->nfollowed_by; i++)
		if (is_leaving(p->followed_by[i]))
			return true;
	return false;
}

bool
neighbours_restart_with(const struct program *p, const struct program *leader)
{
	return strings_has(p->conf->restart_with, leader->conf->name);
}

struct walk {
	unsigned number;
	void (*fn)(struct program *, void *);
	void *arg;
};

/* Is this the first time that the walk comes here? */
static bool
is_new(const struct walk *walk, struct program *p)
{
	bool new = p->walked != walk->number;

	p->walked = walk->number;
	return new;
}

static void
walk_needs(const struct walk *walk, struct program *p)
{
	struct program *need;
	size_t i;

	for (i = 0; i < p->nneeds; i++) {
		need = p->needs[i];
		if (outcome_is_good(need) || !is_new(walk, need))
			continue;
		walk_needs(walk, need);
		walk->fn(need, walk->arg);
	}
}

static void
walk_dependents(const struct walk *walk, struct program *p)
{
	struct program *by;
	size_t i;

	for (i = 0; i < p->nneeded_by; i++) {
		by = p->needed_by[i];
		if ((by->state == STATE_DONE && !outcome_remains(by)) ||
		    by->state == STATE_FAILED || !is_new(walk, by))
			continue;
		walk_dependents(walk, by);
		walk->fn(by, walk->arg);
	}
}

/* Each leader is looked at once: more visits would find no more. */
static bool
walk_leaders(const struct walk *walk, struct program *p)
{
	struct program *leader;
	size_t i;

	for (i = 0; i < p->nfollows; i++) {
		leader = p->follows[i];
		if (!neighbours_restart_with(p, leader) ||
		    !is_new(walk, leader))
			continue;
		if (leader->in_reload || leader->tail_due ||
		    outcome_is_awaited(leader) || walk_leaders(walk, leader))
			return true;
	}
	return false;
}

bool
neighbours_may_lead(struct program *p)
{
	struct walk walk = {.number = ++p->programs->walks};

	return walk_leaders(&walk, p);
}

void
neighbours_each_need(struct program *p, void (*fn)(struct program *, void *),
    void *arg)
{
	struct walk walk = {++p->programs->walks, fn, arg};

	walk_needs(&walk, p);
}

static void
note_rest(struct program *need, void *rests)
{
	if (need->want == WANT_REST)
		*(bool *)rests = true;
}

bool
neighbours_rest(struct program *p)
{
	bool rests = false;

	neighbours_each_need(p, note_rest, &rests);
	return rests;
}

void
neighbours_each_dependent(struct program *p,
    void (*fn)(struct program *, void *), void *arg)
{
	struct walk walk = {++p->programs->walks, fn, arg};

	walk_dependents(&walk, p);
}
