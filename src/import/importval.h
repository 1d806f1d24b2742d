/*
 * importval - what a value of supervisord means: what it expands to, a list of
 * variables, the words of a command.
 *
 * Layer 1.  Pure.  Source: expand, boolean, dict_of_key_value_pairs and
 * byte_size in supervisor/datatypes.py; shlex in the Python library's
 * reference.
 */
#ifndef IMPORTVAL_H
#define IMPORTVAL_H

#include "import/ini.h"

/* What %(NAME)s stands for; %(here)s is told by the key's source. */
struct importval_names {
	const char *host;
	const char *program;
	const char *group;
	long process; /* process_num */
	long processes;
	/* K=V vectors, or NULL, in which ENV_NAME is looked up in turn. */
	char *const *env[2];
	char *const *environ; /* after those: of who imports */
};

/* Complain of a key's value. */
void importval_complain(const struct ini_key *, struct diags *, const char *,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * The value with %(NAME)s, %(NAME)02d and %% replaced; malloc'd.  NULL after
 * a complaint.  What came from environ lands in notes, unless that is NULL.
 */
char *importval_expand(const struct ini_key *, const struct importval_names *,
    struct diags *, struct diags *notes);

/*
 * KEY=value,KEY="value" to a list as confdef has them; *list is added to.
 * -1 after a complaint.
 */
int importval_pairs(const struct ini_key *, const char *s, char ***list,
    struct diags *);

/*
 * A command line as shlex splits it, in the form of the key "command";
 * malloc'd, or NULL after a complaint.
 */
char *importval_command(const struct ini_key *, const char *s, struct diags *);

/* 1, 0; -1: neither. */
int importval_bool(const char *s);

#endif
