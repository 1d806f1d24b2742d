/*
 * resource - the limits that the kernel sets for a program by its cgroup.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/resource.h"

/* The kernel's period for cpu.max, in microseconds. */
#define PERIOD 100000
/* The most processes of a 64-bit Linux, PID_MAX_LIMIT. */
#define TASKS_MOST 4194304
#define WEIGHT_MOST 10000

static const struct {
	const char *key;
	const char *controller;
	const char *file;
	const char *none; /* written for no limit */
	bool hard;
} kinds[RESOURCE_KINDS] = {
    [RESOURCE_MEMORY_MAX] = {"memory-max", "memory", "memory.max", "max", true},
    [RESOURCE_MEMORY_HIGH] = {"memory-high", "memory", "memory.high", "max",
	false},
    [RESOURCE_TASKS_MAX] = {"tasks-max", "pids", "pids.max", "max", true},
    [RESOURCE_CPU_QUOTA] = {"cpu-quota", "cpu", "cpu.max", "max", true},
    [RESOURCE_CPU_WEIGHT] = {"cpu-weight", "cpu", "cpu.weight", "100", false},
    [RESOURCE_IO_WEIGHT] = {"io-weight", "io", "io.weight", "default 100",
	false},
};

const char *
resource_key(enum resource_kind kind)
{
	return kinds[kind].key;
}

const char *
resource_controller(enum resource_kind kind)
{
	return kinds[kind].controller;
}

const char *
resource_file(enum resource_kind kind)
{
	return kinds[kind].file;
}

bool
resource_is_hard(enum resource_kind kind)
{
	return kinds[kind].hard;
}

void
resource_text(enum resource_kind kind, const struct resource *resource,
    char buf[static RESOURCE_TEXT_MAX])
{
	if (resource == NULL || resource->value == VALUE_FOREVER) {
		strlcpy(buf, kinds[kind].none, RESOURCE_TEXT_MAX);
		return;
	}
	switch (kind) {
	case RESOURCE_MEMORY_MAX:
	case RESOURCE_MEMORY_HIGH:
	case RESOURCE_TASKS_MAX:
	case RESOURCE_CPU_WEIGHT:
		snprintf(buf, RESOURCE_TEXT_MAX, "%" PRId64, resource->value);
		break;
	case RESOURCE_CPU_QUOTA:
		snprintf(buf, RESOURCE_TEXT_MAX, "%" PRId64 " %d",
		    resource->value * (PERIOD / 100), PERIOD);
		break;
	case RESOURCE_IO_WEIGHT:
		snprintf(buf, RESOURCE_TEXT_MAX, "default %" PRId64,
		    resource->value);
		break;
	}
}

const struct resource *
resource_find(const struct resource_list *list, enum resource_kind kind)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].kind == kind)
			return &list->v[i];
	return NULL;
}

/* The value of the six keys: one list holds the limits of all. */

static bool
equal(const void *a, const void *b, const struct value *value)
{
	const enum resource_kind kind = (enum resource_kind)value->which;
	const struct resource *x = resource_find(a, kind);
	const struct resource *y = resource_find(b, kind);

	if (x == NULL || y == NULL)
		return x == y;
	return x->value == y->value;
}

/* -1: no memory. */
static int
set(struct resource_list *list, const struct resource *resource)
{
	struct resource *v;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].kind == resource->kind) {
			list->v[i] = *resource;
			return 0;
		}
	v = reallocarray(list->v, list->n + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	list->v = v;
	v[list->n++] = *resource;
	return 0;
}

static int
copy(void *to, const void *from, const struct value *value)
{
	const struct resource *resource =
	    resource_find(from, (enum resource_kind)value->which);

	return resource == NULL ? 0 : set(to, resource);
}

static void
clear(void *field, const struct value *value)
{
	struct resource_list *list = field;

	for (size_t i = 0; i < list->n; i++)
		if ((int)list->v[i].kind == value->which)
			list->v[i] = list->v[--list->n];
	if (list->n > 0)
		return;
	free(list->v);
	list->v = NULL;
}

/* A number in a range, perhaps with a sign behind it, or infinity. */
static int
parse_number(const char *text, int64_t most, const char *unit, int64_t *value,
    char *why)
{
	size_t len = strlen(text), end = strlen(unit);
	const char *error = "";
	char number[24];

	if (len > end && len - end < sizeof(number) &&
	    strcmp(text + len - end, unit) == 0) {
		strlcpy(number, text, len - end + 1);
		*value = strtonum(number, 1, most, &error);
	}
	if (error == NULL)
		return 0;
	return value_refuse(why,
	    "\"%.40s\" is not a number from 1%s to %" PRId64 "%s", text, unit,
	    most, unit);
}

static int
parse_size(const char *text, int64_t *value, char *why)
{
	const char *reason;

	if (text_size(text, value, &reason) == -1)
		return value_refuse(why, "\"%.40s\": %s", text, reason);
	if (*value == 0)
		return value_refuse(why, "\"%.40s\": must be more than 0",
		    text);
	return 0;
}

static int
parse_limit(struct resource *resource, const char *text, char *why)
{
	switch (resource->kind) {
	case RESOURCE_MEMORY_MAX:
	case RESOURCE_MEMORY_HIGH:
		return parse_size(text, &resource->value, why);
	case RESOURCE_TASKS_MAX:
		return parse_number(text, TASKS_MOST, "", &resource->value,
		    why);
	case RESOURCE_CPU_QUOTA:
		return parse_number(text, 1000000, "%", &resource->value, why);
	case RESOURCE_CPU_WEIGHT:
	case RESOURCE_IO_WEIGHT:
		return parse_number(text, WEIGHT_MOST, "", &resource->value,
		    why);
	}
	__builtin_unreachable();
}

/* A weight is never without limit. */
static bool
may_be_infinite(enum resource_kind kind)
{
	return kind != RESOURCE_CPU_WEIGHT && kind != RESOURCE_IO_WEIGHT;
}

static int
parse(void *field, const struct value *value, const char *text, char *why)
{
	struct resource resource = {.kind = (enum resource_kind)value->which};

	if (strcmp(text, "infinity") == 0 && may_be_infinite(resource.kind))
		resource.value = VALUE_FOREVER;
	else if (parse_limit(&resource, text, why) == -1)
		return -1;
	return set(field, &resource) == -1 ? value_refuse(why, "out of memory")
					   : 0;
}

static int
print(const void *field, const struct value *value, const char *key, FILE *f)
{
	const enum resource_kind kind = (enum resource_kind)value->which;
	const struct resource *resource = resource_find(field, kind);
	char buf[TEXT_NUMBER_MAX];

	if (resource == NULL)
		return 0;
	if (resource->value == VALUE_FOREVER)
		return value_put(key, "infinity", f);
	if (kind == RESOURCE_MEMORY_MAX || kind == RESOURCE_MEMORY_HIGH) {
		text_print_size(resource->value, buf);
		return value_put(key, buf, f);
	}
	fprintf(f, "%s = %" PRId64 "%s\n", key, resource->value,
	    kind == RESOURCE_CPU_QUOTA ? "%" : "");
	return 0;
}

static const struct value_store store = {.equal = equal,
    .copy = copy,
    .clear = clear};
const struct value_kind resource_value = {&store, parse, print};
