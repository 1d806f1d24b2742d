/*
 * resource - the limits that the kernel sets for a program by its cgroup: the
 * keys memory-max, memory-high, tasks-max, cpu-quota, cpu-weight and io-weight.
 *
 * One field of a definition holds the limits of all keys, so that a program
 * without any costs little.
 *
 * Sources: systemd.resource-control(5), the kernel's cgroup-v2.rst.
 *
 * Pure.
 */
#ifndef RESOURCE_H
#define RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/value.h"

enum resource_kind {
	RESOURCE_MEMORY_MAX,
	RESOURCE_MEMORY_HIGH,
	RESOURCE_TASKS_MAX,
	RESOURCE_CPU_QUOTA,
	RESOURCE_CPU_WEIGHT,
	RESOURCE_IO_WEIGHT,
};
#define RESOURCE_KINDS 6

/* Bytes, processes, percent of one processor, or a weight. */
struct resource {
	enum resource_kind kind;
	int64_t value; /* or VALUE_FOREVER, "infinity": no limit */
};

struct resource_list {
	struct resource *v;
	size_t n;
};

/* The kind of value; value.which is the enum resource_kind of the key. */
extern const struct value_kind resource_value;

/* The limit of that kind, or NULL. */
const struct resource *resource_find(const struct resource_list *,
    enum resource_kind);
/* "memory-max"; the controller, "memory"; the file of the limit, "memory.max".
 */
const char *resource_key(enum resource_kind);
const char *resource_controller(enum resource_kind);
const char *resource_file(enum resource_kind);
/* Is it an error, and not a warning, if the limit cannot be set? */
bool resource_is_hard(enum resource_kind);

#define RESOURCE_TEXT_MAX 40
/* The text that the file gets for the limit; NULL: for no limit. */
void resource_text(enum resource_kind, const struct resource *,
    char buf[static RESOURCE_TEXT_MAX]);

#endif
