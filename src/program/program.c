/*
 * program - one program: carries out what the state machine decides.
 *
 * Every event goes through program_feed, which asks fsm.c for the next state
 * and for actions.  State and want are written in one place, with one line in
 * the event log for each change.  The effects on neighbours and watchers
 * follow at the end of the turn (program_queue), so that no function here
 * calls itself indirectly.
 */
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "program/describe.h"
#include "program/foreground.h"
#include "program/health.h"
#include "program/hook.h"
#include "program/neighbours.h"
#include "program/onfailure.h"
#include "program/outcome.h"
#include "program/policy.h"
#include "program/program.h"
#include "program/record.h"
#include "program/runtime.h"
#include "program/said.h"
#include "program/start.h"
#include "program/successor.h"

int
program_names_cmp(struct program *a, struct program *b)
{
	return strcmp(a->conf->name, b->conf->name);
}

RB_GENERATE(program_names, program, by_name, program_names_cmp)

static struct backoff_rule
rule_of(const struct definition *c)
{
	return (struct backoff_rule){
	    .delay = c->restart_delay,
	    .max = c->restart_delay_max,
	    .reset = c->restart_reset,
	    .settle = c->settle_time,
	    .limit = c->restart_limit,
	};
}

/* The next step of a program that ends while it is wanted. */
struct outlook {
	enum fsm_fate fate;
	int64_t delay; /* FATE_AGAIN, or BACKOFF_GIVE_UP */
	struct backoff backoff;
	bool is_stable; /* a stable run ends */
};

/* Does the event end the run, perhaps? */
static bool
may_end(enum program_event event)
{
	switch (event) {
	case EVENT_EXEC_FAIL:
	case EVENT_EXITED:
	case EVENT_TIMEOUT:
	case EVENT_GONE:
	case EVENT_HOOK_OK:
	case EVENT_HOOK_FAIL:
		return true;
	case EVENT_START:
	case EVENT_STOP:
	case EVENT_RESTART:
	case EVENT_REMOVE:
	case EVENT_EXEC_OK:
	case EVENT_READY:
	case EVENT_UNHEALTHY:
	case EVENT_NEED_STOPS:
	case EVENT_STOPPING:
	case EVENT_TRIGGER:
	case EVENT_FORKED:
	case EVENT_MAIN_FOUND:
	case EVENT_DUE:
		break;
	}
	return false;
}

static struct outlook
outlook(const struct program *p, enum program_event event)
{
	const struct definition *c = p->conf;
	struct backoff_rule rule = rule_of(c);
	bool well = policy_is_good(c, &p->end);
	struct outlook o = {FATE_AGAIN, p->delay, p->backoff, false};
	int64_t ran;

	if (p->want != WANT_RUN || !fsm_is_alive(p->state) || !may_end(event))
		return o;
	if (outcome_is_unmet(p)) {
		o.fate = FATE_UNMET;
		return o;
	}
	if (well && p->command < strings_count(c->more_commands)) {
		o.fate = FATE_NEXT;
		return o;
	}
	/* The time after the end of the main process does not count. */
	ran = clock_diff_ms(p->step == STEP_LEFT || p->step == STEP_STOP_POST
		? p->since
		: loop_now(p->programs->loop),
	    p->started);
	o.is_stable = backoff_is_stable(&rule, ran, p->was_ready);
	if (!policy_restarts(c, &p->end)) {
		o.fate = well ? FATE_DONE : FATE_FAIL;
		return o;
	}
	o.delay =
	    backoff_next(&o.backoff, &rule, ran, p->was_ready, arc4random());
	if (o.delay == BACKOFF_GIVE_UP)
		o.fate = FATE_FAIL;
	return o;
}

/* The run has ended, and the restart policy has decided: keep its history. */
static void
keep_history(struct program *p, enum program_state next,
    const struct outlook *o)
{
	if (p->want != WANT_RUN || !fsm_is_alive(p->state) ||
	    (next != STATE_WAIT && next != STATE_FAILED && next != STATE_DONE))
		return;
	if (!p->was_ready && next != STATE_DONE &&
	    p->failed_starts < UINT32_MAX)
		p->failed_starts++;
	p->backoff = o->backoff;
	p->delay = o->delay;
}

/* Has it become failed, or failed after a stable run? */
static bool
is_mishap(const struct program *p, enum program_state from,
    const struct outlook *o)
{
	if (!fsm_is_alive(from) || p->want != WANT_RUN)
		return false;
	return p->state == STATE_FAILED ||
	    (p->state == STATE_WAIT && o->is_stable &&
		!policy_is_good(p->conf, &p->end));
}

/* The time limit of the state and step, ms; -1: none. */
static int64_t
time_limit(const struct program *p, const struct definition *c)
{
	switch (p->state) {
	case STATE_STARTING:
		if (p->step == STEP_SETTLE)
			return c->settle_time;
		return c->start_timeout > 0 ? c->start_timeout : -1;
	case STATE_STOPPING:
		if (c->stop_timeout == VALUE_FOREVER)
			return -1;
		return p->step == STEP_STOP_POST ? definition_stop_post_time(c)
						 : c->stop_timeout;
	case STATE_KILLING:
		return OUTCOME_KILL_AGAIN;
	case STATE_WAIT:
		return p->delay;
	case STATE_UP:
		return p->watchdog > 0 ? p->watchdog : -1;
	case STATE_DOWN:
	case STATE_DONE:
	case STATE_FAILED:
		return -1;
	}
	__builtin_unreachable();
}

/*
 * The deadline that goes with a state, counted from a moment; those of settling
 * and of stop-post have a beginning of their own.
 */
void
program_arm(struct program *p, struct mono from)
{
	const int64_t ms = time_limit(p, p->conf);

	if (p->step == STEP_SETTLE ||
	    (p->step == STEP_STOP_POST && p->state == STATE_STOPPING))
		from = p->settling;
	/* A restart delay and a repeated SIGKILL are held against nobody. */
	p->deadline.is_lenient =
	    p->state != STATE_WAIT && p->state != STATE_KILLING;
	if (ms == -1)
		loop_cancel(p->programs->loop, &p->deadline);
	else
		loop_at(p->programs->loop, &p->deadline,
		    clock_add_ms(from, ms));
}

/*
 * Another definition may have another time limit.  Keep what was added to the
 * deadline, by EXTEND_TIMEOUT_USEC or for a delay of ours.
 */
static void
adjust_deadline(struct program *p, const struct definition *old)
{
	const int64_t ms = time_limit(p, p->conf), former = time_limit(p, old);

	if (ms == former)
		return;
	if (ms == -1 || former == -1 || !clock_is_set(p->deadline.at))
		program_arm(p, p->since);
	else
		loop_at(p->programs->loop, &p->deadline,
		    clock_add_ms(p->deadline.at, ms - former));
}

static void
log_change(const struct program *p, enum program_state from,
    enum program_step step, enum program_event event)
{
	const struct programs *ps = p->programs;
	char why[ENDING_MAX];

	describe_why(p, why, sizeof(why));
	if (ps->note != NULL)
		ps->note(ps->note_arg, p,
		    &(struct program_change){from, step, event, why});
	log_info("%s: %s -> %s (%s)%s%s", p->conf->name, names_state(from),
	    names_state(p->state), names_event(event, from, step),
	    *why != '\0' ? ": " : "", why);
}

/* Watchers note the change, and act at the end of the turn. */
static void
notify_watchers(struct program *p)
{
	struct watch *w;

	TAILQ_FOREACH (w, &p->watches, entry)
		w->changed(w);
}

void
program_queue(struct program *p)
{
	if (p->is_queued)
		return;
	p->is_queued = true;
	TAILQ_INSERT_TAIL(&p->programs->queue, p, queued);
	p->programs->drain_later(p->programs);
}

static void
queue_all(struct program *const *v, size_t n)
{
	while (n-- > 0)
		program_queue(*v++);
}

/* Its dependents and followers. */
static void
queue_dependents(struct program *p)
{
	queue_all(p->needed_by, p->nneeded_by);
	queue_all(p->followed_by, p->nfollowed_by);
}

static void
queue_neighbours(struct program *p)
{
	program_queue(p);
	queue_all(p->needs, p->nneeds);
	queue_all(p->follows, p->nfollows);
	queue_dependents(p);
}

/* The only writer of state, step and want, besides program_restore. */
static void
set_state(struct program *p, enum program_state state, enum program_step step,
    enum program_want want)
{
	struct programs *ps = p->programs;

	if (fsm_is_alive(state) && !fsm_is_alive(p->state))
		ps->nalive++;
	else if (!fsm_is_alive(state) && fsm_is_alive(p->state))
		ps->nalive--;
	p->state = state;
	p->step = step;
	p->want = want;
	if (state == STATE_UP)
		p->was_ready = p->was_up = true;
}

/* Is this the first or a later outcome of its start? */
static void
note_outcome(struct program *p, enum program_state from)
{
	switch (p->state) {
	case STATE_DOWN:
		p->had_outcome = false;
		break;
	case STATE_STARTING:
		if (from != STATE_WAIT)
			p->had_outcome = false;
		break;
	case STATE_STOPPING:
	case STATE_KILLING:
		break;
	case STATE_UP:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		p->had_outcome = true;
		break;
	}
}

bool
program_was_started(const struct program *p)
{
	return (uint32_t)p->child.run != 0;
}

/* Was it started before this start? */
static bool
is_back(const struct program *p)
{
	return (uint32_t)p->child.run > p->command + 1;
}

/*
 * It is ready.  If that is not for the first time, the programs that restart
 * with it shall: their want is recorded before its state, so that the restart
 * is not lost if the daemon is killed.  It begins at the end of the turn.
 */
void
program_lead(struct program *p)
{
	struct program *by;

	for (size_t i = 0; is_back(p) && i < p->nfollowed_by; i++) {
		by = p->followed_by[i];
		if (by->state == STATE_DOWN || by->want != WANT_RUN ||
		    !neighbours_restart_with(by, p))
			continue;
		log_info("%s: restarting with %s", by->conf->name,
		    p->conf->name);
		by->failed_starts = 0;
		program_feed(by, EVENT_DUE);
		program_queue(by);
	}
}

void
program_restore(struct program *p, enum program_state state,
    enum program_step step, enum program_want want)
{
	set_state(p, state, step, want);
}

/* The deadline of the state has passed, and the state stays. */
static void
repeat(struct program *p)
{
	if (outcome_is_overdue(p))
		/* The daemon, if it is ending, waits no longer. */
		p->programs->drain_later(p->programs);
	else
		program_arm(p, loop_now(p->programs->loop));
	notify_watchers(p);
}

/* The state stays, but its next step begins. */
static void
go_on(struct program *p, enum program_step step, unsigned actions)
{
	const struct mono now = loop_now(p->programs->loop);

	if (actions & ACT_NEXT)
		log_info("%s: command %u has ended well; starting the next one",
		    p->conf->name, p->command + 1);
	if (p->step == STEP_SETTLE || p->step == STEP_STOP_POST)
		program_arm(p, p->since);
	else if (step == STEP_SETTLE)
		/* settle-time comes on top of start-timeout. */
		program_arm(p,
		    clock_add_ms(p->since, clock_diff_ms(now, p->settling)));
	if (outcome_is_overdue(p))
		p->programs->drain_later(p->programs);
	notify_watchers(p);
}

/* Why the daemon ends it, or why it kills it, if it was wanted. */
static void
note_late(struct program *p, enum program_state from, enum program_step step,
    enum program_event event)
{
	if (p->state == STATE_KILLING && step == STEP_OWN)
		p->late = LATE_STOPPING;
	if ((from != STATE_STARTING && from != STATE_UP) ||
	    (p->state != STATE_STOPPING && p->state != STATE_KILLING))
		return;
	p->late = LATE_NOT;
	if (event == EVENT_HOOK_FAIL)
		p->late = LATE_HOOK;
	else if (event == EVENT_TIMEOUT)
		p->late = from == STATE_UP ? LATE_WATCHDOG : LATE_READY;
	else if (event == EVENT_UNHEALTHY)
		p->late = LATE_UNHEALTHY;
	else if (event == EVENT_TRIGGER)
		p->late = LATE_TRIGGER;
}

/*
 * A start has a new /tmp, if the program has private-tmp.  Processes that
 * kill-mode = process has let live keep theirs.
 */
static void
end_tmp(struct program *p)
{
	struct system *sys = p->programs->system;

	if (p->conf->kill_mode != KILL_PROCESS ||
	    (!fsm_is_alive(p->state) && program_left(p) == 0))
		sys->end_tmp(sys, p->conf->name);
}

/* Does a start begin, and not only its next step? */
static bool
begins_anew(struct fsm_next next, enum program_step step)
{
	return next.step == STEP_PRE
	    ? next.actions & ACT_HOOK
	    : next.actions & ACT_SPAWN && step != STEP_PRE;
}

static void
enter(struct program *p, struct fsm_next next, enum program_event event)
{
	enum program_state from = p->state;
	enum program_step step = p->step;
	enum program_want want = p->want;
	struct programs *ps = p->programs;

	set_state(p, next.state, next.step, next.want);
	hook_follow(p);
	if (next.step != step)
		p->settling = loop_now(ps->loop);
	if (next.state == from && !begins_anew(next, step)) {
		/* Followers wait only while it is wanted. */
		if (next.want != want)
			queue_dependents(p);
		if (next.step != step || (next.actions & ACT_NEXT))
			go_on(p, step, next.actions);
		else if (event == EVENT_TIMEOUT)
			repeat(p);
		return;
	}
	if (from == STATE_WAIT && next.state == STATE_STARTING &&
	    event == EVENT_TIMEOUT)
		p->restarts++;
	if (from != STATE_STARTING && next.state == STATE_STARTING)
		end_tmp(p);
	p->is_stuck = false;
	note_late(p, from, step, event);
	note_outcome(p, from);
	if (p->state == STATE_UP || (p->state == STATE_DONE && !p->was_ready))
		program_lead(p);
	if (p->state == STATE_UP)
		p->failed_starts = 0;
	else if (!fsm_is_alive(p->state) &&
	    (p->state != STATE_WAIT || p->failed_starts > 0))
		p->was_up = false;
	p->since = loop_now(ps->loop);
	program_arm(p, p->since);
	health_follow(p);
	log_change(p, from, step, event);
	notify_watchers(p);
	queue_neighbours(p);
	if (ps->nalive == 0)
		ps->drain_later(ps);
}

static const char *
plural(int n)
{
	return n == 1 ? "" : "es";
}

/* Its pid is what stop-post gets as MAINPID. */
static void
note_former(struct program *p)
{
	if (p->child.pid != 0)
		p->former = p->child.pid;
}

void
program_finish(struct program *p)
{
	struct system *sys = p->programs->system;
	bool keeps = p->conf->kill_mode == KILL_PROCESS;
	int n;

	note_former(p);
	start_close_ready(p);
	if (keeps)
		n = p->nleft = sys->keep(sys, &p->child, p->conf->name);
	else
		n = sys->finish(sys, &p->child, p->conf->name);
	/* Clear the record before the recorded descriptor is closed. */
	record_no_main(p);
	sys->release(sys, &p->child);
	if (n > 0)
		p->end.left = n;
	if (n > 0)
		log_info("%s: %s %d process%s that it left behind",
		    p->conf->name,
		    keeps ? "kill-mode = process keeps" : "killed", n,
		    plural(n));
	if (describe_left_foreground(p))
		log_info("%s: it went into the background: set ready = forks, "
			 "or keep it in the foreground %s",
		    p->conf->name, foreground_option(p->conf->command));
}

void
program_linger(struct program *p)
{
	struct system *sys = p->programs->system;

	note_former(p);
	start_close_ready(p);
	record_no_main(p);
	if (sys->linger(sys, &p->child, p->conf->name) == 0)
		return;
	log_warn("%s: the processes that it left behind cannot be watched; "
		 "killing them",
	    p->conf->name);
	if (p->step == STEP_COMMAND)
		sys->release(sys, &p->child);
	else
		program_feed(p, EVENT_GONE);
}

/* Processes that outlived an earlier daemon do not belong to the next start. */
static void
set_aside(struct program *p)
{
	struct system *sys = p->programs->system;
	int n;

	if (p->conf->kill_mode != KILL_PROCESS)
		return;
	sys->keep(sys, &p->child, p->conf->name);
	n = sys->kept(sys, &p->child, p->conf->name);
	if (n > p->nleft)
		log_info("%s: %d process%s of an earlier start stay%s",
		    p->conf->name, n, plural(n), n == 1 ? "s" : "");
	p->nleft = n;
}

/* Before the first process of a start. */
/* A new start has the defaults of this version: see takeover.c. */
static void
use_present(struct program *p)
{
	if (!p->is_former)
		return;
	p->is_former = p->former_told = false;
	definition_use_present(p->conf);
	record_note(p);
}

static void
begin_start(struct program *p)
{
	use_present(p);
	said_clear(p);
	free(p->blamed);
	p->blamed = NULL;
	p->former = 0;
	p->child.claims = p->conf->pid_file != NULL;
	p->child.claims_uid =
	    p->conf->uid != (uid_t)-1 ? p->conf->uid : geteuid();
	p->was_ready = false;
	p->started = loop_now(p->programs->loop);
	p->started_at = clock_wall().tv_sec;
	set_aside(p);
	runtime_take(p);
}

static void
begin_hooks(struct program *p)
{
	if (p->step == STEP_PRE) {
		begin_start(p);
		if (start_prepare(p) == -1) {
			program_feed(p, EVENT_HOOK_FAIL);
			return;
		}
	}
	hook_begin(p);
}

static void
log_lack(void *arg, enum hardening_key key, const char *why)
{
	const struct program *p = arg;

	log_warnx("%s: starts without %s, which %s (sandbox = try)",
	    p->conf->name, keys_hardening_name((int)key), why);
}

/* Once for each definition. */
static void
log_lacks(struct program *p)
{
	if (!describe_tries(p) || p->tried == p->conf)
		return;
	p->tried = p->conf;
	p->programs->system->lacks(p->conf, log_lack, p);
}

static void
start(struct program *p)
{
	log_lacks(p);
	p->started = loop_now(p->programs->loop);
	if (start_main(p) == -1)
		program_feed(p, EVENT_EXEC_FAIL);
	if (p->child.pid == 0)
		return;
	p->started_at = clock_wall().tv_sec;
	record_main(p);
}

int
program_signal(struct program *p, int sig)
{
	struct system *sys = p->programs->system;

	return sys->signal(sys, &p->child, sig);
}

static void
send_signal(struct program *p, int sig)
{
	char name[TEXT_NUMBER_MAX];

	if (program_signal(p, sig) == -1 && errno != ESRCH)
		log_warn("%s: cannot send SIG%s to pid %d", p->conf->name,
		    text_signal_name(sig, name), (int)p->child.pid);
}

/* A process stopped by SIGSTOP would not handle the signal. */
static void
send_stop(struct program *p)
{
	send_signal(p, p->conf->stop_signal);
	send_signal(p, SIGCONT);
}

static void
send_stop_to_rest(struct program *p)
{
	struct system *sys = p->programs->system;
	char name[TEXT_NUMBER_MAX];
	int n;

	n = sys->signal_left(sys, &p->child, p->conf->name,
	    p->conf->stop_signal);
	sys->signal_left(sys, &p->child, p->conf->name, SIGCONT);
	if (n > 0)
		log_info("%s: sent SIG%s to %d process%s %s", p->conf->name,
		    text_signal_name(p->conf->stop_signal, name), n, plural(n),
		    p->step == STEP_LEFT ? "that it left behind"
					 : "besides the main one");
}

static void
send_kill(struct program *p)
{
	struct system *sys = p->programs->system;
	int n;

	if (p->conf->kill_mode == KILL_PROCESS) {
		send_signal(p, SIGKILL);
		/* Those of a start that has no main process. */
		if (p->step == STEP_LEFT)
			sys->signal_left(sys, &p->child, p->conf->name,
			    SIGKILL);
		return;
	}
	n = sys->kill(sys, &p->child, p->conf->name);
	if (n > 0)
		log_info("%s: killed %d process%s %s", p->conf->name, n,
		    plural(n),
		    p->step == STEP_LEFT ? "that it left behind"
					 : "besides the main one");
}

/* from: the step before. */
static void
act(struct program *p, unsigned actions, enum program_step from)
{
	if (actions & ACT_FINISH)
		program_finish(p);
	if (actions & ACT_SIGNAL) {
		if (p->step == STEP_SIGNAL)
			send_stop(p);
		if (p->step == STEP_PRE) {
			hook_signal(p, p->conf->stop_signal);
			hook_signal(p, SIGCONT);
		}
		if (p->step == STEP_LEFT ||
		    (p->step == STEP_SIGNAL &&
			p->conf->kill_mode == KILL_CONTROL_GROUP))
			send_stop_to_rest(p);
	}
	if (actions & ACT_KILL) {
		if (hook_is_step(p->step))
			hook_kill(p);
		else
			send_kill(p);
	}
	/* Its session shows which processes it left: reap the main process
	 * last. */
	if (actions & ACT_LINGER)
		program_linger(p);
	if ((actions & ACT_SEARCH) && p->step == STEP_FORKED)
		successor_search(p);
	if (actions & ACT_FREE)
		program_retire(p);
	if (actions & (ACT_SPAWN | ACT_NEXT)) {
		p->command = actions & ACT_NEXT ? p->command + 1 : 0;
		/* start-pre was the beginning. */
		if (actions & ACT_NEXT || from != STEP_PRE)
			begin_start(p);
		start(p);
	}
	if (actions & ACT_HOOK)
		begin_hooks(p);
}

/* The main process ends, or it has and so does the command beside it. */
static bool
ends_main(const struct program *p, enum program_event event)
{
	if (p->step == STEP_COMMAND)
		return p->child.pid == 0 && may_end(event);
	return event == EVENT_EXITED || event == EVENT_EXEC_FAIL;
}

/* How many processes are left that have to end before the next start? */
static int
count_left(struct program *p, enum program_event event)
{
	struct system *sys = p->programs->system;
	bool ends = ends_main(p, event);
	bool starts = event == EVENT_START || event == EVENT_RESTART ||
	    event == EVENT_TIMEOUT;

	/* A start without a main process leaves nothing that is wanted. */
	if (p->step == STEP_FORKED)
		ends = p->state == STATE_STARTING ||
		    p->conf->kill_mode != KILL_PROCESS;
	else if (p->conf->kill_mode == KILL_PROCESS || p->step == STEP_LEFT)
		return 0;
	if (fsm_is_alive(p->state) ? !ends : !starts)
		return 0;
	return sys->left(sys, &p->child, p->conf->name);
}

int
program_left(const struct program *p)
{
	struct system *sys = p->programs->system;

	if (p->step == STEP_LEFT)
		return sys->left(sys, &p->child, p->conf->name);
	if (p->nleft > 0 && p->conf->kill_mode == KILL_PROCESS)
		return sys->kept(sys, &p->child, p->conf->name);
	return 0;
}

/* Has a task ended well?  Then a stop comes later, or never. */
static bool
task_is_done(const struct program *p, enum program_event event)
{
	return p->conf->ready == READY_EXITED && p->want == WANT_RUN &&
	    (event == EVENT_EXITED || event == EVENT_GONE) &&
	    policy_is_good(p->conf, &p->end);
}

/* The commands around the program that are due at this event. */
static void
add_hooks(struct fsm_facts *facts, const struct program *p,
    enum program_event event)
{
	const struct definition *c = p->conf;
	const bool is_done = task_is_done(p, event);
	const bool undoes = p->state != STATE_DONE || outcome_remains(p);

	facts->main = p->child.pid != 0;
	facts->has_pre = c->start_pre != NULL;
	facts->has_post = c->start_post != NULL &&
	    (is_done || (event != EVENT_EXITED && event != EVENT_GONE));
	facts->has_stop_command = c->stop_command != NULL && undoes;
	/* An unmet condition is no end. */
	facts->has_stop_post = c->stop_post != NULL && undoes && !is_done &&
	    !(may_end(event) && outcome_is_unmet(p));
}

/* Are its sockets not open yet?  If so, they are opened now. */
static bool
lacks_sockets(struct program *p)
{
	struct listening *l = p->programs->listening;

	return p->conf->listen_stream != NULL && l != NULL && !l->ready(l, p);
}

static bool
has_sockets(const struct program *p)
{
	return p->programs->listening != NULL &&
	    (p->conf->listen_stream != NULL || p->waiting_for != NULL);
}

static void
close_sockets(struct program *p)
{
	if (has_sockets(p))
		p->programs->listening->release(p->programs->listening, p);
}

/* Close all that is held for it. */
static void
close_held(struct program *p)
{
	close_sockets(p);
	if (p->nstored > 0)
		p->programs->storing->release(p->programs->storing, p);
}

/* Nothing is held for a program at rest: clients are refused. */
static void
rest(struct program *p)
{
	if ((has_sockets(p) || p->nstored > 0) && outcome_is_at_rest(p))
		close_held(p);
}

/* Does something keep it from a start, which the event would be? */
static bool
is_blocked(struct program *p, enum program_event event)
{
	if (p->conf->waits_for != NULL || neighbours_block(p) ||
	    runtime_blocks(p))
		return true;
	switch (event) {
	case EVENT_START:
	case EVENT_RESTART:
	case EVENT_TIMEOUT:
		return !fsm_is_alive(p->state) && lacks_sockets(p);
	case EVENT_EXITED:
	case EVENT_EXEC_FAIL:
	case EVENT_GONE:
		return p->want == WANT_RESTART && lacks_sockets(p);
	case EVENT_HOOK_OK:
	case EVENT_HOOK_FAIL:
		return p->want == WANT_RESTART && p->child.pid == 0 &&
		    lacks_sockets(p);
	case EVENT_STOP:
	case EVENT_REMOVE:
	case EVENT_EXEC_OK:
	case EVENT_READY:
	case EVENT_UNHEALTHY:
	case EVENT_NEED_STOPS:
	case EVENT_STOPPING:
	case EVENT_TRIGGER:
	case EVENT_FORKED:
	case EVENT_MAIN_FOUND:
	case EVENT_DUE:
		break;
	}
	return false;
}

static struct fsm_facts
facts_for(struct program *p, enum program_event event, enum fsm_fate fate)
{
	const struct definition *c = p->conf;
	struct fsm_facts facts = {
	    .blocked = is_blocked(p, event),
	    .held = neighbours_hold(p),
	    .awaited = c->ready != READY_STARTED,
	    .settles = definition_settles(c),
	    .together = c->kill_mode == KILL_CONTROL_GROUP,
	    .spared = !c->send_sigkill,
	    .fate = fate,
	};
	bool ends = ends_main(p, event);
	int n = 0;

	add_hooks(&facts, p, event);

	if (fsm_is_alive(p->state) || !facts.blocked)
		n = count_left(p, event);
	facts.left = n > 0;
	if (p->step == STEP_LEFT && event == EVENT_TIMEOUT)
		n = program_left(p);
	if (n > 0)
		p->nleft = n;
	if (ends && n > 0)
		p->end.left = n;
	facts.at_once = c->send_sigkill &&
	    (c->stop_timeout == 0 ||
		(facts.left && c->kill_mode == KILL_MIXED));
	return facts;
}

/* The last output has come, or it will not come. */
static void
tail_came(void *arg, const char *bytes, size_t len)
{
	struct program *p = arg;

	p->tail_due = false;
	free(p->tail);
	p->tail = bytes != NULL ? strndup(bytes, len) : NULL;
	onfailure_look(p);
	notify_watchers(p);
	/* Its failure, and that of its dependents, is settled only now. */
	queue_dependents(p);
}

static void
end_stream(struct program *p)
{
	struct system *sys = p->programs->system;
	bool failed = p->want == WANT_RUN && !policy_is_good(p->conf, &p->end);

	if (p->stream == NULL)
		return;
	p->tail_due = failed;
	sys->end_stream(sys, p->stream, failed ? tail_came : NULL, p);
}

/* Nothing takes the place of its main process. */
static void
lose_main(struct program *p)
{
	end_stream(p);
	/* A health check is not one of the processes that it left. */
	health_end(p);
	if (p->action != NULL)
		p->action->ended(p->action);
}

static void
set_why(struct program *p, const char *why)
{
	free(p->why);
	p->why = why != NULL ? strdup(why) : NULL;
}

/* A start that ends without a main process has failed. */
static void
note_no_main(struct program *p, enum program_event event)
{
	if (p->state != STATE_STARTING || p->want != WANT_RUN ||
	    (event != EVENT_EXITED && event != EVENT_GONE &&
		event != EVENT_TIMEOUT))
		return;
	p->end.late = LATE_NO_MAIN;
	if (event == EVENT_GONE)
		set_why(p, "it left no process");
}

/* Is it the end of a start whose main process does not exist? */
static bool
ends_without_main(const struct program *p, enum program_event event,
    struct fsm_next next)
{
	return (event == EVENT_HOOK_OK || event == EVENT_HOOK_FAIL ||
		   event == EVENT_TIMEOUT) &&
	    (p->step == STEP_PRE || p->step == STEP_POST) &&
	    p->child.pid == 0 && next.step != p->step &&
	    next.step != STEP_EXEC && next.state != STATE_DONE;
}

/* The time of a start is over while a command around the program runs. */
static void
note_overdue_hook(struct program *p)
{
	hook_blame(p);
	if (p->child.pid != 0)
		return;
	/* If it is start-pre, its end will say more. */
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = END_PROCESS;
	p->end.late = LATE_READY;
	p->end.is_hook = true;
	p->end.process = (struct process_end){.known = true,
	    .signal = true,
	    .code = SIGKILL};
	p->end.at = clock_wall().tv_sec;
}

void
program_feed(struct program *p, enum program_event event)
{
	const enum program_step from = p->step;
	struct outlook o;
	const enum program_state state = p->state;
	struct fsm_next next;

	if (event == EVENT_TIMEOUT && p->state == STATE_STARTING &&
	    hook_is_step(from))
		note_overdue_hook(p);
	if (from == STEP_FORKED)
		note_no_main(p, event);
	o = outlook(p, event);
	next = fsm_step(p->state, p->step, p->want, event,
	    facts_for(p, event, o.fate));
	keep_history(p, next.state, &o);
	if (ends_without_main(p, event, next))
		end_stream(p);
	if (from == STEP_FORKED && next.step != STEP_FORKED) {
		successor_forget(p);
		if (event != EVENT_MAIN_FOUND)
			lose_main(p);
	}
	enter(p, next, event);
	rest(p);
	/* Before the end is recorded: a daemon that is killed here sees it. */
	if (is_mishap(p, state, &o))
		onfailure_note(p);
	/*
	 * Record the state before the actions: the daemon may be killed in one.
	 */
	record_note(p);
	act(p, next.actions, from);
	/* Now it is known which processes stay. */
	if (p->state != state)
		runtime_follow(p);
	if (fsm_is_alive(state) && !fsm_is_alive(p->state))
		end_tmp(p);
	record_note(p);
}

static void
main_executed(struct child *c)
{
	struct program *p = c->owner;

	program_feed(p, EVENT_EXEC_OK);
}

static void
main_failed(struct child *c, const struct spawn_error *error)
{
	struct program *p = c->owner;

	start_failed(p, END_SPAWN, error);
	set_why(p, c->why);
	program_feed(p, EVENT_EXEC_FAIL);
}

/* It was killed at birth: create it again, if it is still wanted. */
static bool
main_lost(struct child *c)
{
	struct program *p = c->owner;
	struct system *sys = p->programs->system;

	if (p->state != STATE_STARTING)
		return false;
	start_close_ready(p);
	record_no_main(p);
	sys->release(sys, c);
	start(p);
	return true;
}

static void
note_end(struct program *p, const struct process_end *end)
{
	struct system *sys = p->programs->system;

	set_why(p, NULL);
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = END_PROCESS;
	p->end.late = outcome_late(p);
	p->end.process = *end;
	if (end->signal && end->code == SIGKILL)
		p->end.process.oom =
		    sys->was_oom(sys, &p->child, p->conf->name);
	p->end.at = clock_wall().tv_sec;
}

/* The process that was started is to leave another behind. */
static void
check_start(struct program *p)
{
	char how[64];

	if (p->conf->ready != READY_FORKS || p->want != WANT_RUN ||
	    (p->step != STEP_EXEC && p->step != STEP_READY) ||
	    !policy_is_good(p->conf, &p->end))
		return;
	p->end.late = LATE_NO_MAIN;
	ending_exit(&p->end.process, how, sizeof(how));
	set_why(p, p->end.process.code == 0 ? "it left no process" : how);
}

void
program_main_ended(struct program *p)
{
	if (successor_exists(p)) {
		program_feed(p, EVENT_FORKED);
		return;
	}
	check_start(p);
	lose_main(p);
	program_feed(p, EVENT_EXITED);
}

static void
main_ended(struct child *c, const struct process_end *end)
{
	struct program *p = c->owner;

	/* Clients that wait for it to be up are answered in this turn. */
	if (p->state == STATE_UP && c->exit.fd != -1 &&
	    p->since.ns == loop_now(p->programs->loop).ns)
		return;
	/* After a failed start-post, p->end is about that. */
	if (outcome_late(p) != LATE_HOOK)
		note_end(p, end);
	program_main_ended(p);
}

static void
rest_gone(struct child *c)
{
	program_feed(c->owner, EVENT_GONE);
}

/* READY_FD: a newline makes it ready. */
static void
ready_readable(struct source *s, uint32_t events)
{
	struct program *p = s->arg;
	char buf[512];
	ssize_t n;

	(void)events;
	n = read(s->fd, buf, sizeof(buf));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		log_warnx("%s: closed descriptor %d without the newline that "
			  "makes it ready",
		    p->conf->name, p->conf->ready_fd);
		start_close_ready(p);
	} else if (memchr(buf, '\n', (size_t)n) != NULL) {
		start_close_ready(p);
		program_feed(p, EVENT_READY);
	}
}

static void
deadline_due(struct deadline *d)
{
	program_feed(d->arg, EVENT_TIMEOUT);
}

struct program *
program_new(struct programs *ps, struct definition *conf)
{
	static const struct child_events events = {
	    .executed = main_executed,
	    .failed = main_failed,
	    .lost = main_lost,
	    .ended = main_ended,
	    .gone = rest_gone,
	};
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
	p->child.events = &events;
	p->child.pidfd = -1;
	p->child.is_main = true;
	/* The upper half of the mark is the program's, the lower counts. */
	p->child.run = (uint64_t)arc4random() << 32;
	p->child.keeps = conf->kill_mode == KILL_PROCESS;
	p->ready.fd = -1;
	p->ready.ready = ready_readable;
	p->child.owner = p->deadline.arg = p->ready.arg = p;
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

static void
remove_from(struct program **list, size_t *n, const struct program *p)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (list[i] == p) {
			list[i] = list[--*n];
			return;
		}
}

/* Take it out of the lists of its neighbours. */
static void
unlink_neighbours(struct program *p)
{
	size_t i;

	for (i = 0; i < p->nneeds; i++)
		remove_from(p->needs[i]->needed_by, &p->needs[i]->nneeded_by,
		    p);
	for (i = 0; i < p->nneeded_by; i++)
		remove_from(p->needed_by[i]->needs, &p->needed_by[i]->nneeds,
		    p);
	for (i = 0; i < p->nfollows; i++)
		remove_from(p->follows[i]->followed_by,
		    &p->follows[i]->nfollowed_by, p);
	for (i = 0; i < p->nfollowed_by; i++)
		remove_from(p->followed_by[i]->follows,
		    &p->followed_by[i]->nfollows, p);
	p->nneeds = p->nneeded_by = p->nfollows = p->nfollowed_by = 0;
}

void
program_retire(struct program *p)
{
	struct programs *ps = p->programs;

	if (p->is_queued)
		TAILQ_REMOVE(&ps->queue, p, queued);
	p->is_queued = false;
	unlink_neighbours(p);
	close_held(p);
	RB_REMOVE(program_names, &ps->names, p);
	ps->n--;
	TAILQ_INSERT_TAIL(&ps->dead, p, queued);
	ps->drain_later(ps);
}

void
program_free(struct program *p)
{
	struct system *sys = p->programs->system;
	struct watch *w;

	while ((w = TAILQ_FIRST(&p->watches)) != NULL) {
		program_unwatch(w);
		w->changed(w);
	}
	if (p->action != NULL)
		p->action->cancel(p->action);
	successor_forget(p);
	health_free(p);
	hook_end(p);
	onfailure_free(p);
	loop_cancel(p->programs->loop, &p->deadline);
	start_close_ready(p);
	if (p->stream != NULL)
		sys->close_stream(sys, p->stream);
	sys->close_notify(sys, p->notify);
	sys->remove_folder(sys, p->conf->name);
	record_give(p->programs->records, p->slot);
	runtime_forget(p);
	definition_unref(p->conf);
	free(p->status);
	free(p->tail);
	free(p->why);
	free(p->blamed);
	free(p->waiting_for);
	free(p->needs);
	free(p->needed_by);
	free(p->follows);
	free(p->followed_by);
	free(p);
}

/* The event that its want asks for now.  False: none. */
static bool
wanted_event(const struct program *p, enum program_event *event)
{
	const bool runs = p->state == STATE_STARTING || p->state == STATE_UP ||
	    p->state == STATE_DONE;

	switch (p->want) {
	case WANT_RUN:
		*event = EVENT_START;
		return p->state == STATE_DOWN && !outcome_is_unmet(p);
	case WANT_REST:
		*event = EVENT_STOP;
		return runs;
	case WANT_RESTART:
		*event = runs ? EVENT_RESTART : EVENT_START;
		return runs || !fsm_is_alive(p->state);
	case WANT_REMOVE:
		*event = EVENT_REMOVE;
		return runs;
	}
	__builtin_unreachable();
}

/*
 * A neighbour changed, or it is due.  So a start may not be blocked any more, a
 * stop may not be held any more, or a request may have become hopeless.
 */
void
program_look_again(struct program *p)
{
	enum program_event event;
	bool stuck;

	if (wanted_event(p, &event))
		program_feed(p, event);
	if (p->state != STATE_DOWN || p->want != WANT_RUN)
		return;
	rest(p);
	notify_watchers(p);
	/*
	 * Pass the change from neighbour to neighbour: a search could take
	 * long.
	 */
	stuck = outcome_is_hopeless(p);
	if (stuck == p->is_stuck)
		return;
	p->is_stuck = stuck;
	queue_dependents(p);
}

/* Forget its failures: it gets new attempts, and its conditions a new look. */
static void
begin_anew(struct program *p)
{
	if (outcome_is_unmet(p))
		p->end.kind = END_NONE;
	backoff_clear(&p->backoff);
	p->failed_starts = 0;
	free(p->tail);
	p->tail = NULL;
	if (p->waiting_for != NULL)
		close_sockets(p);
}

/*
 * A start may help it: to the clients that wait, it is not stuck before it was
 * looked at again.
 */
static void
unstick(struct program *p, void *arg)
{
	(void)arg;
	if (!p->is_stuck)
		return;
	p->is_stuck = false;
	program_queue(p);
}

/*
 * Is it the start of a program that has nothing to stop?  It begins at the end
 * of the turn, when all programs that it may follow are wanted.
 */
static bool
is_start(enum program_event event, const struct program *p)
{
	return (event == EVENT_START || event == EVENT_RESTART) &&
	    !fsm_is_alive(p->state) && !outcome_remains(p);
}

void
program_retry(struct program *p)
{
	begin_anew(p);
	program_feed(p, is_start(EVENT_START, p) ? EVENT_DUE : EVENT_START);
	program_queue(p);
}

static void
start_need(struct program *need, void *arg)
{
	unstick(need, arg);
	if (program_awaits_start(need))
		program_retry(need);
}

static void
stop_before_need(struct program *by, void *arg)
{
	(void)arg;
	program_feed(by, EVENT_NEED_STOPS);
}

void
program_request(struct program *p, enum program_event event)
{
	switch (event) {
	case EVENT_START:
	case EVENT_RESTART:
		begin_anew(p);
		neighbours_each_need(p, start_need, NULL);
		neighbours_each_dependent(p, unstick, NULL);
		break;
	case EVENT_STOP:
		neighbours_each_dependent(p, stop_before_need, NULL);
		break;
	case EVENT_REMOVE:
		break;
	case EVENT_EXEC_OK:
	case EVENT_EXEC_FAIL:
	case EVENT_READY:
	case EVENT_EXITED:
	case EVENT_TIMEOUT:
	case EVENT_UNHEALTHY:
	case EVENT_NEED_STOPS:
	case EVENT_GONE:
	case EVENT_STOPPING:
	case EVENT_TRIGGER:
	case EVENT_FORKED:
	case EVENT_MAIN_FOUND:
	case EVENT_HOOK_OK:
	case EVENT_HOOK_FAIL:
	case EVENT_DUE:
		return;
	}
	program_feed(p, is_start(event, p) ? EVENT_DUE : event);
	/* A blocked program does not change, but may be stuck. */
	if (event != EVENT_REMOVE)
		program_queue(p);
}

void
program_restart(struct program *p)
{
	neighbours_each_dependent(p, stop_before_need, NULL);
	program_request(p, EVENT_RESTART);
}

bool
program_awaits_start(const struct program *p)
{
	return p->want == WANT_REST || p->state == STATE_FAILED;
}

/* The new definition may have a shorter delay than the current wait. */
static void
shorten_wait(struct program *p)
{
	struct backoff_rule rule = rule_of(p->conf);
	int64_t longest = backoff_longest(&p->backoff, &rule);

	if (p->state == STATE_WAIT && p->delay > longest) {
		p->delay = longest;
		program_arm(p, p->since);
	}
}

void
program_set_conf(struct program *p, struct definition *conf)
{
	struct system *sys = p->programs->system;
	struct definition *old = p->conf;

	if (p->is_former)
		definition_use_former(conf);
	else
		definition_use_present(conf);
	/* The name, by which the set is sorted, stays the same. */
	p->conf = definition_ref(conf);
	p->child.keeps = conf->kill_mode == KILL_PROCESS;
	health_adjust(p, old);
	if (old->resources.n > 0 || conf->resources.n > 0)
		sys->adjust_limits(sys, old, conf);
	adjust_deadline(p, old);
	definition_unref(old);
	shorten_wait(p);
	record_note(p);
	if (p->stream != NULL && conf->log != LOG_TO_NONE)
		sys->adjust_stream(sys, conf, p->stream);
}

int
program_leaves_before(const struct program *a, const struct program *b)
{
	if (a->depth != b->depth)
		return a->depth > b->depth ? -1 : 1;
	return strcmp(b->conf->name, a->conf->name);
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

/* MAINPID: another of its processes is the main one from now on. */
static void
change_main(struct program *p, pid_t pid)
{
	pid_t former = p->child.pid;

	if (pid == former || !fsm_is_alive(p->state))
		return;
	switch (successor_take(p, pid)) {
	case -1:
		if (said_may_be_logged(p))
			log_warn("%s: MAINPID=%d refused", p->conf->name,
			    (int)pid);
		return;
	case 0:
		if (said_may_be_logged(p))
			log_warnx("%s: MAINPID=%d refused: not one of its "
				  "processes",
			    p->conf->name, (int)pid);
		return;
	}
	if (said_may_be_logged(p))
		log_info("%s: its main process is %d now, was %d",
		    p->conf->name, (int)pid, (int)former);
}

/* EXTEND_TIMEOUT_USEC: the deadline is not before that. */
static void
extend(struct program *p, int64_t ms)
{
	struct loop *loop = p->programs->loop;
	const struct mono until = clock_add_ms(loop_now(loop), ms);

	if (p->state != STATE_STARTING && p->state != STATE_STOPPING)
		return;
	if (p->step != STEP_SETTLE && clock_is_set(p->deadline.at) &&
	    clock_before(p->deadline.at, until))
		loop_at(loop, &p->deadline, until);
}

/* A former main process may drain while its successor runs. */
static void
stops_itself(struct program *p, pid_t sender)
{
	if (sender == p->child.pid)
		program_feed(p, EVENT_STOPPING);
	else if (said_may_be_logged(p))
		log_info("%s: STOPPING=1 of pid %d is ignored: it is not the "
			 "main process",
		    p->conf->name, (int)sender);
}

/* The program is alive. */
static void
feed_watchdog(struct program *p)
{
	if (p->state == STATE_UP)
		program_arm(p, loop_now(p->programs->loop));
}

void
program_notified(struct program *p, const struct sdnotify *m, pid_t sender)
{
	if (p->conf->ready != READY_NOTIFY || !said_is_heard(p, sender))
		return;
	if (m->mainpid != 0)
		change_main(p, m->mainpid);
	said_note(p, m);
	if (p->action != NULL)
		p->action->notified(p->action, m);
	if (m->ready && p->state == STATE_STARTING)
		program_feed(p, EVENT_READY);
	if (m->watchdog || m->has_watchdog_time)
		feed_watchdog(p);
	if (m->extend > 0)
		extend(p, m->extend);
	if ((m->store || m->store_remove) && p->programs->storing != NULL &&
	    fsm_is_alive(p->state))
		p->programs->storing->store(p->programs->storing, p, m);
	if (m->trigger)
		program_feed(p, EVENT_TRIGGER);
	if (m->stopping)
		stops_itself(p, sender);
	record_note(p);
}

void
program_not_notified(struct program *p)
{
	if (said_may_be_logged(p))
		log_warnx("%s: a notify message is dropped: it is longer than "
			  "64K, or its descriptors cannot be received",
		    p->conf->name);
}
