/*
 * conf - a program's definition: made, copied, compared, freed.
 */
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "config/conftable.h"
#include "config/conftype.h"

/* What every definition begins with, the values apart. */
static struct conf *
blank_conf(void)
{
	struct conf *conf;

	if ((conf = calloc(1, sizeof *conf)) == NULL)
		return NULL;
	conf->refs = 1;
	conf->uid = (uid_t)-1;
	conf->gid = (gid_t)-1;
	conf->nice = CONF_UNSET;
	conf->oom_score_adj = CONF_UNSET;
	return conf;
}

struct conf *
conf_new(void)
{
	char why[CONF_WHY_MAX];
	const struct conf_row *row;
	struct conf *conf;

	if ((conf = blank_conf()) == NULL)
		return NULL;
	for (row = conf_rows; row < conf_rows + conf_nrows; row++) {
		if (row->key.fallback != NULL &&
		    row->type->parse(conf, row, row->key.fallback, why) == -1) {
			conf_unref(conf);
			return NULL;
		}
	}
	return conf;
}

struct conf *
conf_copy(const struct conf *from)
{
	const struct conf_row *row;
	struct conf *conf;

	if ((conf = blank_conf()) == NULL)
		return NULL;
	conf->given = from->given;
	for (row = conf_rows; row < conf_rows + conf_nrows; row++) {
		if (row->type->store->copy(conf, from, row) == -1) {
			conf_unref(conf);
			return NULL;
		}
	}
	return conf;
}

struct conf *
conf_ref(struct conf *conf)
{
	if (conf != NULL)
		conf->refs++;
	return conf;
}

void
conf_unref(struct conf *conf)
{
	const struct conf_row *row;

	if (conf == NULL || --conf->refs > 0)
		return;
	for (row = conf_rows; row < conf_rows + conf_nrows; row++)
		row->type->store->clear(conf, row);
	free(conf->name);
	free(conf->file);
	free(conf->lines);
	free(conf->gids);
	free(conf->home);
	free(conf->shell);
	free(conf);
}

bool
conf_has(const struct conf *conf, const char *key)
{
	const struct conf_row *row = conf_find(key);

	return row != NULL && (conf->given & conf_bit(row)) != 0;
}

unsigned
conf_line(const struct conf *conf, const char *key, size_t nth)
{
	const struct conf_row *row = conf_find(key);
	size_t at = row == NULL ? conf_nrows : (size_t)(row - conf_rows);
	unsigned line = 0;

	for (size_t i = 0; i < conf->nlines; i++) {
		if (conf->lines[i].row == at && conf->lines[i].nth <= nth)
			line = conf->lines[i].line;
	}
	return line;
}

unsigned
settings_line(const struct settings *settings, const char *key)
{
	const struct conf_row *row = settings_find(key);

	return row == NULL ? 0 : settings->lines[row - settings_rows];
}

static bool
same_string(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_gids(const struct conf *a, const struct conf *b)
{
	return a->ngids == b->ngids &&
	    (a->ngids == 0 ||
		memcmp(a->gids, b->gids, a->ngids * sizeof *a->gids) == 0);
}

/* What confdir found out counts as the key that it was found by. */
uint64_t
conf_diff_resolved(const struct conf *a, const struct conf *b)
{
	uint64_t mask = 0;

	if (a->uid != b->uid || !same_string(a->home, b->home) ||
	    !same_string(a->shell, b->shell))
		mask |= conf_bit(conf_find("user"));
	if (a->gid != b->gid)
		mask |= conf_bit(conf_find("group"));
	if (!same_gids(a, b))
		mask |= conf_bit(conf_find("groups"));
	if (a->env_digest != b->env_digest)
		mask |= conf_bit(conf_find("env-file"));
	return mask;
}

uint64_t
conf_diff(const struct conf *a, const struct conf *b)
{
	const struct conf_row *row;
	uint64_t mask;

	if (a == b)
		return 0;
	mask = conf_diff_resolved(a, b);
	for (row = conf_rows; row < conf_rows + conf_nrows; row++)
		if (!row->type->store->equal(a, b, row))
			mask |= conf_bit(row);
	return mask;
}

uint64_t
settings_diff(const struct settings *a, const struct settings *b)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < CONF_SETTINGS; i++)
		if (!settings_rows[i].type->store->equal(a, b,
			&settings_rows[i]))
			mask |= settings_bit(&settings_rows[i]);
	return mask;
}

static uint64_t
live_mask(const struct conf_row *rows, size_t n)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i].key.live)
			mask |= UINT64_C(1) << i;
	return mask;
}

uint64_t
conf_live_mask(void)
{
	return live_mask(conf_rows, conf_nrows);
}

uint64_t
settings_live_mask(void)
{
	return live_mask(settings_rows, CONF_SETTINGS);
}

static char *
diff_text(const struct conf_row *rows, size_t n, uint64_t mask)
{
	char *text = NULL;
	const char *comma = "";
	size_t size;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if ((mask >> i & 1) == 0)
			continue;
		fprintf(f, "%s%s", comma, rows[i].key.name);
		comma = ", ";
	}
	fprintf(f, " changed");
	if (fclose(f) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

char *
conf_diff_text(uint64_t mask)
{
	return diff_text(conf_rows, conf_nrows, mask);
}

char *
settings_diff_text(uint64_t mask)
{
	return diff_text(settings_rows, CONF_SETTINGS, mask);
}

const struct conf_key *
conf_key(size_t i)
{
	if (i < conf_nrows)
		return &conf_rows[i].key;
	i -= conf_nrows;
	return i < CONF_SETTINGS ? &settings_rows[i].key : NULL;
}
