/*
 * confdef - the parts of a definition that take more than an assignment.
 */
#include <stdlib.h>
#include <string.h>

#include "config/confdef.h"

const char *
conf_instance(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] != '\0' ? at + 1 : NULL;
}

bool
conf_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] == '\0';
}

const struct conf_rlimit *
conf_rlimit(const struct conf *conf, int which)
{
	for (size_t i = 0; i < conf->nrlimits; i++) {
		if (conf->rlimits[i].which == which)
			return &conf->rlimits[i];
	}
	return NULL;
}

int
conf_set_rlimit(struct conf *conf, const struct conf_rlimit *limit)
{
	struct conf_rlimit *v;

	for (size_t i = 0; i < conf->nrlimits; i++) {
		if (conf->rlimits[i].which == limit->which) {
			conf->rlimits[i] = *limit;
			return 0;
		}
	}
	v = reallocarray(conf->rlimits, conf->nrlimits + 1, sizeof *v);
	if (v == NULL)
		return -1;
	conf->rlimits = v;
	v[conf->nrlimits++] = *limit;
	return 0;
}

size_t
list_count(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

bool
list_has(char *const *list, const char *item)
{
	for (; list != NULL && *list != NULL; list++) {
		if (strcmp(*list, item) == 0)
			return true;
	}
	return false;
}

bool
list_equal(char *const *a, char *const *b)
{
	size_t n = list_count(a);

	if (n != list_count(b))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

/* A list of the n strings of from, and of item unless that is NULL. */
static char **
list_make(char *const *from, size_t n, const char *item)
{
	size_t total = n + (item != NULL), bytes = 0, len;
	const char *s;
	char **list, *at;

	for (size_t i = 0; i < total; i++)
		bytes += strlen(i < n ? from[i] : item) + 1;
	if ((list = malloc((total + 1) * sizeof *list + bytes)) == NULL)
		return NULL;
	at = (char *)(list + total + 1);
	for (size_t i = 0; i < total; i++) {
		s = i < n ? from[i] : item;
		len = strlen(s) + 1;
		list[i] = memcpy(at, s, len);
		at += len;
	}
	list[total] = NULL;
	return list;
}

int
list_add(char ***list, const char *item)
{
	char **made;

	if ((made = list_make(*list, list_count(*list), item)) == NULL)
		return -1;
	free(*list);
	*list = made;
	return 0;
}

int
list_copy(char ***to, char *const *from)
{
	char **made;

	if (from == NULL) {
		*to = NULL;
		return 0;
	}
	if ((made = list_make(from, list_count(from), NULL)) == NULL)
		return -1;
	*to = made;
	return 0;
}

void
list_remove(char ***list, size_t i)
{
	char **v = *list;

	for (; v[i] != NULL; i++)
		v[i] = v[i + 1];
	if (v[0] == NULL) {
		free(v);
		*list = NULL;
	}
}
