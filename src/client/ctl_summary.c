/*
 * ctl_summary - the configuration's part of a "status" answer.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl_summary.h"
#include "base/mono.h"
#include "wire/report.h"
#include "base/text.h"

/* "2026-11-22T13:17:05+00:00 (2m ago)" */
static void
print_time(FILE *f, int64_t when, time_t now)
{
	char wall[WALL_MAX], ago[TEXT_NUMBER_MAX];

	wall_print((time_t)when, wall);
	text_humane_ago(when, now, ago);
	fprintf(f, "%s (%s ago)", wall, ago);
}

static const char *
on_disk(const struct proto_line *line)
{
	const char *differs = proto_get(line, "differs");

	if (differs != NULL && strcmp(differs, "no") == 0)
		return "as running";
	if (differs != NULL && strcmp(differs, "yes") == 0)
		return "differ (see hupctl check)";
	if (differs != NULL && strcmp(differs, "rejected") == 0)
		return "rejected (see hupctl check)";
	return "unknown";
}

static bool
is_reloading(const struct proto_line *line)
{
	const char *reloading = proto_get(line, "reloading");

	return reloading != NULL && strcmp(reloading, "yes") == 0;
}

static void
print_configuration(FILE *f, const struct proto_line *line, bool colour,
    time_t now)
{
	int64_t programs = proto_number(line, "programs", 0);
	const char *source = proto_get(line, "source");

	fprintf(f, "generation %" PRId64 ", accepted ",
	    proto_number(line, "generation", 0));
	print_time(f, proto_number(line, "time", 0), now);
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
print_rejection(FILE *f, const struct reply *reply,
    const struct proto_line *line, bool colour, time_t now)
{
	int64_t count = proto_number(line, "count", 0);
	size_t i;
	char *text;

	fprintf(f, "%slast reload rejected%s at ", colour ? "\033[31m" : "",
	    colour ? "\033[0m" : "");
	print_time(f, proto_number(line, "time", 0), now);
	fputs(":\n", f);
	for (i = 0; i < reply->n; i++) {
		if (!line_is(&reply->v[i], "error") ||
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
	const struct proto_line *line;

	if ((line = reply_find(reply, "config")) != NULL) {
		fputc('\n', f);
		print_configuration(f, line, colour, now);
	}
	if ((line = reply_find(reply, "rejected")) != NULL)
		print_rejection(f, reply, line, colour, now);
}
