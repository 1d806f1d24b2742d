/*
 * supervisord - the reader of supervisord's configuration: the meaning of its
 * values, its files, and each of its programs as a draft.
 */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "config/definition.h"
#include "config/environ.h"
#include "import/supervisord.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

#define PROGRAM "program:"
#define GROUP "group:"
#define LISTENER "eventlistener:"

#define BLANKS " \t\r\n\v\f"

/* The values. */

/* The largest width of %(NAME)99d. */
#define WIDTH_MAX 64

/* 1, 0; -1: neither. */
static int
yes_or_no(const char *s)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off",
	    "on", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(s, words[i]) == 0)
			return i % 2 == 1;
	return -1;
}

/* The value of a variable in a vector of K=V (or NULL), or NULL. */
static const char *
variable(char *const *vector, const char *name)
{
	size_t len = strlen(name);

	for (; vector != NULL && *vector != NULL; vector++)
		if (strncmp(*vector, name, len) == 0 && (*vector)[len] == '=')
			return *vector + len + 1;
	return NULL;
}

/* The values of %(NAME)s; that of %(here)s is in the key's source. */
struct names {
	const char *host;
	const char *program;
	const char *group;
	long process; /* process_num */
	long processes;
	/* K=V vectors, or NULL, in which ENV_NAME is looked up in turn. */
	char *const *env[2];
	char *const *environ; /* after those: hupctl's own */
};

struct expander {
	const struct ini_key *key;
	const struct names *names;
	struct diags *diags;
	struct diags *notes; /* or NULL */
	FILE *out;
};

/* ENV_NAME; the program's own variables come first. */
static const char *
env_value(const struct expander *x, const char *name)
{
	const char *value;

	for (size_t i = 0; i < 2; i++)
		if ((value = variable(x->names->env[i], name)) != NULL)
			return value;
	if ((value = variable(x->names->environ, name)) != NULL &&
	    x->notes != NULL)
		ini_complain(x->key, x->notes,
		    "%%(ENV_%s)s is replaced by its present value, \"%.80s\"",
		    name, value);
	return value;
}

/* The value of a name; a number is printed to buf. */
static const char *
name_value(const struct expander *x, const char *name, char buf[static 32],
    bool *number)
{
	const struct names *n = x->names;
	bool one = strcmp(name, "process_num") == 0;

	*number = one || strcmp(name, "numprocs") == 0;
	if (*number) {
		snprintf(buf, 32, "%ld", one ? n->process : n->processes);
		return buf;
	}
	if (strcmp(name, "here") == 0)
		return x->key->source->here;
	if (strcmp(name, "host_node_name") == 0)
		return n->host;
	if (strcmp(name, "program_name") == 0)
		return n->program;
	if (strcmp(name, "group_name") == 0)
		return n->group;
	return strncmp(name, "ENV_", 4) == 0 ? env_value(x, name + 4) : NULL;
}

/* Print the value in the format after %(NAME): an optional width, s or d. */
static const char *
put_formatted(const struct expander *x, const char *s, const char *value,
    bool number)
{
	bool zeros = *s == '0';
	size_t width = 0, len = strlen(value);

	for (; isdigit((unsigned char)*s) && width <= WIDTH_MAX; s++)
		width = width * 10 + (size_t)(*s - '0');
	if ((*s != 's' && !(*s == 'd' && number)) || width > WIDTH_MAX)
		return NULL;
	for (; width > len; width--)
		putc(zeros && *s == 'd' ? '0' : ' ', x->out);
	fputs(value, x->out);
	return s + 1;
}

/* Expand the % at s.  Returns its end, or NULL after an error. */
static const char *
expand_one(const struct expander *x, const char *s)
{
	char name[128], buf[32];
	const char *value, *end;
	bool number;
	size_t len;

	if (s[1] == '%') {
		putc('%', x->out);
		return s + 2;
	}
	len = s[1] == '(' ? strcspn(s + 2, ")") : 0;
	if (len == 0 || len >= sizeof(name) || s[2 + len] == '\0') {
		ini_complain(x->key, x->diags,
		    "\"%.20s\": write %%%% for a percent sign, or %%(NAME)s",
		    s);
		return NULL;
	}
	memcpy(name, s + 2, len);
	name[len] = '\0';
	if ((value = name_value(x, name, buf, &number)) == NULL) {
		if (strncmp(name, "ENV_", 4) == 0)
			ini_complain(x->key, x->diags,
			    "%%(%s)s is not defined: the environment of hupctl "
			    "itself has no %s, and supervisord's is unknown",
			    name, name + 4);
		else
			ini_complain(x->key, x->diags, "%%(%s)s is not defined",
			    name);
		return NULL;
	}
	end = put_formatted(x, s + 2 + len + 1, value, number);
	if (end == NULL)
		ini_complain(x->key, x->diags,
		    "\"%.*s\": expected %%(NAME)s, or %%(NAME)d for a "
		    "number",
		    (int)len + 6, s);
	return end;
}

/*
 * The value with %(NAME)s, %(NAME)02d and %% replaced; malloc'd.  NULL after
 * an error, which is added to diags.  The use of a variable of environ is
 * added to notes, unless that is NULL.
 */
static char *
expand(const struct ini_key *key, const struct names *names,
    struct diags *diags, struct diags *notes)
{
	struct expander x = {key, names, diags, notes, NULL};
	const char *s = key->value;
	char *text = NULL;
	size_t size;

	if ((x.out = open_memstream(&text, &size)) == NULL) {
		ini_complain(key, diags, "out of memory");
		return NULL;
	}
	while (s != NULL && *s != '\0') {
		if (*s == '%')
			s = expand_one(&x, s);
		else
			putc(*s++, x.out);
	}
	if (fclose(x.out) == EOF) {
		ini_complain(key, diags, "out of memory");
		s = NULL;
	}
	if (s != NULL)
		return text;
	free(text);
	return NULL;
}

/* The length of the word at s by the rules of shlex without POSIX mode. */
static size_t
token_length(const char *s)
{
	const char *end;

	if (*s == '"' || *s == '\'') {
		end = strchr(s + 1, *s);
		return end == NULL ? 0 : (size_t)(end - s) + 1;
	}
	for (end = s; *end != '\0'; end++)
		if (!isalnum((unsigned char)*end) &&
		    (unsigned char)*end < 0x80 &&
		    strchr("_/.+-():'\"", *end) == NULL)
			break;
	return (size_t)(end - s);
}

/* Add one KEY=value to the list.  Returns its end, or NULL after an error. */
static const char *
add_pair(const struct ini_key *key, const char *s, char ***list,
    struct diags *diags)
{
	static const char quotes[] = "'\"";
	size_t name = token_length(s), len;
	const char *value = s + name + strspn(s + name, BLANKS), *end;
	char *pair;
	int r;

	if (name == 0 || *value != '=') {
		ini_complain(key, diags, "\"%.40s\" is not KEY=value", s);
		return NULL;
	}
	value++;
	value += strspn(value, BLANKS);
	if ((len = token_length(value)) == 0) {
		ini_complain(key, diags,
		    "%.*s has no value, or a quote "
		    "is not closed",
		    (int)name, s);
		return NULL;
	}
	end = value + len;
	for (; len > 0 && strchr(quotes, value[len - 1]) != NULL; len--)
		;
	for (; len > 0 && strchr(quotes, *value) != NULL; len--)
		value++;
	if (asprintf(&pair, "%.*s=%.*s", (int)name, s, (int)len, value) == -1)
		pair = NULL;
	r = pair == NULL ? -1 : strings_add(list, pair);
	free(pair);
	if (r == -1)
		ini_complain(key, diags, "out of memory");
	return r == -1 ? NULL : end;
}

/*
 * Add KEY=value,KEY="value" to a list of strings.  -1 after an error.
 */
static int
split_pairs(const struct ini_key *key, const char *s, char ***list,
    struct diags *diags)
{
	for (s += strspn(s, BLANKS); *s != '\0'; s += strspn(s, BLANKS)) {
		if ((s = add_pair(key, s, list, diags)) == NULL)
			return -1;
		s += strspn(s, BLANKS);
		if (*s == '\0')
			break;
		if (*s != ',') {
			ini_complain(key, diags,
			    "\"%.40s\": a comma is "
			    "missing, or the value needs quotes",
			    s);
			return -1;
		}
		s++;
	}
	return 0;
}

/*
 * Between double quotes shlex knows two escapes, \" and \\; words_split() knows
 * \$ and \` as well.  Double the backslash of those.
 */
static char *
requote(const char *s)
{
	char *text, *out, quote = '\0';

	if ((text = reallocarray(NULL, strlen(s) + 1, 2)) == NULL)
		return NULL;
	for (out = text; *s != '\0'; *out++ = *s++) {
		if (quote == '\0' && (*s == '"' || *s == '\'')) {
			quote = *s;
		} else if (*s == quote) {
			quote = '\0';
		} else if (*s == '\\' && quote != '\'' && s[1] != '\0') {
			if (quote == '"' && (s[1] == '$' || s[1] == '`'))
				*out++ = '\\';
			*out++ = *s++;
		}
	}
	*out = '\0';
	return text;
}

/*
 * A command line, split as shlex does, in the form of the key "command";
 * malloc'd, or NULL after an error.
 */
static char *
requoted_command(const struct ini_key *key, const char *s, struct diags *diags)
{
	char *text, **words = NULL, *joined = NULL;
	const char *why = "out of memory";
	size_t n;

	if ((text = requote(s)) != NULL &&
	    words_split(text, &words, &n, &why) == 0) {
		if ((joined = words_join(words)) == NULL)
			why = "out of memory";
		else if (strchr(joined, '\n') != NULL) {
			why = "a word cannot contain a newline";
			free(joined);
			joined = NULL;
		}
	}
	free(words);
	free(text);
	if (joined == NULL)
		ini_complain(key, diags, "%s", why);
	return joined;
}

/* The files. */

/* The arguments of following an [include]. */
struct including {
	struct ini *ini;
	struct ini_key key; /* a copy: an included file may change it */
	struct diags *diags;
	struct diags *notes;
};

/* Read the files that a pattern matches, relative to its file's folder. */
static void
include_pattern(const struct including *in, const char *pattern)
{
	char *path;
	glob_t found;
	int r;

	if (asprintf(&path, "%s%s%s",
		*pattern == '/' ? "" : in->key.source->here,
		*pattern == '/' ? "" : "/", pattern) == -1) {
		ini_complain(&in->key, in->diags, "out of memory");
		return;
	}
	r = glob(path, 0, NULL, &found);
	if (r == GLOB_NOMATCH)
		ini_complain(&in->key, in->notes, "no file matches %s", path);
	else if (r != 0)
		ini_complain(&in->key, in->diags, "out of memory");
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		if (ini_read(in->ini, found.gl_pathv[i], in->diags) == NULL)
			ini_complain(&in->key, in->diags, "%s: %s",
			    found.gl_pathv[i], strerror(errno));
	}
	if (r == 0)
		globfree(&found);
	free(path);
}

static void
include_files(const struct including *in, const struct supervisord_names *names)
{
	const struct names known = {.host = names->host,
	    .environ = names->environ};
	char *text, *rest, *pattern;

	text = expand(&in->key, &known, in->diags, in->notes);
	for (rest = text; (pattern = strsep(&rest, BLANKS)) != NULL;)
		if (*pattern != '\0')
			include_pattern(in, pattern);
	free(text);
}

/* supervisord follows the [include] of the main file only, and so does this. */
static void
follow(struct including *in, const struct ini_source *source,
    const struct ini_section *section, const struct supervisord_names *names)
{
	const struct ini_key *key = ini_key(section, "files");

	if (key == NULL && section->source == source)
		diag_add(in->diags, source->file, section->line, NULL,
		    "[include]: files is missing");
	if (key == NULL || key->source != source)
		return;
	in->key = *key;
	include_files(in, names);
	if (key->source != source)
		ini_complain(key, in->notes, "is ignored in an included file");
}

int
supervisord_read(struct ini *ini, const char *file,
    const struct supervisord_names *names, struct diags *diags,
    struct diags *notes)
{
	struct including in = {.ini = ini, .diags = diags, .notes = notes};
	const struct ini_section *section;
	const struct ini_source *source;

	if ((source = ini_read(ini, file, diags)) == NULL)
		return -1;
	if ((section = ini_section(ini, "include")) != NULL)
		follow(&in, source, section, names);
	return 0;
}

/* The keys. */

/* A program that is being converted. */
struct job {
	const struct ini_section *section;
	const struct ini_section *daemon; /* [supervisord], or NULL */
	struct names names;
	struct diags *diags;
	struct diags *notes; /* NULL after the first process */
	struct draft_program program;
};

struct rule;
typedef void convert(struct job *, const struct ini_key *, const struct rule *,
    const char *value);

struct rule {
	const char *name;
	convert *convert; /* NULL: another function handles it */
	const char *to;	  /* the key of hupd, or the note */
};

static convert as_it_is, as_yes_no, as_seconds, as_start, as_restart, as_limit;
static convert as_group, drop, drop_if_yes, drop_if_no;

#define NO "has no counterpart"
#define EVENTS NO ": hupd has no event listeners"
#define ONE_LOG NO ": a program has one log, which includes stderr"
#define ONE_SIZE NO ": log-size and log-keep hold for stderr, too"

static const struct rule program_rules[] = {
    {"command", as_it_is, "command"},
    {"process_name", NULL, NULL},
    {"numprocs", NULL, NULL},
    {"numprocs_start", NULL, NULL},
    {"environment", NULL, NULL},
    {"priority", drop, NO ": depends-on sets the order of starts"},
    {"directory", as_it_is, "directory"},
    {"user", as_it_is, "user"},
    {"umask", as_it_is, "umask"},
    {"autostart", as_yes_no, "autostart"},
    {"autorestart", as_restart, "restart"},
    {"exitcodes", as_it_is, "success-exit"},
    {"startsecs", as_start, "settle-time"},
    {"startretries", as_limit, "restart-limit"},
    {"stopsignal", as_it_is, "stop-signal"},
    {"stopwaitsecs", as_seconds, "stop-timeout"},
    {"stopasgroup", as_group, "kill-mode"},
    {"killasgroup", drop_if_no, NO ": all remaining processes are killed"},
    {"redirect_stderr", NULL, NULL},
    {"stdout_logfile", NULL, NULL},
    {"stderr_logfile", NULL, NULL},
    {"stdout_syslog", NULL, NULL},
    {"stderr_syslog", NULL, NULL},
    {"stdout_logfile_maxbytes", NULL, NULL},
    {"stdout_logfile_backups", NULL, NULL},
    {"stderr_logfile_maxbytes", drop, ONE_SIZE},
    {"stderr_logfile_backups", drop, ONE_SIZE},
    {"stdout_capture_maxbytes", drop, EVENTS},
    {"stderr_capture_maxbytes", drop, EVENTS},
    {"stdout_events_enabled", drop_if_yes, EVENTS},
    {"stderr_events_enabled", drop_if_yes, EVENTS},
    {"serverurl", drop, NO ": SUPERVISOR_SERVER_URL is not set"},
    {NULL, drop, "is unknown"},
};

const char *
supervisord_key(size_t i)
{
	return program_rules[i].name;
}

/* A program that lacks one of the keys without a function gets it from here. */
static const struct rule daemon_rules[] = {
    {"environment", NULL, NULL},
    {"umask", NULL, NULL},
    {"user", NULL, NULL},
    {"directory", NULL, NULL},
    {"logfile", drop, NO ": events are logged to hupd.log in log-dir"},
    {"logfile_maxbytes", drop,
	NO ": log-size in hupd.conf applies to hupd.log too"},
    {"logfile_backups", drop,
	NO ": log-keep in hupd.conf applies to hupd.log too"},
    {"childlogdir", drop, NO ": log-dir in hupd.conf applies to all logs"},
    {"pidfile", drop, NO ": pidfile in hupd.conf names hupd's own"},
    {"nodaemon", drop_if_yes, NO ": see option -d of hupd(8)"},
    {"minfds", drop, NO ": rlimit-nofile sets the limit of a program"},
    {"minprocs", drop, NO ": rlimit-nproc sets the limit of a program"},
    {NULL, drop, NO},
};

static const struct rule *
find_rule(const struct rule *rule, const char *name)
{
	while (rule->name != NULL && strcmp(rule->name, name) != 0)
		rule++;
	return rule;
}

static void
put(struct job *job, const struct ini_key *key, const char *name,
    const char *value)
{
	const struct draft_origin origin = {key->source->file, key->line,
	    key->name};

	draft_set(&job->program, &origin, name, value);
}

/* The conversions of a value. */

static void
as_it_is(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	put(job, key, rule->to, value);
}

static void
as_yes_no(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	int yes = yes_or_no(value);

	if (yes == -1)
		ini_complain(key, job->diags, "\"%.40s\" is not true or false",
		    value);
	else
		put(job, key, rule->to, yes ? "yes" : "no");
}

static void
as_seconds(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	char buf[64];

	if (strspn(value, "0123456789") != strlen(value) ||
	    snprintf(buf, sizeof(buf), "%ss", value) >= (int)sizeof(buf))
		ini_complain(key, job->diags,
		    "\"%.40s\" is not a number of seconds", value);
	else
		put(job, key, rule->to, buf);
}

/*
 * A process that runs longer is up, and its next failure the first again.
 * With 0 supervisord never gives up: it restarts the process once a second.
 */
static void
as_start(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	as_seconds(job, key, rule, value);
	if (value[strspn(value, "0123456789")] != '\0')
		return;
	if (value[strspn(value, "0")] != '\0')
		as_seconds(job, key, &(struct rule){.to = "restart-reset"},
		    value);
	else
		put(job, key, "restart-delay-max", "1s");
}

static void
as_group(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	if (yes_or_no(value) == 1)
		put(job, key, rule->to, "control-group");
}

static void
as_restart(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	int yes = yes_or_no(value);

	if (strcasecmp(value, "unexpected") == 0)
		put(job, key, rule->to, "on-failure");
	else if (yes != -1)
		put(job, key, rule->to, yes ? "always" : "never");
	else
		ini_complain(key, job->diags,
		    "\"%.40s\" is not true, false or unexpected", value);
}

/* Is the key given, with a value that consists of zeros? */
static bool
is_zero(const struct ini_section *section, const char *name)
{
	const struct ini_key *key = ini_key(section, name);

	return key != NULL && *key->value != '\0' &&
	    key->value[strspn(key->value, "0")] == '\0';
}

/* restart-limit = 0 would mean "no limit". */
static void
as_limit(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	/* Then no start ever fails. */
	if (is_zero(job->section, "startsecs"))
		return;
	if (value[strspn(value, "0")] == '\0') {
		if (job->notes != NULL)
			ini_complain(key, job->notes,
			    "0 " NO ": the lowest restart-limit is 1");
		value = "1";
	}
	put(job, key, rule->to, value);
}

static void
drop(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	(void)value;
	if (job->notes != NULL)
		ini_complain(key, job->notes, "%s", rule->to);
}

static void
drop_if_yes(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	if (yes_or_no(value) != 0)
		drop(job, key, rule, value);
}

static void
drop_if_no(struct job *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	if (yes_or_no(value) != 1)
		drop(job, key, rule, value);
}

/* The destination of output. */

enum place { PLACE_AUTO, PLACE_NONE, PLACE_SYSLOG, PLACE_STDOUT, PLACE_FILE };

static enum place
output_place(const struct ini_key *key)
{
	if (key == NULL || *key->value == '\0' ||
	    strcasecmp(key->value, "auto") == 0)
		return PLACE_AUTO;
	if (strcasecmp(key->value, "none") == 0 ||
	    strcmp(key->value, "/dev/null") == 0)
		return PLACE_NONE;
	if (strcasecmp(key->value, "syslog") == 0)
		return PLACE_SYSLOG;
	if (strncmp(key->value, "/dev/fd/", 8) == 0 ||
	    strncmp(key->value, "/dev/std", 8) == 0 ||
	    strncmp(key->value, "/proc/1/fd/", 11) == 0 ||
	    strncmp(key->value, "/proc/self/fd/", 14) == 0)
		return PLACE_STDOUT;
	return PLACE_FILE;
}

static bool
is_yes(const struct ini_section *section, const char *name)
{
	const struct ini_key *key = ini_key(section, name);

	return key != NULL && yes_or_no(key->value) == 1;
}

/* Was a file for standard error alone asked for? */
static bool
has_own_errors(const struct job *job)
{
	const struct ini_key *out = ini_key(job->section, "stdout_logfile");
	const struct ini_key *err = ini_key(job->section, "stderr_logfile");
	const struct ini_key *joined = ini_key(job->section, "redirect_stderr");

	if (is_yes(job->section, "redirect_stderr") ||
	    is_yes(job->section, "stdout_syslog") ||
	    (output_place(out) != PLACE_FILE &&
		output_place(out) != PLACE_AUTO))
		return false;
	if (output_place(err) == PLACE_FILE)
		return out == NULL || strcmp(out->value, err->value) != 0;
	return output_place(err) == PLACE_AUTO && joined != NULL;
}

/* Note which keys of output are lost. */
static void
note_output(struct job *job, const struct ini_key *out,
    const struct ini_key *err, bool joined)
{
	enum place place = output_place(out);

	if (place == PLACE_FILE)
		ini_complain(out, job->notes,
		    NO ": hupd names a log after its program");
	else if (place == PLACE_NONE)
		ini_complain(out, job->notes, ONE_LOG);
	if (joined || output_place(err) == PLACE_AUTO)
		return;
	if (has_own_errors(job))
		ini_complain(err, job->notes,
		    NO ": hupd names a log after its program");
	else if (place != PLACE_STDOUT || output_place(err) != PLACE_STDOUT)
		ini_complain(err, job->notes, ONE_LOG);
}

/* "50MB" is "50M". */
static void
put_bytes(struct job *job, const struct ini_key *key, const char *to,
    const char *value)
{
	size_t len = strspn(value, "0123456789");
	const char *unit = value + len;
	char buf[64];

	if (strcasecmp(unit, "KB") == 0)
		unit = "K";
	else if (strcasecmp(unit, "MB") == 0)
		unit = "M";
	else if (strcasecmp(unit, "GB") == 0)
		unit = "G";
	if (len == 0 || strlen(unit) > 1 ||
	    snprintf(buf, sizeof(buf), "%.*s%s", (int)len, value, unit) >=
		(int)sizeof(buf))
		ini_complain(key, job->diags,
		    "\"%.40s\" is not a number of bytes, KB, MB or GB", value);
	else
		put(job, key, to, buf);
}

/* The value of a key with its names replaced; malloc'd, or NULL. */
static char *
value_of(struct job *job, const char *name, const struct ini_key **key)
{
	*key = ini_key(job->section, name);
	return *key == NULL ? NULL
			    : expand(*key, &job->names, job->diags, job->notes);
}

/* Rotation, of a log file of hupd's: 0 bytes there mean no rotation here, too.
 */
static void
put_rotation(struct job *job)
{
	const struct ini_key *key;
	char *value;

	if ((value = value_of(job, "stdout_logfile_maxbytes", &key)) != NULL &&
	    *value != '\0')
		put_bytes(job, key, "log-size", value);
	free(value);
	if ((value = value_of(job, "stdout_logfile_backups", &key)) != NULL &&
	    *value != '\0')
		put(job, key, "log-keep", value);
	free(value);
}

/* hupd has one key for the destination of both streams. */
static void
put_log(struct job *job)
{
	const struct ini_key *out = ini_key(job->section, "stdout_logfile");
	const struct ini_key *err = ini_key(job->section, "stderr_logfile");
	const struct ini_key *syslog = ini_key(job->section, "stdout_syslog");
	enum place place = output_place(out);
	const struct ini_key *joined_key =
	    ini_key(job->section, "redirect_stderr");
	bool joined = is_yes(job->section, "redirect_stderr");
	bool to_syslog = is_yes(job->section, "stdout_syslog");

	if (place == PLACE_NONE && !to_syslog &&
	    (joined || output_place(err) == PLACE_NONE)) {
		put(job, out, "log", "none");
		return;
	}
	if (job->notes != NULL)
		note_output(job, place == PLACE_SYSLOG ? NULL : out, err,
		    joined);
	if (to_syslog)
		put(job, syslog, "log", "syslog");
	else if (place == PLACE_SYSLOG)
		put(job, out, "log", "syslog");
	else if (place == PLACE_STDOUT)
		put(job, out, "log", "stdout");
	else
		put_rotation(job);
	if (has_own_errors(job))
		put(job, err != NULL ? err : joined_key, "log-stderr", "yes");
}

/* [supervisord]'s variables first: of two with one name the later wins. */
static void
put_environment(struct job *job)
{
	const struct ini_section *from[2] = {job->daemon, job->section};
	const struct ini_key *key;
	char *text;

	/* env[0] is the program's own, where names are looked up first. */
	for (size_t i = 0; i < 2; i++) {
		char *const *v = job->names.env[1 - i];

		for (; v != NULL && *v != NULL; v++) {
			key = ini_key(from[i], "environment");
			if ((text = environ_quote(*v)) == NULL)
				ini_complain(key, job->diags, "out of memory");
			else
				put(job, key, "env", text);
			free(text);
		}
	}
}

/* One key of the program, or the same key of [supervisord]. */
static void
put_key(struct job *job, const struct ini_key *key, const struct rule *rule)
{
	char *value, *command;

	if (rule->convert == NULL)
		return;
	value = expand(key, &job->names, job->diags, job->notes);
	if (value != NULL && strcmp(key->name, "command") == 0) {
		command = requoted_command(key, value, job->diags);
		free(value);
		value = command;
	}
	/* supervisord ignores an empty value. */
	if (value != NULL && *value != '\0')
		rule->convert(job, key, rule, value);
	free(value);
}

static bool
has(const struct job *job, const char *name)
{
	const struct ini_key *key = ini_key(job->section, name);

	return key != NULL && *key->value != '\0';
}

/* supervisord's defaults that are not hupd's. */
static void
put_defaults(struct job *job)
{
	const struct ini_key *key = TAILQ_FIRST(&job->section->keys);
	const struct ini_key *restart = ini_key(job->section, "autorestart");

	if (!has(job, "autorestart"))
		put(job, key, "restart", "on-failure");
	if (has(job, "autorestart") && yes_or_no(restart->value) == 0)
		return;
	if (!has(job, "startsecs"))
		put(job, key, "restart-reset", "1s");
	/* It waits one second more each time; hupd doubles the delay. */
	put(job, key, "restart-delay", "1s");
	if (!has(job, "startretries") && !is_zero(job->section, "startsecs"))
		put(job, key, "restart-limit", "3");
}

/* The working directory of supervisord is that of its programs. */
static void
note_directory(struct job *job)
{
	if (job->notes != NULL && !has(job, "directory") &&
	    (job->daemon == NULL || ini_key(job->daemon, "directory") == NULL))
		diag_add(job->notes, job->section->source->file,
		    job->section->line, "directory",
		    "is missing: supervisord uses its own working directory, "
		    "hupd uses /");
}

static void
put_keys(struct job *job)
{
	static const char *const common[] = {"directory", "umask", "user"};
	const struct ini_key *key;

	TAILQ_FOREACH (key, &job->section->keys, link)
		put_key(job, key, find_rule(program_rules, key->name));
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (job->daemon == NULL ||
		    ini_key(job->section, common[i]) != NULL ||
		    (key = ini_key(job->daemon, common[i])) == NULL)
			continue;
		put_key(job, key, find_rule(program_rules, common[i]));
	}
	put_defaults(job);
	put_log(job);
	put_environment(job);
}

/* The programs. */

struct converter {
	struct draft *draft;
	const struct ini *ini;
	const struct supervisord_names *names;
	const struct ini_section *daemon; /* [supervisord], or NULL */
	char **env;			  /* its environment */
	struct diags *diags;
};

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* The name of a program; blanks may precede it. */
static const char *
program_of(const struct ini_section *section)
{
	const char *name = section->name + strlen(PROGRAM);

	return name + strspn(name, BLANKS);
}

static void
complain(struct converter *c, const struct ini_section *section,
    const char *reason)
{
	diag_add(c->diags, section->source->file, section->line, NULL,
	    "[%s]: %s", section->name, reason);
}

/* The variables of [supervisord] or of a program, expanded; or NULL. */
static char **
environment(const struct ini_section *section, const struct names *names,
    struct diags *diags, struct diags *notes)
{
	const struct ini_key *key = NULL;
	char **list = NULL, *text;

	if (section != NULL)
		key = ini_key(section, "environment");
	if (key == NULL || (text = expand(key, names, diags, notes)) == NULL)
		return NULL;
	(void)split_pairs(key, text, &list, diags);
	free(text);
	return list;
}

/* The group of a program; without a [group:x] it is named as the program. */
static const char *
group_of(const struct ini *ini, const char *program)
{
	const struct ini_section *section;
	const struct ini_key *key;
	const char *s, *rest;
	size_t len;

	TAILQ_FOREACH (section, &ini->sections, link) {
		if (!begins(section->name, GROUP) ||
		    (key = ini_key(section, "programs")) == NULL)
			continue;
		for (s = key->value; *s != '\0'; s = rest) {
			s += strspn(s, " \t\n,");
			len = strcspn(s, " \t\n,");
			rest = s + len;
			if (len == strlen(program) &&
			    strncmp(s, program, len) == 0)
				return section->name + strlen(GROUP);
		}
	}
	return program;
}

/* A number of the section, or the fallback; -1 after an error. */
static long
number(struct converter *c, const struct ini_section *section, const char *name,
    long fallback, long max)
{
	const struct names known = {.host = c->names->host,
	    .env = {NULL, c->env},
	    .environ = c->names->environ};
	const struct ini_key *key = ini_key(section, name);
	const char *why;
	char *value;
	long n;

	if (key == NULL || *key->value == '\0')
		return fallback;
	value = expand(key, &known, c->diags, &c->draft->notes);
	if (value == NULL)
		return -1;
	n = (long)strtonum(value, 0, max, &why);
	if (why != NULL) {
		ini_complain(key, c->diags,
		    "\"%.40s\" is not a number from 0 to %ld", value, max);
		n = -1;
	}
	free(value);
	return n;
}

/*
 * hupd's name for a process: that of its program if numprocs is 1, else
 * process_name, with the program's name before it if it does not begin so.
 * malloc'd; NULL after an error.
 */
static char *
name_of(struct job *job)
{
	const struct ini_key *key = ini_key(job->section, "process_name");
	const char *program = job->names.program;
	char *own = NULL, *name;

	if (key != NULL) {
		own = expand(key, &job->names, job->diags, job->notes);
		if (own == NULL)
			return NULL;
	}
	if (own != NULL && job->names.processes > 1 && begins(own, program))
		return own;
	if (own != NULL && job->names.processes == 1 &&
	    strcmp(own, program) != 0)
		ini_complain(key, job->notes,
		    NO ": the program's name is used");
	if (own == NULL || job->names.processes == 1)
		name = strdup(program);
	else if (asprintf(&name, "%s-%s", program, own) == -1)
		name = NULL;
	free(own);
	if (name == NULL)
		diag_add(job->diags, job->section->source->file,
		    job->section->line, NULL, "out of memory");
	return name;
}

/* A name that supervisord allows and hupd does not is changed. */
static char *
allowed_name(struct job *job)
{
	char *own = name_of(job), *name;

	if (own == NULL || own[strcspn(own, " :/")] != '\0')
		return own;
	if ((name = draft_name(own)) == NULL)
		diag_add(job->diags, job->section->source->file,
		    job->section->line, NULL, "out of memory");
	else if (strcmp(name, own) != 0 && job->notes != NULL)
		diag_add(job->notes, job->section->source->file,
		    job->section->line, NULL,
		    "[%s]: hupd does not allow the name: the program is %s",
		    job->section->name, name);
	free(own);
	return name;
}

static void
convert_process(struct converter *c, struct job *job)
{
	char **env, *name, *title = NULL;

	job->names.env[0] = NULL;
	env = environment(job->section, &job->names, job->diags, job->notes);
	job->names.env[0] = env;
	if ((name = allowed_name(job)) != NULL &&
	    asprintf(&title, "[%s]", job->section->name) != -1) {
		job->program = (struct draft_program){.name = name,
		    .title = title,
		    .format = "supervisord",
		    .origin = {job->section->source->file, job->section->line,
			NULL},
		    .diags = job->diags,
		    .notes = job->notes};
		if (draft_begin(&job->program)) {
			note_directory(job);
			put_keys(job);
			draft_finish(c->draft, &job->program);
		}
		free(title);
	} else if (name != NULL)
		complain(c, job->section, "out of memory");
	free(name);
	free(env);
}

/* Notes of a program are shown once, not once a process. */
static void
keep_notes(struct converter *c, const struct diags *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		diag_add(&c->draft->notes, notes->v[i].file, notes->v[i].line,
		    notes->v[i].key, "%s", notes->v[i].reason);
}

/* Is the program's section one that can be converted?  If so, to n processes.
 */
static bool
check_program(struct converter *c, const struct ini_section *section, long *n,
    long *start)
{
	const struct ini_key *key = ini_key(section, "process_name");

	*n = number(c, section, "numprocs", 1, SUPERVISORD_PROCESSES_MAX);
	*start = number(c, section, "numprocs_start", 0, 1000000);
	if (*n == -1 || *start == -1)
		return false;
	if (*n == 0)
		ini_complain(ini_key(section, "numprocs"), &c->draft->notes,
		    "0: no program is made");
	if (ini_key(section, "command") == NULL) {
		complain(c, section, "command is missing");
		return false;
	}
	if (*n > 1 &&
	    (key == NULL || strstr(key->value, "%(process_num)") == NULL)) {
		complain(c, section,
		    "with numprocs above 1, process_name must contain "
		    "%(process_num)d");
		return false;
	}
	return true;
}

static void
convert_program(struct converter *c, const struct ini_section *section)
{
	const char *name = program_of(section);
	struct job job = {.section = section, .daemon = c->daemon};
	size_t before = diag_count(c->diags);
	struct diags notes;
	long n, start;

	if (!check_program(c, section, &n, &start))
		return;
	diag_init(&notes);
	job.notes = &notes;
	job.diags = c->diags;
	job.names = (struct names){c->names->host, name, group_of(c->ini, name),
	    start, n, {NULL, c->env}, c->names->environ};
	for (; job.names.process < start + n; job.names.process++) {
		convert_process(c, &job);
		/* The other processes would repeat the errors. */
		if (diag_count(c->diags) != before)
			break;
		job.notes = NULL;
	}
	keep_notes(c, &notes);
	diag_clear(&notes);
}

/* Note the keys of [supervisord] that have no counterpart. */
static void
note_daemon(const struct ini_section *section, struct diags *notes)
{
	struct job job = {.notes = notes};
	const struct ini_key *key;
	const struct rule *rule;

	TAILQ_FOREACH (key, &section->keys, link) {
		rule = find_rule(daemon_rules, key->name);
		if (rule->convert != NULL)
			rule->convert(&job, key, rule, key->value);
	}
}

static bool
listens_to_failures(const struct ini_section *section)
{
	const struct ini_key *key = ini_key(section, "events");

	return key != NULL && strstr(key->value, "PROCESS_STATE") != NULL;
}

/*
 * Does the listener's command end supervisord, so that a container ends?  Such
 * commands are little scripts, which are known by their names or texts.
 */
static bool
ends_supervisord(const char *command)
{
	static const char *const verbs[] = {"kill", "stop", "shutdown", "exit",
	    "quit"};

	if (strstr(command, "supervisor") == NULL &&
	    strstr(command, "PPID") == NULL &&
	    strstr(command, "kill 1") == NULL)
		return false;
	for (size_t i = 0; i < nitems(verbs); i++)
		if (strstr(command, verbs[i]) != NULL)
			return true;
	return false;
}

/* Where a listener of superlance mails to, or NULL. */
static const char *
address_of(char *const *words)
{
	static const char *const options[] = {"-m", "--email=", "-t", "--to="};
	const char *name = strrchr(words[0], '/');
	size_t len;

	name = name == NULL ? words[0] : name + 1;
	if (strncmp(name, "crashmail", 9) != 0 &&
	    strncmp(name, "fatalmail", 9) != 0)
		return NULL;
	for (size_t i = 1; words[i] != NULL; i++)
		for (size_t o = 0; o < nitems(options); o++) {
			len = strlen(options[o]);
			if (strncmp(words[i], options[o], len) != 0)
				continue;
			return words[i][len] != '\0' ? words[i] + len
						     : words[i + 1];
		}
	return NULL;
}

/* A listener to failures: name the line instead, if its command shows it. */
static void
note_listener(struct converter *c, const struct ini_section *section)
{
	const struct ini_key *key = ini_key(section, "command");
	const char *command = key == NULL ? "" : key->value, *why, *to = NULL;
	char **words = NULL;
	size_t n = 0;

	if (words_split(command, &words, &n, &why) == 0 && n > 0)
		to = address_of(words);
	if (to != NULL)
		diag_add(&c->draft->notes, section->source->file, section->line,
		    NULL,
		    "[%s] " NO ": write on-failure-command = +sh -c 'mail -s "
		    "\"$HUPD_PROGRAM: $HUPD_REASON\" %.80s'",
		    section->name, to);
	else if (ends_supervisord(command))
		diag_add(&c->draft->notes, section->source->file, section->line,
		    NULL,
		    "[%s] " NO ": write exit-on = any-failed in hupd.conf, "
		    "which ends hupd when a program has failed",
		    section->name);
	else
		diag_add(&c->draft->notes, section->source->file, section->line,
		    NULL,
		    "[%s] " NO ": on-failure-command, or exit-on in hupd.conf, "
		    "acts when a program fails",
		    section->name);
	free(words);
}

static void
convert_section(struct converter *c, const struct ini_section *section)
{
	const char *why = NO;

	if (begins(section->name, PROGRAM)) {
		convert_program(c, section);
		return;
	}
	if (section == c->daemon) {
		note_daemon(section, &c->draft->notes);
		return;
	}
	/* supervisord_read() has followed it. */
	if (strcmp(section->name, "include") == 0)
		return;
	if (begins(section->name, GROUP))
		why = NO ": hupd has no groups of programs";
	else if (begins(section->name, LISTENER) &&
	    listens_to_failures(section)) {
		note_listener(c, section);
		return;
	}
	diag_add(&c->draft->notes, section->source->file, section->line, NULL,
	    "[%s] %s", section->name, why);
}

int
supervisord_convert(struct draft *draft, const struct ini *ini,
    const struct supervisord_names *names, struct diags *diags)
{
	struct converter c = {draft, ini, names,
	    ini_section(ini, "supervisord"), NULL, diags};
	struct names plain = {.host = names->host, .environ = names->environ};
	size_t before = diag_count(diags);
	const struct ini_section *section;

	c.env = environment(c.daemon, &plain, diags, &draft->notes);
	TAILQ_FOREACH (section, &ini->sections, link)
		convert_section(&c, section);
	free(c.env);
	return diag_count(diags) == before ? 0 : -1;
}
