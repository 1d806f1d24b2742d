/*
 * plan - old set and new set to changes, each with its reason.
 *
 * Layer 1.  Pure.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

enum plan_kind {
	PLAN_KEEP,
	PLAN_ADD,
	PLAN_REMOVE,
	PLAN_RESTART,
	PLAN_ADJUST,
};
#define PLAN_KINDS 5

struct change {
	enum plan_kind kind;
	struct conf *from; /* borrowed; NULL for PLAN_ADD */
	struct conf *to;   /* borrowed; NULL for PLAN_REMOVE */
	uint64_t keys;	   /* of conf_diff, for RESTART and ADJUST */
};

struct plan {
	struct change *v; /* in the order of names; KEEP is only counted */
	size_t n;
	size_t count[PLAN_KINDS];
	uint64_t deferred; /* daemon settings that wait for the next start */
};

/* 0, or -1 without memory.  The sets must outlive the plan. */
int plan_make(struct plan *, const struct confset *from,
    const struct confset *to);
void plan_clear(struct plan *);
/*
 * What somebody stopped stays stopped: a change of the definition, whatever the
 * key, is no RESTART of it but an ADJUST.
 */
void plan_let_rest(struct plan *, bool (*rests)(void *arg, const char *name),
    void *arg);

/* "added", "restarted" ... as in the report. */
const char *plan_kind_name(enum plan_kind);
/* "command changed", "added"...; malloc'd. */
char *change_reason(const struct change *);

#endif
