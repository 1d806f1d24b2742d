/*
 * logs - the logs that the operands of a command mean.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strings.h"
#include "base/text.h"
#include "client/chain.h"
#include "client/logs.h"
#include "client/pick.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "config/places.h"

/* The data from which logs are found. */
struct finding {
	const struct ctl *ctl;
	const struct target *target;
	const char *dir;    /* of the logs */
	struct reply reply; /* the daemon's; or empty */
};

/*
 * Ask where logs are: of all programs, and of the words that are no patterns.
 * The reply stays empty if no daemon answers, or if it cannot be asked.
 */
static int
ask_where(struct finding *s, bool all, int n, char **words)
{
	struct line_text request = {0};
	const struct line *paths;
	struct talk talk;
	int status;

	line_begin(&request, "where");
	if (all)
		line_put(&request, "all", "yes");
	for (int i = 0; i < n; i++)
		if (!pick_is_pattern(words[i]))
			line_put_word(&request, words[i]);
	line_end(&request);
	status = talk_ask(&talk, s->target->socket, &request, &s->reply);
	line_text_clear(&request);
	/* Without its answer the files are found by the configuration. */
	if (s->reply.n == 0)
		status = STATUS_OK;
	else if (status != STATUS_OK)
		status = talk_verdict(s->ctl, &talk);
	talk_close(&talk);
	paths = reply_find(&s->reply, "paths");
	s->dir = s->target->log_dir;
	if (paths != NULL && line_get(paths, "log-dir") != NULL)
		s->dir = line_get(paths, "log-dir");
	return status;
}

static int
add_known(struct reply *known, const char *name)
{
	struct line_text text = {0};
	int error;

	line_begin(&text, "known");
	line_put_word(&text, name);
	line_end(&text);
	error = text.failed ? -1 : reply_add(known, text.s);
	line_text_clear(&text);
	return error;
}

/* If it is the name of a log file, but not of hupd's: cut off the suffix. */
static bool
to_program(char *file)
{
	const size_t suffix = strlen(PLACES_LOG_SUFFIX), len = strlen(file);

	if (len <= suffix ||
	    strcmp(file + len - suffix, PLACES_LOG_SUFFIX) != 0)
		return false;
	file[len - suffix] = '\0';
	return text_is_name(file) && strcmp(file, "hupd") != 0;
}

/* The programs that have a log file in the folder. */
static int
list_folder(const struct finding *s, struct reply *known)
{
	struct dirent **files;
	int n, error = 0;

	if ((n = scandir(s->dir, &files, NULL, alphasort)) == -1)
		return present_fail_errno(s->ctl, s->dir);
	for (int i = 0; i < n; i++) {
		if (error == 0 && to_program(files[i]->d_name))
			error = add_known(known, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	return error == 0
	    ? STATUS_OK
	    : present_fail(s->ctl, STATUS_FAILED, "out of memory");
}

/* The programs that a pattern may mean, a "known" line each. */
static int
list_known(const struct finding *s, struct reply *known)
{
	const struct line *line;

	if (s->reply.n == 0)
		return list_folder(s, known);
	for (size_t i = 0; i < s->reply.n; i++) {
		line = &s->reply.v[i];
		if (reply_is(line, "log") && line_get(line, "path") != NULL &&
		    add_known(known, line_get(line, "name")) == -1)
			return present_fail(s->ctl, STATUS_FAILED,
			    "out of memory");
	}
	return STATUS_OK;
}

/* The names that the words mean. */
static int
find_names(struct finding *s, int n, char **words, char ***names)
{
	static char any[] = "*";
	char *every[] = {any, NULL};
	struct reply known = {0};
	bool patterns;
	int status;

	status = pick_check(s->ctl, n, words, &patterns);
	if (status == STATUS_OK)
		status = ask_where(s, patterns || n == 0, n, words);
	if (status == STATUS_OK && (patterns || n == 0))
		status = list_known(s, &known);
	if (status == STATUS_OK && n == 0 && known.n == 0)
		status = present_fail(s->ctl, STATUS_FAILED,
		    "no program has a log file; 'hupctl log hupd' shows the "
		    "events of hupd");
	if (status == STATUS_OK)
		status = pick_from(s->ctl, n == 0 ? 1 : n,
		    n == 0 ? every : words, &known, names);
	reply_clear(&known);
	return status;
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

/* The daemon does not know it, but its log may exist. */
static int
find_unknown(const struct finding *s, const char *name, const char *why,
    const char *path)
{
	if (strcmp(name, "hupd") == 0 || access(path, F_OK) == 0 ||
	    errno == EACCES)
		return STATUS_OK;
	if (why != NULL)
		return present_fail(s->ctl, STATUS_FAILED, "%s", why);
	if (is_configured(s->target, name))
		return STATUS_OK;
	return present_fail(s->ctl, STATUS_FAILED,
	    "no program %s, and no log %s", name, path);
}

static int
find_log(const struct finding *s, const char *name, struct log_of *log)
{
	const struct line *line = reply_find_of(&s->reply, "log", "name", name);
	const char *path, *error;

	if ((log->name = strdup(name)) == NULL)
		return present_fail(s->ctl, STATUS_FAILED, "out of memory");
	path = line != NULL ? line_get(line, "path") : NULL;
	log->path = path != NULL ? strdup(path) : places_log(s->dir, name);
	if (log->path == NULL)
		return present_fail(s->ctl, STATUS_FAILED, "out of memory");
	if (line == NULL || line_get(line, "unknown") != NULL)
		return find_unknown(s, name,
		    line != NULL ? line_get(line, "unknown") : NULL, log->path);
	if (path == NULL)
		return present_fail(s->ctl, STATUS_FAILED,
		    "%s has no log file: see its 'log' key", name);
	if ((error = line_get(line, "log-error")) != NULL)
		present_warn("%s: output cannot be written: %s", name, error);
	return STATUS_OK;
}

static bool
is_named(const char *name, int n, char **words)
{
	for (int i = 0; i < n; i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

/* Does the program, or did it, have a log for standard error alone? */
static int
add_errors(const struct finding *s, struct logs *logs)
{
	struct log_of *log = &logs->v[logs->n - 1], *errors = log + 1;
	const struct line *line =
	    reply_find_of(&s->reply, "log", "name", log->name);

	*errors = *log;
	errors->name = errors->path = NULL;
	if (asprintf(&errors->path, "%s" PLACES_ERROR_SUFFIX, log->path) == -1)
		errors->path = NULL;
	else if ((line != NULL && reply_has(line, "stderr", "yes")) ||
	    chain_size(errors->path) > 0) {
		log->stream = "stdout";
		errors->stream = "stderr";
		errors->name = strdup(log->name);
		logs->n++;
	} else {
		free(errors->path);
		return STATUS_OK;
	}
	if (errors->path != NULL && errors->name != NULL)
		return STATUS_OK;
	return present_fail(s->ctl, STATUS_FAILED, "out of memory");
}

static int
add_log(const struct finding *s, struct logs *logs, const char *name,
    bool named)
{
	struct log_of *log = &logs->v[logs->n++];
	int status;

	log->named = named;
	if ((status = find_log(s, name, log)) != STATUS_OK)
		return status;
	return add_errors(s, logs);
}

int
logs_find(struct logs *logs, const struct ctl *ctl, const struct target *target,
    int n, char **words)
{
	struct finding s = {.ctl = ctl, .target = target};
	char **names = NULL;
	int status;

	*logs = (struct logs){NULL, 0, 0};
	status = find_names(&s, n, words, &names);
	logs->programs = strings_count(names);
	if (status == STATUS_OK &&
	    (logs->v = calloc(2 * logs->programs, sizeof(*logs->v))) == NULL)
		status = present_fail(ctl, STATUS_FAILED, "out of memory");
	for (size_t i = 0; status == STATUS_OK && i < logs->programs; i++)
		status =
		    add_log(&s, logs, names[i], is_named(names[i], n, words));
	free(names);
	reply_clear(&s.reply);
	return status;
}

void
logs_clear(struct logs *logs)
{
	for (size_t i = 0; i < logs->n; i++) {
		free(logs->v[i].name);
		free(logs->v[i].path);
	}
	free(logs->v);
	*logs = (struct logs){NULL, 0, 0};
}
