/*
 * ctl_check - "check": validate the files, and show what a reload would do.
 */
#include <stdlib.h>
#include <string.h>

#include "config/confdir.h"
#include "client/ctl_check.h"
#include "client/ctl_report.h"
#include "client/ctl_running.h"
#include "client/ctl_where.h"
#include "config/plan.h"
#include "wire/report.h"

/* Put conf into the set, in the place of the one of its name if there is. */
static int
put(struct confset *set, struct conf *conf)
{
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		if (strcmp(set->programs[i]->name, conf->name) != 0)
			continue;
		conf_unref(set->programs[i]);
		set->programs[i] = conf;
		return 0;
	}
	if (confset_add(set, conf) == 0)
		return 0;
	conf_unref(conf);
	return -1;
}

/* Is it an instance that the template of that name defines? */
static bool
is_of(const struct conf *conf, const char *template)
{
	const char *instance = conf_instance(conf->name), *entry;
	size_t len = strlen(template);

	if (instance == NULL || (size_t)(instance - conf->name) != len ||
	    strncmp(conf->name, template, len) != 0 || conf->file == NULL ||
	    (entry = strrchr(conf->file, '/')) == NULL)
		return false;
	return strncmp(entry + 1, template, len) == 0 && entry[1 + len] == '.';
}

/* Define the instances of the template by this file of it. */
static int
put_template(struct confset *set, const char *file, const char *template,
    struct diags *diags)
{
	struct conf *conf;
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		if (!is_of(set->programs[i], template))
			continue;
		conf = confdir_load_file(file, set->programs[i]->name,
		    set->defaults, diags);
		if (conf == NULL)
			return -1;
		conf_unref(set->programs[i]);
		set->programs[i] = conf;
	}
	return 0;
}

/* Put what one file says into the set, and what is wrong into diags. */
static int
put_file(struct confset *set, const char *file, struct diags *diags)
{
	struct conf *conf;
	int error;

	conf = confdir_load_file(file, NULL, set->defaults, diags);
	if (conf == NULL)
		return -1;
	if (conf_is_template(conf->name)) {
		error = put_template(set, file, conf->name, diags);
		conf_unref(conf);
	} else if ((error = put(set, conf)) == -1)
		diags_add(diags, file, 0, NULL, "out of memory");
	return error;
}

/*
 * Read what is on disk, then the files, each of which stands for the program
 * or the template of its name.  Whatever is wrong lands in diags.
 */
static int
load(struct confset *set, const struct place *place, int nfiles, char **files,
    struct diags *diags)
{
	int i, error;

	error = where_load(place, set, diags);
	for (i = 0; i < nfiles; i++)
		if (put_file(set, files[i], diags) == -1)
			error = -1;
	if (error == 0 && nfiles > 0)
		error = confset_check(set, diags);
	return error;
}

static void
reject_json(const struct reply *reply)
{
	struct json json;

	json_begin(&json, stdout);
	json_object(&json, NULL);
	json_bool(&json, "valid", false);
	json_null(&json, "running");
	report_json(&json, reply);
	json_end(&json);
}

/* "plan: 1 added, 12 unchanged" */
static void
print_head(const struct plan *plan, const char *alone)
{
	static const enum plan_kind order[PLAN_KINDS] = {PLAN_ADD, PLAN_REMOVE,
	    PLAN_RESTART, PLAN_ADJUST, PLAN_KEEP};
	const char *lead = "plan: ";
	int i;

	for (i = 0; i < PLAN_KINDS; i++) {
		if (plan->count[order[i]] == 0)
			continue;
		printf("%s%zu %s", lead, plan->count[order[i]],
		    order[i] == PLAN_KEEP ? "unchanged"
					  : plan_kind_name(order[i]));
		lead = ", ";
	}
	if (lead[0] == 'p')
		printf("plan: no program is configured");
	if (alone != NULL)
		printf(" (%s)", alone);
	putchar('\n');
}

static void
plan_json(const struct reply *reply, bool runs)
{
	struct json json;

	json_begin(&json, stdout);
	json_object(&json, NULL);
	json_bool(&json, "valid", true);
	json_bool(&json, "running", runs);
	report_json(&json, reply);
	json_end(&json);
}

static int
show(const struct ctl *ctl, const struct plan *plan, const char *alone)
{
	struct proto_text text = {0};
	struct reply reply = {0};
	int status = STATUS_OK;

	report_plan(&text, plan, 0);
	if (text.failed || reply_add_all(&reply, text.s) == -1)
		status = ctl_fail(ctl, STATUS_FAILED, "out of memory");
	else if (ctl->json)
		plan_json(&reply, alone == NULL);
	else {
		print_head(plan, alone);
		/* The first line is a reload's own head. */
		report_show(&reply, 1, reply.n);
	}
	reply_clear(&reply);
	proto_text_clear(&text);
	return status;
}

static int
compare(const struct ctl *ctl, const struct place *place,
    const struct confset *candidate)
{
	struct running running;
	struct plan plan;
	int status;

	status = running_load(&running, ctl, place);
	if (status == STATUS_OK &&
	    running_plan(&running, candidate, &plan) == -1)
		status = ctl_fail(ctl, STATUS_FAILED, "out of memory");
	else if (status == STATUS_OK) {
		status = show(ctl, &plan, running.alone);
		plan_clear(&plan);
	}
	running_clear(&running);
	return status;
}

int
ctl_check(const struct ctl *ctl, int argc, char **argv)
{
	struct confset set = {0};
	struct place place;
	struct diags diags;
	int status;

	if ((status = where_find(ctl, &place)) != STATUS_OK)
		return status;
	diags_init(&diags);
	if (load(&set, &place, argc, argv, &diags) == -1)
		status = report_rejection(ctl, &diags, reject_json);
	else
		status = compare(ctl, &place, &set);
	confset_clear(&set);
	diags_clear(&diags);
	place_clear(&place);
	return status;
}
