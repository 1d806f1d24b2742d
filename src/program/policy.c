/*
 * policy - has a program ended well, and is it restarted?
 *
 * Short, because it is a table that is tested without a program.
 */
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
		break;
	}
	return false;
}

/* A signal that hupd did not send, or nobody knows how it ended. */
static bool
was_aborted(const struct program_end *end)
{
	return end->kind == END_PROCESS && end->late == LATE_NOT &&
	    (end->process.signal || !end->process.known);
}

bool
policy_restarts(const struct definition *conf, const struct program_end *end)
{
	const bool good = policy_is_good(conf, end);

	if (is_in(&conf->restart_prevent, end))
		return false;
	if (is_in(&conf->restart_force, end))
		return true;
	switch (conf->restart) {
	case RESTART_ALWAYS:
		return true;
	case RESTART_ON_FAILURE:
		return !good;
	case RESTART_ON_SUCCESS:
		return good;
	case RESTART_ON_ABNORMAL:
		return !good && (end->late != LATE_NOT || was_aborted(end));
	case RESTART_ON_ABORT:
		return !good && was_aborted(end);
	case RESTART_ON_WATCHDOG:
		return was_lifeless(end);
	case RESTART_NEVER:
		return false;
	}
	__builtin_unreachable();
}
