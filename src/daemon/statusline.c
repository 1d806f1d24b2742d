/*
 * statusline - one program as a line of the status reply.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/statusline.h"
#include "base/words.h"
#include "config/places.h"

/* As people read it, and for machines. */
static void
put_end(struct line_text *t, const struct program *p)
{
	const struct process_end *end = &p->end.process;
	char text[256];

	if (p->end.kind == END_NONE)
		return;
	describe_end(p, text, sizeof(text));
	line_put(t, "exit", text);
	if (p->end.kind == END_PROCESS && end->known)
		line_put_number(t, end->signal ? "signal" : "code", end->code);
	line_put_number(t, "ended", p->end.at);
}

/* Why no process of it is wanted, of which describe_why has nothing to say. */
static const char *
why_at_rest(const struct program *p)
{
	bool ran = p->started_at != 0 || p->end.kind != END_NONE;

	return ran || p->conf->autostart ? "stopped on request"
					 : "not started: autostart = no";
}

void
status_program(struct line_text *t, const struct program *p,
    const char *log_dir, bool cpu)
{
	struct mono now = loop_now(p->programs->loop);
	char text[256], *log = NULL;

	line_begin(t, "program");
	line_put(t, "name", p->conf->name);
	line_put(t, "state", names_state(p->state));
	line_put(t, "want", names_want(p->want));
	line_put(t, "ready", fsm_is_ready(p->state) ? "yes" : "no");
	line_put_number(t, "since", clock_diff_ms(now, p->since));
	line_put_number(t, "restarts", p->restarts);
	if (fsm_is_alive(p->state)) {
		line_put_number(t, "pid", p->child.pid);
		line_put_number(t, "uptime", clock_diff_ms(now, p->started));
		line_put_number(t, "started", p->started_at);
		line_put_number(t, "memory", describe_memory(p));
		if (cpu)
			line_put_number(t, "cpu", describe_cpu(p));
	}
	put_end(t, p);
	describe_why(p, text, sizeof(text));
	if (p->state == STATE_DOWN && p->want == WANT_REST)
		line_put(t, "reason", why_at_rest(p));
	else if (*text != '\0')
		line_put(t, "reason", text);
	if (p->state == STATE_WAIT)
		line_put_number(t, "again",
		    p->delay - clock_diff_ms(now, p->since));
	if (health_verdict(p) != NULL) {
		line_put(t, "health", health_verdict(p));
		line_put_number(t, "failed-checks", health_failures(p));
	}
	line_put(t, "status", p->status);
	line_put(t, "conf", p->conf->file);
	if (p->conf->log == LOG_TO_FILE &&
	    (log = places_log(log_dir, p->conf->name)) != NULL) {
		line_put(t, "log", log);
		free(log);
	}
	line_end(t);
}

void
status_details(struct line_text *t, const struct program *p,
    const char *log_dir)
{
	char *command = words_join(p->conf->command);
	char *events = places_log(log_dir, "hupd");
	const struct program *need;
	size_t i;

	line_begin(t, "details");
	line_put(t, "name", p->conf->name);
	line_put(t, "command", command);
	line_put(t, "events", events);
	line_end(t);
	for (i = 0; i < p->nneeds; i++) {
		need = p->needs[i];
		line_begin(t, "need");
		line_put(t, "of", p->conf->name);
		line_put(t, "name", need->conf->name);
		line_put(t, "state", names_state(need->state));
		line_put(t, "ready", fsm_is_ready(need->state) ? "yes" : "no");
		line_end(t);
	}
	free(command);
	free(events);
}
