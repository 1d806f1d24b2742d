/*
 * confstore - how the values of the key table are held: equal, copy, free.
 *
 * Layer 1.  Private to conf.
 */
#ifndef CONFSTORE_H
#define CONFSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/confdef.h"

struct conf_row;

/* How a field is held.  base is the struct that the row is of. */
struct conf_store {
	bool (*equal)(const void *a, const void *b, const struct conf_row *);
	/* to is zeroed; -1: no memory */
	int (*copy)(void *to, const void *from, const struct conf_row *);
	void (*clear)(void *base, const struct conf_row *);
};

/* How it is read and printed. */
struct conf_type {
	const struct conf_store *store;
	/* Replaces, or for a repeatable key adds to, the value; -1 and why. */
	int (*parse)(void *base, const struct conf_row *, const char *text,
	    char *why);
	/* Prints whole lines.  -1: no memory. */
	int (*print)(const void *base, const struct conf_row *, FILE *);
};

struct conf_row {
	struct conf_key key;
	const struct conf_type *type;
	size_t offset;
	const char *const *words; /* choices: the word of each value */
	int min;		  /* numbers: the range */
	int max;
	int which;  /* limits: RLIMIT_ */
	bool bytes; /* limits: counted in bytes */
};

extern const struct conf_store store_bool;
extern const struct conf_store store_int;
extern const struct conf_store store_int64;
extern const struct conf_store store_string;
extern const struct conf_store store_list;
extern const struct conf_store store_exits;
extern const struct conf_store store_rlimit;
extern const struct conf_store store_ready;

/* The field of a row. */
void *conf_field(void *base, const struct conf_row *);
const void *conf_value(const void *base, const struct conf_row *);

#endif
