/*
 * apply - carries out a plan, and waits until each program has an outcome.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "process/sandbox.h"
#include "program/start.h"
#include "wire/report.h"
#include "daemon/apply.h"
#include "program/outcome.h"
#include "program/describe.h"
#include "program/health.h"
#include "program/neighbours.h"
#include "program/program.h"
#include "program/record.h"
#include "program/programs.h"

enum outcome {
	OUTCOME_NONE, /* nothing to wait for */
	OUTCOME_PENDING,
	OUTCOME_GOOD,
	OUTCOME_BAD,
	OUTCOME_WAITS,	  /* for something outside of hupd */
	OUTCOME_RETURNED, /* runs with its previous definition again */
	OUTCOME_LOST,	  /* the previous definition fails, too */
	OUTCOME_LEFT,	  /* not restarted: the other did not become ready */
};

/* One program of the plan. */
struct item {
	struct apply *apply;
	struct watch watch;
	struct program *program;
	enum plan_kind kind;
	struct definition *from; /* a reference, or NULL */
	struct definition *to;	 /* a reference, or NULL */
	bool is_own;		 /* its definition has changed */
	bool follows;		 /* it is restarted by restart-with */
	bool is_needed;		 /* it is started for another */
	struct mono started;	 /* follows: when it was started before */
	enum outcome outcome;
	bool was_up;
	bool going_back;
	char *how;  /* why it did not become ready, or NULL */
	char *tail; /* its last output, or NULL */
};

struct apply {
	struct programs *programs;
	struct item *v;
	size_t n;
	bool check_due;
	void (*done)(void *);
	void (*idle)(void *);
	bool (*put_back)(void *, struct definition *);
	void *arg;
};

static void look_later(struct apply *);

static void
item_changed(struct watch *w)
{
	struct item *it = w->arg;

	look_later(it->apply);
}

static const char *
file_of(const struct definition *conf)
{
	return conf->file != NULL ? conf->file : conf->name;
}

/* Refuse a sandbox that this kernel or this daemon cannot make. */
static void
check_sandbox(const struct definition *conf, struct diags *errors)
{
	struct sandbox_error error;
	const char *key;

	if (conf == NULL || sandbox_check(conf, &error) == 0)
		return;
	key = keys_hardening_name(error.key);
	diag_add(errors, file_of(conf), definition_line(conf, key, 0), key,
	    "%s", error.why);
}

/* The line of the limit, in the program's file or in hupd.conf. */
static void
report_limit(const struct definition *conf, const struct resource *resource,
    const char *why, struct diags *to)
{
	const char *key = resource_key(resource->kind);

	diag_add(to, file_of(conf), definition_line(conf, key, 0), key, "%s",
	    why);
}

/*
 * Refuse limits of a cgroup that are not possible, or warn of them.  prepare:
 * make what the kernel needs for them.  -1: it was refused.
 */
static int
check_limits(struct system *sys, const struct definition *conf, bool prepare,
    struct diags *errors, struct diags *notes)
{
	const struct resource *resource;
	char why[400], note[440];
	int rv = 0;

	for (size_t i = 0; conf != NULL && i < conf->resources.n; i++) {
		resource = &conf->resources.v[i];
		if (sys->check_limit(sys, resource->kind, prepare, why,
			sizeof(why)) == 0)
			continue;
		if (resource_is_hard(resource->kind)) {
			report_limit(conf, resource, why, errors);
			rv = -1;
		} else if (notes != NULL) {
			snprintf(note, sizeof(note), "has no effect: %s", why);
			report_limit(conf, resource, note, notes);
		}
	}
	return rv;
}

/* The kernel kills processes until the use is below a new memory-max. */
static void
warn_of_use(const struct programs *ps, const struct definition *conf,
    struct diags *notes)
{
	const struct resource *most;
	struct system *sys = ps->system;
	char note[120], used[TEXT_NUMBER_MAX];
	struct program *p;
	int64_t bytes;

	if (conf == NULL ||
	    (most = resource_find(&conf->resources, RESOURCE_MEMORY_MAX)) ==
		NULL ||
	    (p = programs_find(ps, conf->name)) == NULL ||
	    !fsm_is_alive(p->state))
		return;
	bytes = sys->memory_charged(sys, p->conf->name);
	if (bytes <= most->value)
		return;
	text_humane_size(bytes, used);
	snprintf(note, sizeof(note),
	    "is below the %s that the program uses now: the kernel may kill it",
	    used);
	report_limit(conf, most, note, notes);
}

int
apply_check(const struct programs *ps, const struct plan *plan,
    struct diags *errors, struct diags *notes)
{
	size_t before = diag_count(errors);

	for (size_t i = 0; i < plan->n; i++) {
		check_sandbox(plan->v[i].to, errors);
		check_limits(ps->system, plan->v[i].to, false, errors, notes);
		if (plan->v[i].kind == PLAN_ADJUST)
			warn_of_use(ps, plan->v[i].to, notes);
		if (plan->v[i].kind == PLAN_ADD &&
		    programs_find(ps, plan->v[i].to->name) != NULL)
			diag_add(errors, file_of(plan->v[i].to), 0, NULL,
			    "the removed program of this name has not ended "
			    "yet");
	}
	return diag_count(errors) == before ? 0 : -1;
}

static int
prepare_add(struct apply *s, struct item *it, struct diags *errors)
{
	struct definition *c = it->to;
	const char *file = file_of(c);

	it->program = program_new(s->programs, c);
	if (it->program == NULL)
		return -1;
	if (record_assign(it->program) == -1 && errors != NULL) {
		diag_add(errors, file, 0, NULL, "it cannot be recorded: %s",
		    strerror(errno));
		return -1;
	}
	if (start_open_stream(it->program) == -1 && errors != NULL) {
		diag_add(errors, file, 0, NULL,
		    "its output cannot be prepared: %s", strerror(errno));
		return -1;
	}
	return 0;
}

struct apply *
apply_new(struct programs *ps, const struct plan *plan, void (*done)(void *),
    void (*idle)(void *), bool (*put_back)(void *, struct definition *),
    void *arg, struct diags *errors)
{
	struct apply *s;
	struct item *it;
	size_t i;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->programs = ps;
	s->done = done;
	s->idle = idle;
	s->put_back = put_back;
	s->arg = arg;
	s->v = calloc(plan->n > 0 ? plan->n : 1, sizeof(*s->v));
	if (s->v == NULL) {
		free(s);
		return NULL;
	}
	/* At a start of the daemon, programs with such limits fail alone. */
	for (i = 0; errors != NULL && i < plan->n; i++)
		if (check_limits(ps->system, plan->v[i].to, true, errors,
			NULL) == -1)
			goto fail;
	for (i = 0; i < plan->n; i++) {
		it = &s->v[s->n++];
		it->apply = s;
		it->watch.changed = item_changed;
		it->kind = plan->v[i].kind;
		it->from = definition_ref(plan->v[i].from);
		it->to = definition_ref(plan->v[i].to);
		it->is_own = plan_is_own(&plan->v[i]);
		it->follows = plan->v[i].with != NULL;
		it->is_needed = plan->v[i].needed_by != NULL;
		if (it->kind != PLAN_ADD) {
			it->program = programs_find(ps, it->from->name);
			if (it->to != NULL &&
			    health_prepare(it->program, it->to) == -1)
				goto fail;
		} else if (prepare_add(s, it, errors) == -1)
			goto fail;
	}
	return s;
fail:
	/* Drop the programs that were made for this plan. */
	for (i = 0; i < s->n; i++)
		if (s->v[i].kind == PLAN_ADD && s->v[i].program != NULL)
			program_retire(s->v[i].program);
	apply_free(s);
	return NULL;
}

void
apply_put_pending(const struct apply *s, struct line_text *t)
{
	const struct item *it;

	for (size_t i = 0; i < s->n; i++) {
		it = &s->v[i];
		if (it->outcome != OUTCOME_PENDING || it->program == NULL)
			continue;
		line_begin(t, "pending");
		line_put(t, "name", it->program->conf->name);
		line_put(t, "state", names_state(it->program->state));
		line_end(t);
	}
}

/* Has its start an end, which comes by itself? */
static bool
is_bounded(const struct program *p)
{
	switch (p->state) {
	case STATE_STARTING:
		return p->conf->start_timeout > 0 || p->step == STEP_EXEC ||
		    p->step == STEP_SETTLE;
	case STATE_DOWN:
		/* It is freed or started, or waits for another one. */
		return p->want != WANT_RUN;
	case STATE_UP:
	case STATE_STOPPING:
	case STATE_KILLING:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		break;
	}
	return true;
}

/* Does it wait for another to be ready, with which it shall restart? */
static bool
is_untouched(const struct item *it)
{
	return it->follows && outcome_is_untouched(it->program, it->started);
}

bool
apply_is_bounded(const struct apply *s)
{
	const struct item *it;
	size_t pending = 0;

	for (it = s->v; it < s->v + s->n; it++) {
		if (it->outcome != OUTCOME_PENDING)
			continue;
		/* The watch knows a program that has just been freed. */
		if (it->watch.program == NULL ||
		    (is_bounded(it->watch.program) && !is_untouched(it)))
			return true;
		pending++;
	}
	/* Without any, it is over at the end of this turn. */
	return pending == 0;
}

void
apply_free(struct apply *s)
{
	struct item *it;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		it = &s->v[i];
		if (it->watch.program != NULL)
			it->program->in_reload = false;
		program_unwatch(&it->watch);
		definition_unref(it->from);
		definition_unref(it->to);
		free(it->how);
		free(it->tail);
	}
	free(s->v);
	free(s);
}

/* A program stops before the programs that it needs. */
static int
leaves_before(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return program_leaves_before(x->program, y->program);
}

void
apply_commit(struct apply *s)
{
	struct item *it;
	size_t i;

	for (i = 0; i < s->n; i++) {
		it = &s->v[i];
		if (it->kind == PLAN_RESTART || it->kind == PLAN_ADJUST) {
			it->was_up = it->program->state == STATE_UP;
			program_set_conf(it->program, it->to);
		}
	}
	if (programs_link(s->programs) == -1)
		log_warnx("no memory for all dependencies");
	if (s->n > 0)
		qsort(s->v, s->n, sizeof(*s->v), leaves_before);
}

static void
await(struct item *it)
{
	it->outcome = OUTCOME_PENDING;
	it->watch.arg = it;
	it->program->in_reload = true;
	program_watch(it->program, &it->watch);
}

static bool
is_to_start(const struct item *it)
{
	if (it->is_needed)
		return true;
	switch (it->kind) {
	case PLAN_ADD:
		return it->to->autostart;
	case PLAN_RESTART:
		return !it->follows;
	case PLAN_START:
	case PLAN_REMOVE:
	case PLAN_ADJUST:
	case PLAN_KEEP:
		break;
	}
	return false;
}

void
apply_announce(struct apply *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (is_to_start(&s->v[i]))
			record_set_due(s->v[i].program, true);
}

void
apply_start(struct apply *s)
{
	struct item *it;
	size_t i;

	for (i = 0; i < s->n; i++) {
		it = &s->v[i];
		switch (it->kind) {
		case PLAN_ADD:
			if (!is_to_start(it))
				break;
			await(it);
			if (!it->is_needed)
				program_request(it->program, EVENT_START);
			break;
		case PLAN_REMOVE:
			await(it);
			program_request(it->program, EVENT_REMOVE);
			break;
		case PLAN_RESTART:
			await(it);
			it->started = it->program->started;
			if (is_to_start(it))
				program_request(it->program, EVENT_RESTART);
			break;
		case PLAN_ADJUST:
			/* Its dependencies may have changed. */
			program_queue(it->program);
			if (it->is_needed)
				await(it);
			break;
		case PLAN_START:
			/* The program that needs it has it started. */
			await(it);
			break;
		case PLAN_KEEP:
			break;
		}
		record_set_due(it->program, false);
	}
	look_later(s);
}

/* Keep the failure in words, before a second attempt overwrites it. */
static void
note_failure(struct item *it)
{
	char why[ENDING_MAX];

	describe_why(it->program, why, sizeof(why));
	free(it->how);
	free(it->tail);
	it->how = strdup(*why != '\0' ? why : "stopped meanwhile");
	it->tail = it->program->tail != NULL ? strdup(it->program->tail) : NULL;
}

static void
go_back(struct apply *s, struct item *it)
{
	it->going_back = true;
	program_set_conf(it->program, it->from);
	if (programs_link(s->programs) == -1)
		log_warnx("no memory for all dependencies");
	program_request(it->program, EVENT_RESTART);
}

static void
look_at_start(struct apply *s, struct item *it)
{
	struct program *p = it->program;

	if (is_untouched(it)) {
		if (!neighbours_may_lead(p))
			it->outcome = OUTCOME_LEFT;
		return;
	}
	if (!outcome_is_settled(p))
		return;
	if (outcome_is_good(p)) {
		it->outcome = it->going_back ? OUTCOME_RETURNED : OUTCOME_GOOD;
		return;
	}
	if (outcome_waits(p)) {
		it->outcome = OUTCOME_WAITS;
		return;
	}
	if (it->going_back) {
		it->outcome = OUTCOME_LOST;
		return;
	}
	note_failure(it);
	if (it->kind != PLAN_RESTART || !it->is_own || !it->was_up ||
	    !p->conf->reload_rollback || p->want != WANT_RUN) {
		it->outcome = OUTCOME_BAD;
		return;
	}
	if (!s->put_back(s->arg, it->from)) {
		log_warnx("%s: did not become ready, and its previous "
			  "definition does not fit the others any more",
		    p->conf->name);
		it->outcome = OUTCOME_BAD;
		return;
	}
	log_warnx("%s: did not become ready (%s), its previous definition "
		  "returns",
	    p->conf->name, it->how != NULL ? it->how : "no memory");
	go_back(s, it);
}

static void
look_at(struct apply *s, struct item *it)
{
	if (it->watch.program == NULL) {
		/* The program has been freed: it was removed. */
		it->program = NULL;
		it->outcome =
		    it->kind == PLAN_REMOVE ? OUTCOME_GOOD : OUTCOME_BAD;
	} else if (it->kind != PLAN_REMOVE)
		look_at_start(s, it);
	else if (fsm_is_alive(it->program->state) &&
	    outcome_is_settled(it->program)) {
		/* Not even SIGKILL has ended it. */
		note_failure(it);
		it->outcome = OUTCOME_BAD;
	}
	if (it->outcome == OUTCOME_PENDING)
		return;
	if (it->watch.program != NULL)
		it->program->in_reload = false;
	program_unwatch(&it->watch);
}

static void
look(void *arg)
{
	struct apply *s = arg;
	size_t i, pending = 0;

	s->check_due = false;
	/* Dependencies first: one of them may get another attempt. */
	for (i = s->n; i-- > 0;) {
		if (s->v[i].outcome == OUTCOME_PENDING)
			look_at(s, &s->v[i]);
		if (s->v[i].outcome == OUTCOME_PENDING)
			pending++;
	}
	if (pending == 0)
		s->done(s->arg);
	else if (!apply_is_bounded(s))
		s->idle(s->arg);
}

static void
look_later(struct apply *s)
{
	if (s->check_due)
		return;
	s->check_due = true;
	loop_after(s->programs->loop, look, s);
}

static void
put_trouble(struct line_text *t, const char *name, const char *how)
{
	line_begin(t, "trouble");
	line_put(t, "name", name);
	line_put(t, "how", how);
	line_end(t);
}

/* Whatever a program waits for, whether this plan is about it or not. */
static void
report_waiting(struct programs *ps, struct line_text *t)
{
	struct program *p;
	char why[256];

	for (p = programs_first(ps); p != NULL; p = programs_next(p)) {
		if (!outcome_waits(p))
			continue;
		describe_why(p, why, sizeof(why));
		put_trouble(t, p->conf->name, why);
	}
}

void
apply_report(const struct apply *s, struct line_text *t)
{
	const struct item *it;
	const char *name;
	size_t i;

	for (i = s->n; i-- > 0;) {
		it = &s->v[i];
		name = it->to != NULL ? it->to->name : it->from->name;
		if (it->outcome == OUTCOME_LEFT) {
			put_trouble(t, name,
			    "not restarted: what it restarts with did not "
			    "become ready");
			continue;
		}
		if (it->outcome != OUTCOME_BAD &&
		    it->outcome != OUTCOME_RETURNED &&
		    it->outcome != OUTCOME_LOST)
			continue;
		put_trouble(t, name, it->how != NULL ? it->how : "unknown");
		report_tail(t, name, it->tail);
		if (it->outcome == OUTCOME_BAD)
			continue;
		line_begin(t, "rolledback");
		line_put(t, "name", name);
		line_put(t, "ready",
		    it->outcome == OUTCOME_RETURNED ? "yes" : "no");
		line_end(t);
	}
	report_waiting(s->programs, t);
}

bool
apply_is_good(const struct apply *s)
{
	struct program *p;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].outcome != OUTCOME_NONE &&
		    s->v[i].outcome != OUTCOME_GOOD)
			return false;
	for (p = programs_first(s->programs); p != NULL; p = programs_next(p))
		if (outcome_waits(p))
			return false;
	return true;
}
