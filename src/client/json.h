/*
 * json - a writer of one JSON document, on one line.
 *
 * Strings are passed on as UTF-8; a byte that is part of no character is
 * written as U+FFFD.  In an object each value is given its key; in an array,
 * and for the document itself, the key is NULL.
 *
 * Writes to its stream, and does nothing else.  Source: RFC 8259.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 8

struct json {
	FILE *f;
	unsigned depth;
	char closing[JSON_DEPTH];
	bool comma;
};

void json_begin(struct json *, FILE *);
/* Open an object or array; json_close closes the innermost one. */
void json_object(struct json *, const char *key);
void json_array(struct json *, const char *key);
void json_close(struct json *);
/* Close all that is open, end the line. */
void json_end(struct json *);

void json_null(struct json *, const char *key);
void json_string(struct json *, const char *key, const char *); /* or NULL */
void json_number(struct json *, const char *key, int64_t);
void json_bool(struct json *, const char *key, bool);

/* The inside of a string literal. */
void json_escape(FILE *, const char *s, size_t n);

#endif
