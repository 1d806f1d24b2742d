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
		plan->v[plan->n++] = (struct plan_change){kind, from, to, keys};
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

void
plan_let_rest(struct plan *plan, bool (*rests)(void *arg, const char *name),
    void *arg)
{
	struct plan_change *change;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		change = &plan->v[i];
		if (change->kind != PLAN_RESTART ||
		    !rests(arg, change->to->name))
			continue;
		change->kind = PLAN_ADJUST;
		plan->count[PLAN_RESTART]--;
		plan->count[PLAN_ADJUST]++;
	}
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

char *
plan_reason(const struct plan_change *change)
{
	if (keys_none(change->keys))
		return strdup(plan_kind_name(change->kind));
	return keys_changed(change->keys);
}
