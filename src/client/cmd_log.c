/*
 * cmd_log - "log": show or follow the log of a program or of hupd itself.
 *
 * The file is read directly, so that it can be read, and continues to be
 * followed, whether or not the daemon runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/reply.h"
#include "client/talk.h"
#include "client/chain.h"
#include "client/logread.h"
#include "client/present.h"
#include "client/cmd.h"
#include "client/target.h"
#include "config/places.h"

/* Ask where the logs are; name may be NULL.  Keeps why in talk. */
static int
ask_where(const char *socket, const char *name, struct talk *talk,
    struct reply *reply)
{
	struct line_text request = {0};
	int status;

	line_begin(&request, "where");
	if (name != NULL)
		line_put_word(&request, name);
	line_end(&request);
	status = talk_ask(talk, socket, &request, reply);
	line_text_clear(&request);
	return status;
}

/* Where NAME's log is in the folder that the running daemon uses. */
static char *
path_in_folder(const struct target *target, const char *name)
{
	struct reply reply = {0};
	struct talk talk;
	const char *dir = NULL;
	char *path;

	if (ask_where(target->socket, NULL, &talk, &reply) == STATUS_OK &&
	    reply_find(&reply, "paths") != NULL)
		dir = line_get(reply_find(&reply, "paths"), "log-dir");
	path = places_log(dir != NULL ? dir : target->log_dir, name);
	talk_close(&talk);
	reply_clear(&reply);
	return path;
}

/*
 * The log of a program that the daemon knows; *why: it does not, or the
 * program has none.  NULL without *why: the daemon cannot be asked.
 */
static char *
path_of_program(const struct target *target, const char *name, char **why)
{
	struct reply reply = {0};
	const struct line *paths;
	struct talk talk;
	const char *log = NULL, *error;
	char *path = NULL;
	int status;

	*why = NULL;
	status = ask_where(target->socket, name, &talk, &reply);
	paths = reply_find(&reply, "paths");
	if (status == STATUS_OK && paths != NULL)
		log = line_get(paths, "log");
	if (paths != NULL && (error = line_get(paths, "log-error")) != NULL)
		present_warn("%s: output cannot be written: %s", name, error);
	if (log != NULL)
		path = strdup(log);
	else if (status == STATUS_OK) {
		if (asprintf(why, "%s has no log file: see its 'log' key",
			name) == -1)
			*why = NULL;
	} else if (status != STATUS_NO_DAEMON && status != STATUS_DENIED &&
	    talk.why != NULL)
		*why = strdup(talk.why);
	talk_close(&talk);
	reply_clear(&reply);
	return path;
}

/* Without a daemon: is there a file of this program? */
static bool
is_configured(const struct target *target, const char *name)
{
	bool found;
	char *path;

	if (asprintf(&path, "%s/%s.conf", target->program_dir, name) == -1)
		return false;
	found = access(path, F_OK) == 0;
	free(path);
	return found;
}

/* The log of a removed program can still be read. */
static char *
find_log(const struct target *target, const char *name, char **why)
{
	char *path;

	*why = NULL;
	if (strcmp(name, "hupd") == 0)
		return path_in_folder(target, name);
	if ((path = path_of_program(target, name, why)) != NULL)
		return path;
	if ((path = path_in_folder(target, name)) == NULL ||
	    access(path, F_OK) == 0 || errno == EACCES)
		return path;
	if (*why == NULL && is_configured(target, name))
		return path;
	if (*why == NULL &&
	    asprintf(why, "no program %s, and no log %s", name, path) == -1)
		*why = NULL;
	free(path);
	return NULL;
}

/* A program that has printed nothing is no failure. */
static int
show(const struct ctl *ctl, const char *name, const char *path)
{
	struct emit emit = {.f = ctl->out, .form = ctl->present->log};

	if (emit.form == EMIT_RAW && ctl->terminal)
		emit.form = ctl->pass_colour ? EMIT_COLOURED : EMIT_ESCAPED;
	if (chain_size(path) == 0)
		present_warn("%s: nothing yet", name);
	if (logread_follow(path, ctl->lines, ctl->follow, &emit) == 0 ||
	    (errno == ENOENT && !ctl->follow))
		return STATUS_OK;
	/* main reports the failure of standard output. */
	if (ferror(stdout))
		return STATUS_FAILED;
	return present_fail(ctl,
	    errno == EACCES ? STATUS_DENIED : STATUS_FAILED, "%s: %s", path,
	    strerror(errno));
}

int
cmd_log_run(const struct ctl *ctl, int argc, char **argv)
{
	struct target target;
	char *path, *why;
	int status;

	if (!talk_are_names(ctl, argc, argv))
		return STATUS_USAGE;
	if ((status = target_find(&target, ctl)) != STATUS_OK)
		return status;
	if ((path = find_log(&target, argv[0], &why)) != NULL)
		status = show(ctl, argv[0], path);
	else
		status = present_fail(ctl, STATUS_FAILED, "%s",
		    why != NULL ? why : strerror(ENOMEM));
	free(path);
	free(why);
	target_clear(&target);
	return status;
}
