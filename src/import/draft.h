/*
 * draft - the form between the configuration of another supervisor and hupd's
 * definitions.
 *
 * A reader (supervisord.c, systemd.c) begins one program after another, sets
 * keys of hupd.conf(5) as a user would write them, and finishes the program.
 * The writer here has hupd's own parser read those lines, so that a value which
 * hupd refuses is reported at the line of the source that it came from, and
 * prints the canonical form.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "base/diag.h"

/* A place in the source.  The strings are borrowed. */
struct draft_origin {
	const char *file;
	unsigned line;
	const char *key; /* NULL: the section as a whole */
};

/* A program in work: the reader fills in the first members. */
struct draft_program {
	const char *name;	    /* hupd's name of it */
	const char *title;	    /* in the source: "[program:web]" */
	const char *format;	    /* whose it is: "supervisord" */
	struct draft_origin origin; /* where the program begins */
	struct diags *diags;	    /* takes the errors */
	const struct diags *notes;  /* head the file; NULL: none */

	FILE *f; /* the rest is draft.c's */
	char *text;
	size_t len;
	struct draft_origin *origins; /* of each line of text */
	size_t norigins;
	size_t errors; /* in diags when the program began */
};

/* The fate of a setting of the source. */
enum draft_fate {
	DRAFT_TRANSLATED, /* by the keys in detail */
	DRAFT_NO_EFFECT,  /* it changes nothing here; detail may say why */
	DRAFT_LOST,	  /* detail says why */
};

/* A setting of the source. */
struct draft_setting {
	char *file;
	unsigned line;
	char *key;
	enum draft_fate fate;
	char *detail; /* keys, separated by blanks, or a reason; or NULL */
};

struct draft_file {
	struct definition *conf; /* the definition; conf->file is "NAME.conf" */
	char *text; /* notes as comments, then the canonical form */
	size_t len;
};

/* The result. */
struct draft {
	struct draft_file *v;
	size_t n;
	struct diags notes; /* what is lost or differs; for the user */
	struct draft_setting *settings; /* of readers that account for all */
	size_t nsettings;
};

void draft_init(struct draft *);
void draft_clear(struct draft *);

/* A name that hupd allows, like this one; malloc'd, or NULL. */
char *draft_name(const char *);
/* False: an error was added to program->diags. */
bool draft_begin(struct draft_program *);
/* Set a key, or add to a repeatable one.  An error is added to the diags. */
void draft_set(struct draft_program *, const struct draft_origin *,
    const char *key, const char *value);
/* Account for a setting.  -1: no memory. */
int draft_account(struct draft *, const struct draft_origin *, enum draft_fate,
    const char *detail);
/*
 * Add the program's file to the draft, unless the diags have errors since
 * draft_begin, which may be the reader's own.  Frees what draft_begin and
 * draft_set allocated.
 */
void draft_finish(struct draft *, struct draft_program *);

#endif
