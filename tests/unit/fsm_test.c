/*
 * fsm: every state x step x want x event x fact holds the invariants; stories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "program/fsm.h"

#define FATES 5

/* One step of the machine and where it leads. */
struct step {
	enum program_state state;
	enum program_step step;
	enum program_want want;
	enum program_event event;
	struct fsm_facts facts;
	struct fsm_next to;
};

/* Every fact but main and fate is a bit of the number. */
static void
set_facts(struct fsm_facts *facts, int number)
{
	facts->blocked = number & 1;
	facts->held = number & 2;
	facts->awaited = number & 4;
	facts->settles = number & 8;
	facts->left = number & 16;
	facts->together = number & 32;
	facts->at_once = number & 64;
	facts->spared = number & 128;
	facts->has_pre = number & 256;
	facts->has_post = number & 512;
	facts->has_stop_command = number & 1024;
	facts->has_stop_post = number & 2048;
}
#define FACTS 4096

/* Is there a main process at that step?  Perhaps, at two steps. */
static bool
is_main_possible(const struct step *s, bool main)
{
	switch (s->step) {
	case STEP_NONE:
		return main == (s->state == STATE_UP);
	case STEP_EXEC:
	case STEP_READY:
	case STEP_SETTLE:
	case STEP_SIGNAL:
	case STEP_OWN:
		return main;
	case STEP_POST:
	case STEP_COMMAND:
		return true;
	case STEP_PRE:
	case STEP_LEFT:
	case STEP_STOP_POST:
	case STEP_FORKED:
		return !main;
	}
	return false;
}

/* The fate counts only where the run may end. */
static bool
has_fate(enum program_event event)
{
	return event == EVENT_EXITED || event == EVENT_EXEC_FAIL ||
	    event == EVENT_GONE || event == EVENT_TIMEOUT ||
	    event == EVENT_HOOK_OK || event == EVENT_HOOK_FAIL;
}

static void
walk_facts(struct step *s, void (*check)(const struct step *))
{
	int fates = has_fate(s->event) && s->want == WANT_RUN ? FATES : 1;

	for (int i = 0; i < FACTS * 2 * fates; i++) {
		set_facts(&s->facts, i);
		s->facts.main = i / FACTS % 2;
		if (!is_main_possible(s, s->facts.main))
			continue;
		s->facts.fate = (enum fsm_fate)(i / FACTS / 2);
		s->to =
		    fsm_step(s->state, s->step, s->want, s->event, s->facts);
		assert_true(fsm_has_step(s->to.state, s->to.step));
		check(s);
	}
}

/* Call check for every possible step. */
static void
walk(void (*check)(const struct step *))
{
	struct step s;

	for (int i = 0; i <
	     PROGRAM_STATES * PROGRAM_STEPS * PROGRAM_WANTS * PROGRAM_EVENTS;
	     i++) {
		int rest = i;

		s.state = (enum program_state)(rest % PROGRAM_STATES);
		rest /= PROGRAM_STATES;
		s.step = (enum program_step)(rest % PROGRAM_STEPS);
		rest /= PROGRAM_STEPS;
		s.want = (enum program_want)(rest % PROGRAM_WANTS);
		s.event = (enum program_event)(rest / PROGRAM_WANTS);
		if (fsm_has_step(s.state, s.step))
			walk_facts(&s, check);
	}
}

static bool
is_hook_step(enum program_step step)
{
	return step == STEP_PRE || step == STEP_POST || step == STEP_COMMAND ||
	    step == STEP_STOP_POST;
}

/* The main process ends, or is not born. */
static bool
ends_main(const struct step *s)
{
	return (s->event == EVENT_EXITED || s->event == EVENT_EXEC_FAIL) &&
	    fsm_is_alive(s->state) && s->facts.main;
}

/* The time of the state is over, and the commands of the step with it. */
static bool
is_late(const struct step *s)
{
	return s->event == EVENT_TIMEOUT && !s->facts.main &&
	    (s->step == STEP_POST || s->step == STEP_COMMAND);
}

/* The commands of a step have ended, and there is no main process. */
static bool
ends_hook(const struct step *s)
{
	return (s->event == EVENT_HOOK_OK || s->event == EVENT_HOOK_FAIL ||
		   is_late(s)) &&
	    is_hook_step(s->step) && !s->facts.main;
}

/* The search for a main process ends without one. */
static bool
ends_search(const struct step *s)
{
	return s->step == STEP_FORKED && s->to.step != STEP_FORKED &&
	    s->to.step != STEP_COMMAND && s->event != EVENT_MAIN_FOUND;
}

/*
 * No process that has to end is left of the main one, unless stop-command
 * follows its end.
 */
static bool
ends_all(const struct step *s)
{
	return (ends_main(s) && !s->facts.left && s->step != STEP_COMMAND) ||
	    (ends_hook(s) && !s->facts.left && s->step == STEP_COMMAND) ||
	    (ends_search(s) && !s->facts.left) ||
	    (s->event == EVENT_GONE &&
		(s->step == STEP_LEFT || s->step == STEP_FORKED));
}

/* A stop that needs no process to end. */
static bool
stops_nothing(const struct step *s)
{
	return (s->event == EVENT_STOP || s->event == EVENT_RESTART ||
		   s->event == EVENT_REMOVE || s->event == EVENT_NEED_STOPS) &&
	    (s->state == STATE_DONE ||
		(s->step == STEP_POST && !s->facts.main));
}

/* Nothing of the program is left that has to end. */
static bool
is_over(const struct step *s)
{
	return ends_all(s) || (ends_hook(s) && s->step != STEP_COMMAND) ||
	    (stops_nothing(s) && !s->facts.held);
}

/* Is it done, with commands that undo it? */
static bool
remains(const struct step *s)
{
	return s->state == STATE_DONE &&
	    (s->facts.has_stop_command || s->facts.has_stop_post);
}

static bool
pre_is_over(const struct step *s)
{
	return s->step == STEP_PRE && s->state == STATE_STARTING &&
	    s->event == EVENT_HOOK_OK && s->want == WANT_RUN;
}

static bool
is_unchanged(const struct step *s)
{
	return s->to.state == s->state && s->to.step == s->step &&
	    s->to.want == s->want && s->to.actions == 0;
}

static void
check_spawn(const struct step *s)
{
	unsigned births = s->to.actions & (ACT_SPAWN | ACT_NEXT | ACT_HOOK);

	/* At most one of them. */
	assert_int_equal(births & (births - 1), 0);
	if (births & ACT_NEXT) {
		assert_true(is_over(s) && fsm_is_alive(s->state));
		assert_int_equal(s->facts.fate, FATE_NEXT);
		assert_int_equal(s->want, WANT_RUN);
		assert_int_equal(s->to.step, STEP_EXEC);
	}
	if (births & ACT_SPAWN) {
		assert_true(is_over(s) ||
		    (!fsm_is_alive(s->state) && !s->facts.left));
		assert_int_equal(s->to.state, STATE_STARTING);
		assert_int_equal(s->to.step, STEP_EXEC);
		assert_int_equal(s->to.want, WANT_RUN);
		assert_true(!s->facts.blocked || pre_is_over(s));
		assert_true(!s->facts.has_pre || pre_is_over(s));
	}
	if (pre_is_over(s))
		assert_int_equal(births, ACT_SPAWN);
	/* Nothing gets a process but by a spawn, or has one of earlier. */
	if (!fsm_is_alive(s->state) && fsm_is_alive(s->to.state))
		assert_true((births & (ACT_SPAWN | ACT_HOOK)) ||
		    (s->to.step == STEP_LEFT && s->facts.left));
}

/* The commands around the main process run at their steps only. */
static void
check_hooks(const struct step *s)
{
	bool runs = s->to.actions & ACT_HOOK;

	if (is_hook_step(s->to.step) && s->to.step != s->step)
		assert_true(runs);
	if (!runs)
		return;
	assert_true(is_hook_step(s->to.step));
	switch (s->to.step) {
	case STEP_PRE:
		assert_true(s->facts.has_pre && !s->facts.blocked);
		assert_int_equal(s->to.state, STATE_STARTING);
		assert_true(!fsm_is_alive(s->state) || is_over(s));
		break;
	case STEP_POST:
		assert_true(s->facts.has_post);
		assert_int_equal(s->to.state, STATE_STARTING);
		break;
	case STEP_COMMAND:
		assert_true(s->facts.has_stop_command && !s->facts.at_once);
		assert_true(s->event == EVENT_STOP ||
		    s->event == EVENT_RESTART || s->event == EVENT_REMOVE ||
		    s->event == EVENT_NEED_STOPS ||
		    (ends_hook(s) && s->want != WANT_RUN));
		assert_true(s->state == STATE_UP || s->state == STATE_DONE ||
		    s->step == STEP_SETTLE || s->step == STEP_POST);
		break;
	case STEP_STOP_POST:
		assert_true(s->facts.has_stop_post && is_over(s));
		assert_int_equal(s->to.state, STATE_STOPPING);
		break;
	case STEP_NONE:
	case STEP_EXEC:
	case STEP_READY:
	case STEP_SETTLE:
	case STEP_SIGNAL:
	case STEP_LEFT:
	case STEP_OWN:
	case STEP_FORKED:
		break;
	}
}

static void
runs_commands_at_their_steps(void **state)
{
	(void)state;
	walk(check_hooks);
}

/* stop-post follows each end, unless it was the end. */
static void
check_stop_post(const struct step *s)
{
	if (!s->facts.has_stop_post || s->step == STEP_STOP_POST ||
	    !is_over(s) || pre_is_over(s) || s->to.step == STEP_COMMAND ||
	    (s->event == EVENT_HOOK_OK && s->step == STEP_POST) ||
	    (s->event == EVENT_NEED_STOPS && s->want != WANT_RUN))
		return;
	if (s->event == EVENT_RESTART && s->want == WANT_REMOVE &&
	    s->state != STATE_DONE)
		return;
	assert_int_equal(s->to.step, STEP_STOP_POST);
}

static void
cleans_up_after_each_end(void **state)
{
	(void)state;
	walk(check_stop_post);
}

static void
spawns_only_without_process(void **state)
{
	(void)state;
	walk(check_spawn);
}

static void
check_wait(const struct step *s)
{
	if (s->to.state != STATE_WAIT || s->state == STATE_WAIT)
		return;
	assert_true(is_over(s));
	assert_int_equal(s->facts.fate, FATE_AGAIN);
	assert_int_equal(s->to.want, WANT_RUN);
}

static void
waits_only_after_an_end(void **state)
{
	(void)state;
	walk(check_wait);
}

static void
check_reaped(const struct step *s)
{
	if (fsm_is_alive(s->state) && !fsm_is_alive(s->to.state))
		assert_true(is_over(s));
	assert_int_equal(!!(s->to.actions & ACT_FINISH), ends_all(s));
	/* The machine waits for the processes that are left. */
	if (ends_main(s) && s->facts.left)
		assert_true(s->to.actions & ACT_LINGER);
	if (s->to.step == STEP_LEFT && s->step != STEP_LEFT)
		assert_true(s->to.actions & ACT_LINGER);
	if (s->to.actions & ACT_LINGER)
		assert_true((s->facts.left && s->to.step == STEP_LEFT) ||
		    (ends_main(s) && s->to.step == STEP_COMMAND) ||
		    (s->event == EVENT_FORKED && s->to.step == STEP_FORKED));
}

static void
is_down_only_after_the_reap(void **state)
{
	(void)state;
	walk(check_reaped);
}

static void
check_removal(const struct step *s)
{
	if (s->to.actions & ACT_FREE) {
		assert_int_equal(s->to.state, STATE_DOWN);
		assert_int_equal(s->to.want, WANT_REMOVE);
	}
	if (s->want == WANT_REMOVE) {
		assert_int_equal(s->to.want, WANT_REMOVE);
		assert_false(s->to.actions & (ACT_SPAWN | ACT_NEXT));
		/* Down for good is freed, at the very step. */
		if (fsm_is_alive(s->state) && !fsm_is_alive(s->to.state))
			assert_true(s->to.actions & ACT_FREE);
	}
	if (s->event == EVENT_REMOVE) {
		assert_int_equal(s->to.want, WANT_REMOVE);
		if (!fsm_is_alive(s->state) && !remains(s))
			assert_int_equal(s->to.actions, ACT_FREE);
	}
}

static void
frees_what_is_removed_and_down(void **state)
{
	(void)state;
	walk(check_removal);
}

static void
check_kill(const struct step *s)
{
	bool ends = s->to.state == STATE_KILLING && s->state != STATE_KILLING;

	if (ends)
		assert_true(s->to.actions & ACT_KILL);
	if (!(s->to.actions & ACT_KILL))
		return;
	assert_int_equal(s->to.state, STATE_KILLING);
	/* It is spared the SIGKILL after the stop signal. */
	if (s->state == STATE_STOPPING && s->event == EVENT_TIMEOUT)
		assert_false(s->facts.spared);
	if (s->state != STATE_STOPPING && s->state != STATE_KILLING)
		assert_true(s->facts.at_once);
}

static void
check_signals(const struct step *s)
{
	bool stops =
	    s->to.state == STATE_STOPPING || s->to.state == STATE_KILLING;
	bool was_stopping =
	    s->state == STATE_STOPPING || s->state == STATE_KILLING;

	check_kill(s);
	/* Each stop signals once, and once more what is left. */
	if (s->to.actions & ACT_SIGNAL) {
		assert_int_equal(s->to.state, STATE_STOPPING);
		assert_true(s->state != STATE_STOPPING ||
		    s->step == STEP_COMMAND ||
		    (s->to.step == STEP_LEFT && s->step != STEP_LEFT &&
			(s->step == STEP_OWN || !s->facts.together)));
	}
	if (stops && !was_stopping)
		assert_true((s->to.actions &
				(ACT_SIGNAL | ACT_KILL | ACT_HOOK)) ||
		    s->event == EVENT_STOPPING);
	if (s->to.step == STEP_OWN && s->step != STEP_OWN)
		assert_int_equal(s->event, EVENT_STOPPING);
	if (s->facts.held && fsm_is_alive(s->state) && !was_stopping &&
	    s->event != EVENT_TIMEOUT && s->event != EVENT_UNHEALTHY &&
	    s->event != EVENT_TRIGGER && s->event != EVENT_STOPPING &&
	    s->event != EVENT_HOOK_OK && s->event != EVENT_HOOK_FAIL &&
	    !ends_main(s) && !ends_search(s))
		assert_false(stops);
	/* A process that is being stopped is not taken back. */
	if (was_stopping && !is_over(s))
		assert_true(stops);
	if (s->state == STATE_KILLING && !is_over(s))
		assert_int_equal(s->to.state, STATE_KILLING);
}

static void
stops_in_order(void **state)
{
	(void)state;
	walk(check_signals);
}

static void
check_ready(const struct step *s)
{
	bool by_ready = s->event == EVENT_READY &&
	    (s->step == STEP_EXEC || s->step == STEP_READY);
	bool by_exec = s->event == EVENT_EXEC_OK && s->step == STEP_EXEC;
	bool settled = s->event == EVENT_TIMEOUT && s->step == STEP_SETTLE;

	bool by_hook = s->event == EVENT_HOOK_OK && s->step == STEP_POST;
	bool by_found = s->event == EVENT_MAIN_FOUND && s->step == STEP_FORKED;

	/* It has been executed, has said so if awaited, and has settled. */
	if (s->to.state == STATE_UP && s->state != STATE_UP) {
		assert_int_equal(s->state, STATE_STARTING);
		assert_true(by_hook || !s->facts.has_post);
		if (by_hook)
			assert_true(s->facts.main);
		else if (s->facts.settles)
			assert_true(settled);
		else if (s->facts.awaited)
			assert_true(by_ready || by_found || settled);
		else
			assert_true(by_exec || by_ready || by_found || settled);
	}
	if (s->to.step == STEP_SETTLE && s->step != STEP_SETTLE) {
		assert_true(s->facts.settles);
		assert_true(by_ready || by_found ||
		    (by_exec && !s->facts.awaited));
	}
	if (s->to.step == STEP_READY && s->step != STEP_READY)
		assert_true(by_exec && s->facts.awaited);
	if (s->to.step == STEP_POST && s->step != STEP_POST && !is_over(s))
		assert_true(by_ready || by_exec || by_found || settled);
	if (s->event == EVENT_READY || s->event == EVENT_EXEC_OK || settled) {
		assert_int_equal(s->to.want, s->want);
		assert_int_equal(s->to.actions,
		    s->to.step == STEP_POST && s->step != STEP_POST ? ACT_HOOK
								    : 0);
	}
}

static void
is_up_only_when_ready(void **state)
{
	(void)state;
	walk(check_ready);
}

static void
check_impossible(const struct step *s)
{
	bool impossible = (s->event == EVENT_EXEC_OK && s->step != STEP_EXEC) ||
	    ((s->event == EVENT_EXITED || s->event == EVENT_EXEC_FAIL) &&
		!ends_main(s) && s->step != STEP_FORKED) ||
	    (s->event == EVENT_GONE && s->step != STEP_LEFT &&
		s->step != STEP_FORKED) ||
	    (s->event == EVENT_MAIN_FOUND && s->step != STEP_FORKED) ||
	    (s->event == EVENT_FORKED &&
		((s->state != STATE_STARTING && s->state != STATE_UP) ||
		    !s->facts.main || s->want != WANT_RUN)) ||
	    (s->event == EVENT_READY && s->step != STEP_EXEC &&
		s->step != STEP_READY) ||
	    (s->event == EVENT_TIMEOUT &&
		(s->state == STATE_DOWN || s->state == STATE_DONE ||
		    s->state == STATE_FAILED)) ||
	    ((s->event == EVENT_STOPPING || s->event == EVENT_TRIGGER) &&
		((s->state != STATE_STARTING && s->state != STATE_UP) ||
		    !s->facts.main)) ||
	    ((s->event == EVENT_HOOK_OK || s->event == EVENT_HOOK_FAIL) &&
		!is_hook_step(s->step)) ||
	    (s->event == EVENT_UNHEALTHY &&
		(s->state != STATE_UP || s->want != WANT_RUN ||
		    !s->facts.main));

	if (impossible)
		assert_true(is_unchanged(s));
}

static void
ignores_the_impossible(void **state)
{
	(void)state;
	walk(check_impossible);
}

/* A start that finds processes of an earlier one ends them first. */
static bool
ends_left(const struct step *s)
{
	return !fsm_is_alive(s->state) && s->to.step == STEP_LEFT;
}

/* The want RESTART has led to a start, or to DOWN because it is blocked. */
static bool
starts_again(const struct step *s)
{
	return s->to.step != STEP_STOP_POST && s->to.step != STEP_COMMAND &&
	    s->to.step != STEP_LEFT && is_over(s);
}

/* A search begins with FORKED, and ends without a stop if it succeeds. */
static void
check_search(const struct step *s)
{
	bool begins = s->to.step == STEP_FORKED && s->step != STEP_FORKED;

	assert_int_equal(!!(s->to.actions & ACT_SEARCH), begins);
	if (begins) {
		assert_int_equal(s->event, EVENT_FORKED);
		assert_int_equal(s->to.state, s->state);
		assert_int_equal(s->want, WANT_RUN);
		assert_true(s->to.actions & ACT_LINGER);
	}
	if (s->event != EVENT_MAIN_FOUND || s->step != STEP_FORKED)
		return;
	assert_true(s->to.state == STATE_UP || s->to.step == STEP_SETTLE ||
	    s->to.step == STEP_POST);
	assert_int_equal(s->to.want, s->want);
}

static void
searches_after_a_fork(void **state)
{
	(void)state;
	walk(check_search);
}

/* The want after each order, for every state. */
static void
check_wants(const struct step *s)
{
	enum program_want expected = s->want;
	bool stopping = s->state == STATE_STOPPING || s->state == STATE_KILLING;

	if (s->want == WANT_REMOVE)
		return;
	switch (s->event) {
	case EVENT_START:
		expected = stopping || ends_left(s) ? WANT_RESTART : WANT_RUN;
		break;
	case EVENT_STOP:
		expected = WANT_REST;
		break;
	case EVENT_RESTART:
		expected = fsm_is_alive(s->state) || ends_left(s) || remains(s)
		    ? WANT_RESTART
		    : WANT_RUN;
		if (starts_again(s))
			expected = WANT_RUN;
		break;
	case EVENT_REMOVE:
		expected = WANT_REMOVE;
		break;
	case EVENT_EXEC_FAIL:
	case EVENT_EXITED:
	case EVENT_GONE:
	case EVENT_HOOK_OK:
	case EVENT_HOOK_FAIL:
		if (starts_again(s) && s->want == WANT_RESTART &&
		    !(s->event == EVENT_HOOK_OK && s->step == STEP_POST &&
			s->facts.main))
			expected = WANT_RUN;
		break;
	case EVENT_NEED_STOPS:
		if ((fsm_is_alive(s->state) || remains(s)) &&
		    s->want == WANT_RUN)
			expected = starts_again(s) ? WANT_RUN : WANT_RESTART;
		break;
	case EVENT_DUE:
		expected = WANT_RESTART;
		break;
	case EVENT_EXEC_OK:
	case EVENT_READY:
	case EVENT_UNHEALTHY:
	case EVENT_STOPPING:
	case EVENT_TRIGGER:
	case EVENT_FORKED:
	case EVENT_MAIN_FOUND:
		break;
	case EVENT_TIMEOUT:
		if (ends_left(s))
			expected = WANT_RESTART;
		if (starts_again(s) && s->want == WANT_RESTART)
			expected = WANT_RUN;
		break;
	}
	assert_int_equal(s->to.want, expected);
}

static void
wants_what_was_asked_for(void **state)
{
	(void)state;
	walk(check_wants);
}

/* Everything happens for which it waits, until it is down. */
static struct fsm_next
let_end(struct fsm_next now, struct fsm_facts facts)
{
	enum program_event event;

	for (int i = 0; i < 8 && fsm_is_alive(now.state); i++) {
		if (now.step == STEP_LEFT)
			event = EVENT_GONE;
		else
			event = is_hook_step(now.step) ? EVENT_HOOK_OK
						       : EVENT_EXITED;
		now = fsm_step(now.state, now.step, now.want, event, facts);
		if (now.actions & (ACT_FINISH | ACT_LINGER))
			facts.main = false;
	}
	return now;
}

/* After a STOP, whatever it was doing, and some timeouts: DOWN. */
static void
check_stop(const struct step *s)
{
	struct fsm_facts facts = s->facts;
	struct fsm_next now = s->to, end;

	if (s->event != EVENT_STOP || s->facts.held)
		return;
	for (int timeouts = 0; timeouts < 4; timeouts++) {
		end = let_end(now, facts);
		assert_int_equal(end.state, STATE_DOWN);
		assert_true(end.want == WANT_REST || end.want == WANT_REMOVE);
		if (!fsm_is_alive(now.state))
			break;
		now = fsm_step(now.state, now.step, now.want, EVENT_TIMEOUT,
		    facts);
		/* stop-post has a time of its own. */
		if (fsm_is_alive(now.state) && !facts.spared && timeouts > 0)
			assert_int_equal(now.state, STATE_KILLING);
	}
}

static void
stop_always_ends_down(void **state)
{
	(void)state;
	walk(check_stop);
}

/* The state after the end of a process, for each want. */
static void
check_fate(const struct step *s)
{
	static const enum program_state fates[] = {[FATE_NEXT] = STATE_STARTING,
	    [FATE_AGAIN] = STATE_WAIT,
	    [FATE_DONE] = STATE_DONE,
	    [FATE_FAIL] = STATE_FAILED,
	    [FATE_UNMET] = STATE_DOWN};

	if (!is_over(s) || s->to.step == STEP_STOP_POST ||
	    s->to.step == STEP_COMMAND || pre_is_over(s) || stops_nothing(s) ||
	    (s->step == STEP_POST && s->event == EVENT_HOOK_OK) ||
	    (s->step == STEP_FORKED && !has_fate(s->event)))
		return;
	switch (s->want) {
	case WANT_RUN:
		if (s->facts.fate == FATE_DONE && s->facts.has_post)
			assert_int_equal(s->to.step, STEP_POST);
		else
			assert_int_equal(s->to.state, fates[s->facts.fate]);
		break;
	case WANT_RESTART:
		assert_int_equal(s->to.state,
		    s->facts.blocked ? STATE_DOWN : STATE_STARTING);
		break;
	case WANT_REST:
	case WANT_REMOVE:
		assert_int_equal(s->to.state, STATE_DOWN);
		break;
	}
}

static void
ends_as_its_want_says(void **state)
{
	(void)state;
	walk(check_fate);
}

/* A story: events, and what each must lead to. */
struct scene {
	enum program_event event;
	struct fsm_facts facts;
	struct fsm_next to;
};

#define FREE                                                        \
	{                                                           \
		.blocked = false, .held = false, .fate = FATE_AGAIN \
	}
#define AWAITED                                     \
	{                                           \
		.awaited = true, .fate = FATE_AGAIN \
	}
#define SETTLES                                     \
	{                                           \
		.settles = true, .fate = FATE_AGAIN \
	}
#define NEXT                                       \
	{                                          \
		.awaited = true, .fate = FATE_NEXT \
	}
#define BOTH                                                         \
	{                                                            \
		.awaited = true, .settles = true, .fate = FATE_AGAIN \
	}
#define BLOCKED                                                    \
	{                                                          \
		.blocked = true, .held = false, .fate = FATE_AGAIN \
	}
#define HELD                                                       \
	{                                                          \
		.blocked = false, .held = true, .fate = FATE_AGAIN \
	}
#define DONE                                                       \
	{                                                          \
		.blocked = false, .held = false, .fate = FATE_DONE \
	}
#define FAIL                                                       \
	{                                                          \
		.blocked = false, .held = false, .fate = FATE_FAIL \
	}

static void
play(const struct scene *scenes, size_t n)
{
	struct fsm_next now = {STATE_DOWN, STEP_NONE, WANT_REST, 0};

	for (size_t i = 0; i < n; i++) {
		now = fsm_step(now.state, now.step, now.want, scenes[i].event,
		    scenes[i].facts);
		assert_int_equal(now.state, scenes[i].to.state);
		assert_int_equal(now.step, scenes[i].to.step);
		assert_int_equal(now.want, scenes[i].to.want);
		assert_int_equal(now.actions, scenes[i].to.actions);
	}
}

#define PLAY(scenes) play(scenes, sizeof(scenes) / sizeof((scenes)[0]))

static void
lives_and_dies(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, AWAITED, {STATE_STARTING, STEP_READY, WANT_RUN, 0}},
	    {EVENT_READY, AWAITED, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_START, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_EXITED, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_FAIL, FREE,
		{STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXITED, FAIL,
		{STATE_FAILED, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_RESTART, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_READY, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_EXITED, DONE, {STATE_DONE, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_TIMEOUT, FREE, {STATE_DONE, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_STOP, FREE, {STATE_DOWN, STEP_NONE, WANT_REST, 0}},
	    {EVENT_REMOVE, FREE,
		{STATE_DOWN, STEP_NONE, WANT_REMOVE, ACT_FREE}},
	};

	(void)state;
	PLAY(scenes);
}

static void
settles(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, SETTLES,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, SETTLES,
		{STATE_STARTING, STEP_SETTLE, WANT_RUN, 0}},
	    {EVENT_READY, SETTLES, {STATE_STARTING, STEP_SETTLE, WANT_RUN, 0}},
	    {EVENT_EXITED, SETTLES,
		{STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_TIMEOUT, SETTLES,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, SETTLES,
		{STATE_STARTING, STEP_SETTLE, WANT_RUN, 0}},
	    {EVENT_STOP, HELD, {STATE_STARTING, STEP_SETTLE, WANT_REST, 0}},
	    {EVENT_START, SETTLES, {STATE_STARTING, STEP_SETTLE, WANT_RUN, 0}},
	    {EVENT_TIMEOUT, SETTLES, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_RESTART, SETTLES,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RESTART, ACT_SIGNAL}},
	};
	static const struct scene both[] = {
	    {EVENT_START, BOTH,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, BOTH, {STATE_STARTING, STEP_READY, WANT_RUN, 0}},
	    {EVENT_READY, BOTH, {STATE_STARTING, STEP_SETTLE, WANT_RUN, 0}},
	    {EVENT_STOP, BOTH,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REST, ACT_SIGNAL}},
	};
	/* settle-time was changed to 0 meanwhile. */
	static const struct scene no_more[] = {
	    {EVENT_START, SETTLES,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, SETTLES,
		{STATE_STARTING, STEP_SETTLE, WANT_RUN, 0}},
	    {EVENT_TIMEOUT, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	};

	(void)state;
	PLAY(scenes);
	PLAY(both);
	PLAY(no_more);
}

static void
runs_one_command_after_another(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, NEXT,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, NEXT, {STATE_STARTING, STEP_READY, WANT_RUN, 0}},
	    {EVENT_EXITED, NEXT,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_FINISH | ACT_NEXT}},
	    {EVENT_EXEC_OK, NEXT, {STATE_STARTING, STEP_READY, WANT_RUN, 0}},
	    {EVENT_RESTART, NEXT,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RESTART, ACT_SIGNAL}},
	    {EVENT_EXITED, NEXT,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_FINISH | ACT_SPAWN}},
	    {EVENT_EXITED, DONE, {STATE_DONE, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
stops_hard(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_READY, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_STOP, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REST, ACT_SIGNAL}},
	    {EVENT_STOP, FREE, {STATE_STOPPING, STEP_SIGNAL, WANT_REST, 0}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_KILLING, STEP_SIGNAL, WANT_REST, ACT_KILL}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_KILLING, STEP_SIGNAL, WANT_REST, ACT_KILL}},
	    {EVENT_EXITED, FREE,
		{STATE_DOWN, STEP_NONE, WANT_REST, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

#define LEFT                                     \
	{                                        \
		.left = true, .fate = FATE_AGAIN \
	}
#define TOGETHER                                                   \
	{                                                          \
		.left = true, .together = true, .fate = FATE_AGAIN \
	}
#define AT_ONCE                                                   \
	{                                                         \
		.left = true, .at_once = true, .fate = FATE_AGAIN \
	}
#define SPARED                                                   \
	{                                                        \
		.left = true, .spared = true, .fate = FATE_AGAIN \
	}

/* A wrapper: its children get the signal once it has ended. */
static void
ends_what_it_left(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_STOP, LEFT,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REST, ACT_SIGNAL}},
	    {EVENT_EXITED, LEFT,
		{STATE_STOPPING, STEP_LEFT, WANT_REST,
		    ACT_SIGNAL | ACT_LINGER}},
	    {EVENT_TIMEOUT, LEFT,
		{STATE_KILLING, STEP_LEFT, WANT_REST, ACT_KILL}},
	    {EVENT_GONE, LEFT, {STATE_DOWN, STEP_NONE, WANT_REST, ACT_FINISH}},
	    /* A start that finds some. */
	    {EVENT_START, LEFT,
		{STATE_STOPPING, STEP_LEFT, WANT_RESTART,
		    ACT_SIGNAL | ACT_LINGER}},
	    {EVENT_GONE, LEFT,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_FINISH | ACT_SPAWN}},
	    {EVENT_EXEC_OK, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    /* A crash. */
	    {EVENT_EXITED, LEFT,
		{STATE_STOPPING, STEP_LEFT, WANT_RUN, ACT_SIGNAL | ACT_LINGER}},
	    {EVENT_GONE, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
signals_all_together(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_STOP, TOGETHER,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REST, ACT_SIGNAL}},
	    {EVENT_EXITED, TOGETHER,
		{STATE_STOPPING, STEP_LEFT, WANT_REST, ACT_LINGER}},
	    {EVENT_GONE, FREE, {STATE_DOWN, STEP_NONE, WANT_REST, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
kills_at_once(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_STOP, AT_ONCE,
		{STATE_KILLING, STEP_SIGNAL, WANT_REST, ACT_KILL}},
	    {EVENT_EXITED, LEFT,
		{STATE_KILLING, STEP_LEFT, WANT_REST, ACT_KILL | ACT_LINGER}},
	    {EVENT_GONE, FREE, {STATE_DOWN, STEP_NONE, WANT_REST, ACT_FINISH}},
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXITED, AT_ONCE,
		{STATE_KILLING, STEP_LEFT, WANT_RUN, ACT_KILL | ACT_LINGER}},
	};

	(void)state;
	PLAY(scenes);
}

static void
is_spared(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_STOP, SPARED,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REST, ACT_SIGNAL}},
	    {EVENT_TIMEOUT, SPARED,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REST, 0}},
	    {EVENT_EXITED, SPARED,
		{STATE_STOPPING, STEP_LEFT, WANT_REST,
		    ACT_SIGNAL | ACT_LINGER}},
	    {EVENT_TIMEOUT, SPARED, {STATE_STOPPING, STEP_LEFT, WANT_REST, 0}},
	};

	(void)state;
	PLAY(scenes);
}

static void
start_overtakes_a_stop(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_STOP, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REST, ACT_SIGNAL}},
	    {EVENT_START, FREE, {STATE_STOPPING, STEP_SIGNAL, WANT_RESTART, 0}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_KILLING, STEP_SIGNAL, WANT_RESTART, ACT_KILL}},
	    {EVENT_EXITED, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_FINISH | ACT_SPAWN}},
	};

	(void)state;
	PLAY(scenes);
}

static void
is_not_ready_in_time(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RUN, ACT_SIGNAL}},
	    {EVENT_READY, FREE, {STATE_STOPPING, STEP_SIGNAL, WANT_RUN, 0}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_KILLING, STEP_SIGNAL, WANT_RUN, ACT_KILL}},
	    {EVENT_EXITED, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
gives_no_sign_of_life(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_READY, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RUN, ACT_SIGNAL}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_KILLING, STEP_SIGNAL, WANT_RUN, ACT_KILL}},
	    {EVENT_EXITED, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
is_unhealthy(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_UNHEALTHY, FREE, {STATE_STARTING, STEP_EXEC, WANT_RUN, 0}},
	    {EVENT_READY, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_STOP, HELD, {STATE_UP, STEP_NONE, WANT_REST, 0}},
	    {EVENT_UNHEALTHY, HELD, {STATE_UP, STEP_NONE, WANT_REST, 0}},
	    {EVENT_START, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_UNHEALTHY, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RUN, ACT_SIGNAL}},
	    {EVENT_UNHEALTHY, FREE, {STATE_STOPPING, STEP_SIGNAL, WANT_RUN, 0}},
	    {EVENT_EXITED, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
stops_by_itself(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_READY, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_STOPPING, FREE, {STATE_STOPPING, STEP_OWN, WANT_RUN, 0}},
	    {EVENT_READY, FREE, {STATE_STOPPING, STEP_OWN, WANT_RUN, 0}},
	    {EVENT_TRIGGER, FREE, {STATE_STOPPING, STEP_OWN, WANT_RUN, 0}},
	    {EVENT_STOP, FREE, {STATE_STOPPING, STEP_OWN, WANT_REST, 0}},
	    {EVENT_TIMEOUT, FREE,
		{STATE_KILLING, STEP_SIGNAL, WANT_REST, ACT_KILL}},
	    {EVENT_EXITED, FREE,
		{STATE_DOWN, STEP_NONE, WANT_REST, ACT_FINISH}},
	    {EVENT_STOPPING, FREE, {STATE_DOWN, STEP_NONE, WANT_REST, 0}},
	};
	static const struct scene triggers[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_TRIGGER, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RUN, ACT_SIGNAL}},
	    {EVENT_STOPPING, FREE, {STATE_STOPPING, STEP_SIGNAL, WANT_RUN, 0}},
	    {EVENT_EXITED, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
	PLAY(triggers);
}

static void
waits_for_a_dependency(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, BLOCKED, {STATE_DOWN, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_START, BLOCKED, {STATE_DOWN, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXITED, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_TIMEOUT, BLOCKED, {STATE_DOWN, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_RESTART, BLOCKED,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RESTART, ACT_SIGNAL}},
	    {EVENT_EXITED, BLOCKED,
		{STATE_DOWN, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
is_held_by_a_dependent(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_STOP, HELD, {STATE_STARTING, STEP_EXEC, WANT_REST, 0}},
	    {EVENT_READY, HELD, {STATE_UP, STEP_NONE, WANT_REST, 0}},
	    {EVENT_START, HELD, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_RESTART, HELD, {STATE_UP, STEP_NONE, WANT_RESTART, 0}},
	    {EVENT_RESTART, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RESTART, ACT_SIGNAL}},
	    {EVENT_EXITED, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_FINISH | ACT_SPAWN}},
	    {EVENT_STOP, HELD, {STATE_STARTING, STEP_EXEC, WANT_REST, 0}},
	    {EVENT_EXITED, HELD,
		{STATE_DOWN, STEP_NONE, WANT_REST, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
stops_before_its_dependency(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_READY, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_NEED_STOPS, HELD, {STATE_UP, STEP_NONE, WANT_RESTART, 0}},
	    {EVENT_NEED_STOPS, FREE, {STATE_UP, STEP_NONE, WANT_RESTART, 0}},
	    {EVENT_RESTART, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_RESTART, ACT_SIGNAL}},
	    {EVENT_EXITED, BLOCKED,
		{STATE_DOWN, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_NEED_STOPS, BLOCKED, {STATE_DOWN, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXITED, FREE, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_NEED_STOPS, FREE, {STATE_DOWN, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_STOP, FREE, {STATE_DOWN, STEP_NONE, WANT_REST, 0}},
	    {EVENT_NEED_STOPS, FREE, {STATE_DOWN, STEP_NONE, WANT_REST, 0}},
	};

	(void)state;
	PLAY(scenes);
}

static void
remove_is_final(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_READY, FREE, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    {EVENT_REMOVE, HELD, {STATE_UP, STEP_NONE, WANT_REMOVE, 0}},
	    {EVENT_START, FREE, {STATE_UP, STEP_NONE, WANT_REMOVE, 0}},
	    {EVENT_REMOVE, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REMOVE, ACT_SIGNAL}},
	    {EVENT_START, FREE, {STATE_STOPPING, STEP_SIGNAL, WANT_REMOVE, 0}},
	    {EVENT_RESTART, FREE,
		{STATE_STOPPING, STEP_SIGNAL, WANT_REMOVE, 0}},
	    {EVENT_STOP, FREE, {STATE_STOPPING, STEP_SIGNAL, WANT_REMOVE, 0}},
	    {EVENT_EXITED, FREE,
		{STATE_DOWN, STEP_NONE, WANT_REMOVE, ACT_FINISH | ACT_FREE}},
	};
	static const struct scene never_ran[] = {
	    {EVENT_START, FREE,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_REMOVE, HELD, {STATE_STARTING, STEP_EXEC, WANT_REMOVE, 0}},
	    {EVENT_EXEC_FAIL, FREE,
		{STATE_DOWN, STEP_NONE, WANT_REMOVE, ACT_FINISH | ACT_FREE}},
	};

	(void)state;
	PLAY(scenes);
	PLAY(never_ran);
}

/* A classical daemon: what was started ends, and another continues. */
static void
continues_in_another_process(void **state)
{
	static const struct scene scenes[] = {
	    {EVENT_START, BOTH,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_EXEC_OK, BOTH, {STATE_STARTING, STEP_READY, WANT_RUN, 0}},
	    {EVENT_FORKED, BOTH,
		{STATE_STARTING, STEP_FORKED, WANT_RUN,
		    ACT_LINGER | ACT_SEARCH}},
	    {EVENT_MAIN_FOUND, BOTH,
		{STATE_STARTING, STEP_SETTLE, WANT_RUN, 0}},
	    {EVENT_TIMEOUT, BOTH, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    /* It is replaced while it runs. */
	    {EVENT_FORKED, BOTH,
		{STATE_UP, STEP_FORKED, WANT_RUN, ACT_LINGER | ACT_SEARCH}},
	    {EVENT_MAIN_FOUND, BOTH, {STATE_UP, STEP_NONE, WANT_RUN, 0}},
	    /* Another time nothing takes its place. */
	    {EVENT_FORKED, BOTH,
		{STATE_UP, STEP_FORKED, WANT_RUN, ACT_LINGER | ACT_SEARCH}},
	    {EVENT_EXITED, LEFT,
		{STATE_STOPPING, STEP_LEFT, WANT_RUN, ACT_LINGER | ACT_SIGNAL}},
	    {EVENT_GONE, BOTH, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	    {EVENT_TIMEOUT, BOTH,
		{STATE_STARTING, STEP_EXEC, WANT_RUN, ACT_SPAWN}},
	    {EVENT_FORKED, BOTH,
		{STATE_STARTING, STEP_FORKED, WANT_RUN,
		    ACT_LINGER | ACT_SEARCH}},
	    {EVENT_GONE, BOTH, {STATE_WAIT, STEP_NONE, WANT_RUN, ACT_FINISH}},
	};

	(void)state;
	PLAY(scenes);
}

static void
classifies_states(void **state)
{
	(void)state;
	for (int i = 0; i < PROGRAM_STATES; i++) {
		enum program_state s = (enum program_state)i;

		assert_int_equal(fsm_is_alive(s),
		    s == STATE_STARTING || s == STATE_UP ||
			s == STATE_STOPPING || s == STATE_KILLING);
		assert_int_equal(fsm_is_ready(s),
		    s == STATE_UP || s == STATE_DONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spawns_only_without_process),
	    cmocka_unit_test(runs_commands_at_their_steps),
	    cmocka_unit_test(cleans_up_after_each_end),
	    cmocka_unit_test(waits_only_after_an_end),
	    cmocka_unit_test(is_down_only_after_the_reap),
	    cmocka_unit_test(frees_what_is_removed_and_down),
	    cmocka_unit_test(stops_in_order),
	    cmocka_unit_test(is_up_only_when_ready),
	    cmocka_unit_test(ignores_the_impossible),
	    cmocka_unit_test(wants_what_was_asked_for),
	    cmocka_unit_test(stop_always_ends_down),
	    cmocka_unit_test(ends_as_its_want_says),
	    cmocka_unit_test(searches_after_a_fork),
	    cmocka_unit_test(lives_and_dies),
	    cmocka_unit_test(settles),
	    cmocka_unit_test(runs_one_command_after_another),
	    cmocka_unit_test(stops_hard),
	    cmocka_unit_test(ends_what_it_left),
	    cmocka_unit_test(signals_all_together),
	    cmocka_unit_test(kills_at_once),
	    cmocka_unit_test(is_spared),
	    cmocka_unit_test(start_overtakes_a_stop),
	    cmocka_unit_test(is_not_ready_in_time),
	    cmocka_unit_test(gives_no_sign_of_life),
	    cmocka_unit_test(is_unhealthy),
	    cmocka_unit_test(stops_by_itself),
	    cmocka_unit_test(waits_for_a_dependency),
	    cmocka_unit_test(is_held_by_a_dependent),
	    cmocka_unit_test(stops_before_its_dependency),
	    cmocka_unit_test(remove_is_final),
	    cmocka_unit_test(continues_in_another_process),
	    cmocka_unit_test(classifies_states),
	};

	return cmocka_run_group_tests_name("fsm", tests, NULL, NULL);
}
