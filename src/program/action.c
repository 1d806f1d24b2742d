/*
 * action - what "hupctl reload NAME" does to one program.
 *
 * With reload-signal, the action succeeds at once, unless the program uses
 * sd_notify(3): then it waits a moment for RELOADING=1, and then for READY=1.
 * READY=1 counts only if the program began to reload after the signal
 * (MONOTONIC_USEC).  A command runs with the program's attributes, and with
 * MAINPID in its environment.
 */
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "program/action.h"
#include "program/start.h"

/* RELOADING=1 has to come within this time, ms. */
#define ANNOUNCE_TIMEOUT 1000

struct action {
	struct program_action base; /* first: the one is the other */
	struct program *program;
	void (*done)(void *, bool, const char *);
	void *arg;
	struct deadline deadline;
	struct child child;  /* pid 0: no command */
	uint64_t asked_usec; /* when the signal was sent */
	bool announced;	     /* RELOADING=1 came */
};

static void
action_cancel(struct program_action *base)
{
	struct action *a = (struct action *)base;
	struct programs *ps = a->program->programs;

	loop_cancel(ps->loop, &a->deadline);
	ps->system->cancel(ps->system, &a->child, NULL);
	a->program->action = NULL;
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

static void
action_due(struct deadline *d)
{
	struct action *a = d->arg;

	if (a->child.pid != 0)
		finish(a, false, "reload-command did not end in time");
	else if (a->announced)
		finish(a, false, "not ready again in time");
	else
		finish(a, true, "signalled");
}

static void
command_executed(struct child *c)
{
	(void)c;
}

static void
command_failed(struct child *c, const struct spawn_error *error)
{
	char how[128];

	snprintf(how, sizeof(how), "reload-command: %s: %s",
	    ending_stage(error), strerror(error->err));
	finish(c->owner, false, how);
}

static void begin_command(struct action *);

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
	char how[128], text[64];
	bool ok = end->known && !end->signal && end->code == 0;

	ending_exit(end, text, sizeof(text));
	if (ok)
		strlcpy(how, "reload-command succeeded", sizeof(how));
	else
		snprintf(how, sizeof(how), "reload-command: %s", text);
	sys->release(sys, c);
	finish(a, ok, how);
}

static void
action_notified(struct program_action *base, const struct sdnotify *m)
{
	struct action *a = (struct action *)base;
	struct program *p = a->program;

	if (a->child.pid != 0)
		return;
	if (m->reloading && m->monotonic_usec != 0 &&
	    m->monotonic_usec < a->asked_usec)
		return; /* one that it had begun before */
	if (m->reloading) {
		a->announced = true;
		loop_at(p->programs->loop, &a->deadline,
		    clock_add_ms(loop_now(p->programs->loop),
			p->conf->start_timeout));
	}
	if (m->ready && a->announced)
		finish(a, true, "ready again");
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
	struct loop *loop = a->program->programs->loop;
	struct system *sys = a->program->programs->system;

	a->asked_usec = (uint64_t)clock_now().ns / 1000;
	if (sys->signal(sys, &a->program->child, c->reload_signal) == -1) {
		finish(a, false, strerror(errno));
		return;
	}
	if (c->ready != READY_NOTIFY) {
		finish(a, true, "signalled");
		return;
	}
	loop_at(loop, &a->deadline,
	    clock_add_ms(loop_now(loop), ANNOUNCE_TIMEOUT));
}

static void
begin_command(struct action *a)
{
	struct program *p = a->program;
	struct start_command command = {
	    .argv = p->conf->reload_command,
	    .mainpid = p->child.pid,
	    .folder = p->conf->name,
	    .is_logged = true,
	};

	loop_at(p->programs->loop, &a->deadline,
	    clock_add_ms(loop_now(p->programs->loop), p->conf->start_timeout));
	a->child.run = p->child.run;
	/*
	 * Events of the child may come, and free the action, before this
	 * returns.
	 */
	if (start_command(p, &command, &a->child) == -1)
		command_failed(&a->child,
		    &(struct spawn_error){SPAWN_CLONE, 0, errno});
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

	if (p->state != STATE_UP) {
		done(arg, false, "not up");
		return;
	}
	if (p->conf->reload_signal == 0 && p->conf->reload_command == NULL) {
		done(arg, false,
		    "neither reload-signal nor reload-command is configured");
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
	p->action = &a->base;
	if (p->conf->reload_command != NULL)
		begin_command(a);
	else
		begin_signal(a);
}

void
action_forget(struct program *p, const void *arg)
{
	struct action *a = (struct action *)p->action;

	if (a != NULL && a->arg == arg)
		a->done = NULL;
}
