/*
 * unitfile - the syntax of systemd's unit files: sections and assignments, and
 * the small languages of their values.
 *
 * A line that ends with a backslash is continued; comments within it are left
 * out.  A list is reset by an empty assignment, a single value is replaced by a
 * later one; the reader of the lines sees to both.
 *
 * Source: systemd.syntax(7) and systemd.time(7), and where these are silent
 * parse_line in src/shared/conf-parser.c and extract_first_word in
 * src/basic/extract-word.c.
 */
#ifndef UNITFILE_H
#define UNITFILE_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stdint.h>

#include "base/diag.h"

/* The largest file, in bytes, and the most assignments of a unit. */
#define UNITFILE_MAX ((size_t)1024 * 1024)
#define UNITFILE_LINES_MAX 4096

#define UNITFILE_BLANKS " \t\r\n"

#define UNITFILE_FOREVER UINT64_MAX

/* "key = value" */
struct unitfile_line {
	TAILQ_ENTRY(unitfile_line) link;
	const char *file; /* as in messages; borrowed from the unitfile */
	unsigned line;	  /* where it begins */
	char *section;
	char *key;
	char *value; /* without blanks around it */
};
TAILQ_HEAD(unitfile_lines, unitfile_line);

/* The lines of a file and of its drop-ins, in that order. */
struct unitfile {
	struct unitfile_lines lines;
	size_t nlines;
	SLIST_HEAD(, unitfile_name) names;
	mode_t mode; /* permissions common to all files; rw of the owner */
};

void unitfile_init(struct unitfile *);
void unitfile_clear(struct unitfile *);
/*
 * Add a file.  -1 with errno: it cannot be read.  Errors in it are added to
 * diags, and to notes what systemd would ignore with a warning.
 */
int unitfile_read(struct unitfile *, const char *path, struct diags *diags,
    struct diags *notes);
/* Add a text of len bytes; name is that of the file in messages. */
void unitfile_parse(struct unitfile *, const char *name, const char *bytes,
    size_t len, struct diags *diags, struct diags *notes);

/*
 * Take the next word from *s: quotes are removed, C escapes replaced.  1: it is
 * in *word, malloc'd; 0: no more; -1: *why has the reason.
 */
int unitfile_word(const char **s, char **word, const char **why);
/* 1, 0; -1: neither. */
int unitfile_bool(const char *);
/*
 * "5min 20s", "1.5h", "infinity" (UNITFILE_FOREVER); a number without a unit is
 * multiplied by unit.  Microseconds.  -1: *why has the reason.
 */
int unitfile_time(const char *, uint64_t unit, uint64_t *us, const char **why);
/* "64K", "1.5G", "infinity".  Bytes. */
int unitfile_size(const char *, uint64_t *bytes, const char **why);

#endif
