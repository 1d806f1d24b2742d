/*
 * envlist - an environment put together from its sources, the later winning.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/envlist.h"

static size_t
find(const struct envlist *e, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (strncmp(e->v[i], name, len) == 0 && e->v[i][len] == '=')
			break;
	return i;
}

/* Room for one more, and for the NULL after it. */
static int
grow(struct envlist *e)
{
	size_t size;
	char **v;

	if (e->n + 1 < e->size)
		return 0;
	size = e->size == 0 ? 32 : 2 * e->size;
	v = reallocarray(e->v, size, sizeof(*v));
	if (v == NULL) {
		e->failed = 1;
		return -1;
	}
	e->v = v;
	e->size = size;
	return 0;
}

void
envlist_set(struct envlist *e, char *kv)
{
	size_t i;

	i = find(e, kv, strcspn(kv, "="));
	if (i == e->n && grow(e) == -1)
		return;
	e->v[i] = kv;
	if (i == e->n)
		e->n++;
}

void
envlist_set_all(struct envlist *e, char *const *v)
{
	for (; v != NULL && *v != NULL; v++)
		envlist_set(e, *v);
}

void
envlist_unset(struct envlist *e, const char *name)
{
	size_t i;

	i = find(e, name, strlen(name));
	if (i < e->n)
		e->v[i] = e->v[--e->n];
}

const char *
envlist_get(const struct envlist *e, const char *name)
{
	size_t i, len = strlen(name);

	i = find(e, name, len);
	return i < e->n ? e->v[i] + len + 1 : NULL;
}

char **
envlist_vector(struct envlist *e)
{
	if (e->failed || grow(e) == -1) {
		errno = ENOMEM;
		return NULL;
	}
	e->v[e->n] = NULL;
	return e->v;
}

void
envlist_clear(struct envlist *e)
{
	free(e->v);
	memset(e, 0, sizeof(*e));
}
