/*
 * cmd_status - "status": the programs and the configuration.
 */
#include "base/clock.h"
#include "client/json.h"
#include "client/reply.h"
#include "client/target.h"
#include "client/talk.h"
#include "client/present_text.h"
#include "client/logread.h"
#include "client/cmd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct attr program[] = {
    {"name", "name", ATTR_TEXT},
    {"state", "state", ATTR_TEXT},
    {"want", "want", ATTR_TEXT},
    {"ready", "ready", ATTR_YES},
    {"pid", "pid", ATTR_NUMBER},
    {"state_ms", "since", ATTR_NUMBER},
    {"uptime_ms", "uptime", ATTR_NUMBER},
    {"restarts", "restarts", ATTR_NUMBER},
    {"exit", "exit", ATTR_TEXT},
    {"ended", "ended", ATTR_NUMBER},
    {"memory_bytes", "memory", ATTR_NUMBER},
    {"health", "health", ATTR_TEXT},
    {"failed_checks", "failed-checks", ATTR_NUMBER},
    {"status", "status", ATTR_TEXT},
    {"reason", "reason", ATTR_TEXT},
    {"conf", "conf", ATTR_TEXT},
    {"log", "log", ATTR_TEXT},
};

static const struct attr need[] = {
    {"name", "name", ATTR_TEXT},
    {"state", "state", ATTR_TEXT},
    {"ready", "ready", ATTR_YES},
};

static const struct attr config[] = {
    {"generation", "generation", ATTR_NUMBER},
    {"accepted", "time", ATTR_NUMBER},
    {"source", "source", ATTR_TEXT},
    {"differs", "differs", ATTR_TEXT},
    {"reloading", "reloading", ATTR_YES},
    {"programs", "programs", ATTR_NUMBER},
    {"pid", "pid", ATTR_NUMBER},
    {"started", "started", ATTR_NUMBER},
};

static const struct attr rejected[] = {
    {"time", "time", ATTR_NUMBER},
    {"count", "count", ATTR_NUMBER},
};

/* What is told of a program that was named, and of no other. */
static void
details_json(struct json *json, const struct reply *reply, const char *name)
{
	const struct line *line;
	size_t i;

	if ((line = details_find(reply, name)) == NULL)
		return;
	json_string(json, "command", line_get(line, "command"));
	json_array(json, "needs");
	for (i = 0; i < reply->n; i++) {
		if (!details_is_need(&reply->v[i], name))
			continue;
		json_object(json, NULL);
		line_json(json, &reply->v[i], need, COUNT(need));
		json_close(json);
	}
	json_close(json);
}

static void
print_json(const struct reply *reply)
{
	const struct line *line;
	struct json json;
	size_t i;

	json_begin(&json, stdout);
	json_object(&json, NULL);
	json_array(&json, "programs");
	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], "program"))
			continue;
		json_object(&json, NULL);
		line_json(&json, &reply->v[i], program, COUNT(program));
		details_json(&json, reply, line_get(&reply->v[i], "name"));
		json_close(&json);
	}
	json_close(&json);
	json_object(&json, "config");
	line_json(&json, reply_find(reply, "config"), config, COUNT(config));
	json_close(&json);
	if ((line = reply_find(reply, "rejected")) == NULL)
		json_null(&json, "rejected");
	else {
		json_object(&json, "rejected");
		line_json(&json, line, rejected, COUNT(rejected));
		errors_json(&json, reply);
		json_close(&json);
	}
	json_end(&json);
}

/* The logs are read directly; who may not read them is shown none. */
static void
print_recent(const struct reply *reply)
{
	const struct line *line = reply_find(reply, "program");
	const char *name = line != NULL ? line_get(line, "name") : NULL;

	if (name == NULL || (line = details_find(reply, name)) == NULL)
		return;
	logread_recent(stdout, "last events:", line_get(line, "events"), name);
	logread_recent(stdout, "last lines of its log:",
	    line_get(reply_find(reply, "program"), "log"), NULL);
}

static int
show(const struct ctl *ctl, const struct reply *reply, bool details)
{
	struct table_form form = {.colour = ctl->colour,
	    .details = details,
	    .now = clock_wall().tv_sec};

	if (ctl->json)
		print_json(reply);
	else if (table_print(stdout, reply, &form) == -1)
		return ctl_fail(ctl, STATUS_FAILED, "out of memory");
	else if (details)
		print_recent(reply);
	return STATUS_OK;
}

/* A program that is not up is no failure: it is what was asked for. */
static int
answer(const struct ctl *ctl, struct talk *talk, bool details)
{
	struct reply reply = {0};
	int status;

	while (talk_next(talk, &reply) == 1)
		;
	if (talk->status != STATUS_OK && talk->status != STATUS_NOT_UP)
		status = talk_verdict(ctl, talk);
	else if ((status = show(ctl, &reply, details)) == STATUS_OK) {
		if (talk->why != NULL)
			ctl_warn("%s", talk->why);
		status = talk->status;
	}
	reply_clear(&reply);
	return status;
}

int
cmd_status_run(const struct ctl *ctl, int argc, char **argv)
{
	struct line_text request = {0};
	struct talk talk;
	int i, status;

	if (!ctl_are_names(ctl, argc, argv))
		return STATUS_USAGE;
	line_begin(&request, "status");
	line_put(&request, "details", argc > 0 ? "yes" : NULL);
	for (i = 0; i < argc; i++)
		line_put_word(&request, argv[i]);
	line_end(&request);
	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		if (talk_send(&talk, &request) == STATUS_OK)
			status = answer(ctl, &talk, argc == 1);
		else
			status = talk_verdict(ctl, &talk);
	}
	talk_close(&talk);
	line_text_clear(&request);
	return status;
}
