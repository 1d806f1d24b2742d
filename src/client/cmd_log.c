/*
 * cmd_log - "log": show or follow the logs of programs, or of hupd itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "client/chain.h"
#include "client/cmd.h"
#include "client/logs.h"
#include "client/merge.h"
#include "client/present.h"
#include "client/target.h"
#include "client/walk.h"
#include "client/when.h"

/* The number of lines if nothing selects them. */
#define LINES 10
/* A longer name does not move the lines of others to the right. */
#define NAME_WIDTH 24

/* The names of programs in turn; none looks like a failure. */
static const char *const colours[] = {"\033[36m", "\033[33m", "\033[32m",
    "\033[35m", "\033[34m", "\033[96m", "\033[93m", "\033[92m"};
#define NCOLOURS (sizeof(colours) / sizeof(colours[0]))

struct job {
	const struct ctl *ctl;
	struct logs logs;
	struct merge_conf conf;
	struct search search;
	struct merge_log *v; /* those of the logs that are printed */
	char **prefixes;     /* of their lines */
	size_t n;
};

static int
read_time(const struct ctl *ctl, const char *option, const char *text,
    int64_t *ms)
{
	const char *why;

	if (text == NULL || when_parse(text, ctl->now, ms, &why) == 0)
		return STATUS_OK;
	return present_fail(ctl, STATUS_USAGE, "--%s %s: %s", option, text,
	    why);
}

static int
read_pattern(struct job *job)
{
	const char *pattern = job->ctl->pattern;
	char why[128];

	if (pattern == NULL)
		return STATUS_OK;
	if (search_init(&job->search, pattern, why, sizeof(why)) == -1)
		return present_fail(job->ctl, STATUS_USAGE, "-g %s: %s",
		    pattern, why);
	job->conf.search = &job->search;
	return STATUS_OK;
}

/* Note what the options select. */
static int
read_options(struct job *job)
{
	const struct ctl *ctl = job->ctl;
	int status;

	job->conf = (struct merge_conf){.lines = ctl->lines,
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .follow = ctl->follow};
	if (ctl->follow && ctl->until != NULL)
		return present_fail(ctl, STATUS_USAGE,
		    "--until cannot be combined with -f");
	status = read_time(ctl, "since", ctl->since, &job->conf.since);
	if (status == STATUS_OK)
		status = read_time(ctl, "until", ctl->until, &job->conf.until);
	if (status == STATUS_OK)
		status = read_pattern(job);
	if (ctl->lines == -1)
		job->conf.lines = ctl->since != NULL || ctl->until != NULL ||
			ctl->pattern != NULL
		    ? INT64_MAX
		    : LINES;
	return status;
}

static bool
has_times_option(const struct job *job)
{
	return job->ctl->since != NULL || job->ctl->until != NULL;
}

static void
append(struct job *job, const struct log_of *log, bool untimed)
{
	job->v[job->n++] = (struct merge_log){.path = log->path,
	    .untimed = untimed,
	    .head = {.program = log->name, .stream = log->stream}};
}

/* Of two logs of a program that was named alone, the first is printed. */
static int
add_one_of_two(struct job *job, const struct log_of *log)
{
	if (job->n == 0)
		append(job, log, false);
	else
		present_warn("%s: its lines have no time (log-timestamps); "
			     "those of %s are left out: %s",
		    log->name, log->stream, log->path);
	return STATUS_OK;
}

/*
 * Add a log.  Lines without times have no place among others; those that are
 * added have one.
 */
static int
add(struct job *job, const struct log_of *log)
{
	const bool needs_times = job->logs.n > 1 || has_times_option(job);

	if (!needs_times || walk_has_times(log->path)) {
		append(job, log, false);
		return STATUS_OK;
	}
	if (job->conf.follow) {
		append(job, log, true);
		present_warn("%s: its lines have no time; showing new ones "
			     "only",
		    log->name);
		return STATUS_OK;
	}
	if (job->logs.programs == 1 && !has_times_option(job))
		return add_one_of_two(job, log);
	if (log->named)
		return present_fail(job->ctl, STATUS_FAILED,
		    "%s: its lines have no time (log-timestamps); name it "
		    "alone, without --since and --until",
		    log->name);
	present_warn("%s: its lines have no time (log-timestamps); left out",
	    log->name);
	return STATUS_OK;
}

/*
 * "web    | ", in a colour; "web    ! " before lines that are known to be of
 * standard error.  NULL: no memory.
 */
static char *
prefix_of(const struct ctl *ctl, const struct emit_head *head, int width,
    size_t i)
{
	const bool errors =
	    head->stream != NULL && strcmp(head->stream, "stderr") == 0;
	char *prefix;

	if (asprintf(&prefix, "%s%-*s %c%s ",
		ctl->colour ? colours[i % NCOLOURS] : "", width, head->program,
		errors ? '!' : '|', ctl->colour ? "\033[m" : "") == -1)
		return NULL;
	return prefix;
}

static int
add_prefixes(struct job *job)
{
	const size_t n = job->n;
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		width = MAX(width, strlen(job->v[i].head.program));
	width = MIN(width, NAME_WIDTH);
	job->prefixes = calloc(n, sizeof(*job->prefixes));
	for (size_t i = 0; job->prefixes != NULL && i < n; i++) {
		job->prefixes[i] =
		    prefix_of(job->ctl, &job->v[i].head, (int)width, i);
		job->v[i].head.prefix = job->prefixes[i];
		if (job->prefixes[i] == NULL)
			return -1;
	}
	return n == 0 || job->prefixes != NULL ? 0 : -1;
}

/* Programs that have printed nothing are no failure. */
static void
warn_if_empty(const struct job *job)
{
	for (size_t i = 0; i < job->n; i++)
		if (chain_size(job->v[i].path) != 0)
			return;
	if (job->logs.programs == 1)
		present_warn("%s: nothing yet", job->logs.v[0].name);
	else if (job->n > 0)
		present_warn("nothing yet");
}

static int
show(struct job *job)
{
	const struct ctl *ctl = job->ctl;
	struct emit emit = {.f = ctl->out,
	    .form = ctl->present->log,
	    .ends_lines = job->n > 1};
	int status = STATUS_OK;

	if (emit.form == EMIT_RAW && ctl->terminal && !ctl->raw)
		emit.form = ctl->pass_colour ? EMIT_COLOURED : EMIT_ESCAPED;
	warn_if_empty(job);
	if (job->n == 0 ||
	    merge_print(ctl, &job->conf, job->v, job->n, &emit, &status) == 0)
		return status;
	/* main reports the failure of standard output. */
	if (ferror(stdout))
		return STATUS_FAILED;
	return present_fail(ctl, STATUS_FAILED, "%s", strerror(errno));
}

static void
clear(struct job *job)
{
	for (size_t i = 0; job->prefixes != NULL && i < job->n; i++)
		free(job->prefixes[i]);
	free(job->prefixes);
	free(job->v);
	if (job->conf.search != NULL)
		search_free(&job->search);
	logs_clear(&job->logs);
}

static int
show_logs(struct job *job)
{
	int status = STATUS_OK;

	job->v = calloc(job->logs.n, sizeof(*job->v));
	if (job->v == NULL)
		return present_fail(job->ctl, STATUS_FAILED, "out of memory");
	for (size_t i = 0; status == STATUS_OK && i < job->logs.n; i++)
		status = add(job, &job->logs.v[i]);
	if (status == STATUS_OK && job->logs.programs > 1 && !job->ctl->raw &&
	    add_prefixes(job) == -1)
		status = present_fail(job->ctl, STATUS_FAILED, "out of memory");
	return status == STATUS_OK ? show(job) : status;
}

int
cmd_log_run(const struct ctl *ctl, int argc, char **argv)
{
	struct job job = {.ctl = ctl};
	struct target target;
	int status;

	if ((status = read_options(&job)) == STATUS_OK &&
	    (status = target_find(&target, ctl)) == STATUS_OK) {
		status = logs_find(&job.logs, ctl, &target, argc, argv);
		target_clear(&target);
	}
	if (status == STATUS_OK)
		status = show_logs(&job);
	clear(&job);
	return status;
}
