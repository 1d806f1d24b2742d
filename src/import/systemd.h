/*
 * systemd - the reader of systemd's units: each service as a draft, with an
 * account of the fate of each of its settings.
 *
 * Source: systemd.unit(5), systemd.service(5), systemd.socket(5),
 * systemd.exec(5), systemd.kill(5) and systemd.resource-control(5), of version
 * 257.
 */
#ifndef SYSTEMD_H
#define SYSTEMD_H

#include "import/draft.h"
#include "import/specifier.h"
#include "import/units.h"

/* A setting that is known, for the manual. */
struct systemd_setting {
	const char *section;
	const char *name;
	const char *key;      /* of hupd.conf(5), if it is translated */
	enum draft_fate fate; /* DRAFT_LOST: unless the value is hupd's */
};

/* The i-th, or false after the last. */
bool systemd_setting(size_t i, struct systemd_setting *);

/*
 * Add all services to the draft.  Units that they name are read.  -1:
 * diagnostics were added.
 */
int systemd_convert(struct draft *, struct units *,
    const struct specifier_host *, struct diags *);

#endif
