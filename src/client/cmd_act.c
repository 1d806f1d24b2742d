/*
 * cmd_act - the commands that wait for programs: start, stop, restart, and
 * reload with names.
 */
#include <string.h>

#include "client/json.h"
#include "client/reply.h"
#include "client/target.h"
#include "client/cmd.h"
#include "client/talk.h"
#include "client/present_text.h"

static const struct attr attrs[] = {
    {"name", "name", ATTR_TEXT},
    {"ok", "ok", ATTR_YES},
    {"state", "state", ATTR_TEXT},
    {"how", "how", ATTR_TEXT},
};

static const char *
value(const struct line *line, const char *key)
{
	const char *s = line_get(line, key);

	return s != NULL ? s : "?";
}

static bool
is_ok(const struct line *line)
{
	return strcmp(value(line, "ok"), "yes") == 0;
}

/* "web: up (pid 123)", "web: failed: exec: No such file or directory" */
static void
print_result(const struct line *line)
{
	const char *state = line_get(line, "state");
	const char *how = line_get(line, "how");

	ctl_puts(value(line, "name"), stdout);
	if (state != NULL) {
		fputs(": ", stdout);
		ctl_puts(state, stdout);
	}
	if (how != NULL && *how != '\0') {
		fputs(is_ok(line) ? " (" : ": ", stdout);
		ctl_puts(how, stdout);
		fputs(is_ok(line) ? ")" : "", stdout);
	}
	fputc('\n', stdout);
}

static void
print_line(const struct line *line)
{
	if (reply_is(line, "result"))
		print_result(line);
	else
		report_show_line(stdout, line, 0);
	fflush(stdout);
}

static void
print_json(const struct talk *talk, const struct reply *reply)
{
	struct json json;
	size_t i;

	json_begin(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "status", talk->status);
	json_string(&json, "message", talk->why);
	json_array(&json, "results");
	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], "result"))
			continue;
		json_object(&json, NULL);
		line_json(&json, &reply->v[i], attrs,
		    sizeof(attrs) / sizeof(attrs[0]));
		tail_json(&json, reply, i + 1);
		json_close(&json);
	}
	json_end(&json);
}

/*
 * The results as they come.  That a program failed has been said by then;
 * what the daemon says at the end is about the request as a whole.
 */
static int
results(const struct ctl *ctl, struct talk *talk)
{
	struct reply reply = {0};
	int status;

	while (talk_next(talk, &reply) == 1) {
		if (!ctl->json)
			print_line(&reply.v[reply.n - 1]);
	}
	status = talk->status;
	if (status != STATUS_OK && reply.n == 0)
		talk_verdict(ctl, talk);
	else {
		if (ctl->json)
			print_json(talk, &reply);
		else if (ctl->no_wait)
			puts("requested");
		if (talk->why != NULL)
			ctl_warn("%s", talk->why);
	}
	reply_clear(&reply);
	return status;
}

static int
act(const struct ctl *ctl, const char *tag, int argc, char **argv)
{
	struct line_text request = {0};
	struct talk talk;
	int i, status;

	if (ctl->all && argc > 0)
		return ctl_fail(ctl, STATUS_USAGE,
		    "give either names or --all, not both");
	if (!ctl_are_names(ctl, argc, argv))
		return STATUS_USAGE;
	line_begin(&request, tag);
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

int
cmd_act_start(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "start", argc, argv);
}

int
cmd_act_stop(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "stop", argc, argv);
}

int
cmd_act_restart(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "restart", argc, argv);
}

int
cmd_act_reload(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "reload-program", argc, argv);
}
