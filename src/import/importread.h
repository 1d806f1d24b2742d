/*
 * importread - the files of supervisord's configuration, and those that they
 * include.
 *
 * Layer 2.  Source: read_config in supervisor/options.py.
 */
#ifndef IMPORTREAD_H
#define IMPORTREAD_H

#include <sys/queue.h>
#include <sys/types.h>

#include "import/import.h"

struct import_source;

struct import_reading {
	struct ini ini;
	SLIST_HEAD(, import_source) sources; /* where all of that was read */
	mode_t mode; /* what every one of them grants, and its owner */
};

/* Ready for import_read_clear(), and for files of that mode at most. */
void import_read_init(struct import_reading *, mode_t);
void import_read_clear(struct import_reading *);

/*
 * Add what a file and those that it includes say; what is wrong there lands in
 * diags, and in notes what supervisord would only warn of.  -1 with errno: the
 * file itself cannot be read.
 */
int import_read(struct import_reading *, const char *file,
    const struct import_names *, struct diags *, struct diags *notes);

#endif
