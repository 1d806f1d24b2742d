/*
 * present_openmetrics - "metrics": programs and daemon as OpenMetrics text.
 *
 * Only gauges and counters: node_exporter's textfile collector, which knows
 * the older format, can read these as well.
 *
 * Source: the OpenMetrics specification 1.0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/reply.h"
#include "client/target.h"
#include "client/talk.h"
#include "client/chain.h"
#include "client/cmd.h"

/* How a value is found in a line of the status reply. */
enum from {
	FROM_NUMBER, /* of the key */
	FROM_MS,     /* likewise, in milliseconds: printed in seconds */
	FROM_EQUAL,  /* does the key have the value text? */
	FROM_EXIT,   /* the exit status, or 128 and the signal */
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
    {"hupd_program_up", NULL, "Is it up?", false, FROM_EQUAL, "state", "up"},
    {"hupd_program_ready", NULL, "Is it up, or done and well?", false,
	FROM_EQUAL, "ready", "yes"},
    {"hupd_program_wanted", NULL, "Is it meant to run?", false, FROM_EQUAL,
	"want", "run"},
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
};

/* How reloads end: a key of the status reply, and a label. */
static const char *const results[] = {"applied", "failed", "rejected"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
print_head(const char *name, const char *unit, const char *help, bool counter)
{
	printf("# TYPE %s %s\n", name, counter ? "counter" : "gauge");
	if (unit != NULL)
		printf("# UNIT %s %s\n", name, unit);
	printf("# HELP %s %s\n", name, help);
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

/* The value, in thousandths for FROM_MS.  False: there is none. */
static bool
value_of(const struct metric *metric, const struct line *line, int64_t *value)
{
	const char *key;

	if ((key = key_of(metric, line)) == NULL)
		return false;
	*value = line_get_number(line, key, 0);
	switch (metric->from) {
	case FROM_NUMBER:
	case FROM_MS:
		return true;
	case FROM_EQUAL:
		*value = strcmp(line_get(line, key), metric->text) == 0;
		return true;
	case FROM_EXIT:
		*value += strcmp(key, "signal") == 0 ? 128 : 0;
		return true;
	case FROM_LOG:
		*value = chain_size(line_get(line, key));
		return *value != -1;
	}
	return false;
}

/* program: its name, which needs no escapes; or NULL. */
static void
print_sample(const struct metric *metric, const struct line *line,
    const char *program)
{
	int64_t value;

	if (!value_of(metric, line, &value))
		return;
	printf("%s%s", metric->name, metric->counter ? "_total" : "");
	if (program != NULL)
		printf("{program=\"%s\"}", program);
	if (metric->from == FROM_MS)
		printf(" %" PRId64 ".%03d\n", value / 1000,
		    (int)(value % 1000));
	else
		printf(" %" PRId64 "\n", value);
}

static void
print_programs(const struct metric *metric, const struct reply *reply)
{
	const char *name;
	size_t i;

	print_head(metric->name, metric->unit, metric->help, metric->counter);
	for (i = 0; i < reply->n; i++) {
		name = line_get(&reply->v[i], "name");
		if (reply_is(&reply->v[i], "program") && name != NULL &&
		    text_is_name(name))
			print_sample(metric, &reply->v[i], name);
	}
}

static void
print_daemon(const struct line *config)
{
	const struct metric *metric;
	size_t i;

	for (i = 0; i < COUNT(of_daemon); i++) {
		metric = &of_daemon[i];
		print_head(metric->name, metric->unit, metric->help,
		    metric->counter);
		print_sample(metric, config, NULL);
	}
	print_head("hupd_reloads", NULL,
	    "Reloads; failed: applied, but a program did not become ready.",
	    true);
	/* They begin anew with each process of the daemon. */
	for (i = 0; i < COUNT(results); i++)
		printf("hupd_reloads_total{result=\"%s\"} %" PRId64 "\n"
		       "hupd_reloads_created{result=\"%s\"} %" PRId64 "\n",
		    results[i], line_get_number(config, results[i], 0),
		    results[i], line_get_number(config, "counting", 0));
}

static void
print_up(bool up)
{
	print_head("hupd_up", NULL, "Does the daemon answer?", false);
	printf("hupd_up %d\n", up);
}

static void
print_all(const struct reply *reply)
{
	const struct line *config = reply_find(reply, "config");
	size_t i;

	print_up(true);
	if (config != NULL)
		print_daemon(config);
	for (i = 0; i < COUNT(of_programs); i++)
		print_programs(&of_programs[i], reply);
}

int
cmd_metrics_run(const struct ctl *ctl, int argc, char **argv)
{
	struct line_text request = {0};
	struct reply reply = {0};
	int status;

	(void)argc;
	(void)argv;
	if (ctl->json)
		return ctl_fail(ctl, STATUS_USAGE,
		    "metrics are no JSON: see 'hupctl -j status'");
	line_begin(&request, "status");
	line_put(&request, "cpu", "yes");
	line_end(&request);
	status = target_ask(ctl, &request, &reply);
	if (status == STATUS_OK)
		print_all(&reply);
	else if (status == STATUS_NO_DAEMON)
		print_up(false);
	if (status == STATUS_OK || status == STATUS_NO_DAEMON)
		puts("# EOF");
	reply_clear(&reply);
	line_text_clear(&request);
	return status;
}
