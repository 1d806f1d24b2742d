/*
 * action - what "hupctl reload NAME" does to one program.
 *
 * A signal is answered at once, unless the program speaks sd_notify(3): then
 * RELOADING=1 is given a moment to come, and READY=1 ends it, provided that
 * the program began to reload after the signal (MONOTONIC_USEC).  A command
 * runs as the program does, with MAINPID in its environment.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/action.h"
#include "base/log.h"
#include "program/program_int.h"

/* How long RELOADING=1 may take to come, ms. */
#define ANNOUNCE_TIMEOUT 1000

struct action {
	struct program_action base; /* first: the one is the other */
	LIST_ENTRY(action) entry;
	struct program *program;
	void (*done)(void *, bool, const char *);
	void *arg;
	struct deadline deadline;
	struct process child; /* pid 0: no command */
	struct spawn_report exec;
	struct source exit;
	uint64_t asked_usec; /* when the signal was sent */
	bool announced;	     /* RELOADING=1 came */
};

static void
action_cancel(struct program_action *base)
{
	struct action *a = (struct action *)base;
	struct loop *loop = a->program->programs->loop;

	loop_cancel(loop, &a->deadline);
	spawn_forget(&a->exec);
	if (a->exit.fd != -1)
		loop_unwatch(loop, &a->exit);
	if (a->child.pid != 0) {
		/* Not reaped by us yet: the pid is still its own. */
		kill(-a->child.pid, SIGKILL);
		process_signal(&a->child, SIGKILL);
		if (a->child.pidfd != -1)
			close(a->child.pidfd);
	}
	LIST_REMOVE(a, entry);
	a->program->action = NULL;
	free(a);
}

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
let_go(struct action *a)
{
	loop_unwatch(a->program->programs->loop, &a->exit);
	process_reap(a->child.pid, a->child.pidfd);
	if (a->child.pidfd != -1)
		close(a->child.pidfd);
	a->child.pid = 0;
}

static void
not_executed(struct action *a)
{
	const struct spawn_error *e = &a->exec.error;
	char how[128];

	snprintf(how, sizeof(how), "reload-command: %s: %s",
	    spawn_stage_name(e), strerror(e->err));
	finish(a, false, how);
}

static void begin_command(struct action *);

static void
exec_decided(struct spawn_report *r)
{
	struct action *a = r->arg;

	if (r->outcome == SPAWN_FAILED)
		not_executed(a);
	if (r->outcome != SPAWN_LOST)
		return;
	let_go(a);
	begin_command(a);
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
look_at_command(struct action *a)
{
	struct process_end end;
	char how[128], text[64];
	bool ok;

	if (!process_ended(a->child.pid, a->child.pidfd, &end))
		return;
	/* What it reported comes first, and may be the end of this action. */
	if (spawn_look(&a->exec) != SPAWN_EXECUTED)
		return;
	ok = end.known && !end.signal && end.code == 0;
	describe_exit(&end, text, sizeof(text));
	if (ok)
		strlcpy(how, "reload-command succeeded", sizeof(how));
	else
		snprintf(how, sizeof(how), "reload-command: %s", text);
	let_go(a);
	finish(a, ok, how);
}

static void
command_ready(struct source *s, uint32_t events)
{
	(void)events;
	look_at_command(s->arg);
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

	a->asked_usec = (uint64_t)clock_now().ns / 1000;
	if (process_signal(&a->program->child, c->reload_signal) == -1) {
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

	if (start_helper(p, p->conf->reload_command, &a->child, &a->exec) ==
	    -1) {
		a->child.pid = 0;
		not_executed(a);
		return;
	}
	/* If it cannot be watched its end is noticed by SIGCHLD. */
	if (a->child.pidfd != -1)
		loop_watch(p->programs->loop, &a->exit, a->child.pidfd,
		    EPOLLIN);
	loop_at(p->programs->loop, &a->deadline,
	    clock_add_ms(loop_now(p->programs->loop), p->conf->start_timeout));
}

void
action_begin(struct program *p, void (*done)(void *, bool, const char *),
    void *arg)
{
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
	a->child.pidfd = -1;
	spawn_report_init(&a->exec, p->programs->loop, exec_decided, a);
	a->exit.fd = -1;
	a->exit.ready = command_ready;
	a->exit.arg = a;
	p->action = &a->base;
	LIST_INSERT_HEAD(&p->programs->actions, a, entry);
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

bool
action_is_child(const struct programs *ps, pid_t pid)
{
	struct action *a;

	LIST_FOREACH (a, &ps->actions, entry)
		if (a->child.pid == pid)
			return true;
	return false;
}

void
action_child_died(const struct programs *ps, pid_t pid)
{
	struct action *a;

	LIST_FOREACH (a, &ps->actions, entry)
		if (a->child.pid == pid) {
			look_at_command(a);
			return;
		}
}
