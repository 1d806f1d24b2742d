/*
 * drafts - the properties of every import, whatever it reads.
 */
#ifndef DRAFTS_H
#define DRAFTS_H

#include "fuzz.h"
#include "config/syntax.h"
#include "import/draft.h"

static inline void
check_text(const struct diags *diags)
{
	char buf[512];

	for (size_t i = 0; i < diags->n; i++) {
		diag_print(&diags->v[i], buf, sizeof(buf));
		must(strpbrk(buf, "\n\r\033") == NULL);
	}
}

static inline void
check_file(const struct draft_file *file)
{
	struct diags diags;
	struct definition *conf;

	diag_init(&diags);
	must(file->len <= SYNTAX_FILE_MAX);
	conf = syntax_parse(file->conf->name, "FILE", file->text, file->len,
	    NULL, &diags);
	must(conf != NULL && keys_none(definition_diff(conf, file->conf)));
	definition_unref(conf);
	diag_clear(&diags);
}

#endif
