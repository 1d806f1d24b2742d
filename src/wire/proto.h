/*
 * proto - control requests and replies as text lines.
 *
 * A line is a tag and fields, separated by one blank, ended by a newline:
 *
 *	TAG [WORD ...] [KEY=VALUE ...]
 *
 * WORD and VALUE are tokens in which blank, %, =, control bytes and bytes
 * outside ASCII are written %XX.  A client sends one request line; the
 * daemon answers with lines, of which the last is
 *
 *	end STATUS [text=MESSAGE]
 *
 * with STATUS the exit status of hupctl, and closes.
 *
 * Layer 1.  Pure.
 */
#ifndef PROTO_H
#define PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTO_VERSION 1
/* A request line may have this many bytes, a reply line this many. */
#define PROTO_REQUEST_MAX ((size_t)1024 * 1024)
#define PROTO_REPLY_MAX ((size_t)256 * 1024)

/* Exit statuses, after the Linux Standard Base's for init scripts. */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_UP = 3,
	STATUS_DENIED = 4,
	STATUS_REJECTED = 6,
	STATUS_NO_DAEMON = 7,
};

/* One parsed line: pointers into the line, which is changed in place. */
struct proto_field {
	char *key; /* NULL: a word */
	char *value;
};

struct proto_line {
	char *tag;
	struct proto_field *v;
	size_t n;
};

/* -1: malformed (bad escape, empty tag) or no memory. */
int proto_parse(struct proto_line *, char *text);
void proto_clear(struct proto_line *);
/* The value of a key, or NULL. */
const char *proto_get(const struct proto_line *, const char *key);
/* Its value as a number, or fallback if it is absent or none. */
int64_t proto_number(const struct proto_line *, const char *key,
    int64_t fallback);
/* The i-th word (fields without key), or NULL. */
const char *proto_word(const struct proto_line *, size_t i);

/* A growing text, for building lines.  Failure sticks in .failed. */
struct proto_text {
	char *s; /* NUL-terminated, or NULL */
	size_t len;
	size_t size;
	bool failed;
};

/*
 * Append one line: proto_begin(tag), any number of proto_put_*, proto_end.
 * proto_put with a NULL value puts nothing.
 */
void proto_begin(struct proto_text *, const char *tag);
void proto_put_word(struct proto_text *, const char *word);
void proto_put(struct proto_text *, const char *key, const char *value);
void proto_put_number(struct proto_text *, const char *key, int64_t);
void proto_end(struct proto_text *);
/* Append lines that are complete already. */
void proto_raw(struct proto_text *, const char *lines);
void proto_text_clear(struct proto_text *);

#endif
