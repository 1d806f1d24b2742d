/*
 * action - what "hupctl reload NAME" does to one program.
 *
 * The signal alone shows nothing.  A program with ready = notify answers
 * it by RELOADING=1 and then READY=1, and the outcome says whether both were
 * seen.  Messages about an earlier reload do not count: RELOADING=1 with a
 * MONOTONIC_USEC before the signal, and READY=1 without RELOADING=1.  READY=1
 * does not mean success: sd_notify(3) has no word for a failed reload, so
 * programs say it in ERRNO or in STATUS ("Reload failed!").  Without
 * notifications, only the end of the program within settle-time can be seen.
 *
 * Commands run one after the other with the program's attributes, and with
 * MAINPID in their environment; the first failure ends them.  After their
 * success, the answer of the program decides, if it has begun one.
 */
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strings.h"
#include "base/text.h"
#include "program/action.h"
#include "program/start.h"

/*
 * How long to wait for RELOADING=1 after a command, ms: its success is an
 * answer already.
 */
#define ANNOUNCE_TIMEOUT 1000
/* The limit if start-timeout is 0: a reload that never ends allows no other. */
#define UNLIMITED_TIMEOUT 30000

enum phase {
	PHASE_COMMAND,	/* a reload-command runs */
	PHASE_ANNOUNCE, /* await RELOADING=1 */
	PHASE_READY,	/* await READY=1 */
	PHASE_ALIVE,	/* await settle-time */
};

struct action {
	struct program_action base; /* first: the one is the other */
	struct program *program;
	void (*done)(void *, bool, const char *);
	void *arg;
	enum phase phase;
	bool is_command; /* else a signal */
	struct deadline deadline;
	struct child child;  /* pid 0: no command */
	size_t at;	     /* its line, from 0 */
	bool is_lenient;     /* its failure does not count */
	uint64_t asked_usec; /* when the reload began */
	bool is_announced;   /* RELOADING=1 came */
	bool is_ready;	     /* then READY=1 came */
	bool is_stray_ready; /* READY=1 came without RELOADING=1 */
	int err;	     /* ERRNO that came, or 0 */
	char *said;	     /* the last STATUS that came, or NULL */
};

static void
action_cancel(struct program_action *base)
{
	struct action *a = (struct action *)base;
	struct programs *ps = a->program->programs;

	loop_cancel(ps->loop, &a->deadline);
	ps->system->cancel(ps->system, &a->child, NULL);
	a->program->action = NULL;
	free(a->said);
	free(a);
}

/* Report the outcome and free a. */
static void
finish(struct action *a, bool ok, const char *how)
{
	struct program *p = a->program;

	log_info("%s: reload: %s", p->conf->name, how);
	if (a->done != NULL)
		a->done(a->arg, ok, how);
	action_cancel(&a->base);
}

static int64_t
time_limit(const struct action *a)
{
	const int64_t ms = a->program->conf->start_timeout;

	return ms > 0 ? ms : UNLIMITED_TIMEOUT;
}

static void
finish_late(struct action *a, const char *what, const char *advice)
{
	char how[160], time[TEXT_NUMBER_MAX];

	text_humane_duration(time_limit(a), time);
	snprintf(how, sizeof(how), "%s in %s%s", what, time, advice);
	finish(a, false, how);
}

/* Does a status say that the reload failed?  HAProxy and others do. */
static bool
reports_failure(const char *status)
{
	return status != NULL && strcasestr(status, "reload") != NULL &&
	    strcasestr(status, "fail") != NULL;
}

static void
finish_ready(struct action *a)
{
	char how[SDNOTIFY_STATUS_MAX + 64];
	const bool failed = a->err != 0 || reports_failure(a->said);

	strlcpy(how, "ready again", sizeof(how));
	if (failed)
		strlcat(how, ", but it reports a failure", sizeof(how));
	if (a->err != 0) {
		strlcat(how, ": ", sizeof(how));
		strlcat(how, strerror(a->err), sizeof(how));
	}
	if (a->said != NULL && *a->said != '\0') {
		strlcat(how, ": ", sizeof(how));
		strlcat(how, a->said, sizeof(how));
	}
	finish(a, !failed, how);
}

static void
finish_alive(struct action *a)
{
	char how[128], time[TEXT_NUMBER_MAX];
	const int64_t ms = a->program->conf->settle_time;

	text_humane_duration(ms, time);
	if (ms > 0)
		snprintf(how, sizeof(how),
		    "signalled, still running after %s, no answer expected",
		    time);
	else
		strlcpy(how, "signalled, no answer expected", sizeof(how));
	finish(a, true, how);
}

static void
enter_phase(struct action *a, enum phase phase, int64_t ms)
{
	struct loop *loop = a->program->programs->loop;

	a->phase = phase;
	if (ms == 0) /* start-timeout: no limit */
		loop_cancel(loop, &a->deadline);
	else
		loop_at(loop, &a->deadline, clock_add_ms(loop_now(loop), ms));
}

/* The answer so far, once the signal was sent or the command succeeded. */
static void
look(struct action *a)
{
	if (a->is_ready)
		finish_ready(a);
	else if (a->is_announced && a->phase != PHASE_READY)
		enter_phase(a, PHASE_READY, time_limit(a));
}

static void
action_due(struct deadline *d)
{
	struct action *a = d->arg;

	switch (a->phase) {
	case PHASE_COMMAND:
		finish_late(a, "reload-command did not end", "");
		break;
	case PHASE_ANNOUNCE:
		if (a->is_command)
			finish(a, true, "reload-command succeeded");
		else if (a->is_stray_ready)
			finish_late(a,
			    "signalled, no answer but a READY=1 without a "
			    "new RELOADING=1",
			    "");
		else
			finish_late(a, "signalled, no answer",
			    "; a program that never sends RELOADING=1 needs a "
			    "reload-command");
		break;
	case PHASE_READY:
		finish_late(a, "reloading, but not ready again", "");
		break;
	case PHASE_ALIVE:
		finish_alive(a);
		break;
	}
}

static void
command_executed(struct child *c)
{
	(void)c;
}

static void begin_command(struct action *);

/* The commands have succeeded. */
static void
commands_ended(struct action *a)
{
	if (a->program->conf->ready == READY_NOTIFY) {
		enter_phase(a, PHASE_ANNOUNCE, ANNOUNCE_TIMEOUT);
		look(a);
	} else
		finish(a, true, "reload-command succeeded");
}

static void
next_command(struct action *a)
{
	if (++a->at < strings_count(a->program->conf->reload_command))
		begin_command(a);
	else
		commands_ended(a);
}

/* Of several commands, name the one that failed. */
static void
command_is_bad(struct action *a, const char *why)
{
	char *const *lines = a->program->conf->reload_command;
	const bool several =
	    strings_count(lines) > 1 && a->at < strings_count(lines);
	char how[ENDING_MAX + 256];

	snprintf(how, sizeof(how), "reload-command%s%.200s: %s",
	    several ? " " : "", several ? lines[a->at] : "", why);
	if (!a->is_lenient) {
		finish(a, false, how);
		return;
	}
	log_info("%s: %s; its failure does not count (-)",
	    a->program->conf->name, how);
	next_command(a);
}

static void
command_failed(struct child *c, const struct spawn_error *error)
{
	struct action *a = c->owner;
	struct system *sys = a->program->programs->system;
	char failure[ENDING_MAX];

	ending_failure(error, c->why, failure, sizeof(failure));
	sys->release(sys, c);
	command_is_bad(a, failure);
}

static bool
command_lost(struct child *c)
{
	struct action *a = c->owner;
	struct system *sys = a->program->programs->system;

	sys->release(sys, c);
	begin_command(a);
	return true;
}

static void
command_ended(struct child *c, const struct process_end *end)
{
	struct action *a = c->owner;
	struct system *sys = a->program->programs->system;
	char text[64];

	ending_exit(end, text, sizeof(text));
	sys->release(sys, c);
	if (end->known && !end->signal && end->code == 0)
		next_command(a);
	else
		command_is_bad(a, text);
}

/* RELOADING=1: is it about this reload? */
static bool
is_ours(const struct action *a, const struct sdnotify *m)
{
	return m->monotonic_usec == 0 || m->monotonic_usec >= a->asked_usec;
}

static void
note_words(struct action *a, const struct sdnotify *m)
{
	if (m->has_status) {
		free(a->said);
		a->said = strdup(m->status);
	}
	if (m->has_err)
		a->err = m->err;
}

/* EXTEND_TIMEOUT_USEC: the deadline is not before that. */
static void
extend(struct action *a, int64_t ms)
{
	struct loop *loop = a->program->programs->loop;
	const struct mono until = clock_add_ms(loop_now(loop), ms);

	if (clock_is_set(a->deadline.at) && clock_before(a->deadline.at, until))
		loop_at(loop, &a->deadline, until);
}

static void
action_notified(struct program_action *base, const struct sdnotify *m)
{
	struct action *a = (struct action *)base;

	note_words(a, m);
	if (m->reloading && is_ours(a, m)) {
		a->is_announced = true;
		a->is_ready = false;
	}
	if (m->ready && a->is_announced)
		a->is_ready = true;
	else if (m->ready)
		a->is_stray_ready = true;
	if (m->extend > 0)
		extend(a, m->extend);
	if (m->stopping)
		finish(a, false, "the program says that it is stopping");
	else if (a->phase != PHASE_COMMAND)
		look(a);
}

static void
action_ended(struct program_action *base)
{
	struct action *a = (struct action *)base;

	finish(a, false, "the program ended");
}

static void
begin_signal(struct action *a)
{
	const struct definition *c = a->program->conf;
	struct system *sys = a->program->programs->system;

	if (sys->signal(sys, &a->program->child, c->reload_signal) == -1)
		finish(a, false, strerror(errno));
	else if (c->ready == READY_NOTIFY)
		enter_phase(a, PHASE_ANNOUNCE, time_limit(a));
	else if (c->settle_time > 0)
		enter_phase(a, PHASE_ALIVE, c->settle_time);
	else
		finish_alive(a);
}

/* Events of the child may come, and free the action, before this returns. */
static void
begin_command(struct action *a)
{
	struct program *p = a->program;
	struct value_command line;
	struct start_command command = {
	    .mainpid = p->child.pid,
	    .folder = p->conf->name,
	    .is_logged = true,
	};
	int rv, saved;

	/* A reload may have changed the list meanwhile. */
	if (a->at >= strings_count(p->conf->reload_command)) {
		commands_ended(a);
		return;
	}
	if (value_split(p->conf->reload_command[a->at], &line) == -1) {
		command_failed(&a->child,
		    &(struct spawn_error){SPAWN_CLONE, 0, errno});
		return;
	}
	a->is_lenient = line.lenient;
	a->child.why = NULL;
	a->child.run = p->child.run;
	command.argv = line.words;
	command.is_privileged = line.privileged;
	rv = start_command(p, &command, &a->child);
	saved = errno;
	free(line.words);
	if (rv == -1)
		command_failed(&a->child,
		    &(struct spawn_error){SPAWN_CLONE, 0, saved});
}

bool
action_is_possible(const struct program *p)
{
	return p->conf->reload_signal != 0 || p->conf->reload_command != NULL;
}

void
action_begin(struct program *p, void (*done)(void *, bool, const char *),
    void *arg)
{
	static const struct child_events events = {
	    .executed = command_executed,
	    .failed = command_failed,
	    .lost = command_lost,
	    .ended = command_ended,
	};
	struct action *a;
	char how[256];

	if (p->state != STATE_UP) {
		done(arg, false, "not up");
		return;
	}
	if (!action_is_possible(p)) {
		done(arg, false,
		    "neither reload-signal nor reload-command is configured");
		return;
	}
	if (p->conf->reload_command != NULL && p->conf->waits_for != NULL) {
		snprintf(how, sizeof(how), "waits for %s", p->conf->waits_for);
		done(arg, false, how);
		return;
	}
	if (p->action != NULL) {
		done(arg, false, "a reload is under way");
		return;
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL) {
		done(arg, false, strerror(errno));
		return;
	}
	a->base.notified = action_notified;
	a->base.ended = action_ended;
	a->base.cancel = action_cancel;
	a->program = p;
	a->done = done;
	a->arg = arg;
	a->deadline.due = action_due;
	a->deadline.arg = a;
	a->deadline.is_lenient = true;
	a->child.events = &events;
	a->child.owner = a;
	a->asked_usec = (uint64_t)clock_now().ns / 1000;
	p->action = &a->base;
	a->is_command = p->conf->reload_command != NULL;
	if (!a->is_command)
		begin_signal(a);
	else {
		enter_phase(a, PHASE_COMMAND, time_limit(a));
		begin_command(a);
	}
}

void
action_forget(struct program *p, const void *arg)
{
	struct action *a = (struct action *)p->action;

	if (a != NULL && a->arg == arg)
		a->done = NULL;
}
