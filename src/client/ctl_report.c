/*
 * ctl_report - a reload's report on the terminal and as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "client/ctl_report.h"
#include "wire/report.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct attr counts[] = {
    {"added", "added", ATTR_NUMBER},
    {"removed", "removed", ATTR_NUMBER},
    {"restarted", "restarted", ATTR_NUMBER},
    {"adjusted", "adjusted", ATTR_NUMBER},
    {"unchanged", "unchanged", ATTR_NUMBER},
};

static const struct attr change[] = {
    {"kind", "kind", ATTR_TEXT},
    {"name", "name", ATTR_TEXT},
    {"reason", "reason", ATTR_TEXT},
};

static const struct attr trouble[] = {
    {"name", "name", ATTR_TEXT},
    {"how", "how", ATTR_TEXT},
};

static const struct attr error[] = {
    {"file", "file", ATTR_TEXT},
    {"line", "line", ATTR_NUMBER},
    {"key", "key", ATTR_TEXT},
    {"reason", "reason", ATTR_TEXT},
    {"text", "text", ATTR_TEXT},
};

static int
longest_name(const struct reply *reply, size_t to)
{
	size_t i, len, longest = 0;
	const char *name;

	for (i = 0; i < to; i++) {
		name = proto_get(&reply->v[i], "name");
		if (!line_is(&reply->v[i], "change") || name == NULL)
			continue;
		if ((len = strnlen(name, 64)) > longest)
			longest = len;
	}
	return (int)longest;
}

void
report_show_line(FILE *f, const struct proto_line *line, int width)
{
	char *text = report_text(line, width);

	if (text != NULL)
		fprintf(f, "%s\n", text);
	free(text);
}

void
report_show(const struct reply *reply, size_t from, size_t to)
{
	int width = longest_name(reply, to);
	size_t i;

	for (i = from; i < to; i++)
		report_show_line(line_is(&reply->v[i], "error") ? stderr
								: stdout,
		    &reply->v[i], width);
	fflush(stdout);
}

/* One field of every line with that tag, as an array of strings. */
static void
strings_json(struct json *json, const char *name, const struct reply *reply,
    const char *tag, const char *key)
{
	size_t i;

	json_array(json, name);
	for (i = 0; i < reply->n; i++) {
		if (line_is(&reply->v[i], tag))
			json_string(json, NULL, proto_get(&reply->v[i], key));
	}
	json_close(json);
}

/* Every line with that tag, as an array of objects. */
static void
objects_json(struct json *json, const char *name, const struct reply *reply,
    const char *tag, const struct attr *attrs, size_t n)
{
	size_t i;

	json_array(json, name);
	for (i = 0; i < reply->n; i++) {
		if (!line_is(&reply->v[i], tag))
			continue;
		json_object(json, NULL);
		line_json(json, &reply->v[i], attrs, n);
		if (strcmp(tag, "trouble") == 0)
			tail_json(json, reply, i + 1);
		json_close(json);
	}
	json_close(json);
}

void
errors_json(struct json *json, const struct reply *reply)
{
	objects_json(json, "errors", reply, "error", error, COUNT(error));
}

void
report_json(struct json *json, const struct reply *reply)
{
	line_json(json, reply_find(reply, "report"), counts, COUNT(counts));
	objects_json(json, "changes", reply, "change", change, COUNT(change));
	strings_json(json, "deferred", reply, "deferred", "reason");
	strings_json(json, "rolled_back", reply, "rolledback", "name");
	objects_json(json, "troubles", reply, "trouble", trouble,
	    COUNT(trouble));
	errors_json(json, reply);
}

int
report_rejection(const struct ctl *ctl, const struct diags *diags,
    void (*json)(const struct reply *))
{
	struct proto_text text = {0};
	struct reply reply = {0};
	int status = STATUS_REJECTED;

	report_errors(&text, diags);
	if (text.failed || reply_add_all(&reply, text.s) == -1)
		status = ctl_fail(ctl, STATUS_FAILED, "out of memory");
	else {
		report_show(&reply, 0, reply.n);
		if (ctl->json)
			json(&reply);
	}
	reply_clear(&reply);
	proto_text_clear(&text);
	return status;
}
