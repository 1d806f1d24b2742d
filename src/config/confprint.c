/*
 * confprint - the canonical form of a configuration.
 */
#include "config/conf.h"
#include "config/conftable.h"

static int
print_differing(const struct conf *conf, const struct conf *builtin, FILE *f)
{
	const struct conf_row *row;

	/* What was not given is the default; most keys are not. */
	for (uint64_t given = conf->given; given != 0; given &= given - 1) {
		row = conf_rows + __builtin_ctzll(given);
		if (!row->type->store->equal(conf, builtin, row) &&
		    row->type->print(conf, row, f) == -1)
			return -1;
	}
	return 0;
}

int
conf_print(const struct conf *conf, FILE *f)
{
	struct conf *builtin;
	int r;

	if ((builtin = conf_new()) == NULL)
		return -1;
	r = print_differing(conf, builtin, f);
	conf_unref(builtin);
	return r;
}

static int
settings_print(const struct settings *settings, FILE *f)
{
	const struct conf_row *row;

	for (size_t i = 0; i < CONF_SETTINGS; i++) {
		row = &settings_rows[i];
		if ((settings->given & settings_bit(row)) != 0 &&
		    row->type->print(settings, row, f) == -1)
			return -1;
	}
	return 0;
}

int
confset_print(const struct confset *set, FILE *f)
{
	struct conf *builtin;
	bool blank = set->settings.given != 0;
	int r;

	if ((builtin = conf_new()) == NULL)
		return -1;
	r = settings_print(&set->settings, f);
	for (size_t i = 0; r == 0 && i < set->nprograms; i++) {
		fputs(blank ? "\nprogram = " : "program = ", f);
		fputs(set->programs[i]->name, f);
		putc('\n', f);
		r = print_differing(set->programs[i], builtin, f);
		blank = true;
	}
	conf_unref(builtin);
	return r;
}
