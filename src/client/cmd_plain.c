/*
 * cmd_plain - the commands that are one question and one answer: signal,
 * reopen, ping, version.
 */
#include <stdlib.h>

#include "base/text.h"
#include "client/pick.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/target.h"
#include "client/talk.h"
#include "client/cmd.h"

/* Ask, with a word and a list of words, or NULL.  Prints what failed. */
static int
ask(const struct ctl *ctl, const char *tag, const char *word,
    char *const *words, struct reply *reply)
{
	struct line_text request = {0};
	int status;

	line_begin(&request, tag);
	line_put_word(&request, word);
	line_put_words(&request, words);
	line_end(&request);
	status = target_ask(ctl, &request, reply);
	line_text_clear(&request);
	return status;
}

/* "web: sent TERM" */
static void
show_sent(const struct ctl *ctl, const char *signal, char *const *names)
{
	char done[128];

	if (ctl->present != &present_text) {
		ctl->present->done(ctl, signal);
		return;
	}
	for (; *names != NULL; names++) {
		snprintf(done, sizeof(done), "%s: sent %s", *names, signal);
		ctl->present->done(ctl, done);
	}
}

int
cmd_plain_signal(const struct ctl *ctl, int argc, char **argv)
{
	char buf[TEXT_NUMBER_MAX], **names;
	struct reply reply = {0};
	const char *signal, *why;
	int sig, status;

	if (text_signal(argv[0], &sig, &why) == -1)
		return present_fail(ctl, STATUS_USAGE, "signal '%s': %s",
		    argv[0], why);
	status = pick_names(ctl, argc - 1, argv + 1, &names);
	if (status != STATUS_OK)
		return status;
	signal = text_signal_name(sig, buf);
	status = ask(ctl, "signal", signal, names, &reply);
	reply_clear(&reply);
	if (status == STATUS_OK)
		show_sent(ctl, signal, names);
	free(names);
	return status;
}

int
cmd_plain_reopen(const struct ctl *ctl, int argc, char **argv)
{
	struct line_text request = {0};
	struct reply reply = {0};
	struct talk talk;
	int status;

	(void)argc;
	(void)argv;
	line_begin(&request, "reopen");
	line_end(&request);
	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		if (talk_send(&talk, &request) == STATUS_OK)
			while (talk_next(&talk, &reply) == 1)
				;
		status = talk.status;
		if (status == STATUS_OK || reply.n > 0)
			ctl->present->reopened(ctl,
			    &(struct outcome){status, talk.why, &reply});
		else
			talk_verdict(ctl, &talk);
	}
	talk_close(&talk);
	line_text_clear(&request);
	reply_clear(&reply);
	return status;
}

int
cmd_plain_ping(const struct ctl *ctl, int argc, char **argv)
{
	struct reply reply = {0};
	int status;

	(void)argc;
	(void)argv;
	status = ask(ctl, "ping", NULL, NULL, &reply);
	if (status == STATUS_OK)
		ctl->present->pong(ctl, reply_find(&reply, "pong"));
	reply_clear(&reply);
	return status;
}

int
cmd_plain_version(const struct ctl *ctl, int argc, char **argv)
{
	struct reply reply = {0};
	int status;

	(void)argc;
	(void)argv;
	status = ask(ctl, "version", NULL, NULL, &reply);
	if (status == STATUS_OK)
		ctl->present->version(ctl, reply_find(&reply, "version"));
	else if (ctl->present == &present_text)
		fprintf(ctl->out, "hupctl %s\n", HUPD_VERSION);
	reply_clear(&reply);
	return status;
}
