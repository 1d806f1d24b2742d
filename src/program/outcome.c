/* outcome - the outcome of a request. */
#include "program/outcome.h"

const char *
outcome_waiting_for(const struct program *p)
{
	return p->conf->waits_for != NULL ? p->conf->waits_for : p->waiting_for;
}

bool
outcome_waits(const struct program *p)
{
	return p->state == STATE_DOWN && p->want == WANT_RUN &&
	    outcome_waiting_for(p) != NULL;
}

/* Does it start at the end of this turn? */
static bool
is_due(const struct program *p)
{
	return p->want == WANT_RESTART && !fsm_is_alive(p->state);
}

bool
outcome_is_unmet(const struct program *p)
{
	return p->end.kind == END_SPAWN &&
	    p->end.error.stage == SPAWN_CONDITION;
}

/* Does it wait for a dependency that may not come? */
static bool
is_need_hopeless(const struct program *p)
{
	const struct program *need;
	size_t i;

	for (i = 0; i < p->nneeds; i++) {
		need = p->needs[i];
		if (need->tail_due || is_due(need))
			continue; /* its failure is not settled */
		switch (need->state) {
		case STATE_UP:
		case STATE_DONE:
			break;
		case STATE_STARTING:
		case STATE_STOPPING:
		case STATE_KILLING:
			if (need->failed_starts > 0)
				return true;
			break;
		case STATE_WAIT:
		case STATE_FAILED:
			return true;
		case STATE_DOWN:
			if (need->want != WANT_RUN || need->is_stuck)
				return true;
			break;
		}
	}
	return false;
}

bool
outcome_is_hopeless(const struct program *p)
{
	return outcome_waiting_for(p) != NULL || is_need_hopeless(p);
}

bool
outcome_is_at_rest(const struct program *p)
{
	if (is_due(p))
		return false;
	switch (p->state) {
	case STATE_STARTING:
	case STATE_UP:
	case STATE_STOPPING:
	case STATE_KILLING:
	case STATE_WAIT:
		return false;
	case STATE_DOWN:
		return p->want != WANT_RUN || p->conf->waits_for != NULL ||
		    outcome_is_unmet(p) || is_need_hopeless(p);
	case STATE_DONE:
	case STATE_FAILED:
		break;
	}
	return true;
}

bool
outcome_is_awaited(const struct program *p)
{
	if (p->want != WANT_RUN)
		return p->want == WANT_RESTART;
	switch (p->state) {
	case STATE_DOWN:
		return !outcome_is_hopeless(p) && !outcome_is_unmet(p);
	case STATE_STARTING:
	case STATE_STOPPING:
	case STATE_KILLING:
		return !p->had_outcome;
	case STATE_UP:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		return false;
	}
	__builtin_unreachable();
}

bool
outcome_is_untouched(const struct program *p, struct mono started)
{
	return p->want == WANT_RUN && p->state != STATE_DOWN &&
	    p->state != STATE_STOPPING && p->state != STATE_KILLING &&
	    p->started.ns == started.ns;
}

bool
outcome_is_settled(const struct program *p)
{
	if (p->tail_due || is_due(p))
		return false;
	switch (p->state) {
	case STATE_UP:
	case STATE_DONE:
		return p->want == WANT_RUN;
	case STATE_WAIT:
	case STATE_FAILED:
		return true;
	case STATE_DOWN:
		return p->want != WANT_RUN || outcome_is_unmet(p) ||
		    outcome_is_hopeless(p);
	case STATE_KILLING:
		return clock_diff_ms(loop_now(p->programs->loop), p->since) >=
		    OUTCOME_KILL_AGAIN;
	case STATE_STOPPING:
		if (outcome_is_overdue(p))
			return true;
		/* FALLTHROUGH */
	case STATE_STARTING:
		/* One start has failed; the next attempts may never end. */
		return p->want == WANT_RUN && p->failed_starts > 0;
	}
	return false;
}

bool
outcome_is_stopped(const struct program *p)
{
	return !fsm_is_alive(p->state) && p->state != STATE_WAIT &&
	    /* else its stop has not begun */
	    (p->state != STATE_DONE || p->want == WANT_RUN);
}

bool
outcome_is_good(const struct program *p)
{
	return p->want == WANT_RUN &&
	    (fsm_is_ready(p->state) ||
		(p->state == STATE_DOWN && outcome_is_unmet(p)));
}

bool
outcome_is_overdue(const struct program *p)
{
	const struct mono since =
	    p->step == STEP_STOP_POST ? p->settling : p->since;

	return p->state == STATE_STOPPING && !p->conf->send_sigkill &&
	    p->conf->stop_timeout != VALUE_FOREVER &&
	    clock_diff_ms(loop_now(p->programs->loop), since) >=
	    p->conf->stop_timeout;
}

bool
outcome_remains(const struct program *p)
{
	return p->state == STATE_DONE && p->conf->ready == READY_EXITED &&
	    (p->conf->stop_command != NULL || p->conf->stop_post != NULL);
}

enum program_late
outcome_late(const struct program *p)
{
	if (p->want != WANT_RUN ||
	    (p->state != STATE_STOPPING && p->state != STATE_KILLING))
		return LATE_NOT;
	return p->late;
}
