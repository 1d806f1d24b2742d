/*
 * cpus - a list of processors, "0-3,7".
 *
 * Source: sched_setaffinity(2).
 *
 * Pure.
 */
#ifndef CPUS_H
#define CPUS_H

#include <sched.h>

#include "config/value.h"

/* The kind of value; the field is a char *, the canonical form, or NULL. */
extern const struct value_kind cpus_value;

/* The processors of a list in the canonical form. */
void cpus_set(const char *text, cpu_set_t *);

#endif
