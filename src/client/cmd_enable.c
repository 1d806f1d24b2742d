/*
 * cmd_enable - "enable" and "disable": the file NAME.disabled, which turns the
 * autostart of a program off, made or deleted, and applied by a reload.
 *
 * Nothing is started or stopped.  Afterwards the daemon is asked, so that
 * nobody takes a program for enabled whose own file says autostart = no.
 */
#include <stdlib.h>

#include "client/change.h"
#include "client/cmd.h"
#include "client/pick.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "config/load.h"
#include "wire/names.h"

/* Make the marker, or delete it, unless it is so already. */
static int
mark(struct change *change, const char *name, bool enable)
{
	char *file;
	int status = STATUS_OK;

	if ((file = change_path(change, name, LOAD_DISABLED)) == NULL)
		return STATUS_FAILED;
	if (change_is_there(file) != enable)
		;
	else if (enable)
		status = change_take_away(change, file);
	else
		status = change_create(change, file, "", 0, 0644);
	free(file);
	return status;
}

static int
mark_all(struct change *change, bool enable)
{
	char *const *name;
	int status;

	status = change_check_files(change);
	/* Is the folder as the daemon would accept it? */
	if (status == STATUS_OK)
		status = change_validate(change, NULL, 0);
	for (name = change->names; *name != NULL && status == STATUS_OK; name++)
		status = mark(change, *name, enable);
	return status;
}

/* Say what the command did not do. */
static int
explain(const struct ctl *ctl, const struct line *program, bool enable)
{
	const char *name = line_get(program, "name");
	bool alive = line_get(program, "uptime") != NULL;
	bool starts = reply_has(program, "autostart", "yes");

	if (name == NULL)
		return STATUS_OK;
	if (enable && !starts) {
		present_warn("%s: autostart = no in its own file or in "
			     "hupd.conf, see 'hupctl cat %s'",
		    name, name);
		return STATUS_FAILED;
	}
	if (ctl->present != &present_text)
		return STATUS_OK;
	if (!enable && alive)
		present_warn("%s still runs; 'hupctl stop %s' stops it", name,
		    name);
	else if (enable && !alive)
		present_warn("%s was not started; 'hupctl start %s' starts it",
		    name, name);
	return STATUS_OK;
}

static int
explain_all(const struct change *change, bool enable)
{
	struct line_text request = {0};
	struct reply reply = {0};
	struct talk talk;
	int status = STATUS_OK;

	line_begin(&request, "status");
	line_put_words(&request, change->names);
	line_end(&request);
	/* Without an answer there is nothing to explain. */
	(void)talk_ask(&talk, change->target.socket, &request, &reply);
	talk_close(&talk);
	for (size_t i = 0; i < reply.n; i++)
		if (reply_is(&reply.v[i], "program") &&
		    explain(change->ctl, &reply.v[i], enable) != STATUS_OK)
			status = STATUS_FAILED;
	reply_clear(&reply);
	line_text_clear(&request);
	return status;
}

static int
apply(struct change *change, bool enable)
{
	enum reload_fate fate = RELOAD_APPLIED;
	int status = STATUS_OK, explained;

	if (change->nsteps > 0)
		status = change_apply(change, &fate);
	else
		change->ctl->present->done(change->ctl,
		    enable ? "nothing to do: not disabled"
			   : "nothing to do: disabled already");
	if (fate != RELOAD_APPLIED)
		return status;
	explained = explain_all(change, enable);
	return status != STATUS_OK ? status : explained;
}

static int
run(const struct ctl *ctl, int n, char **words, bool enable)
{
	struct change change;
	char **names;
	int status;

	if ((status = pick_names(ctl, n, words, &names)) != STATUS_OK)
		return status;
	if ((status = change_begin(&change, ctl, names)) == STATUS_OK &&
	    (status = mark_all(&change, enable)) == STATUS_OK)
		status = apply(&change, enable);
	change_end(&change);
	free(names);
	return status;
}

int
cmd_enable_run(const struct ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, true);
}

int
cmd_enable_disable(const struct ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, false);
}
