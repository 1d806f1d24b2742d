/*
 * cmd_events - "events": the last changes of programs, and further ones as they
 * come.
 *
 * The daemon keeps them in memory.  The event log, "hupctl log hupd", has
 * everything, in words for people.
 */
#include <stdlib.h>

#include "client/cmd.h"
#include "client/pick.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "client/target.h"

/* Show each line at once; lines that come together are flushed together. */
static int
show(const struct ctl *ctl, struct talk *talk)
{
	struct reply reply = {0};

	while (talk_next(talk, &reply) == 1) {
		if (!reply_is(&reply.v[0], "following"))
			ctl->present->event(ctl, &reply.v[0]);
		reply_clear(&reply);
		talk->total = 0; /* nothing of it is kept */
		if (!talk_ready(talk) && fflush(ctl->out) == EOF)
			return STATUS_FAILED; /* main reports it */
	}
	reply_clear(&reply);
	if (talk->status == STATUS_OK)
		return STATUS_OK;
	present_warn("%s",
	    talk->why != NULL ? talk->why : "hupd ended the answer");
	return talk->status;
}

int
cmd_events_run(const struct ctl *ctl, int argc, char **argv)
{
	struct line_text request = {0};
	struct talk talk;
	char **names;
	int status;

	if ((status = pick_names(ctl, argc, argv, &names)) != STATUS_OK)
		return status;
	line_begin(&request, "events");
	line_put(&request, "follow", ctl->follow ? "yes" : NULL);
	if (ctl->lines != -1)
		line_put_number(&request, "n", ctl->lines);
	line_put_words(&request, names);
	line_end(&request);
	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		talk_patience(&talk, ctl->follow);
		if (talk_send(&talk, &request) == STATUS_OK)
			status = show(ctl, &talk);
		else
			status = talk_verdict(ctl, &talk);
	}
	talk_close(&talk);
	line_text_clear(&request);
	free(names);
	return status;
}
