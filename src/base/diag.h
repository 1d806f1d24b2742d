/*
 * diag - diagnostics of a configuration: file, line, key, reason.
 */
#ifndef DIAG_H
#define DIAG_H

#include <stddef.h>

/* One diagnostic.  line 0 or key NULL: it is about the whole file. */
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
	size_t lost; /* not recorded: out of memory */
};

void diag_init(struct diags *);
void diag_clear(struct diags *);
/* Add a diagnostic; strings are copied. */
void diag_add(struct diags *, const char *file, unsigned line, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Add it unless the list has it: same file, line and reason. */
void diag_add_once(struct diags *, const char *file, unsigned line,
    const char *key, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Add "out of memory" for a whole file.  Always -1. */
int diag_no_memory(struct diags *, const char *file);
/* The number added, including lost ones: compare before and after. */
size_t diag_count(const struct diags *);
/* Print "FILE:LINE: KEY: reason", escaped and cut to size bytes. */
void diag_print(const struct diag *, char *buf, size_t size);

#endif
