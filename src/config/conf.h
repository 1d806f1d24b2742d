/*
 * conf - bytes to a program definition or diagnostics, and back.
 *
 * One key table drives the parser, the canonical printer, the comparison and
 * the default values; the tests hold the manual page against it.  The
 * functions are those of conf.c, confparse.c, confprint.c, confset.c and
 * confexit.c.
 *
 * Layer 1.  Pure: it opens no file and looks up no user; confdir does.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/confdef.h"
#include "base/diag.h"

/* A configuration file may have this many bytes. */
#define CONF_FILE_MAX ((size_t)64 * 1024)

/* A definition with the built-in defaults and no name; NULL: no memory. */
struct conf *conf_new(void);
/* A copy of its keys: no name, no file, nothing that confdir filled in. */
struct conf *conf_copy(const struct conf *);
/* Both accept NULL. */
struct conf *conf_ref(struct conf *);
void conf_unref(struct conf *);

/* Was the key (its name in the file) given, by the file or by hupd.conf? */
bool conf_has(const struct conf *, const char *key);
/*
 * The line of its own file that gave the key, or the nth element of a
 * repeatable key; 0 if that came from the defaults.  The key "program" is the
 * line that begins the definition in a whole configuration.
 */
unsigned conf_line(const struct conf *, const char *key, size_t nth);
unsigned settings_line(const struct settings *, const char *key);

/*
 * Parse one program's file: a copy of defaults (NULL: the built-in ones)
 * overridden by the file's keys.  A repeatable key adds to what the defaults
 * give.  Returns the definition with one reference, or NULL with at least
 * one diagnostic; all that is wrong is reported, not just the first.  CRLF
 * and a UTF-8 byte order mark are accepted; a NUL byte is an error.
 */
struct conf *conf_parse(const char *name, const char *file, const char *bytes,
    size_t len, const struct conf *defaults, struct diags *);

/*
 * Parse hupd.conf into set->settings and set->defaults, which must have been
 * initialised by confset_init.  If the text has "program = NAME" lines it is a
 * whole configuration (as confset_print writes it): each such line begins the
 * definition of a program, which lands in set->programs, and *whole is set;
 * it starts from the built-in defaults, so program keys before the first such
 * line are errors.  -1: diagnostics were added.
 */
int conf_parse_daemon(struct confset *, const char *file, const char *bytes,
    size_t len, bool *whole, struct diags *);

/*
 * Where things are by default: the system's places for root, else hupd's own
 * folders among the user's, absolute.
 */
struct conf_places {
	bool root;
	char *config_home; /* $XDG_CONFIG_HOME/hupd; NULL for root */
	char *runtime_dir; /* $XDG_RUNTIME_DIR/hupd */
	char *state_home;  /* $XDG_STATE_HOME/hupd */
};
int confset_init(struct confset *, const struct conf_places *);
/* Free what it holds; a zeroed set is cleared as well. */
void confset_clear(struct confset *);
/* Free its programs only. */
void confset_clear_programs(struct confset *);
/* Add a program at the end; the reference is the set's.  -1: no memory. */
int confset_add(struct confset *, struct conf *);
/* The program of that name, or NULL; binary search. */
struct conf *confset_find(const struct confset *, const char *name);
/*
 * Sort programs and check what needs the whole: names that are equal, or
 * but for case; dependencies that do not exist; cycles.  -1: diagnostics
 * were added.
 */
int confset_check(struct confset *, struct diags *);

/* Can what exit-on waits for come to pass?  If not, diagnostics are added. */
void confset_check_exit(const struct confset *, struct diags *);

/*
 * The canonical form of a definition or of a whole configuration: every key
 * that differs from the built-in default, in the order of the table.  What is
 * printed parses to what it was printed from.  -1: no memory; errors of
 * writing stay in the FILE.
 */
int conf_print(const struct conf *, FILE *);
int confset_print(const struct confset *, FILE *);

/*
 * Compare: bit N is set if row N of the program table differs.  Split the
 * result with conf_live_mask(): outside it, a restart is needed.
 */
uint64_t conf_diff(const struct conf *, const struct conf *);
/* The same of nothing but what confdir filled in. */
uint64_t conf_diff_resolved(const struct conf *, const struct conf *);
uint64_t conf_live_mask(void);
/* to is overwritten; -1: no memory.  settings_clear frees what it holds. */
int settings_copy(struct settings *to, const struct settings *from);
void settings_clear(struct settings *);
uint64_t settings_diff(const struct settings *, const struct settings *);
uint64_t settings_live_mask(void);
/* "command, env changed" for a mask of conf_diff; malloc'd. */
char *conf_diff_text(uint64_t mask);
char *settings_diff_text(uint64_t mask);

/*
 * The key tables by position, for the manual's test, completion and hupctl:
 * NULL past the end.
 */
const struct conf_key *conf_key(size_t i);

#endif
