/*
 * confstore - how the values of the key table are held: equal, copy, free.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/confstore.h"

void *
conf_field(void *base, const struct conf_row *row)
{
	return (char *)base + row->offset;
}

const void *
conf_value(const void *base, const struct conf_row *row)
{
	return (const char *)base + row->offset;
}

static bool
same_string(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Lists. */

static bool
list_field_equal(const void *a, const void *b, const struct conf_row *row)
{
	char *const *const *x = conf_value(a, row);
	char *const *const *y = conf_value(b, row);

	return strings_equal(*x, *y);
}

static int
list_field_copy(void *to, const void *from, const struct conf_row *row)
{
	char *const *const *list = conf_value(from, row);

	return strings_copy(conf_field(to, row), *list);
}

static void
list_field_clear(void *base, const struct conf_row *row)
{
	char ***list = conf_field(base, row);

	free(*list);
	*list = NULL;
}

const struct conf_store store_list = {list_field_equal, list_field_copy,
    list_field_clear};

/* Strings. */

static bool
string_equal(const void *a, const void *b, const struct conf_row *row)
{
	char *const *x = conf_value(a, row), *const *y = conf_value(b, row);

	return same_string(*x, *y);
}

static int
string_copy(void *to, const void *from, const struct conf_row *row)
{
	char *const *s = conf_value(from, row);
	char **copy = conf_field(to, row);

	if (*s == NULL)
		return 0;
	return (*copy = strdup(*s)) == NULL ? -1 : 0;
}

static void
string_clear(void *base, const struct conf_row *row)
{
	char **s = conf_field(base, row);

	free(*s);
	*s = NULL;
}

const struct conf_store store_string = {string_equal, string_copy,
    string_clear};

/* What owns no memory. */

static void
nothing_clear(void *base, const struct conf_row *row)
{
	(void)base;
	(void)row;
}

#define PLAIN_STORE(name, type)                                            \
	static bool name##_equal(const void *a, const void *b,             \
	    const struct conf_row *row)                                    \
	{                                                                  \
		return memcmp(conf_value(a, row), conf_value(b, row),      \
			   sizeof(type)) == 0;                             \
	}                                                                  \
	static int name##_copy(void *to, const void *from,                 \
	    const struct conf_row *row)                                    \
	{                                                                  \
		memcpy(conf_field(to, row), conf_value(from, row),         \
		    sizeof(type));                                         \
		return 0;                                                  \
	}                                                                  \
	const struct conf_store store_##name = {name##_equal, name##_copy, \
	    nothing_clear}

PLAIN_STORE(bool, bool);
PLAIN_STORE(int, int);
PLAIN_STORE(int64, int64_t);
PLAIN_STORE(exits, struct conf_exits);

/* Readiness: the descriptor belongs to it. */

static bool
ready_equal(const void *a, const void *b, const struct conf_row *row)
{
	const struct conf *x = a, *y = b;

	(void)row;
	return x->ready == y->ready && x->ready_fd == y->ready_fd;
}

static int
ready_copy(void *to, const void *from, const struct conf_row *row)
{
	const struct conf *conf = from;
	struct conf *copy = to;

	(void)row;
	copy->ready = conf->ready;
	copy->ready_fd = conf->ready_fd;
	return 0;
}

const struct conf_store store_ready = {ready_equal, ready_copy, nothing_clear};

/* Limits: one array for all rows. */

static bool
rlimit_equal(const void *a, const void *b, const struct conf_row *row)
{
	const struct conf_rlimit *x = conf_rlimit(a, row->which);
	const struct conf_rlimit *y = conf_rlimit(b, row->which);

	if (x == NULL || y == NULL)
		return x == y;
	return x->soft == y->soft && x->hard == y->hard;
}

static int
rlimit_copy(void *to, const void *from, const struct conf_row *row)
{
	const struct conf_rlimit *limit = conf_rlimit(from, row->which);

	return limit == NULL ? 0 : conf_set_rlimit(to, limit);
}

static void
rlimit_clear(void *base, const struct conf_row *row)
{
	struct conf *conf = base;

	(void)row;
	free(conf->rlimits);
	conf->rlimits = NULL;
	conf->nrlimits = 0;
}

const struct conf_store store_rlimit = {rlimit_equal, rlimit_copy,
    rlimit_clear};
