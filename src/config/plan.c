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

static void
let_rest(struct plan *plan, enum plan_run (*run)(void *arg, const char *name),
    void *arg)
{
	struct plan_change *change;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		change = &plan->v[i];
		if (change->kind != PLAN_RESTART ||
		    run(arg, change->to->name) != PLAN_STOPPED)
			continue;
		change->kind = PLAN_ADJUST;
		plan->count[PLAN_RESTART]--;
		plan->count[PLAN_ADJUST]++;
	}
}

/* Each program of a set while those that restart with others are found. */
struct member {
	struct definition *definition;
	struct plan_change *change; /* NULL: KEEP */
	enum { UNKNOWN, RESTARTS, STAYS } fate;
	const char *with;
};

struct following {
	struct member *v; /* in the order of names */
	size_t n;
	enum plan_run (*run)(void *arg, const char *name);
	void *arg;
};

static int
compare_member(const void *name, const void *member)
{
	return strcmp(name, ((const struct member *)member)->definition->name);
}

static bool restarts(struct following *, struct member *);

/* The program that it restarts with; NULL: none of them is restarted. */
static const char *
leader_of(struct following *f, const struct member *m)
{
	char *const *name = m->definition->restart_with;
	struct member *leader;

	for (; name != NULL && *name != NULL; name++) {
		leader =
		    bsearch(*name, f->v, f->n, sizeof(*f->v), compare_member);
		if (leader != NULL && restarts(f, leader) &&
		    f->run(f->arg, *name) >= PLAN_WAITS)
			return *name;
	}
	return NULL;
}

static bool
restarts(struct following *f, struct member *m)
{
	if (m->fate != UNKNOWN)
		return m->fate == RESTARTS;
	m->fate = STAYS;
	if (m->change != NULL && m->change->kind == PLAN_RESTART)
		m->fate = RESTARTS;
	else if ((m->change == NULL || m->change->kind == PLAN_ADJUST) &&
	    m->definition->restart_with != NULL &&
	    f->run(f->arg, m->definition->name) == PLAN_RUNS &&
	    (m->with = leader_of(f, m)) != NULL)
		m->fate = RESTARTS;
	return m->fate == RESTARTS;
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

/* Make it a restart; of a program that was kept, too. */
static void
restart_with(struct plan *plan, const struct config *from,
    const struct member *m)
{
	const struct keyset none = {0};

	if (m->change != NULL) {
		m->change->kind = PLAN_RESTART;
		m->change->with = m->with;
		plan->count[PLAN_ADJUST]--;
		plan->count[PLAN_RESTART]++;
		return;
	}
	plan->count[PLAN_KEEP]--;
	add(plan, PLAN_RESTART, config_find(from, m->definition->name),
	    m->definition, none);
	plan->v[plan->n - 1].with = m->with;
}

static bool
has_followers(const struct config *config)
{
	for (size_t i = 0; i < config->nprograms; i++)
		if (config->programs[i]->restart_with != NULL)
			return true;
	return false;
}

int
plan_adapt(struct plan *plan, const struct config *from,
    const struct config *to, enum plan_run (*run)(void *arg, const char *name),
    void *arg)
{
	struct following f = {.n = to->nprograms, .run = run, .arg = arg};
	size_t i, at = 0;

	let_rest(plan, run, arg);
	if (plan->count[PLAN_RESTART] == 0 || !has_followers(to))
		return 0;
	if ((f.v = calloc(f.n + 1, sizeof(*f.v))) == NULL)
		return -1;
	for (i = 0; i < f.n; i++) {
		f.v[i].definition = to->programs[i];
		while (at < plan->n &&
		    strcmp(name_of(&plan->v[at]), f.v[i].definition->name) < 0)
			at++;
		if (at < plan->n && plan->v[at].to == f.v[i].definition)
			f.v[i].change = &plan->v[at];
	}
	for (i = 0; i < f.n; i++)
		if (restarts(&f, &f.v[i]) && f.v[i].with != NULL)
			restart_with(plan, from, &f.v[i]);
	qsort(plan->v, plan->n, sizeof(*plan->v), compare_changes);
	free(f.v);
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
	case PLAN_ADJUST:
		return "adjusted";
	}
	return "?";
}

bool
plan_is_own(const struct plan_change *change)
{
	return change->with == NULL || !keys_none(change->keys);
}

char *
plan_reason(const struct plan_change *change)
{
	char *keys, *text;

	if (change->with == NULL)
		return keys_none(change->keys)
		    ? strdup(plan_kind_name(change->kind))
		    : keys_changed(change->keys);
	keys = plan_is_own(change) ? keys_changed(change->keys) : NULL;
	if ((plan_is_own(change) && keys == NULL) ||
	    asprintf(&text, "%s%swith %s", keys != NULL ? keys : "",
		keys != NULL ? ", " : "", change->with) == -1)
		text = NULL;
	free(keys);
	return text;
}
