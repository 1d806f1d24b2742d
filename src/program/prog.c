/*
 * prog - one program: carries out the actions of fsm.
 *
 * Everything that happens to a program goes through prog_feed: one place where
 * its state is written, one line in the event log a change.  What a change
 * means for others, dependents and those who watch, is left to the end of the
 * turn (progs_queue), so that nothing here runs inside itself.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/orphan.h"
#include "program/prog_int.h"
#include "base/text.h"

static void
deadline_due(struct deadline *d)
{
	prog_feed(d->arg, EVENT_TIMEOUT);
}

static void
exit_ready(struct source *s, uint32_t events)
{
	(void)events;
	prog_exited(s->arg);
}

struct prog *
prog_new(struct progs *ps, struct conf *conf)
{
	struct prog *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->progs = ps;
	p->conf = conf_ref(conf);
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
	prog_init_ready(p);
	p->slot = -1;
	if (prog_prepare(p, conf) == -1) {
		conf_unref(conf);
		free(p);
		return NULL;
	}
	TAILQ_INIT(&p->watches);
	RB_INSERT(prog_names, &ps->names, p);
	ps->n++;
	return p;
}

void
prog_free(struct prog *p)
{
	struct watch *w;

	while ((w = TAILQ_FIRST(&p->watches)) != NULL) {
		prog_unwatch(w);
		w->changed(w);
	}
	if (p->action != NULL)
		p->action->cancel(p->action);
	prog_health_free(p);
	loop_cancel(p->progs->loop, &p->deadline);
	prog_close_ready(p);
	if (p->stream != NULL)
		logger_stream_close(p->stream);
	if (p->progs->cgroup != NULL)
		cgroup_leave(p->progs->cgroup, p->conf->name);
	records_give(p->progs->records, p->slot);
	conf_unref(p->conf);
	free(p->status);
	free(p->tail);
	free(p->needs);
	free(p->needed_by);
	free(p);
}

int
prog_take_record(struct prog *p)
{
	if (p->slot != -1)
		return 0;
	p->slot = records_take(p->progs->records, p->conf->name);
	if (p->slot == -1)
		return -1;
	prog_note(p);
	return 0;
}

static bool
is_blocked(const struct prog *p)
{
	size_t i;

	for (i = 0; i < p->nneeds; i++)
		if (!prog_is_good(p->needs[i]))
			return true;
	return false;
}

/* Those that depend on it and are leaving as well go first. */
static bool
is_held(const struct prog *p)
{
	const struct prog *by;
	size_t i;

	for (i = 0; i < p->nneeded_by; i++) {
		by = p->needed_by[i];
		if (by->want != WANT_RUN && fsm_is_alive(by->state))
			return true;
	}
	return false;
}

static bool
ended_well(const struct prog *p)
{
	const struct conf_exits *ok = &p->conf->success_exit;
	const struct process_end *e = &p->end.process;

	if (p->end.kind != END_PROCESS || p->end.late || !e->known)
		return false;
	if (e->signal)
		return (ok->signals >> (e->code - 1)) & 1;
	return (ok->codes[e->code / 64] >> (e->code % 64)) & 1;
}

static struct backoff_rule
rule_of(const struct conf *c)
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
fate(struct prog *p)
{
	const struct conf *c = p->conf;
	struct backoff_rule rule = rule_of(c);
	int64_t ran = 0;
	bool well = ended_well(p);

	/* Time that it took to become ready, or did not, is no stable run. */
	if (p->was_ready)
		ran = clock_diff_ms(loop_now(p->progs->loop), p->started);
	else if (p->failed_starts < UINT32_MAX)
		p->failed_starts++;

	if (c->restart == RESTART_NEVER ||
	    (c->restart == RESTART_ON_FAILURE && well))
		return well ? FATE_DONE : FATE_FAIL;
	p->delay = backoff_next(&p->backoff, &rule, ran, arc4random());
	return p->delay == BACKOFF_GIVE_UP ? FATE_FAIL : FATE_AGAIN;
}

bool
prog_is_watched(const struct prog *p)
{
	return p->conf->watchdog > 0 && p->conf->ready == READY_NOTIFY;
}

/* The deadline that goes with a state, counted from a moment. */
void
prog_arm(struct prog *p, struct mono from)
{
	const struct conf *c = p->conf;
	int64_t ms = -1;

	switch (p->state) {
	case STATE_STARTING:
		if (c->ready != READY_STARTED)
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
		if (prog_is_watched(p))
			ms = c->watchdog;
		break;
	case STATE_DOWN:
	case STATE_DONE:
	case STATE_FAILED:
		break;
	}
	if (ms == -1)
		loop_cancel(p->progs->loop, &p->deadline);
	else
		loop_at(p->progs->loop, &p->deadline, clock_add_ms(from, ms));
}

void
prog_shorten_wait(struct prog *p)
{
	struct backoff_rule rule = rule_of(p->conf);
	int64_t longest = backoff_longest(&p->backoff, &rule);

	if (p->state == STATE_WAIT && p->delay > longest) {
		p->delay = longest;
		prog_arm(p, p->since);
	}
}

static void
log_change(const struct prog *p, enum fsm_state from, enum fsm_event event)
{
	char why[256];

	prog_why(p, why, sizeof(why));
	log_info("%s: %s -> %s (%s)%s%s", p->conf->name, fsm_state_name(from),
	    fsm_state_name(p->state), fsm_event_name(event),
	    *why != '\0' ? ": " : "", why);
}

/* Those who watch take note, and act at the end of the turn. */
void
prog_tell(struct prog *p)
{
	struct watch *w;

	TAILQ_FOREACH (w, &p->watches, entry)
		w->changed(w);
}

/* The only writer of state and want. */
static void
enter(struct prog *p, struct fsm_next next, enum fsm_event event)
{
	enum fsm_state from = p->state;
	struct progs *ps = p->progs;
	size_t i;

	p->want = next.want;
	if (next.state == from && !(next.actions & ACT_SPAWN)) {
		if (event == EVENT_TIMEOUT) {
			prog_arm(p, loop_now(ps->loop));
			prog_tell(p);
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
	prog_arm(p, p->since);
	prog_health_follow(p);
	log_change(p, from, event);
	prog_tell(p);
	progs_queue(p);
	for (i = 0; i < p->nneeds; i++)
		progs_queue(p->needs[i]);
	for (i = 0; i < p->nneeded_by; i++)
		progs_queue(p->needed_by[i]);
	if (ps->nalive == 0)
		progs_drain_later(ps);
}

static void
kill_all(struct prog *p)
{
	struct progs *ps = p->progs;

	if (ps->cgroup != NULL)
		cgroup_kill(ps->cgroup, p->conf->name);
	/* It may run without its cgroup. */
	if (p->leader && process_is_child(p->child.pid))
		kill(-p->child.pid, SIGKILL);
	else if (ps->cgroup == NULL)
		orphan_kill_run(p->run);
	process_signal(&p->child, SIGKILL);
}

/*
 * SIGKILL to the group of a process that has ended, and its reaping; returns
 * how many others there were.  A child of ours is still a zombie while its
 * group is signalled, so that the group is surely its own.
 */
static int
end_group(const struct prog *p)
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
end_strangers(const struct prog *p)
{
	return p->progs->cgroup == NULL ? orphan_kill_run(p->run) : 0;
}

/* Let go of the process, which has ended. */
static void
release(struct prog *p)
{
	progs_remove_pid(p);
	loop_unwatch(p->progs->loop, &p->exit);
	prog_record_main(p, 0);
	if (p->child.pidfd != -1)
		close(p->child.pidfd);
	p->child.pidfd = -1;
	p->child.pid = 0;
}

void
prog_sweep(struct prog *p)
{
	struct progs *ps = p->progs;
	pid_t pid = p->child.pid; /* 0: it ended while there was no daemon */
	int left = 0, others;

	prog_close_ready(p);
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
	progs_sweep_later(ps);
	if (left > 0)
		log_info("%s: left %d process%s behind, killed", p->conf->name,
		    left, left == 1 ? "" : "es");
}

static void
start(struct prog *p)
{
	struct progs *ps = p->progs;

	free(p->status);
	p->status = NULL;
	p->was_ready = false;
	p->started = loop_now(ps->loop);
	if (prog_spawn(p) == -1) {
		prog_feed(p, EVENT_EXEC_FAIL);
		return;
	}
	p->started_at = clock_wall().tv_sec;
	p->leader = true;
	progs_add_pid(p);
	/* If it cannot be watched its end is noticed by SIGCHLD. */
	if (p->child.pidfd != -1)
		loop_watch(ps->loop, &p->exit, p->child.pidfd, EPOLLIN);
	prog_record_main(p, p->child.pid);
	prog_feed(p, EVENT_EXEC_OK);
	if (p->conf->ready == READY_STARTED)
		prog_feed(p, EVENT_READY);
}

static void
act(struct prog *p, unsigned actions)
{
	if (actions & ACT_SWEEP)
		prog_sweep(p);
	if (actions & ACT_SIGNAL) {
		process_signal(&p->child, p->conf->stop_signal);
		/* A stopped process would not see the signal. */
		process_signal(&p->child, SIGCONT);
	}
	if (actions & ACT_KILL)
		kill_all(p);
	if (actions & ACT_FREE)
		progs_bury(p);
	if (actions & ACT_SPAWN)
		start(p);
}

void
prog_feed(struct prog *p, enum fsm_event event)
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
	prog_note(p);
	act(p, next.actions);
	prog_note(p);
}

/* The last words have come, or never will. */
static void
tail_came(void *arg, const char *bytes, size_t len)
{
	struct prog *p = arg;
	size_t i;

	p->tail_due = false;
	free(p->tail);
	p->tail = bytes != NULL ? strndup(bytes, len) : NULL;
	prog_tell(p);
	/* Only now is its failure settled, and theirs that wait for it. */
	for (i = 0; i < p->nneeded_by; i++)
		progs_queue(p->needed_by[i]);
}

static void
end_stream(struct prog *p)
{
	bool failed = p->want == WANT_RUN && !ended_well(p);

	if (p->stream == NULL)
		return;
	p->tail_due = failed;
	logger_stream_ended(p->stream, failed ? tail_came : NULL, p);
}

void
prog_exited(struct prog *p)
{
	struct process_end end;

	if (!process_ended(p->child.pid, p->child.pidfd, &end))
		return;
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = END_PROCESS;
	p->end.late = prog_is_late(p);
	p->end.process = end;
	p->end.at = clock_wall().tv_sec;
	end_stream(p);
	if (p->action != NULL)
		p->action->ended(p->action);
	prog_feed(p, EVENT_EXITED);
}

void
prog_became_ready(struct prog *p)
{
	prog_close_ready(p);
	prog_feed(p, EVENT_READY);
}
