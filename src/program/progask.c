/*
 * progask - what others want of a program: an administrator or a reload, its
 * neighbours, those who watch, and the program itself.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "program/program_int.h"

/*
 * A neighbour changed: a start may no longer be blocked, a stop no longer be
 * held; and whoever waits for an outcome may now know that there is none.
 */
void
program_look_again(struct program *p)
{
	static const enum program_event wanted[PROGRAM_WANTS] = {
	    [WANT_RUN] = EVENT_START,
	    [WANT_REST] = EVENT_STOP,
	    [WANT_RESTART] = EVENT_RESTART,
	    [WANT_REMOVE] = EVENT_REMOVE,
	};
	bool stuck;
	size_t i;

	if (p->want == WANT_RUN
		? p->state == STATE_DOWN
		: p->state == STATE_STARTING || p->state == STATE_UP)
		program_feed(p, wanted[p->want]);
	if (p->state != STATE_DOWN || p->want != WANT_RUN)
		return;
	program_changed(p);
	/* Passed on from one to the next; searched for, it could take long. */
	stuck = outcome_is_hopeless(p);
	if (stuck == p->is_stuck)
		return;
	p->is_stuck = stuck;
	for (i = 0; i < p->nneeded_by; i++)
		programs_queue(p->needed_by[i]);
}

/* Dependencies that nobody wants, or that were given up, come along. */
static void
request_needs(struct program *p)
{
	struct program *need;
	size_t i;

	for (i = 0; i < p->nneeds; i++) {
		need = p->needs[i];
		if (need->want == WANT_REST || need->state == STATE_FAILED)
			program_request(need, EVENT_START);
	}
}

/* Those that could not do without it go first. */
static void
request_dependents(struct program *p)
{
	struct program *by;
	size_t i;

	for (i = 0; i < p->nneeded_by; i++) {
		by = p->needed_by[i];
		if ((by->want == WANT_RUN || by->want == WANT_RESTART) &&
		    by->state != STATE_DONE && by->state != STATE_FAILED)
			program_request(by, EVENT_STOP);
	}
}

void
program_request(struct program *p, enum program_event event)
{
	switch (event) {
	case EVENT_START:
	case EVENT_RESTART:
		backoff_clear(&p->backoff);
		p->failed_starts = 0;
		free(p->tail);
		p->tail = NULL;
		request_needs(p);
		break;
	case EVENT_STOP:
		request_dependents(p);
		break;
	case EVENT_REMOVE:
		break;
	case EVENT_EXEC_OK:
	case EVENT_EXEC_FAIL:
	case EVENT_READY:
	case EVENT_EXITED:
	case EVENT_TIMEOUT:
	case EVENT_UNHEALTHY:
		return;
	}
	program_feed(p, event);
	/* One that is blocked does not change, but may be stuck. */
	if (event != EVENT_REMOVE)
		programs_queue(p);
}

void
programs_stop_all(struct programs *ps)
{
	struct program *p;

	RB_FOREACH (p, program_names, &ps->names)
		program_request(p, EVENT_STOP);
	programs_drain_later(ps);
}

void
program_set_conf(struct program *p, struct definition *conf)
{
	struct definition *old = p->conf;

	/* The name, by which the set is sorted, stays the same. */
	p->conf = definition_ref(conf);
	health_adjust(p, old);
	definition_unref(old);
	program_shorten_wait(p);
	record_note(p);
	start_adjust_stream(p);
	if (p->state == STATE_STARTING || p->state == STATE_STOPPING)
		program_arm(p, p->since);
}

void
program_watch(struct program *p, struct watch *w)
{
	w->program = p;
	TAILQ_INSERT_TAIL(&p->watches, w, entry);
}

void
program_unwatch(struct watch *w)
{
	if (w->program == NULL)
		return;
	TAILQ_REMOVE(&w->program->watches, w, entry);
	w->program = NULL;
}

/* Another of its processes is the main one from now on. */
static void
change_main(struct program *p, pid_t pid)
{
	struct programs *ps = p->programs;
	struct process child = {.pid = pid};

	if (pid == p->child.pid || !fsm_is_alive(p->state))
		return;
	child.pidfd = process_open(pid);
	if (child.pidfd == -1) {
		log_warn("%s: MAINPID=%d refused", p->conf->name, (int)pid);
		return;
	}
	/* If it lives after it was looked at, the pid was not another's. */
	if (programs_owner(ps, pid) != p || process_signal(&child, 0) == -1) {
		log_warnx("%s: MAINPID=%d refused: none of its processes",
		    p->conf->name, (int)pid);
		close(child.pidfd);
		return;
	}
	log_info("%s: its main process is %d now, was %d", p->conf->name,
	    (int)pid, (int)p->child.pid);
	programs_remove_pid(p);
	loop_unwatch(ps->loop, &p->exit);
	if (p->child.pidfd != -1)
		close(p->child.pidfd);
	p->child = child;
	p->leader = false;
	programs_add_pid(p);
	record_main(p, pid);
	record_note(p);
	if (loop_watch(ps->loop, &p->exit, child.pidfd, EPOLLIN) == -1)
		log_warn("%s: process %d cannot be watched", p->conf->name,
		    (int)pid);
}

void
program_notified(struct program *p, const struct sdnotify *m)
{
	if (p->conf->ready != READY_NOTIFY)
		return;
	if (m->has_status) {
		free(p->status);
		p->status = *m->status != '\0' ? strdup(m->status) : NULL;
	}
	if (m->mainpid != 0)
		change_main(p, m->mainpid);
	if (m->stopping)
		log_info("%s: says that it is stopping", p->conf->name);
	if (m->reloading)
		log_info("%s: says that it is reloading", p->conf->name);
	if (p->action != NULL)
		p->action->notified(p->action, m);
	if (m->ready && p->state == STATE_STARTING)
		program_feed(p, EVENT_READY);
	if (m->watchdog && p->state == STATE_UP)
		program_arm(p, loop_now(p->programs->loop));
	record_note(p);
}
