/*
 * cmd_act - the commands that wait for programs: start, stop, restart, reload
 * with names, and wait.
 */
#include <stdlib.h>
#include <string.h>

#include "client/reply.h"
#include "client/target.h"
#include "client/cmd.h"
#include "client/pick.h"
#include "client/talk.h"
#include "client/present.h"
#include "wire/names.h"

/*
 * Show the results as they come.  Each line says whether its program failed;
 * the text of the end is about the whole request.
 */
static int
results(const struct ctl *ctl, struct talk *talk)
{
	struct reply reply = {0};
	struct outcome outcome;

	while (talk_next(talk, &reply) == 1)
		ctl->present->progress(ctl, &reply, reply.n - 1);
	outcome = (struct outcome){talk->status, talk->why, &reply};
	if (talk->status != STATUS_OK && reply.n == 0)
		talk_verdict(ctl, talk);
	else {
		ctl->present->results(ctl, &outcome);
		if (talk->why != NULL)
			present_warn("%s", talk->why);
	}
	reply_clear(&reply);
	return outcome.status;
}

/* Send the request, and show its results.  endless: they may take long. */
static int
act(const struct ctl *ctl, const struct line_text *request, bool endless)
{
	struct talk talk;
	int status;

	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		talk_patience(&talk, endless);
		if (talk_send(&talk, request) == STATUS_OK)
			status = results(ctl, &talk);
		else
			status = talk_verdict(ctl, &talk);
	}
	talk_close(&talk);
	return status;
}

int
cmd_act_run(const struct ctl *ctl, int argc, char **argv)
{
	bool reload = strcmp(ctl->name, "reload") == 0;
	struct line_text request = {0};
	char **names;
	int status;

	if (ctl->all && argc > 0)
		return present_fail(ctl, STATUS_USAGE,
		    "give either names or --all, not both");
	if ((status = pick_names(ctl, argc, argv, &names)) != STATUS_OK)
		return status;
	line_begin(&request, reload ? "reload-program" : ctl->name);
	line_put(&request, "all", ctl->all ? "yes" : NULL);
	line_put(&request, "wait", ctl->no_wait ? "no" : NULL);
	line_put_words(&request, names);
	line_end(&request);
	status = act(ctl, &request, !ctl->no_wait);
	line_text_clear(&request);
	free(names);
	return status;
}

/* The words of --for, for a message. */
static int
no_goal(const struct ctl *ctl)
{
	char text[128] = "";

	for (int i = 0; i < GOALS; i++) {
		strlcat(text, i > 0 ? ", " : "", sizeof(text));
		strlcat(text, names_goal((enum goal)i), sizeof(text));
	}
	return present_fail(ctl, STATUS_USAGE, "--for %s: not one of %s",
	    ctl->goal, text);
}

int
cmd_act_wait(const struct ctl *ctl, int argc, char **argv)
{
	struct line_text request = {0};
	char **names;
	enum goal goal;
	int status;

	if (ctl->goal != NULL && !names_is_goal(ctl->goal, &goal))
		return no_goal(ctl);
	if ((status = pick_names(ctl, argc, argv, &names)) != STATUS_OK)
		return status;
	line_begin(&request, "wait");
	line_put(&request, "for", ctl->goal);
	if (ctl->timeout != -1)
		line_put_number(&request, "timeout", ctl->timeout);
	line_put_words(&request, names);
	line_end(&request);
	status = act(ctl, &request, true);
	line_text_clear(&request);
	free(names);
	return status;
}
