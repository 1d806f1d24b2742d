/*
 * diag - diagnostics of a configuration: file, line, key, reason.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/diag.h"

void
diag_init(struct diags *ds)
{
	memset(ds, 0, sizeof *ds);
}

static void
diag_free(struct diag *d)
{
	free(d->file);
	free(d->key);
	free(d->reason);
}

void
diag_clear(struct diags *ds)
{
	for (size_t i = 0; i < ds->n; i++)
		diag_free(&ds->v[i]);
	free(ds->v);
	diag_init(ds);
}

static int
diags_grow(struct diags *ds)
{
	struct diag *v;
	size_t size;

	if (ds->n < ds->size)
		return 0;
	size = ds->size == 0 ? 8 : ds->size * 2;
	if ((v = reallocarray(ds->v, size, sizeof *v)) == NULL)
		return -1;
	ds->v = v;
	ds->size = size;
	return 0;
}

__attribute__((format(printf, 4, 0))) static struct diag
make(const char *file, unsigned line, const char *key, const char *fmt,
    va_list ap)
{
	struct diag d = {.line = line};

	if (vasprintf(&d.reason, fmt, ap) == -1)
		d.reason = NULL;
	d.file = strdup(file);
	d.key = key == NULL ? NULL : strdup(key);
	return d;
}

/* Add *d to the list, which owns it from here. */
static void
append(struct diags *ds, struct diag *d, bool has_key)
{
	if (d->reason == NULL || d->file == NULL ||
	    (has_key && d->key == NULL) || diags_grow(ds) == -1) {
		diag_free(d);
		ds->lost++;
		return;
	}
	ds->v[ds->n++] = *d;
}

void
diag_add(struct diags *ds, const char *file, unsigned line, const char *key,
    const char *fmt, ...)
{
	struct diag d;
	va_list ap;

	va_start(ap, fmt);
	d = make(file, line, key, fmt, ap);
	va_end(ap);
	append(ds, &d, key != NULL);
}

static bool
is_there(const struct diags *ds, const struct diag *d)
{
	const struct diag *v;

	if (d->file == NULL || d->reason == NULL)
		return false;
	for (size_t i = 0; i < ds->n; i++) {
		v = &ds->v[i];
		if (v->line == d->line && strcmp(v->file, d->file) == 0 &&
		    strcmp(v->reason, d->reason) == 0)
			return true;
	}
	return false;
}

void
diag_add_once(struct diags *ds, const char *file, unsigned line,
    const char *key, const char *fmt, ...)
{
	struct diag d;
	va_list ap;

	va_start(ap, fmt);
	d = make(file, line, key, fmt, ap);
	va_end(ap);
	if (is_there(ds, &d))
		diag_free(&d);
	else
		append(ds, &d, key != NULL);
}

int
diag_no_memory(struct diags *ds, const char *file)
{
	diag_add(ds, file, 0, NULL, "out of memory");
	return -1;
}

size_t
diag_count(const struct diags *ds)
{
	return ds->n + ds->lost;
}

/* Print s, escaped, at offset at; returns the offset of its end. */
static size_t
put(char *buf, size_t size, size_t at, const char *s)
{
	return at + escape_bytes(buf + at, size - at, s, strlen(s), false);
}

void
diag_print(const struct diag *d, char *buf, size_t size)
{
	char number[16];
	size_t at;

	if (size == 0)
		return;
	at = put(buf, size, 0, d->file);
	if (d->line != 0) {
		snprintf(number, sizeof number, ":%u", d->line);
		at = put(buf, size, at, number);
	}
	at = put(buf, size, at, ": ");
	if (d->key != NULL) {
		at = put(buf, size, at, d->key);
		at = put(buf, size, at, ": ");
	}
	/* A reason may have escapes of its own: '/bin/sh\r'. */
	if (at < size)
		escape_again(buf + at, size - at, d->reason, false);
}
