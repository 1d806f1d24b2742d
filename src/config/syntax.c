/*
 * syntax - the text of configuration files: parsed to definitions and
 * settings, and printed from them.
 *
 * The parser reports every error: it skips a line that it refuses, and reads
 * on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "base/text.h"
#include "base/words.h"
#include "config/address.h"
#include "config/definition.h"
#include "config/environ.h"
#include "config/foreign.h"
#include "config/kept.h"
#include "config/syntax.h"

/* The search for a similar name is slow: only the first unknown keys get it. */
#define NEAR_MAX 20

struct parser {
	const char *file;
	struct diags *diags;
	struct diags *notes; /* or NULL */
	unsigned line;
	char *key; /* of this line, NULL before it is known */
	/* Receives the keys of programs; NULL after a bad "program" line. */
	struct definition *conf;
	unsigned first[KEYS_MAX]; /* the line that gave it a key, by index */
	/* Only in the daemon's file: */
	struct config *config;
	bool saved; /* lines that a user cannot write are known */
	bool whole; /* a "program" line was seen */
	unsigned nunknown;
};

#define MARK_LEN (sizeof(KEPT_MARK) - 1)

/* The key of the first line of a saved configuration. */
#define ORIGIN "config"

/* White space around keys and values. */
#define BLANKS " \t\r"

#define complain(p, ...) \
	diag_add((p)->diags, (p)->file, (p)->line, (p)->key, __VA_ARGS__)

/* Note that the line gave the key, NULL for "program".  -1: no memory. */
static int
add_line(struct definition *d, const struct key *key, unsigned line, size_t nth)
{
	size_t i = key == NULL ? keys_count : keys_index(key);
	struct definition_line *v;

	v = reallocarray(d->lines, d->nlines + 1, sizeof *v);
	if (v == NULL)
		return -1;
	d->lines = v;
	v[d->nlines++] = (struct definition_line){.line = line,
	    .nth = (uint16_t)nth,
	    .key = (uint8_t)i};
	return 0;
}

static bool
is_program_key(const char *name)
{
	const struct key *key = keys_find(name);

	return key != NULL && !key->daemon;
}

static void
unknown_key(struct parser *p)
{
	const char *names[KEYS_MAX + 1], *near;
	char answer[FOREIGN_MAX];
	size_t n = 0;

	if (foreign_key(p->key, is_program_key, answer) != NULL) {
		complain(p, "unknown key; %s", answer);
		return;
	}
	for (size_t i = 0; i < keys_count; i++)
		if (p->config != NULL || !keys_table[i].daemon)
			names[n++] = keys_table[i].name;
	names[n] = NULL;
	near = p->nunknown++ < NEAR_MAX ? text_near(p->key, names, NULL) : NULL;
	if (near == NULL)
		complain(p, "unknown key");
	else
		complain(p, "unknown key; did you mean %s?", near);
}

/* The line that gave the key to this program, or 0. */
static unsigned
first_line(const struct parser *p, const char *key)
{
	return p->first[keys_index(keys_find(key))];
}

/* Take a key out of the definition, as if it had not been given. */
static void
take_back(struct definition *conf, const struct key *key)
{
	keys_clear(conf, key);
	keys_remove(&conf->given, key);
}

/*
 * reload-signal and reload-command exclude each other.  In one file, both are
 * an error; a key of the file overrides the other one of the defaults.
 */
static void
settle_reload(struct parser *p, const struct key *key)
{
	const struct key *sig = keys_find("reload-signal");
	const struct key *command = keys_find("reload-command");
	const struct key *other = key == sig ? command : sig;

	if (key != sig && key != command)
		return;
	if (p->first[keys_index(other)] != 0) {
		complain(p, "cannot be combined with %s (line %u)", other->name,
		    p->first[keys_index(other)]);
		return;
	}
	take_back(p->conf, other);
}

/* Report a program that names itself among its neighbours.  -1: it does. */
static int
refuse_itself(struct parser *p)
{
	struct definition *conf = p->conf;
	char ***lists[] = {&conf->depends_on, &conf->after,
	    &conf->restart_with};

	for (size_t l = 0; conf->name != NULL && l < 3; l++)
		for (size_t i = strings_count(*lists[l]); i-- > 0;) {
			if (strcmp((*lists[l])[i], conf->name) != 0)
				continue;
			complain(p, "%s cannot wait for itself", conf->name);
			strings_remove(lists[l], i);
			return -1;
		}
	return 0;
}

#define warn(p, ...)                                                    \
	do {                                                            \
		if ((p)->notes != NULL)                                 \
			diag_add_once((p)->notes, (p)->file, (p)->line, \
			    (p)->key, __VA_ARGS__);                     \
	} while (0)

/* Is a word a shell?  It expands the variables in its own argument. */
static bool
has_shell(char *const *words)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash", "ksh",
	    "mksh", "zsh", NULL};
	const char *name;

	for (; *words != NULL; words++) {
		name = strrchr(*words, '/');
		name = name != NULL ? name + 1 : *words;
		for (size_t i = 0; shells[i] != NULL; i++)
			if (strcmp(name, shells[i]) == 0)
				return true;
	}
	return false;
}

/* A command that only a shell would understand is accepted nevertheless. */
static void
warn_of_shell(struct parser *p, const char *value)
{
	const char *word, *why;
	char **words;
	bool quoted;
	size_t len;

	if (words_split(value, &words, &len, &why) == -1)
		return;
	quoted = !has_shell(words);
	if (len > 0 && environ_name(words[0]) > 0)
		warn(p,
		    "\"%.40s\" in front of a command sets a variable in a "
		    "shell only; use env = %.40s",
		    words[0], words[0]);
	free(words);
	if ((len = words_shell(value, quoted, &word)) > 0)
		warn(p,
		    "\"%.*s\" has a meaning in a shell only, and none is used: "
		    "write sh -c '...', or quote it",
		    (int)(len > 40 ? 40 : len), word);
}

/*
 * Put the names of an instance into a path.  A template that is checked alone
 * keeps the variables; but an address must be one, so it gets those of its
 * instance 1.  Returns value, or a malloc'd text; NULL: no memory.
 */
static char *
expand(struct parser *p, const struct key *key, char *value)
{
	const char *name = p->conf->name;
	char first[128];

	if (!key->expands || !definition_has_variable(value))
		return value;
	if (name != NULL && definition_instance(name) != NULL)
		return definition_expand(name, value);
	if (name != NULL && definition_is_template(name) &&
	    key->value.kind == &value_addresses) {
		snprintf(first, sizeof(first), "%s1", name);
		return definition_expand(first, value);
	}
	if (name == NULL || !definition_is_template(name))
		warn(p,
		    "variables are replaced in the instances of a template "
		    "only");
	return value;
}

/* Read the value, as it is or as it is for this instance. */
static int
read_value(struct parser *p, const struct key *key, char *value)
{
	char why[VALUE_WHY_MAX], *text = expand(p, key, value);
	int r = -1;

	if (text == NULL)
		complain(p, "out of memory");
	else if ((r = keys_parse(p->conf, key, text, why)) == -1)
		complain(p, "%s", why);
	if (text != value)
		free(text);
	return r;
}

static void
program_key(struct parser *p, const struct key *key, char *value)
{
	unsigned *first = &p->first[keys_index(key)];
	size_t nth = 0;

	if (*first != 0 && !key->repeat) {
		complain(p, "given twice, first in line %u", *first);
		return;
	}
	if (*value == '\0' && key->repeat &&
	    (*first != 0 || key != keys_find("command"))) {
		/* Leave out what came before, and what hupd.conf has. */
		take_back(p->conf, key);
		*first = 0;
		return;
	}
	if (*first == 0)
		*first = p->line;
	if (*value == '\0') {
		complain(p, "has no value");
		return;
	}
	if (key->repeat)
		nth = value_count(keys_value(p->conf, key), &key->value);
	if (read_value(p, key, value) == -1 || refuse_itself(p) == -1)
		return;
	if (keys_is_command(key))
		warn_of_shell(p, value + strspn(value, "+-"));
	keys_add(&p->conf->given, key);
	if (add_line(p->conf, key, p->line, nth) == -1)
		complain(p, "out of memory");
	settle_reload(p, key);
}

static void
setting_key(struct parser *p, const struct key *key, const char *value)
{
	struct settings *settings = &p->config->settings;
	unsigned *first = &settings->lines[keys_index(key)];
	struct settings before = {.program_dir = NULL};
	char why[VALUE_WHY_MAX];

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
	if (keys_copy(&before, settings, key) == -1)
		complain(p, "out of memory");
	else if (keys_parse(settings, key, value, why) == -1)
		complain(p, "%s", why);
	else if (!keys_same(&before, settings, key))
		keys_add(&settings->given, key);
	keys_clear(&before, key);
}

static void
check_delays(struct parser *p)
{
	const struct definition *conf = p->conf;
	unsigned line;
	const char *key;

	if (conf->restart_delay > conf->restart_delay_max) {
		key = "restart-delay";
		if (definition_line(conf, key, 0) == 0)
			key = "restart-delay-max";
		line = definition_line(conf, key, 0);
		if (line != 0)
			diag_add(p->diags, p->file, line, key,
			    "restart-delay is longer than restart-delay-max");
	}
}

/* A watchdog from the defaults applies to programs with ready = notify only. */
static void
settle_watchdog(struct parser *p)
{
	struct definition *conf = p->conf;
	unsigned line = definition_line(conf, "watchdog", 0);

	if (conf->name == NULL || conf->ready == READY_NOTIFY)
		return;
	if (line != 0)
		diag_add(p->diags, p->file, line, "watchdog",
		    "needs ready = notify");
	take_back(conf, keys_find("watchdog"));
}

/* Only a daemon that forks has a pid file for hupd. */
static void
check_pid_file(struct parser *p)
{
	const struct definition *conf = p->conf;
	unsigned line = definition_line(conf, "pid-file", 0);

	if (line != 0 && conf->ready != READY_FORKS)
		diag_add(p->diags, p->file, line, "pid-file",
		    "needs ready = forks");
}

/* A priority has no meaning for every policy. */
static void
check_scheduling(struct parser *p)
{
	const struct definition *conf = p->conf;
	const char *key = "cpu-scheduling-priority";
	unsigned line = definition_line(conf, key, 0);

	if (line != 0 && conf->cpu_policy != KEY_CPU_FIFO &&
	    conf->cpu_policy != KEY_CPU_RR)
		diag_add(p->diags, p->file, line, key,
		    "needs cpu-scheduling-policy = fifo or rr");
	key = "io-scheduling-priority";
	line = definition_line(conf, key, 0);
	if (line != 0 && conf->io_class == KEY_IO_IDLE)
		diag_add(p->diags, p->file, line, key,
		    "has no meaning with io-scheduling-class = idle");
}

/* Only a task has several commands. */
static void
check_commands(struct parser *p)
{
	const struct definition *conf = p->conf;

	if (conf->more_commands != NULL && conf->ready != READY_EXITED)
		diag_add(p->diags, p->file, definition_line(conf, "command", 1),
		    "command",
		    "given twice, first in line %u; only a program with "
		    "ready = exited has several commands",
		    first_line(p, "command"));
}

/* A capability that the bounding set lacks cannot be given. */
static void
check_capabilities(struct parser *p)
{
	static const char key[] = "ambient-capabilities";
	const struct hardening *h = p->conf->hardening;
	unsigned line = definition_line(p->conf, key, 0);
	const char *by;

	if (h == NULL)
		return;
	if (line == 0)
		line = definition_line(p->conf, "capability-bounding-set", 0);
	for (unsigned i = 0; hardening_capabilities[i] != NULL && line != 0;
	     i++)
		if ((h->ambient >> i & 1) != 0 &&
		    (by = hardening_taken_by(h, i)) != NULL)
			diag_add(p->diags, p->file, line, key,
			    "%s cannot be given: %s takes it away",
			    hardening_capabilities[i], by);
}

/*
 * The defaults of a task, a program with ready = exited, are others.  A default
 * of hupd.conf that would start a task for ever does not apply to it.
 */
static void
settle_task(struct parser *p)
{
	struct definition *conf = p->conf;
	unsigned line = definition_line(conf, "restart", 0);

	if (conf->name == NULL || conf->ready != READY_EXITED)
		return;
	if (!definition_has(conf, "start-timeout"))
		conf->start_timeout = 0;
	if (definition_has(conf, "restart") &&
	    conf->restart != RESTART_ALWAYS &&
	    conf->restart != RESTART_ON_SUCCESS)
		return;
	if (line != 0)
		diag_add(p->diags, p->file, line, "restart",
		    "\"%s\" would start a program with ready = exited again "
		    "and again",
		    conf->restart == RESTART_ALWAYS ? "always" : "on-success");
	take_back(conf, keys_find("restart"));
	conf->restart = RESTART_NEVER;
}

/* A descriptor that the program gets by LISTEN_FDS cannot be another, too. */
static void
check_number(struct parser *p, const char *key, int fd)
{
	const struct definition *conf = p->conf;
	int n = (int)strings_count(conf->listen_stream);
	bool stores = conf->ready == READY_NOTIFY;

	if (stores && fd >= 3 && fd < 3 + n + DEFINITION_STORE_MAX)
		n += DEFINITION_STORE_MAX;
	if (fd >= 3 && fd < 3 + n)
		diag_add(p->diags, p->file, definition_line(conf, key, 0), key,
		    "descriptor %d is in the range of LISTEN_FDS, %d to %d%s",
		    fd, 3, 2 + n,
		    n > (int)strings_count(conf->listen_stream)
			? ", with those that the program may store"
			: "");
}

static bool
has_path(const struct definition *conf)
{
	for (size_t i = 0; i < strings_count(conf->listen_stream); i++)
		if (address_is_path(conf->listen_stream[i]))
			return true;
	return false;
}

/* The keys that say more about the sockets. */
static void
check_socket_keys(struct parser *p)
{
	static const char *const keys[] = {"socket-user", "socket-group",
	    "socket-mode"};
	const struct definition *conf = p->conf;
	unsigned line;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		line = definition_line(conf, keys[i], 0);
		if (line != 0 && !has_path(conf))
			diag_add(p->diags, p->file, line, keys[i],
			    "needs a path as listen-stream");
	}
	line = definition_line(conf, "socket-fd", 0);
	if (line == 0)
		return;
	if (strings_count(conf->listen_stream) != 1)
		diag_add(p->diags, p->file, line, "socket-fd",
		    "needs exactly one listen-stream");
	else if (conf->socket_fd == 1 || conf->socket_fd == 2)
		diag_add(p->diags, p->file, line, "socket-fd",
		    "descriptor %d is the output of the program",
		    conf->socket_fd);
	else if (conf->ready == READY_FD && conf->socket_fd == conf->ready_fd)
		diag_add(p->diags, p->file, line, "socket-fd",
		    "descriptor %d is that of ready, too", conf->socket_fd);
	else
		check_number(p, "socket-fd", conf->socket_fd);
}

static void
check_sockets(struct parser *p)
{
	const struct definition *conf = p->conf;
	size_t n = strings_count(conf->listen_stream);

	if (n > DEFINITION_LISTEN_MAX)
		diag_add(p->diags, p->file,
		    definition_line(conf, "listen-stream",
			DEFINITION_LISTEN_MAX),
		    "listen-stream", "a program has at most %d sockets",
		    DEFINITION_LISTEN_MAX);
	check_socket_keys(p);
	if (n > 0 && conf->ready == READY_FD &&
	    definition_line(conf, "ready", 0) != 0)
		check_number(p, "ready", conf->ready_fd);
}

/* Check what depends on several keys, once all are read. */
static void
end_definition(struct parser *p)
{
	const struct definition *conf = p->conf;
	unsigned line;

	if (conf == NULL)
		return;
	line = definition_line(conf, "program", 0);
	if (conf->name != NULL && conf->command == NULL &&
	    first_line(p, "command") == 0)
		diag_add(p->diags, p->file, line, "command", "is missing");
	check_delays(p);
	settle_watchdog(p);
	check_pid_file(p);
	check_commands(p);
	check_scheduling(p);
	check_capabilities(p);
	settle_task(p);
	check_sockets(p);
}

/* A copy of defaults (NULL: the built-in ones) for the program of that name. */
static struct definition *
new_definition(const struct definition *defaults, const char *name)
{
	struct definition *conf;

	conf = defaults == NULL ? definition_new() : definition_copy(defaults);
	if (conf == NULL)
		return NULL;
	if ((conf->name = strdup(name)) == NULL) {
		definition_unref(conf);
		return NULL;
	}
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
		    "the keys before the first program would have no effect");
	if (p->whole)
		end_definition(p);
	p->whole = true;
	p->conf = NULL;
	memset(p->first, 0, sizeof p->first);
	if (!text_is_name(name) || definition_is_template(name) ||
	    strcasecmp(name, "hupd") == 0) {
		complain(p, "\"%.80s\" is not a program name", name);
		return;
	}
	if ((p->conf = new_definition(NULL, name)) == NULL ||
	    add_line(p->conf, NULL, p->line, 0) == -1 ||
	    config_add(p->config, p->conf) == -1) {
		definition_unref(p->conf);
		p->conf = NULL;
		complain(p, "out of memory");
	}
}

/* The results of resolve for a program or for the settings. */
static void
kept_key(struct parser *p, const char *value)
{
	char why[VALUE_WHY_MAX];
	int r = 0;

	if (!p->whole)
		r = kept_parse_settings(&p->config->settings, value, why);
	else if (p->conf != NULL && strcmp(p->key, KEPT_KEY) == 0)
		r = kept_parse(p->conf, value, why);
	else if (p->conf != NULL && strcmp(p->key, KEPT_SOCKET_KEY) == 0)
		r = kept_parse_socket(p->conf, value, why);
	else if (p->conf != NULL)
		r = kept_parse_files(p->conf, value, why);
	if (r == -1)
		complain(p, "%s", why);
}

static void
note_former(struct parser *p, const struct key *key)
{
	if (key->former != NULL && strcmp(p->key, key->former) == 0)
		diag_add(&p->config->notes, p->file, p->line, p->key,
		    "is called %s now; the former name is still understood",
		    key->name);
}

/* A line that only a saved configuration has. */
static void
saved_key(struct parser *p, const char *value)
{
	char **origin = &p->config->origin;

	if (strcmp(p->key, KEPT_KEY) == 0 ||
	    strcmp(p->key, KEPT_FILES_KEY) == 0 ||
	    strcmp(p->key, KEPT_SOCKET_KEY) == 0) {
		kept_key(p, value);
		return;
	}
	if (strcmp(p->key, ORIGIN) != 0)
		return;
	free(*origin);
	if ((*origin = strdup(value)) == NULL)
		complain(p, "out of memory");
}

static void
parse_key(struct parser *p, char *value)
{
	const struct key *key = keys_find(p->key);

	if (strcmp(p->key, "program") == 0) {
		if (p->config == NULL)
			complain(p, "is only allowed in a whole configuration");
		else
			begin_program(p, value);
	} else if (key == NULL) {
		unknown_key(p);
	} else if (key->daemon) {
		if (p->config == NULL)
			complain(p, "belongs in hupd.conf");
		else {
			note_former(p, key);
			setting_key(p, key, value);
		}
	} else if (key->own && p->config != NULL && !p->whole) {
		complain(p, "belongs in the file of a program");
	} else if (p->conf != NULL) {
		program_key(p, key, value);
	}
}

/* One line of len bytes; a NUL follows. */
static void
parse_line(void *arg, char *text, size_t len)
{
	struct parser *p = arg;
	char *equal, *line;
	bool saved;

	p->line++;
	p->key = NULL;
	if (strlen(text) != len) {
		complain(p, "contains a NUL byte");
		return;
	}
	line = text_trim(text, BLANKS);
	saved = p->saved && strncmp(line, KEPT_MARK, MARK_LEN) == 0;
	if (saved)
		line += MARK_LEN;
	if (*line == '\0' || *line == '#')
		return;
	if ((equal = strchr(line, '=')) == NULL) {
		complain(p, "\"%.80s\" has no \"= VALUE\"", line);
		return;
	}
	*equal = '\0';
	line = text_trim(line, BLANKS);
	if (*line == '\0') {
		complain(p, "no key before \"=\"");
		return;
	}
	p->key = line;
	if (saved)
		saved_key(p, text_trim(equal + 1, BLANKS));
	else
		parse_key(p, text_trim(equal + 1, BLANKS));
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

struct definition *
syntax_parse_partly(const char *name, const char *file, const char *bytes,
    size_t len, const struct definition *defaults, struct diags *diags,
    struct diags *notes)
{
	struct parser p = {.file = file, .diags = diags, .notes = notes};

	if ((p.conf = new_definition(defaults, name)) == NULL ||
	    (p.conf->file = strdup(file)) == NULL) {
		complain(&p, "out of memory");
		definition_unref(p.conf);
		return NULL;
	}
	parse_text(&p, bytes, len);
	return p.conf;
}

struct definition *
syntax_parse(const char *name, const char *file, const char *bytes, size_t len,
    const struct definition *defaults, struct diags *diags)
{
	size_t before = diag_count(diags);
	struct definition *conf;

	conf =
	    syntax_parse_partly(name, file, bytes, len, defaults, diags, NULL);
	if (diag_count(diags) == before)
		return conf;
	definition_unref(conf);
	return NULL;
}

static int
parse_config(struct parser *p, const char *bytes, size_t len)
{
	struct config *config = p->config;

	p->conf = config->defaults;
	free(config->file);
	if ((config->file = strdup(p->file)) == NULL) {
		complain(p, "out of memory");
		return -1;
	}
	return parse_text(p, bytes, len);
}

int
syntax_parse_config(struct config *config, const char *file, const char *bytes,
    size_t len, bool *whole, struct diags *diags)
{
	struct parser p = {.file = file,
	    .diags = diags,
	    .notes = &config->notes,
	    .config = config};
	int r = parse_config(&p, bytes, len);

	*whole = p.whole;
	return r;
}

int
syntax_parse_saved(struct config *config, const char *file, const char *bytes,
    size_t len, struct diags *diags)
{
	struct parser p = {.file = file,
	    .diags = diags,
	    .config = config,
	    .saved = true};

	return parse_config(&p, bytes, len);
}

char *
syntax_saved_origin(const char *bytes)
{
	static const char lead[] = KEPT_MARK ORIGIN " = ";

	if (strncmp(bytes, lead, sizeof(lead) - 1) != 0)
		return NULL;
	bytes += sizeof(lead) - 1;
	return strndup(bytes, strcspn(bytes, "\n"));
}

/* The canonical form. */

/* Has the key another default in this definition than the built-in one? */
static bool
has_own_default(const struct definition *conf, const struct key *key)
{
	return conf->ready == READY_EXITED &&
	    (key == keys_find("restart") || key == keys_find("start-timeout"));
}

static int
print_differing(const struct definition *conf, const struct definition *builtin,
    FILE *f)
{
	/* A key that was not given has the default, and most are not. */
	for (const struct key *key = NULL;
	     (key = keys_next(conf->given, key)) != NULL;)
		if ((!keys_same(conf, builtin, key) ||
			has_own_default(conf, key)) &&
		    keys_print(conf, key, f) == -1)
			return -1;
	return 0;
}

int
syntax_print(const struct definition *conf, FILE *f)
{
	struct definition *builtin;
	int r;

	if ((builtin = definition_new()) == NULL)
		return -1;
	r = print_differing(conf, builtin, f);
	definition_unref(builtin);
	return r;
}

static int
print_settings(const struct settings *settings, FILE *f)
{
	for (const struct key *key = NULL;
	     (key = keys_next(settings->given, key)) != NULL;)
		if (keys_print(settings, key, f) == -1)
			return -1;
	return 0;
}

/* saved: with the ids that resolve found. */
static int
print_config(const struct config *config, bool saved, FILE *f)
{
	struct definition *builtin;
	bool blank = saved || !keys_none(config->settings.given);
	int r;

	if ((builtin = definition_new()) == NULL)
		return -1;
	r = print_settings(&config->settings, f);
	if (saved)
		kept_print_settings(&config->settings, f);
	for (size_t i = 0; r == 0 && i < config->nprograms; i++) {
		fputs(blank ? "\nprogram = " : "program = ", f);
		fputs(config->programs[i]->name, f);
		putc('\n', f);
		r = print_differing(config->programs[i], builtin, f);
		if (r == 0 && saved)
			r = kept_print(config->programs[i], f);
		blank = true;
	}
	definition_unref(builtin);
	return r;
}

int
syntax_print_config(const struct config *config, FILE *f)
{
	return print_config(config, false, f);
}

int
syntax_print_saved(const struct config *config, FILE *f)
{
	const char *origin = config->origin;

	/* A name of several lines has no line; then it is not remembered. */
	if (origin != NULL && strchr(origin, '\n') != NULL)
		origin = NULL;
	if (origin != NULL)
		fprintf(f, KEPT_MARK ORIGIN " = %s\n", origin);
	return print_config(config, true, f);
}
