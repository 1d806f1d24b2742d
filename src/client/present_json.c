/*
 * present_json - what commands found as one JSON document on one line.
 *
 * The objects are made by tables: a key of JSON, and the field of the daemon's
 * line that has its value.  A field that the line lacks is null.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "client/json.h"
#include "client/present.h"
#include "config/keys.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct attr {
	const char *json;
	const char *field;
	enum { TEXT, NUMBER, YES } kind;
};

static void
put_line(struct json *json, const struct line *line, const struct attr *attrs,
    size_t n)
{
	const char *value;
	size_t i;

	for (i = 0; i < n; i++) {
		value = line ? line_get(line, attrs[i].field) : NULL;
		if (value == NULL)
			json_null(json, attrs[i].json);
		else if (attrs[i].kind == TEXT)
			json_string(json, attrs[i].json, value);
		else if (attrs[i].kind == YES)
			json_bool(json, attrs[i].json,
			    strcmp(value, "yes") == 0);
		else
			json_number(json, attrs[i].json,
			    line_get_number(line, attrs[i].field, 0));
	}
}

#define PUT_LINE(json, line, attrs) put_line(json, line, attrs, COUNT(attrs))

/* The texts of the "tail" lines that begin at i, as an array. */
static void
put_tail(struct json *json, const struct reply *reply, size_t i)
{
	json_array(json, "tail");
	for (; i < reply->n && reply_is(&reply->v[i], "tail"); i++)
		json_string(json, NULL, line_get(&reply->v[i], "text"));
	json_close(json);
}

/*
 * Every line with that tag, as an array of objects; tails: with the "tail"
 * lines that follow it.
 */
static void
put_lines(struct json *json, const char *key, const struct reply *reply,
    const char *tag, const struct attr *attrs, size_t n, bool tails)
{
	size_t i;

	json_array(json, key);
	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], tag))
			continue;
		json_object(json, NULL);
		put_line(json, &reply->v[i], attrs, n);
		if (tails)
			put_tail(json, reply, i + 1);
		json_close(json);
	}
	json_close(json);
}

/* One field of every line with that tag, as an array of strings. */
static void
put_strings(struct json *json, const char *key, const struct reply *reply,
    const char *tag, const char *field)
{
	size_t i;

	json_array(json, key);
	for (i = 0; i < reply->n; i++) {
		if (reply_is(&reply->v[i], tag))
			json_string(json, NULL, line_get(&reply->v[i], field));
	}
	json_close(json);
}

static void
begin(struct json *json, const struct ctl *ctl)
{
	json_begin(json, ctl->out);
	json_object(json, NULL);
}

static void
show_failure(const struct ctl *ctl, int status, const char *why)
{
	struct json json;

	begin(&json, ctl);
	json_string(&json, "error", why);
	json_number(&json, "status", status);
	json_end(&json);
}

static void
show_done(const struct ctl *ctl, const char *what)
{
	struct json json;

	(void)what;
	begin(&json, ctl);
	json_bool(&json, "ok", true);
	json_end(&json);
}

static void
show_pong(const struct ctl *ctl, const struct line *line)
{
	static const struct attr attrs[] = {
	    {"pid", "pid", NUMBER},
	    {"version", "version", TEXT},
	};
	struct json json;

	begin(&json, ctl);
	json_bool(&json, "ok", true);
	PUT_LINE(&json, line, attrs);
	json_bool(&json, "stopping",
	    line != NULL && reply_has(line, "stopping", "yes"));
	json_end(&json);
}

static void
show_version(const struct ctl *ctl, const struct line *line)
{
	static const struct attr attrs[] = {
	    {"hupd", "version", TEXT},
	    {"proto", "proto", NUMBER},
	};
	struct json json;

	begin(&json, ctl);
	json_string(&json, "hupctl", HUPD_VERSION);
	PUT_LINE(&json, line, attrs);
	json_end(&json);
}

static void
show_successor(const struct ctl *ctl, const struct successor *successor)
{
	struct json json;

	begin(&json, ctl);
	json_bool(&json, "ok", true);
	json_number(&json, "pid", successor->pid);
	json_string(&json, "version", successor->version);
	if (successor->running != -1)
		json_number(&json, "programs", successor->running);
	else
		json_null(&json, "programs");
	json_end(&json);
}

static void
put_diagnostics(struct json *json, const char *key, const struct reply *reply,
    const char *tag)
{
	static const struct attr attrs[] = {
	    {"file", "file", TEXT},
	    {"line", "line", NUMBER},
	    {"key", "key", TEXT},
	    {"reason", "reason", TEXT},
	    {"text", "text", TEXT},
	};

	put_lines(json, key, reply, tag, attrs, COUNT(attrs), false);
}

/* Lines about the program of that name, as an array of objects. */
static void
put_some(struct json *json, const char *key, const struct reply *reply,
    const char *tag, const char *name, const struct attr *attrs, size_t n)
{
	size_t i;

	json_array(json, key);
	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], tag) ||
		    !reply_has(&reply->v[i], "of", name))
			continue;
		json_object(json, NULL);
		put_line(json, &reply->v[i], attrs, n);
		json_close(json);
	}
	json_close(json);
}

/* A command line as an array, or null. */
static void
put_words(struct json *json, const char *key, const char *text)
{
	const char *why;
	char **words = NULL;
	size_t n;

	if (text == NULL || words_split(text, &words, &n, &why) == -1) {
		json_null(json, key);
		return;
	}
	json_array(json, key);
	for (size_t i = 0; i < n; i++)
		json_string(json, NULL, words[i]);
	json_close(json);
	free(words);
}

/* The last end as a number or the name of a signal; null: neither. */
static void
put_exit(struct json *json, const struct line *program)
{
	char name[TEXT_NUMBER_MAX];
	int64_t code = line_get_number(program, "code", -1);
	int64_t signal = line_get_number(program, "signal", -1);

	if (code != -1)
		json_number(json, "exit_code", code);
	else
		json_null(json, "exit_code");
	if (signal > 0 && signal < 256)
		json_string(json, "exit_signal",
		    text_signal_name((int)signal, name));
	else
		json_null(json, "exit_signal");
}

/* The details of a program. */
static void
put_details(struct json *json, const struct reply *reply, const char *name)
{
	static const struct attr others[] = {
	    {"name", "name", TEXT},
	    {"state", "state", TEXT},
	    {"ready", "ready", YES},
	};
	static const struct attr listens[] = {
	    {"address", "address", TEXT},
	    {"open", "open", YES},
	};
	const struct line *line;

	if ((line = reply_find_of(reply, "details", "name", name)) == NULL)
		return;
	put_words(json, "command", line_get(line, "command"));
	json_bool(json, "can_reload", reply_has(line, "reload", "yes"));
	put_some(json, "needs", reply, "need", name, others, COUNT(others));
	put_some(json, "after", reply, "after", name, others, COUNT(others));
	put_some(json, "restart_with", reply, "restart-with", name, others,
	    COUNT(others));
	put_some(json, "listens", reply, "listen", name, listens,
	    COUNT(listens));
}

/* Why output cannot be written, of a program or of the event log. */
static void
put_log_error(struct json *json, const struct line *line)
{
	static const struct attr attrs[] = {
	    {"reason", "log-error", TEXT},
	    {"since", "log-since", NUMBER},
	};

	if (line == NULL || line_get(line, "log-error") == NULL) {
		json_null(json, "log_error");
		return;
	}
	json_object(json, "log_error");
	PUT_LINE(json, line, attrs);
	json_close(json);
}

static void
put_programs(struct json *json, const struct ctl *ctl,
    const struct reply *reply)
{
	static const struct attr attrs[] = {
	    {"name", "name", TEXT},
	    {"state", "state", TEXT},
	    {"step", "step", TEXT},
	    {"want", "want", TEXT},
	    {"autostart", "autostart", YES},
	    {"ready", "ready", YES},
	    {"pid", "pid", NUMBER},
	    {"state_ms", "since", NUMBER},
	    {"uptime_ms", "uptime", NUMBER},
	    {"restarts", "restarts", NUMBER},
	    {"exit", "exit", TEXT},
	    {"ended", "ended", NUMBER},
	    {"memory_bytes", "memory", NUMBER},
	    {"cpu_ms", "cpu", NUMBER},
	    {"left_processes", "left", NUMBER},
	    {"health", "health", TEXT},
	    {"failed_checks", "failed-checks", NUMBER},
	    {"status", "status", TEXT},
	    {"reloading", "reloading", YES},
	    {"errno", "errno", NUMBER},
	    {"exit_status", "exit-status", NUMBER},
	    {"waiting_for", "waiting-for", TEXT},
	    {"sandbox_without", "sandbox-without", TEXT},
	    {"reason", "reason", TEXT},
	    {"conf", "conf", TEXT},
	    {"log", "log", TEXT},
	    {"warning", "warning", TEXT},
	};
	size_t i;

	json_array(json, "programs");
	for (i = 0; i < reply->n; i++) {
		if (!reply_is(&reply->v[i], "program") ||
		    (ctl->failed && !present_is_failing(&reply->v[i])))
			continue;
		json_object(json, NULL);
		PUT_LINE(json, &reply->v[i], attrs);
		put_exit(json, &reply->v[i]);
		put_log_error(json, &reply->v[i]);
		put_details(json, reply, line_get(&reply->v[i], "name"));
		json_close(json);
	}
	json_close(json);
}

static void
show_status(const struct ctl *ctl, const struct reply *reply, bool details)
{
	static const struct attr config[] = {
	    {"generation", "generation", NUMBER},
	    {"accepted", "time", NUMBER},
	    {"source", "source", TEXT},
	    {"differs", "differs", TEXT},
	    {"reloading", "reloading", YES},
	    {"programs", "programs", NUMBER},
	    {"pid", "pid", NUMBER},
	    {"started", "started", NUMBER},
	    {"warning", "warning", TEXT},
	};
	static const struct attr rejected[] = {
	    {"time", "time", NUMBER},
	    {"count", "count", NUMBER},
	};
	const struct line *line;
	struct json json;

	(void)details;
	begin(&json, ctl);
	put_programs(&json, ctl, reply);
	json_object(&json, "config");
	PUT_LINE(&json, reply_find(reply, "config"), config);
	put_log_error(&json, reply_find(reply, "config"));
	json_close(&json);
	if ((line = reply_find(reply, "rejected")) == NULL)
		json_null(&json, "rejected");
	else {
		json_object(&json, "rejected");
		PUT_LINE(&json, line, rejected);
		put_diagnostics(&json, "errors", reply, "error");
		json_close(&json);
	}
	json_end(&json);
}

/* A document is written at the end. */
static void
show_progress(const struct ctl *ctl, const struct reply *reply, size_t from)
{
	(void)ctl;
	(void)reply;
	(void)from;
}

static void
show_results(const struct ctl *ctl, const struct outcome *outcome)
{
	static const struct attr attrs[] = {
	    {"name", "name", TEXT},
	    {"ok", "ok", YES},
	    {"state", "state", TEXT},
	    {"how", "how", TEXT},
	    {"with", "with", TEXT},
	};
	static const struct attr pending[] = {
	    {"name", "name", TEXT},
	    {"how", "how", TEXT},
	};
	struct json json;

	begin(&json, ctl);
	json_number(&json, "status", outcome->status);
	json_string(&json, "message", outcome->message);
	put_lines(&json, "results", outcome->reply, "result", attrs,
	    COUNT(attrs), true);
	put_lines(&json, "pending", outcome->reply, "pending", pending,
	    COUNT(pending), false);
	json_end(&json);
}

static void
put_log_errors(struct json *json, const struct reply *reply)
{
	static const struct attr log_error[] = {
	    {"name", "name", TEXT},
	    {"reason", "reason", TEXT},
	};

	put_lines(json, "log_errors", reply, "logerror", log_error,
	    COUNT(log_error), false);
}

static void
show_reopened(const struct ctl *ctl, const struct outcome *outcome)
{
	struct json json;

	begin(&json, ctl);
	json_bool(&json, "ok", outcome->status == STATUS_OK);
	json_number(&json, "status", outcome->status);
	json_string(&json, "message", outcome->message);
	put_log_errors(&json, outcome->reply);
	json_end(&json);
}

/* The keys of a report. */
static void
put_report(struct json *json, const struct reply *reply)
{
	static const struct attr counts[] = {
	    {"added", "added", NUMBER},
	    {"removed", "removed", NUMBER},
	    {"restarted", "restarted", NUMBER},
	    {"started", "started", NUMBER},
	    {"adjusted", "adjusted", NUMBER},
	    {"unchanged", "unchanged", NUMBER},
	};
	static const struct attr change[] = {
	    {"kind", "kind", TEXT},
	    {"name", "name", TEXT},
	    {"reason", "reason", TEXT},
	};
	static const struct attr trouble[] = {
	    {"name", "name", TEXT},
	    {"how", "how", TEXT},
	};

	PUT_LINE(json, reply_find(reply, "report"), counts);
	put_lines(json, "changes", reply, "change", change, COUNT(change),
	    false);
	put_strings(json, "deferred", reply, "deferred", "reason");
	put_strings(json, "rolled_back", reply, "rolledback", "name");
	put_lines(json, "troubles", reply, "trouble", trouble, COUNT(trouble),
	    true);
	put_log_errors(json, reply);
	put_diagnostics(json, "errors", reply, "error");
	put_diagnostics(json, "warnings", reply, "warning");
}

static void
show_reload(const struct ctl *ctl, const struct outcome *outcome)
{
	static const struct attr attrs[] = {
	    {"generation", "generation", NUMBER},
	};
	static const struct attr pending[] = {
	    {"name", "name", TEXT},
	    {"state", "state", TEXT},
	};
	struct json json;

	begin(&json, ctl);
	json_number(&json, "status", outcome->status);
	json_string(&json, "message", outcome->message);
	PUT_LINE(&json, reply_find(outcome->reply, "report"), attrs);
	put_report(&json, outcome->reply);
	put_lines(&json, "pending", outcome->reply, "pending", pending,
	    COUNT(pending), false);
	json_end(&json);
}

static void
show_plan(const struct ctl *ctl, const struct planned *planned)
{
	static const struct attr chain[] = {
	    {"longest_chain", "names", TEXT},
	    {"longest_chain_ms", "ms", NUMBER},
	};
	struct json json;

	begin(&json, ctl);
	json_bool(&json, "valid", planned->valid);
	if (planned->valid)
		json_bool(&json, "running", planned->alone == NULL);
	else
		json_null(&json, "running");
	put_report(&json, planned->reply);
	PUT_LINE(&json, reply_find(planned->reply, "chain"), chain);
	json_end(&json);
}

static void
put_diags(struct json *json, const char *key, const struct diags *diags)
{
	const struct diag *d;

	json_array(json, key);
	for (size_t i = 0; i < diags->n; i++) {
		d = &diags->v[i];
		json_object(json, NULL);
		json_string(json, "file", d->file);
		json_number(json, "line", d->line);
		json_string(json, "key", d->key);
		json_string(json, "reason", d->reason);
		json_close(json);
	}
	json_close(json);
}

/* The fate of each setting of the source. */
static void
put_settings(struct json *json, const struct draft *draft)
{
	static const char *const fates[] = {[DRAFT_TRANSLATED] = "translated",
	    [DRAFT_NO_EFFECT] = "no-effect",
	    [DRAFT_LOST] = "lost"};
	const struct draft_setting *setting = draft->settings;

	json_array(json, "settings");
	for (; setting < draft->settings + draft->nsettings; setting++) {
		json_object(json, NULL);
		json_string(json, "file", setting->file);
		json_number(json, "line", setting->line);
		json_string(json, "key", setting->key);
		json_string(json, "fate", fates[setting->fate]);
		json_string(json,
		    setting->fate == DRAFT_TRANSLATED ? "keys" : "reason",
		    setting->detail);
		json_close(json);
	}
	json_close(json);
}

static void
show_imported(const struct ctl *ctl, const struct imported *imported)
{
	const struct draft *draft = imported->draft;
	struct json json;
	size_t i;

	begin(&json, ctl);
	json_bool(&json, "valid", imported->valid);
	json_bool(&json, "written", imported->written);
	json_array(&json, "files");
	for (i = 0; imported->valid && i < draft->n; i++) {
		json_object(&json, NULL);
		json_string(&json, "name", draft->v[i].conf->name);
		json_string(&json, "path", imported->paths[i]);
		json_string(&json, "text", draft->v[i].text);
		json_close(&json);
	}
	json_close(&json);
	put_settings(&json, draft);
	put_diags(&json, "notes", &draft->notes);
	put_diags(&json, "errors", imported->errors);
	json_end(&json);
}

static void
show_defined(const struct ctl *ctl, const struct defined *v, size_t n)
{
	const struct inherited *in;
	struct json json;
	char *text;

	begin(&json, ctl);
	json_array(&json, "programs");
	for (size_t i = 0; i < n; i++) {
		json_object(&json, NULL);
		json_string(&json, "name", v[i].name);
		json_string(&json, "file", v[i].file);
		if ((text = strndup(v[i].text, v[i].len)) == NULL)
			err(STATUS_FAILED, NULL);
		json_string(&json, "text", text);
		free(text);
		json_array(&json, "inherited");
		for (in = v[i].v; in < v[i].v + v[i].n; in++) {
			json_object(&json, NULL);
			json_string(&json, "key", in->key);
			json_string(&json, "value", in->value);
			json_string(&json, "file", in->file);
			json_number(&json, "line", in->line);
			json_close(&json);
		}
		json_close(&json);
		json_close(&json);
	}
	json_end(&json);
}

static void
show_event(const struct ctl *ctl, const struct line *line)
{
	static const struct attr attrs[] = {
	    {"time_ms", "time", NUMBER},
	    {"name", "name", TEXT},
	    {"from", "from", TEXT},
	    {"to", "to", TEXT},
	    {"event", "event", TEXT},
	    {"reason", "reason", TEXT},
	    {"lost", "lost", NUMBER},
	};
	struct json json;

	begin(&json, ctl);
	PUT_LINE(&json, line, attrs);
	json_end(&json);
}

static void
show_keys(const struct ctl *ctl)
{
	const struct key *key;
	struct json json;

	begin(&json, ctl);
	json_array(&json, "keys");
	for (size_t i = 0; (key = keys_at(i)) != NULL; i++) {
		json_object(&json, NULL);
		json_string(&json, "name", key->name);
		json_string(&json, "default", key->fallback);
		json_bool(&json, "live", key->live);
		json_bool(&json, "repeatable", key->repeat);
		json_bool(&json, "daemon", key->daemon);
		json_bool(&json, "program_only", key->own);
		json_close(&json);
	}
	json_end(&json);
}

const struct present present_json = {
    .log = EMIT_JSON,
    .failure = show_failure,
    .done = show_done,
    .pong = show_pong,
    .version = show_version,
    .successor = show_successor,
    .status = show_status,
    .progress = show_progress,
    .reopened = show_reopened,
    .results = show_results,
    .reload = show_reload,
    .plan = show_plan,
    .imported = show_imported,
    .defined = show_defined,
    .event = show_event,
    .keys = show_keys,
};
