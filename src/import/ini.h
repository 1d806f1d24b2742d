/*
 * ini - the text of supervisord's configuration: sections of keys.
 *
 * The syntax is that of Python's configparser as supervisord sets it up:
 * "key = value" or "key: value"; a line that is indented deeper than its key
 * goes on with the value; what follows ; or # at the begin of a line, or after
 * a blank, is a comment; of a section or key that is given again the parts
 * are put together, and the later value wins.
 *
 * Layer 1.  Pure.  Source: configparser in the Python library's reference, and
 * UnhosedConfigParser in supervisor/options.py.
 */
#ifndef INI_H
#define INI_H

#include <sys/queue.h>

#include <stddef.h>

#include "base/diag.h"

/* A file may have this many bytes; all together, so many sections and keys. */
#define INI_FILE_MAX ((size_t)1024 * 1024)
#define INI_SECTIONS_MAX 4096
#define INI_KEYS_MAX 16384

/* Where something was read.  The caller's; it outlives the struct ini. */
struct ini_source {
	const char *file; /* as in messages */
	const char *here; /* its folder, absolute */
};

struct ini_key {
	TAILQ_ENTRY(ini_key) link;
	const struct ini_source *source;
	unsigned line;
	char *name;  /* in lower case */
	char *value; /* its lines joined by newlines */
};

struct ini_section {
	TAILQ_ENTRY(ini_section) link;
	const struct ini_source *source; /* where it begins first */
	unsigned line;
	char *name;
	TAILQ_HEAD(, ini_key) keys;
};

struct ini {
	TAILQ_HEAD(, ini_section) sections;
	size_t nsections;
	size_t nkeys;
};

void ini_init(struct ini *);
void ini_clear(struct ini *);
/* Add what a file says.  -1: diagnostics were added. */
int ini_parse(struct ini *, const struct ini_source *, const char *bytes,
    size_t len, struct diags *);
/* The section or key of that name, or NULL. */
struct ini_section *ini_section(const struct ini *, const char *name);
struct ini_key *ini_key(const struct ini_section *, const char *name);

#endif
