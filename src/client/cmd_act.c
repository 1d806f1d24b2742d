/*
 * cmd_act - the commands that wait for programs: start, stop, restart, and
 * reload with names.
 */
#include <string.h>

#include "client/reply.h"
#include "client/target.h"
#include "client/cmd.h"
#include "client/talk.h"
#include "client/present.h"

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

int
cmd_act_run(const struct ctl *ctl, int argc, char **argv)
{
	bool reload = strcmp(ctl->name, "reload") == 0;
	struct line_text request = {0};
	struct talk talk;
	int i, status;

	if (ctl->all && argc > 0)
		return present_fail(ctl, STATUS_USAGE,
		    "give either names or --all, not both");
	if (!talk_are_names(ctl, argc, argv))
		return STATUS_USAGE;
	line_begin(&request, reload ? "reload-program" : ctl->name);
	line_put(&request, "all", ctl->all ? "yes" : NULL);
	line_put(&request, "wait", ctl->no_wait ? "no" : NULL);
	for (i = 0; i < argc; i++)
		line_put_word(&request, argv[i]);
	line_end(&request);
	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		talk_patience(&talk, !ctl->no_wait);
		if (talk_send(&talk, &request) == STATUS_OK)
			status = results(ctl, &talk);
		else
			status = talk_verdict(ctl, &talk);
	}
	talk_close(&talk);
	line_text_clear(&request);
	return status;
}
