/*
 * present_openmetrics - programs and daemon as OpenMetrics text.
 *
 * It has only gauges and counters, so that node_exporter's textfile collector,
 * which reads the older format, can read it as well.
 *
 * Source: the OpenMetrics specification 1.0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/reply.h"
#include "client/chain.h"
#include "client/present.h"
#include "wire/names.h"

/* How a value is found in a line of the status reply. */
enum from {
	FROM_NUMBER, /* of the key */
	FROM_MS,     /* the same, from milliseconds to seconds */
	FROM_EQUAL,  /* does the key have the value text? */
	FROM_UP,     /* is it up, or starting again since it was up? */
	FROM_WANT,   /* is the want run? */
	FROM_EXIT,   /* the exit status, or 128 and the signal */
	FROM_KEY,    /* is the key there? */
	FROM_LOG,    /* the size of the files that the key names */
};

struct metric {
	const char *name;
	const char *unit; /* the end of the name, or NULL */
	const char *help;
	bool counter;
	enum from from;
	const char *key;
	const char *text;
};

static const struct metric of_programs[] = {
    {"hupd_program_up", NULL, "Is it up, or starting again?", false, FROM_UP,
	"state", NULL},
    {"hupd_program_ready", NULL, "Is it up, or done and well?", false,
	FROM_EQUAL, "ready", "yes"},
    {"hupd_program_wanted", NULL, "Is it meant to run?", false, FROM_WANT,
	"want", NULL},
    {"hupd_program_left_processes", NULL,
	"Processes that the main process has left.", false, FROM_NUMBER, "left",
	NULL},
    {"hupd_program_failed_checks", NULL, "Health checks that failed in a row.",
	false, FROM_NUMBER, "failed-checks", NULL},
    {"hupd_program_restarts", NULL, "How often it was started again.", true,
	FROM_NUMBER, "restarts", NULL},
    {"hupd_program_start_time_seconds", "seconds",
	"When its process was started, Unix time.", false, FROM_NUMBER,
	"started", NULL},
    {"hupd_program_last_exit_status", NULL,
	"How its last process ended: exit status, or 128 and the signal.",
	false, FROM_EXIT, NULL, NULL},
    {"hupd_program_last_exit_time_seconds", "seconds",
	"When its last process ended, Unix time.", false, FROM_NUMBER, "ended",
	NULL},
    {"hupd_program_cpu_seconds", "seconds",
	"Processor time used since it was started.", true, FROM_MS, "cpu",
	NULL},
    {"hupd_program_memory_bytes", "bytes", "Resident memory.", false,
	FROM_NUMBER, "memory", NULL},
    {"hupd_program_log_bytes", "bytes",
	"Size of its log files, older ones too.", false, FROM_LOG, "log", NULL},
    {"hupd_program_log_blocked", NULL, "Can its output not be written?", false,
	FROM_KEY, "log-error", NULL},
};

static const struct metric of_daemon[] = {
    {"hupd_start_time_seconds", "seconds",
	"When the daemon was started, Unix time.", false, FROM_NUMBER,
	"started", NULL},
    {"hupd_programs", NULL, "Programs configured.", false, FROM_NUMBER,
	"programs", NULL},
    {"hupd_config_generation", NULL, "Generation of the configuration.", false,
	FROM_NUMBER, "generation", NULL},
    {"hupd_config_accepted_time_seconds", "seconds",
	"When it was accepted, Unix time.", false, FROM_NUMBER, "time", NULL},
    {"hupd_config_in_sync", NULL, "Are the files on disk what runs?", false,
	FROM_EQUAL, "differs", "no"},
    {"hupd_log_blocked", NULL, "Can the event log not be written?", false,
	FROM_KEY, "log-error", NULL},
};

/* How reloads end: a key of the status reply, and a label. */
static const char *const results[] = {"applied", "failed", "rejected"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
print_head(const struct ctl *ctl, const char *name, const char *unit,
    const char *help, bool counter)
{
	fprintf(ctl->out, "# TYPE %s %s\n", name,
	    counter ? "counter" : "gauge");
	if (unit != NULL)
		fprintf(ctl->out, "# UNIT %s %s\n", name, unit);
	fprintf(ctl->out, "# HELP %s %s\n", name, help);
}

/* The value's key; NULL: the line has none. */
static const char *
key_of(const struct metric *metric, const struct line *line)
{
	const char *key = metric->key;

	if (metric->from == FROM_EXIT)
		key = line_get(line, "signal") != NULL ? "signal" : "code";
	return line_get(line, key) != NULL ? key : NULL;
}

/* The value, in thousandths for FROM_MS.  False: the line lacks it. */
static bool
value_of(const struct metric *metric, const struct line *line, int64_t *value)
{
	const char *key = key_of(metric, line);

	if (metric->from == FROM_KEY) {
		*value = key != NULL;
		return true;
	}
	if (key == NULL)
		return false;
	*value = line_get_number(line, key, 0);
	switch (metric->from) {
	case FROM_NUMBER:
	case FROM_MS:
		return true;
	case FROM_EQUAL:
		*value = strcmp(line_get(line, key), metric->text) == 0;
		return true;
	case FROM_UP:
		*value = reply_has(line, key, names_state(STATE_UP)) ||
		    (reply_has(line, key, names_state(STATE_STARTING)) &&
			reply_has(line, "was-up", "yes"));
		return true;
	case FROM_WANT:
		*value = reply_has(line, key, names_want(WANT_RUN));
		return true;
	case FROM_EXIT:
		*value += strcmp(key, "signal") == 0 ? 128 : 0;
		return true;
	case FROM_KEY:
		break;
	case FROM_LOG:
		*value = chain_size(line_get(line, key));
		return *value != -1;
	}
	return false;
}

/* program: its name, which needs no escapes; or NULL. */
static void
print_sample(const struct ctl *ctl, const struct metric *metric,
    const struct line *line, const char *program)
{
	int64_t value;

	if (!value_of(metric, line, &value))
		return;
	fprintf(ctl->out, "%s%s", metric->name,
	    metric->counter ? "_total" : "");
	if (program != NULL)
		fprintf(ctl->out, "{program=\"%s\"}", program);
	if (metric->from == FROM_MS)
		fprintf(ctl->out, " %" PRId64 ".%03d\n", value / 1000,
		    (int)(value % 1000));
	else
		fprintf(ctl->out, " %" PRId64 "\n", value);
}

static void
print_programs(const struct ctl *ctl, const struct metric *metric,
    const struct reply *reply)
{
	const char *name;
	size_t i;

	print_head(ctl, metric->name, metric->unit, metric->help,
	    metric->counter);
	for (i = 0; i < reply->n; i++) {
		name = line_get(&reply->v[i], "name");
		if (reply_is(&reply->v[i], "program") && name != NULL &&
		    text_is_name(name))
			print_sample(ctl, metric, &reply->v[i], name);
	}
}

static void
print_daemon(const struct ctl *ctl, const struct line *config)
{
	const struct metric *metric;
	size_t i;

	for (i = 0; i < COUNT(of_daemon); i++) {
		metric = &of_daemon[i];
		print_head(ctl, metric->name, metric->unit, metric->help,
		    metric->counter);
		print_sample(ctl, metric, config, NULL);
	}
	print_head(ctl, "hupd_reloads", NULL,
	    "Reloads; failed: applied, but a program did not become ready.",
	    true);
	/* Each process of the daemon counts from 0. */
	for (i = 0; i < COUNT(results); i++)
		fprintf(ctl->out,
		    "hupd_reloads_total{result=\"%s\"} %" PRId64 "\n"
		    "hupd_reloads_created{result=\"%s\"} %" PRId64 "\n",
		    results[i], line_get_number(config, results[i], 0),
		    results[i], line_get_number(config, "counting", 0));
}

static void
print_up(const struct ctl *ctl, bool up)
{
	print_head(ctl, "hupd_up", NULL, "Does the daemon answer?", false);
	fprintf(ctl->out, "hupd_up %d\n", up);
}

/* Without a line, which a daemon's answer would have, no daemon runs. */
static void
show_status(const struct ctl *ctl, const struct reply *reply, bool details)
{
	const struct line *config = reply_find(reply, "config");
	size_t i;

	(void)details;
	print_up(ctl, reply->n > 0);
	if (config != NULL)
		print_daemon(ctl, config);
	for (i = 0; reply->n > 0 && i < COUNT(of_programs); i++)
		print_programs(ctl, &of_programs[i], reply);
	fputs("# EOF\n", ctl->out);
}

const struct present present_openmetrics = {.status = show_status};
