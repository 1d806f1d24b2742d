/*
 * ctl_table - the programs of a "status" answer as an aligned table.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl.h"
#include "client/ctl_details.h"
#include "client/ctl_state.h"
#include "client/ctl_summary.h"
#include "client/ctl_table.h"
#include "base/mono.h"
#include "base/text.h"

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
	const struct proto_line *line;
	char *cell[COLUMNS];
};

struct table {
	struct row *v;
	size_t n;
	int width[COLUMNS];
};

static const char *
value(const struct proto_line *line, const char *key, const char *fallback)
{
	const char *s = proto_get(line, key);

	return s != NULL ? s : fallback;
}

static const char *
state_of(const struct proto_line *line)
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
colour_of(const struct proto_line *line)
{
	if (details_is_ill(line))
		return "\033[33m";
	switch (state_tone(state_of(line))) {
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
		text_escape(safe, 4 * (len + 1), s, len, false);
	return safe;
}

static char *
escaped(const char *s)
{
	return shortened(s, strlen(s));
}

/* Readiness means something only while a process is to become ready. */
static const char *
ready_of(const struct proto_line *line)
{
	static const char *const open[] = {"up", "starting", NULL};

	return in(state_of(line), open) ? value(line, "ready", "-") : "-";
}

/*
 * How it ended last, in a word or two: "status 1", "SIGKILL", or the stage
 * of a start that failed, "exec".  The details have it in full.
 */
static char *
exit_of(const struct proto_line *line)
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
humane(const struct proto_line *line, const char *key,
    void (*print)(int64_t, char[static TEXT_NUMBER_MAX]))
{
	char buf[TEXT_NUMBER_MAX] = "-";

	if (proto_get(line, key) != NULL)
		print(proto_number(line, key, 0), buf);
	return strdup(buf);
}

static int
fill(struct table *table, const struct proto_line *line)
{
	struct row *row = &table->v[table->n++];
	const char *name = proto_word(line, 0);
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
print_reason(FILE *f, const struct proto_line *line)
{
	static const char *const puzzling[] = {"failed", "wait", NULL};
	const char *reason = proto_get(line, "reason");

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
		if (line_is(&reply->v[i], "program"))
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
