/*
 * reload - the transaction over the whole configuration.
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/advice.h"
#include "config/load.h"
#include "config/save.h"
#include "process/rlimit.h"
#include "process/sandbox.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/heap.h"
#include "base/log.h"
#include "config/plan.h"
#include "daemon/reload.h"
#include "wire/report.h"
#include "daemon/apply.h"
#include "program/program.h"
#include "daemon/lookup.h"
#include "daemon/sockets.h"
#include "program/describe.h"
#include "program/neighbours.h"
#include "program/outcome.h"

#define REJECTED "rejected"
/* The pause between two looks at the programs that wait for an account; ms. */
#define WAIT_AGAIN 10000
/* More bytes of errors than anyone reads. */
#define LINES_MAX ((size_t)16 * 1024 * 1024)

/*
 * The last configuration that was rejected, for status: also kept in the run
 * folder, for the next daemon.
 */
struct rejection {
	const char *file; /* borrowed */
	char *lines;	  /* as in request.h; NULL: none */
};

TAILQ_HEAD(verdicts, verdict);

struct reload;

/*
 * The candidate of a reload: a valid set and its plan, or the errors.  It is
 * made again when accounts that it names have been looked up.
 */
struct attempt {
	struct reload *reload;
	const struct candidate *candidates;
	size_t ncandidates;
	bool trusted;
	bool opens; /* the sockets, too */
	struct config set;
	struct plan plan;
	struct diags errors;
	struct lookup lookup;
	/* error: -1 with errors.  It frees the attempt. */
	void (*made)(struct attempt *, int error);
	void *arg;
};

struct reload {
	struct daemon *daemon;
	struct config running;
	uint64_t generation;
	time_t accepted_at;
	bool from_accepted; /* the files were rejected at the start */
	/* Reloads of this process; failed: not every program became ready. */
	time_t counting; /* since when */
	int64_t applied;
	int64_t failed;
	int64_t rejected;

	struct rejection rejection; /* the last since then */

	struct resolve_lookups known; /* the answers of the last reload */
	struct lookup waited;	      /* for accounts that programs wait for */
	struct deadline wait;	      /* look for them again */

	struct verdicts next;	 /* wait for the next reload */
	struct verdicts now;	 /* for the one under way */
	struct attempt *attempt; /* not NULL: accounts are looked up */
	struct apply *apply;	 /* not NULL: it was committed */
	struct line_text report; /* of the one under way */
	bool again;		 /* SIGHUP came meanwhile */
	/* The rest of it, once the log files are reopened; or NULL. */
	void (*rest)(struct reload *);
};

static void
rejection_clear(struct rejection *r)
{
	free(r->lines);
	r->lines = NULL;
}

/* A configuration was accepted since. */
static void
rejection_forget(struct rejection *r)
{
	rejection_clear(r);
	if (unlink(r->file) == -1 && errno != ENOENT)
		log_warn("%s", r->file);
}

/* Half of it would be worse than nothing: a failure removes the file. */
static void
rejection_save(const struct rejection *r)
{
	size_t len = strlen(r->lines);
	ssize_t n;
	int fd;

	fd = open(r->file,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	n = fd != -1 ? write(fd, r->lines, len) : -1;
	if (n != (ssize_t)len) {
		log_warn("%s: the rejection cannot be kept for the next daemon",
		    r->file);
		unlink(r->file);
	}
	if (fd != -1)
		close(fd);
}

static void
rejection_note(struct rejection *r, const struct diags *errors)
{
	struct line_text text = {0};

	rejection_forget(r);
	line_begin(&text, REJECTED);
	line_put_number(&text, "time", clock_wall().tv_sec);
	line_put_number(&text, "count", (int64_t)errors->n);
	line_end(&text);
	report_errors(&text, errors);
	if (text.failed) {
		log_warnx("no memory to remember the rejection");
		line_text_clear(&text);
		return;
	}
	r->lines = text.s;
	rejection_save(r);
}

/* The rejection that an earlier daemon noted. */
static void
rejection_recall(struct rejection *r)
{
	struct file f;

	rejection_clear(r);
	if (file_read(&f, AT_FDCWD, r->file, LINES_MAX) == 1 && f.len > 0 &&
	    f.bytes[f.len - 1] == '\n' && strlen(f.bytes) == f.len &&
	    strncmp(f.bytes, REJECTED " ", sizeof(REJECTED)) == 0) {
		r->lines = f.bytes;
		f.bytes = NULL;
	}
	file_clear(&f);
}

const struct config *
reload_running(const struct reload *r)
{
	return &r->running;
}

/* The report goes to the event log as people read it. */
static void
log_report(const char *lines)
{
	char *copy, *rest, *line, *text;
	struct line pl;
	int width;

	width = report_width(lines);
	copy = rest = strdup(lines);
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0' || line_parse(&pl, line) == -1)
			continue;
		text = report_text(&pl, width);
		if (text != NULL)
			log_info("%s", text);
		free(text);
		line_clear(&pl);
	}
	free(copy);
}

static void
give_verdict(struct reload *r, const char *lines, int status)
{
	struct verdict *v;

	while ((v = TAILQ_FIRST(&r->now)) != NULL) {
		TAILQ_REMOVE(&r->now, v, entry);
		v->waiting = false;
		v->given(v, lines, status);
	}
}

/* For status, and in the event log; the lines are the caller's to clear. */
static struct line_text
remember_rejection(struct reload *r, const struct diags *errors)
{
	struct line_text text = {0};

	rejection_note(&r->rejection, errors);
	report_errors(&text, errors);
	if (!text.failed && text.s != NULL)
		log_report(text.s);
	return text;
}

static void begin(struct reload *);

static void
begin_again(struct reload *r)
{
	if (r->again && !r->daemon->stopping)
		begin(r);
}

/* A report names the logs that cannot be written: wait until they are known. */
static void
after_logs(struct reload *r, void (*rest)(struct reload *))
{
	r->rest = rest;
	if (!r->daemon->reopening)
		reload_reopened(r);
}

static void
conclude_rejection(struct reload *r)
{
	struct line_text logs = {0};

	reload_put_log_errors(r, &logs);
	if (logs.s != NULL) {
		log_report(logs.s);
		line_put_raw(&r->report, logs.s);
	}
	line_text_clear(&logs);
	give_verdict(r, r->report.s != NULL ? r->report.s : "",
	    STATUS_REJECTED);
	line_text_clear(&r->report);
	begin_again(r);
}

static void
reject(struct reload *r, const struct diags *errors)
{
	r->rejected++;
	log_info("reload rejected, nothing was changed");
	r->report = remember_rejection(r, errors);
	after_logs(r, conclude_rejection);
}

/* Keep what runs, for a daemon that follows this one without a reload. */
static void
keep_running(struct reload *r, const struct config *set)
{
	const char *file = r->daemon->running;

	if (save_config(set, file) == -1)
		log_warn("%s: what runs cannot be kept for the next daemon",
		    file);
}

/*
 * Keep what was accepted, for a start with files that are rejected.  A set
 * without a program folder does not count: see load_config.
 */
static void
keep_accepted(struct reload *r, const struct config *set)
{
	const char *file = r->daemon->accepted;

	if (set->no_folder) {
		keep_running(r, set);
		return;
	}
	if (save_config(set, file) == -1)
		log_warn("%s: the accepted configuration cannot be kept", file);
	else if (save_copy(file, r->daemon->running) == 0)
		return;
	keep_running(r, set);
}

static void
record(const struct reload *r)
{
	struct record_header *h = record_header(r->daemon->records);

	h->generation = r->generation;
	h->accepted_at = r->accepted_at;
	h->from_accepted = r->from_accepted;
}

void
reload_put_log_errors(const struct reload *r, struct line_text *text)
{
	struct daemon *d = r->daemon;
	char why[PATH_MAX + 128];
	struct program *p;

	if (d->log_error != NULL)
		report_log_error(text, "hupd", d->log_error);
	for (p = programs_first(&d->programs); p != NULL; p = programs_next(p))
		if (describe_log_error(p, why, sizeof(why)) != 0)
			report_log_error(text, p->conf->name, why);
}

/* The reload is over: report it, and begin the next if SIGHUP came again. */
static void
conclude(struct reload *r, int status)
{
	apply_free(r->apply);
	r->apply = NULL;
	sockets_settle(r->daemon->sockets);
	/* The first plan was about every program, which no later one is. */
	if (r->generation == 1)
		heap_trim();
	if (r->report.failed)
		log_warnx("no memory for the report of the reload");
	else
		log_report(r->report.s);
	give_verdict(r, r->report.failed ? "" : r->report.s, status);
	line_text_clear(&r->report);
	begin_again(r);
	r->daemon->settled(r->daemon);
}

/*
 * The programs without an outcome may take any time: the next reload does not
 * wait for them.
 */
static void
idle(void *arg)
{
	struct reload *r = arg;

	if (!r->again || r->daemon->stopping)
		return;
	apply_report(r->apply, &r->report);
	apply_put_pending(r->apply, &r->report);
	reload_put_log_errors(r, &r->report);
	line_begin(&r->report, "superseded");
	line_end(&r->report);
	conclude(r, STATUS_FAILED);
}

static void
conclude_outcomes(struct reload *r)
{
	bool good;

	apply_report(r->apply, &r->report);
	reload_put_log_errors(r, &r->report);
	good = apply_is_good(r->apply);
	/* The first generation is no reload. */
	if (r->generation > 1 && good)
		r->applied++;
	else if (r->generation > 1)
		r->failed++;
	conclude(r, good ? STATUS_OK : STATUS_FAILED);
}

/* Every program that was touched has its outcome. */
static void
settled(void *arg)
{
	after_logs(arg, conclude_outcomes);
}

/*
 * Programs that wait for an account.
 */

/* Look for them again, if there are any. */
static void
wait_later(struct reload *r)
{
	struct loop *loop = r->daemon->loop;

	loop_cancel(loop, &r->wait);
	for (size_t i = 0; i < r->running.nprograms; i++)
		if (r->running.programs[i]->waits_for != NULL) {
			loop_at(loop, &r->wait,
			    clock_add_ms(loop_now(loop), WAIT_AGAIN));
			return;
		}
}

/*
 * Has the program what it waited for?  If its definition was accepted
 * again, it may have a former copy of that.
 */
static bool
stops_waiting(struct reload *r, struct resolver *resolver, struct definition *d)
{
	struct program *p = programs_find(&r->daemon->programs, d->name);

	if (d->waits_for == NULL || !resolve_again(resolver, d))
		return false;
	if (p == NULL)
		return true;
	if (p->conf->waits_for != NULL)
		resolve_again(resolver, p->conf);
	log_info("%s: waits no longer", d->name);
	program_queue(p);
	return true;
}

static void
wait_answered(struct lookup *l)
{
	struct reload *r = l->arg;
	struct resolver *resolver;
	bool found = false;

	resolver = resolve_new(&l->known, geteuid() == 0, true);
	for (size_t i = 0; resolver != NULL && i < r->running.nprograms; i++)
		if (stops_waiting(r, resolver, r->running.programs[i]))
			found = true;
	resolve_free(resolver);
	if (lookup_lacks(l)) {
		lookup_ask(l, r->daemon->helpers);
		return;
	}
	lookup_clear(l);
	if (found)
		keep_accepted(r, &r->running);
	wait_later(r);
}

static void
wait_due(struct deadline *d)
{
	struct reload *r = d->arg;

	lookup_clear(&r->waited);
	r->waited.answered = wait_answered;
	r->waited.arg = r;
	if (r->daemon->stopping)
		return;
	if (lookup_begin(&r->waited) == 0)
		wait_answered(&r->waited);
	else
		wait_later(r);
}

/* A pidfd of each, and a FIFO unless it has no log. */
static size_t
count_descriptors(const struct config *set)
{
	size_t n = set->nprograms;

	for (size_t i = 0; i < set->nprograms; i++)
		if (set->programs[i]->log != LOG_TO_NONE)
			n++;
	return n;
}

/* The new set becomes what runs; the old one is freed. */
static void
replace_running(struct reload *r, struct config *set)
{
	config_clear(&r->running);
	r->running = *set;
	rlimit_check(count_descriptors(set));
	memset(set, 0, sizeof(*set));
	r->generation++;
	r->accepted_at = clock_wall().tv_sec;
	wait_later(r);
}

static bool
is_restarted(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].kind == PLAN_RESTART &&
		    strcmp(plan->v[i].to->name, name) == 0)
			return true;
	return false;
}

/*
 * Warn of each program that version 0.1 started and that keeps the defaults of
 * that version after this plan; once.
 */
static void
note_former(struct reload *r, struct config *set, const struct plan *plan)
{
	const struct definition *c;
	struct program *p;
	char *keys;

	for (size_t i = 0; i < set->nprograms; i++) {
		c = set->programs[i];
		p = programs_find(&r->daemon->programs, c->name);
		if (p == NULL || !p->is_former || p->former_told ||
		    is_restarted(plan, c->name) ||
		    (keys = definition_former(c)) == NULL)
			continue;
		diag_add(&set->notes, c->file != NULL ? c->file : c->name, 0,
		    NULL,
		    "%s keeps the defaults of hupd 0.1 until its next start: "
		    "%s",
		    c->name, keys);
		free(keys);
	}
}

/* They have been listed. */
static void
note_told(struct reload *r)
{
	struct programs *ps = &r->daemon->programs;
	struct program *p;

	for (p = programs_first(ps); p != NULL; p = programs_next(p))
		if (p->is_former && !p->former_told) {
			p->former_told = true;
			record_note(p);
		}
}

/* Nothing here can fail. */
static void
commit(struct reload *r, struct config *set, const struct plan *plan)
{
	note_former(r, set, plan);
	note_told(r);
	report_plan(&r->report, plan, r->generation + 1);
	report_warnings(&r->report, &set->notes);
	apply_commit(r->apply);
	replace_running(r, set);
	rejection_forget(&r->rejection);
	r->daemon->adjusted(r->daemon, &r->running);
	r->from_accepted = false;
	record(r);
	apply_start(r->apply);
	programs_look_at_conditions(&r->daemon->programs);
}

/*
 * Give a program its previous definition back in the running set.  False if
 * that does not fit: since this reload a dependency may be missing, or there
 * may be a circle.
 */
static bool
put_back(void *arg, struct definition *previous)
{
	struct reload *r = arg;
	struct definition *changed, **place = r->running.programs;
	struct diags errors;
	bool fits;

	while (strcmp((*place)->name, previous->name) != 0)
		place++;
	changed = *place;
	*place = previous;
	diag_init(&errors);
	fits = config_check(&r->running, &errors) == 0;
	diag_clear(&errors);
	if (!fits) {
		*place = changed;
		return false;
	}
	definition_ref(previous);
	definition_unref(changed);
	keep_accepted(r, &r->running);
	return true;
}

/*
 * The running set with the settings that are in force: settings that are not
 * live are as they were at the start.  Borrowed.
 */
static struct config
effective(const struct reload *r)
{
	struct config now = r->running;

	now.settings = r->daemon->effective;
	/* exit-on is live, and may name one of these programs. */
	now.settings.exit_on = r->running.settings.exit_on;
	return now;
}

/* For plan_adapt; arg: struct daemon. */
static enum plan_run
run_of(void *arg, const char *name)
{
	const struct daemon *d = arg;
	struct program *p = programs_find(&d->programs, name);

	if (p == NULL)
		return PLAN_NEVER;
	if (p->want == WANT_REST)
		return PLAN_STOPPED;
	if (outcome_is_good(p))
		return PLAN_READY;
	if (p->state != STATE_DOWN)
		return p->state == STATE_FAILED ? PLAN_FAILED : PLAN_RUNS;
	if (neighbours_rest(p))
		return PLAN_BLOCKED;
	return program_was_started(p) ? PLAN_WAITS : PLAN_NEVER;
}

static void
attempt_reset(struct attempt *a)
{
	plan_clear(&a->plan);
	config_clear(&a->set);
	diag_clear(&a->errors);
}

static void
attempt_clear(struct attempt *a)
{
	attempt_reset(a);
	lookup_clear(&a->lookup);
}

struct lacking {
	const struct definition *conf;
	struct diags *notes;
};

static void
note_lack(void *arg, enum hardening_key which, const char *why)
{
	const struct lacking *lacking = arg;
	const struct definition *conf = lacking->conf;
	const char *key = keys_hardening_name((int)which);

	diag_add(lacking->notes, conf->file != NULL ? conf->file : conf->name,
	    definition_line(conf, key, 0), key, "%s; it is left out", why);
}

/* Warn of the keys that sandbox = try leaves out. */
static void
note_lacks(struct config *set)
{
	struct lacking lacking = {.notes = &set->notes};

	for (size_t i = 0; i < set->nprograms; i++) {
		lacking.conf = set->programs[i];
		sandbox_lacks(lacking.conf, note_lack, &lacking);
	}
}

/* Collect, parse, validate and plan.  -1 with errors; nothing is changed. */
static int
attempt_make(struct attempt *a, const struct resolve_lookups *lookups)
{
	struct daemon *d = a->reload->daemon;
	const struct config now = effective(a->reload);
	const struct load_source source = {
	    .places = &d->places,
	    .file = d->config,
	    .must_exist = d->must_exist,
	    .running = &now,
	    .candidates = a->candidates,
	    .ncandidates = a->ncandidates,
	    .distrust = !a->trusted,
	    .lookups = lookups,
	};

	attempt_reset(a);
	if (load_config(&a->set, &source, &a->errors) == -1)
		return -1;
	advice_limits(&a->set, &a->set.notes);
	if (plan_make(&a->plan, &now, &a->set) == -1 ||
	    plan_adapt(&a->plan, &now, &a->set, run_of, d) == -1)
		return diag_no_memory(&a->errors, d->config);
	note_lacks(&a->set);
	return apply_check(&d->programs, &a->plan, &a->errors, &a->set.notes);
}

static void attempt_try(struct attempt *);

static void
sockets_opened(void *arg)
{
	attempt_try(arg);
}

/* 1: it is made again when they are open. */
static int
open_sockets(struct attempt *a)
{
	return sockets_prepare(a->reload->daemon->sockets, &a->plan,
	    sockets_opened, a, &a->errors);
}

/*
 * Make it, if the answers are there and the sockets open; else look up and
 * open, and make it then.
 */
static void
attempt_try(struct attempt *a)
{
	int error = attempt_make(a, &a->lookup.known);

	if (lookup_lacks(&a->lookup))
		lookup_ask(&a->lookup, a->reload->daemon->helpers);
	else if (error == -1 || !a->opens)
		a->made(a, error);
	else if ((error = open_sockets(a)) != 1)
		a->made(a, error);
}

static void
attempt_answered(struct lookup *l)
{
	attempt_try(l->arg);
}

/* made is called from here, or later from the loop. */
static void
attempt_begin(struct attempt *a)
{
	a->lookup.answered = attempt_answered;
	a->lookup.arg = a;
	if (lookup_begin(&a->lookup) == 0) {
		attempt_try(a);
		return;
	}
	diag_no_memory(&a->errors, a->reload->daemon->config);
	a->made(a, -1);
}

/* Everything that can fail.  -1 with errors, and what was prepared is gone. */
static int
prepare(struct reload *r, struct attempt *a)
{
	struct daemon *d = r->daemon;

	r->apply = apply_new(&d->programs, &a->plan, settled, idle, put_back, r,
	    &a->errors);
	if (r->apply != NULL)
		return 0;
	if (a->errors.n == 0)
		diag_add(&a->errors, d->config, 0, NULL, "%s", strerror(errno));
	return -1;
}

/* The rest of the transaction. */
static void
transact(struct attempt *a, int error)
{
	struct reload *r = a->reload;
	bool good;

	r->attempt = NULL;
	good = !r->daemon->stopping && error != -1 && prepare(r, a) != -1;
	if (good) {
		apply_announce(r->apply);
		keep_accepted(r, &a->set);
		commit(r, &a->set, &a->plan);
	}
	lookup_forget(&r->known);
	r->known = lookup_take(&a->lookup);
	if (r->apply == NULL)
		sockets_settle(r->daemon->sockets);
	/* If the daemon is ending, its clients see that for themselves. */
	if (!good && !r->daemon->stopping)
		reject(r, &a->errors);
	attempt_clear(a);
	free(a);
}

static void
begin(struct reload *r)
{
	struct attempt *a = calloc(1, sizeof(*a));
	struct diags errors;

	r->again = false;
	TAILQ_CONCAT(&r->now, &r->next, entry);
	if (a == NULL) {
		diag_init(&errors);
		diag_no_memory(&errors, r->daemon->config);
		reject(r, &errors);
		diag_clear(&errors);
		return;
	}
	*a = (struct attempt){.reload = r,
	    .trusted = true,
	    .opens = true,
	    .made = transact};
	sockets_begin(r->daemon->sockets);
	r->attempt = a;
	attempt_begin(a);
}

void
reload_reopened(struct reload *r)
{
	void (*rest)(struct reload *) = r->rest;

	r->rest = NULL;
	if (rest != NULL)
		rest(r);
}

static bool
is_under_way(const struct reload *r)
{
	return r->attempt != NULL || r->apply != NULL || r->rest != NULL;
}

void
reload_request(struct reload *r)
{
	if (r->daemon->stopping)
		return;
	if (is_under_way(r)) {
		r->again = true;
		if (r->apply == NULL || apply_is_bounded(r->apply))
			log_info("a reload is under way, the next begins after "
				 "it");
		else
			idle(r);
		return;
	}
	begin(r);
}

struct reload *
reload_new(struct daemon *d)
{
	struct lookup nothing = {0};
	struct reload *r;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->daemon = d;
	if (lookup_begin(&nothing) == -1) {
		free(r);
		return NULL;
	}
	r->known = lookup_take(&nothing);
	r->counting = clock_wall().tv_sec;
	TAILQ_INIT(&r->next);
	TAILQ_INIT(&r->now);
	r->rejection.file = d->rejected;
	r->wait.due = wait_due;
	r->wait.arg = r;
	return r;
}

void
reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	if (r->attempt != NULL) {
		attempt_clear(r->attempt);
		free(r->attempt);
	}
	lookup_clear(&r->waited);
	loop_cancel(r->daemon->loop, &r->wait);
	lookup_forget(&r->known);
	apply_free(r->apply);
	config_clear(&r->running);
	rejection_clear(&r->rejection);
	line_text_clear(&r->report);
	free(r);
}

int
reload_begin(struct reload *r, struct config *set, const struct diags *errors)
{
	struct config none = {0};
	struct line_text text;
	struct plan plan = {0};
	int rv = -1;

	if (plan_make(&plan, &none, set) == -1 ||
	    plan_adapt(&plan, &none, set, NULL, NULL) == -1)
		goto out;
	r->apply = apply_new(&r->daemon->programs, &plan, settled, idle,
	    put_back, r, NULL);
	if (r->apply == NULL)
		goto out;
	plan.deferred = (struct keyset){0};
	if (errors->n == 0)
		keep_accepted(r, set);
	else
		keep_running(r, set);
	/* From here on the guard follows a daemon that is killed. */
	apply_announce(r->apply);
	record_begin(r->daemon->records);
	commit(r, set, &plan);
	if (errors->n > 0) {
		r->from_accepted = true;
		record(r);
		log_info("the files are rejected, the programs are those of "
			 "the last accepted configuration:");
		text = remember_rejection(r, errors);
		line_text_clear(&text);
	}
	rv = 0;
out:
	plan_clear(&plan);
	return rv;
}

void
reload_resume(struct reload *r, struct config *set)
{
	const struct record_header *h = record_header(r->daemon->records);

	replace_running(r, set);
	r->generation = h->generation;
	r->accepted_at = h->accepted_at;
	r->from_accepted = h->from_accepted != 0;
	/* Version 0.1 did not keep what it had resolved. */
	keep_running(r, &r->running);
	rejection_recall(&r->rejection);
}

bool
reload_is_idle(const struct reload *r)
{
	return !is_under_way(r) ||
	    (r->apply != NULL && !apply_is_bounded(r->apply));
}

bool
reload_may_revert(const struct reload *r)
{
	return r->apply != NULL && r->generation > 1;
}

void
reload_wait(struct reload *r, struct verdict *v)
{
	v->waiting = true;
	TAILQ_INSERT_TAIL(&r->next, v, entry);
}

void
reload_forget(struct reload *r, struct verdict *v)
{
	struct verdict *other;

	if (!v->waiting)
		return;
	v->waiting = false;
	TAILQ_FOREACH (other, &r->next, entry)
		if (other == v) {
			TAILQ_REMOVE(&r->next, v, entry);
			return;
		}
	TAILQ_REMOVE(&r->now, v, entry);
}

bool
reload_so_far(const struct reload *r, const struct verdict *v,
    struct line_text *t)
{
	const struct verdict *other;

	TAILQ_FOREACH (other, &r->now, entry)
		if (other == v)
			break;
	if (other == NULL || r->apply == NULL)
		return false;
	if (r->report.s != NULL)
		line_put_raw(t, r->report.s);
	apply_put_pending(r->apply, t);
	return true;
}

static void
planned(struct attempt *a, int error)
{
	struct preview *p = a->arg;
	int status = STATUS_OK;

	if (error == -1) {
		report_errors(p->text, &a->errors);
		status = STATUS_REJECTED;
	} else {
		note_former(a->reload, &a->set, &a->plan);
		report_plan(p->text, &a->plan, a->reload->generation + 1);
		report_warnings(p->text, &a->set.notes);
		report_chain(p->text, &a->set);
	}
	p->attempt = NULL;
	attempt_clear(a);
	free(a);
	p->done(p, p->text->failed ? STATUS_FAILED : status);
}

void
reload_plan(struct reload *r, struct preview *p)
{
	if ((p->attempt = calloc(1, sizeof(*p->attempt))) == NULL) {
		p->done(p, STATUS_FAILED);
		return;
	}
	*p->attempt = (struct attempt){
	    .reload = r,
	    .candidates = p->candidates,
	    .ncandidates = p->ncandidates,
	    .trusted = p->trusted,
	    .made = planned,
	    .arg = p,
	};
	attempt_begin(p->attempt);
}

void
reload_plan_forget(struct preview *p)
{
	if (p->attempt == NULL)
		return;
	attempt_clear(p->attempt);
	free(p->attempt);
	p->attempt = NULL;
}

/*
 * An attempt with the accounts, and the environment files elsewhere, as they
 * were at the last reload; one that was not looked up then is no error.
 */
static int
attempt_know(struct attempt *a, struct reload *r)
{
	*a = (struct attempt){.reload = r, .trusted = true};
	return attempt_make(a, &r->known);
}

/* Put that the files of a program, NULL for all, say something else. */
static void __attribute__((format(printf, 3, 4)))
put_pending(struct line_text *t, const char *name, const char *fmt, ...)
{
	char *how;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&how, fmt, ap) == -1)
		how = NULL;
	va_end(ap);
	line_begin(t, "pending");
	line_put(t, "name", name);
	line_put(t, "how", how);
	line_end(t);
	free(how);
}

/* The first error of the file, or NULL. */
static const struct diag *
find_error(const struct attempt *a, const char *file)
{
	for (size_t i = 0; file != NULL && i < a->errors.n; i++)
		if (strcmp(a->errors.v[i].file, file) == 0)
			return &a->errors.v[i];
	return NULL;
}

static const struct plan_change *
find_change(const struct attempt *a, const char *name)
{
	for (size_t i = 0; i < a->plan.n; i++)
		if (strcmp((a->plan.v[i].to != NULL ? a->plan.v[i].to
						    : a->plan.v[i].from)
			       ->name,
			name) == 0)
			return &a->plan.v[i];
	return NULL;
}

/* The file of the program differs from its running definition. */
static void
put_change(struct line_text *t, const char *name,
    const struct plan_change *change)
{
	char *reason = plan_reason(change);

	if (change->kind == PLAN_REMOVE)
		put_pending(t, name,
		    "its file is gone; 'hupctl reload' removes it");
	else
		put_pending(t, name,
		    "its file differs from the running definition (%s); "
		    "'hupctl reload' "
		    "applies it",
		    reason != NULL ? reason : "out of memory");
	free(reason);
}

void
reload_put_pending(struct reload *r, struct program *const *v, size_t n,
    struct line_text *t)
{
	const struct plan_change *change;
	const struct diag *error;
	struct attempt a;
	char text[1024];
	bool good, named = false;

	good = attempt_know(&a, r) == 0;
	for (size_t i = 0; i < n; i++) {
		change = find_change(&a, v[i]->conf->name);
		error = find_error(&a, v[i]->conf->file);
		if (good && change != NULL && plan_is_own(change))
			put_change(t, v[i]->conf->name, change);
		if (error == NULL)
			continue;
		diag_print(error, text, sizeof(text));
		put_pending(t, v[i]->conf->name,
		    "its file is rejected (%s); what was accepted before is "
		    "used",
		    text);
		named = true;
	}
	if (!good && !named)
		put_pending(t, NULL,
		    "the files on disk are rejected, see 'hupctl check'; what "
		    "was accepted before is used");
	attempt_clear(&a);
}

void
reload_explain(struct reload *r, const char *name, char *why, size_t size)
{
	const char *folder = r->daemon->effective.program_dir;
	char *file = load_file_of(folder, name), text[512];
	const struct diag *error;
	struct attempt a;

	snprintf(why, size, "no program %.64s", name);
	if (file == NULL)
		return;
	if (attempt_know(&a, r) == 0)
		snprintf(why, size,
		    "no program %.64s yet: 'hupctl reload' loads %.256s", name,
		    file);
	else if ((error = find_error(&a, file)) != NULL) {
		diag_print(error, text, sizeof(text));
		snprintf(why, size,
		    "no program %.64s: its file is rejected: %s", name, text);
	} else
		snprintf(why, size,
		    "no program %.64s: %.256s is not loaded, for the files are "
		    "rejected; see 'hupctl check'",
		    name, file);
	attempt_clear(&a);
	free(file);
}

/* Would a reload change anything, or be rejected? */
static const char *
differs(struct reload *r)
{
	struct attempt a;
	const char *answer = "rejected";

	if (attempt_know(&a, r) == 0)
		answer =
		    a.plan.n > 0 || !keys_none(a.plan.deferred) ? "yes" : "no";
	attempt_clear(&a);
	return answer;
}

void
reload_status(struct reload *r, struct line_text *t)
{
	line_begin(t, "config");
	line_put_number(t, "generation", (int64_t)r->generation);
	line_put_number(t, "time", r->accepted_at);
	line_put(t, "source", r->from_accepted ? "accepted" : "files");
	line_put(t, "differs", differs(r));
	line_put(t, "reloading", reload_is_idle(r) ? "no" : "yes");
	line_put_number(t, "programs", (int64_t)r->running.nprograms);
	line_put_number(t, "pid", getpid());
	line_put_number(t, "started", r->daemon->started);
	line_put_number(t, "counting", r->counting);
	line_put_number(t, "applied", r->applied);
	line_put_number(t, "failed", r->failed);
	line_put_number(t, "rejected", r->rejected);
	if (r->daemon->warning != NULL)
		line_put(t, "warning", r->daemon->warning);
	if (r->daemon->log_error != NULL) {
		line_put(t, "log-error", r->daemon->log_error);
		line_put_number(t, "log-since", r->daemon->log_since);
	}
	line_end(t);
	if (r->rejection.lines != NULL)
		line_put_raw(t, r->rejection.lines);
}
