/*
 * inivalue - the meaning of a value in supervisord's configuration: its
 * expansion, a list of variables, the words of a command.
 *
 * Pure.  Source: expand, boolean, dict_of_key_value_pairs and
 * byte_size in supervisor/datatypes.py; shlex in the Python library's
 * reference.
 */
#ifndef INIVALUE_H
#define INIVALUE_H

#include "import/ini.h"

/* The values of %(NAME)s; that of %(here)s is in the key's source. */
struct inivalue_names {
	const char *host;
	const char *program;
	const char *group;
	long process; /* process_num */
	long processes;
	/* K=V vectors, or NULL, in which ENV_NAME is looked up in turn. */
	char *const *env[2];
	char *const *environ; /* after those: hupctl's own */
};

/*
 * The value with %(NAME)s, %(NAME)02d and %% replaced; malloc'd.  NULL after
 * an error, which is added to diags.  The use of a variable of environ is
 * added to notes, unless that is NULL.
 */
char *inivalue_expand(const struct ini_key *, const struct inivalue_names *,
    struct diags *, struct diags *notes);

/*
 * Add KEY=value,KEY="value" to a list of strings.  -1 after an error.
 */
int inivalue_pairs(const struct ini_key *, const char *s, char ***list,
    struct diags *);

/*
 * A command line, split as shlex does, in the form of the key "command";
 * malloc'd, or NULL after an error.
 */
char *inivalue_command(const struct ini_key *, const char *s, struct diags *);

/* 1, 0; -1: neither. */
int inivalue_bool(const char *s);

#endif
