/*
 * cmd_plain - the commands that are one question and one answer: signal,
 * reopen, ping, version.
 */
#include "base/text.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/target.h"
#include "client/talk.h"
#include "client/cmd.h"

/* Ask, with up to two words.  Prints what failed. */
static int
ask(const struct ctl *ctl, const char *tag, const char *word,
    const char *second, struct reply *reply)
{
	struct line_text request = {0};
	int status;

	line_begin(&request, tag);
	if (word != NULL)
		line_put_word(&request, word);
	if (second != NULL)
		line_put_word(&request, second);
	line_end(&request);
	status = target_ask(ctl, &request, reply);
	line_text_clear(&request);
	return status;
}

int
cmd_plain_signal(const struct ctl *ctl, int argc, char **argv)
{
	char buf[TEXT_NUMBER_MAX], done[128];
	struct reply reply = {0};
	const char *name, *why;
	int sig, status;

	if (text_signal(argv[0], &sig, &why) == -1)
		return present_fail(ctl, STATUS_USAGE, "signal '%s': %s",
		    argv[0], why);
	if (!talk_are_names(ctl, argc - 1, argv + 1))
		return STATUS_USAGE;
	name = text_signal_name(sig, buf);
	status = ask(ctl, "signal", name, argv[1], &reply);
	reply_clear(&reply);
	if (status == STATUS_OK) {
		snprintf(done, sizeof(done), "%s: sent %s", argv[1], name);
		ctl->present->done(ctl, done);
	}
	return status;
}

int
cmd_plain_reopen(const struct ctl *ctl, int argc, char **argv)
{
	struct reply reply = {0};
	int status;

	(void)argc;
	(void)argv;
	status = ask(ctl, "reopen", NULL, NULL, &reply);
	reply_clear(&reply);
	if (status == STATUS_OK)
		ctl->present->done(ctl, "log files reopened");
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
