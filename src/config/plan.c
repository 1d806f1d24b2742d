/*
 * plan - the changes from one configuration to another, each with its reason.
 */
#include <stdlib.h>
#include <string.h>

#include "config/plan.h"

static void
add(struct plan *plan, enum plan_kind kind, struct definition *from,
    struct definition *to, struct keyset keys)
{
	plan->count[kind]++;
	if (kind != PLAN_KEEP)
		plan->v[plan->n++] = (struct plan_change){.kind = kind,
		    .from = from,
		    .to = to,
		    .keys = keys};
}

static void
compare(struct plan *plan, struct definition *from, struct definition *to)
{
	struct keyset keys = definition_diff(from, to);

	if (keys_none(keys))
		add(plan, PLAN_KEEP, from, to, keys);
	else if (keys_none(keys_not_live(keys)))
		add(plan, PLAN_ADJUST, from, to, keys);
	else
		add(plan, PLAN_RESTART, from, to, keys);
}

int
plan_make(struct plan *plan, const struct config *from, const struct config *to)
{
	const struct keyset none = {0};
	size_t i = 0, j = 0;
	int order;

	memset(plan, 0, sizeof(*plan));
	plan->v = calloc(from->nprograms + to->nprograms + 1, sizeof(*plan->v));
	if (plan->v == NULL)
		return -1;
	while (i < from->nprograms || j < to->nprograms) {
		if (i == from->nprograms)
			order = 1;
		else if (j == to->nprograms)
			order = -1;
		else
			order = strcmp(from->programs[i]->name,
			    to->programs[j]->name);
		if (order < 0)
			add(plan, PLAN_REMOVE, from->programs[i++], NULL, none);
		else if (order > 0)
			add(plan, PLAN_ADD, NULL, to->programs[j++], none);
		else
			compare(plan, from->programs[i++], to->programs[j++]);
	}
	plan->deferred =
	    keys_not_live(settings_diff(&from->settings, &to->settings));
	return 0;
}

static enum plan_run
run_none(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return PLAN_NEVER;
}

/* Each program of the new set while the plan is adapted. */
struct member {
	struct definition *definition;
	struct plan_change *change; /* NULL: KEEP */
	enum plan_run run;
	enum { UNKNOWN, RESTARTS, STAYS } fate;
	const char *with;
	const char *needed_by;
	bool is_needed; /* by a program that starts */
};

struct members {
	struct member *v; /* in the order of names */
	size_t n;
};

static int
compare_member(const void *name, const void *member)
{
	return strcmp(name, ((const struct member *)member)->definition->name);
}

static struct member *
find_member(struct members *ms, const char *name)
{
	return bsearch(name, ms->v, ms->n, sizeof(*ms->v), compare_member);
}

/*
 * Does it stay at rest with its new definition?  If other dependencies are
 * changed, it may start instead.
 */
static bool
rests(const struct member *m)
{
	return m->run == PLAN_STOPPED ||
	    (m->run == PLAN_BLOCKED &&
		strings_equal(m->change->from->depends_on,
		    m->change->to->depends_on));
}

static void
let_rest(struct plan *plan, const struct members *ms)
{
	const struct member *m;

	for (m = ms->v; m < ms->v + ms->n; m++) {
		if (m->change == NULL || m->change->kind != PLAN_RESTART ||
		    !rests(m))
			continue;
		m->change->kind = PLAN_ADJUST;
		plan->count[PLAN_RESTART]--;
		plan->count[PLAN_ADJUST]++;
	}
}

static bool restarts(struct members *, struct member *);

/* The program that it restarts with; NULL: none of them is restarted. */
static const char *
leader_of(struct members *ms, const struct member *m)
{
	char *const *name = m->definition->restart_with;
	struct member *leader;

	for (; name != NULL && *name != NULL; name++) {
		leader = find_member(ms, *name);
		if (leader != NULL && restarts(ms, leader) &&
		    leader->run >= PLAN_WAITS)
			return *name;
	}
	return NULL;
}

static bool
restarts(struct members *ms, struct member *m)
{
	if (m->fate != UNKNOWN)
		return m->fate == RESTARTS;
	m->fate = STAYS;
	if (m->change != NULL && m->change->kind == PLAN_RESTART)
		m->fate = RESTARTS;
	else if ((m->change == NULL || m->change->kind == PLAN_ADJUST) &&
	    m->definition->restart_with != NULL && m->run >= PLAN_FAILED &&
	    (m->with = leader_of(ms, m)) != NULL)
		m->fate = RESTARTS;
	return m->fate == RESTARTS;
}

/* Does it start, without another? */
static bool
starts_itself(const struct member *m)
{
	return m->change != NULL && m->with == NULL && plan_starts(m->change);
}

/* Find what has to start for this program; see neighbours_each_need. */
static void
need_others(struct members *ms, const struct member *m, const char *name)
{
	char *const *other = m->definition->depends_on;
	struct member *need;

	for (; other != NULL && *other != NULL; other++) {
		need = find_member(ms, *other);
		if (need == NULL || need->is_needed || need->run == PLAN_READY)
			continue;
		need->is_needed = true;
		need_others(ms, need, name);
		if (!starts_itself(need) &&
		    (need->run == PLAN_STOPPED || need->run == PLAN_FAILED ||
			(need->change != NULL &&
			    need->change->kind == PLAN_ADD)))
			need->needed_by = name;
	}
}

static const char *
name_of(const struct plan_change *change)
{
	return change->to != NULL ? change->to->name : change->from->name;
}

static int
compare_changes(const void *a, const void *b)
{
	return strcmp(name_of(a), name_of(b));
}

/* The change of a program that has none of its own. */
static struct plan_change *
change_kept(struct plan *plan, enum plan_kind kind, const struct config *from,
    const struct member *m)
{
	const struct keyset none = {0};

	plan->count[PLAN_KEEP]--;
	add(plan, kind, config_find(from, m->definition->name), m->definition,
	    none);
	return &plan->v[plan->n - 1];
}

/* Make it a restart. */
static void
restart_with(struct plan *plan, const struct config *from,
    const struct member *m)
{
	if (m->change != NULL) {
		m->change->kind = PLAN_RESTART;
		m->change->with = m->with;
		plan->count[PLAN_ADJUST]--;
		plan->count[PLAN_RESTART]++;
	} else
		change_kept(plan, PLAN_RESTART, from, m)->with = m->with;
}

static void
start_for(struct plan *plan, const struct config *from, const struct member *m)
{
	struct plan_change *change = m->change;

	if (change == NULL)
		change = change_kept(plan, PLAN_START, from, m);
	change->needed_by = m->needed_by;
}

static int
members_make(struct members *ms, const struct plan *plan,
    const struct config *to, enum plan_run (*run)(void *arg, const char *name),
    void *arg)
{
	struct member *m;
	size_t at = 0;

	ms->n = to->nprograms;
	if ((ms->v = calloc(ms->n + 1, sizeof(*ms->v))) == NULL)
		return -1;
	for (size_t i = 0; i < ms->n; i++) {
		m = &ms->v[i];
		m->definition = to->programs[i];
		m->run = run(arg, m->definition->name);
		while (at < plan->n &&
		    strcmp(name_of(&plan->v[at]), m->definition->name) < 0)
			at++;
		if (at < plan->n && plan->v[at].to == m->definition)
			m->change = &plan->v[at];
	}
	return 0;
}

int
plan_adapt(struct plan *plan, const struct config *from,
    const struct config *to, enum plan_run (*run)(void *arg, const char *name),
    void *arg)
{
	struct members ms;
	struct member *m;

	if (plan->n == 0)
		return 0;
	if (members_make(&ms, plan, to, run != NULL ? run : run_none, arg) ==
	    -1)
		return -1;
	let_rest(plan, &ms);
	for (m = ms.v; m < ms.v + ms.n; m++)
		restarts(&ms, m);
	for (m = ms.v; m < ms.v + ms.n; m++)
		if (starts_itself(m))
			need_others(&ms, m, m->definition->name);
	/* These add changes: until here each member has its own. */
	for (m = ms.v; m < ms.v + ms.n; m++)
		if (m->with != NULL)
			restart_with(plan, from, m);
		else if (m->needed_by != NULL)
			start_for(plan, from, m);
	qsort(plan->v, plan->n, sizeof(*plan->v), compare_changes);
	free(ms.v);
	return 0;
}

void
plan_clear(struct plan *plan)
{
	free(plan->v);
	memset(plan, 0, sizeof(*plan));
}

const char *
plan_kind_name(enum plan_kind kind)
{
	switch (kind) {
	case PLAN_KEEP:
		return "unchanged";
	case PLAN_ADD:
		return "added";
	case PLAN_REMOVE:
		return "removed";
	case PLAN_RESTART:
		return "restarted";
	case PLAN_START:
		return "started";
	case PLAN_ADJUST:
		return "adjusted";
	}
	return "?";
}

bool
plan_is_own(const struct plan_change *change)
{
	return (change->with == NULL && change->kind != PLAN_START) ||
	    !keys_none(change->keys);
}

bool
plan_starts(const struct plan_change *change)
{
	switch (change->kind) {
	case PLAN_RESTART:
	case PLAN_START:
		return true;
	case PLAN_ADD:
		return change->to->autostart || change->needed_by != NULL;
	case PLAN_ADJUST:
		return change->needed_by != NULL;
	case PLAN_KEEP:
	case PLAN_REMOVE:
		break;
	}
	return false;
}

/* The part of the reason that is about another program, or "". */
static const char *
reason_of_others(const struct plan_change *change, const char **name)
{
	*name = change->with != NULL ? change->with : change->needed_by;
	if (change->with != NULL)
		return "with ";
	if (change->kind == PLAN_START)
		return "for ";
	return change->needed_by != NULL ? "started for " : "";
}

char *
plan_reason(const struct plan_change *change)
{
	const char *name, *lead = reason_of_others(change, &name);
	char *own, *text;

	if (!plan_is_own(change))
		own = strdup("");
	else if (keys_none(change->keys))
		own = strdup(plan_kind_name(change->kind));
	else
		own = keys_changed(change->keys);
	if (own == NULL || name == NULL)
		return own;
	if (asprintf(&text, "%s%s%s%s", own, *own != '\0' ? ", " : "", lead,
		name) == -1)
		text = NULL;
	free(own);
	return text;
}
