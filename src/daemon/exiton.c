/*
 * exiton - is it time for the daemon to end by itself, and with which status?
 */
#include <errno.h>
#include <string.h>

#include "daemon/exiton.h"
#include "program/outcome.h"
#include "base/log.h"
#include "wire/line.h"
#include "daemon/reload.h"
#include "program/describe.h"
#include "program/outcome.h"

/* The statuses of sh(1): not executed, not found, killed by signal N (+ N). */
#define STATUS_CANNOT 126
#define STATUS_NOT_FOUND 127
#define STATUS_SIGNAL 128

static bool
has_ended(const struct program *p)
{
	return p->want != WANT_RESTART &&
	    (p->state == STATE_DONE || p->state == STATE_FAILED);
}

/* It is wanted, but its conditions are not met: nothing is left to do. */
static bool
is_unmet(const struct program *p)
{
	return p->state == STATE_DOWN && p->want == WANT_RUN &&
	    outcome_is_unmet(p);
}

static bool
has_failed(const struct program *p)
{
	return p->state == STATE_FAILED;
}

/* Does the program run, or will it run without a request? */
static bool
goes_on(const struct program *p)
{
	if (p->state == STATE_DOWN && p->want != WANT_RESTART)
		return p->want == WANT_RUN && !outcome_is_unmet(p) &&
		    (!p->is_stuck || outcome_waiting_for(p) != NULL);
	return !has_ended(p);
}

static int
end_status(const struct program *p)
{
	const struct process_end *e = &p->end.process;

	switch (p->end.kind) {
	case END_NONE:
		break;
	case END_PROCESS:
		if (!e->known)
			break;
		return e->signal ? STATUS_SIGNAL + e->code : e->code;
	case END_SPAWN:
		if (outcome_is_unmet(p))
			return STATUS_OK;
		if (p->end.error.stage == SPAWN_EXEC &&
		    p->end.error.err == ENOENT)
			return STATUS_NOT_FOUND;
		return STATUS_CANNOT;
	case END_ENV:
		return STATUS_CANNOT;
	}
	return has_failed(p) ? STATUS_FAILED : STATUS_OK;
}

static bool
is_due(const char *why, const struct program *p, int *status)
{
	char end[ENDING_MAX];

	*status = end_status(p);
	/* It failed although it exited with 0: not ready in time, say. */
	if (*status == STATUS_OK && has_failed(p))
		*status = STATUS_FAILED;
	describe_end(p, end, sizeof(end));
	log_info("exit-on = %s: %s %s, the daemon ends with status %d", why,
	    p->conf->name, end, *status);
	return true;
}

/* The program that failed first, or NULL. */
static struct program *
first_failed(struct programs *ps)
{
	struct program *p, *first = NULL;

	for (p = programs_first(ps); p != NULL; p = programs_next(p))
		if (has_failed(p) &&
		    (first == NULL || clock_before(p->since, first->since)))
			first = p;
	return first;
}

/* Programs that were never started do not count. */
static bool
all_done(struct programs *ps, int *status)
{
	struct program *p;
	size_t n = 0;

	for (p = programs_first(ps); p != NULL; p = programs_next(p)) {
		if (goes_on(p))
			return false;
		if (has_ended(p) || is_unmet(p))
			n++;
	}
	if (n == 0)
		return false;
	if ((p = first_failed(ps)) != NULL)
		return is_due(SETTINGS_ALL_DONE, p, status);
	log_info("exit-on = " SETTINGS_ALL_DONE
		 ": the daemon ends with status 0");
	*status = STATUS_OK;
	return true;
}

bool
exiton_is_due(struct daemon *d, int *status)
{
	const char *what = reload_running(d->reload)->settings.exit_on;
	struct program *p;

	if (what == NULL || reload_may_revert(d->reload))
		return false;
	if (strcmp(what, SETTINGS_ALL_DONE) == 0)
		return all_done(&d->programs, status);
	if (strcmp(what, SETTINGS_ANY_FAILED) == 0)
		p = first_failed(&d->programs);
	else if ((p = programs_find(&d->programs, what)) != NULL &&
	    !has_ended(p))
		p = NULL;
	return p != NULL && is_due(what, p, status);
}
