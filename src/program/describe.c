/*
 * describe - one program in words and numbers.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "program/describe.h"
#include "program/foreground.h"
#include "program/health.h"
#include "program/hook.h"
#include "program/outcome.h"
#include "program/policy.h"
#include "program/runtime.h"

static const char *const late_text[] = {
    [LATE_NOT] = "",
    [LATE_READY] = "not ready in time, ",
    [LATE_WATCHDOG] = "no sign of life in time, ",
    [LATE_UNHEALTHY] = "unhealthy, ",
    [LATE_TRIGGER] = "it reported an internal error, ",
    [LATE_HOOK] = "",
    [LATE_STOPPING] = "it did not end after STOPPING=1, ",
    [LATE_NO_MAIN] = "its main process was not found: ",
};

bool
describe_left_foreground(const struct program *p)
{
	const struct process_end *end = &p->end.process;

	return p->end.kind == END_PROCESS && p->end.left > 0 && end->known &&
	    !end->signal && end->code == 0 && p->conf->ready != READY_FORKS;
}

void
describe_end(const struct program *p, char *buf, size_t size)
{
	char how[64];

	*buf = '\0';
	if (p->blamed != NULL || p->end.late == LATE_HOOK) {
		snprintf(buf, size, "%s: ",
		    p->blamed != NULL ? p->blamed : "a command around it");
		size -= strlen(buf);
		buf += strlen(buf);
	} else if (p->end.kind != END_NONE && p->conf->more_commands != NULL &&
	    !policy_is_good(p->conf, &p->end)) {
		snprintf(buf, size, "command %u: ", p->command + 1);
		size -= strlen(buf);
		buf += strlen(buf);
	}
	switch (p->end.kind) {
	case END_NONE:
		return;
	case END_SPAWN:
		ending_failure(&p->end.error, p->why, buf, size);
		return;
	case END_ENV:
		snprintf(buf, size, "env-file: %s", strerror(p->end.error.err));
		return;
	case END_PROCESS:
		break;
	}
	ending_exit(&p->end.process, how, sizeof(how));
	snprintf(buf, size, "%s%s", late_text[p->end.late],
	    p->end.late == LATE_NO_MAIN && p->why != NULL ? p->why : how);
	if (describe_left_foreground(p)) {
		strlcat(buf,
		    "; it went into the background: set ready = forks, or "
		    "keep it in the foreground ",
		    size);
		strlcat(buf, foreground_option(p->conf->command), size);
	}
}

/*
 * Name the first few of the neighbours that it waits for; shown counts those
 * that were named.
 */
static void
name_some(char *buf, size_t size, struct program *const *v, size_t n,
    bool (*pick)(const struct program *), size_t *shown)
{
	for (size_t i = 0; i < n && *shown <= 3; i++) {
		if (!pick(v[i]))
			continue;
		strlcat(buf, " ", size);
		strlcat(buf, ++*shown > 3 ? "..." : v[i]->conf->name, size);
	}
}

static bool
is_not_ready(const struct program *p)
{
	return !outcome_is_good(p);
}

static bool
is_leaving(const struct program *p)
{
	return p->want != WANT_RUN && fsm_is_alive(p->state);
}

static const struct program *
first_not_ready(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nneeds; i++)
		if (is_not_ready(p->needs[i]))
			return p->needs[i];
	return NULL;
}

/* Follow programs that wait, or soon will, to the one that does not. */
static const struct program *
root_of(const struct program *p)
{
	const struct program *need;

	while ((p->want == WANT_RESTART ||
		   (p->want == WANT_RUN && p->state == STATE_DOWN)) &&
	    (need = first_not_ready(p)) != NULL)
		p = need;
	return p;
}

static void
why_blocked(const struct program *p, char *buf, size_t size)
{
	const struct program *root = root_of(p);
	size_t shown = 0;
	char end[ENDING_MAX];

	if (outcome_is_unmet(p)) {
		describe_end(p, buf, size);
	} else if (outcome_waiting_for(p) != NULL) {
		snprintf(buf, size, "waits for %s", outcome_waiting_for(p));
	} else if (runtime_blocks(p)) {
		strlcpy(buf, "its runtime-directory is being removed", size);
	} else if (root->state == STATE_FAILED) {
		describe_end(root, end, sizeof(end));
		snprintf(buf, size,
		    "%s has failed (%s); \"hupctl start %s\" tries again",
		    root->conf->name, end, p->conf->name);
	} else if (root->want == WANT_REST)
		snprintf(buf, size, "%s %s", root->conf->name,
		    describe_was_started(root) ? "was stopped"
					       : "was not started");
	else {
		strlcpy(buf, "waits for", size);
		name_some(buf, size, p->needs, p->nneeds, is_not_ready, &shown);
		name_some(buf, size, p->follows, p->nfollows,
		    outcome_is_awaited, &shown);
	}
}

static void
why_awaited(const struct program *p, char *buf, size_t size)
{
	switch (p->conf->ready) {
	case READY_STARTED:
		break;
	case READY_NOTIFY:
		snprintf(buf, size, "pid %d, waits for READY=1",
		    (int)p->child.pid);
		break;
	case READY_FD:
		snprintf(buf, size,
		    "pid %d, waits for a newline on descriptor %d",
		    (int)p->child.pid, p->conf->ready_fd);
		break;
	case READY_FORKS:
		snprintf(buf, size, "pid %d, has to go into the background",
		    (int)p->child.pid);
		break;
	case READY_EXITED:
		snprintf(buf, size, "pid %d, has to end well",
		    (int)p->child.pid);
		break;
	}
}

static void
why_starting(const struct program *p, char *buf, size_t size)
{
	char time[TEXT_NUMBER_MAX];

	if (p->failed_starts > 0) {
		describe_end(p, buf, size);
		strlcat(buf, ", started again", size);
		return;
	}
	hook_describe(p, buf, size);
	if (*buf != '\0')
		return;
	switch (p->step) {
	case STEP_EXEC:
		/* Before that the pid may still be that of the last process. */
		if (p->child.is_pending)
			snprintf(buf, size, "pid %d, waits for its execution",
			    (int)p->child.pid);
		break;
	case STEP_READY:
		why_awaited(p, buf, size);
		break;
	case STEP_SETTLE:
		text_print_duration(p->conf->settle_time, time);
		snprintf(buf, size, "pid %d, has to live for %s",
		    (int)p->child.pid, time);
		break;
	case STEP_PRE:
	case STEP_POST:
		strlcpy(buf, names_step(p->step), size);
		break;
	case STEP_FORKED:
		snprintf(buf, size, "waits for its main process%s%s",
		    p->why != NULL ? ": " : "", p->why != NULL ? p->why : "");
		break;
	case STEP_NONE:
	case STEP_SIGNAL:
	case STEP_LEFT:
	case STEP_OWN:
	case STEP_COMMAND:
	case STEP_STOP_POST:
		break;
	}
}

static void
why_wait(const struct program *p, char *buf, size_t size)
{
	char end[ENDING_MAX], delay[TEXT_NUMBER_MAX];

	describe_end(p, end, sizeof(end));
	text_humane_duration(p->delay, delay);
	if (p->delay == 0)
		snprintf(buf, size, "%s, again at once", end);
	else
		snprintf(buf, size, "%s, again in %s", end, delay);
}

static void
why_failed(const struct program *p, char *buf, size_t size)
{
	char end[ENDING_MAX];

	describe_end(p, end, sizeof(end));
	if (policy_restarts(p->conf, &p->end))
		snprintf(buf, size, "%s, given up after %u restart%s", end,
		    (unsigned)p->backoff.quick,
		    p->backoff.quick == 1 ? "" : "s");
	else
		strlcpy(buf, end, size);
}

bool
describe_was_started(const struct program *p)
{
	return p->started_at != 0 || p->end.kind != END_NONE ||
	    p->conf->autostart;
}

/* A stop whose step runs commands, or ends start-pre. */
static void
why_hook_stops(const struct program *p, const char *sent, char *buf,
    size_t size)
{
	char hook[ENDING_MAX];

	if (p->want == WANT_RUN && p->step == STEP_STOP_POST) {
		describe_end(p, buf, size);
		strlcat(buf, ", ", size);
	}
	hook_describe(p, hook, sizeof(hook));
	strlcat(buf, *hook != '\0' ? hook : names_step(p->step), size);
	if (p->step == STEP_PRE || p->state == STATE_KILLING) {
		strlcat(buf, ", SIG", size);
		strlcat(buf, sent, size);
		strlcat(buf, " sent", size);
	}
}

static void
why_stopping(const struct program *p, char *buf, size_t size)
{
	const char *sent = p->state == STATE_KILLING ? "KILL" : NULL;
	char name[TEXT_NUMBER_MAX], time[TEXT_NUMBER_MAX];

	if (sent == NULL)
		sent = text_signal_name(p->conf->stop_signal, name);
	if (hook_is_step(p->step))
		why_hook_stops(p, sent, buf, size);
	else if (p->step == STEP_OWN)
		strlcpy(buf, "it ends by itself", size);
	else if (p->step == STEP_LEFT) {
		if (p->want == WANT_RUN)
			describe_end(p, buf, size);
		snprintf(buf + strlen(buf), size - strlen(buf),
		    "%s%d process%s left, SIG%s sent", *buf != '\0' ? ", " : "",
		    p->nleft, p->nleft == 1 ? "" : "es", sent);
	} else
		snprintf(buf, size, "%sSIG%s sent", late_text[outcome_late(p)],
		    sent);
	if (outcome_is_overdue(p)) {
		text_humane_duration(p->conf->stop_timeout, time);
		snprintf(buf + strlen(buf), size - strlen(buf),
		    ", not gone after %s; send-sigkill = no", time);
	}
}

void
describe_why(const struct program *p, char *buf, size_t size)
{
	size_t shown = 0;

	*buf = '\0';
	switch (p->state) {
	case STATE_DOWN:
		if (p->want == WANT_RUN)
			why_blocked(p, buf, size);
		break;
	case STATE_STARTING:
		why_starting(p, buf, size);
		break;
	case STATE_UP:
		if (p->want == WANT_RUN) {
			health_text(p, buf, size);
			if (*buf == '\0')
				snprintf(buf, size, "pid %d%s",
				    (int)p->child.pid,
				    p->is_reloading ? ", reloading" : "");
			break;
		}
		strlcpy(buf, "stops after", size);
		name_some(buf, size, p->needed_by, p->nneeded_by, is_leaving,
		    &shown);
		name_some(buf, size, p->followed_by, p->nfollowed_by,
		    is_leaving, &shown);
		break;
	case STATE_STOPPING:
	case STATE_KILLING:
		why_stopping(p, buf, size);
		break;
	case STATE_WAIT:
		why_wait(p, buf, size);
		break;
	case STATE_DONE:
		describe_end(p, buf, size);
		break;
	case STATE_FAILED:
		why_failed(p, buf, size);
		break;
	}
}

time_t
describe_log_error(const struct program *p, char *why, size_t size)
{
	struct system *sys = p->programs->system;

	return p->stream == NULL
	    ? 0
	    : sys->stream_trouble(sys, p->stream, why, size);
}

int64_t
describe_memory(const struct program *p)
{
	struct system *sys = p->programs->system;

	return sys->memory(sys, &p->child, p->conf->name);
}

int64_t
describe_cpu(const struct program *p)
{
	struct system *sys = p->programs->system;

	return sys->cpu(sys, &p->child, p->conf->name);
}

bool
describe_tries(const struct program *p)
{
	return p->conf->hardening != NULL &&
	    p->conf->hardening->mode == HARDENING_TRY;
}

struct text {
	char *buf;
	size_t size;
};

static void
add_lack(void *arg, enum hardening_key key, const char *why)
{
	const struct text *text = arg;

	(void)why;
	if (*text->buf != '\0')
		strlcat(text->buf, ", ", text->size);
	strlcat(text->buf, keys_hardening_name((int)key), text->size);
}

void
describe_lacks(const struct program *p, char *buf, size_t size)
{
	struct text text = {buf, size};

	*buf = '\0';
	if (describe_tries(p))
		p->programs->system->lacks(p->conf, add_lack, &text);
}
