/*
 * systemd - the reader of systemd's units: each service as a draft, with an
 * account of the fate of each of its settings.
 *
 * Each line has one row of the table, whose function returns its fate.  What
 * systemd assumes without a line, and hupd does not, is written by
 * put_assumptions().
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "config/environ.h"
#include "config/folder.h"
#include "import/systemd.h"
#include "import/unitexec.h"

#define BLANKS UNITFILE_BLANKS
#define SECOND UINT64_C(1000000)

enum type {
	TYPE_SIMPLE,
	TYPE_EXEC,
	TYPE_IDLE,
	TYPE_DBUS,
	TYPE_NOTIFY,
	TYPE_NOTIFY_RELOAD,
	TYPE_ONESHOT,
	TYPE_FORKING,
};
static const char *const type_words[] = {"simple", "exec", "idle", "dbus",
    "notify", "notify-reload", "oneshot", "forking", NULL};

/* A service that is being converted. */
struct job {
	struct draft *draft;
	struct units *units;
	struct unit *unit;    /* the service */
	struct unit *reading; /* the service or one of its sockets */
	struct specifier_unit names;
	struct diags *diags;
	struct diags notes; /* of this program */
	struct draft_program program;
	enum type type;
	bool root;	 /* the main process starts as root, by ! or + */
	size_t plain;	 /* commands of ExecStart= that do not */
	bool splits;	 /* a shell splits a variable into words */
	size_t commands; /* written so far */
	char **idle;	 /* names of settings without effect */
	char **sockets;	 /* names of sockets that it names */
	/* The line that is being converted: */
	const struct unitfile_line *line;
	char *keys; /* that it set, separated by blanks */
	char *why;
};

struct row;
typedef enum draft_fate convert(struct job *, const struct row *,
    const char *value);

struct row {
	const char *section;
	const char *name;
	convert *convert;
	const char *to;	  /* the key, or why the setting is lost */
	const char *also; /* a second parameter of the function */
	bool list;	  /* a later line adds to this one */
};

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* That of the line; the tables are below their functions. */
static const struct row *find_row(const struct unitfile_line *);

/* Reports. */

static void __attribute__((format(printf, 2, 3)))
fail(struct job *job, const char *fmt, ...)
{
	const struct unitfile_line *line = job->line;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	diag_add_once(job->diags, line != NULL ? line->file : job->unit->path,
	    line != NULL ? line->line : 0, line != NULL ? line->key : NULL,
	    "%s", text != NULL ? text : "out of memory");
	free(text);
}

/* Note a difference. */
static void __attribute__((format(printf, 2, 3)))
remark(struct job *job, const char *fmt, ...)
{
	const struct unitfile_line *line = job->line;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	diag_add_once(&job->notes, line != NULL ? line->file : job->unit->path,
	    line != NULL ? line->line : 0, line != NULL ? line->key : NULL,
	    "%s", text != NULL ? text : "out of memory");
	free(text);
}

/* The setting is lost. */
static enum draft_fate __attribute__((format(printf, 2, 3)))
lose(struct job *job, const char *fmt, ...)
{
	va_list ap;

	free(job->why);
	va_start(ap, fmt);
	if (vasprintf(&job->why, fmt, ap) == -1)
		job->why = NULL;
	va_end(ap);
	return DRAFT_LOST;
}

/* Values. */

static void
put(struct job *job, const char *key, const char *value)
{
	const struct unitfile_line *line = job->line;
	const struct draft_origin origin = {line != NULL ? line->file
							 : job->unit->path,
	    line != NULL ? line->line : 0, line != NULL ? line->key : NULL};
	char *keys;

	if (asprintf(&keys, "%s%s%s", job->keys != NULL ? job->keys : "",
		job->keys != NULL ? " " : "", key) == -1)
		keys = NULL;
	if (keys != NULL &&
	    (job->keys == NULL || !text_has_word(job->keys, key))) {
		free(job->keys);
		job->keys = keys;
	} else {
		free(keys);
	}
	draft_set(&job->program, &origin, key, value);
}

static void __attribute__((format(printf, 3, 4)))
putf(struct job *job, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	if (text == NULL)
		fail(job, "out of memory");
	else
		put(job, key, text);
	free(text);
}

/* Set the key to words, after a prefix. */
static void
put_words(struct job *job, const char *key, const char *prefix,
    char *const *words)
{
	char *text = words_join(words);

	if (text == NULL)
		fail(job, "out of memory");
	else
		putf(job, key, "%s%s", prefix, text);
	free(text);
}

/* The text with its specifiers replaced; malloc'd, or NULL after an error. */
static char *
expand(struct job *job, const char *text)
{
	char buf[64], *plain;
	const char *why;

	if ((plain = specifier_expand(text, &job->names, buf, &why)) == NULL)
		fail(job, "%s", why);
	return plain;
}

/* The same, where the name of the instance cannot stand. */
static char *
expand_plain(struct job *job, const char *text)
{
	char *plain = expand(job, text);

	if (plain == NULL || strchr(plain, SPECIFIER_INSTANCE) == NULL)
		return plain;
	fail(job,
	    "the instance's name cannot stand here in a template of hupd; "
	    "import an instance: NAME@INSTANCE.service");
	free(plain);
	return NULL;
}

/* The same for a path, where hupd replaces ${HUPD_INSTANCE}. */
static char *
expand_path(struct job *job, const char *text)
{
	char *plain = expand(job, text), *path = NULL;
	size_t size;
	FILE *out;

	if (plain == NULL || strchr(plain, SPECIFIER_INSTANCE) == NULL)
		return plain;
	if ((out = open_memstream(&path, &size)) == NULL) {
		free(plain);
		fail(job, "out of memory");
		return NULL;
	}
	for (const char *s = plain; *s != '\0'; s++) {
		if (*s == SPECIFIER_INSTANCE)
			fputs("${HUPD_INSTANCE}", out);
		else
			putc(*s, out);
	}
	free(plain);
	if (fclose(out) != EOF)
		return path;
	free(path);
	fail(job, "out of memory");
	return NULL;
}

/* Take the next word of a value; its end of words is NULL. */
static char *
next_word(struct job *job, const char **s)
{
	const char *why;
	char *word = NULL;

	if (unitfile_word(s, &word, &why) == -1)
		fail(job, "%s", why);
	return word;
}

/* Milliseconds as a duration of hupd, which has no longer one than ten years.
 */
static void
put_time(struct job *job, const char *key, uint64_t us)
{
	const uint64_t most = UINT64_C(3650) * 86400 * 1000;
	char buf[TEXT_NUMBER_MAX];
	uint64_t ms = us / 1000;

	if (ms == 0 && us > 0)
		ms = 1;
	text_print_duration((int64_t)(ms > most ? most : ms), buf);
	put(job, key, buf);
}

/* The value of a setting, before specifiers are replaced, or NULL. */
static const char *
setting_of(const struct unit *unit, const char *section, const char *name)
{
	const struct unitfile_line *line;
	const char *value = NULL;

	TAILQ_FOREACH (line, &unit->file.lines, link)
		if (strcmp(line->key, name) == 0 &&
		    strcmp(line->section, section) == 0)
			value = line->value;
	return value != NULL && *value != '\0' ? value : NULL;
}

static const char *
setting(const struct job *job, const char *section, const char *name)
{
	return setting_of(job->reading, section, name);
}

static const char *
service(const struct job *job, const char *name)
{
	return setting(job, "Service", name);
}

static bool
is_yes(const struct job *job, const char *section, const char *name)
{
	const char *value = setting(job, section, name);

	return value != NULL && unitfile_bool(value) == 1;
}

/* A time of the unit in microseconds, or the fallback. */
static uint64_t
time_of(const struct job *job, const char *section, const char *name,
    uint64_t fallback)
{
	const char *value = setting(job, section, name), *why;
	uint64_t us;

	if (value == NULL || unitfile_time(value, SECOND, &us, &why) == -1)
		return fallback;
	return us;
}

/* Settings that are translated as they are. */

/* text is malloc'd and freed here; NULL: its specifiers had an error. */
static enum draft_fate
put_expanded(struct job *job, const struct row *row, char *text)
{
	if (text == NULL)
		return DRAFT_LOST;
	put(job, row->to, text);
	free(text);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_it_is(struct job *job, const struct row *row, const char *value)
{
	return put_expanded(job, row, expand_plain(job, value));
}

static enum draft_fate
as_path(struct job *job, const struct row *row, const char *value)
{
	return put_expanded(job, row, expand_path(job, value));
}

static enum draft_fate
as_bool(struct job *job, const struct row *row, const char *value)
{
	int yes = unitfile_bool(value);

	if (yes == -1) {
		fail(job, "\"%.40s\" is not yes or no", value);
		return DRAFT_LOST;
	}
	put(job, row->to, yes ? "yes" : "no");
	return DRAFT_TRANSLATED;
}

/* A word, or yes or no in any of their forms. */
static enum draft_fate
as_word(struct job *job, const struct row *row, const char *value)
{
	if (unitfile_bool(value) != -1)
		return as_bool(job, row, value);
	/* Words that mean more than hupd can do, and what it can. */
	if (row->also != NULL && strcmp(value, row->also) == 0) {
		remark(job, "%s is written as yes", value);
		put(job, row->to, "yes");
		return DRAFT_TRANSLATED;
	}
	put(job, row->to, value);
	return DRAFT_TRANSLATED;
}

/* TimeoutSec= sets both timeouts; the last line of each counts. */
static bool
is_set_later(const struct job *job, const char *key)
{
	const char *name = strcmp(key, "start-timeout") == 0 ? "TimeoutStartSec"
							     : "TimeoutStopSec";
	const struct unitfile_line *line = job->line;

	while ((line = TAILQ_NEXT(line, link)) != NULL)
		if ((strcmp(line->key, name) == 0 ||
			strcmp(line->key, "TimeoutSec") == 0) &&
		    *line->value != '\0')
			return true;
	return false;
}

/* TimeoutStartSec= and the like: 0 means no limit. */
static enum draft_fate
as_timeout(struct job *job, const struct row *row, const char *value)
{
	const char *why;
	uint64_t us;

	if (unitfile_time(value, SECOND, &us, &why) == -1) {
		fail(job, "\"%.40s\" %s", value, why);
		return DRAFT_LOST;
	}
	for (const char *key = row->to; key != NULL;
	     key = key == row->to ? row->also : NULL) {
		if (is_set_later(job, key))
			continue;
		if (us == 0 || us == UNITFILE_FOREVER)
			put(job, key, "infinity");
		else
			put_time(job, key, us);
	}
	if (job->keys != NULL)
		return DRAFT_TRANSLATED;
	lose(job, "replaced by later lines");
	return DRAFT_NO_EFFECT;
}

/* A watchdog without a time is none. */
static enum draft_fate
as_watchdog(struct job *job, const struct row *row, const char *value)
{
	const char *why;
	uint64_t us;

	if (unitfile_time(value, SECOND, &us, &why) == -1) {
		fail(job, "\"%.40s\" %s", value, why);
		return DRAFT_LOST;
	}
	if (us == 0 || us == UNITFILE_FOREVER)
		return DRAFT_NO_EFFECT;
	if (job->type != TYPE_NOTIFY && job->type != TYPE_NOTIFY_RELOAD)
		return lose(job, "hupd's watchdog needs Type=notify");
	put_time(job, row->to, us);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_size(struct job *job, const struct row *row, const char *value)
{
	char buf[TEXT_NUMBER_MAX];
	const char *why;
	uint64_t bytes;

	/* The former name of a setting that is there as well. */
	if (row->also != NULL && service(job, row->also) != NULL)
		return DRAFT_NO_EFFECT;
	if (strchr(value, '%') != NULL)
		return lose(job, "a share of the memory; write a size");
	if (unitfile_size(value, &bytes, &why) == -1) {
		fail(job, "\"%.40s\" %s", value, why);
		return DRAFT_LOST;
	}
	if (bytes == UNITFILE_FOREVER)
		return DRAFT_NO_EFFECT;
	text_print_size((int64_t)bytes, buf);
	put(job, row->to, buf);
	return DRAFT_TRANSLATED;
}

/* "infinity" is no limit. */
static enum draft_fate
as_number(struct job *job, const struct row *row, const char *value)
{
	if (strcmp(value, "infinity") == 0)
		return DRAFT_NO_EFFECT;
	if (strchr(value, '%') != NULL && strcmp(row->name, "CPUQuota") != 0)
		return lose(job, "a share; write a number");
	if (strcmp(value, "idle") == 0 && strcmp(row->name, "CPUWeight") == 0)
		return lose(job, "less than every weight; write 1");
	put(job, row->to, value);
	return DRAFT_TRANSLATED;
}

/* LimitNOFILE= and the like: also is "bytes", "seconds", "microseconds". */
static bool
print_limit(struct job *job, const struct row *row, const char *value,
    size_t len, char buf[static TEXT_NUMBER_MAX])
{
	const char *why = "is too long";
	char one[64];
	uint64_t n = 0;
	int r = -1;

	if (len < sizeof(one)) {
		memcpy(one, value, len);
		one[len] = '\0';
		if (row->also == NULL || strcmp(row->also, "bytes") == 0)
			r = unitfile_size(one, &n, &why);
		else if (strcmp(row->also, "seconds") == 0)
			r = unitfile_time(one, SECOND, &n, &why);
		else
			r = unitfile_time(one, 1, &n, &why);
	}
	if (r == -1) {
		fail(job, "\"%.40s\" %s", value, why);
		return false;
	}
	if (n == UNITFILE_FOREVER)
		strlcpy(buf, "unlimited", TEXT_NUMBER_MAX);
	else if (row->also != NULL && strcmp(row->also, "seconds") == 0)
		snprintf(buf, TEXT_NUMBER_MAX, "%" PRIu64,
		    (n + SECOND - 1) / SECOND);
	else
		snprintf(buf, TEXT_NUMBER_MAX, "%" PRIu64, n);
	return true;
}

static enum draft_fate
as_limit(struct job *job, const struct row *row, const char *value)
{
	char soft[TEXT_NUMBER_MAX], hard[TEXT_NUMBER_MAX];
	size_t len = strcspn(value, ":");

	/* A nice level "+5" or "-5" is the limit 20 minus the level. */
	if (strcmp(row->name, "LimitNICE") == 0 &&
	    (*value == '+' || *value == '-')) {
		putf(job, row->to, "%ld", 20 - strtol(value, NULL, 10));
		return DRAFT_TRANSLATED;
	}
	if (!print_limit(job, row, value, len, soft))
		return DRAFT_LOST;
	if (value[len] == '\0') {
		put(job, row->to, soft);
		return DRAFT_TRANSLATED;
	}
	if (!print_limit(job, row, value + len + 1, strlen(value + len + 1),
		hard))
		return DRAFT_LOST;
	putf(job, row->to, "%s:%s", soft, hard);
	return DRAFT_TRANSLATED;
}

/* A path as a word of a list, quoted if it must be. */
static void
put_path_word(struct job *job, const char *key, const char *lead, char *path)
{
	char *words[] = {path, NULL}, *quoted;

	if (path[strcspn(path, BLANKS "'\"\\,")] == '\0') {
		putf(job, key, "%s%s", lead, path);
	} else if ((quoted = words_join(words)) == NULL) {
		fail(job, "out of memory");
	} else {
		putf(job, key, "%s%s", lead, quoted);
		free(quoted);
	}
}

/* Paths of the sandbox: "-" may be absent, "+" is below RootDirectory=. */
/*
 * The path as the program sees it, below its root; NULL: it cannot see it.
 * systemd means one of the machine, unless "+" is in front.
 */
static char *
inside_root(struct job *job, char *path, bool inside)
{
	const char *root = service(job, "RootDirectory");
	size_t len = root == NULL ? 0 : strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	if (inside || len == 0)
		return path;
	if (strncmp(path, root, len) != 0 ||
	    (path[len] != '/' && path[len] != '\0'))
		return NULL;
	/* The root itself is "/". */
	if (path[len] == '\0')
		path[--len] = '/';
	return path + len;
}

static enum draft_fate
as_paths(struct job *job, const struct row *row, const char *value)
{
	char *word, *text, *path;
	const char *s = value;
	enum draft_fate fate = DRAFT_NO_EFFECT;
	size_t len;

	while ((word = next_word(job, &s)) != NULL) {
		len = strspn(word, "-+");
		if ((text = expand_path(job, word + len)) == NULL)
			;
		else if ((path = inside_root(job, text,
			      memchr(word, '+', len) != NULL)) == NULL)
			remark(job, "%s: is not below RootDirectory", text);
		else {
			put_path_word(job, row->to,
			    memchr(word, '-', len) != NULL ? "-" : "", path);
			fate = DRAFT_TRANSLATED;
		}
		free(text);
		free(word);
	}
	return fate;
}

/* Settings that are lost, or have no effect here. */

#define NO "has no counterpart"

static enum draft_fate
no_effect(struct job *job, const struct row *row, const char *value)
{
	(void)job;
	(void)row;
	(void)value;
	return DRAFT_NO_EFFECT;
}

static enum draft_fate
lost(struct job *job, const struct row *row, const char *value)
{
	(void)value;
	return lose(job, "%s", row->to);
}

static enum draft_fate
unknown(struct job *job, const struct row *row, const char *value)
{
	(void)row;
	(void)value;
	return lose(job, "is unknown in [%.40s]", job->line->section);
}

static enum draft_fate
lost_if_yes(struct job *job, const struct row *row, const char *value)
{
	return unitfile_bool(value) == 0 ? DRAFT_NO_EFFECT
					 : lost(job, row, value);
}

static enum draft_fate
lost_if_no(struct job *job, const struct row *row, const char *value)
{
	return unitfile_bool(value) == 1 ? DRAFT_NO_EFFECT
					 : lost(job, row, value);
}

/* One word, that of hupd, loses nothing; "infinity" never does. */
static enum draft_fate
lost_unless(struct job *job, const struct row *row, const char *value)
{
	return strcmp(value, row->also) == 0 || strcmp(value, "infinity") == 0
	    ? DRAFT_NO_EFFECT
	    : lost(job, row, value);
}

/* The kind of service, its readiness and its restarts. */

static enum type
type_of(const struct job *job)
{
	const char *value = service(job, "Type");

	for (size_t i = 0; value != NULL && type_words[i] != NULL; i++)
		if (strcmp(value, type_words[i]) == 0)
			return (enum type)i;
	if (value == NULL && service(job, "BusName") != NULL)
		return TYPE_DBUS;
	return value == NULL && service(job, "ExecStart") == NULL ? TYPE_ONESHOT
								  : TYPE_SIMPLE;
}

static enum draft_fate
as_type(struct job *job, const struct row *row, const char *value)
{
	if (strcmp(value, type_words[job->type]) != 0) {
		fail(job, "\"%.40s\" is no type of service", value);
		return DRAFT_LOST;
	}
	switch (job->type) {
	case TYPE_SIMPLE:
	case TYPE_EXEC:
	case TYPE_IDLE:
		put(job, row->to, "started");
		break;
	case TYPE_DBUS:
		remark(job,
		    "hupd does not watch the bus: the program is ready when it "
		    "has run for settle-time");
		put(job, row->to, "started");
		break;
	case TYPE_NOTIFY_RELOAD:
		if (service(job, "ReloadSignal") == NULL &&
		    service(job, "ExecReload") == NULL)
			put(job, "reload-signal", "HUP");
		put(job, row->to, "notify");
		break;
	case TYPE_NOTIFY:
		put(job, row->to, "notify");
		break;
	case TYPE_ONESHOT:
		put(job, row->to, "exited");
		break;
	case TYPE_FORKING:
		put(job, row->to, "forks");
		break;
	}
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_reload_signal(struct job *job, const struct row *row, const char *value)
{
	if (job->type != TYPE_NOTIFY_RELOAD)
		return DRAFT_NO_EFFECT;
	if (service(job, "ExecReload") == NULL)
		return as_it_is(job, row, value);
	/* as_reload() has the signal. */
	free(job->keys);
	job->keys = strdup("reload-command");
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_remain(struct job *job, const struct row *row, const char *value)
{
	int yes = unitfile_bool(value);

	if (yes == 1 && job->type != TYPE_ONESHOT)
		return lost(job, row, value);
	return DRAFT_NO_EFFECT;
}

static enum draft_fate
as_pid_file(struct job *job, const struct row *row, const char *value)
{
	char *path, *full;

	if (job->type != TYPE_FORKING)
		return lose(job, "hupd reads it with Type=forking only");
	if ((path = expand_path(job, value)) == NULL)
		return DRAFT_LOST;
	if (asprintf(&full, "%s%s", *path == '/' ? "" : "/run/", path) == -1)
		fail(job, "out of memory");
	else {
		/* systemd does so, too. */
		put(job, row->to,
		    strncmp(full, "/var/run/", 9) == 0 ? full + 4 : full);
		free(full);
	}
	free(path);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_restart(struct job *job, const struct row *row, const char *value)
{
	put(job, row->to, strcmp(value, "no") == 0 ? "never" : value);
	return DRAFT_TRANSLATED;
}

static bool
restarts(const struct job *job)
{
	const char *value = service(job, "Restart");

	return value != NULL && strcmp(value, "no") != 0;
}

/* put_restart() writes what follows from these together. */
static enum draft_fate
as_start_limit(struct job *job, const struct row *row, const char *value)
{
	(void)value;
	if (!restarts(job))
		return DRAFT_NO_EFFECT;
	free(job->keys);
	job->keys = strdup(row->to);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_restart_delay(struct job *job, const struct row *row, const char *value)
{
	const char *why;
	uint64_t us;

	if (unitfile_time(value, SECOND, &us, &why) == -1) {
		fail(job, "\"%.40s\" %s", value, why);
		return DRAFT_LOST;
	}
	if (!restarts(job))
		return DRAFT_NO_EFFECT;
	if (us == UNITFILE_FOREVER)
		return lose(job, "no restart ever: write restart = never");
	put_time(job, row->to, us);
	return DRAFT_TRANSLATED;
}

/* The names of exit statuses in systemd.exec(5), of sysexits.h and LSB. */
static const struct {
	const char *name;
	int code;
} exit_names[] = {
    {"SUCCESS", 0},
    {"FAILURE", 1},
    {"INVALIDARGUMENT", 2},
    {"NOTIMPLEMENTED", 3},
    {"NOPERMISSION", 4},
    {"NOTINSTALLED", 5},
    {"NOTCONFIGURED", 6},
    {"NOTRUNNING", 7},
    {"USAGE", 64},
    {"DATAERR", 65},
    {"NOINPUT", 66},
    {"NOUSER", 67},
    {"NOHOST", 68},
    {"UNAVAILABLE", 69},
    {"SOFTWARE", 70},
    {"OSERR", 71},
    {"OSFILE", 72},
    {"CANTCREAT", 73},
    {"IOERR", 74},
    {"TEMPFAIL", 75},
    {"PROTOCOL", 76},
    {"NOPERM", 77},
    {"CONFIG", 78},
};

/* A clean end, where the unit does not say more. */
#define CLEAN_DAEMON "0 HUP INT PIPE TERM"

static void
put_exit(const char *word, FILE *out)
{
	for (size_t i = 0; i < sizeof(exit_names) / sizeof(exit_names[0]); i++)
		if (strcmp(word, exit_names[i].name) == 0) {
			fprintf(out, " %d", exit_names[i].code);
			return;
		}
	fprintf(out, " %s", word);
}

/* Dependencies cannot be reset, says systemd.unit(5). */
static bool
is_dependency(const struct row *row)
{
	return row->section != NULL && strcmp(row->section, "Unit") == 0 &&
	    row->list && !begins(row->name, "Condition") &&
	    !begins(row->name, "Assert") &&
	    strcmp(row->name, "Documentation") != 0;
}

/* Both are conditions, or assertions: an empty one resets those of all kinds.
 */
static bool
is_same_check(const char *a, const char *b)
{
	return (begins(a, "Condition") && begins(b, "Condition")) ||
	    (begins(a, "Assert") && begins(b, "Assert"));
}

/* Does a later line replace this one, or reset its list? */
static bool
replaces(const struct unitfile_line *later, const struct unitfile_line *line,
    const struct row *row)
{
	if (strcmp(later->section, line->section) != 0)
		return false;
	if (strcmp(line->section, "Unit") == 0 &&
	    is_same_check(later->key, line->key))
		return *later->value == '\0';
	return strcmp(later->key, line->key) == 0 && !is_dependency(row) &&
	    (!row->list || *later->value == '\0');
}

static const struct unitfile_line *
replaced_by(const struct unitfile_line *line, const struct row *row)
{
	const struct unitfile_line *later = line;

	while ((later = TAILQ_NEXT(later, link)) != NULL)
		if (replaces(later, line, row))
			return later;
	return NULL;
}

/* The next line of the setting that counts; NULL after the last. */
static const struct unitfile_line *
next_line(const struct unitfile_line *line, const struct row *row)
{
	const char *key = line->key, *section = line->section;

	while ((line = TAILQ_NEXT(line, link)) != NULL)
		if (strcmp(line->key, key) == 0 &&
		    strcmp(line->section, section) == 0 &&
		    *line->value != '\0' && replaced_by(line, row) == NULL)
			break;
	return line;
}

/* The first line of the setting that counts. */
static const struct unitfile_line *
first_line(const struct job *job, const struct row *row)
{
	const struct unitfile_line *line;

	TAILQ_FOREACH (line, &job->reading->file.lines, link)
		if (strcmp(line->key, job->line->key) == 0 &&
		    strcmp(line->section, job->line->section) == 0 &&
		    *line->value != '\0' && replaced_by(line, row) == NULL)
			break;
	return line;
}

/* Lines that are translated together: say so, but do it at the first alone. */
static bool
is_later(struct job *job, const struct row *row)
{
	if (first_line(job, row) == job->line)
		return false;
	free(job->keys);
	job->keys = strdup(row->to);
	return true;
}

/* One line of the key with the words of all lines. */
static enum draft_fate
as_line(struct job *job, const struct row *row, const char *value)
{
	char *list = NULL, *word, *text;
	size_t size;
	FILE *out;

	if (is_later(job, row))
		return DRAFT_TRANSLATED;
	if ((out = open_memstream(&list, &size)) == NULL) {
		fail(job, "out of memory");
		return DRAFT_LOST;
	}
	for (const struct unitfile_line *line = job->line; line != NULL;
	     line = next_line(line, row)) {
		for (value = line->value;
		     (word = next_word(job, &value)) != NULL; free(word)) {
			if ((text = expand_plain(job, word)) != NULL)
				fprintf(out, "%s ", text);
			free(text);
		}
	}
	if (fclose(out) == EOF)
		fail(job, "out of memory");
	else if (*list != '\0')
		put(job, row->to, text_trim(list, " "));
	free(list);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_exits(struct job *job, const struct row *row, const char *value)
{
	char *list = NULL, *word;
	size_t size;
	FILE *out;

	if (is_later(job, row))
		return DRAFT_TRANSLATED;
	if ((out = open_memstream(&list, &size)) == NULL) {
		fail(job, "out of memory");
		return DRAFT_LOST;
	}
	if (row->also != NULL)
		fputs(job->type == TYPE_ONESHOT ? "0" : row->also, out);
	for (const struct unitfile_line *line = job->line; line != NULL;
	     line = next_line(line, row))
		for (value = line->value;
		     (word = next_word(job, &value)) != NULL; free(word))
			put_exit(word, out);
	if (fclose(out) == EOF)
		fail(job, "out of memory");
	else
		put(job, row->to, list + strspn(list, " "));
	free(list);
	return DRAFT_TRANSLATED;
}

/*
 * Sets: a line adds its names, or with "~" in front removes them; a first line
 * with "~" begins with all names.
 */

struct set {
	bool inverted; /* all but these */
	char **names;
};

static void
set_change(struct job *job, struct set *set, const char *name, bool add)
{
	size_t i = 0;

	while (set->names != NULL && set->names[i] != NULL &&
	    strcmp(set->names[i], name) != 0)
		i++;
	if (set->names != NULL && set->names[i] != NULL) {
		if (add == set->inverted)
			strings_remove(&set->names, i);
	} else if (add != set->inverted &&
	    strings_add(&set->names, name) == -1) {
		fail(job, "out of memory");
	}
}

static void
set_take(struct job *job, struct set *set, const char *value, bool first)
{
	bool without = *value == '~';
	char *word;

	if (without)
		value++;
	if (first)
		set->inverted = without;
	for (; (word = next_word(job, &value)) != NULL; free(word))
		if (strcmp(word, "none") != 0)
			set_change(job, set, word, !without);
}

static void
set_put(struct job *job, const struct set *set, const char *key)
{
	char *list = NULL;
	size_t size;
	FILE *out;

	/* "All but none" restricts nothing. */
	if (set->inverted && strings_count(set->names) == 0)
		return;
	if ((out = open_memstream(&list, &size)) == NULL) {
		fail(job, "out of memory");
		return;
	}
	for (size_t i = 0; set->names != NULL && set->names[i] != NULL; i++)
		fprintf(out, "%s%s",
		    i > 0		? " "
			: set->inverted ? "~"
					: "",
		    set->names[i]);
	if (fclose(out) == EOF)
		fail(job, "out of memory");
	else
		put(job, key, *list != '\0' ? list : "none");
	free(list);
}

static enum draft_fate
as_set(struct job *job, const struct row *row, const char *value)
{
	struct set set = {.names = NULL};
	bool first = true;

	(void)value;
	if (is_later(job, row))
		return DRAFT_TRANSLATED;
	for (const struct unitfile_line *line = job->line; line != NULL;
	     line = next_line(line, row), first = false)
		set_take(job, &set, line->value, first);
	set_put(job, &set, row->to);
	free(set.names);
	return DRAFT_TRANSLATED;
}

/* RestrictNamespaces= is a set, or yes or no. */
static enum draft_fate
as_namespaces(struct job *job, const struct row *row, const char *value)
{
	int yes = unitfile_bool(value);

	if (yes == -1)
		return as_set(job, row, value);
	return yes ? as_bool(job, row, value) : DRAFT_NO_EFFECT;
}

/* Commands. */

/* Note the prefixes that hupd cannot express. */
static void
remark_prefixes(struct job *job, const struct unitexec *exec)
{
	if (exec->argv0)
		remark(job, "@: hupd passes the command as argument 0");
	if (exec->shell)
		remark(job, "|: the command is run without a login shell");
}

/* The command in hupd's form, or NULL after an error. */
static char *
print_command(struct job *job, const struct unitexec *exec)
{
	const char *why;
	char *text;
	bool split;

	if ((text = unitexec_print(exec, &split, &why)) == NULL)
		fail(job, "%s", why);
	job->splits = job->splits || split;
	return text;
}

/* Call one with each command of the value. */
static void
each_command(struct job *job, const char *value,
    void (*one)(struct job *, const struct row *, const struct unitexec *),
    const struct row *row)
{
	struct unitexec exec;
	const char *why;
	char buf[64];
	int r;

	while ((r = unitexec_parse(&value, &job->names, &exec, buf, &why)) ==
	    1) {
		one(job, row, &exec);
		unitexec_clear(&exec);
	}
	if (r == -1)
		fail(job, "%s", why);
}

/*
 * Does the process start as root, whatever User= says?  With "!" it drops its
 * privileges itself, with "+" never.
 */
static bool
is_privileged(const struct unitexec *exec)
{
	return exec->root || exec->full;
}

/*
 * A task's command as root, where others are not: only one before or after all
 * of these can be said.
 */
static void
put_around(struct job *job, const struct unitexec *exec)
{
	char *text;

	if (job->commands > 0 && job->commands < job->plain) {
		lose(job, "a command as root between others as the user");
		return;
	}
	remark_prefixes(job, exec);
	if ((text = print_command(job, exec)) != NULL)
		putf(job, job->commands == 0 ? "start-pre" : "start-post",
		    "%s+%s", exec->ignore ? "-" : "", text);
	free(text);
}

static void
put_main(struct job *job, const struct row *row, const struct unitexec *exec)
{
	char *text;

	if (job->plain > 0 && is_privileged(exec)) {
		put_around(job, exec);
		return;
	}
	if (++job->commands > 1 && job->type != TYPE_ONESHOT) {
		fail(job, "only Type=oneshot may have several commands");
		return;
	}
	remark_prefixes(job, exec);
	if (exec->ignore)
		remark(job,
		    "-: an end with another status than success-exit is a "
		    "failure in hupd");
	if (exec->full)
		put(job, "sandbox", "off");
	if ((text = print_command(job, exec)) != NULL)
		put(job, row->to, text);
	free(text);
}

static enum draft_fate
as_main(struct job *job, const struct row *row, const char *value)
{
	each_command(job, value, put_main, row);
	return job->why == NULL ? DRAFT_TRANSLATED : DRAFT_LOST;
}

/* A command as the user, around a main process that starts as root. */
static void
put_as_user(struct job *job, const char *key, const char *prefix,
    const char *command)
{
	char runuser[] = "runuser", u[] = "-u", g[] = "-g", end[] = "--";
	char *user = expand_plain(job, service(job, "User"));
	char *group = service(job, "Group") == NULL
	    ? NULL
	    : expand_plain(job, service(job, "Group"));
	char *words[] = {runuser, u, user, group == NULL ? end : g, group, end,
	    NULL},
	     *text;

	if (group == NULL)
		words[4] = NULL;
	if (user != NULL) {
		if ((text = words_join(words)) == NULL)
			fail(job, "out of memory");
		else
			putf(job, key, "%s%s %s", prefix, text, command);
		free(text);
	}
	free(user);
	free(group);
}

/* A command around the program. */
static void
put_hook(struct job *job, const struct row *row, const struct unitexec *exec)
{
	bool root = is_privileged(exec) ||
	    is_yes(job, "Service", "PermissionsStartOnly");
	const char *prefix = exec->ignore ? "-" : "";
	char *text;

	remark_prefixes(job, exec);
	if ((text = print_command(job, exec)) == NULL)
		;
	else if (job->root && !root && service(job, "User") != NULL)
		put_as_user(job, row->to, prefix, text);
	else
		putf(job, row->to, "%s%s%s", prefix, root ? "+" : "", text);
	free(text);
}

static enum draft_fate
as_hook(struct job *job, const struct row *row, const char *value)
{
	each_command(job, value, put_hook, row);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_condition_command(struct job *job, const struct row *row, const char *value)
{
	remark(job,
	    "where systemd skips the service, hupd takes it for a failed "
	    "start");
	return as_hook(job, row, value);
}

/* systemd runs it at once if the service does not remain. */
static enum draft_fate
as_stop(struct job *job, const struct row *row, const char *value)
{
	if (job->type == TYPE_ONESHOT &&
	    !is_yes(job, "Service", "RemainAfterExit"))
		remark(job,
		    "systemd runs it after ExecStart, hupd when the program is "
		    "stopped");
	return as_hook(job, row, value);
}

/* With notify-reload the signal is sent first, and the commands follow. */
static void
put_signal_before(struct job *job, const struct row *row)
{
	const char *signal = service(job, "ReloadSignal");

	if (signal == NULL)
		signal = "SIGHUP";
	if (begins(signal, "SIG"))
		signal += strlen("SIG");
	putf(job, row->to, "+sh -c 'kill -%s \"$MAINPID\"'", signal);
	remark(job, "hupd does not wait for READY=1 after the signal");
}

/*
 * A single "kill -HUP $MAINPID" is a signal; but with ready = notify hupd waits
 * for the answer to a signal, which Type=notify does not promise.
 */
static enum draft_fate
as_reload(struct job *job, const struct row *row, const char *value)
{
	const char *s = value, *why, *signal = NULL;
	struct unitexec exec;
	char buf[64];

	if (job->type == TYPE_NOTIFY_RELOAD &&
	    first_line(job, row) == job->line)
		put_signal_before(job, row);
	if (job->type != TYPE_NOTIFY_RELOAD && job->type != TYPE_NOTIFY &&
	    first_line(job, row) == job->line &&
	    next_line(job->line, row) == NULL &&
	    unitexec_parse(&s, &job->names, &exec, buf, &why) == 1) {
		if (*s == '\0')
			signal = unitexec_kill(&exec);
		if (signal != NULL)
			put(job, "reload-signal", signal);
		unitexec_clear(&exec);
	}
	return signal != NULL ? DRAFT_TRANSLATED : as_hook(job, row, value);
}

/* Count the commands of ExecStart= that start as root, and the others. */
static void
count_plain(struct job *job)
{
	const struct unitfile_line *line;
	struct unitexec exec;
	const char *value, *why;
	size_t root = 0;
	char buf[64];

	TAILQ_FOREACH (line, &job->unit->file.lines, link) {
		if (strcmp(line->key, "ExecStart") != 0 ||
		    replaced_by(line, find_row(line)) != NULL)
			continue;
		for (value = line->value;
		     unitexec_parse(&value, &job->names, &exec, buf, &why) == 1;
		     unitexec_clear(&exec)) {
			root += is_privileged(&exec);
			job->plain += !is_privileged(&exec);
		}
	}
	job->root = root > 0 && job->plain == 0;
}

/* Accounts. */

static enum draft_fate
as_account(struct job *job, const struct row *row, const char *value)
{
	if (job->root)
		return lose(job,
		    "the command starts as root, by ! or + of ExecStart");
	return as_it_is(job, row, value);
}

/* The user's name is that of the program, and must exist. */
static enum draft_fate
as_dynamic_user(struct job *job, const struct row *row, const char *value)
{
	const char *user = service(job, "User");
	char name[32], *s;

	if (unitfile_bool(value) != 1)
		return DRAFT_NO_EFFECT;
	if (user == NULL) {
		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(job->program.name, "@"), job->program.name);
		for (s = name; *s != '\0'; s++)
			if (*s == '.')
				*s = '-';
		user = name;
		put(job, row->to, user);
	}
	lose(job, "hupd makes no users: adduser --system --group %s", user);
	/* It implies these, too. */
	if (service(job, "NoNewPrivileges") == NULL)
		put(job, "no-new-privs", "yes");
	if (service(job, "ProtectSystem") == NULL)
		put(job, "protect-system", "strict");
	if (service(job, "ProtectHome") == NULL)
		put(job, "protect-home", "read-only");
	if (service(job, "PrivateTmp") == NULL)
		put(job, "private-tmp", "yes");
	if (service(job, "RestrictSUIDSGID") == NULL)
		put(job, "restrict-suid-sgid", "yes");
	return DRAFT_LOST;
}

/* Folders and the environment. */

static enum draft_fate
as_directory(struct job *job, const struct row *row, const char *value)
{
	if (strcmp(value, "~") == 0)
		return lose(job, "write the user's home directory");
	if (*value == '-') {
		remark(job, "-: hupd does not start without the directory");
		value++;
	}
	return as_path(job, row, value);
}

/* The mode of a folder; or "". */
static const char *
folder_mode(struct job *job, const char *name, char buf[static 8])
{
	const char *value = service(job, name);
	long mode;
	char *end;

	if (value == NULL)
		return "";
	mode = strtol(value, &end, 8);
	if (*end != '\0' || mode < 0 || mode > 07777) {
		fail(job, "%s: \"%.40s\" is not a mode", name, value);
		return "";
	}
	snprintf(buf, 8, " %03lo", (unsigned long)mode);
	return buf;
}

/* The next folder of a value: its path below the base; malloc'd, or NULL. */
static char *
next_folder(struct job *job, const char **value, bool plain)
{
	char *word, *text;
	size_t len;

	if ((word = next_word(job, value)) == NULL)
		return NULL;
	len = strcspn(word, ":");
	if (word[len] == ':') {
		word[len] = '\0';
		remark(job, "%s: hupd makes no symbolic link to it", word);
	}
	text = plain ? expand_plain(job, word) : expand_path(job, word);
	free(word);
	if (text != NULL)
		for (len = strlen(text); len > 0 && text[len - 1] == '/';)
			text[--len] = '\0';
	return text;
}

/*
 * Do the folders belong to a user that the main process does not start as?
 * hupd would give them to root.
 */
static bool
has_owner_of_folders(const struct job *job)
{
	return job->root && service(job, "User") != NULL;
}

/* systemd gives that of the configuration to nobody. */
static bool
is_owned_folder(const struct job *job, const char *key)
{
	return has_owner_of_folders(job) &&
	    strcmp(key, folder_key(FOLDER_CONFIGURATION)) != 0;
}

/* RuntimeDirectory= and the like; also is the setting of its mode. */
static enum draft_fate
as_folder(struct job *job, const struct row *row, const char *value)
{
	char *text, buf[8];
	const char *mode = folder_mode(job, row->also, buf);

	/* put_owned_folders() has done it. */
	if (is_owned_folder(job, row->to)) {
		remark(job, "start-pre makes it, and nothing removes it");
		free(job->keys);
		job->keys = strdup("start-pre");
		return DRAFT_TRANSLATED;
	}
	while ((text = next_folder(job, &value, false)) != NULL) {
		putf(job, row->to, "%s%s", text, mode);
		free(text);
	}
	return DRAFT_TRANSLATED;
}

/* as_folder() writes it. */
static enum draft_fate
as_folder_mode(struct job *job, const struct row *row, const char *value)
{
	(void)value;
	if (service(job, row->also) == NULL)
		return DRAFT_NO_EFFECT;
	free(job->keys);
	job->keys = strdup(has_owner_of_folders(job) ? "start-pre" : row->to);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_environment(struct job *job, const struct row *row, const char *value)
{
	enum draft_fate fate = DRAFT_TRANSLATED;
	char *word, *text, *quoted;

	while ((word = next_word(job, &value)) != NULL) {
		text = expand_plain(job, word);
		/* systemd ignores such a word, too. */
		if (text != NULL && environ_name(text) == 0) {
			fate = lose(job, "\"%.40s\" is not NAME=VALUE", text);
		} else if (text != NULL) {
			if ((quoted = environ_quote(text)) == NULL)
				fail(job, "out of memory");
			else
				put(job, row->to, quoted);
			free(quoted);
		}
		free(text);
		free(word);
	}
	return fate;
}

static enum draft_fate
as_environment_file(struct job *job, const struct row *row, const char *value)
{
	if (value[strcspn(value, "*?[")] != '\0')
		return lose(job, "hupd expands no patterns: name each file");
	return as_path(job, row, value);
}

/* Output: hupd's log takes the journal's place. */
static enum draft_fate
as_output(struct job *job, const struct row *row, const char *value)
{
	const char *other = service(job,
	    strcmp(row->name, "StandardOutput") == 0 ? "StandardError"
						     : "StandardOutput");
	bool out = strcmp(row->name, "StandardOutput") == 0;

	if (strcmp(value, "null") == 0) {
		/* By default errors go where output does. */
		if (other == NULL ? out
				  : strcmp(other, "null") == 0 ||
			    (out && strcmp(other, "inherit") == 0)) {
			if (out || other == NULL)
				put(job, row->to, "none");
			return DRAFT_TRANSLATED;
		}
		return lose(job, "a program has one log");
	}
	if (strcmp(value, "journal") == 0 || strcmp(value, "inherit") == 0 ||
	    strcmp(value, "journal+console") == 0)
		return DRAFT_NO_EFFECT;
	if (strcmp(value, "syslog") == 0 || strcmp(value, "kmsg") == 0 ||
	    strcmp(value, "syslog+console") == 0) {
		if (out)
			put(job, row->to, "syslog");
		return out ? DRAFT_TRANSLATED : DRAFT_NO_EFFECT;
	}
	return lose(job, "hupd names a log after its program");
}

static enum draft_fate
as_identifier(struct job *job, const struct row *row, const char *value)
{
	const char *out = service(job, "StandardOutput");

	if (out == NULL || strncmp(out, "syslog", 6) != 0)
		return DRAFT_NO_EFFECT;
	return as_it_is(job, row, value);
}

/* Stopping. */

static enum draft_fate
as_kill_mode(struct job *job, const struct row *row, const char *value)
{
	if (strcmp(value, "none") == 0) {
		put(job, row->to, "process");
		return lose(job,
		    "hupd always ends the main process; process is written");
	}
	put(job, row->to, value);
	return DRAFT_TRANSLATED;
}

/* Dependencies. */

/*
 * The units of a machine that are there before hupd starts: its init script
 * follows the mounts, the system log, the network, name service and clock.
 */
static bool
is_ready_at_boot(const char *name)
{
	static const char *const targets[] = {"basic", "sysinit", "local-fs",
	    "local-fs-pre", "remote-fs", "remote-fs-pre", "network",
	    "network-pre", "network-online", "nss-lookup", "nss-user-lookup",
	    "time-sync", "time-set", "syslog", "swap", "sockets", "paths",
	    "slices", "timers", "cryptsetup", "shutdown", "umount", "final",
	    "reboot", "halt", "poweroff", "getty", "rescue", "emergency",
	    "multi-user", "graphical", "default"};
	static const char *const services[] = {"tmpfiles-setup",
	    "tmpfiles-setup-dev", "sysctl", "sysusers", "modules-load",
	    "journald", "udevd", "udev-settle", "udev-trigger", "remount-fs",
	    "random-seed", "networkd", "networkd-wait-online", "resolved",
	    "timesyncd", "user-sessions", "update-utmp", "machine-id-commit",
	    "journal-flush", "hostnamed"};
	size_t len = strcspn(name, ".");

	if (units_has_suffix(name, ".mount") ||
	    units_has_suffix(name, ".swap") ||
	    units_has_suffix(name, ".slice") ||
	    units_has_suffix(name, ".automount"))
		return true;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strlen(targets[i]) == len &&
		    strncmp(name, targets[i], len) == 0 &&
		    strcmp(name + len, ".target") == 0)
			return true;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strncmp(name, "systemd-", 8) == 0 &&
		    strlen(services[i]) == len - 8 &&
		    strncmp(name + 8, services[i], len - 8) == 0)
			return true;
	return strcmp(name, "networking.service") == 0 ||
	    strcmp(name, "syslog.socket") == 0 ||
	    strncmp(name, "systemd-journald", 16) == 0;
}

/* Has the unit this name as one of its aliases? */
static bool
has_alias(const struct unit *unit, const char *name)
{
	const struct unitfile_line *line;
	const char *s;
	size_t len = strlen(name);

	TAILQ_FOREACH (line, &unit->file.lines, link) {
		if (strcmp(line->key, "Alias") != 0 ||
		    strcmp(line->section, "Install") != 0)
			continue;
		s = strstr(line->value, name);
		if (s != NULL && (s == line->value || s[-1] == ' ') &&
		    (s[len] == '\0' || s[len] == ' '))
			return true;
	}
	return false;
}

/* The service of the import that has this name, or NULL. */
static struct unit *
find_service(const struct units *units, const char *name)
{
	struct unit *unit = units_find(units, name);

	if (unit != NULL && units_has_suffix(name, ".service"))
		return unit;
	TAILQ_FOREACH (unit, &units->list, link)
		if (units_has_suffix(unit->name, ".service") &&
		    has_alias(unit, name))
			return unit;
	return NULL;
}

/* hupd's name for a unit; malloc'd. */
static char *
program_of(const struct unit *unit)
{
	const char *dot = strrchr(unit->name, '.');
	char *stem = strndup(unit->name,
	    dot == NULL ? strlen(unit->name) : (size_t)(dot - unit->name));
	char *name = stem == NULL ? NULL : draft_name(stem);

	free(stem);
	return name;
}

/* Does the unit start after the other one? */
static bool
is_after(const struct unit *unit, const char *other)
{
	const struct unitfile_line *line;
	const char *s, *why;
	char *word;
	bool found = false;

	TAILQ_FOREACH (line, &unit->file.lines, link) {
		if (strcmp(line->key, "After") != 0)
			continue;
		for (s = line->value; unitfile_word(&s, &word, &why) == 1;
		     free(word))
			found = found || strcmp(word, other) == 0;
	}
	return found;
}

/*
 * Each name of the line: a program of the import, ready at boot, or lost.
 * Without a key, a program of the import needs no line.
 */
static enum draft_fate
as_units(struct job *job, const struct row *row, const char *value)
{
	char *word, *name, *program;
	struct unit *unit;
	bool any = false;
	enum draft_fate fate = DRAFT_NO_EFFECT;

	for (; (word = next_word(job, &value)) != NULL; free(word)) {
		if ((name = expand(job, word)) == NULL)
			continue;
		unit = find_service(job->units, name);
		if (unit != NULL && row->to != NULL &&
		    (program = program_of(unit)) != NULL) {
			if (strcmp(program, job->program.name) != 0)
				put(job, row->to, program);
			free(program);
			any = true;
		} else if (units_find(job->units, name) == NULL &&
		    unit == NULL && !is_ready_at_boot(name)) {
			fate = lose(job, "%s is not among these units", name);
		}
		free(name);
	}
	return fate == DRAFT_NO_EFFECT && any ? DRAFT_TRANSLATED : fate;
}

/* Write "after" for each unit of the import that says Before= of this one. */
static void
put_before(struct job *job)
{
	const struct unitfile_line *line;
	const char *s, *why;
	struct unit *unit;
	char *word, *program;

	TAILQ_FOREACH (unit, &job->units->list, link) {
		TAILQ_FOREACH (line, &unit->file.lines, link) {
			if (unit == job->unit ||
			    strcmp(line->key, "Before") != 0)
				continue;
			for (s = line->value;
			     unitfile_word(&s, &word, &why) == 1; free(word)) {
				if (find_service(job->units, word) !=
					job->unit ||
				    is_after(job->unit, unit->name) ||
				    (program = program_of(unit)) == NULL)
					continue;
				put(job, "after", program);
				free(program);
			}
		}
	}
}

/* The other program's file has the line. */
static enum draft_fate
as_before(struct job *job, const struct row *row, const char *value)
{
	struct row other = *row;
	enum draft_fate fate;

	other.to = NULL;
	fate = as_units(job, &other, value);
	if (fate == DRAFT_NO_EFFECT) {
		for (char *word; (word = next_word(job, &value)) != NULL;
		     free(word))
			if (find_service(job->units, word) != NULL)
				fate = DRAFT_TRANSLATED;
		if (fate == DRAFT_TRANSLATED) {
			free(job->keys);
			job->keys = strdup("after");
		}
	}
	return fate;
}

/* Conditions. */

static enum draft_fate
as_condition(struct job *job, const struct row *row, const char *value)
{
	char *text;
	bool not ;

	if (*value == '|')
		return lose(job, "hupd knows no alternatives of conditions");
	not = *value == '!';
	if ((text = expand_path(job, value + not )) == NULL)
		return DRAFT_LOST;
	putf(job, row->to, "%s%s", not ? "!" : "", text);
	free(text);
	return DRAFT_TRANSLATED;
}

/* A failed assertion is a failed start. */
static enum draft_fate
as_assertion(struct job *job, const struct row *row, const char *value)
{
	struct unitexec exec = {.literal = true};
	bool not = *value == '!';
	char *text;

	if (*value == '|')
		return lose(job, "hupd knows no alternatives of conditions");
	if ((text = expand(job, value + not )) == NULL)
		return DRAFT_LOST;
	if (strings_add(&exec.words, "test") == -1 ||
	    (not &&strings_add(&exec.words, "!") == -1) ||
	    strings_add(&exec.words, "-e") == -1 ||
	    strings_add(&exec.words, text) == -1)
		fail(job, "out of memory");
	free(text);
	if ((text = print_command(job, &exec)) != NULL)
		putf(job, row->to, "+%s", text);
	free(text);
	unitexec_clear(&exec);
	return DRAFT_TRANSLATED;
}

/* Every service conflicts with the shutdown. */
static enum draft_fate
as_conflict(struct job *job, const struct row *row, const char *value)
{
	enum draft_fate fate = DRAFT_NO_EFFECT;
	char *word;

	for (; (word = next_word(job, &value)) != NULL; free(word))
		if (!is_ready_at_boot(word))
			fate = lost(job, row, value);
	return fate;
}

/* put_hook() has followed it. */
static enum draft_fate
as_start_only(struct job *job, const struct row *row, const char *value)
{
	if (unitfile_bool(value) != 1)
		return DRAFT_NO_EFFECT;
	free(job->keys);
	job->keys = strdup(row->to);
	return DRAFT_TRANSLATED;
}

static enum draft_fate
as_io_class(struct job *job, const struct row *row, const char *value)
{
	static const char *const classes[] = {"none", "realtime", "best-effort",
	    "idle"};

	put(job, row->to,
	    *value >= '0' && *value <= '3' && value[1] == '\0'
		? classes[*value - '0']
		: value);
	return DRAFT_TRANSLATED;
}

/* The idle class has no priorities. */
static enum draft_fate
as_io_priority(struct job *job, const struct row *row, const char *value)
{
	const char *class = service(job, "IOSchedulingClass");

	if (class != NULL &&
	    (strcmp(class, "idle") == 0 || strcmp(class, "3") == 0))
		return DRAFT_NO_EFFECT;
	return as_it_is(job, row, value);
}

/* Only real-time policies have priorities. */
static enum draft_fate
as_cpu_priority(struct job *job, const struct row *row, const char *value)
{
	const char *policy = service(job, "CPUSchedulingPolicy");

	if (policy == NULL ||
	    (strcmp(policy, "fifo") != 0 && strcmp(policy, "rr") != 0))
		return DRAFT_NO_EFFECT;
	return as_it_is(job, row, value);
}

/* A list of controllers is all of them. */
static enum draft_fate
as_delegate(struct job *job, const struct row *row, const char *value)
{
	put(job, row->to, unitfile_bool(value) == 0 ? "no" : "yes");
	return DRAFT_TRANSLATED;
}

/* Installation. */

static enum draft_fate
as_wanted(struct job *job, const struct row *row, const char *value)
{
	(void)value;
	free(job->keys);
	job->keys = strdup(row->to);
	return DRAFT_TRANSLATED;
}

/* Is the socket the service's? */
static bool
is_socket_of(const struct unit *socket, const struct unit *service)
{
	const char *name = setting_of(socket, "Socket", "Service");
	size_t stem = strlen(socket->name) - strlen(".socket");

	if (!units_has_suffix(socket->name, ".socket"))
		return false;
	if (name != NULL)
		return strcmp(name, service->name) == 0;
	return strncmp(socket->name, service->name, stem) == 0 &&
	    strcmp(service->name + stem, ".service") == 0;
}

/* Also= and Sockets= have been followed. */
static enum draft_fate
as_companion(struct job *job, const struct row *row, const char *value)
{
	enum draft_fate fate = DRAFT_NO_EFFECT;
	char *word;

	for (; (word = next_word(job, &value)) != NULL; free(word)) {
		if (units_find(job->units, word) != NULL ||
		    (row->also != NULL && units_has_suffix(word, ".service")))
			continue;
		fate =
		    lose(job, "%s was not found or cannot be imported", word);
	}
	return fate;
}

/* Sockets. */

static enum draft_fate
as_stream(struct job *job, const struct row *row, const char *value)
{
	if (*value == '@' || strncmp(value, "vsock:", 6) == 0)
		return lose(job, "hupd holds TCP and unix sockets only");
	return as_path(job, row, value);
}

/* All sockets of a program have one owner and mode. */
static enum draft_fate
as_socket_attribute(struct job *job, const struct row *row, const char *value)
{
	const struct unitfile_line *line;
	const struct unit *unit;

	TAILQ_FOREACH (unit, &job->units->list, link) {
		if (unit == job->reading)
			break;
		if (!unit->taken)
			continue;
		TAILQ_FOREACH (line, &unit->file.lines, link) {
			if (strcmp(line->key, row->name) != 0)
				continue;
			return strcmp(line->value, value) == 0
			    ? DRAFT_NO_EFFECT
			    : lose(job, "the program's sockets have one %s",
				  row->to);
		}
	}
	return as_it_is(job, row, value);
}

static enum draft_fate
as_service(struct job *job, const struct row *row, const char *value)
{
	(void)job;
	(void)row;
	(void)value;
	/* units_of() has followed it. */
	return DRAFT_NO_EFFECT;
}

/* The table. */

#define NO_BUS NO ": hupd does not use the bus"
#define NO_ORDER NO ": see depends-on, after and restart-with"
#define NO_CHECK NO ": hupd checks condition-path-exists alone"
#define NO_SANDBOX NO ": the program is less restricted"
#define NO_LIMIT NO ": the program is not limited so"
#define NO_JOURNAL NO ": hupd writes no journal"
#define NO_IMAGE NO ": hupd mounts no images"
#define NO_ACTION NO ": hupd does not act on the machine"
#define NO_NETWORK NO ": packets are not filtered"
#define NO_SOCKET NO ": hupd does not set it"
#define NO_TERMINAL NO ": a program has no terminal"

#define ROW(in, key, ...)                                          \
	{                                                          \
		.section = in, .name = key, .convert = __VA_ARGS__ \
	}
#define UNIT(...) ROW("Unit", __VA_ARGS__)
#define SERVICE(...) ROW("Service", __VA_ARGS__)
#define SOCKET(...) ROW("Socket", __VA_ARGS__)
#define INSTALL(...) ROW("Install", __VA_ARGS__)
/* The last parameters of a list. */
#define LIST NULL, true

static const struct row rows[] = {
    UNIT("Description", no_effect),
    UNIT("Documentation", no_effect, NULL, LIST),
    UNIT("SourcePath", no_effect),
    UNIT("Wants", as_units, NULL, LIST),
    UNIT("Requires", as_units, "depends-on", LIST),
    UNIT("Requisite", as_units, "depends-on", LIST),
    UNIT("BindsTo", as_units, "depends-on", LIST),
    UNIT("PartOf", as_units, "restart-with", LIST),
    UNIT("Upholds", lost, NO_ORDER, LIST),
    UNIT("Conflicts", as_conflict, NO ": hupd stops no program for another",
	LIST),
    UNIT("Before", as_before, "after", LIST),
    UNIT("After", as_units, "after", LIST),
    UNIT("OnFailure", lost, NO ": see on-failure-command", LIST),
    UNIT("OnSuccess", lost, NO, LIST),
    UNIT("OnFailureJobMode", no_effect),
    UNIT("OnSuccessJobMode", no_effect),
    UNIT("PropagatesReloadTo", lost, NO ": reload each program", LIST),
    UNIT("ReloadPropagatedFrom", lost, NO ": reload each program", LIST),
    UNIT("PropagatesStopTo", lost, NO_ORDER, LIST),
    UNIT("StopPropagatedFrom", lost, NO_ORDER, LIST),
    UNIT("JoinsNamespaceOf", lost, NO_SANDBOX, LIST),
    UNIT("RequiresMountsFor", no_effect, NULL, LIST),
    UNIT("WantsMountsFor", no_effect, NULL, LIST),
    UNIT("DefaultDependencies", no_effect),
    UNIT("IgnoreOnIsolate", no_effect),
    UNIT("StopWhenUnneeded", lost_if_yes, NO),
    UNIT("RefuseManualStart", lost_if_yes, NO ": hupctl may start it"),
    UNIT("RefuseManualStop", lost_if_yes, NO ": hupctl may stop it"),
    UNIT("AllowIsolate", no_effect),
    UNIT("CollectMode", no_effect),
    UNIT("SurviveFinalKillSignal", no_effect),
    UNIT("FailureAction", lost_unless, NO_ACTION, "none"),
    UNIT("SuccessAction", lost_unless, NO_ACTION, "none"),
    UNIT("FailureActionExitStatus", no_effect),
    UNIT("SuccessActionExitStatus", no_effect),
    UNIT("JobTimeoutSec", lost_unless, NO, "infinity"),
    UNIT("JobRunningTimeoutSec", lost_unless, NO, "infinity"),
    UNIT("JobTimeoutAction", lost_unless, NO_ACTION, "none"),
    UNIT("JobTimeoutRebootArgument", no_effect),
    UNIT("StartLimitIntervalSec", as_start_limit, "restart-limit"),
    UNIT("StartLimitInterval", as_start_limit, "restart-limit"),
    UNIT("StartLimitBurst", as_start_limit, "restart-limit"),
    UNIT("StartLimitAction", lost_unless, NO_ACTION, "none"),
    UNIT("RebootArgument", no_effect),
    UNIT("ConditionPathExists", as_condition, "condition-path-exists", LIST),
    UNIT("AssertPathExists", as_assertion, "start-pre", LIST),

    SERVICE("Type", as_type, "ready"),
    SERVICE("ExitType", lost_unless, NO ": the main process counts", "main"),
    SERVICE("RemainAfterExit", as_remain,
	NO " but with Type=oneshot: the program is done"),
    SERVICE("GuessMainPID", lost_if_no,
	NO ": hupd finds the main process, or reads pid-file"),
    SERVICE("PIDFile", as_pid_file, "pid-file"),
    SERVICE("BusName", lost, NO_BUS),
    SERVICE("ExecStart", as_main, "command", LIST),
    SERVICE("ExecStartPre", as_hook, "start-pre", LIST),
    SERVICE("ExecCondition", as_condition_command, "start-pre", LIST),
    SERVICE("ExecStartPost", as_hook, "start-post", LIST),
    SERVICE("ExecReload", as_reload, "reload-command", LIST),
    SERVICE("ExecReloadPost", lost, NO, LIST),
    SERVICE("ExecStop", as_stop, "stop-command", LIST),
    SERVICE("ExecStopPost", as_hook, "stop-post", LIST),
    SERVICE("RestartSec", as_restart_delay, "restart-delay"),
    SERVICE("RestartSteps", no_effect),
    SERVICE("RestartMaxDelaySec", as_start_limit, "restart-delay-max"),
    SERVICE("TimeoutStartSec", as_timeout, "start-timeout"),
    SERVICE("TimeoutStopSec", as_timeout, "stop-timeout"),
    SERVICE("TimeoutSec", as_timeout, "start-timeout", "stop-timeout"),
    SERVICE("TimeoutAbortSec", lost, NO ": stop-timeout counts"),
    SERVICE("TimeoutStartFailureMode", lost_unless, NO ": as with terminate",
	"terminate"),
    SERVICE("TimeoutStopFailureMode", lost_unless, NO ": as with terminate",
	"terminate"),
    SERVICE("RuntimeMaxSec", lost_unless, NO ": it runs without limit",
	"infinity"),
    SERVICE("RuntimeRandomizedExtraSec", lost_unless, NO, "0"),
    SERVICE("WatchdogSec", as_watchdog, "watchdog"),
    SERVICE("Restart", as_restart, "restart"),
    SERVICE("RestartMode", lost_unless, NO, "normal"),
    SERVICE("SuccessExitStatus", as_exits, "success-exit", CLEAN_DAEMON, true),
    SERVICE("RestartPreventExitStatus", as_exits, "restart-prevent-exit-status",
	LIST),
    SERVICE("RestartForceExitStatus", as_exits, "restart-force-exit-status",
	LIST),
    SERVICE("RootDirectoryStartOnly", lost_if_yes, NO),
    SERVICE("NonBlocking", lost_if_yes, NO ": held sockets block"),
    SERVICE("NotifyAccess", no_effect),
    SERVICE("Sockets", as_companion, NULL, LIST),
    SERVICE("FileDescriptorStoreMax", no_effect),
    SERVICE("FileDescriptorStorePreserve", lost_unless, NO ": as with restart",
	"restart"),
    SERVICE("USBFunctionDescriptors", lost, NO),
    SERVICE("USBFunctionStrings", lost, NO),
    SERVICE("OOMPolicy", lost_unless, NO ": as with continue", "continue"),
    SERVICE("OpenFile", lost, NO ": hupd passes sockets only", LIST),
    SERVICE("ReloadSignal", as_reload_signal, "reload-signal"),
    SERVICE("RefreshOnReload", no_effect),
    SERVICE("PermissionsStartOnly", as_start_only, "start-pre"),
    SERVICE("StartLimitInterval", as_start_limit, "restart-limit"),
    SERVICE("StartLimitBurst", as_start_limit, "restart-limit"),
    SERVICE("StartLimitAction", lost_unless, NO_ACTION, "none"),
    SERVICE("FailureAction", lost_unless, NO_ACTION, "none"),
    SERVICE("RebootArgument", no_effect),

    /* systemd.exec(5) */
    SERVICE("ExecSearchPath", lost, NO ": write whole paths", LIST),
    SERVICE("WorkingDirectory", as_directory, "directory"),
    SERVICE("RootDirectory", as_path, "root-directory"),
    SERVICE("RootImage", lost, NO_IMAGE),
    SERVICE("RootImageOptions", lost, NO_IMAGE, LIST),
    SERVICE("RootEphemeral", lost_if_yes, NO_IMAGE),
    SERVICE("RootHash", lost, NO_IMAGE),
    SERVICE("RootHashSignature", lost, NO_IMAGE),
    SERVICE("RootVerity", lost, NO_IMAGE),
    SERVICE("RootImagePolicy", lost, NO_IMAGE),
    SERVICE("MountImagePolicy", lost, NO_IMAGE),
    SERVICE("ExtensionImagePolicy", lost, NO_IMAGE),
    SERVICE("MountAPIVFS", no_effect),
    SERVICE("BindLogSockets", no_effect),
    SERVICE("ProtectProc", as_word, "protect-proc"),
    SERVICE("ProcSubset", lost_unless, NO_SANDBOX, "all"),
    SERVICE("BindPaths", lost, NO ": hupd binds no paths", LIST),
    SERVICE("BindReadOnlyPaths", lost, NO ": hupd binds no paths", LIST),
    SERVICE("MountImages", lost, NO_IMAGE, LIST),
    SERVICE("ExtensionImages", lost, NO_IMAGE, LIST),
    SERVICE("ExtensionDirectories", lost, NO_IMAGE, LIST),
    SERVICE("User", as_account, "user"),
    SERVICE("Group", as_account, "group"),
    SERVICE("DynamicUser", as_dynamic_user, "user"),
    SERVICE("SupplementaryGroups", as_line, "groups", LIST),
    SERVICE("SetLoginEnvironment", no_effect),
    SERVICE("PAMName", lost, NO ": hupd opens no session of PAM"),
    SERVICE("CapabilityBoundingSet", as_set, "capability-bounding-set", LIST),
    SERVICE("AmbientCapabilities", as_set, "ambient-capabilities", LIST),
    SERVICE("NoNewPrivileges", as_bool, "no-new-privs"),
    SERVICE("SecureBits", lost, NO_SANDBOX, LIST),
    SERVICE("SELinuxContext", lost, NO_SANDBOX),
    SERVICE("AppArmorProfile", lost, NO_SANDBOX),
    SERVICE("SmackProcessLabel", lost, NO_SANDBOX),
    SERVICE("LimitCPU", as_limit, "rlimit-cpu", "seconds"),
    SERVICE("LimitFSIZE", as_limit, "rlimit-fsize", "bytes"),
    SERVICE("LimitDATA", as_limit, "rlimit-data", "bytes"),
    SERVICE("LimitSTACK", as_limit, "rlimit-stack", "bytes"),
    SERVICE("LimitCORE", as_limit, "rlimit-core", "bytes"),
    SERVICE("LimitRSS", as_limit, "rlimit-rss", "bytes"),
    SERVICE("LimitNOFILE", as_limit, "rlimit-nofile"),
    SERVICE("LimitAS", as_limit, "rlimit-as", "bytes"),
    SERVICE("LimitNPROC", as_limit, "rlimit-nproc"),
    SERVICE("LimitMEMLOCK", as_limit, "rlimit-memlock", "bytes"),
    SERVICE("LimitLOCKS", as_limit, "rlimit-locks"),
    SERVICE("LimitSIGPENDING", as_limit, "rlimit-sigpending"),
    SERVICE("LimitMSGQUEUE", as_limit, "rlimit-msgqueue", "bytes"),
    SERVICE("LimitNICE", as_limit, "rlimit-nice"),
    SERVICE("LimitRTPRIO", as_limit, "rlimit-rtprio"),
    SERVICE("LimitRTTIME", as_limit, "rlimit-rttime", "microseconds"),
    SERVICE("UMask", as_it_is, "umask"),
    SERVICE("CoredumpFilter", lost, NO),
    SERVICE("CoredumpReceive", lost_if_yes, NO),
    SERVICE("KeyringMode", no_effect),
    SERVICE("OOMScoreAdjust", as_it_is, "oom-score-adj"),
    SERVICE("TimerSlackNSec", lost, NO),
    SERVICE("Personality", lost, NO),
    SERVICE("IgnoreSIGPIPE", lost_if_yes, NO ": SIGPIPE is not ignored"),
    SERVICE("Nice", as_it_is, "nice"),
    SERVICE("CPUSchedulingPolicy", as_it_is, "cpu-scheduling-policy"),
    SERVICE("CPUSchedulingPriority", as_cpu_priority,
	"cpu-scheduling-priority"),
    SERVICE("CPUSchedulingResetOnFork", lost_if_yes, NO),
    SERVICE("CPUAffinity", as_line, "cpu-affinity", LIST),
    SERVICE("NUMAPolicy", lost, NO),
    SERVICE("NUMAMask", lost, NO, LIST),
    SERVICE("IOSchedulingClass", as_io_class, "io-scheduling-class"),
    SERVICE("IOSchedulingPriority", as_io_priority, "io-scheduling-priority"),
    SERVICE("ProtectSystem", as_word, "protect-system"),
    SERVICE("ProtectHome", as_word, "protect-home"),
    SERVICE("RuntimeDirectory", as_folder, "runtime-directory",
	"RuntimeDirectoryMode", true),
    SERVICE("StateDirectory", as_folder, "state-directory",
	"StateDirectoryMode", true),
    SERVICE("CacheDirectory", as_folder, "cache-directory",
	"CacheDirectoryMode", true),
    SERVICE("LogsDirectory", as_folder, "logs-directory", "LogsDirectoryMode",
	true),
    SERVICE("ConfigurationDirectory", as_folder, "configuration-directory",
	"ConfigurationDirectoryMode", true),
    SERVICE("RuntimeDirectoryMode", as_folder_mode, "runtime-directory",
	"RuntimeDirectory"),
    SERVICE("StateDirectoryMode", as_folder_mode, "state-directory",
	"StateDirectory"),
    SERVICE("CacheDirectoryMode", as_folder_mode, "cache-directory",
	"CacheDirectory"),
    SERVICE("LogsDirectoryMode", as_folder_mode, "logs-directory",
	"LogsDirectory"),
    SERVICE("ConfigurationDirectoryMode", as_folder_mode,
	"configuration-directory", "ConfigurationDirectory"),
    SERVICE("StateDirectoryQuota", lost, NO_LIMIT),
    SERVICE("StateDirectoryAccounting", no_effect),
    SERVICE("RuntimeDirectoryPreserve", as_word, "runtime-directory-preserve"),
    SERVICE("TimeoutCleanSec", no_effect),
    SERVICE("ReadWritePaths", as_paths, "read-write-paths", LIST),
    SERVICE("ReadOnlyPaths", as_paths, "read-only-paths", LIST),
    SERVICE("InaccessiblePaths", as_paths, "inaccessible-paths", LIST),
    SERVICE("ReadWriteDirectories", as_paths, "read-write-paths", LIST),
    SERVICE("ReadOnlyDirectories", as_paths, "read-only-paths", LIST),
    SERVICE("InaccessibleDirectories", as_paths, "inaccessible-paths", LIST),
    SERVICE("ExecPaths", lost, NO_SANDBOX, LIST),
    SERVICE("NoExecPaths", lost, NO_SANDBOX, LIST),
    SERVICE("TemporaryFileSystem", lost, NO_SANDBOX, LIST),
    SERVICE("PrivateTmp", as_word, "private-tmp", "disconnected"),
    SERVICE("PrivateDevices", as_bool, "private-devices"),
    SERVICE("PrivateNetwork", as_bool, "private-network"),
    SERVICE("NetworkNamespacePath", lost, NO),
    SERVICE("PrivateIPC", lost_if_yes, NO_SANDBOX),
    SERVICE("IPCNamespacePath", lost, NO),
    SERVICE("MemoryKSM", lost_if_yes, NO),
    SERVICE("PrivatePIDs", lost_if_yes, NO_SANDBOX),
    SERVICE("PrivateUsers", lost_if_yes, NO_SANDBOX),
    SERVICE("PrivateBPF", lost_if_yes, NO_SANDBOX),
    SERVICE("ProtectHostname", as_word, "protect-hostname", "private"),
    SERVICE("ProtectClock", as_bool, "protect-clock"),
    SERVICE("ProtectKernelTunables", as_bool, "protect-kernel-tunables"),
    SERVICE("ProtectKernelModules", as_bool, "protect-kernel-modules"),
    SERVICE("ProtectKernelLogs", as_bool, "protect-kernel-logs"),
    SERVICE("ProtectControlGroups", as_word, "protect-control-groups",
	"strict"),
    SERVICE("RestrictAddressFamilies", as_set, "restrict-address-families",
	LIST),
    SERVICE("RestrictFileSystems", lost, NO_SANDBOX, LIST),
    SERVICE("RestrictNamespaces", as_namespaces, "restrict-namespaces", LIST),
    SERVICE("LockPersonality", as_bool, "lock-personality"),
    SERVICE("MemoryDenyWriteExecute", as_bool, "memory-deny-write-execute"),
    SERVICE("RestrictRealtime", as_bool, "restrict-realtime"),
    SERVICE("RestrictSUIDSGID", as_bool, "restrict-suid-sgid"),
    SERVICE("RemoveIPC", lost_if_yes, NO ": IPC objects of the user stay"),
    SERVICE("PrivateMounts", lost_if_yes,
	NO " alone: another key of the sandbox brings it"),
    SERVICE("MountFlags", lost, NO),
    SERVICE("SystemCallFilter", lost, NO_SANDBOX, LIST),
    SERVICE("SystemCallErrorNumber", lost, NO_SANDBOX),
    SERVICE("SystemCallArchitectures", as_line, "system-call-architectures",
	LIST),
    SERVICE("SystemCallLog", lost, NO, LIST),
    SERVICE("Environment", as_environment, "env", LIST),
    SERVICE("EnvironmentFile", as_environment_file, "env-file", LIST),
    SERVICE("PassEnvironment", as_line, "pass-environment", LIST),
    SERVICE("UnsetEnvironment", lost, NO ": see env-clear", LIST),
    SERVICE("StandardInput", lost_unless, NO ": it is /dev/null", "null"),
    SERVICE("StandardInputText", lost, NO ": it is /dev/null", LIST),
    SERVICE("StandardInputData", lost, NO ": it is /dev/null", LIST),
    SERVICE("StandardOutput", as_output, "log"),
    SERVICE("StandardError", as_output, "log"),
    SERVICE("LogLevelMax", lost, NO_JOURNAL),
    SERVICE("LogExtraFields", lost, NO_JOURNAL, LIST),
    SERVICE("LogRateLimitIntervalSec", lost, NO ": hupd logs all"),
    SERVICE("LogRateLimitBurst", lost, NO ": hupd logs all"),
    SERVICE("LogFilterPatterns", lost, NO ": hupd logs all", LIST),
    SERVICE("LogNamespace", lost, NO_JOURNAL),
    SERVICE("SyslogIdentifier", as_identifier, "syslog-identifier"),
    SERVICE("SyslogFacility", lost, NO ": it is daemon"),
    SERVICE("SyslogLevel", lost, NO),
    SERVICE("SyslogLevelPrefix", no_effect),
    SERVICE("TTYPath", lost, NO_TERMINAL),
    SERVICE("TTYReset", lost_if_yes, NO_TERMINAL),
    SERVICE("TTYVHangup", lost_if_yes, NO_TERMINAL),
    SERVICE("TTYRows", lost, NO_TERMINAL),
    SERVICE("TTYColumns", lost, NO_TERMINAL),
    SERVICE("TTYVTDisallocate", lost_if_yes, NO_TERMINAL),
    SERVICE("LoadCredential", lost, NO, LIST),
    SERVICE("LoadCredentialEncrypted", lost, NO, LIST),
    SERVICE("ImportCredential", lost, NO, LIST),
    SERVICE("SetCredential", lost, NO, LIST),
    SERVICE("SetCredentialEncrypted", lost, NO, LIST),
    SERVICE("UtmpIdentifier", lost, NO ": hupd writes no utmp"),
    SERVICE("UtmpMode", no_effect),

    /* systemd.kill(5) */
    SERVICE("KillMode", as_kill_mode, "kill-mode"),
    SERVICE("KillSignal", as_it_is, "stop-signal"),
    SERVICE("RestartKillSignal", lost, NO ": stop-signal is sent"),
    SERVICE("SendSIGHUP", lost_if_yes, NO),
    SERVICE("SendSIGKILL", as_bool, "send-sigkill"),
    SERVICE("FinalKillSignal", lost_unless, NO ": SIGKILL is sent", "SIGKILL"),
    SERVICE("WatchdogSignal", lost_unless, NO ": SIGABRT is sent", "SIGABRT"),

    /* systemd.resource-control(5) */
    SERVICE("CPUAccounting", no_effect),
    SERVICE("MemoryAccounting", no_effect),
    SERVICE("TasksAccounting", no_effect),
    SERVICE("IOAccounting", no_effect),
    SERVICE("BlockIOAccounting", no_effect),
    SERVICE("IPAccounting", no_effect),
    SERVICE("CPUWeight", as_number, "cpu-weight"),
    SERVICE("StartupCPUWeight", lost, NO_LIMIT),
    SERVICE("CPUShares", lost, NO ": see cpu-weight"),
    SERVICE("StartupCPUShares", lost, NO_LIMIT),
    SERVICE("CPUQuota", as_number, "cpu-quota"),
    SERVICE("CPUQuotaPeriodSec", lost, NO_LIMIT),
    SERVICE("AllowedCPUs", lost, NO ": see cpu-affinity", LIST),
    SERVICE("StartupAllowedCPUs", lost, NO_LIMIT, LIST),
    SERVICE("AllowedMemoryNodes", lost, NO_LIMIT, LIST),
    SERVICE("StartupAllowedMemoryNodes", lost, NO_LIMIT, LIST),
    SERVICE("MemoryMin", lost_unless, NO_LIMIT, "0"),
    SERVICE("MemoryLow", lost_unless, NO_LIMIT, "0"),
    SERVICE("DefaultMemoryMin", lost_unless, NO_LIMIT, "0"),
    SERVICE("DefaultMemoryLow", lost_unless, NO_LIMIT, "0"),
    SERVICE("StartupMemoryLow", lost_unless, NO_LIMIT, "0"),
    SERVICE("DefaultStartupMemoryLow", lost_unless, NO_LIMIT, "0"),
    SERVICE("MemoryHigh", as_size, "memory-high"),
    SERVICE("StartupMemoryHigh", lost, NO_LIMIT),
    SERVICE("MemoryMax", as_size, "memory-max"),
    SERVICE("StartupMemoryMax", lost, NO_LIMIT),
    SERVICE("MemoryLimit", as_size, "memory-max", "MemoryMax"),
    SERVICE("MemorySwapMax", lost_unless, NO_LIMIT, "infinity"),
    SERVICE("StartupMemorySwapMax", lost_unless, NO_LIMIT, "infinity"),
    SERVICE("MemoryZSwapMax", lost_unless, NO_LIMIT, "infinity"),
    SERVICE("StartupMemoryZSwapMax", lost_unless, NO_LIMIT, "infinity"),
    SERVICE("MemoryZSwapWriteback", no_effect),
    SERVICE("TasksMax", as_number, "tasks-max"),
    SERVICE("IOWeight", as_number, "io-weight"),
    SERVICE("StartupIOWeight", lost, NO_LIMIT),
    SERVICE("BlockIOWeight", lost, NO ": see io-weight"),
    SERVICE("StartupBlockIOWeight", lost, NO_LIMIT),
    SERVICE("IODeviceWeight", lost, NO_LIMIT, LIST),
    SERVICE("BlockIODeviceWeight", lost, NO_LIMIT, LIST),
    SERVICE("IOReadBandwidthMax", lost, NO_LIMIT, LIST),
    SERVICE("IOWriteBandwidthMax", lost, NO_LIMIT, LIST),
    SERVICE("BlockIOReadBandwidth", lost, NO_LIMIT, LIST),
    SERVICE("BlockIOWriteBandwidth", lost, NO_LIMIT, LIST),
    SERVICE("IOReadIOPSMax", lost, NO_LIMIT, LIST),
    SERVICE("IOWriteIOPSMax", lost, NO_LIMIT, LIST),
    SERVICE("IODeviceLatencyTargetSec", lost, NO_LIMIT, LIST),
    SERVICE("IPAddressAllow", lost, NO_NETWORK, LIST),
    SERVICE("IPAddressDeny", lost, NO_NETWORK, LIST),
    SERVICE("IPIngressFilterPath", lost, NO_NETWORK, LIST),
    SERVICE("IPEgressFilterPath", lost, NO_NETWORK, LIST),
    SERVICE("BPFProgram", lost, NO_NETWORK, LIST),
    SERVICE("NFTSet", lost, NO_NETWORK, LIST),
    SERVICE("SocketBindAllow", lost, NO_NETWORK, LIST),
    SERVICE("SocketBindDeny", lost, NO_NETWORK, LIST),
    SERVICE("RestrictNetworkInterfaces", lost, NO_NETWORK, LIST),
    SERVICE("DeviceAllow", lost, NO ": see private-devices", LIST),
    SERVICE("DevicePolicy", lost_unless, NO ": see private-devices", "auto"),
    SERVICE("Slice", lost, NO ": each program has its own cgroup"),
    SERVICE("Delegate", as_delegate, "delegate"),
    SERVICE("DelegateSubgroup", lost, NO),
    SERVICE("DisableControllers", lost, NO, LIST),
    SERVICE("ManagedOOMSwap", lost_unless, NO, "auto"),
    SERVICE("ManagedOOMMemoryPressure", lost_unless, NO, "auto"),
    SERVICE("ManagedOOMMemoryPressureLimit", no_effect),
    SERVICE("ManagedOOMMemoryPressureDurationSec", no_effect),
    SERVICE("ManagedOOMPreference", lost_unless, NO, "none"),
    SERVICE("MemoryPressureWatch", no_effect),
    SERVICE("MemoryPressureThresholdSec", no_effect),

    SOCKET("ListenStream", as_stream, "listen-stream", LIST),
    SOCKET("ListenDatagram", lost, NO ": hupd holds stream sockets only", LIST),
    SOCKET("ListenSequentialPacket", lost,
	NO ": hupd holds stream sockets only", LIST),
    SOCKET("ListenFIFO", lost, NO ": hupd holds stream sockets only", LIST),
    SOCKET("ListenSpecial", lost, NO ": hupd holds stream sockets only", LIST),
    SOCKET("ListenNetlink", lost, NO ": hupd holds stream sockets only", LIST),
    SOCKET("ListenMessageQueue", lost, NO ": hupd holds stream sockets only",
	LIST),
    SOCKET("ListenUSBFunction", lost, NO ": hupd holds stream sockets only",
	LIST),
    SOCKET("SocketUser", as_socket_attribute, "socket-user"),
    SOCKET("SocketGroup", as_socket_attribute, "socket-group"),
    SOCKET("SocketMode", as_socket_attribute, "socket-mode"),
    SOCKET("Service", as_service),
    SOCKET("Accept", no_effect),
    SOCKET("RemoveOnStop", no_effect),
    SOCKET("TriggerLimitIntervalSec", no_effect),
    SOCKET("TriggerLimitBurst", no_effect),
    SOCKET("PollLimitIntervalSec", no_effect),
    SOCKET("PollLimitBurst", no_effect),
    SOCKET("MaxConnections", no_effect),
    SOCKET("MaxConnectionsPerSource", no_effect),
    SOCKET("FlushPending", no_effect),
    SOCKET("Writable", no_effect),
    SOCKET("FileDescriptorName", lost, NO ": LISTEN_FDNAMES has the address"),
    SOCKET("BindIPv6Only", lost_unless,
	NO ": an address of IPv6 takes IPv6 alone, a port both", "default"),
    SOCKET("DirectoryMode", lost_unless, NO ": it is 0755", "0755"),
    SOCKET("Symlinks", lost, NO, LIST),

    INSTALL("WantedBy", as_wanted, "autostart", LIST),
    INSTALL("RequiredBy", as_wanted, "autostart", LIST),
    INSTALL("UpheldBy", as_wanted, "autostart", LIST),
    INSTALL("Alias", lost, NO ": a program has one name", LIST),
    INSTALL("Also", as_companion, NULL, ".service", true),
    INSTALL("DefaultInstance", no_effect),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Of sections and keys that have no row of their own. */
static const struct row row_condition = {.convert = lost,
    .to = NO_CHECK,
    .list = true};
static const struct row row_socket = {.convert = lost,
    .to = NO_SOCKET,
    .list = true};
static const struct row row_ignored = {.convert = no_effect, .list = true};
static const struct row row_unknown = {.convert = unknown, .list = true};

bool
systemd_setting(size_t i, struct systemd_setting *setting)
{
	const struct row *row = &rows[i];

	if (i >= ROWS)
		return false;
	*setting = (struct systemd_setting){.section = row->section,
	    .name = row->name,
	    .fate = DRAFT_NO_EFFECT};
	if (row->to != NULL && strncmp(row->to, NO, strlen(NO)) == 0) {
		setting->fate = DRAFT_LOST;
	} else if (row->to != NULL) {
		setting->fate = DRAFT_TRANSLATED;
		setting->key = row->to;
	}
	return true;
}

static const struct row *
find_row(const struct unitfile_line *line)
{
	/* Other programs read these. */
	if (begins(line->section, "X-") || begins(line->key, "X-"))
		return &row_ignored;
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, line->key) == 0 &&
		    strcmp(rows[i].section, line->section) == 0)
			return &rows[i];
	if (strcmp(line->section, "Unit") == 0 &&
	    (begins(line->key, "Condition") || begins(line->key, "Assert")))
		return &row_condition;
	if (strcmp(line->section, "Socket") == 0)
		return &row_socket;
	return &row_unknown;
}

/* The conversion of a service. */

static void
account(struct job *job, enum draft_fate fate)
{
	const struct unitfile_line *line = job->line;
	const struct draft_origin origin = {line->file, line->line, line->key};

	if (draft_account(job->draft, &origin, fate,
		fate == DRAFT_TRANSLATED ? job->keys : job->why) == -1)
		fail(job, "out of memory");
	if (fate == DRAFT_LOST)
		diag_add_once(&job->notes, line->file, line->line, line->key,
		    "%s", job->why != NULL ? job->why : "is not valid");
	else if (fate == DRAFT_NO_EFFECT && job->why == NULL &&
	    !strings_has(job->idle, line->key) &&
	    strings_add(&job->idle, line->key) == -1)
		fail(job, "out of memory");
	free(job->keys);
	free(job->why);
	job->keys = job->why = NULL;
}

/* An empty value resets; the empty set of capabilities is one. */
static enum draft_fate
convert_empty(struct job *job, const struct row *row)
{
	if (row->convert == as_set && begins(job->line->key, "Capability") &&
	    first_line(job, row) == NULL &&
	    replaced_by(job->line, row) == NULL) {
		put(job, row->to, "none");
		return DRAFT_TRANSLATED;
	}
	lose(job,
	    is_dependency(row) ? "dependencies cannot be reset"
			       : "resets the setting");
	return DRAFT_NO_EFFECT;
}

static void
convert_line(struct job *job)
{
	const struct row *row = find_row(job->line);
	const struct unitfile_line *later;
	enum draft_fate fate;

	if (*job->line->value == '\0') {
		fate = convert_empty(job, row);
	} else if ((later = replaced_by(job->line, row)) != NULL) {
		lose(job, "replaced by %s:%u", later->file, later->line);
		fate = DRAFT_NO_EFFECT;
	} else {
		fate = row->convert(job, row, job->line->value);
	}
	account(job, fate);
}

static void
convert_lines(struct job *job, struct unit *unit)
{
	struct unit *before = job->reading;
	const char *name = job->names.name, *path = job->names.path;

	job->reading = unit;
	job->names.name = unit->name;
	job->names.path = unit->path;
	TAILQ_FOREACH (job->line, &unit->file.lines, link)
		convert_line(job);
	job->reading = before;
	job->names.name = name;
	job->names.path = path;
}

static void
lose_socket(struct job *job, struct unit *unit, const char *why)
{
	TAILQ_FOREACH (job->line, &unit->file.lines, link) {
		lose(job, "%s", why);
		account(job, DRAFT_LOST);
	}
}

static void
convert_sockets(struct job *job)
{
	const char *accept;
	struct unit *unit;

	TAILQ_FOREACH (unit, &job->units->list, link) {
		if (unit->taken || !units_has_suffix(unit->name, ".socket"))
			continue;
		if (!is_socket_of(unit, job->unit) &&
		    !strings_has(job->sockets, unit->name))
			continue;
		accept = setting_of(unit, "Socket", "Accept");
		if (accept != NULL && unitfile_bool(accept) == 1)
			lose_socket(job, unit,
			    "a service for each connection has no counterpart");
		else
			convert_lines(job, unit);
		unit->taken = true;
	}
}

/* Is the path below /run one of RuntimeDirectory=? */
static bool
is_runtime_directory(const struct job *job, const char *path)
{
	const struct unitfile_line *line;
	const char *value, *why;
	size_t len = strlen(path);
	bool found = false;
	char *word;

	TAILQ_FOREACH (line, &job->unit->file.lines, link) {
		if (strcmp(line->key, "RuntimeDirectory") != 0)
			continue;
		for (value = line->value;
		     unitfile_word(&value, &word, &why) == 1; free(word))
			found = found ||
			    (strncmp(word, path, len) == 0 &&
				strspn(word + len, "/") == strlen(word + len));
	}
	return found;
}

/*
 * A package may have its folders below /run made by systemd-tmpfiles(8) at
 * boot. A command before each start makes them here.  line: "d PATH MODE USER
 * GROUP".
 */
static void
put_tmpfile(struct job *job, const char *file, unsigned line, char *text)
{
	char *field[5] = {NULL}, *rest = text, *word;
	char install[] = "install", d[] = "-d", m[] = "-m", o[] = "-o",
	     g[] = "-g", mode[] = "0755", root[] = "root";
	size_t n = 0;

	while (n < 5 && (word = strsep(&rest, " \t")) != NULL)
		if (*word != '\0')
			field[n++] = word;
	if (n < 2 || strncmp(field[1], "/run/", 5) != 0)
		return;
	/* RuntimeDirectory= is later, and decides. */
	if (is_runtime_directory(job, field[1] + 5))
		return;
	if ((field[0][0] != 'd' && field[0][0] != 'D') ||
	    strchr(field[1], '%') != NULL) {
		diag_add(&job->notes, file, line, NULL,
		    "\"%.20s %.80s\" has no counterpart", field[0], field[1]);
		return;
	}
	for (size_t i = 2; i < 5; i++)
		if (field[i] == NULL || strcmp(field[i], "-") == 0)
			field[i] = i == 2 ? mode : root;

	char *words[] = {install, d, m, field[2], o, field[3], g, field[4],
	    field[1], NULL};

	put_words(job, "start-pre", "+", words);
}

static void
put_tmpfiles(struct job *job)
{
	char *path, *text = units_read_tmpfiles(job->unit, &path);
	char *rest = text, *line;
	unsigned n = 0;

	job->line = NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		n++;
		line = text_trim(line, BLANKS);
		if (*line != '\0' && *line != '#')
			put_tmpfile(job, path, n, line);
	}
	free(text);
	free(path);
}

/* Does the unit have a line by which another one wants it? */
static bool
has_wanted(const struct unit *unit)
{
	const struct unitfile_line *line;

	TAILQ_FOREACH (line, &unit->file.lines, link)
		if (strcmp(line->section, "Install") == 0 &&
		    find_row(line)->convert == as_wanted &&
		    *line->value != '\0' &&
		    replaced_by(line, find_row(line)) == NULL)
			return true;
	return false;
}

/* Is the unit, or a socket of it, wanted at boot? */
static bool
is_wanted(const struct job *job)
{
	const struct unit *unit;

	TAILQ_FOREACH (unit, &job->units->list, link)
		if ((unit == job->unit || is_socket_of(unit, job->unit) ||
			strings_has(job->sockets, unit->name)) &&
		    has_wanted(unit))
			return true;
	return false;
}

/* A setting of [Unit], or of [Service] in former versions. */
static const char *
limit_setting(const struct job *job, const char *name)
{
	const char *value = setting(job, "Unit", name);

	return value != NULL ? value : service(job, name);
}

/*
 * systemd waits RestartSec each time, and gives up after a number of starts
 * within an interval.  A service that runs longer than its share of the
 * interval never comes to that: it has had a stable run.
 */
static void
put_restart_limit(struct job *job)
{
	uint64_t delay = time_of(job, "Service", "RestartSec", SECOND / 10);
	uint64_t most = time_of(job, "Service", "RestartMaxDelaySec", delay);
	uint64_t interval = 10 * SECOND, share;
	const char *burst = limit_setting(job, "StartLimitBurst"), *why;
	const char *text = limit_setting(job, "StartLimitIntervalSec");
	long long n = 5;

	if (text == NULL)
		text = limit_setting(job, "StartLimitInterval");
	if (text != NULL && unitfile_time(text, SECOND, &interval, &why) == -1)
		fail(job, "StartLimitIntervalSec: \"%.40s\" %s", text, why);
	if (burst != NULL) {
		n = strtonum(burst, 0, 1000000, &why);
		if (why != NULL)
			fail(job, "StartLimitBurst: \"%.40s\" is not a number",
			    burst);
	}
	put_time(job, "restart-delay-max", most < delay ? delay : most);
	if (n <= 0 || interval == 0)
		return;
	share = interval / (uint64_t)n;
	if (interval != UNITFILE_FOREVER && share <= delay)
		return;
	putf(job, "restart-limit", "%lld", n > 1 ? n - 1 : 1);
	if (interval == UNITFILE_FOREVER)
		put(job, "restart-reset", "3650d");
	else
		put_time(job, "restart-reset", share - delay);
}

/* The assumptions of systemd that hupd does not share. */
static void
put_assumptions(struct job *job)
{
	bool oneshot = job->type == TYPE_ONESHOT;
	const char *restart = service(job, "Restart");

	job->line = NULL;
	if (service(job, "Type") == NULL && oneshot)
		put(job, "ready", "exited");
	if (job->commands == 0)
		put(job, "command", "true");
	if (service(job, "KillMode") == NULL)
		put(job, "kill-mode", "control-group");
	if (restart == NULL && !oneshot)
		put(job, "restart", "never");
	if (restarts(job))
		put_restart_limit(job);
	if (service(job, "SuccessExitStatus") == NULL && !oneshot &&
	    (restart == NULL || strcmp(restart, "always") != 0))
		put(job, "success-exit", CLEAN_DAEMON);
	if (service(job, "TimeoutStartSec") == NULL &&
	    service(job, "TimeoutSec") == NULL && !oneshot)
		put(job, "start-timeout", "90s");
	if (service(job, "TimeoutStopSec") == NULL &&
	    service(job, "TimeoutSec") == NULL)
		put(job, "stop-timeout", "90s");
	if (service(job, "LimitNOFILE") == NULL)
		put(job, "rlimit-nofile", "1024:524288");
	if (!is_wanted(job))
		put(job, "autostart", "no");
}

/* Has the service what it must have? */
static bool
check_service(struct job *job)
{
	job->line = NULL;
	if (TAILQ_EMPTY(&job->unit->file.lines)) {
		fail(job, "the unit is empty, which means masked");
		return false;
	}
	if (service(job, "ExecStart") == NULL &&
	    (job->type != TYPE_ONESHOT || service(job, "ExecStop") == NULL)) {
		fail(job, "%s has no ExecStart", job->unit->name);
		return false;
	}
	return true;
}

/* The notes that are about the whole unit. */
static void
note_whole(struct job *job)
{
	char *list = NULL;
	size_t size;
	FILE *out;

	job->line = NULL;
	if (job->splits)
		remark(job,
		    "a shell splits $NAME at blanks; quotes within the value "
		    "have no meaning there");
	if (job->idle != NULL && (out = open_memstream(&list, &size)) != NULL) {
		for (size_t i = 0; job->idle[i] != NULL; i++)
			fprintf(out, "%s%s", i > 0 ? ", " : "", job->idle[i]);
		if (fclose(out) != EOF)
			remark(job, "without effect here: %s", list);
		free(list);
	}
	remark(job,
	    "an init script must not start it as well: update-rc.d %.*s "
	    "disable; with OpenRC rc-update del %.*s",
	    (int)strcspn(job->program.name, "@"), job->program.name,
	    (int)strcspn(job->program.name, "@"), job->program.name);
}

/*
 * Commands before each start make the folder for its owner.  give: chown, not
 * following a link, to the owner, and the path.
 */
static void
put_owned_folder(struct job *job, char **give, char *mode)
{
	const char *protect = service(job, "ProtectSystem");
	char install[] = "install", d[] = "-d", m[] = "-m";
	char *make[] = {install, d, m, mode, give[3], NULL};

	put_words(job, "start-pre", "+", make);
	put_words(job, "start-pre", "+", give);
	if (protect != NULL && strcmp(protect, "strict") == 0)
		put_words(job, "read-write-paths", "", give + 3);
}

/* The folders of one line; their paths are added to the variable's value. */
static void
put_owned_line(struct job *job, const struct row *row, enum folder_kind kind,
    FILE *variable)
{
	const char *value = job->line->value, *group = service(job, "Group");
	char mode[8] = "", chown[] = "chown", h[] = "-h";
	char *name, *give[] = {chown, h, NULL, NULL, NULL};

	if (*folder_mode(job, row->also, mode) == '\0')
		snprintf(mode, sizeof(mode), " %o", FOLDER_MODE);
	while ((name = next_folder(job, &value, true)) != NULL) {
		if (asprintf(&give[2], "%s:%s", service(job, "User"),
			group != NULL ? group : "") == -1)
			give[2] = NULL;
		if (asprintf(&give[3], "%s/%s", folder_base(kind), name) == -1)
			give[3] = NULL;
		if (give[2] == NULL || give[3] == NULL) {
			fail(job, "out of memory");
		} else {
			put_owned_folder(job, give, mode + 1);
			fprintf(variable, "%s%s",
			    ftell(variable) > 0 ? ":" : "", give[3]);
		}
		free(give[2]);
		free(give[3]);
		free(name);
	}
}

/* The folders of a kind, and the variable that names them. */
static void
put_owned_folders(struct job *job, enum folder_kind kind)
{
	const struct row *row;
	char *paths = NULL;
	size_t size;
	FILE *out;

	if ((out = open_memstream(&paths, &size)) == NULL) {
		fail(job, "out of memory");
		return;
	}
	TAILQ_FOREACH (job->line, &job->unit->file.lines, link) {
		row = find_row(job->line);
		if (row->convert == as_folder && *job->line->value != '\0' &&
		    strcmp(row->to, folder_key(kind)) == 0 &&
		    replaced_by(job->line, row) == NULL)
			put_owned_line(job, row, kind, out);
	}
	if (fclose(out) == EOF)
		fail(job, "out of memory");
	else if (size > 0)
		putf(job, "env", "%s=%s", folder_variable(kind), paths);
	free(paths);
	free(job->keys);
	job->keys = NULL;
}

static void
convert_program(struct job *job)
{
	size_t stem = strlen(job->unit->name) - strlen(".service");

	if (strlen(job->program.name) != stem ||
	    strncmp(job->program.name, job->unit->name, stem) != 0)
		remark(job, "hupd does not allow the name: the program is %s",
		    job->program.name);
	if (!draft_begin(&job->program))
		return;
	put_tmpfiles(job);
	if (has_owner_of_folders(job))
		for (enum folder_kind kind = 0; kind < FOLDER_CONFIGURATION;
		     kind++)
			put_owned_folders(job, kind);
	convert_lines(job, job->unit);
	convert_sockets(job);
	put_assumptions(job);
	put_before(job);
	note_whole(job);
	draft_finish(job->draft, &job->program);
}

static void
convert_service(struct job *job)
{
	char *name;

	diag_init(&job->notes);
	job->reading = job->unit;
	job->names.name = job->unit->name;
	job->names.path = job->unit->path;
	job->type = type_of(job);
	count_plain(job);
	if (check_service(job)) {
		if ((name = program_of(job->unit)) == NULL) {
			fail(job, "out of memory");
			return;
		}
		job->program = (struct draft_program){.name = name,
		    .title = job->unit->name,
		    .format = "systemd",
		    .origin = {job->unit->path, 0, NULL},
		    .diags = job->diags,
		    .notes = &job->notes};
		convert_program(job);
		free(name);
	}
	for (size_t i = 0; i < job->notes.n; i++)
		diag_add(&job->draft->notes, job->notes.v[i].file,
		    job->notes.v[i].line, job->notes.v[i].key, "%s",
		    job->notes.v[i].reason);
	diag_clear(&job->notes);
	free(job->idle);
	free(job->keys);
	free(job->why);
}

/* Read the sockets that the service names. */
static void
read_companions(struct job *job, struct diags *notes)
{
	const struct unitfile_line *line;
	const char *s, *why;
	char *word;

	TAILQ_FOREACH (line, &job->unit->file.lines, link) {
		bool sockets = strcmp(line->key, "Sockets") == 0;

		if (!sockets && strcmp(line->key, "Also") != 0)
			continue;
		for (s = line->value; unitfile_word(&s, &word, &why) == 1;
		     free(word)) {
			if (!units_has_suffix(word, ".socket"))
				continue;
			if (units_find(job->units, word) == NULL)
				(void)units_read_beside(job->units, job->unit,
				    word, job->diags, notes);
			if (sockets && strings_add(&job->sockets, word) == -1)
				fail(job, "out of memory");
		}
	}
}

int
systemd_convert(struct draft *draft, struct units *units,
    const struct specifier_host *host, struct diags *diags)
{
	size_t before = diag_count(diags);
	struct unit *unit;

	TAILQ_FOREACH (unit, &units->list, link) {
		struct job job = {.draft = draft,
		    .units = units,
		    .unit = unit,
		    .names.host = host,
		    .diags = diags};

		if (!units_has_suffix(unit->name, ".service"))
			continue;
		read_companions(&job, &draft->notes);
		convert_service(&job);
		free(job.sockets);
	}
	TAILQ_FOREACH (unit, &units->list, link)
		if (units_has_suffix(unit->name, ".socket") && !unit->taken &&
		    !unit->named)
			diag_add(diags, unit->path, 0, NULL,
			    "its service is not among these units");
	return diag_count(diags) == before ? 0 : -1;
}
