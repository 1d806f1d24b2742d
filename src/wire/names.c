/*
 * names - the words that daemon and client share.
 *
 * No switch has a default: a new state, want or event does not compile until
 * it has a name.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "wire/names.h"

const char *
names_state(enum program_state state)
{
	switch (state) {
	case STATE_DOWN:
		return "down";
	case STATE_STARTING:
		return "starting";
	case STATE_UP:
		return "up";
	case STATE_STOPPING:
		return "stopping";
	case STATE_KILLING:
		return "killing";
	case STATE_WAIT:
		return "wait";
	case STATE_DONE:
		return "done";
	case STATE_FAILED:
		return "failed";
	}
	__builtin_unreachable();
}

const char *
names_want(enum program_want want)
{
	switch (want) {
	case WANT_RUN:
		return "run";
	case WANT_REST:
		return "rest";
	case WANT_RESTART:
		return "restart";
	case WANT_REMOVE:
		return "remove";
	}
	__builtin_unreachable();
}

const char *
names_step(enum program_step step)
{
	switch (step) {
	case STEP_NONE:
		return "";
	case STEP_EXEC:
		return "exec";
	case STEP_READY:
		return "ready";
	case STEP_SETTLE:
		return "settle";
	case STEP_SIGNAL:
		return "signal";
	case STEP_LEFT:
		return "left";
	case STEP_OWN:
		return "own";
	case STEP_FORKED:
		return "forked";
	case STEP_PRE:
		return "start-pre";
	case STEP_POST:
		return "start-post";
	case STEP_COMMAND:
		return "stop-command";
	case STEP_STOP_POST:
		return "stop-post";
	}
	__builtin_unreachable();
}

/* The end of the commands of a step. */
static const char *
hook_event(enum program_step step, bool ok)
{
	switch (step) {
	case STEP_PRE:
		return ok ? "start-pre ended" : "start-pre failed";
	case STEP_POST:
		return ok ? "start-post ended" : "start-post failed";
	case STEP_COMMAND:
		return ok ? "stop-command ended" : "stop-command failed";
	case STEP_STOP_POST:
		return ok ? "stop-post ended" : "stop-post failed";
	case STEP_NONE:
	case STEP_EXEC:
	case STEP_READY:
	case STEP_SETTLE:
	case STEP_SIGNAL:
	case STEP_LEFT:
	case STEP_OWN:
	case STEP_FORKED:
		return ok ? "command ended" : "command failed";
	}
	__builtin_unreachable();
}

/* Each state with a deadline has its own reason for it. */
static const char *
timeout_of(enum program_state state, enum program_step step)
{
	switch (state) {
	case STATE_STARTING:
		return step == STEP_SETTLE ? "settled" : "start-timeout over";
	case STATE_UP:
		return "watchdog time over";
	case STATE_STOPPING:
		return "stop-timeout over";
	case STATE_KILLING:
		return "not gone yet";
	case STATE_WAIT:
		return "delay over";
	case STATE_DOWN:
	case STATE_DONE:
	case STATE_FAILED:
		return "timeout";
	}
	__builtin_unreachable();
}

const char *
names_event(enum program_event event, enum program_state state,
    enum program_step step)
{
	switch (event) {
	case EVENT_START:
		return "start";
	case EVENT_STOP:
		return "stop";
	case EVENT_RESTART:
		return "restart";
	case EVENT_REMOVE:
		return "remove";
	case EVENT_EXEC_OK:
		return "executed";
	case EVENT_EXEC_FAIL:
		return "not executed";
	case EVENT_READY:
		return "ready";
	case EVENT_EXITED:
		return state == STATE_STARTING && step == STEP_FORKED
		    ? "no main process"
		    : "exited";
	case EVENT_TIMEOUT:
		return timeout_of(state, step);
	case EVENT_UNHEALTHY:
		return "unhealthy";
	case EVENT_NEED_STOPS:
		return "dependency stops";
	case EVENT_GONE:
		return "all gone";
	case EVENT_STOPPING:
		return "STOPPING=1";
	case EVENT_TRIGGER:
		return "WATCHDOG=trigger";
	case EVENT_FORKED:
		return "forked";
	case EVENT_MAIN_FOUND:
		return "main process found";
	case EVENT_HOOK_OK:
		return hook_event(step, true);
	case EVENT_HOOK_FAIL:
		return hook_event(step, false);
	case EVENT_DUE:
		return "due";
	}
	__builtin_unreachable();
}

const char *
names_goal(enum goal goal)
{
	switch (goal) {
	case GOAL_READY:
		return "ready";
	case GOAL_STOPPED:
		return "stopped";
	case GOAL_UP:
		return names_state(STATE_UP);
	case GOAL_DOWN:
		return names_state(STATE_DOWN);
	case GOAL_DONE:
		return names_state(STATE_DONE);
	case GOAL_FAILED:
		return names_state(STATE_FAILED);
	}
	__builtin_unreachable();
}

bool
names_is_goal(const char *name, enum goal *goal)
{
	for (int i = 0; i < GOALS; i++) {
		if (strcmp(names_goal((enum goal)i), name) == 0) {
			*goal = (enum goal)i;
			return true;
		}
	}
	return false;
}

const char *
names_status(int status)
{
	switch (status) {
	case STATUS_OK:
		return "ok";
	case STATUS_FAILED:
		return "failed";
	case STATUS_USAGE:
		return "usage";
	case STATUS_NOT_UP:
		return "a named program is neither up nor done";
	case STATUS_DENIED:
		return "not permitted";
	case STATUS_REJECTED:
		return "configuration rejected";
	case STATUS_NO_DAEMON:
		return "hupd is not running";
	default:
		return NULL;
	}
}
