/*
 * policy - has a program ended well, and is it restarted?
 *
 * Short, because it is a table that is tested without a program.
 */
#include <signal.h>

#include "program/policy.h"

/* Is the exit status or signal in the set? */
static bool
is_in(const struct value_exits *set, const struct program_end *end)
{
	const struct process_end *e = &end->process;

	if (end->kind != END_PROCESS || !e->known)
		return false;
	if (e->signal)
		return (set->signals >> (e->code - 1)) & 1;
	return (set->codes[e->code / 64] >> (e->code % 64)) & 1;
}

bool
policy_is_good(const struct definition *conf, const struct program_end *end)
{
	return end->late == LATE_NOT && is_in(&conf->success_exit, end);
}

/*
 * It gave no sign of life, neither a message nor a healthy answer; or it asked
 * to be taken for such a program.
 */
static bool
was_lifeless(const struct program_end *end)
{
	switch (end->late) {
	case LATE_WATCHDOG:
	case LATE_UNHEALTHY:
	case LATE_TRIGGER:
		return true;
	case LATE_NOT:
	case LATE_READY:
	case LATE_STOPPING:
	case LATE_HOOK:
	case LATE_NO_MAIN:
		break;
	}
	return false;
}

/* A signal that hupd did not send, or nobody knows how it ended. */
static bool
was_aborted(const struct program_end *end)
{
	return end->kind == END_PROCESS &&
	    (end->late == LATE_NOT || end->late == LATE_HOOK) &&
	    (end->process.signal || !end->process.known);
}

bool
policy_restarts(const struct definition *conf, const struct program_end *end)
{
	const bool good = policy_is_good(conf, end);
	/* Not of a hook, nor of the process that was to start the main one. */
	const bool of_main = !end->is_hook && end->late != LATE_NO_MAIN;

	if (of_main && is_in(&conf->restart_prevent, end))
		return false;
	if (of_main && is_in(&conf->restart_force, end))
		return true;
	switch (conf->restart) {
	case RESTART_ALWAYS:
		return true;
	case RESTART_ON_FAILURE:
		return !good;
	case RESTART_ON_SUCCESS:
		return good;
	case RESTART_ON_ABNORMAL:
		return !good &&
		    (was_aborted(end) ||
			(end->late != LATE_NOT && end->late != LATE_HOOK));
	case RESTART_ON_ABORT:
		return !good && was_aborted(end);
	case RESTART_ON_WATCHDOG:
		return was_lifeless(end);
	case RESTART_NEVER:
		return false;
	}
	__builtin_unreachable();
}

/* Does a program that is asked to stop end by this signal? */
static bool
is_clean(const struct definition *conf, int sig)
{
	return sig == conf->stop_signal || sig == SIGHUP || sig == SIGINT ||
	    sig == SIGTERM || sig == SIGPIPE;
}

static const char *
result_of_process(const struct definition *conf, const struct program_end *end,
    bool asked)
{
	const struct process_end *process = &end->process;

	if (policy_is_good(conf, end))
		return "success";
	if (!process->known)
		return "resources";
	if (!process->signal)
		return "exit-code";
	if (process->oom)
		return "oom-kill";
	if (asked && process->code == SIGKILL && conf->stop_signal != SIGKILL)
		return "timeout";
	if (asked && is_clean(conf, process->code))
		return "success";
	return process->core ? "core-dump" : "signal";
}

const char *
policy_result(const struct definition *conf, const struct program_end *end,
    bool asked)
{
	switch (end->late) {
	case LATE_READY:
	case LATE_STOPPING:
		return "timeout";
	case LATE_WATCHDOG:
	case LATE_UNHEALTHY:
	case LATE_TRIGGER:
		return "watchdog";
	case LATE_NO_MAIN:
		return "protocol";
	case LATE_NOT:
	case LATE_HOOK:
		break;
	}
	switch (end->kind) {
	case END_NONE:
		return "success";
	case END_PROCESS:
		return result_of_process(conf, end, asked);
	case END_ENV:
		return "resources";
	case END_SPAWN:
		break;
	}
	/* The child does the stages after these two. */
	return end->error.stage <= SPAWN_CLONE ? "resources" : "exit-code";
}
