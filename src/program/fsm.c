/*
 * fsm - one program as a state machine.
 *
 * The state says what the program does now.  The want says what is requested.
 * Neither is derived from anything else.
 *
 * States.  A program that is not wanted is DOWN.  A start creates a process
 * and makes the program STARTING; once the process is ready, it is UP.  A
 * stop sends the stop signal (STOPPING); if the process does not end in time,
 * SIGKILL follows (KILLING).  If a process ends although the program is
 * wanted, the restart policy decides: start it again after a delay (WAIT),
 * leave it because it ended well (DONE), or give up (FAILED).
 *
 *	            START                READY
 *	DOWN ----------------> STARTING --------> UP
 *	WAIT  delay over          |                |
 *	DONE                      | TIMEOUT        | TIMEOUT, STOP, RESTART,
 *	FAILED                    v                | REMOVE, UNHEALTHY
 *	   ^                  STOPPING <-----------'
 *	   |  EXITED              | TIMEOUT
 *	   '------------------ KILLING
 *
 * STARTING, UP, STOPPING and KILLING have a process.  Only two events lead
 * from them to a state without a process: EXITED, and EXEC_FAIL when no
 * process could be created or it ended without executing the program.  So a
 * program never has two processes, and is never DOWN while a process of it is
 * alive.
 *
 * Wants.  The want decides the next state when the process has ended:
 *
 *	RUN	WAIT, DONE or FAILED, as the restart policy says (fate)
 *	REST	DOWN
 *	RESTART	STARTING at once, and the want becomes RUN
 *	REMOVE	DOWN, and freed
 *
 * REMOVE is final: no event changes that want, because the definition is gone.
 *
 * Deadlines.  TIMEOUT means that the deadline of the state has passed:
 * start-timeout in STARTING, the watchdog in UP, stop-timeout in STOPPING, the
 * restart delay in WAIT.  In KILLING, SIGKILL is repeated: a fork may have
 * escaped the first one.
 *
 * Other programs.  A program that is blocked by a dependency stays or becomes
 * DOWN with want RUN.  START is fed again once the dependency is ready.  A
 * dependent has to end first: until then the program is held, which means that
 * it keeps its state and gets only the new want.  The event is fed again once
 * the dependent has ended.
 *
 * DONE is a state of its own because DOWN with want RUN means that the program
 * waits for a dependency; a flag beside the two could disagree with them.
 *
 * No switch has a default.  So the compiler rejects a new state, want or event
 * until each switch handles it.
 */
#include "program/fsm.h"

static struct fsm_next
next(enum program_state state, enum program_want want, unsigned actions)
{
	return (struct fsm_next){state, want, actions};
}

/* The program is wanted and has no process. */
static struct fsm_next
launch(bool blocked)
{
	if (blocked)
		return next(STATE_DOWN, WANT_RUN, 0);
	return next(STATE_STARTING, WANT_RUN, ACT_SPAWN);
}

static struct fsm_next
ended(enum program_want want, struct fsm_facts facts)
{
	switch (want) {
	case WANT_RUN:
		switch (facts.fate) {
		case FATE_AGAIN:
			return next(STATE_WAIT, want, 0);
		case FATE_DONE:
			return next(STATE_DONE, want, 0);
		case FATE_FAIL:
			return next(STATE_FAILED, want, 0);
		}
		break;
	case WANT_REST:
		return next(STATE_DOWN, want, 0);
	case WANT_RESTART:
		return launch(facts.blocked);
	case WANT_REMOVE:
		return next(STATE_DOWN, want, ACT_FREE);
	}
	__builtin_unreachable();
}

static struct fsm_next
start(enum program_state state, enum program_want want, bool blocked)
{
	if (want == WANT_REMOVE)
		return next(state, want, 0);
	switch (state) {
	case STATE_DOWN:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		return launch(blocked);
	case STATE_STARTING:
	case STATE_UP:
		return next(state, WANT_RUN, 0);
	case STATE_STOPPING:
	case STATE_KILLING:
		/* A signal cannot be taken back. */
		return next(state, WANT_RESTART, 0);
	}
	__builtin_unreachable();
}

/* STOP, RESTART or REMOVE while a process exists; want is the new want. */
static struct fsm_next
leave(enum program_state state, enum program_want want, bool held)
{
	switch (state) {
	case STATE_STARTING:
	case STATE_UP:
		if (held)
			return next(state, want, 0);
		return next(STATE_STOPPING, want, ACT_SIGNAL);
	case STATE_DOWN:
	case STATE_STOPPING:
	case STATE_KILLING:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		return next(state, want, 0);
	}
	__builtin_unreachable();
}

static struct fsm_next
stop(enum program_state state, enum program_want want, bool held)
{
	if (want != WANT_REMOVE)
		want = WANT_REST;
	if (!fsm_is_alive(state))
		return next(STATE_DOWN, want, 0);
	return leave(state, want, held);
}

static struct fsm_next
restart(enum program_state state, enum program_want want,
    struct fsm_facts facts)
{
	if (!fsm_is_alive(state))
		return start(state, want, facts.blocked);
	if (want != WANT_REMOVE)
		want = WANT_RESTART;
	return leave(state, want, facts.held);
}

static struct fsm_next
removed(enum program_state state, bool held)
{
	if (!fsm_is_alive(state))
		return next(STATE_DOWN, WANT_REMOVE, ACT_FREE);
	return leave(state, WANT_REMOVE, held);
}

static struct fsm_next
exited(enum program_state state, enum program_want want, struct fsm_facts facts)
{
	struct fsm_next to;

	if (!fsm_is_alive(state))
		return next(state, want, 0);
	to = ended(want, facts);
	to.actions |= ACT_SWEEP;
	return to;
}

static struct fsm_next
timed_out(enum program_state state, enum program_want want, bool blocked)
{
	switch (state) {
	case STATE_STARTING:
	case STATE_UP:
		return next(STATE_STOPPING, want, ACT_SIGNAL);
	case STATE_STOPPING:
	case STATE_KILLING:
		return next(STATE_KILLING, want, ACT_KILL);
	case STATE_WAIT:
		if (want == WANT_RUN)
			return launch(blocked);
		return next(state, want, 0);
	case STATE_DOWN:
	case STATE_DONE:
	case STATE_FAILED:
		return next(state, want, 0);
	}
	__builtin_unreachable();
}

/* Ignore the event if the program is ending already. */
static struct fsm_next
found_unhealthy(enum program_state state, enum program_want want)
{
	if (state == STATE_UP && want == WANT_RUN)
		return next(STATE_STOPPING, want, ACT_SIGNAL);
	return next(state, want, 0);
}

struct fsm_next
fsm_step(enum program_state state, enum program_want want,
    enum program_event event, struct fsm_facts facts)
{
	switch (event) {
	case EVENT_START:
		return start(state, want, facts.blocked);
	case EVENT_STOP:
		return stop(state, want, facts.held);
	case EVENT_RESTART:
		return restart(state, want, facts);
	case EVENT_REMOVE:
		return removed(state, facts.held);
	case EVENT_EXEC_OK:
		return next(state, want, 0);
	case EVENT_READY:
		return next(state == STATE_STARTING ? STATE_UP : state, want,
		    0);
	case EVENT_EXEC_FAIL:
	case EVENT_EXITED:
		return exited(state, want, facts);
	case EVENT_TIMEOUT:
		return timed_out(state, want, facts.blocked);
	case EVENT_UNHEALTHY:
		return found_unhealthy(state, want);
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
