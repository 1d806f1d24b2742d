/*
 * cmd_check - "check": validate the files, and show what a reload would do.
 *
 * The daemon computes the plan, so that it is the plan of its reload.  Without
 * a daemon the files are validated here, and each program counts as added.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/cmd.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "client/target.h"
#include "config/load.h"
#include "config/plan.h"
#include "wire/report.h"

struct check {
	const struct ctl *ctl;
	struct target target;
	char **names; /* of the files that were named, and their texts */
	char **texts;
	struct candidate *v;
	size_t n;
	struct diags diags; /* found here, without the daemon */
};

static int
no_memory(const struct check *check)
{
	return present_fail(check->ctl, STATUS_FAILED, "out of memory");
}

static void
check_clear(struct check *check)
{
	size_t i;

	for (i = 0; i < check->n; i++) {
		free(check->names[i]);
		free(check->texts[i]);
	}
	free(check->names);
	free(check->texts);
	free(check->v);
	diag_clear(&check->diags);
	target_clear(&check->target);
}

/* Read the files that were named; what is wrong with them is in diags. */
static int
read_proposals(struct check *check, int n, char **files)
{
	size_t size = (size_t)n + 1, at;

	check->names = calloc(size, sizeof(*check->names));
	check->texts = calloc(size, sizeof(*check->texts));
	check->v = calloc(size, sizeof(*check->v));
	if (check->names == NULL || check->texts == NULL || check->v == NULL)
		return no_memory(check);
	for (int i = 0; i < n; i++) {
		at = check->n;
		if (load_proposal(files[i], check->ctl->as, &check->names[at],
			&check->texts[at], &check->diags) == -1)
			continue;
		check->v[at] = (struct candidate){check->names[at], files[i],
		    check->texts[at], strlen(check->texts[at])};
		check->n++;
	}
	return STATUS_OK;
}

/* Show errors: the daemon's, or those found here. */
static int
reject(const struct check *check, struct reply *reply)
{
	const struct present *present = check->ctl->present;

	if (reply_add_errors(reply, &check->diags) == -1)
		return no_memory(check);
	present->progress(check->ctl, reply, 0);
	present->plan(check->ctl, &(struct planned){.reply = reply});
	return STATUS_REJECTED;
}

/* Add the report of a plan from nothing to the set. */
static int
add_report(struct reply *reply, const struct check *check,
    const struct config *set)
{
	struct line_text text = {0};
	struct config none = {0};
	struct plan plan;
	int error = -1;

	if (config_init(&none, &check->target.places) == -1)
		return -1;
	if (plan_make(&plan, &none, set) == 0 &&
	    plan_adapt(&plan, &none, set, NULL, NULL) == 0) {
		/* Without a daemon no setting waits for the next start. */
		plan.deferred = (struct keyset){0};
		report_plan(&text, &plan, 0);
		report_chain(&text, set);
		if (!text.failed)
			error = reply_add_all(reply, text.s);
	}
	plan_clear(&plan);
	line_text_clear(&text);
	config_clear(&none);
	return error;
}

/* Add the warnings that the daemon did not give.  answered: it gave its plan.
 */
static int
add_warnings(struct reply *reply, const struct check *check, bool answered)
{
	struct diags notes;
	int error;

	diag_init(&notes);
	target_advise(&check->target, check->v, check->n,
	    answered ? reply : NULL, &notes);
	error = reply_add_warnings(reply, &notes);
	diag_clear(&notes);
	return error;
}

/* No daemon answered, for the reason in alone. */
static int
check_alone(struct check *check, const char *alone)
{
	struct config set = {0};
	struct reply reply = {0};
	int status = STATUS_OK;

	if (target_load(&check->target, check->v, check->n, &set,
		&check->diags) == -1 ||
	    diag_count(&check->diags) > 0)
		status = reject(check, &reply);
	else if (add_report(&reply, check, &set) == -1 ||
	    add_warnings(&reply, check, false) == -1)
		status = no_memory(check);
	else
		check->ctl->present->plan(check->ctl,
		    &(struct planned){true, alone, &reply});
	config_clear(&set);
	reply_clear(&reply);
	return status;
}

static int
check_files(struct check *check)
{
	const struct ctl *ctl = check->ctl;
	struct reply reply = {0};
	struct talk talk;
	int status;

	status = target_plan(&check->target, check->v, check->n, &talk, &reply);
	if (status == STATUS_NO_DAEMON && ctl->socket == NULL)
		status = check_alone(check, "hupd is not running");
	else if (status == STATUS_DENIED && ctl->socket == NULL)
		status = check_alone(check, "hupd may not be asked");
	else if (status == STATUS_REJECTED)
		status = reject(check, &reply);
	else if (status == STATUS_OK && diag_count(&check->diags) > 0) {
		/* The plan lacks a file. */
		reply_clear(&reply);
		status = reject(check, &reply);
	} else if (status == STATUS_OK) {
		/* The files are the daemon's, whatever named its socket. */
		status = target_locate(ctl, &check->target, false);
		if (status == STATUS_OK &&
		    add_warnings(&reply, check, true) == -1)
			status = no_memory(check);
		else if (status == STATUS_OK)
			ctl->present->plan(ctl,
			    &(struct planned){true, NULL, &reply});
	} else
		talk_verdict(ctl, &talk);
	talk_close(&talk);
	reply_clear(&reply);
	return status;
}

int
cmd_check_run(const struct ctl *ctl, int argc, char **argv)
{
	struct check check = {.ctl = ctl};
	int status;

	if (ctl->as != NULL && argc != 1)
		return present_fail(ctl, STATUS_USAGE,
		    "--as %s: exactly one file has that name", ctl->as);
	if (ctl->as != NULL && !text_is_name(ctl->as))
		return present_fail(ctl, STATUS_USAGE,
		    "'%s' is no program's name", ctl->as);
	if ((status = target_find(&check.target, ctl)) != STATUS_OK)
		return status;
	diag_init(&check.diags);
	if ((status = read_proposals(&check, argc, argv)) == STATUS_OK)
		status = check_files(&check);
	check_clear(&check);
	return status;
}
