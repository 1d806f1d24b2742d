/*
 * target - which daemon is meant: its configuration file, its folders,
 * its socket.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "client/target.h"
#include "config/advice.h"
#include "config/load.h"
#include "config/syntax.h"
#include "wire/line.h"
#include "process/accounts.h"

/* Looks for a new socket, 50 ms apart. */
#define REVIVE_TRIES 100

#define SYSTEM_CONFIG HUPD_SYSCONFDIR "/hupd.conf"

/* A file that we may not even look at exists. */
static bool
exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/*
 * Take the folders from the daemon's file.  "check" reports its errors; here
 * a setting with an error has its default.
 */
static int
read_settings(struct target *target)
{
	struct config set;
	struct diags diags;
	bool whole;
	char *bytes;
	size_t len;
	int error = -1;

	bytes = file_slurp(target->config, O_NONBLOCK | O_NOCTTY,
	    SYNTAX_FILE_MAX, &len, NULL);
	if (bytes == NULL && errno == ENOMEM)
		return -1;
	diag_init(&diags);
	if (config_init(&set, &target->places) == -1) {
		free(bytes);
		return -1;
	}
	(void)syntax_parse_config(&set, target->config,
	    bytes == NULL ? "" : bytes, bytes == NULL ? 0 : len, &whole,
	    &diags);
	free(target->socket);
	free(target->program_dir);
	free(target->log_dir);
	free(target->pidfile);
	if (asprintf(&target->socket, "%s/hupd.sock", set.settings.run_dir) ==
	    -1)
		target->socket = NULL;
	target->program_dir = strdup(set.settings.program_dir);
	target->log_dir = strdup(set.settings.log_dir);
	target->pidfile = strdup(set.settings.pidfile);
	if (target->socket != NULL && target->program_dir != NULL &&
	    target->log_dir != NULL && target->pidfile != NULL)
		error = 0;
	config_clear(&set);
	diag_clear(&diags);
	free(bytes);
	return error;
}

/* Make it the system's daemon. */
static int
use_system(struct target *target)
{
	target->places.root = true;
	if ((target->config = strdup(SYSTEM_CONFIG)) == NULL)
		return -1;
	return read_settings(target);
}

/* A user without a daemon of his own most likely means the system's. */
static int
choose(struct target *target)
{
	struct target own = *target, system = {0};
	bool other;

	if (exists(own.socket))
		return 0;
	if (use_system(&system) == -1) {
		target_clear(&system);
		return -1;
	}
	other = exists(system.socket) ||
	    (!exists(own.config) && !exists(own.places.config_home) &&
		exists(system.config));
	*target = other ? system : own;
	target_clear(other ? &own : &system);
	return 0;
}

/* Does the socket of a daemon of ours exist? */
static bool
is_ours(const char *socket)
{
	struct stat st;

	return lstat(socket, &st) == 0 && st.st_uid == geteuid();
}

/* Use the file that was named: a user's own daemon may have a file of root. */
static int
use_named(struct target *target, const char *file)
{
	free(target->config);
	if ((target->config = strdup(file)) == NULL ||
	    read_settings(target) == -1)
		return -1;
	if (target->places.root || is_ours(target->socket))
		return 0;
	places_adopt(&target->places, file);
	return target->places.root ? read_settings(target) : 0;
}

int
target_find(struct target *target, const struct ctl *ctl)
{
	int error;

	*target = (struct target){.named = ctl->config != NULL};
	/* A user who has no folders of his own can only mean the system's. */
	if (places_find(&target->places, &target->config) == -1)
		error = use_system(target);
	else
		error = read_settings(target);
	if (error == 0 && ctl->config != NULL)
		error = use_named(target, ctl->config);
	else if (error == 0 && ctl->socket == NULL && !target->places.root)
		error = choose(target);
	if (error == 0 && ctl->socket != NULL) {
		free(target->socket);
		target->socket = strdup(ctl->socket);
		/* It is of a daemon with other files. */
		free(target->pidfile);
		target->pidfile = NULL;
	}
	if (error == 0 && target->socket != NULL) {
		talk_use_pidfile(target->pidfile);
		return 0;
	}
	target_clear(target);
	return present_fail(ctl, STATUS_FAILED, "%s", strerror(ENOMEM));
}

void
target_clear(struct target *target)
{
	places_clear(&target->places);
	free(target->config);
	free(target->program_dir);
	free(target->log_dir);
	free(target->pidfile);
	free(target->socket);
	*target = (struct target){0};
}

int
target_connect(const struct ctl *ctl, struct talk *talk)
{
	struct target target;
	int status;

	if ((status = target_find(&target, ctl)) != STATUS_OK) {
		*talk = (struct talk){.fd = -1};
		return status;
	}
	if ((status = talk_open(talk, target.socket)) != STATUS_OK)
		talk_verdict(ctl, talk);
	target_clear(&target);
	return status;
}

void
target_revive(const struct target *target)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000000L};
	struct holder h;
	struct talk talk;
	int status, tries = 0;

	status = talk_open(&talk, target->socket);
	talk_close(&talk);
	if (status != STATUS_FAILED || !talk_holder(target->socket, &h) ||
	    h.stopping || talk_signal(target->socket, &h, SIGUSR1) == -1)
		return;
	present_warn("%s was removed; hupd (pid %d) was signalled to make it "
		     "again",
	    target->socket, (int)h.pid);
	do {
		nanosleep(&pause, NULL);
		status = talk_open(&talk, target->socket);
		talk_close(&talk);
	} while (status != STATUS_OK && ++tries < REVIVE_TRIES);
}

int
target_ask(const struct ctl *ctl, const struct line_text *request,
    struct reply *reply)
{
	struct talk talk;
	int status;

	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		if (talk_send(&talk, request) == STATUS_OK) {
			while (talk_next(&talk, reply) == 1)
				;
		}
		status = talk_verdict(ctl, &talk);
	}
	talk_close(&talk);
	return status;
}

/* Take what the daemon answered. */
static int
take(const struct ctl *ctl, struct target *target, const struct reply *reply)
{
	const struct line *paths = reply_find(reply, "paths");
	const char *config = NULL, *folder = NULL;

	if (paths != NULL) {
		config = line_get(paths, "config");
		folder = line_get(paths, "program-dir");
	}
	if (config == NULL || folder == NULL)
		return present_fail(ctl, STATUS_FAILED,
		    "hupd's answer is not understood");
	free(target->config);
	free(target->program_dir);
	target->config = strdup(config);
	target->program_dir = strdup(folder);
	if (target->config == NULL || target->program_dir == NULL)
		return present_fail(ctl, STATUS_FAILED, "out of memory");
	return STATUS_OK;
}

int
target_locate(const struct ctl *ctl, struct target *target, bool needed)
{
	struct line_text request = {0};
	struct reply reply = {0};
	struct talk talk;
	int status;

	line_begin(&request, "where");
	line_end(&request);
	status = talk_ask(&talk, target->socket, &request, &reply);
	if (status == STATUS_OK)
		status = take(ctl, target, &reply);
	else if (!needed &&
	    (status == STATUS_NO_DAEMON || status == STATUS_DENIED))
		status = STATUS_OK;
	else
		status = talk_verdict(ctl, &talk);
	talk_close(&talk);
	reply_clear(&reply);
	line_text_clear(&request);
	return status;
}

int
target_find_files(const struct ctl *ctl, struct target *target)
{
	int status;

	if ((status = target_find(target, ctl)) != STATUS_OK ||
	    ctl->config != NULL)
		return status;
	status = target_locate(ctl, target, ctl->socket != NULL);
	if (status != STATUS_OK)
		target_clear(target);
	return status;
}

int
target_plan(const struct target *target, const struct candidate *v, size_t n,
    struct talk *talk, struct reply *reply)
{
	struct line_text request = {0};
	int status;

	line_begin(&request, "plan");
	for (size_t i = 0; i < n; i++) {
		line_put(&request, "as", v[i].name);
		line_put(&request, "file", v[i].file);
		line_put(&request, "text", v[i].text);
	}
	line_end(&request);
	status = talk_ask(talk, target->socket, &request, reply);
	line_text_clear(&request);
	return status;
}

int
target_load(const struct target *target, const struct candidate *v, size_t n,
    struct config *set, struct diags *diags)
{
	const struct load_source source = {
	    .places = &target->places,
	    .file = target->config,
	    .must_exist = target->named,
	    .candidates = v,
	    .ncandidates = n,
	    .lookups = &accounts_lookups,
	};

	return load_config(set, &source, diags);
}

/* Move the diagnostics that are not there yet. */
static void
add_notes(struct diags *notes, const struct diags *more)
{
	for (size_t i = 0; i < more->n; i++)
		diag_add_once(notes, more->v[i].file, more->v[i].line,
		    more->v[i].key, "%s", more->v[i].reason);
}

void
target_advise(const struct target *target, const struct candidate *v, size_t n,
    const struct reply *reply, struct diags *notes)
{
	const struct line *environment = NULL;
	const char *path = NULL;
	struct config set = {0};
	struct diags unused;

	if (reply != NULL)
		environment = reply_find(reply, "environment");
	if (environment != NULL)
		path = line_get(environment, "path");
	if (path == NULL)
		path = advice_path(target->places.root);
	diag_init(&unused);
	if (target_load(target, v, n, &set, &unused) == 0) {
		advice_files(&set, target->places.root, path, notes);
		/* A daemon that answered knows its limits itself. */
		if (reply == NULL && target->places.root == (geteuid() == 0))
			advice_limits(&set, notes);
		add_notes(notes, &set.notes);
	}
	config_clear(&set);
	diag_clear(&unused);
}
