/*
 * confparse - the text of a configuration file to a definition, settings or
 * a whole configuration.
 *
 * All that is wrong is reported: a line that is refused is left out, and the
 * rest is read on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "config/conftable.h"
#include "config/conftype.h"
#include "base/text.h"
#include "base/text.h"

#define KEYS_MAX 64
/* Looking for near names is slow: the first unknown keys get one, not all. */
#define NEAR_MAX 20

struct parser {
	const char *file;
	struct diags *diags;
	unsigned line;
	char *key; /* of this line, NULL before it is known */
	/* Where the keys of programs go; NULL after a bad "program" line. */
	struct conf *conf;
	unsigned first[KEYS_MAX]; /* the line that gave row N of it */
	/* Only in the daemon's file: */
	struct confset *set;
	bool whole; /* a "program" line was seen */
	unsigned nunknown;
};

#define complain(p, ...) \
	diag_add((p)->diags, (p)->file, (p)->line, (p)->key, __VA_ARGS__)

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cut blanks off both ends, in place. */
static char *
trim(char *s)
{
	size_t len;

	while (is_blank(*s))
		s++;
	len = strlen(s);
	while (len > 0 && is_blank(s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

static int
add_line(struct conf *conf, size_t row, unsigned line, size_t nth)
{
	struct conf_line *v;

	v = reallocarray(conf->lines, conf->nlines + 1, sizeof *v);
	if (v == NULL)
		return -1;
	conf->lines = v;
	v[conf->nlines++] = (struct conf_line){.line = line,
	    .nth = (uint16_t)nth,
	    .row = (uint8_t)row};
	return 0;
}

static void
unknown_key(struct parser *p)
{
	const char *names[KEYS_MAX + CONF_SETTINGS + 1], *near;
	size_t n = 0;

	for (size_t i = 0; i < conf_nrows; i++)
		names[n++] = conf_rows[i].key.name;
	for (size_t i = 0; p->set != NULL && i < CONF_SETTINGS; i++)
		names[n++] = settings_rows[i].key.name;
	names[n] = NULL;
	near = p->nunknown++ < NEAR_MAX ? text_near(p->key, names) : NULL;
	if (near == NULL)
		complain(p, "unknown key");
	else
		complain(p, "unknown key; did you mean %s?", near);
}

/* Two keys exclude each other: one of the file overrides the defaults'. */
static void
settle_reload(struct parser *p, const struct conf_row *row)
{
	const struct conf_row *sig = conf_find("reload-signal");
	const struct conf_row *command = conf_find("reload-command");
	const struct conf_row *other;

	if (row != sig && row != command)
		return;
	other = row == sig ? command : sig;
	if (p->first[other - conf_rows] != 0) {
		complain(p, "%s, in line %u, excludes it", other->key.name,
		    p->first[other - conf_rows]);
		return;
	}
	if (other == sig)
		p->conf->reload_signal = 0;
	else
		other->type->store->clear(p->conf, other);
	p->conf->given &= ~conf_bit(other);
}

static void
program_key(struct parser *p, const struct conf_row *row, const char *value)
{
	char why[CONF_WHY_MAX];
	size_t at = (size_t)(row - conf_rows), nth = 0;

	if (p->first[at] != 0 && !row->key.repeat) {
		complain(p, "given twice, first in line %u", p->first[at]);
		return;
	}
	if (p->first[at] == 0)
		p->first[at] = p->line;
	if (*value == '\0') {
		complain(p, "has no value");
		return;
	}
	if (row->key.repeat)
		nth = strings_count(*(char **const *)conf_value(p->conf, row));
	if (row->type->parse(p->conf, row, value, why) == -1) {
		complain(p, "%s", why);
		return;
	}
	p->conf->given |= conf_bit(row);
	if (add_line(p->conf, at, p->line, nth) == -1)
		complain(p, "out of memory");
	settle_reload(p, row);
}

static void
setting_key(struct parser *p, const struct conf_row *row, const char *value)
{
	struct settings *settings = &p->set->settings;
	unsigned *first = &settings->lines[row - settings_rows];
	const struct conf_store *store = row->type->store;
	struct settings before = {.given = 0};
	char why[CONF_WHY_MAX];

	if (p->whole) {
		complain(p, "belongs before the first program");
		return;
	}
	if (*first != 0) {
		complain(p, "given twice, first in line %u", *first);
		return;
	}
	*first = p->line;
	if (*value == '\0') {
		complain(p, "has no value");
		return;
	}
	if (store->copy(&before, settings, row) == -1)
		complain(p, "out of memory");
	else if (row->type->parse(settings, row, value, why) == -1)
		complain(p, "%s", why);
	else if (!store->equal(&before, settings, row))
		settings->given |= settings_bit(row);
	store->clear(&before, row);
}

static void
check_delays(struct parser *p)
{
	const struct conf *conf = p->conf;
	unsigned line;
	const char *key;

	if (conf->restart_delay > conf->restart_delay_max) {
		key = "restart-delay";
		if (conf_line(conf, key, 0) == 0)
			key = "restart-delay-max";
		line = conf_line(conf, key, 0);
		if (line != 0)
			diag_add(p->diags, p->file, line, key,
			    "restart-delay is longer than restart-delay-max");
	}
}

/* As a default it is for those that can be watched, and no key of others. */
static void
settle_watchdog(struct parser *p)
{
	struct conf *conf = p->conf;
	unsigned line = conf_line(conf, "watchdog", 0);

	if (conf->name == NULL || conf->ready == READY_NOTIFY)
		return;
	if (line != 0)
		diag_add(p->diags, p->file, line, "watchdog",
		    "needs ready = notify");
	conf->watchdog = 0;
	conf->given &= ~conf_bit(conf_find("watchdog"));
}

/* Check what needs all keys of a definition. */
static void
end_definition(struct parser *p)
{
	const struct conf *conf = p->conf;
	unsigned line;

	if (conf == NULL)
		return;
	line = conf_line(conf, "program", 0);
	if (conf->name != NULL && conf->command == NULL &&
	    p->first[conf_find("command") - conf_rows] == 0)
		diag_add(p->diags, p->file, line, "command", "is missing");
	check_delays(p);
	settle_watchdog(p);
}

/* A copy of defaults (NULL: the built-in ones) for the program of that name. */
static struct conf *
new_definition(const struct conf *defaults, const char *name)
{
	struct conf *conf;

	conf = defaults == NULL ? conf_new() : conf_copy(defaults);
	if (conf == NULL)
		return NULL;
	if ((conf->name = strdup(name)) == NULL) {
		conf_unref(conf);
		return NULL;
	}
	/* What all programs depend on does not depend on itself. */
	for (size_t i = strings_count(conf->depends_on); i-- > 0;)
		if (strcmp(conf->depends_on[i], name) == 0)
			strings_remove(&conf->depends_on, i);
	return conf;
}

static bool
defaults_given(const struct parser *p)
{
	for (size_t i = 0; i < KEYS_MAX; i++)
		if (p->first[i] != 0)
			return true;
	return false;
}

/* "program = NAME": begin a definition in a whole configuration. */
static void
begin_program(struct parser *p, const char *name)
{
	if (!p->whole && defaults_given(p))
		complain(p,
		    "program keys before the first program have no use");
	if (p->whole)
		end_definition(p);
	p->whole = true;
	p->conf = NULL;
	memset(p->first, 0, sizeof p->first);
	if (!text_is_name(name) || conf_is_template(name) ||
	    strcasecmp(name, "hupd") == 0) {
		complain(p, "\"%.80s\" is not a program name", name);
		return;
	}
	if ((p->conf = new_definition(NULL, name)) == NULL ||
	    add_line(p->conf, conf_nrows, p->line, 0) == -1 ||
	    confset_add(p->set, p->conf) == -1) {
		conf_unref(p->conf);
		p->conf = NULL;
		complain(p, "out of memory");
	}
}

static void
parse_key(struct parser *p, char *value)
{
	const struct conf_row *row;

	if (strcmp(p->key, "program") == 0) {
		if (p->set == NULL)
			complain(p, "belongs in a whole configuration");
		else
			begin_program(p, value);
	} else if ((row = settings_find(p->key)) != NULL) {
		if (p->set == NULL)
			complain(p, "belongs in hupd.conf");
		else
			setting_key(p, row, value);
	} else if ((row = conf_find(p->key)) == NULL) {
		unknown_key(p);
	} else if (p->set != NULL && !p->whole &&
	    strcmp(p->key, "command") == 0) {
		complain(p, "belongs in the file of a program");
	} else if (p->conf != NULL) {
		program_key(p, row, value);
	}
}

/* One line of len bytes; a NUL follows. */
static void
parse_line(void *arg, char *text, size_t len)
{
	struct parser *p = arg;
	char *equal, *line;

	p->line++;
	p->key = NULL;
	if (strlen(text) != len) {
		complain(p, "a NUL byte");
		return;
	}
	line = trim(text);
	if (*line == '\0' || *line == '#')
		return;
	if ((equal = strchr(line, '=')) == NULL) {
		complain(p, "\"%.80s\" lacks \"= VALUE\"", line);
		return;
	}
	*equal = '\0';
	line = trim(line);
	if (*line == '\0') {
		complain(p, "no key before \"=\"");
		return;
	}
	p->key = line;
	parse_key(p, trim(equal + 1));
}

/* -1: diagnostics were added. */
static int
parse_text(struct parser *p, const char *bytes, size_t len)
{
	size_t before = diag_count(p->diags);

	if (text_each_line(bytes, len, parse_line, p) == -1) {
		complain(p, "out of memory");
		return -1;
	}
	p->key = NULL;
	end_definition(p);
	return diag_count(p->diags) == before ? 0 : -1;
}

struct conf *
conf_parse(const char *name, const char *file, const char *bytes, size_t len,
    const struct conf *defaults, struct diags *diags)
{
	struct parser p = {.file = file, .diags = diags};

	if ((p.conf = new_definition(defaults, name)) == NULL ||
	    (p.conf->file = strdup(file)) == NULL) {
		complain(&p, "out of memory");
		conf_unref(p.conf);
		return NULL;
	}
	if (parse_text(&p, bytes, len) == -1) {
		conf_unref(p.conf);
		return NULL;
	}
	return p.conf;
}

int
conf_parse_daemon(struct confset *set, const char *file, const char *bytes,
    size_t len, bool *whole, struct diags *diags)
{
	struct parser p = {.file = file, .diags = diags, .set = set};
	int r;

	p.conf = set->defaults;
	free(set->file);
	if ((set->file = strdup(file)) == NULL) {
		complain(&p, "out of memory");
		return -1;
	}
	r = parse_text(&p, bytes, len);
	*whole = p.whole;
	return r;
}
