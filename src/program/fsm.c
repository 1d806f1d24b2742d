/*
 * fsm - one program as a state machine.
 *
 * The state says what the program does now, and the step how far it got with
 * that.  The want says what is requested.  None of the three is derived from
 * anything else.
 *
 * States.  A program that is not wanted is DOWN.  A start creates a process
 * and makes the program STARTING; once the process is ready, it is UP.  A
 * stop sends the stop signal (STOPPING); if the process does not end in time,
 * SIGKILL follows (KILLING).  If a process ends although the program is
 * wanted, the restart policy decides: start it again after a delay (WAIT),
 * leave it because it ended well (DONE), or give up (FAILED).
 *
 *	            START                READY, or settled
 *	DOWN ----------------> STARTING --------> UP
 *	WAIT  delay over          |                |
 *	DONE                      | TIMEOUT        | TIMEOUT, STOP, RESTART,
 *	FAILED                    v                | REMOVE, UNHEALTHY ...
 *	   ^                  STOPPING <-----------'
 *	   |  EXITED, GONE        | TIMEOUT
 *	   '------------------ KILLING
 *
 * STARTING, UP, STOPPING and KILLING have a process, the main one or a command
 * around it.  These events lead from them to a state without one: EXITED,
 * EXEC_FAIL when no process could be created or it ended without executing the
 * program, GONE when the processes that the main process left have ended too,
 * and the end of the last command.  So a program never has two main processes,
 * and is never DOWN while a process of it is alive, except those that kill-mode
 * spares.
 *
 * Steps.  Four states have steps, which follow each other:
 *
 *	STARTING	PRE, EXEC, READY, FORKED, SETTLE, POST
 *	UP		FORKED
 *	STOPPING	COMMAND, SIGNAL or OWN, LEFT, STOP_POST
 *	KILLING		SIGNAL, LEFT, STOP_POST
 *
 * At PRE, start-pre runs, and there is no main process yet.  A main process
 * begins with EXEC and ends that step when it executes its program (EXEC_OK).
 * Then a program that is awaited says that it is READY, or ends well.  Then a
 * program that settles has to live for settle-time, because most mistakes in a
 * configuration end a process soon.  At POST, start-post runs.  A step that a
 * program does not need is left out, and after the last one it is UP.  A
 * program with several commands begins again with EXEC for each; after the last
 * follow POST, without a main process, and DONE.
 *
 * A classical daemon becomes ready in another way.  The process that was
 * started ends well and leaves others (the event FORKED): at the step FORKED
 * the program has no main process, and one is searched for.  MAIN_FOUND ends
 * the step, and so does EXITED, if the search fails.  A main process may leave
 * another later too, so UP has that step as well; otherwise it is at STEP_NONE.
 *
 * A stop of a program that is ready begins with COMMAND: stop-command runs.
 * Then, if the main process still exists, and in all other cases at once,
 * follows SIGNAL.  If the program begins the stop (the event STOPPING), it
 * needs no signal: OWN.  If the main process has ended and left others, LEFT
 * follows: they get the stop signal too, or SIGKILL, and the program waits for
 * their end.  The time of a stop is that of all these steps.  A main process
 * that ends by itself leads to LEFT in the same way, and so does a start that
 * finds processes of an earlier start.  Whatever ended the program, STOP_POST
 * is next: stop-post runs, with a time of its own.  A stop at PRE sends the
 * stop signal to start-pre, and keeps the step.
 *
 * A program that is DONE has no process, but perhaps commands that undo what it
 * did: then a stop leads through COMMAND and STOP_POST.
 *
 * A start begins with its conditions.  If one is not met, the start ends like
 * one that failed, but it is no failure: the program is DOWN with want RUN.
 *
 * Wants.  The want decides the next state when the process has ended:
 *
 *	RUN	WAIT, DONE or FAILED, as the restart policy says (fate), or
 *		DOWN if a condition is not met
 *	REST	DOWN
 *	RESTART	STARTING at once, and the want becomes RUN
 *	REMOVE	DOWN, and freed
 *
 * REMOVE is final: no event changes that want, because the definition is gone.
 *
 * Deadlines.  TIMEOUT means that the deadline of the state has passed:
 * start-timeout in STARTING, but settle-time at the step SETTLE, where it is
 * good news; the watchdog in UP, stop-timeout in STOPPING, the restart delay in
 * WAIT.  In KILLING, SIGKILL is repeated: a fork may have escaped the first
 * one.  A program that is spared SIGKILL stays STOPPING.
 *
 * Other programs.  A program that is blocked by a dependency stays or becomes
 * DOWN with want RUN.  START is fed again once the dependency is ready.  If
 * somebody stops or restarts a program, its dependents get NEED_STOPS, which
 * makes their want RESTART: they end, are blocked, and so are DOWN with want
 * RUN.  They have to end first: until then the program is held, which means
 * that it keeps its state and gets only the new want.  The event is fed again
 * once the dependents have ended.  Programs that only follow others, in the
 * order of starts, are blocked by them and hold them in the same way, but do
 *not stop with them.
 *
 * A program that shall start may follow another that shall start in the same
 * turn.  So DUE only makes the want RESTART, and at the end of the turn, when
 * all wants are known, START or RESTART carries it out.
 *
 * DONE is a state of its own because DOWN with want RUN means that the program
 * waits for a dependency; a flag beside the two could disagree with them.
 *
 * No switch has a default.  So the compiler rejects a new state, step, want or
 * event until each switch handles it.
 */
#include "program/fsm.h"

bool
fsm_has_step(enum program_state state, enum program_step step)
{
	switch (step) {
	case STEP_NONE:
		return fsm_first_step(state) == STEP_NONE;
	case STEP_EXEC:
	case STEP_READY:
	case STEP_SETTLE:
	case STEP_POST:
		return state == STATE_STARTING;
	case STEP_SIGNAL:
	case STEP_LEFT:
	case STEP_STOP_POST:
		return state == STATE_STOPPING || state == STATE_KILLING;
	case STEP_OWN:
	case STEP_COMMAND:
		return state == STATE_STOPPING;
	case STEP_PRE:
		return state == STATE_STARTING || state == STATE_STOPPING ||
		    state == STATE_KILLING;
	case STEP_FORKED:
		return state == STATE_STARTING || state == STATE_UP;
	}
	__builtin_unreachable();
}

enum program_step
fsm_first_step(enum program_state state)
{
	switch (state) {
	case STATE_STARTING:
		return STEP_EXEC;
	case STATE_STOPPING:
	case STATE_KILLING:
		return STEP_SIGNAL;
	case STATE_DOWN:
	case STATE_UP:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		return STEP_NONE;
	}
	__builtin_unreachable();
}

/* Enter a state, at its first step. */
static struct fsm_next
enter(enum program_state state, enum program_want want, unsigned actions)
{
	return (struct fsm_next){state, fsm_first_step(state), want, actions};
}

/* Enter a state at a step whose commands are to run. */
static struct fsm_next
run(enum program_state state, enum program_step step, enum program_want want)
{
	return (struct fsm_next){state, step, want, ACT_HOOK};
}

/* Stay where it is, perhaps with another want. */
static struct fsm_next
stay(struct fsm_next now, enum program_want want)
{
	now.want = want;
	return now;
}

/* The processes that are left have to end. */
static struct fsm_next
end_left(struct fsm_next now, enum program_want want, struct fsm_facts facts)
{
	bool kill = now.state == STATE_KILLING || facts.at_once;
	struct fsm_next to;

	to = enter(kill ? STATE_KILLING : STATE_STOPPING, want, ACT_LINGER);
	to.step = STEP_LEFT;
	if (kill)
		to.actions |= ACT_KILL;
	else if (now.step != STEP_SIGNAL || !facts.together)
		to.actions |= ACT_SIGNAL;
	return to;
}

/* The program is wanted and has no process. */
static struct fsm_next
launch(struct fsm_next now, struct fsm_facts facts)
{
	if (facts.blocked)
		return enter(STATE_DOWN, WANT_RUN, 0);
	if (facts.left)
		return end_left(now, WANT_RESTART, facts);
	if (facts.has_pre)
		return run(STATE_STARTING, STEP_PRE, WANT_RUN);
	return enter(STATE_STARTING, WANT_RUN, ACT_SPAWN);
}

/* It has executed its program, or is ready: what is left of the start? */
static struct fsm_next
advance(struct fsm_next now, struct fsm_facts facts)
{
	switch (now.step) {
	case STEP_EXEC:
		if (facts.awaited) {
			now.step = STEP_READY;
			return now;
		}
		/* FALLTHROUGH */
	case STEP_READY:
	case STEP_FORKED:
		if (facts.settles) {
			now.step = STEP_SETTLE;
			return now;
		}
		/* FALLTHROUGH */
	case STEP_SETTLE:
		if (facts.has_post)
			return run(now.state, STEP_POST, now.want);
		/* FALLTHROUGH */
	case STEP_POST:
		return enter(STATE_UP, now.want, 0);
	case STEP_NONE:
	case STEP_SIGNAL:
	case STEP_LEFT:
	case STEP_OWN:
	case STEP_PRE:
	case STEP_COMMAND:
	case STEP_STOP_POST:
		return now;
	}
	__builtin_unreachable();
}

/* Nothing of it is left, and its commands have run. */
static struct fsm_next
ended(struct fsm_next now, struct fsm_facts facts)
{
	enum program_want want = now.want;

	facts.left = false;
	switch (want) {
	case WANT_RUN:
		switch (facts.fate) {
		case FATE_NEXT:
			return enter(STATE_STARTING, want, ACT_NEXT);
		case FATE_AGAIN:
			return enter(STATE_WAIT, want, 0);
		case FATE_DONE:
			if (facts.has_post)
				return run(STATE_STARTING, STEP_POST, want);
			return enter(STATE_DONE, want, 0);
		case FATE_FAIL:
			return enter(STATE_FAILED, want, 0);
		case FATE_UNMET:
			return enter(STATE_DOWN, want, 0);
		}
		break;
	case WANT_REST:
		return enter(STATE_DOWN, want, 0);
	case WANT_RESTART:
		return launch(now, facts);
	case WANT_REMOVE:
		return enter(STATE_DOWN, want, ACT_FREE);
	}
	__builtin_unreachable();
}

/* No process that has to end is left. */
static struct fsm_next
clean_up(struct fsm_next now, struct fsm_facts facts)
{
	if (facts.has_stop_post)
		return run(STATE_STOPPING, STEP_STOP_POST, now.want);
	return ended(now, facts);
}

/* The main process has ended, and perhaps left others. */
static struct fsm_next
after_main(struct fsm_next now, struct fsm_facts facts)
{
	struct fsm_next to;

	if (facts.left)
		return end_left(now, now.want, facts);
	to = clean_up(now, facts);
	to.actions |= ACT_FINISH;
	return to;
}

static struct fsm_next
start(struct fsm_next now, struct fsm_facts facts)
{
	if (now.want == WANT_REMOVE)
		return now;
	switch (now.state) {
	case STATE_DOWN:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		return launch(now, facts);
	case STATE_STARTING:
	case STATE_UP:
		return stay(now, WANT_RUN);
	case STATE_STOPPING:
	case STATE_KILLING:
		/* A signal cannot be taken back. */
		return stay(now, WANT_RESTART);
	}
	__builtin_unreachable();
}

/* Does a main process exist at this step, or did it until this event? */
static bool
has_main(struct fsm_next now, struct fsm_facts facts)
{
	switch (now.step) {
	case STEP_NONE:
		return now.state == STATE_UP;
	case STEP_EXEC:
	case STEP_READY:
	case STEP_SETTLE:
	case STEP_SIGNAL:
	case STEP_OWN:
		return true;
	case STEP_POST:
	case STEP_COMMAND:
		return facts.main;
	case STEP_PRE:
	case STEP_LEFT:
	case STEP_STOP_POST:
	case STEP_FORKED:
		return false;
	}
	__builtin_unreachable();
}

/* Signal the process of a start, or of a program that is up. */
static struct fsm_next
end(struct fsm_next now, enum program_want want, struct fsm_facts facts)
{
	const bool pre = now.step == STEP_PRE;

	now.want = want;
	if (now.step == STEP_FORKED)
		return after_main(now, facts);
	if (!pre && !has_main(now, facts))
		return clean_up(now, facts);
	now = facts.at_once ? enter(STATE_KILLING, want, ACT_KILL)
			    : enter(STATE_STOPPING, want, ACT_SIGNAL);
	if (pre)
		now.step = STEP_PRE;
	return now;
}

/* Does a stop begin with its command?  Only what was ready knows it. */
static bool
obeys_command(struct fsm_next now, struct fsm_facts facts)
{
	return facts.has_stop_command && !facts.at_once &&
	    (now.state != STATE_STARTING || now.step == STEP_SETTLE ||
		now.step == STEP_POST);
}

/* Begin the stop. */
static struct fsm_next
quit(struct fsm_next now, enum program_want want, struct fsm_facts facts)
{
	if (obeys_command(now, facts))
		return run(STATE_STOPPING, STEP_COMMAND, want);
	return end(now, want, facts);
}

/* STOP, RESTART or REMOVE; want is the new want. */
static struct fsm_next
leave(struct fsm_next now, enum program_want want, struct fsm_facts facts)
{
	switch (now.state) {
	case STATE_STARTING:
	case STATE_UP:
	case STATE_DONE:
		if (facts.held)
			return stay(now, want);
		return quit(now, want, facts);
	case STATE_DOWN:
	case STATE_STOPPING:
	case STATE_KILLING:
	case STATE_WAIT:
	case STATE_FAILED:
		return stay(now, want);
	}
	__builtin_unreachable();
}

/* Is there something to stop: a process, or what a done program did? */
static bool
is_stoppable(struct fsm_next now, struct fsm_facts facts)
{
	return fsm_is_alive(now.state) ||
	    (now.state == STATE_DONE &&
		(facts.has_stop_command || facts.has_stop_post));
}

static struct fsm_next
stop(struct fsm_next now, struct fsm_facts facts)
{
	enum program_want want =
	    now.want == WANT_REMOVE ? WANT_REMOVE : WANT_REST;

	if (!is_stoppable(now, facts))
		return enter(STATE_DOWN, want, 0);
	return leave(now, want, facts);
}

static struct fsm_next
restart(struct fsm_next now, struct fsm_facts facts)
{
	if (!is_stoppable(now, facts))
		return start(now, facts);
	return leave(now, now.want == WANT_REMOVE ? WANT_REMOVE : WANT_RESTART,
	    facts);
}

static struct fsm_next
removed(struct fsm_next now, struct fsm_facts facts)
{
	if (!is_stoppable(now, facts))
		return enter(STATE_DOWN, WANT_REMOVE, ACT_FREE);
	return leave(now, WANT_REMOVE, facts);
}

static struct fsm_next
exited(struct fsm_next now, struct fsm_facts facts)
{
	if (!has_main(now, facts) && now.step != STEP_FORKED)
		return now;
	if (now.step == STEP_COMMAND) {
		/* It does what it should; wait for the end of the command. */
		now.actions = ACT_LINGER;
		return now;
	}
	return after_main(now, facts);
}

/* It is still wanted, and another process continues its work. */
static struct fsm_next
forked(struct fsm_next now, struct fsm_facts facts)
{
	if ((now.state != STATE_STARTING && now.state != STATE_UP) ||
	    now.want != WANT_RUN || !has_main(now, facts))
		return now;
	now.step = STEP_FORKED;
	now.actions = ACT_LINGER | ACT_SEARCH;
	return now;
}

static struct fsm_next
found_main(struct fsm_next now, struct fsm_facts facts)
{
	if (now.step != STEP_FORKED)
		return now;
	if (now.state == STATE_STARTING)
		return advance(now, facts);
	now.step = STEP_NONE;
	return now;
}

static struct fsm_next
gone(struct fsm_next now, struct fsm_facts facts)
{
	if (now.step != STEP_LEFT && now.step != STEP_FORKED)
		return now;
	facts.left = false;
	return after_main(now, facts);
}

/* The commands of a step have ended. */
static struct fsm_next
hook_ended(struct fsm_next now, bool ok, struct fsm_facts facts)
{
	switch (now.step) {
	case STEP_PRE:
		if (ok && now.state == STATE_STARTING && now.want == WANT_RUN)
			return enter(STATE_STARTING, now.want, ACT_SPAWN);
		return clean_up(now, facts);
	case STEP_POST:
		if (!ok)
			return end(now, now.want, facts);
		if (facts.main)
			return enter(STATE_UP, now.want, 0);
		if (now.want != WANT_RUN)
			return quit(now, now.want, facts);
		return enter(STATE_DONE, now.want, 0);
	case STEP_COMMAND:
		if (facts.main)
			return enter(STATE_STOPPING, now.want, ACT_SIGNAL);
		return after_main(now, facts);
	case STEP_STOP_POST:
		return ended(now, facts);
	case STEP_NONE:
	case STEP_EXEC:
	case STEP_READY:
	case STEP_SETTLE:
	case STEP_SIGNAL:
	case STEP_LEFT:
	case STEP_OWN:
	case STEP_FORKED:
		return now;
	}
	__builtin_unreachable();
}

/* The time of a stop is over. */
static struct fsm_next
overdue(struct fsm_next now, struct fsm_facts facts)
{
	if (now.step == STEP_COMMAND && (facts.spared || !facts.main)) {
		facts.at_once = !facts.spared;
		return hook_ended(now, false, facts);
	}
	if (facts.spared)
		return now;
	if (now.step == STEP_OWN || now.step == STEP_COMMAND)
		now.step = STEP_SIGNAL;
	now.state = STATE_KILLING;
	now.actions = ACT_KILL;
	return now;
}

static struct fsm_next
timed_out(struct fsm_next now, struct fsm_facts facts)
{
	switch (now.state) {
	case STATE_STARTING:
		if (now.step == STEP_SETTLE)
			return advance(now, facts);
		return end(now, now.want, facts);
	case STATE_UP:
		return end(now, now.want, facts);
	case STATE_STOPPING:
	case STATE_KILLING:
		return overdue(now, facts);
	case STATE_WAIT:
		return now.want == WANT_RUN ? launch(now, facts) : now;
	case STATE_DOWN:
	case STATE_DONE:
	case STATE_FAILED:
		return now;
	}
	__builtin_unreachable();
}

/* It has to end first, and starts again when the dependency is ready. */
static struct fsm_next
stop_before_need(struct fsm_next now, struct fsm_facts facts)
{
	if (now.state == STATE_WAIT)
		return enter(STATE_DOWN, now.want, 0);
	if (!is_stoppable(now, facts) || now.want != WANT_RUN)
		return now;
	return leave(now, WANT_RESTART, facts);
}

static struct fsm_next
due(struct fsm_next now)
{
	return now.want == WANT_REMOVE ? now : stay(now, WANT_RESTART);
}

/* Ignore the event if the program is ending already. */
static struct fsm_next
found_unhealthy(struct fsm_next now, struct fsm_facts facts)
{
	if (now.state == STATE_UP && now.want == WANT_RUN &&
	    has_main(now, facts))
		return end(now, now.want, facts);
	return now;
}

/* No way leads back from STOPPING=1: sd_notify(3). */
static struct fsm_next
stops_itself(struct fsm_next now, struct fsm_facts facts)
{
	if ((now.state != STATE_STARTING && now.state != STATE_UP) ||
	    !has_main(now, facts))
		return now;
	now = enter(STATE_STOPPING, now.want, 0);
	now.step = STEP_OWN;
	return now;
}

/* The same as a watchdog that is over, even if it has none. */
static struct fsm_next
triggered(struct fsm_next now, struct fsm_facts facts)
{
	if ((now.state != STATE_STARTING && now.state != STATE_UP) ||
	    !has_main(now, facts))
		return now;
	return end(now, now.want, facts);
}

/* READY may overtake EXEC_OK: they come through different descriptors. */
static struct fsm_next
became_ready(struct fsm_next now, struct fsm_facts facts)
{
	if (now.step != STEP_EXEC && now.step != STEP_READY)
		return now;
	now.step = STEP_READY;
	return advance(now, facts);
}

struct fsm_next
fsm_step(enum program_state state, enum program_step step,
    enum program_want want, enum program_event event, struct fsm_facts facts)
{
	struct fsm_next now = {state, step, want, 0};

	switch (event) {
	case EVENT_START:
		return start(now, facts);
	case EVENT_STOP:
		return stop(now, facts);
	case EVENT_RESTART:
		return restart(now, facts);
	case EVENT_REMOVE:
		return removed(now, facts);
	case EVENT_EXEC_OK:
		return step == STEP_EXEC ? advance(now, facts) : now;
	case EVENT_READY:
		return became_ready(now, facts);
	case EVENT_EXEC_FAIL:
	case EVENT_EXITED:
		return exited(now, facts);
	case EVENT_TIMEOUT:
		return timed_out(now, facts);
	case EVENT_UNHEALTHY:
		return found_unhealthy(now, facts);
	case EVENT_NEED_STOPS:
		return stop_before_need(now, facts);
	case EVENT_GONE:
		return gone(now, facts);
	case EVENT_STOPPING:
		return stops_itself(now, facts);
	case EVENT_TRIGGER:
		return triggered(now, facts);
	case EVENT_HOOK_OK:
		return hook_ended(now, true, facts);
	case EVENT_HOOK_FAIL:
		return hook_ended(now, false, facts);
	case EVENT_FORKED:
		return forked(now, facts);
	case EVENT_MAIN_FOUND:
		return found_main(now, facts);
	case EVENT_DUE:
		return due(now);
	}
	__builtin_unreachable();
}

bool
fsm_is_alive(enum program_state state)
{
	switch (state) {
	case STATE_STARTING:
	case STATE_UP:
	case STATE_STOPPING:
	case STATE_KILLING:
		return true;
	case STATE_DOWN:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		return false;
	}
	__builtin_unreachable();
}

bool
fsm_is_ready(enum program_state state)
{
	return state == STATE_UP || state == STATE_DONE;
}
