/*
 * cmd_status - "status": the programs and the configuration; and "metrics",
 * the same answer for monitoring.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

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

static int
by_name(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

/* --names: a name a line, in the order of the table. */
static void
show_names(const struct ctl *ctl, const struct reply *reply, bool details)
{
	const char **names;
	size_t n = 0;

	(void)details;
	if ((names = calloc(reply->n + 1, sizeof(*names))) == NULL)
		err(STATUS_FAILED, NULL);
	for (size_t i = 0; i < reply->n; i++)
		if (reply_is(&reply->v[i], "program") &&
		    line_get(&reply->v[i], "name") != NULL &&
		    (!ctl->failed || present_is_failing(&reply->v[i])))
			names[n++] = line_get(&reply->v[i], "name");
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		present_puts(names[i], ctl->out);
		fputc('\n', ctl->out);
	}
	free(names);
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

/* A question to the daemon, and how its answer is shown. */
struct question {
	char *const *names; /* NULL: all programs */
	bool details;	    /* all that is known is shown of the only program */
	bool needs;	    /* the answer says what each program needs */
	bool others;	    /* it has the programs that are not named, too */
	bool cpu;
	show_fn *shown;
};

/* Tell the presenter the roots of its tree. */
static int
add_roots(struct reply *reply, char *const *names)
{
	struct line_text text = {0};
	int error;

	for (; *names != NULL; names++) {
		line_begin(&text, "root");
		line_put(&text, "name", *names);
		line_end(&text);
	}
	error = text.failed ? -1 : reply_add_all(reply, text.s);
	line_text_clear(&text);
	return error;
}

/* A program that is not up is no failure: it is what was asked for. */
static int
answer(const struct ctl *ctl, struct talk *talk,
    const struct question *question)
{
	struct reply reply = {0};
	int status;

	while (talk_next(talk, &reply) == 1)
		;
	status = talk->status;
	if (question->others && add_roots(&reply, question->names) == -1)
		err(STATUS_FAILED, NULL);
	if (status != STATUS_OK && status != STATUS_NOT_UP)
		talk_verdict(ctl, talk);
	else {
		question->shown(ctl, &reply, question->details);
		if (talk->why != NULL)
			present_warn("%s", talk->why);
	}
	reply_clear(&reply);
	return status;
}

static int
ask(const struct ctl *ctl, const struct question *question)
{
	struct line_text request = {0};
	struct talk talk;
	int status;

	line_begin(&request, "status");
	line_put(&request, "details", question->needs ? "yes" : NULL);
	line_put(&request, "others", question->others ? "yes" : NULL);
	line_put(&request, "cpu", question->cpu ? "yes" : NULL);
	line_put_words(&request, question->names);
	line_end(&request);
	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		if (talk_send(&talk, &request) == STATUS_OK)
			status = answer(ctl, &talk, question);
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
	bool json = ctl->present != &present_text;
	struct question question = {
	    .details = argc == 1 && !pick_is_pattern(argv[0]) && !ctl->tree &&
		!ctl->failed,
	    .needs = argc > 0 || ctl->tree || json,
	    .others = ctl->tree && argc > 0 && !json,
	    .cpu = json,
	    .shown = ctl->names_only && !json ? show_names : show,
	};
	char **names;
	int status;

	if (ctl->tree && (ctl->failed || ctl->names_only))
		return present_fail(ctl, STATUS_USAGE,
		    "--tree cannot be combined with --failed or --names");
	if ((status = pick_names(ctl, argc, argv, &names)) == STATUS_OK) {
		question.names = names;
		status = ask(ctl, &question);
	}
	free(names);
	return status;
}

int
cmd_status_is_active(const struct ctl *ctl, int argc, char **argv)
{
	char **names;
	int status;

	if ((status = pick_names(ctl, argc, argv, &names)) == STATUS_OK)
		status = ask(ctl,
		    &(struct question){.names = names,
			.shown = ctl->present == &present_text ? show_states
							       : show});
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
