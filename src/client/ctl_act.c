/*
 * ctl_act - the commands that wait for programs: start, stop, restart, and
 * reload with names.
 */
#include <string.h>

#include "client/ctl_act.h"
#include "client/ctl_ask.h"
#include "client/ctl_report.h"

static const struct attr attrs[] = {
    {"name", "name", ATTR_TEXT},
    {"ok", "ok", ATTR_YES},
    {"state", "state", ATTR_TEXT},
    {"how", "how", ATTR_TEXT},
};

static const char *
value(const struct proto_line *line, const char *key)
{
	const char *s = proto_get(line, key);

	return s != NULL ? s : "?";
}

static bool
is_ok(const struct proto_line *line)
{
	return strcmp(value(line, "ok"), "yes") == 0;
}

/* "web: up (pid 123)", "web: failed: exec: No such file or directory" */
static void
print_result(const struct proto_line *line)
{
	const char *state = proto_get(line, "state");
	const char *how = proto_get(line, "how");

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
print_line(const struct proto_line *line)
{
	if (line_is(line, "result"))
		print_result(line);
	else
		report_show_line(stdout, line, 0);
	fflush(stdout);
}

static void
print_json(const struct conn *conn, const struct reply *reply)
{
	struct json json;
	size_t i;

	json_begin(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "status", conn->status);
	json_string(&json, "message", conn->why);
	json_array(&json, "results");
	for (i = 0; i < reply->n; i++) {
		if (!line_is(&reply->v[i], "result"))
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
results(const struct ctl *ctl, struct conn *conn)
{
	struct reply reply = {0};
	int status;

	while (conn_next(conn, &reply) == 1) {
		if (!ctl->json)
			print_line(&reply.v[reply.n - 1]);
	}
	status = conn->status;
	if (status != STATUS_OK && reply.n == 0)
		ctl_verdict(ctl, conn);
	else {
		if (ctl->json)
			print_json(conn, &reply);
		else if (ctl->no_wait)
			puts("requested");
		if (conn->why != NULL)
			ctl_warn("%s", conn->why);
	}
	reply_clear(&reply);
	return status;
}

static int
act(const struct ctl *ctl, const char *tag, int argc, char **argv)
{
	struct proto_text request = {0};
	struct conn conn;
	int i, status;

	if (ctl->all && argc > 0)
		return ctl_fail(ctl, STATUS_USAGE,
		    "give either names or --all, not both");
	if (!ctl_names(ctl, argc, argv))
		return STATUS_USAGE;
	proto_begin(&request, tag);
	proto_put(&request, "all", ctl->all ? "yes" : NULL);
	proto_put(&request, "wait", ctl->no_wait ? "no" : NULL);
	for (i = 0; i < argc; i++)
		proto_put_word(&request, argv[i]);
	proto_end(&request);
	if ((status = ctl_connect(ctl, &conn)) == STATUS_OK) {
		conn_patience(&conn, !ctl->no_wait);
		if (conn_send(&conn, &request) == STATUS_OK)
			status = results(ctl, &conn);
		else
			status = ctl_verdict(ctl, &conn);
	}
	conn_close(&conn);
	proto_text_clear(&request);
	return status;
}

int
ctl_start(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "start", argc, argv);
}

int
ctl_stop(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "stop", argc, argv);
}

int
ctl_restart(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "restart", argc, argv);
}

int
ctl_reload_programs(const struct ctl *ctl, int argc, char **argv)
{
	return act(ctl, "reload-program", argc, argv);
}
