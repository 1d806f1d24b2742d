/*
 * cmd_plain - the commands that are one question and one answer: signal,
 * reopen, ping, version.
 */
#include "base/text.h"
#include "client/json.h"
#include "client/reply.h"
#include "client/target.h"
#include "client/talk.h"
#include "client/cmd.h"

/* Ask, with up to two words.  What failed has been said. */
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

static void
print_ok(const struct ctl *ctl, const char *done)
{
	struct json json;

	if (!ctl->json) {
		printf("%s\n", done);
		return;
	}
	json_begin(&json, stdout);
	json_object(&json, NULL);
	json_bool(&json, "ok", true);
	json_end(&json);
}

int
cmd_plain_signal(const struct ctl *ctl, int argc, char **argv)
{
	char buf[TEXT_NUMBER_MAX], done[128];
	struct reply reply = {0};
	const char *name, *why;
	int sig, status;

	if (text_signal(argv[0], &sig, &why) == -1)
		return ctl_fail(ctl, STATUS_USAGE, "signal '%s': %s", argv[0],
		    why);
	if (!ctl_are_names(ctl, argc - 1, argv + 1))
		return STATUS_USAGE;
	name = text_signal_name(sig, buf);
	status = ask(ctl, "signal", name, argv[1], &reply);
	reply_clear(&reply);
	if (status == STATUS_OK) {
		snprintf(done, sizeof(done), "%s: sent %s", argv[1], name);
		print_ok(ctl, done);
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
		print_ok(ctl, "log files reopened");
	return status;
}

static void
print_pong(const struct ctl *ctl, const struct line *pong)
{
	static const struct attr attrs[] = {
	    {"pid", "pid", ATTR_NUMBER},
	    {"version", "version", ATTR_TEXT},
	};
	const char *version = pong ? line_get(pong, "version") : NULL;
	struct json json;

	if (ctl->json) {
		json_begin(&json, stdout);
		json_object(&json, NULL);
		json_bool(&json, "ok", true);
		line_json(&json, pong, attrs, 2);
		json_end(&json);
		return;
	}
	fputs("hupd ", stdout);
	ctl_puts(version != NULL ? version : "", stdout);
	printf(" is running, pid %lld\n",
	    (long long)(pong != NULL ? line_get_number(pong, "pid", 0) : 0));
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
		print_pong(ctl, reply_find(&reply, "pong"));
	reply_clear(&reply);
	return status;
}

static void
print_version(const struct ctl *ctl, const struct line *line)
{
	static const struct attr attrs[] = {
	    {"hupd", "version", ATTR_TEXT},
	    {"proto", "proto", ATTR_NUMBER},
	};
	const char *version = line ? line_get(line, "version") : NULL;
	struct json json;

	if (ctl->json) {
		json_begin(&json, stdout);
		json_object(&json, NULL);
		json_string(&json, "hupctl", HUPD_VERSION);
		line_json(&json, line, attrs, 2);
		json_end(&json);
		return;
	}
	printf("hupctl %s\nhupd ", HUPD_VERSION);
	ctl_puts(version != NULL ? version : "unknown", stdout);
	fputc('\n', stdout);
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
		print_version(ctl, reply_find(&reply, "version"));
	else if (!ctl->json)
		printf("hupctl %s\n", HUPD_VERSION);
	reply_clear(&reply);
	return status;
}
