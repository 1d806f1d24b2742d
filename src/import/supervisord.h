/*
 * supervisord - the reader of supervisord's configuration: its files, and each
 * of its programs as a draft.
 *
 * Source: supervisor/options.py, and "Configuration File" of supervisord's
 * documentation; for values expand, boolean, dict_of_key_value_pairs and
 * byte_size in supervisor/datatypes.py, and shlex in the Python library's
 * reference.
 */
#ifndef SUPERVISORD_H
#define SUPERVISORD_H

#include "import/draft.h"
#include "import/ini.h"

/* The largest numprocs. */
#define SUPERVISORD_PROCESSES_MAX 1000

/* The i-th key of a program that is known, or NULL after the last. */
const char *supervisord_key(size_t i);

/* Values may refer to these, and to the configuration itself. */
struct supervisord_names {
	const char *host;     /* %(host_node_name)s */
	char *const *environ; /* %(ENV_NAME)s */
};

/*
 * Add a file and the files that it includes.  Errors in them are added to
 * diags, and to notes what supervisord would only warn of.  -1 with errno: the
 * file itself cannot be read.
 */
int supervisord_read(struct ini *, const char *file,
    const struct supervisord_names *, struct diags *, struct diags *notes);

/* Add all programs to the draft.  -1: diagnostics were added. */
int supervisord_convert(struct draft *, const struct ini *,
    const struct supervisord_names *, struct diags *);

#endif
