/*
 * settings - the settings of the daemon: made, copied, compared, freed.
 */
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"

/* base/leaf, or NULL. */
static char *
join(const char *base, const char *leaf)
{
	char *path;

	return asprintf(&path, "%s/%s", base, leaf) == -1 ? NULL : path;
}

/* The places of an ordinary user; those of root are in the key table. */
static int
set_user_places(struct settings *s, const struct places *places)
{
	struct {
		char **field;
		char *value;
	} v[] = {
	    {&s->program_dir, join(places->config_home, "hupd.d")},
	    {&s->log_dir, join(places->state_home, "log")},
	    {&s->run_dir, strdup(places->runtime_dir)},
	    {&s->state_dir, strdup(places->state_home)},
	    {&s->pidfile, join(places->runtime_dir, "hupd.pid")},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		free(*v[i].field);
		*v[i].field = v[i].value;
		if (v[i].value == NULL)
			r = -1;
	}
	return r;
}

int
settings_init(struct settings *s, const struct places *places)
{
	memset(s, 0, sizeof *s);
	s->log_uid = (uid_t)-1;
	s->log_gid = s->access_gid = (gid_t)-1;
	for (size_t i = 0; i < keys_count; i++)
		if (keys_table[i].daemon &&
		    keys_set_default(s, &keys_table[i]) == -1)
			goto fail;
	if (!places->root && set_user_places(s, places) == -1)
		goto fail;
	return 0;
fail:
	settings_clear(s);
	return -1;
}

int
settings_copy(struct settings *to, const struct settings *from)
{
	memset(to, 0, sizeof *to);
	for (size_t i = 0; i < keys_count; i++) {
		if (keys_table[i].daemon &&
		    keys_copy(to, from, &keys_table[i]) == -1) {
			settings_clear(to);
			return -1;
		}
	}
	to->given = from->given;
	to->kept = from->kept;
	to->log_uid = from->log_uid;
	to->log_gid = from->log_gid;
	to->access_gid = from->access_gid;
	return 0;
}

void
settings_clear(struct settings *s)
{
	for (size_t i = 0; i < keys_count; i++)
		if (keys_table[i].daemon)
			keys_clear(s, &keys_table[i]);
	memset(s, 0, sizeof *s);
}

struct keyset
settings_diff(const struct settings *a, const struct settings *b)
{
	struct keyset keys = {0};

	for (size_t i = 0; i < keys_count; i++)
		if (keys_table[i].daemon && !keys_same(a, b, &keys_table[i]))
			keys_add(&keys, &keys_table[i]);
	return keys;
}

unsigned
settings_line(const struct settings *s, const char *name)
{
	const struct key *key = keys_find(name);

	return key == NULL ? 0 : s->lines[keys_index(key)];
}
