/*
 * importkey - the keys of supervisord's sections to those of hupd, and what
 * to say of those that have no counterpart.
 */
#include <stdlib.h>
#include <string.h>

#include "import/importkey.h"

struct rule;
typedef bool convert(struct importjob *, const struct ini_key *,
    const struct rule *, const char *value);

struct rule {
	const char *name;
	convert *convert; /* NULL: it is done elsewhere */
	const char *to;	  /* the key of hupd, or what to say */
};

static convert as_it_is, as_yes_no, as_seconds, as_bytes, as_restart, as_limit;
static convert drop, drop_if_yes, drop_if_no;

#define NO "has no counterpart"
#define EVENTS NO ": there are no events"
#define ONE_LOG NO ": a program has one log, and it has stderr as well"

static const struct rule program_rules[] = {
    {"command", as_it_is, "command"},
    {"process_name", NULL, NULL},
    {"numprocs", NULL, NULL},
    {"numprocs_start", NULL, NULL},
    {"environment", NULL, NULL},
    {"priority", drop, NO ": depends-on tells what is started first"},
    {"directory", as_it_is, "directory"},
    {"user", as_it_is, "user"},
    {"umask", as_it_is, "umask"},
    {"autostart", as_yes_no, "autostart"},
    {"autorestart", as_restart, "restart"},
    {"exitcodes", as_it_is, "success-exit"},
    {"startsecs", as_seconds, "restart-reset"},
    {"startretries", as_limit, "restart-limit"},
    {"stopsignal", as_it_is, "stop-signal"},
    {"stopwaitsecs", as_seconds, "stop-timeout"},
    {"stopasgroup", drop_if_yes,
	NO ": stop-signal is sent to the program alone, and what it left "
	   "is killed when it has ended"},
    {"killasgroup", drop_if_no, NO ": all that the program left is killed"},
    {"redirect_stderr", drop_if_no, ONE_LOG},
    {"stdout_logfile", NULL, NULL},
    {"stderr_logfile", NULL, NULL},
    {"stdout_syslog", NULL, NULL},
    {"stderr_syslog", NULL, NULL},
    {"stdout_logfile_maxbytes", as_bytes, "log-size"},
    {"stdout_logfile_backups", as_it_is, "log-keep"},
    {"stderr_logfile_maxbytes", drop, ONE_LOG},
    {"stderr_logfile_backups", drop, ONE_LOG},
    {"stdout_capture_maxbytes", drop, EVENTS},
    {"stderr_capture_maxbytes", drop, EVENTS},
    {"stdout_events_enabled", drop_if_yes, EVENTS},
    {"stderr_events_enabled", drop_if_yes, EVENTS},
    {"serverurl", drop, NO ": SUPERVISOR_SERVER_URL is not set"},
    {NULL, drop, "is unknown"},
};

/* Those without a function go into every program that lacks them. */
static const struct rule daemon_rules[] = {
    {"environment", NULL, NULL},
    {"umask", NULL, NULL},
    {"user", NULL, NULL},
    {"directory", NULL, NULL},
    {"logfile", drop, NO ": events are logged to hupd.log in log-dir"},
    {"logfile_maxbytes", drop,
	NO ": log-size of hupd.conf is for hupd.log too"},
    {"logfile_backups", drop, NO ": log-keep of hupd.conf is for hupd.log too"},
    {"childlogdir", drop, NO ": log-dir of hupd.conf is for all logs"},
    {"pidfile", drop, NO ": pidfile of hupd.conf names another"},
    {"nodaemon", drop_if_yes, NO ": option -d of hupd(8) does that"},
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

/* Write one line.  False after a complaint. */
static bool
put(struct importjob *job, const struct ini_key *key, const char *name,
    const char *value)
{
	const struct ini_key **lines;

	if (strchr(value, '\n') != NULL) {
		importval_complain(key, job->diags,
		    "the value cannot go on in another line");
		return false;
	}
	lines = reallocarray(job->lines, job->nlines + 1, sizeof(*lines));
	if (lines == NULL) {
		importval_complain(key, job->diags, "out of memory");
		return false;
	}
	job->lines = lines;
	job->lines[job->nlines++] = key;
	fprintf(job->text, "%s = %s\n", name, value);
	return true;
}

/* The conversions. */

static bool
as_it_is(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
{
	return put(job, key, rule->to, value);
}

static bool
as_yes_no(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
{
	int yes = importval_bool(value);

	if (yes == -1) {
		importval_complain(key, job->diags,
		    "\"%.40s\" is neither true nor false", value);
		return false;
	}
	return put(job, key, rule->to, yes ? "yes" : "no");
}

static bool
as_seconds(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
{
	char buf[64];

	if (strspn(value, "0123456789") != strlen(value) ||
	    snprintf(buf, sizeof(buf), "%ss", value) >= (int)sizeof(buf)) {
		importval_complain(key, job->diags,
		    "\"%.40s\" is not a number of seconds", value);
		return false;
	}
	return put(job, key, rule->to, buf);
}

/* "50MB"; hupd has no B. */
static bool
as_bytes(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
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
		(int)sizeof(buf)) {
		importval_complain(key, job->diags,
		    "\"%.40s\" is not a number of bytes, KB, MB or GB", value);
		return false;
	}
	return put(job, key, rule->to, buf);
}

static bool
as_restart(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
{
	int yes = importval_bool(value);

	if (strcasecmp(value, "unexpected") == 0)
		return put(job, key, rule->to, "on-failure");
	if (yes != -1)
		return put(job, key, rule->to, yes ? "always" : "never");
	importval_complain(key, job->diags,
	    "\"%.40s\" is none of true, false, unexpected", value);
	return false;
}

/* 0 restarts would be what never gives up has here. */
static bool
as_limit(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
{
	if (value[strspn(value, "0")] == '\0') {
		if (job->notes != NULL)
			importval_complain(key, job->notes,
			    "0 " NO ": restart-limit is 1 at least");
		value = "1";
	}
	return put(job, key, rule->to, value);
}

static bool
drop(struct importjob *job, const struct ini_key *key, const struct rule *rule,
    const char *value)
{
	(void)value;
	if (job->notes != NULL)
		importval_complain(key, job->notes, "%s", rule->to);
	return true;
}

static bool
drop_if_yes(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
{
	return importval_bool(value) == 0 || drop(job, key, rule, value);
}

static bool
drop_if_no(struct importjob *job, const struct ini_key *key,
    const struct rule *rule, const char *value)
{
	return importval_bool(value) == 1 || drop(job, key, rule, value);
}

/* Where output goes. */

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
	    strncmp(key->value, "/dev/std", 8) == 0)
		return PLACE_STDOUT;
	return PLACE_FILE;
}

static bool
is_yes(const struct ini_section *section, const char *name)
{
	const struct ini_key *key = ini_key(section, name);

	return key != NULL && importval_bool(key->value) == 1;
}

/* Say which of the keys of output has no counterpart. */
static void
note_output(struct importjob *job, const struct ini_key *out,
    const struct ini_key *err, bool joined)
{
	enum place place = output_place(out);

	if (place == PLACE_FILE)
		importval_complain(out, job->notes,
		    NO ": hupd names logs after programs");
	else if (place == PLACE_NONE)
		importval_complain(out, job->notes, ONE_LOG);
	if (!joined && output_place(err) != PLACE_AUTO &&
	    (place != PLACE_STDOUT || output_place(err) != PLACE_STDOUT))
		importval_complain(err, job->notes, ONE_LOG);
}

/* Output is one stream here, so that one key has to tell. */
static bool
put_log(struct importjob *job)
{
	const struct ini_key *out = ini_key(job->section, "stdout_logfile");
	const struct ini_key *err = ini_key(job->section, "stderr_logfile");
	const struct ini_key *syslog = ini_key(job->section, "stdout_syslog");
	enum place place = output_place(out);
	bool joined = is_yes(job->section, "redirect_stderr");

	if (place == PLACE_NONE &&
	    (joined || output_place(err) == PLACE_NONE) &&
	    !is_yes(job->section, "stdout_syslog"))
		return put(job, out, "log", "none");
	if (job->notes != NULL)
		note_output(job, place == PLACE_SYSLOG ? NULL : out, err,
		    joined);
	if (is_yes(job->section, "stdout_syslog"))
		return put(job, syslog, "log", "syslog");
	if (place == PLACE_SYSLOG)
		return put(job, out, "log", "syslog");
	if (place == PLACE_STDOUT)
		return put(job, out, "log", "stdout");
	return true;
}

/* A line of a file loses the blanks at its end. */
static void
note_blanks(struct importjob *job, const struct ini_key *key, const char *pair)
{
	size_t len = strlen(pair);

	if (job->notes != NULL && strchr(" \t\r", pair[len - 1]) != NULL)
		importval_complain(key, job->notes,
		    "%.*s loses the blanks at its end", (int)strcspn(pair, "="),
		    pair);
}

/* The variables, [supervisord]'s first, for the later of a name wins. */
static bool
put_environment(struct importjob *job)
{
	const struct ini_section *from[2] = {job->daemon, job->section};
	const struct ini_key *key;
	bool ok = true;

	/* env[0] is the program's own, where names are looked up first. */
	for (size_t i = 0; i < 2; i++) {
		char *const *v = job->names.env[1 - i];

		for (; v != NULL && *v != NULL; v++) {
			key = ini_key(from[i], "environment");
			note_blanks(job, key, *v);
			ok &= put(job, key, "env", *v);
		}
	}
	return ok;
}

/* One key of the program, or one of [supervisord] that stands in for it. */
static bool
put_key(struct importjob *job, const struct ini_key *key,
    const struct rule *rule)
{
	char *value, *command;
	bool ok = true;

	if (rule->convert == NULL)
		return true;
	value = importval_expand(key, &job->names, job->diags, job->notes);
	if (value == NULL)
		return false;
	if (strcmp(key->name, "command") == 0) {
		command = importval_command(key, value, job->diags);
		free(value);
		value = command;
		if (value == NULL)
			return false;
	}
	/* An empty value is as good as none to supervisord. */
	if (*value != '\0')
		ok = rule->convert(job, key, rule, value);
	free(value);
	return ok;
}

bool
importkey_program(struct importjob *job)
{
	static const char *const common[] = {"directory", "umask", "user"};
	const struct ini_key *key;
	bool ok = true;

	TAILQ_FOREACH (key, &job->section->keys, link)
		ok &= put_key(job, key, find_rule(program_rules, key->name));
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (job->daemon == NULL ||
		    ini_key(job->section, common[i]) != NULL ||
		    (key = ini_key(job->daemon, common[i])) == NULL)
			continue;
		ok &= put_key(job, key, find_rule(program_rules, common[i]));
	}
	if (ini_key(job->section, "autorestart") == NULL) {
		/* The defaults differ: "unexpected" is on-failure. */
		key = TAILQ_FIRST(&job->section->keys);
		ok &= put(job, key, "restart", "on-failure");
	}
	ok &= put_log(job);
	ok &= put_environment(job);
	return ok;
}

void
importkey_daemon(const struct ini_section *section, struct diags *notes)
{
	struct importjob job = {.notes = notes};
	const struct ini_key *key;
	const struct rule *rule;

	TAILQ_FOREACH (key, &section->keys, link) {
		rule = find_rule(daemon_rules, key->name);
		if (rule->convert != NULL)
			(void)rule->convert(&job, key, rule, key->value);
	}
}
