/*
 * report - the outcome of a reload as people read it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "wire/report.h"

/* Names are padded to this at least, so that short lists line up as well. */
#define WIDTH_MIN 8

#define COMPLAINT_MAX 4096

static void
put_change(struct line_text *text, const struct plan_change *change)
{
	const struct definition *conf =
	    change->to != NULL ? change->to : change->from;
	char *reason;

	if ((reason = plan_reason(change)) == NULL) {
		text->failed = true;
		return;
	}
	line_begin(text, "change");
	line_put(text, "kind", plan_kind_name(change->kind));
	line_put(text, "name", conf->name);
	line_put(text, "reason", reason);
	if (!plan_is_own(change))
		line_put(text, "with",
		    change->with != NULL ? change->with : change->needed_by);
	line_end(text);
	free(reason);
}

static void
put_deferred(struct line_text *text, struct keyset keys)
{
	char *reason;

	if ((reason = keys_changed(keys)) == NULL) {
		text->failed = true;
		return;
	}
	line_begin(text, "deferred");
	line_put(text, "reason", reason);
	line_end(text);
	free(reason);
}

void
report_plan(struct line_text *text, const struct plan *plan,
    uint64_t generation)
{
	static const enum plan_kind order[] = {PLAN_ADD, PLAN_REMOVE,
	    PLAN_RESTART, PLAN_START, PLAN_ADJUST, PLAN_KEEP};

	line_begin(text, "report");
	line_put_number(text, "generation", (int64_t)generation);
	for (size_t i = 0; i < PLAN_KINDS; i++)
		line_put_number(text, plan_kind_name(order[i]),
		    (int64_t)plan->count[order[i]]);
	line_end(text);
	for (size_t i = 0; i < plan->n; i++)
		put_change(text, &plan->v[i]);
	if (!keys_none(plan->deferred))
		put_deferred(text, plan->deferred);
}

void
report_chain(struct line_text *text, const struct config *config)
{
	int64_t ms;
	char *names = config_longest_chain(config, &ms);

	if (names == NULL)
		return;
	line_begin(text, "chain");
	line_put_number(text, "ms", ms);
	line_put(text, "names", names);
	line_end(text);
	free(names);
}

static void
put_diag(struct line_text *text, const char *tag, const struct diag *d)
{
	char buf[COMPLAINT_MAX];

	diag_print(d, buf, sizeof(buf));
	line_begin(text, tag);
	line_put(text, "text", buf);
	line_put(text, "file", d->file);
	line_put_number(text, "line", d->line);
	line_put(text, "key", d->key);
	line_put(text, "reason", d->reason);
	line_end(text);
}

void
report_warnings(struct line_text *text, const struct diags *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		put_diag(text, "warning", &notes->v[i]);
}

void
report_errors(struct line_text *text, const struct diags *diags)
{
	for (size_t i = 0; i < diags->n; i++)
		put_diag(text, "error", &diags->v[i]);
	if (diags->lost != 0) {
		line_begin(text, "error");
		line_put(text, "text", "more errors: out of memory");
		line_end(text);
	}
}

void
report_tail(struct line_text *text, const char *name, const char *tail)
{
	char *copy, *rest, *line;

	if (tail == NULL)
		return;
	if ((copy = rest = strdup(tail)) == NULL) {
		text->failed = true;
		return;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0' && rest == NULL)
			break; /* what follows the last newline */
		line_begin(text, "tail");
		line_put(text, "name", name);
		line_put(text, "text", line);
		line_end(text);
	}
	free(copy);
}

void
report_log_error(struct line_text *text, const char *name, const char *why)
{
	line_begin(text, "logerror");
	line_put(text, "name", name);
	line_put(text, "reason", why);
	line_end(text);
}

/*
 * The value of a key, escaped, "" if it is absent; malloc'd, or NULL.  again:
 * it is in the daemon's words, in which other bytes are escaped already.
 */
static char *
value(const struct line *line, const char *key, bool again)
{
	const char *s = line_get(line, key);
	size_t size;
	char *safe;

	s = s != NULL ? s : "";
	size = 4 * strlen(s) + 1;
	if ((safe = malloc(size)) == NULL)
		return NULL;
	if (again)
		escape_again(safe, size, s, true);
	else
		escape_bytes(safe, size, s, strlen(s), true);
	return safe;
}

static char *
head_text(const struct line *line)
{
	static const char *const counts[] = {"added", "removed", "restarted",
	    "started", "adjusted"};
	char *text = NULL;
	const char *comma = "";
	size_t size;
	int64_t n;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		return NULL;
	fprintf(f, "generation %lld: ",
	    (long long)line_get_number(line, "generation", 0));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if ((n = line_get_number(line, counts[i], 0)) == 0)
			continue;
		fprintf(f, "%s%lld %s", comma, (long long)n, counts[i]);
		comma = ", ";
	}
	if (*comma == '\0')
		fprintf(f, "nothing changed");
	fprintf(f, ", %lld unchanged",
	    (long long)line_get_number(line, "unchanged", 0));
	if (fclose(f) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

static char
sign(const char *kind)
{
	static const struct {
		const char *kind;
		char sign;
	} signs[] = {
	    {"added", '+'},
	    {"removed", '-'},
	    {"restarted", '~'},
	    {"started", '>'},
	    {"adjusted", '='},
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcmp(kind, signs[i].kind) == 0)
			return signs[i].sign;
	return '?';
}

/* "  S NAME     what", what being the lead and a value of the line. */
static char *
name_text(const struct line *line, char mark, const char *lead, const char *key,
    int width)
{
	char *name, *what, *text;

	name = value(line, "name", false);
	what = value(line, key, true);
	if (name == NULL || what == NULL ||
	    asprintf(&text, "  %c %-*s %s%s", mark,
		width < WIDTH_MIN ? WIDTH_MIN : width, name, lead, what) == -1)
		text = NULL;
	free(name);
	free(what);
	return text;
}

static char *
change_text(const struct line *line, int width)
{
	const char *kind = line_get(line, "kind");
	const char *lead = "";

	if (kind == NULL)
		return NULL;
	if (strcmp(kind, "restarted") == 0)
		lead = "restarted: ";
	else if (strcmp(kind, "started") == 0)
		lead = "started: ";
	else if (strcmp(kind, "adjusted") == 0)
		lead = "adjusted: ";
	return name_text(line, sign(kind), lead, "reason", width);
}

static char *
plain_text(const char *before, const struct line *line, const char *key,
    const char *after)
{
	char *what, *text;

	if ((what = value(line, key, false)) == NULL ||
	    asprintf(&text, "%s%s%s", before, what, after) == -1)
		text = NULL;
	free(what);
	return text;
}

static char *
chain_text(const struct line *line)
{
	char time[TEXT_NUMBER_MAX], before[96];

	text_print_duration(line_get_number(line, "ms", 0), time);
	snprintf(before, sizeof(before),
	    "  * the longest chain of dependencies settles in %s: ", time);
	return plain_text(before, line, "names", "");
}

static const char *
rollback_words(const struct line *line)
{
	const char *ready = line_get(line, "ready");

	if (ready != NULL && strcmp(ready, "no") == 0)
		return "previous definition restored, not ready either";
	return "did not become ready; previous definition restored";
}

/* Its text is escaped already, if it comes from where it should. */
static char *
diag_text(const char *before, const struct line *line)
{
	const char *text = line_get(line, "text");
	size_t len = strlen(before), size;
	char *safe;

	if (text == NULL)
		return NULL;
	size = 4 * strlen(text) + 1;
	if ((safe = malloc(len + size)) != NULL) {
		memcpy(safe, before, len);
		escape_again(safe + len, size, text, true);
	}
	return safe;
}

char *
report_text(const struct line *line, int width)
{
	if (strcmp(line->tag, "report") == 0)
		return head_text(line);
	if (strcmp(line->tag, "change") == 0)
		return change_text(line, width);
	if (strcmp(line->tag, "deferred") == 0)
		return plain_text("  * ", line, "reason",
		    ": takes effect at the next start");
	if (strcmp(line->tag, "chain") == 0)
		return chain_text(line);
	if (strcmp(line->tag, "rolledback") == 0)
		return name_text(line, '!', rollback_words(line), "", width);
	if (strcmp(line->tag, "trouble") == 0)
		return name_text(line, '!', "", "how", width);
	if (strcmp(line->tag, "pending") == 0)
		return name_text(line, '.', "no outcome yet: ", "state", width);
	if (strcmp(line->tag, "superseded") == 0)
		return strdup("  * a later reload began before all had an "
			      "outcome");
	if (strcmp(line->tag, "logerror") == 0)
		return name_text(line, '!',
		    "output cannot be written: ", "reason", width);
	if (strcmp(line->tag, "tail") == 0)
		return plain_text("    output | ", line, "text", "");
	if (strcmp(line->tag, "error") == 0)
		return diag_text("", line);
	if (strcmp(line->tag, "warning") == 0)
		return diag_text("warning: ", line);
	return NULL;
}

int
report_width(const char *lines)
{
	size_t width = 0, len;
	const char *end, *name;

	for (; *lines != '\0'; lines = *end == '\0' ? end : end + 1) {
		end = strchrnul(lines, '\n');
		if (strncmp(lines, "change ", 7) != 0)
			continue;
		if ((name = strstr(lines, " name=")) == NULL || name > end)
			continue;
		len = strcspn(name + 6, " \n");
		if (len > width)
			width = len;
	}
	return (int)width;
}
