/*
 * diag - complaints about a configuration: file, line, key, reason.
 *
 * Layer 1.  Pure.
 */
#ifndef DIAG_H
#define DIAG_H

#include <stddef.h>

/* One complaint.  line 0: of the file as a whole; key NULL: likewise. */
struct diag {
	char *file;
	unsigned line;
	char *key;
	char *reason;
};

struct diags {
	struct diag *v;
	size_t n;
	size_t size;
	size_t lost; /* complaints for which there was no memory */
};

void diag_init(struct diags *);
void diag_clear(struct diags *);
/* Add a complaint; strings are copied. */
void diag_add(struct diags *, const char *file, unsigned line, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same, unless it is there already. */
void diag_add_once(struct diags *, const char *file, unsigned line,
    const char *key, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* How many there are, those lost included: compare before and after. */
size_t diag_count(const struct diags *);
/* "FILE:LINE: KEY: reason", escaped, into buf, truncated to size. */
void diag_print(const struct diag *, char *buf, size_t size);

#endif
