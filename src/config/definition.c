/*
 * definition - the definition of one program: made, copied, compared, freed.
 */
#include <stdlib.h>
#include <string.h>

#include "config/definition.h"

/* The time of stop-post where stop-timeout is 0, ms. */
#define STOP_POST_TIME 10000
/* The variables that the paths of an instance may have. */
#define INSTANCE "${HUPD_INSTANCE}"
#define PROGRAM "${HUPD_PROGRAM}"

/* A definition before its keys are set. */
static struct definition *
make_blank(void)
{
	struct definition *d;

	if ((d = calloc(1, sizeof *d)) == NULL)
		return NULL;
	d->refs = 1;
	d->uid = (uid_t)-1;
	d->gid = (gid_t)-1;
	d->nice = DEFINITION_UNSET;
	d->oom_score_adj = DEFINITION_UNSET;
	d->cpu_priority = d->io_priority = DEFINITION_UNSET;
	d->socket_fd = DEFINITION_UNSET;
	d->socket_uid = (uid_t)-1;
	d->socket_gid = (gid_t)-1;
	return d;
}

struct definition *
definition_new(void)
{
	struct definition *d;

	if ((d = make_blank()) == NULL)
		return NULL;
	for (size_t i = 0; i < keys_count; i++) {
		if (!keys_table[i].daemon &&
		    keys_set_default(d, &keys_table[i]) == -1) {
			definition_unref(d);
			return NULL;
		}
	}
	return d;
}

struct definition *
definition_copy(const struct definition *from)
{
	struct definition *d;

	if ((d = make_blank()) == NULL)
		return NULL;
	d->given = from->given;
	for (size_t i = 0; i < keys_count; i++) {
		if (!keys_table[i].daemon &&
		    keys_copy(d, from, &keys_table[i]) == -1) {
			definition_unref(d);
			return NULL;
		}
	}
	return d;
}

struct definition *
definition_ref(struct definition *d)
{
	if (d != NULL)
		d->refs++;
	return d;
}

void
definition_unref(struct definition *d)
{
	if (d == NULL || --d->refs > 0)
		return;
	for (size_t i = 0; i < keys_count; i++)
		if (!keys_table[i].daemon)
			keys_clear(d, &keys_table[i]);
	hardening_free(d->hardening);
	free(d->name);
	free(d->file);
	free(d->lines);
	definition_forget(d);
	definition_forget_files(d);
	free(d);
}

void
definition_forget_files(struct definition *d)
{
	free(d->env_read);
	d->env_read = NULL;
	d->env_digest = 0;
	d->env_kept = false;
}

void
definition_forget(struct definition *d)
{
	free(d->gids);
	free(d->login);
	free(d->home);
	free(d->shell);
	free(d->waits_for);
	d->gids = NULL;
	d->ngids = 0;
	d->login = d->home = d->shell = d->waits_for = NULL;
	d->uid = (uid_t)-1;
	d->gid = (gid_t)-1;
	d->socket_uid = (uid_t)-1;
	d->socket_gid = (gid_t)-1;
	d->kept = false;
}

/* Has it the default of the key, and was that another one in version 0.1? */
static bool
is_former(const struct definition *d, const struct key *key)
{
	return key->before != NULL && !keys_has(d->given, key);
}

void
definition_use_former(struct definition *d)
{
	for (size_t i = 0; i < keys_count; i++)
		if (is_former(d, &keys_table[i]))
			keys_set_former(d, &keys_table[i]);
}

void
definition_use_present(struct definition *d)
{
	for (size_t i = 0; i < keys_count; i++)
		if (is_former(d, &keys_table[i]))
			keys_set_default(d, &keys_table[i]);
}

char *
definition_former(const struct definition *d)
{
	char *text = NULL;
	size_t size, n = 0;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		return NULL;
	for (size_t i = 0; i < keys_count; i++)
		if (is_former(d, &keys_table[i]))
			fprintf(f, "%s%s = %s", n++ > 0 ? ", " : "",
			    keys_table[i].name, keys_table[i].before);
	if (fclose(f) == EOF || n == 0) {
		free(text);
		text = NULL;
	}
	return text;
}

bool
definition_has(const struct definition *d, const char *name)
{
	const struct key *key = keys_find(name);

	return key != NULL && keys_has(d->given, key);
}

unsigned
definition_line(const struct definition *d, const char *name, size_t nth)
{
	const struct key *key = keys_find(name);
	size_t i = key == NULL ? keys_count : keys_index(key);
	unsigned line = 0;

	for (size_t at = 0; at < d->nlines; at++)
		if (d->lines[at].key == i && d->lines[at].nth <= nth)
			line = d->lines[at].line;
	return line;
}

bool
definition_settles(const struct definition *d)
{
	return d->settle_time > 0 &&
	    (d->ready == READY_STARTED || d->ready == READY_FORKS);
}

static bool
same_string(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_gids(const struct definition *a, const struct definition *b)
{
	return a->ngids == b->ngids &&
	    (a->ngids == 0 ||
		memcmp(a->gids, b->gids, a->ngids * sizeof *a->gids) == 0);
}

/* Attribute a difference in a resolved field to the key that it came from. */
struct keyset
definition_diff_resolved(const struct definition *a, const struct definition *b)
{
	struct keyset keys = {0};

	if (a->uid != b->uid || !same_string(a->login, b->login) ||
	    !same_string(a->home, b->home) || !same_string(a->shell, b->shell))
		keys_add(&keys, keys_find("user"));
	if (a->gid != b->gid)
		keys_add(&keys, keys_find("group"));
	if (!same_gids(a, b))
		keys_add(&keys, keys_find("groups"));
	if (a->socket_uid != b->socket_uid)
		keys_add(&keys, keys_find("socket-user"));
	if (a->socket_gid != b->socket_gid)
		keys_add(&keys, keys_find("socket-group"));
	if (a->env_digest != b->env_digest)
		keys_add(&keys, keys_find("env-file"));
	return keys;
}

/* A key that neither of them was given only follows from others. */
static bool
is_given(const struct definition *a, const struct definition *b,
    const struct key *key)
{
	return keys_has(a->given, key) || keys_has(b->given, key);
}

struct keyset
definition_diff(const struct definition *a, const struct definition *b)
{
	struct keyset keys = {0};

	if (a == b)
		return keys;
	keys = definition_diff_resolved(a, b);
	for (size_t i = 0; i < keys_count; i++)
		if (!keys_table[i].daemon && is_given(a, b, &keys_table[i]) &&
		    !keys_same(a, b, &keys_table[i]))
			keys_add(&keys, &keys_table[i]);
	return keys;
}

bool
definition_same_text(const struct definition *a, const struct definition *b)
{
	for (size_t i = 0; a != b && i < keys_count; i++)
		if (!keys_table[i].daemon && !keys_same(a, b, &keys_table[i]))
			return false;
	return true;
}

const char *
definition_instance(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] != '\0' ? at + 1 : NULL;
}

bool
definition_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] == '\0';
}

bool
definition_has_variable(const char *text)
{
	return strstr(text, INSTANCE) != NULL || strstr(text, PROGRAM) != NULL;
}

/* The value of the variable that text begins with, and its length; or NULL. */
static const char *
variable(const char *name, const char *text, size_t *len)
{
	if (strncmp(text, INSTANCE, *len = sizeof(INSTANCE) - 1) == 0)
		return definition_instance(name);
	if (strncmp(text, PROGRAM, *len = sizeof(PROGRAM) - 1) == 0)
		return name;
	return NULL;
}

char *
definition_expand(const char *name, const char *text)
{
	const char *value;
	char *expanded = NULL;
	size_t size, len;
	FILE *f;

	if ((f = open_memstream(&expanded, &size)) == NULL)
		return NULL;
	while (*text != '\0') {
		if ((value = variable(name, text, &len)) == NULL) {
			putc(*text++, f);
			continue;
		}
		fputs(value, f);
		text += len;
	}
	if (fclose(f) == EOF) {
		free(expanded);
		return NULL;
	}
	return expanded;
}

/* stop-timeout = 0 kills a program, but not the commands after its end. */
int64_t
definition_stop_post_time(const struct definition *conf)
{
	return conf->stop_timeout > 0 ? conf->stop_timeout : STOP_POST_TIME;
}
