/*
 * import - supervisord's programs to the files of hupd's.
 *
 * Layer 1.  Pure.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "config/conf.h"
#include "import/ini.h"

/* So many processes a program may have. */
#define IMPORT_PROCESSES_MAX 1000

struct import_file {
	struct conf *conf; /* what it says; conf->file is "NAME.conf" */
	char *text;	   /* how: a few comments, and the canonical form */
	size_t len;
};

struct import {
	struct import_file *v;
	size_t n;
	struct diags notes; /* what has no counterpart */
};

/* Of the machine. */
struct import_names {
	const char *host;
	char *const *environ; /* for %(ENV_NAME)s */
};

void import_init(struct import *);
void import_clear(struct import *);

/* Convert all programs.  -1: diagnostics were added. */
int import_make(struct import *, const struct ini *,
    const struct import_names *, struct diags *);

#endif
