/*
 * present_text - what commands found as people read it.
 *
 * Text of the daemon and of files is escaped.  Without memory the process
 * ends: there is nothing to clean up.
 */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/present.h"
#include "client/tone.h"
#include "config/keys.h"
#include "wire/names.h"
#include "wire/report.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define ALARM "\033[1;31m"
#define PLAIN "\033[0m"

static const char *
field(const struct line *line, const char *key, const char *fallback)
{
	const char *s = line != NULL ? line_get(line, key) : NULL;

	return s != NULL ? s : fallback;
}

static void
put_field(const struct ctl *ctl, const struct line *line, const char *key)
{
	present_puts(field(line, key, "?"), ctl->out);
}

static const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* Switch a colour on, or PLAIN; nothing where there are no colours. */
static void
paint(const struct ctl *ctl, const char *colour)
{
	if (ctl->colour)
		fputs(colour, ctl->out);
}

/* "2026-11-22T13:17:05+00:00 (2m ago)" */
static void
put_time(const struct ctl *ctl, int64_t when)
{
	char wall[CLOCK_WALL_MAX], ago[TEXT_NUMBER_MAX];

	clock_print_wall((time_t)when, wall);
	text_humane_ago(when, ctl->now, ago);
	fprintf(ctl->out, "%s (%s ago)", wall, ago);
}

static void
show_failure(const struct ctl *ctl, int status, const char *why)
{
	/* stderr has it. */
	(void)ctl;
	(void)status;
	(void)why;
}

static void
show_done(const struct ctl *ctl, const char *what)
{
	fprintf(ctl->out, "%s\n", what);
}

static void
show_pong(const struct ctl *ctl, const struct line *line)
{
	fputs("hupd ", ctl->out);
	present_puts(field(line, "version", ""), ctl->out);
	fprintf(ctl->out, " is %s, pid %" PRId64 "\n",
	    *field(line, "stopping", "") != '\0' ? "stopping" : "running",
	    line != NULL ? line_get_number(line, "pid", 0) : 0);
}

static void
show_version(const struct ctl *ctl, const struct line *line)
{
	fprintf(ctl->out, "hupctl %s\n", HUPD_VERSION);
	fputs("hupd ", ctl->out);
	present_puts(field(line, "version", "unknown"), ctl->out);
	fputc('\n', ctl->out);
}

static void
show_successor(const struct ctl *ctl, const struct successor *successor)
{
	int64_t n = successor->running;

	fputs("hupd ", ctl->out);
	present_puts(successor->version, ctl->out);
	fprintf(ctl->out, " (pid %" PRId64 ") has taken over", successor->pid);
	if (n != -1)
		fprintf(ctl->out, ", %" PRId64 " program%s on", n,
		    n == 1 ? " runs" : "s run");
	fputc('\n', ctl->out);
}

/* The table of programs. */

enum { NAME, STATE, PID, UPTIME, RESTARTS, EXIT, MEM, READY, COLUMNS };

/* On a narrow terminal they are left out in this order. */
static const int dispensable[] = {READY, MEM, RESTARTS, EXIT, PID, UPTIME};
/* A name is left so much before another column is left out for its sake. */
#define NAME_MIN 16

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
	int urgency;
};

struct table {
	struct row *v;
	size_t n;
	int width[COLUMNS]; /* 0: left out */
};

/* Its health checks found something wrong. */
static bool
is_ill(const struct line *program)
{
	return line_get(program, "health") != NULL &&
	    !reply_has(program, "health", NAMES_HEALTHY);
}

static bool
is_reloading(const struct line *program)
{
	return reply_has(program, "reloading", "yes");
}

static bool
is_in(const struct line *program, enum program_state state)
{
	return reply_has(program, "state", names_state(state));
}

static bool
is_wanted(const struct line *program)
{
	return reply_has(program, "want", names_want(WANT_RUN));
}

static const char *
colour_of(const struct line *program)
{
	if (is_ill(program))
		return YELLOW;
	switch (tone_of(field(program, "state", "unknown"))) {
	case TONE_GOOD:
		return GREEN;
	case TONE_BAD:
		return RED;
	case TONE_MOVING:
		return YELLOW;
	case TONE_QUIET:
		break;
	}
	return DIM;
}

static char *
escaped(const char *s)
{
	size_t len = strlen(s);
	char *safe;

	if ((safe = reallocarray(NULL, len + 1, 4)) == NULL)
		err(STATUS_FAILED, NULL);
	escape_bytes(safe, 4 * (len + 1), s, len, false);
	return safe;
}

/* Readiness means something only while a process is to become ready. */
static const char *
ready_of(const struct line *program)
{
	return is_in(program, STATE_UP) || is_in(program, STATE_STARTING)
	    ? field(program, "ready", "-")
	    : "-";
}

/*
 * How it ended last, in a word or two: "status 1", "SIGKILL", or the stage
 * where a start failed, "exec".  The details have it in full.
 */
static char *
exit_of(const struct line *program)
{
	char name[TEXT_NUMBER_MAX], buf[64];
	int64_t n;

	if ((n = line_get_number(program, "signal", -1)) > 0 && n < 256)
		snprintf(buf, sizeof(buf), "SIG%s",
		    text_signal_name((int)n, name));
	else if ((n = line_get_number(program, "code", -1)) != -1)
		snprintf(buf, sizeof(buf), "status %" PRId64, n);
	else if (line_get(program, "stage") != NULL)
		return escaped(line_get(program, "stage"));
	else
		strlcpy(buf,
		    line_get(program, "exit") != NULL ? "unknown" : "-",
		    sizeof(buf));
	return escaped(buf);
}

/* A number of the line in its humane form, "-" if it is absent. */
static char *
humane(const struct line *program, const char *key,
    void (*print)(int64_t, char[static TEXT_NUMBER_MAX]))
{
	char buf[TEXT_NUMBER_MAX] = "-";

	if (line_get(program, key) != NULL)
		print(line_get_number(program, key, 0), buf);
	return escaped(buf);
}

/* Output is lost, or it waits for something outside of hupd. */
static bool
is_troubled(const struct line *program)
{
	return line_get(program, "log-error") != NULL ||
	    (is_in(program, STATE_DOWN) && is_wanted(program) &&
		line_get(program, "waiting-for") != NULL);
}

/* Failures come first, then other programs that need attention. */
static int
urgency_of(const struct line *program)
{
	if (is_in(program, STATE_FAILED))
		return 3;
	if (present_is_failing(program))
		return 2;
	return is_troubled(program) ? 1 : 0;
}

/* web2 comes before web10. */
static int
by_urgency(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	if (one->urgency != other->urgency)
		return one->urgency > other->urgency ? -1 : 1;
	return strverscmp(one->cell[NAME], other->cell[NAME]);
}

/* name: as it is shown. */
static void
fill_row(struct table *table, const struct line *program, char *name)
{
	struct row *row = &table->v[table->n++];
	int i, len;

	row->line = program;
	row->urgency = urgency_of(program);
	row->cell[NAME] = name;
	row->cell[STATE] = escaped(field(program, "state", "unknown"));
	row->cell[PID] = escaped(field(program, "pid", "-"));
	row->cell[UPTIME] = humane(program, "uptime", text_humane_duration);
	row->cell[RESTARTS] = escaped(field(program, "restarts", "-"));
	row->cell[EXIT] = exit_of(program);
	row->cell[MEM] = humane(program, "memory", text_humane_size);
	row->cell[READY] = escaped(ready_of(program));
	for (i = 0; i < COLUMNS; i++) {
		len = (int)strnlen(row->cell[i], 1000);
		if (len > table->width[i])
			table->width[i] = len;
	}
}

static int
last_column(const struct table *table)
{
	int i = COLUMNS - 1;

	while (table->width[i] == 0)
		i--;
	return i;
}

/* The width of all columns but the name, with the blanks before them. */
static int
taken(const struct table *table)
{
	int sum = 0;

	for (int i = NAME + 1; i < COLUMNS; i++)
		if (table->width[i] > 0)
			sum += 2 + table->width[i];
	return sum;
}

/* Make the table as narrow as the terminal. */
static void
fit(struct table *table, int room)
{
	int name = table->width[NAME],
	    least = name < NAME_MIN ? name : NAME_MIN;
	char *cut;
	size_t i;

	if (room == 0)
		return;
	for (i = 0; i < COUNT(dispensable) && taken(table) + least > room; i++)
		table->width[dispensable[i]] = 0;
	room -= taken(table);
	if (name <= room || room < 3)
		return;
	table->width[NAME] = room;
	for (i = 0; i < table->n; i++) {
		if ((cut = malloc((size_t)name + 1)) == NULL)
			err(STATUS_FAILED, NULL);
		text_shorten(table->v[i].cell[NAME], (size_t)room, cut,
		    (size_t)name + 1);
		free(table->v[i].cell[NAME]);
		table->v[i].cell[NAME] = cut;
	}
}

/* One cell; the last of a row is not padded.  colour: of the text, or NULL. */
static void
put_cell(const struct ctl *ctl, const struct table *table, int i,
    const char *cell, const char *colour)
{
	int gap = table->width[i] - (int)strlen(cell);

	if (table->width[i] == 0)
		return;
	if (i > 0)
		fputs("  ", ctl->out);
	if (columns[i].right)
		fprintf(ctl->out, "%*s", gap, "");
	if (colour != NULL)
		paint(ctl, colour);
	fputs(cell, ctl->out);
	if (colour != NULL)
		paint(ctl, PLAIN);
	if (!columns[i].right && i < last_column(table))
		fprintf(ctl->out, "%*s", gap, "");
}

static void
put_row(const struct ctl *ctl, const struct table *table, const struct row *row)
{
	int i;

	for (i = 0; i < COLUMNS; i++)
		put_cell(ctl, table, i, row->cell[i],
		    i == STATE ? colour_of(row->line) : NULL);
	fputc('\n', ctl->out);
}

/* Why a program is in its state, where the state alone does not say it. */
static void
put_reason(const struct ctl *ctl, const struct line *program)
{
	const char *reason = line_get(program, "reason");
	bool waits = is_in(program, STATE_DOWN) && is_wanted(program);

	if (reason == NULL ||
	    !(waits || is_ill(program) || is_reloading(program) ||
		is_in(program, STATE_FAILED) || is_in(program, STATE_WAIT)))
		return;
	fputs("  ", ctl->out);
	present_words(reason, ctl->out);
	fputc('\n', ctl->out);
}

/* Output that cannot be written.  line: of a program, or the configuration. */
static void
put_log_error(const struct ctl *ctl, const struct line *line,
    const char *before)
{
	const char *why = line_get(line, "log-error");
	int64_t since = line_get_number(line, "log-since", 0);
	char ago[TEXT_NUMBER_MAX];

	if (why == NULL)
		return;
	fputs(before, ctl->out);
	paint(ctl, ALARM);
	fputs("cannot be written: ", ctl->out);
	present_puts(why, ctl->out);
	paint(ctl, PLAIN);
	text_humane_ago(since, ctl->now, ago);
	fprintf(ctl->out, " (for %s)\n", ago);
}

static void
put_sandbox(const struct ctl *ctl, const struct line *program)
{
	const char *keys = line_get(program, "sandbox-without");

	if (keys == NULL)
		return;
	fputs("  runs without ", ctl->out);
	present_puts(keys, ctl->out);
	fputs(" (sandbox = try)\n", ctl->out);
}

static void
put_warning(const struct ctl *ctl, const struct line *line)
{
	const char *warning = line_get(line, "warning");

	if (warning == NULL)
		return;
	fputs("  ", ctl->out);
	present_puts(warning, ctl->out);
	fputc('\n', ctl->out);
}

/* All that is known of one program, below its row. */

static void
put_title(const struct ctl *ctl, const char *title)
{
	fprintf(ctl->out, "  %-9s ", title);
}

static void
put_detail(const struct ctl *ctl, const char *title, const char *text)
{
	if (text == NULL)
		return;
	put_title(ctl, title);
	present_puts(text, ctl->out);
	fputc('\n', ctl->out);
}

/* "reports   error 2 (No such file or directory), exit status 1" */
static void
put_reported(const struct ctl *ctl, const struct line *program)
{
	const int err = (int)line_get_number(program, "errno", 0);
	const int status = (int)line_get_number(program, "exit-status", -1);

	if (err == 0 && status == -1)
		return;
	put_title(ctl, "reports");
	if (err != 0)
		fprintf(ctl->out, "error %d (%s)", err, strerror(err));
	if (status != -1)
		fprintf(ctl->out, "%sexit status %d", err != 0 ? ", " : "",
		    status);
	fputc('\n', ctl->out);
}

static void
put_reason_detail(const struct ctl *ctl, const struct line *program)
{
	const char *reason = line_get(program, "reason");

	if (reason == NULL)
		return;
	put_title(ctl, "reason");
	present_words(reason, ctl->out);
	fputc('\n', ctl->out);
}

static void
put_state(const struct ctl *ctl, const struct line *program)
{
	char since[TEXT_NUMBER_MAX];

	if (line_get(program, "since") != NULL) {
		text_humane_duration(line_get_number(program, "since", 0),
		    since);
		put_title(ctl, "state");
		put_field(ctl, program, "state");
		if (line_get(program, "step") != NULL) {
			fputs(" (", ctl->out);
			put_field(ctl, program, "step");
			fputc(')', ctl->out);
		}
		fprintf(ctl->out, " for %s, wanted: ", since);
		put_field(ctl, program, "want");
		fputc('\n', ctl->out);
	}
	if (line_get(program, "again") != NULL) {
		text_humane_duration(line_get_number(program, "again", 0),
		    since);
		put_title(ctl, "next");
		fprintf(ctl->out, "start in %s\n", since);
	}
	/* For a program that is up and well it only repeats the pid. */
	if (!is_in(program, STATE_UP) || !is_wanted(program) ||
	    is_ill(program) || is_reloading(program) ||
	    line_get_number(program, "left", 0) > 0)
		put_reason_detail(ctl, program);
	else
		put_detail(ctl, "health", line_get(program, "health"));
	put_detail(ctl, "status", line_get(program, "status"));
	put_reported(ctl, program);
}

static void
put_end(const struct ctl *ctl, const struct line *program)
{
	int64_t ended = line_get_number(program, "ended", 0);
	char ago[TEXT_NUMBER_MAX];

	if (line_get(program, "exit") == NULL)
		return;
	put_title(ctl, "last end");
	present_words(line_get(program, "exit"), ctl->out);
	if (ended > 0) {
		text_humane_ago(ended, ctl->now, ago);
		fprintf(ctl->out, ", %s ago", ago);
	}
	fputc('\n', ctl->out);
}

/* "needs     db (up), cache (wait)" */
static void
put_neighbours(const struct ctl *ctl, const struct reply *reply,
    const char *name, const char *tag, const char *title)
{
	const struct line *line;
	bool any = false;
	size_t i;

	for (i = 0; i < reply->n; i++) {
		line = &reply->v[i];
		if (!reply_is(line, tag) || !reply_has(line, "of", name))
			continue;
		if (any)
			fputs(", ", ctl->out);
		else
			put_title(ctl, title);
		any = true;
		put_field(ctl, line, "name");
		fputs(" (", ctl->out);
		put_field(ctl, line, "state");
		fputc(')', ctl->out);
	}
	if (any)
		fputc('\n', ctl->out);
}

/* "listens   8080, /run/web.sock (closed)" */
static void
put_listens(const struct ctl *ctl, const struct reply *reply, const char *name)
{
	const struct line *line;
	bool any = false;

	for (size_t i = 0; i < reply->n; i++) {
		line = &reply->v[i];
		if (!reply_is(line, "listen") || !reply_has(line, "of", name))
			continue;
		if (any)
			fputs(", ", ctl->out);
		else
			put_title(ctl, "listens");
		any = true;
		put_field(ctl, line, "address");
		if (!reply_has(line, "open", "yes"))
			fputs(" (closed)", ctl->out);
	}
	if (any)
		fputc('\n', ctl->out);
}

static void
put_details(const struct ctl *ctl, const struct reply *reply,
    const struct line *program)
{
	const char *name = line_get(program, "name");

	put_state(ctl, program);
	put_end(ctl, program);
	put_neighbours(ctl, reply, name, "need", "needs");
	put_neighbours(ctl, reply, name, "after", "after");
	put_neighbours(ctl, reply, name, "restart-with", "restarts with");
	put_listens(ctl, reply, name);
	put_detail(ctl, "command",
	    field(reply_find_of(reply, "details", "name", name), "command",
		NULL));
	put_detail(ctl, "file", line_get(program, "conf"));
	put_detail(ctl, "log", line_get(program, "log"));
	put_log_error(ctl, program, "            output ");
	put_detail(ctl, "warning", line_get(program, "warning"));
	put_detail(ctl, "without", line_get(program, "sandbox-without"));
}

/* The configuration's part of a status. */

static const char *
on_disk(const struct line *config)
{
	if (reply_has(config, "differs", "no"))
		return "as running";
	if (reply_has(config, "differs", "yes"))
		return "differ (see hupctl check)";
	if (reply_has(config, "differs", "rejected"))
		return "rejected (see hupctl check)";
	return "unknown";
}

static void
put_configuration(const struct ctl *ctl, const struct line *config, bool count)
{
	int64_t programs = line_get_number(config, "programs", 0);
	const char *warning;

	fprintf(ctl->out, "%sgeneration %" PRId64 ", accepted ",
	    count ? "\n" : "", line_get_number(config, "generation", 0));
	put_time(ctl, line_get_number(config, "time", 0));
	if (count)
		fprintf(ctl->out, ", %" PRId64 " program%s", programs,
		    plural(programs));
	fputc('\n', ctl->out);
	fprintf(ctl->out, "files on disk: %s%s\n", on_disk(config),
	    reply_has(config, "reloading", "yes") ? "; a reload is under way"
						  : "");
	if ((warning = line_get(config, "warning")) != NULL) {
		paint(ctl, ALARM);
		fprintf(ctl->out, "warning: %s", warning);
		paint(ctl, PLAIN);
		fputc('\n', ctl->out);
	}
	put_log_error(ctl, config, "the event log ");
	if (!reply_has(config, "source", "accepted"))
		return;
	paint(ctl, ALARM);
	fputs("running the last accepted configuration: the files on disk "
	      "were rejected",
	    ctl->out);
	paint(ctl, PLAIN);
	fputc('\n', ctl->out);
}

static void
put_rejection(const struct ctl *ctl, const struct reply *reply,
    const struct line *rejected)
{
	int64_t count = line_get_number(rejected, "count", 0);
	char *text;
	size_t i;

	paint(ctl, RED);
	fputs("last reload rejected", ctl->out);
	paint(ctl, PLAIN);
	fputs(" at ", ctl->out);
	put_time(ctl, line_get_number(rejected, "time", 0));
	fputs(":\n", ctl->out);
	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], "error") ||
		    (text = report_text(&reply->v[i], 0)) == NULL)
			continue;
		fprintf(ctl->out, "  %s\n", text + strspn(text, " "));
		free(text);
		count--;
	}
	if (count > 0)
		fprintf(ctl->out, "  and %" PRId64 " more\n", count);
}

/* "5 programs: 1 failed, 4 up" */
static void
put_counts(const struct ctl *ctl, const struct reply *reply)
{
	size_t count[TONE_RANK_MAX + 1] = {0}, n = 0;
	const char *state, *before = ": ";

	for (size_t i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], "program"))
			continue;
		state = is_ill(&reply->v[i]) && is_in(&reply->v[i], STATE_UP)
		    ? NAMES_UNHEALTHY
		    : field(&reply->v[i], "state", "");
		count[tone_rank(state)]++;
		n++;
	}
	fprintf(ctl->out, "\n%zu program%s", n, plural((int64_t)n));
	for (int rank = TONE_RANK_MAX; rank > 0; rank--) {
		if (count[rank] == 0)
			continue;
		fprintf(ctl->out, "%s%zu %s", before, count[rank],
		    tone_name(rank));
		before = ", ";
	}
	fputc('\n', ctl->out);
}

/* programs: those that are known here; all of them, or those that were named.
 */
static void
put_summary(const struct ctl *ctl, const struct reply *reply, size_t programs)
{
	const struct line *line = reply_find(reply, "config");
	bool all = line != NULL && programs > 0 &&
	    line_get_number(line, "programs", 0) == (int64_t)programs;

	if (all)
		put_counts(ctl, reply);
	if (line != NULL)
		put_configuration(ctl, line, !all);
	if ((line = reply_find(reply, "rejected")) != NULL)
		put_rejection(ctl, reply, line);
}

static void
put_table(const struct ctl *ctl, const struct table *table,
    const struct reply *reply, bool details)
{
	size_t r;
	int i;

	for (i = 0; i < COLUMNS; i++)
		put_cell(ctl, table, i, columns[i].head, NULL);
	fputc('\n', ctl->out);
	for (r = 0; r < table->n; r++) {
		put_row(ctl, table, &table->v[r]);
		if (details)
			put_details(ctl, reply, table->v[r].line);
		else {
			put_reason(ctl, table->v[r].line);
			put_log_error(ctl, table->v[r].line, "  output ");
			put_warning(ctl, table->v[r].line);
			put_sandbox(ctl, table->v[r].line);
		}
	}
}

/* Rows below each other, as they depend on each other. */

/* A program was put already, below another one or as a root. */
static bool
is_put(const struct table *table, const struct line *program)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->v[i].line == program)
			return true;
	return false;
}

/* Does a program of the reply need that one? */
static bool
is_needed(const struct reply *reply, const char *name)
{
	return reply_find_of(reply, "need", "name", name) != NULL;
}

/*
 * Put a program, and its dependencies below it.  before: the drawing in front
 * of its name; below: the one in front of the names below.  The dependencies of
 * a program are shown at its first place only.
 */
static void
put_branch(struct table *table, const struct reply *reply,
    const struct line *program, const char *before, const char *below)
{
	const char *name = field(program, "name", "?");
	const struct line *next = NULL, *line;
	char *cell, *drawn, *deeper;
	bool again = is_put(table, program);
	size_t i, left = 0;

	drawn = escaped(name);
	if (asprintf(&cell, "%s%s", before, drawn) == -1)
		err(STATUS_FAILED, NULL);
	free(drawn);
	fill_row(table, program, cell);
	for (i = 0; i < reply->n; i++)
		if (reply_is(&reply->v[i], "need") &&
		    reply_has(&reply->v[i], "of", name))
			left++;
	for (i = 0; !again && i < reply->n && left > 0; i++) {
		line = &reply->v[i];
		if (!reply_is(line, "need") || !reply_has(line, "of", name))
			continue;
		next = reply_find_of(reply, "program", "name",
		    field(line, "name", ""));
		left--;
		if (next == NULL)
			continue;
		if (asprintf(&drawn, "%s%s", below, left > 0 ? "|-" : "`-") ==
			-1 ||
		    asprintf(&deeper, "%s%s", below, left > 0 ? "| " : "  ") ==
			-1)
			err(STATUS_FAILED, NULL);
		put_branch(table, reply, next, drawn, deeper);
		free(drawn);
		free(deeper);
	}
}

/* The roots are named by "root" lines, or are those that no other needs. */
static void
fill_tree(struct table *table, const struct reply *reply)
{
	bool named = reply_find(reply, "root") != NULL;
	const struct line *line;
	const char *name;

	for (size_t i = 0; i < reply->n; i++) {
		line = &reply->v[i];
		name = field(line, "name", "?");
		if (reply_is(line, "program") &&
		    (named ? reply_find_of(reply, "root", "name", name) != NULL
			   : !is_needed(reply, name)) &&
		    (!named || !is_put(table, line)))
			put_branch(table, reply, line, "", "");
	}
}

static void
fill_table(const struct ctl *ctl, struct table *table,
    const struct reply *reply)
{
	const struct line *line;

	for (size_t i = 0; i < reply->n; i++) {
		line = &reply->v[i];
		if (reply_is(line, "program") &&
		    (!ctl->failed || present_is_failing(line)))
			fill_row(table, line,
			    escaped(field(line, "name", "?")));
	}
	if (table->n > 1)
		qsort(table->v, table->n, sizeof(*table->v), by_urgency);
}

static void
show_status(const struct ctl *ctl, const struct reply *reply, bool details)
{
	struct table table = {0};
	size_t i, programs = 0;
	int c;

	for (i = 0; i < reply->n; i++)
		programs += reply_is(&reply->v[i], "program");
	if ((table.v = calloc(reply->n + 1, sizeof(*table.v))) == NULL)
		err(STATUS_FAILED, NULL);
	for (c = 0; c < COLUMNS; c++)
		table.width[c] = (int)strlen(columns[c].head);
	if (ctl->tree)
		fill_tree(&table, reply);
	else
		fill_table(ctl, &table, reply);
	fit(&table, ctl->columns);
	if (table.n > 0)
		put_table(ctl, &table, reply, details);
	else if (programs > 0)
		fputs("no program fails\n", ctl->out);
	else if (!details)
		fputs("no program is configured; 'hupctl add NAME -- COMMAND' "
		      "adds one\n",
		    ctl->out);
	/* If the named program is unknown, skip the summary. */
	if (programs > 0 || !details)
		put_summary(ctl, reply, programs);
	for (i = 0; i < table.n; i++) {
		for (c = 0; c < COLUMNS; c++)
			free(table.v[i].cell[c]);
	}
	free(table.v);
}

/* "web: up (pid 123)", "web: failed: exec: No such file or directory" */
static void
put_result(const struct ctl *ctl, const struct line *line)
{
	const char *state = line_get(line, "state");
	const char *how = line_get(line, "how");
	bool ok = reply_has(line, "ok", "yes");

	put_field(ctl, line, "name");
	if (state != NULL) {
		fputs(": ", ctl->out);
		present_puts(state, ctl->out);
	}
	if (how != NULL && *how != '\0') {
		fputs(ok ? " (" : ": ", ctl->out);
		present_words(how, ctl->out);
		fputs(ok ? ")" : "", ctl->out);
	}
	fputc('\n', ctl->out);
}

static int
longest_name(const struct reply *reply)
{
	size_t i, len, longest = 0;

	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], "change"))
			continue;
		len = strnlen(field(&reply->v[i], "name", ""), 64);
		if (len > longest)
			longest = len;
	}
	return (int)longest;
}

/* The files of a program, or of all, say something else than what runs. */
static void
put_pending(const struct line *line)
{
	const char *name = line_get(line, "name"), *how = line_get(line, "how");

	if (how != NULL)
		present_warn("%s%s%s", name != NULL ? name : "",
		    name != NULL ? ": " : "", how);
}

/* Errors and warnings go to stderr.  Lines that come together are aligned. */
static void
show_progress(const struct ctl *ctl, const struct reply *reply, size_t from)
{
	const struct line *line;
	int width = longest_name(reply);
	char *text;

	for (; from < reply->n; from++) {
		line = &reply->v[from];
		if (reply_is(line, "result"))
			put_result(ctl, line);
		else if (reply_is(line, "pending") &&
		    line_get(line, "how") != NULL)
			put_pending(line);
		else if ((text = report_text(line, width)) != NULL) {
			fprintf(reply_is(line, "error") ||
				    reply_is(line, "warning")
				? ctl->err
				: ctl->out,
			    "%s\n", text);
			free(text);
		}
	}
	fflush(ctl->out);
}

static void
show_reopened(const struct ctl *ctl, const struct outcome *outcome)
{
	show_progress(ctl, outcome->reply, 0);
	if (outcome->status == STATUS_OK)
		show_done(ctl, "log files reopened");
	else if (outcome->message != NULL)
		present_warn("%s", outcome->message);
}

static void
show_results(const struct ctl *ctl, const struct outcome *outcome)
{
	(void)outcome;
	if (ctl->no_wait)
		fputs("requested\n", ctl->out);
}

static void
show_reload(const struct ctl *ctl, const struct outcome *outcome)
{
	if (ctl->no_wait && outcome->status == STATUS_OK)
		fputs("reload requested\n", ctl->out);
}

/* "plan: 1 added, 12 unchanged" */
static void
show_plan(const struct ctl *ctl, const struct planned *planned)
{
	static const char *const counts[] = {"added", "removed", "restarted",
	    "started", "adjusted", "unchanged"};
	const struct reply *reply = planned->reply;
	const struct line *report = reply_find(reply, "report");
	const char *comma = "";
	int64_t n;
	size_t i;

	if (!planned->valid)
		return;
	fputs("plan: ", ctl->out);
	for (i = 0; report != NULL && i < COUNT(counts); i++) {
		if ((n = line_get_number(report, counts[i], 0)) == 0)
			continue;
		fprintf(ctl->out, "%s%" PRId64 " %s", comma, n, counts[i]);
		comma = ", ";
	}
	if (*comma == '\0')
		fputs("no program is configured", ctl->out);
	if (planned->alone != NULL)
		fprintf(ctl->out, " (%s)", planned->alone);
	fputc('\n', ctl->out);
	/* The first line is the head of a reload. */
	show_progress(ctl, reply, 1);
}

static void
show_imported(const struct ctl *ctl, const struct imported *imported)
{
	const struct draft *draft = imported->draft;
	size_t i;

	for (i = 0; imported->valid && i < draft->n; i++) {
		if (imported->written) {
			present_puts(imported->paths[i], ctl->out);
			fputc('\n', ctl->out);
			continue;
		}
		fputs(i == 0 ? "==> " : "\n==> ", ctl->out);
		present_puts(imported->paths[i], ctl->out);
		fputs(" <==\n", ctl->out);
		fwrite(draft->v[i].text, 1, draft->v[i].len, ctl->out);
	}
	if (imported->written)
		present_warn("'hupctl check' shows what these files will "
			     "change, "
			     "'hupctl reload' applies them");
	else if (imported->valid)
		present_warn("nothing was written; with -w these files are");
}

/* The text of a file; on a terminal the bytes of no line do any harm. */
static void
put_text(const struct ctl *ctl, const char *text, size_t len)
{
	const char *end = text + len, *newline;
	char *line;

	if (!ctl->terminal) {
		fwrite(text, 1, len, ctl->out);
		return;
	}
	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			newline = end;
		line = strndup(text, (size_t)(newline - text));
		if (line == NULL)
			err(STATUS_FAILED, NULL);
		present_words(line, ctl->out);
		if (newline < end)
			fputc('\n', ctl->out);
		free(line);
	}
}

/* "# FILE", the file, then each inherited value below its place. */
static void
show_defined(const struct ctl *ctl, const struct defined *v, size_t n)
{
	const struct inherited *in;

	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? "\n# " : "# ", ctl->out);
		present_puts(v[i].file, ctl->out);
		fputc('\n', ctl->out);
		put_text(ctl, v[i].text, v[i].len);
		if (v[i].len > 0 && v[i].text[v[i].len - 1] != '\n')
			fputc('\n', ctl->out);
		for (in = v[i].v; in < v[i].v + v[i].n; in++) {
			fputs("\n# ", ctl->out);
			present_puts(in->file, ctl->out);
			fprintf(ctl->out, ":%u\n%s = ", in->line, in->key);
			present_words(in->value, ctl->out);
			fputc('\n', ctl->out);
		}
	}
}

/* "2026-11-22T13:17:05.123+00:00 web: up -> wait (exited): status 1" */
static void
show_event(const struct ctl *ctl, const struct line *line)
{
	const char *reason = line_get(line, "reason");
	int64_t ms = line_get_number(line, "time", 0);
	char wall[CLOCK_WALL_MAX];

	if (reply_is(line, "gap")) {
		present_warn("%" PRId64 " changes were not read fast enough",
		    line_get_number(line, "lost", 0));
		return;
	}
	clock_print_wall((time_t)(ms / 1000), wall);
	/* The milliseconds stand before the offset. */
	fprintf(ctl->out, "%.19s.%03d%s ", wall, (int)(ms % 1000), wall + 19);
	put_field(ctl, line, "name");
	fputs(": ", ctl->out);
	put_field(ctl, line, "from");
	fputs(" -> ", ctl->out);
	put_field(ctl, line, "to");
	fputs(" (", ctl->out);
	put_field(ctl, line, "event");
	fputs(reason != NULL ? "): " : ")", ctl->out);
	if (reason != NULL)
		present_words(reason, ctl->out);
	fputc('\n', ctl->out);
}

/* "stop-timeout          10s           live" */
static void
show_keys(const struct ctl *ctl)
{
	const struct key *key;
	const char *notes[4], **note;

	fprintf(ctl->out, "%-27s %-12s %s\n", "KEY", "DEFAULT", "NOTES");
	for (size_t i = 0; (key = keys_at(i)) != NULL; i++) {
		note = notes;
		if (key->live)
			*note++ = "live";
		if (key->repeat)
			*note++ = "repeatable";
		if (key->daemon)
			*note++ = "hupd.conf only";
		else if (key->own)
			*note++ = "not in hupd.conf";
		*note = NULL;
		fprintf(ctl->out, "%-27s %-*s", key->name,
		    notes[0] != NULL ? 12 : 0,
		    key->fallback != NULL ? key->fallback : "-");
		for (note = notes; *note != NULL; note++)
			fprintf(ctl->out, "%s %s", note > notes ? "," : "",
			    *note);
		fputc('\n', ctl->out);
	}
}

const struct present present_text = {
    .log = EMIT_RAW,
    .failure = show_failure,
    .done = show_done,
    .pong = show_pong,
    .version = show_version,
    .successor = show_successor,
    .status = show_status,
    .progress = show_progress,
    .reopened = show_reopened,
    .results = show_results,
    .reload = show_reload,
    .plan = show_plan,
    .imported = show_imported,
    .defined = show_defined,
    .event = show_event,
    .keys = show_keys,
};
