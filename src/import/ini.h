/*
 * ini - the files of supervisord's configuration: sections of keys.
 *
 * The syntax is that of Python's configparser with supervisord's options:
 * "key = value" or "key: value".  A line that is indented deeper than its key
 * continues the value.  A ; or # at the start of a line, or after a blank,
 * starts a comment.  A section that is given again is merged into the first;
 * of a key that is given again the later value wins.
 *
 * Source: configparser in the Python library's reference, and
 * UnhosedConfigParser in supervisor/options.py.
 */
#ifndef INI_H
#define INI_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stddef.h>

#include "base/diag.h"

/* The largest file, in bytes; the most sections and keys of all files. */
#define INI_FILE_MAX ((size_t)1024 * 1024)
#define INI_SECTIONS_MAX 4096
#define INI_KEYS_MAX 16384

/* The file that something was read from. */
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
	SLIST_HEAD(, ini_file) files; /* what ini_read() has read */
	mode_t mode; /* permissions common to all files; rw of the owner */
};

void ini_init(struct ini *);
void ini_clear(struct ini *);
/*
 * Add a file.  NULL with errno: it cannot be read.  Errors in it are added to
 * the diags.
 */
const struct ini_source *ini_read(struct ini *, const char *file,
    struct diags *);
/*
 * Add a text of len bytes.  The source is the caller's and outlives the struct
 * ini.  -1: diagnostics were added.
 */
int ini_parse(struct ini *, const struct ini_source *, const char *bytes,
    size_t len, struct diags *);
/* The section or key of that name, or NULL. */
struct ini_section *ini_section(const struct ini *, const char *name);
struct ini_key *ini_key(const struct ini_section *, const char *name);
/* Add an error or note about the key. */
void ini_complain(const struct ini_key *, struct diags *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
