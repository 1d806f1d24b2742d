/*
 * reply - the lines that the daemon answered, kept.
 */
#include <stdlib.h>
#include <string.h>

#include "client/json.h"
#include "client/reply.h"

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

void
line_json(struct json *json, const struct line *line, const struct attr *attrs,
    size_t n)
{
	const char *value;
	size_t i;

	for (i = 0; i < n; i++) {
		value = line ? line_get(line, attrs[i].key) : NULL;
		if (value == NULL)
			json_null(json, attrs[i].json);
		else if (attrs[i].kind == ATTR_TEXT)
			json_string(json, attrs[i].json, value);
		else if (attrs[i].kind == ATTR_YES)
			json_bool(json, attrs[i].json,
			    strcmp(value, "yes") == 0);
		else
			json_number(json, attrs[i].json,
			    line_get_number(line, attrs[i].key, 0));
	}
}

void
tail_json(struct json *json, const struct reply *reply, size_t i)
{
	json_array(json, "tail");
	for (; i < reply->n && reply_is(&reply->v[i], "tail"); i++)
		json_string(json, NULL, line_get(&reply->v[i], "text"));
	json_close(json);
}
