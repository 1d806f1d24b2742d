/*
 * ctl_details - all that a "status" answer tells of a program that was named.
 */
#include <string.h>

#include "client/ctl.h"
#include "client/ctl_details.h"
#include "base/text.h"

static bool
is(const struct proto_line *line, const char *key, const char *value)
{
	const char *s = proto_get(line, key);

	return s != NULL && value != NULL && strcmp(s, value) == 0;
}

const struct proto_line *
details_find(const struct reply *reply, const char *name)
{
	size_t i;

	for (i = 0; i < reply->n; i++) {
		if (line_is(&reply->v[i], "details") &&
		    is(&reply->v[i], "name", name))
			return &reply->v[i];
	}
	return NULL;
}

bool
details_is_need(const struct proto_line *line, const char *name)
{
	return line_is(line, "need") && is(line, "of", name);
}

bool
details_is_ill(const struct proto_line *program)
{
	return proto_get(program, "health") != NULL &&
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
put(FILE *f, const struct proto_line *line, const char *key)
{
	const char *s = proto_get(line, key);

	ctl_puts(s != NULL ? s : "?", f);
}

static void
print_state(FILE *f, const struct proto_line *program)
{
	char since[TEXT_NUMBER_MAX];

	if (proto_get(program, "since") != NULL) {
		text_humane_duration(proto_number(program, "since", 0), since);
		print_title(f, "state");
		put(f, program, "state");
		fprintf(f, " for %s, wanted: ", since);
		put(f, program, "want");
		fputc('\n', f);
	}
	if (proto_get(program, "again") != NULL) {
		text_humane_duration(proto_number(program, "again", 0), since);
		print_title(f, "next");
		fprintf(f, "start in %s\n", since);
	}
	/* Of a program that is up and well it only repeats the pid. */
	if (!is(program, "state", "up") || !is(program, "want", "run") ||
	    details_is_ill(program))
		print_detail(f, "reason", proto_get(program, "reason"));
	else
		print_detail(f, "health", proto_get(program, "health"));
	print_detail(f, "status", proto_get(program, "status"));
}

static void
print_end(FILE *f, const struct proto_line *program, time_t now)
{
	int64_t ended = proto_number(program, "ended", 0);
	char ago[TEXT_NUMBER_MAX];

	if (proto_get(program, "exit") == NULL)
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
details_print(FILE *f, const struct reply *reply,
    const struct proto_line *program, time_t now)
{
	const char *name = proto_get(program, "name");
	const struct proto_line *details = details_find(reply, name);

	print_state(f, program);
	print_end(f, program, now);
	print_needs(f, reply, name);
	if (details != NULL)
		print_detail(f, "command", proto_get(details, "command"));
	print_detail(f, "file", proto_get(program, "conf"));
	print_detail(f, "log", proto_get(program, "log"));
}
