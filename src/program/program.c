/*
 * prog - one program: carries out the actions of fsm.
 *
 * Everything that happens to a program goes through program_feed: one place
 * where its state is written, one line in the event log a change.  What a
 * change means for others, dependents and those who watch, is left to the end
 * of the turn (programs_queue), so that nothing here runs inside itself.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/log.h"
#include "process/orphan.h"
#include "program/program_int.h"

static void
deadline_due(struct deadline *d)
{
	program_feed(d->arg, EVENT_TIMEOUT);
}

static void
exit_ready(struct source *s, uint32_t events)
{
	(void)events;
	program_exited(s->arg);
}

/* If the program was not executed, the end of the process will follow. */
static void
exec_decided(struct spawn_report *r)
{
	struct program *p = r->arg;

	if (r->outcome != SPAWN_EXECUTED)
		return;
	program_feed(p, EVENT_EXEC_OK);
	if (p->conf->ready == READY_STARTED)
		program_feed(p, EVENT_READY);
}

struct program *
program_new(struct programs *ps, struct definition *conf)
{
	struct program *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->programs = ps;
	p->conf = definition_ref(conf);
	p->state = STATE_DOWN;
	p->want = WANT_REST;
	p->since = loop_now(ps->loop);
	p->deadline.due = deadline_due;
	p->deadline.arg = p;
	p->run = (uint64_t)arc4random() << 32;
	p->child.pidfd = -1;
	p->exit.fd = -1;
	p->exit.ready = exit_ready;
	p->exit.arg = p;
	spawn_report_init(&p->exec, ps->loop, exec_decided, p);
	program_init_ready(p);
	p->slot = -1;
	if (health_prepare(p, conf) == -1) {
		definition_unref(conf);
		free(p);
		return NULL;
	}
	TAILQ_INIT(&p->watches);
	RB_INSERT(program_names, &ps->names, p);
	ps->n++;
	return p;
}

void
program_free(struct program *p)
{
	struct watch *w;

	while ((w = TAILQ_FIRST(&p->watches)) != NULL) {
		program_unwatch(w);
		w->changed(w);
	}
	if (p->action != NULL)
		p->action->cancel(p->action);
	health_free(p);
	loop_cancel(p->programs->loop, &p->deadline);
	spawn_forget(&p->exec);
	start_close_ready(p);
	if (p->stream != NULL)
		logger_stream_close(p->stream);
	if (p->programs->cgroup != NULL)
		cgroup_leave(p->programs->cgroup, p->conf->name);
	record_give(p->programs->records, p->slot);
	definition_unref(p->conf);
	free(p->status);
	free(p->tail);
	free(p->needs);
	free(p->needed_by);
	free(p);
}

int
record_assign(struct program *p)
{
	if (p->slot != -1)
		return 0;
	p->slot = record_take(p->programs->records, p->conf->name);
	if (p->slot == -1)
		return -1;
	record_note(p);
	return 0;
}

static bool
is_blocked(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nneeds; i++)
		if (!outcome_is_good(p->needs[i]))
			return true;
	return false;
}

/* Those that depend on it and are leaving as well go first. */
static bool
is_held(const struct program *p)
{
	const struct program *by;
	size_t i;

	for (i = 0; i < p->nneeded_by; i++) {
		by = p->needed_by[i];
		if (by->want != WANT_RUN && fsm_is_alive(by->state))
			return true;
	}
	return false;
}

static bool
ended_well(const struct program *p)
{
	const struct value_exits *ok = &p->conf->success_exit;
	const struct process_end *e = &p->end.process;

	if (p->end.kind != END_PROCESS || p->end.late || !e->known)
		return false;
	if (e->signal)
		return (ok->signals >> (e->code - 1)) & 1;
	return (ok->codes[e->code / 64] >> (e->code % 64)) & 1;
}

static struct backoff_rule
rule_of(const struct definition *c)
{
	return (struct backoff_rule){
	    .delay = c->restart_delay,
	    .max = c->restart_delay_max,
	    .reset = c->restart_reset,
	    .limit = c->restart_limit,
	};
}

/*
 * What becomes of a program that ended while it was wanted.  Counts in the
 * restart history, so it is asked once for each end.
 */
static enum fsm_fate
fate(struct program *p)
{
	const struct definition *c = p->conf;
	struct backoff_rule rule = rule_of(c);
	int64_t ran = 0;
	bool well = ended_well(p);

	/* Time that it took to become ready, or did not, is no stable run. */
	if (p->was_ready)
		ran = clock_diff_ms(loop_now(p->programs->loop), p->started);
	else if (p->failed_starts < UINT32_MAX)
		p->failed_starts++;

	if (c->restart == RESTART_NEVER ||
	    (c->restart == RESTART_ON_FAILURE && well))
		return well ? FATE_DONE : FATE_FAIL;
	p->delay = backoff_next(&p->backoff, &rule, ran, arc4random());
	return p->delay == BACKOFF_GIVE_UP ? FATE_FAIL : FATE_AGAIN;
}

bool
program_is_watched(const struct program *p)
{
	return p->conf->watchdog > 0 && p->conf->ready == READY_NOTIFY;
}

/* The deadline that goes with a state, counted from a moment. */
void
program_arm(struct program *p, struct mono from)
{
	const struct definition *c = p->conf;
	int64_t ms = -1;

	switch (p->state) {
	case STATE_STARTING:
		ms = c->start_timeout;
		break;
	case STATE_STOPPING:
		ms = c->stop_timeout;
		break;
	case STATE_KILLING:
		ms = PROG_KILL_AGAIN;
		break;
	case STATE_WAIT:
		ms = p->delay;
		break;
	case STATE_UP:
		if (program_is_watched(p))
			ms = c->watchdog;
		break;
	case STATE_DOWN:
	case STATE_DONE:
	case STATE_FAILED:
		break;
	}
	if (ms == -1)
		loop_cancel(p->programs->loop, &p->deadline);
	else
		loop_at(p->programs->loop, &p->deadline,
		    clock_add_ms(from, ms));
}

void
program_shorten_wait(struct program *p)
{
	struct backoff_rule rule = rule_of(p->conf);
	int64_t longest = backoff_longest(&p->backoff, &rule);

	if (p->state == STATE_WAIT && p->delay > longest) {
		p->delay = longest;
		program_arm(p, p->since);
	}
}

static void
log_change(const struct program *p, enum program_state from,
    enum program_event event)
{
	char why[256];

	describe_why(p, why, sizeof(why));
	log_info("%s: %s -> %s (%s)%s%s", p->conf->name, names_state(from),
	    names_state(p->state), names_event(event, from),
	    *why != '\0' ? ": " : "", why);
}

/* Those who watch take note, and act at the end of the turn. */
void
program_changed(struct program *p)
{
	struct watch *w;

	TAILQ_FOREACH (w, &p->watches, entry)
		w->changed(w);
}

/* The only writer of state and want. */
static void
enter(struct program *p, struct fsm_next next, enum program_event event)
{
	enum program_state from = p->state;
	struct programs *ps = p->programs;
	size_t i;

	p->want = next.want;
	if (next.state == from && !(next.actions & ACT_SPAWN)) {
		if (event == EVENT_TIMEOUT) {
			program_arm(p, loop_now(ps->loop));
			program_changed(p);
		}
		return;
	}
	if (from == STATE_WAIT && next.state == STATE_STARTING &&
	    event == EVENT_TIMEOUT)
		p->restarts++;
	p->state = next.state;
	p->is_stuck = false;
	if (p->state == STATE_UP) {
		p->failed_starts = 0;
		p->was_ready = true;
	}
	p->since = loop_now(ps->loop);
	if (fsm_is_alive(next.state) && !fsm_is_alive(from))
		ps->nalive++;
	else if (!fsm_is_alive(next.state) && fsm_is_alive(from))
		ps->nalive--;
	program_arm(p, p->since);
	health_follow(p);
	log_change(p, from, event);
	program_changed(p);
	programs_queue(p);
	for (i = 0; i < p->nneeds; i++)
		programs_queue(p->needs[i]);
	for (i = 0; i < p->nneeded_by; i++)
		programs_queue(p->needed_by[i]);
	if (ps->nalive == 0)
		programs_drain_later(ps);
}

static void
send_signal(const struct program *p, int sig)
{
	char name[TEXT_NUMBER_MAX];

	if (process_signal(&p->child, sig) == -1 && errno != ESRCH)
		log_warn("%s: SIG%s cannot be sent to pid %d", p->conf->name,
		    text_signal_name(sig, name), (int)p->child.pid);
}

static void
kill_all(struct program *p)
{
	struct programs *ps = p->programs;

	if (ps->cgroup != NULL)
		cgroup_kill(ps->cgroup, p->conf->name);
	/* It may run without its cgroup. */
	if (p->leader && process_is_child(p->child.pid))
		kill(-p->child.pid, SIGKILL);
	else if (ps->cgroup == NULL)
		orphan_kill_run(p->run);
	send_signal(p, SIGKILL);
}

/*
 * SIGKILL to the group of a process that has ended, and its reaping; returns
 * how many others there were.  A child of ours is still a zombie while its
 * group is signalled, so that the group is surely its own.
 */
static int
end_group(const struct program *p)
{
	pid_t pid = p->child.pid;

	if (p->leader)
		kill(-pid, SIGKILL);
	process_reap(pid, p->child.pidfd);
	return p->leader && kill(-pid, 0) == 0 ? process_count_group(pid) : 0;
}

/*
 * What a process left that was not our child.  Its number may be another's by
 * now, and what it left is no child of ours either: the mark tells.
 */
static int
end_strangers(const struct program *p)
{
	return p->programs->cgroup == NULL ? orphan_kill_run(p->run) : 0;
}

/* Let go of the process, which has ended. */
static void
release(struct program *p)
{
	programs_remove_pid(p);
	loop_unwatch(p->programs->loop, &p->exit);
	spawn_forget(&p->exec);
	record_main(p, 0);
	if (p->child.pidfd != -1)
		close(p->child.pidfd);
	p->child.pidfd = -1;
	p->child.pid = 0;
}

void
program_sweep(struct program *p)
{
	struct programs *ps = p->programs;
	pid_t pid = p->child.pid; /* 0: it ended while there was no daemon */
	int left = 0, others;

	start_close_ready(p);
	if (ps->cgroup != NULL)
		left = cgroup_kill(ps->cgroup, p->conf->name);
	/* Its group too, for it may run without its cgroup. */
	if (pid != 0 && process_is_child(pid))
		others = end_group(p);
	else
		others = end_strangers(p);
	if (pid != 0)
		release(p);
	if (others > left)
		left = others;
	programs_sweep_later(ps);
	if (left > 0)
		log_info("%s: left %d process%s behind, killed", p->conf->name,
		    left, left == 1 ? "" : "es");
}

static void
start(struct program *p)
{
	struct programs *ps = p->programs;

	free(p->status);
	p->status = NULL;
	p->was_ready = false;
	p->started = loop_now(ps->loop);
	if (start_main(p) == -1) {
		program_feed(p, EVENT_EXEC_FAIL);
		return;
	}
	p->started_at = clock_wall().tv_sec;
	p->leader = true;
	programs_add_pid(p);
	/* If it cannot be watched its end is noticed by SIGCHLD. */
	if (p->child.pidfd != -1)
		loop_watch(ps->loop, &p->exit, p->child.pidfd, EPOLLIN);
	record_main(p, p->child.pid);
}

static void
act(struct program *p, unsigned actions)
{
	if (actions & ACT_SWEEP)
		program_sweep(p);
	if (actions & ACT_SIGNAL) {
		send_signal(p, p->conf->stop_signal);
		/* A stopped process would not see the signal. */
		send_signal(p, SIGCONT);
	}
	if (actions & ACT_KILL)
		kill_all(p);
	if (actions & ACT_FREE)
		programs_bury(p);
	if (actions & ACT_SPAWN)
		start(p);
}

void
program_feed(struct program *p, enum program_event event)
{
	struct fsm_facts facts = {
	    .blocked = is_blocked(p),
	    .held = is_held(p),
	    .fate = FATE_AGAIN,
	};
	struct fsm_next next;

	if (p->want == WANT_RUN &&
	    (event == EVENT_EXITED || event == EVENT_EXEC_FAIL))
		facts.fate = fate(p);
	next = fsm_step(p->state, p->want, event, facts);
	enter(p, next, event);
	/* Before the deeds, one of which may be the last of this daemon. */
	record_note(p);
	act(p, next.actions);
	record_note(p);
}

/* The last words have come, or never will. */
static void
tail_came(void *arg, const char *bytes, size_t len)
{
	struct program *p = arg;
	size_t i;

	p->tail_due = false;
	free(p->tail);
	p->tail = bytes != NULL ? strndup(bytes, len) : NULL;
	program_changed(p);
	/* Only now is its failure settled, and theirs that wait for it. */
	for (i = 0; i < p->nneeded_by; i++)
		programs_queue(p->needed_by[i]);
}

static void
end_stream(struct program *p)
{
	bool failed = p->want == WANT_RUN && !ended_well(p);

	if (p->stream == NULL)
		return;
	p->tail_due = failed;
	logger_stream_ended(p->stream, failed ? tail_came : NULL, p);
}

void
program_exited(struct program *p)
{
	struct process_end end;

	if (!process_ended(p->child.pid, p->child.pidfd, &end))
		return;
	/* What it reported comes first. */
	spawn_look(&p->exec);
	if (p->exec.outcome == SPAWN_FAILED) {
		start_failed(p, END_SPAWN, &p->exec.error);
		program_feed(p, EVENT_EXEC_FAIL);
		return;
	}
	if (p->exec.outcome == SPAWN_LOST && p->state == STATE_STARTING) {
		process_reap(p->child.pid, p->child.pidfd);
		release(p);
		start(p);
		return;
	}
	/* Those who wait for it to be up are told at the end of this turn. */
	if (p->state == STATE_UP && p->child.pidfd != -1 &&
	    p->since.ns == loop_now(p->programs->loop).ns)
		return;
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = END_PROCESS;
	p->end.late = outcome_late(p);
	p->end.process = end;
	p->end.at = clock_wall().tv_sec;
	end_stream(p);
	if (p->action != NULL)
		p->action->ended(p->action);
	program_feed(p, EVENT_EXITED);
}

void
program_became_ready(struct program *p)
{
	start_close_ready(p);
	program_feed(p, EVENT_READY);
}
