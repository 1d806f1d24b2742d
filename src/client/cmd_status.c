/*
 * cmd_status - "status": the programs and the configuration; and "metrics",
 * the same answer for monitoring.
 */
#include <stdlib.h>

#include "client/reply.h"
#include "client/target.h"
#include "client/talk.h"
#include "client/present.h"
#include "client/logread.h"
#include "client/pick.h"
#include "client/cmd.h"

/* The logs are read here: their permissions decide who sees them. */
static void
print_recent(const struct reply *reply)
{
	const struct line *line = reply_find(reply, "program");
	const char *name = line != NULL ? line_get(line, "name") : NULL;

	if (name == NULL ||
	    (line = reply_find_of(reply, "details", "name", name)) == NULL)
		return;
	logread_recent(stdout, "last events:", line_get(line, "events"), name);
	logread_recent(stdout, "last lines of its log:",
	    line_get(reply_find(reply, "program"), "log"), NULL);
}

static void
show(const struct ctl *ctl, const struct reply *reply, bool details)
{
	ctl->present->status(ctl, reply, details);
	if (details && ctl->present == &present_text)
		print_recent(reply);
}

/* is-active: one line a program, its state. */
static void
show_states(const struct ctl *ctl, const struct reply *reply, bool details)
{
	const struct line *line;

	(void)details;
	for (size_t i = 0; i < reply->n; i++) {
		line = &reply->v[i];
		if (!reply_is(line, "program") ||
		    line_get(line, "state") == NULL)
			continue;
		present_puts(line_get(line, "state"), ctl->out);
		fputc('\n', ctl->out);
	}
}

typedef void show_fn(const struct ctl *, const struct reply *, bool details);

/* A program that is not up is no failure: it is what was asked for. */
static int
answer(const struct ctl *ctl, struct talk *talk, bool details, show_fn *shown)
{
	struct reply reply = {0};
	int status;

	while (talk_next(talk, &reply) == 1)
		;
	status = talk->status;
	if (status != STATUS_OK && status != STATUS_NOT_UP)
		talk_verdict(ctl, talk);
	else {
		shown(ctl, &reply, details);
		if (talk->why != NULL)
			present_warn("%s", talk->why);
	}
	reply_clear(&reply);
	return status;
}

/* details: all that is known of each named program. */
static int
ask(const struct ctl *ctl, char *const *names, bool details, show_fn *shown)
{
	struct line_text request = {0};
	struct talk talk;
	int status;

	line_begin(&request, "status");
	line_put(&request, "details", names != NULL ? "yes" : NULL);
	line_put_words(&request, names);
	line_end(&request);
	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		if (talk_send(&talk, &request) == STATUS_OK)
			status = answer(ctl, &talk, details, shown);
		else
			status = talk_verdict(ctl, &talk);
	}
	talk_close(&talk);
	line_text_clear(&request);
	return status;
}

int
cmd_status_run(const struct ctl *ctl, int argc, char **argv)
{
	bool details = argc == 1 && !pick_is_pattern(argv[0]);
	char **names;
	int status;

	if ((status = pick_names(ctl, argc, argv, &names)) == STATUS_OK)
		status = ask(ctl, names, details, show);
	free(names);
	return status;
}

int
cmd_status_is_active(const struct ctl *ctl, int argc, char **argv)
{
	char **names;
	int status;

	if ((status = pick_names(ctl, argc, argv, &names)) == STATUS_OK)
		status = ask(ctl, names, false,
		    ctl->present == &present_text ? show_states : show);
	free(names);
	return status;
}

int
cmd_status_metrics(const struct ctl *ctl, int argc, char **argv)
{
	struct line_text request = {0};
	struct reply reply = {0};
	int status;

	(void)argc;
	(void)argv;
	if (ctl->present != &present_text)
		return present_fail(ctl, STATUS_USAGE,
		    "metrics are no JSON: see 'hupctl -j status'");
	line_begin(&request, "status");
	line_put(&request, "cpu", "yes");
	line_end(&request);
	status = target_ask(ctl, &request, &reply);
	if (status == STATUS_OK || status == STATUS_NO_DAEMON)
		present_openmetrics.status(ctl, &reply, false);
	reply_clear(&reply);
	line_text_clear(&request);
	return status;
}
