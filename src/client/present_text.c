/*
 * present_text - the programs of a "status" answer as an aligned table.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/json.h"
#include "client/reply.h"
#include "client/ctl.h"
#include "client/present_text.h"
#include "client/tone.h"
#include "wire/report.h"

enum { NAME, STATE, PID, UPTIME, RESTARTS, EXIT, MEM, READY, COLUMNS };

static const struct column {
	const char *head;
	bool right;
} columns[COLUMNS] = {
    {"NAME", false},
    {"STATE", false},
    {"PID", true},
    {"UPTIME", true},
    {"RESTARTS", true},
    {"EXIT", false},
    {"MEM", true},
    {"READY", false},
};

struct row {
	const struct line *line;
	char *cell[COLUMNS];
};

struct table {
	struct row *v;
	size_t n;
	int width[COLUMNS];
};

static const char *
value(const struct line *line, const char *key, const char *fallback)
{
	const char *s = line_get(line, key);

	return s != NULL ? s : fallback;
}

static const char *
state_of(const struct line *line)
{
	return value(line, "state", "unknown");
}

static bool
in(const char *word, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (strcmp(word, *list) == 0)
			return true;
	}
	return false;
}

static const char *
colour_of(const struct line *line)
{
	if (details_is_ill(line))
		return "\033[33m";
	switch (tone_of(state_of(line))) {
	case TONE_GOOD:
		return "\033[32m";
	case TONE_BAD:
		return "\033[31m";
	case TONE_MOVING:
		return "\033[33m";
	case TONE_QUIET:
		break;
	}
	return "\033[2m";
}

static char *
shortened(const char *s, size_t len)
{
	char *safe;

	if ((safe = reallocarray(NULL, len + 1, 4)) != NULL)
		escape_bytes(safe, 4 * (len + 1), s, len, false);
	return safe;
}

static char *
escaped(const char *s)
{
	return shortened(s, strlen(s));
}

/* Readiness means something only while a process is to become ready. */
static const char *
ready_of(const struct line *line)
{
	static const char *const open[] = {"up", "starting", NULL};

	return in(state_of(line), open) ? value(line, "ready", "-") : "-";
}

/*
 * How it ended last, in a word or two: "status 1", "SIGKILL", or the stage
 * of a start that failed, "exec".  The details have it in full.
 */
static char *
exit_of(const struct line *line)
{
	const char *s = value(line, "exit", "-"), *word;

	if ((word = strstr(s, "status ")) != NULL)
		return escaped(word);
	if (strstr(s, "nobody knows") != NULL)
		return strdup("unknown");
	word = strstr(s, "SIG");
	if (word == NULL)
		word = s;
	return shortened(word, strcspn(word, ":,"));
}

/* A number of the line in its humane form, "-" if it is absent. */
static char *
humane(const struct line *line, const char *key,
    void (*print)(int64_t, char[static TEXT_NUMBER_MAX]))
{
	char buf[TEXT_NUMBER_MAX] = "-";

	if (line_get(line, key) != NULL)
		print(line_get_number(line, key, 0), buf);
	return strdup(buf);
}

static int
fill(struct table *table, const struct line *line)
{
	struct row *row = &table->v[table->n++];
	const char *name = line_get_word(line, 0);
	int i, len;

	if (name == NULL)
		name = value(line, "name", "?");
	row->line = line;
	row->cell[NAME] = escaped(name);
	row->cell[STATE] = escaped(state_of(line));
	row->cell[PID] = escaped(value(line, "pid", "-"));
	row->cell[UPTIME] = humane(line, "uptime", text_humane_duration);
	row->cell[RESTARTS] = escaped(value(line, "restarts", "-"));
	row->cell[EXIT] = exit_of(line);
	row->cell[MEM] = humane(line, "memory", text_humane_size);
	row->cell[READY] = escaped(ready_of(line));
	for (i = 0; i < COLUMNS; i++) {
		if (row->cell[i] == NULL)
			return -1;
		len = (int)strnlen(row->cell[i], 1000);
		if (len > table->width[i])
			table->width[i] = len;
	}
	return 0;
}

/* One cell; the last of a row is not padded. */
static void
print_cell(FILE *f, const struct table *table, int i, const char *cell,
    const char *colour)
{
	int gap = table->width[i] - (int)strlen(cell);

	if (i > 0)
		fputs("  ", f);
	if (columns[i].right)
		fprintf(f, "%*s", gap, "");
	fprintf(f, "%s%s%s", colour, cell, *colour != '\0' ? "\033[0m" : "");
	if (!columns[i].right && i < COLUMNS - 1)
		fprintf(f, "%*s", gap, "");
}

/* Why a program is in its state, where the state alone does not tell. */
static void
print_reason(FILE *f, const struct line *line)
{
	static const char *const puzzling[] = {"failed", "wait", NULL};
	const char *reason = line_get(line, "reason");

	if (reason == NULL)
		return;
	if (!in(state_of(line), puzzling) && !details_is_ill(line) &&
	    !(strcmp(state_of(line), "down") == 0 &&
		strcmp(value(line, "want", ""), "run") == 0))
		return;
	fputs("  ", f);
	ctl_puts(reason, f);
	fputc('\n', f);
}

static void
print_rows(FILE *f, const struct table *table, const struct table_form *form,
    const struct reply *reply)
{
	const struct row *row;
	const char *colour;
	size_t r;
	int i;

	for (i = 0; i < COLUMNS; i++)
		print_cell(f, table, i, columns[i].head, "");
	fputc('\n', f);
	for (r = 0; r < table->n; r++) {
		row = &table->v[r];
		for (i = 0; i < COLUMNS; i++) {
			colour = form->colour && i == STATE
			    ? colour_of(row->line)
			    : "";
			print_cell(f, table, i, row->cell[i], colour);
		}
		fputc('\n', f);
		if (form->details)
			details_print(f, reply, row->line, form->now);
		else
			print_reason(f, row->line);
	}
}

static void
clear(struct table *table)
{
	size_t r;
	int i;

	for (r = 0; r < table->n; r++) {
		for (i = 0; i < COLUMNS; i++)
			free(table->v[r].cell[i]);
	}
	free(table->v);
}

int
table_print(FILE *f, const struct reply *reply, const struct table_form *form)
{
	struct table table = {0};
	size_t i;
	int c, error = 0;

	for (c = 0; c < COLUMNS; c++)
		table.width[c] = (int)strlen(columns[c].head);
	if ((table.v = calloc(reply->n + 1, sizeof(*table.v))) == NULL)
		return -1;
	for (i = 0; i < reply->n && error == 0; i++) {
		if (reply_is(&reply->v[i], "program"))
			error = fill(&table, &reply->v[i]);
	}
	if (error == 0 && table.n > 0)
		print_rows(f, &table, form, reply);
	else if (error == 0 && !form->details)
		fputs("no program is configured\n", f);
	/* Who asked for a program that there is none of, asked for no more. */
	if (error == 0 && (table.n > 0 || !form->details))
		summary_print(f, reply, form->colour, form->now);
	clear(&table);
	return error;
}

static bool
is(const struct line *line, const char *key, const char *value)
{
	const char *s = line_get(line, key);

	return s != NULL && value != NULL && strcmp(s, value) == 0;
}

const struct line *
details_find(const struct reply *reply, const char *name)
{
	size_t i;

	for (i = 0; i < reply->n; i++) {
		if (reply_is(&reply->v[i], "details") &&
		    is(&reply->v[i], "name", name))
			return &reply->v[i];
	}
	return NULL;
}

bool
details_is_need(const struct line *line, const char *name)
{
	return reply_is(line, "need") && is(line, "of", name);
}

bool
details_is_ill(const struct line *program)
{
	return line_get(program, "health") != NULL &&
	    !is(program, "health", "healthy");
}

static void
print_title(FILE *f, const char *title)
{
	fprintf(f, "  %-9s ", title);
}

static void
print_detail(FILE *f, const char *title, const char *text)
{
	if (text == NULL)
		return;
	print_title(f, title);
	ctl_puts(text, f);
	fputc('\n', f);
}

static void
put(FILE *f, const struct line *line, const char *key)
{
	const char *s = line_get(line, key);

	ctl_puts(s != NULL ? s : "?", f);
}

static void
print_state(FILE *f, const struct line *program)
{
	char since[TEXT_NUMBER_MAX];

	if (line_get(program, "since") != NULL) {
		text_humane_duration(line_get_number(program, "since", 0),
		    since);
		print_title(f, "state");
		put(f, program, "state");
		fprintf(f, " for %s, wanted: ", since);
		put(f, program, "want");
		fputc('\n', f);
	}
	if (line_get(program, "again") != NULL) {
		text_humane_duration(line_get_number(program, "again", 0),
		    since);
		print_title(f, "next");
		fprintf(f, "start in %s\n", since);
	}
	/* Of a program that is up and well it only repeats the pid. */
	if (!is(program, "state", "up") || !is(program, "want", "run") ||
	    details_is_ill(program))
		print_detail(f, "reason", line_get(program, "reason"));
	else
		print_detail(f, "health", line_get(program, "health"));
	print_detail(f, "status", line_get(program, "status"));
}

static void
print_end(FILE *f, const struct line *program, time_t now)
{
	int64_t ended = line_get_number(program, "ended", 0);
	char ago[TEXT_NUMBER_MAX];

	if (line_get(program, "exit") == NULL)
		return;
	print_title(f, "last end");
	put(f, program, "exit");
	if (ended > 0) {
		text_humane_ago(ended, now, ago);
		fprintf(f, ", %s ago", ago);
	}
	fputc('\n', f);
}

/* "needs     db (up), cache (wait)" */
static void
print_needs(FILE *f, const struct reply *reply, const char *name)
{
	bool any = false;
	size_t i;

	for (i = 0; i < reply->n; i++) {
		if (!details_is_need(&reply->v[i], name))
			continue;
		if (any)
			fputs(", ", f);
		else
			print_title(f, "needs");
		any = true;
		put(f, &reply->v[i], "name");
		fputs(" (", f);
		put(f, &reply->v[i], "state");
		fputc(')', f);
	}
	if (any)
		fputc('\n', f);
}

void
details_print(FILE *f, const struct reply *reply, const struct line *program,
    time_t now)
{
	const char *name = line_get(program, "name");
	const struct line *details = details_find(reply, name);

	print_state(f, program);
	print_end(f, program, now);
	print_needs(f, reply, name);
	if (details != NULL)
		print_detail(f, "command", line_get(details, "command"));
	print_detail(f, "file", line_get(program, "conf"));
	print_detail(f, "log", line_get(program, "log"));
}

/* "2026-11-22T13:17:05+00:00 (2m ago)" */
static void
print_time(FILE *f, int64_t when, time_t now)
{
	char wall[CLOCK_WALL_MAX], ago[TEXT_NUMBER_MAX];

	clock_print_wall((time_t)when, wall);
	text_humane_ago(when, now, ago);
	fprintf(f, "%s (%s ago)", wall, ago);
}

static const char *
on_disk(const struct line *line)
{
	const char *differs = line_get(line, "differs");

	if (differs != NULL && strcmp(differs, "no") == 0)
		return "as running";
	if (differs != NULL && strcmp(differs, "yes") == 0)
		return "differ (see hupctl check)";
	if (differs != NULL && strcmp(differs, "rejected") == 0)
		return "rejected (see hupctl check)";
	return "unknown";
}

static bool
is_reloading(const struct line *line)
{
	const char *reloading = line_get(line, "reloading");

	return reloading != NULL && strcmp(reloading, "yes") == 0;
}

static void
print_configuration(FILE *f, const struct line *line, bool colour, time_t now)
{
	int64_t programs = line_get_number(line, "programs", 0);
	const char *source = line_get(line, "source");

	fprintf(f, "generation %" PRId64 ", accepted ",
	    line_get_number(line, "generation", 0));
	print_time(f, line_get_number(line, "time", 0), now);
	fprintf(f, ", %" PRId64 " program%s\n", programs,
	    programs == 1 ? "" : "s");
	fprintf(f, "files on disk: %s%s\n", on_disk(line),
	    is_reloading(line) ? "; a reload is under way" : "");
	if (source != NULL && strcmp(source, "accepted") == 0)
		fprintf(f,
		    "%srunning the last accepted configuration: "
		    "the files on disk were rejected%s\n",
		    colour ? "\033[1;31m" : "", colour ? "\033[0m" : "");
}

static void
print_rejection(FILE *f, const struct reply *reply, const struct line *line,
    bool colour, time_t now)
{
	int64_t count = line_get_number(line, "count", 0);
	size_t i;
	char *text;

	fprintf(f, "%slast reload rejected%s at ", colour ? "\033[31m" : "",
	    colour ? "\033[0m" : "");
	print_time(f, line_get_number(line, "time", 0), now);
	fputs(":\n", f);
	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], "error") ||
		    (text = report_text(&reply->v[i], 0)) == NULL)
			continue;
		fprintf(f, "  %s\n", text + strspn(text, " "));
		free(text);
		count--;
	}
	if (count > 0)
		fprintf(f, "  and %" PRId64 " more\n", count);
}

void
summary_print(FILE *f, const struct reply *reply, bool colour, time_t now)
{
	const struct line *line;

	if ((line = reply_find(reply, "config")) != NULL) {
		fputc('\n', f);
		print_configuration(f, line, colour, now);
	}
	if ((line = reply_find(reply, "rejected")) != NULL)
		print_rejection(f, reply, line, colour, now);
}

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
		name = line_get(&reply->v[i], "name");
		if (!reply_is(&reply->v[i], "change") || name == NULL)
			continue;
		if ((len = strnlen(name, 64)) > longest)
			longest = len;
	}
	return (int)longest;
}

void
report_show_line(FILE *f, const struct line *line, int width)
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
		report_show_line(reply_is(&reply->v[i], "error") ? stderr
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
		if (reply_is(&reply->v[i], tag))
			json_string(json, NULL, line_get(&reply->v[i], key));
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
		if (!reply_is(&reply->v[i], tag))
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
	struct line_text text = {0};
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
	line_text_clear(&text);
	return status;
}
