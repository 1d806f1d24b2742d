/*
 * cmd_check - "check": validate the files, and show what a reload would do.
 */
#include <stdlib.h>
#include <string.h>

#include "client/reply.h"
#include "client/cmd.h"
#include "client/talk.h"
#include "client/present.h"
#include "client/target.h"
#include "config/load.h"
#include "config/syntax.h"
#include "config/plan.h"
#include "wire/report.h"
#include "process/accounts.h"

/* The configuration that the daemon runs, as a set. */
struct running {
	struct config set;
	const char *alone; /* NULL, or why there is none and set is empty */
	struct reply reply;
};

/* The canonical form, from the lines of the answer; NULL: no memory. */
static char *
text_of(const struct reply *reply, size_t *len)
{
	const char *line;
	char *text = NULL;
	size_t i;
	FILE *f;

	if ((f = open_memstream(&text, len)) == NULL)
		return NULL;
	for (i = 0; i < reply->n; i++) {
		if (reply_is(&reply->v[i], "text") &&
		    (line = line_get(&reply->v[i], "line")) != NULL)
			fprintf(f, "%s\n", line);
	}
	if (fclose(f) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * What env files contained is no part of the canonical form.  The daemon
 * tells it by "digest" lines; without one nothing is known, and nothing is
 * claimed to have changed.
 */
static void
set_digests(struct config *set, const struct config *candidate,
    const struct reply *reply)
{
	const struct definition *same;
	const char *name;
	struct definition *conf;
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		conf = set->programs[i];
		same = config_find(candidate, conf->name);
		if (same != NULL)
			conf->env_digest = same->env_digest;
	}
	for (i = 0; i < reply->n; i++) {
		name = line_get(&reply->v[i], "name");
		if (!reply_is(&reply->v[i], "digest") || name == NULL ||
		    (conf = config_find(set, name)) == NULL)
			continue;
		conf->env_digest =
		    (uint64_t)line_get_number(&reply->v[i], "env", 0);
	}
}

static int
parse(const struct ctl *ctl, const struct reply *reply, struct config *set)
{
	struct diags diags;
	char *text, first[512] = "out of memory";
	size_t len;
	bool whole;
	int status = STATUS_FAILED;

	diag_init(&diags);
	text = text_of(reply, &len);
	if (text != NULL &&
	    syntax_parse_config(set, "(running)", text, len, &whole, &diags) ==
		0 &&
	    config_check(set, &diags) == 0)
		status = STATUS_OK;
	if (diags.n > 0)
		diag_print(&diags.v[0], first, sizeof(first));
	if (status != STATUS_OK)
		present_fail(ctl, status,
		    "what hupd runs is not understood: %s", first);
	diag_clear(&diags);
	free(text);
	return status;
}

static int
running_load(struct running *r, const struct ctl *ctl,
    const struct target *target)
{
	struct line_text request = {0};
	struct talk talk;
	int status;

	*r = (struct running){0};
	if (config_init(&r->set, &target->places) == -1)
		return present_fail(ctl, STATUS_FAILED, "out of memory");
	line_begin(&request, "dump");
	line_end(&request);
	status = talk_ask(&talk, target->socket, &request, &r->reply);
	if (status == STATUS_OK)
		status = parse(ctl, &r->reply, &r->set);
	else if (status == STATUS_NO_DAEMON || status == STATUS_DENIED) {
		r->alone = status == STATUS_DENIED ? "hupd may not be asked"
						   : "hupd is not running";
		status = STATUS_OK;
	} else
		present_fail(ctl, status, "%s",
		    talk.why != NULL ? talk.why
				     : "hupd refused, without a reason");
	talk_close(&talk);
	line_text_clear(&request);
	return status;
}

static void
running_clear(struct running *r)
{
	config_clear(&r->set);
	reply_clear(&r->reply);
}

static bool
rests(void *arg, const char *name)
{
	const struct running *r = arg;
	const char *s;
	size_t i;

	for (i = 0; i < r->reply.n; i++) {
		s = line_get(&r->reply.v[i], "name");
		if (reply_is(&r->reply.v[i], "rests") && s != NULL &&
		    strcmp(s, name) == 0)
			return true;
	}
	return false;
}

static int
running_plan(struct running *r, const struct config *candidate,
    struct plan *plan)
{
	set_digests(&r->set, candidate, &r->reply);
	if (plan_make(plan, &r->set, candidate) == -1)
		return -1;
	plan_let_rest(plan, rests, r);
	/* Without a daemon no setting waits for another. */
	if (r->alone != NULL)
		plan->deferred = (struct keyset){0};
	return 0;
}

/* Put conf into the set, in place of the one of its name if there is. */
static int
put(struct config *set, struct definition *conf)
{
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		if (strcmp(set->programs[i]->name, conf->name) != 0)
			continue;
		definition_unref(set->programs[i]);
		set->programs[i] = conf;
		return 0;
	}
	if (config_add(set, conf) == 0)
		return 0;
	definition_unref(conf);
	return -1;
}

/* Is it an instance that the template of that name defines? */
static bool
is_of(const struct definition *conf, const char *template)
{
	const char *instance = definition_instance(conf->name), *entry;
	size_t len = strlen(template);

	if (instance == NULL || (size_t)(instance - conf->name) != len ||
	    strncmp(conf->name, template, len) != 0 || conf->file == NULL ||
	    (entry = strrchr(conf->file, '/')) == NULL)
		return false;
	return strncmp(entry + 1, template, len) == 0 && entry[1 + len] == '.';
}

/* Define the instances of the template by this file of it. */
static int
put_template(struct config *set, const char *file, const char *template,
    struct diags *diags)
{
	struct definition *conf;
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		if (!is_of(set->programs[i], template))
			continue;
		conf = load_file(file, set->programs[i]->name, set->defaults,
		    &accounts_lookups, diags);
		if (conf == NULL)
			return -1;
		definition_unref(set->programs[i]);
		set->programs[i] = conf;
	}
	return 0;
}

/* Put what one file says into the set, and what is wrong into diags. */
static int
put_file(struct config *set, const char *file, struct diags *diags)
{
	struct definition *conf;
	int error;

	conf = load_file(file, NULL, set->defaults, &accounts_lookups, diags);
	if (conf == NULL)
		return -1;
	if (definition_is_template(conf->name)) {
		error = put_template(set, file, conf->name, diags);
		definition_unref(conf);
	} else if ((error = put(set, conf)) == -1)
		diag_no_memory(diags, file);
	return error;
}

/*
 * Read what is on disk, then the files, each of which stands for the program
 * or the template of its name.  Whatever is wrong lands in diags.
 */
static int
load(struct config *set, const struct target *target, int nfiles, char **files,
    struct diags *diags)
{
	int i, error;

	error = target_load(target, set, diags);
	for (i = 0; i < nfiles; i++)
		if (put_file(set, files[i], diags) == -1)
			error = -1;
	if (error == 0 && nfiles > 0)
		error = config_check(set, diags);
	return error;
}

static int
reject(const struct ctl *ctl, const struct diags *diags)
{
	struct reply reply = {0};
	int status = STATUS_REJECTED;

	if (reply_add_errors(&reply, diags) == -1)
		status = present_fail(ctl, STATUS_FAILED, "out of memory");
	else {
		ctl->present->progress(ctl, &reply, 0);
		ctl->present->plan(ctl, &(struct planned){.reply = &reply});
	}
	reply_clear(&reply);
	return status;
}

static int
show(const struct ctl *ctl, const struct plan *plan, const char *alone)
{
	struct line_text text = {0};
	struct reply reply = {0};
	int status = STATUS_OK;

	report_plan(&text, plan, 0);
	if (text.failed || reply_add_all(&reply, text.s) == -1)
		status = present_fail(ctl, STATUS_FAILED, "out of memory");
	else
		ctl->present->plan(ctl, &(struct planned){true, alone, &reply});
	reply_clear(&reply);
	line_text_clear(&text);
	return status;
}

static int
compare(const struct ctl *ctl, const struct target *target,
    const struct config *candidate)
{
	struct running running;
	struct plan plan;
	int status;

	status = running_load(&running, ctl, target);
	if (status == STATUS_OK &&
	    running_plan(&running, candidate, &plan) == -1)
		status = present_fail(ctl, STATUS_FAILED, "out of memory");
	else if (status == STATUS_OK) {
		status = show(ctl, &plan, running.alone);
		plan_clear(&plan);
	}
	running_clear(&running);
	return status;
}

int
cmd_check_run(const struct ctl *ctl, int argc, char **argv)
{
	struct config set = {0};
	struct target target;
	struct diags diags;
	int status;

	if ((status = target_find_files(ctl, &target)) != STATUS_OK)
		return status;
	diag_init(&diags);
	if (load(&set, &target, argc, argv, &diags) == -1)
		status = reject(ctl, &diags);
	else
		status = compare(ctl, &target, &set);
	config_clear(&set);
	diag_clear(&diags);
	target_clear(&target);
	return status;
}
