/*
 * importkey - the keys of supervisord's sections to those of hupd, and what
 * to say of those that have no counterpart.
 *
 * Layer 1.  Pure.  Source: supervisor/options.py, and "Configuration File" of
 * supervisord's documentation.
 */
#ifndef IMPORTKEY_H
#define IMPORTKEY_H

#include <stdbool.h>
#include <stdio.h>

#include "import/importval.h"

/* One program that is being made. */
struct importjob {
	const struct ini_section *section;
	const struct ini_section *daemon; /* [supervisord], or NULL */
	struct importval_names names;
	struct diags *diags;
	struct diags *notes;
	FILE *text; /* as a program's file */
	/* which key each line of text is from */
	const struct ini_key **lines;
	size_t nlines;
};

/* Write all lines.  False after a complaint. */
bool importkey_program(struct importjob *);
/* Say what of [supervisord] has no counterpart. */
void importkey_daemon(const struct ini_section *, struct diags *notes);

#endif
