/*
 * cpus - a list of processors.
 */
#include <stdlib.h>
#include <string.h>

#include "config/cpus.h"

static bool
equal(const void *a, const void *b, const struct value *value)
{
	char *const *x = a, *const *y = b;

	(void)value;
	return *x == *y || (*x != NULL && *y != NULL && strcmp(*x, *y) == 0);
}

static int
copy(void *to, const void *from, const struct value *value)
{
	char *const *s = from;
	char **t = to;

	(void)value;
	if (*s == NULL)
		return 0;
	return (*t = strdup(*s)) == NULL ? -1 : 0;
}

static void
clear(void *field, const struct value *value)
{
	char **s = field;

	(void)value;
	free(*s);
	*s = NULL;
}

/* One part, "3" or "0-3".  -1: it is neither. */
static int
add_part(char *part, cpu_set_t *set)
{
	char *dash = strchr(part, '-'), *end = part;
	const char *errstr;
	int first, last;

	if (dash != NULL) {
		*dash = '\0';
		end = dash + 1;
	}
	first = (int)strtonum(part, 0, CPU_SETSIZE - 1, &errstr);
	if (errstr != NULL)
		return -1;
	last = (int)strtonum(end, 0, CPU_SETSIZE - 1, &errstr);
	if (errstr != NULL || last < first)
		return -1;
	for (; first <= last; first++)
		CPU_SET((size_t)first, set);
	return 0;
}

/* -1: it is no list, or no memory. */
static int
read_list(const char *text, cpu_set_t *set)
{
	char *parts = strdup(text), *rest = parts, *part;
	int rv = 0;

	CPU_ZERO(set);
	if (parts == NULL)
		return -1;
	while (rv == 0 && (part = strsep(&rest, " \t,")) != NULL)
		if (*part != '\0')
			rv = add_part(part, set);
	free(parts);
	return CPU_COUNT(set) == 0 ? -1 : rv;
}

void
cpus_set(const char *text, cpu_set_t *set)
{
	if (read_list(text, set) == -1)
		CPU_ZERO(set);
}

/* The canonical form; NULL: no memory. */
static char *
print_list(const cpu_set_t *set)
{
	const char *comma = "";
	char *text = NULL;
	size_t size, i, last;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		return NULL;
	for (i = 0; i < CPU_SETSIZE; i = last + 1) {
		last = i;
		if (!CPU_ISSET(i, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		fprintf(f, "%s%zu", comma, i);
		if (last > i)
			fprintf(f, "-%zu", last);
		comma = ",";
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static int
parse(void *field, const struct value *value, const char *text, char *why)
{
	char **at = field, *list;
	cpu_set_t set;

	if (read_list(text, &set) == -1)
		return value_refuse(why,
		    "\"%.80s\" is not a list of processors like 0-3,7", text);
	if ((list = print_list(&set)) == NULL)
		return value_refuse(why, "out of memory");
	clear(field, value);
	*at = list;
	return 0;
}

static int
print(const void *field, const struct value *value, const char *key, FILE *f)
{
	char *const *s = field;

	(void)value;
	return *s != NULL ? value_put(key, *s, f) : 0;
}

static const struct value_store store = {.equal = equal,
    .copy = copy,
    .clear = clear};
const struct value_kind cpus_value = {&store, parse, print};
