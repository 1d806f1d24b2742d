/*
 * reply - the lines that the daemon answered, kept.
 */
#include <stdlib.h>
#include <string.h>

#include "client/reply.h"
#include "wire/report.h"

static int
grow(struct reply *reply)
{
	size_t size = reply->size == 0 ? 16 : 2 * reply->size;
	void *v;

	if (reply->n < reply->size)
		return 0;
	if ((v = reallocarray(reply->v, size, sizeof(*reply->v))) == NULL)
		return -1;
	reply->v = v;
	v = reallocarray(reply->text, size, sizeof(*reply->text));
	if (v == NULL)
		return -1;
	reply->text = v;
	reply->size = size;
	return 0;
}

int
reply_add(struct reply *reply, const char *line)
{
	char *copy;

	if (grow(reply) == -1 || (copy = strdup(line)) == NULL)
		return -1;
	if (line_parse(&reply->v[reply->n], copy) == -1) {
		free(copy);
		return -1;
	}
	reply->text[reply->n++] = copy;
	return 0;
}

int
reply_add_all(struct reply *reply, const char *lines)
{
	char *copy, *rest, *line;
	int error = 0;

	if (lines == NULL)
		return 0;
	if ((copy = rest = strdup(lines)) == NULL)
		return -1;
	while (error == 0 && (line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0')
			error = reply_add(reply, line);
	}
	free(copy);
	return error;
}

int
reply_add_errors(struct reply *reply, const struct diags *diags)
{
	struct line_text text = {0};
	int error;

	report_errors(&text, diags);
	error = text.failed ? -1 : reply_add_all(reply, text.s);
	line_text_clear(&text);
	return error;
}

bool
reply_has_warning(const struct reply *reply, const struct diag *d)
{
	for (size_t i = 0; i < reply->n; i++)
		if (reply_is(&reply->v[i], "warning") &&
		    reply_has(&reply->v[i], "file", d->file) &&
		    line_get_number(&reply->v[i], "line", 0) == d->line &&
		    reply_has(&reply->v[i], "reason", d->reason))
			return true;
	return false;
}

int
reply_add_warnings(struct reply *reply, const struct diags *notes)
{
	struct line_text text = {0};
	struct diags one;
	int error;

	for (size_t i = 0; i < notes->n; i++) {
		one = (struct diags){.v = &notes->v[i], .n = 1};
		if (!reply_has_warning(reply, &notes->v[i]))
			report_warnings(&text, &one);
	}
	error = text.failed ? -1 : reply_add_all(reply, text.s);
	line_text_clear(&text);
	return error;
}

void
reply_clear(struct reply *reply)
{
	size_t i;

	for (i = 0; i < reply->n; i++) {
		line_clear(&reply->v[i]);
		free(reply->text[i]);
	}
	free(reply->v);
	free(reply->text);
	*reply = (struct reply){0};
}

bool
reply_is(const struct line *line, const char *tag)
{
	return strcmp(line->tag, tag) == 0;
}

bool
reply_has(const struct line *line, const char *field, const char *value)
{
	const char *s = line_get(line, field);

	return s != NULL && value != NULL && strcmp(s, value) == 0;
}

const struct line *
reply_find(const struct reply *reply, const char *tag)
{
	size_t i;

	for (i = 0; i < reply->n; i++) {
		if (reply_is(&reply->v[i], tag))
			return &reply->v[i];
	}
	return NULL;
}

const struct line *
reply_find_of(const struct reply *reply, const char *tag, const char *field,
    const char *value)
{
	size_t i;

	for (i = 0; i < reply->n; i++) {
		if (reply_is(&reply->v[i], tag) &&
		    reply_has(&reply->v[i], field, value))
			return &reply->v[i];
	}
	return NULL;
}
