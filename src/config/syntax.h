/*
 * syntax - the text of configuration files: parsed to definitions and
 * settings, and printed from them.
 *
 * Pure.
 */
#ifndef SYNTAX_H
#define SYNTAX_H

#include <stdio.h>

#include "config/config.h"

/* A configuration file may have this many bytes. */
#define SYNTAX_FILE_MAX ((size_t)64 * 1024)

/*
 * Parse the file of one program: a copy of defaults (NULL: the built-in ones)
 * overridden by the file's keys.  A repeatable key adds to the list of
 * the defaults.  CRLF and a UTF-8 byte order mark are accepted; a NUL byte is
 * an error. Returns the definition with one reference, or NULL with at least
 * one diagnostic: every error is reported, not just the first.
 */
struct definition *syntax_parse(const char *name, const char *file,
    const char *bytes, size_t len, const struct definition *defaults,
    struct diags *);
/*
 * The same, but with errors it returns what could be read, for checks that may
 * find more errors.  Warnings go to notes, unless that is NULL.  NULL: no
 * memory.
 */
struct definition *syntax_parse_partly(const char *name, const char *file,
    const char *bytes, size_t len, const struct definition *defaults,
    struct diags *, struct diags *notes);

/*
 * Parse hupd.conf into the settings and defaults of a configuration, which
 * must be as config_init made it.  If the text has "program = NAME" lines it is
 * a whole configuration (as syntax_print_config writes it): each such line
 * begins the definition of a program, and *whole is set.  The program starts
 * from the built-in defaults, so program keys before the first such line are
 * errors.  -1: diagnostics were added.
 */
int syntax_parse_config(struct config *, const char *file, const char *bytes,
    size_t len, bool *whole, struct diags *);

/*
 * The saved form of a configuration: the canonical form, and lines that begin
 * with "#: ", which are comments to other readers, version 0.1 included.
 * "#: config = FILE" comes first and names the hupd.conf that was read; kept.h
 * has the others.
 */
int syntax_parse_saved(struct config *, const char *file, const char *bytes,
    size_t len, struct diags *);
int syntax_print_saved(const struct config *, FILE *);
/* FILE of "#: config = FILE", at the beginning of a saved form; or NULL. */
char *syntax_saved_origin(const char *bytes);

/*
 * Print the canonical form of a definition or of a whole configuration: every
 * key that differs from the built-in default, in the order of the table.  The
 * output parses to the same configuration.  -1: no memory; errors of writing
 * stay in the FILE.
 */
int syntax_print(const struct definition *, FILE *);
int syntax_print_config(const struct config *, FILE *);

#endif
