/*
 * cmd_add - "add" and "remove": a program's file made or deleted, and applied
 * by a reload; undone if that is rejected.
 *
 * Where the daemon gives no verdict (it was killed, say) its successor may
 * well have applied the files: what was asked for then stands.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/words.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/cmd.h"
#include "client/talk.h"
#include "client/logread.h"
#include "client/cmd_reload.h"
#include "client/target.h"
#include "wire/names.h"
#include "config/syntax.h"

struct job {
	const struct ctl *ctl;
	const char *name;
	struct target target;
	char *file;
	char *template; /* of an instance, there or not; else NULL */
	char *text;	/* the file will hold; NULL: it will be a link */
	size_t len;
	mode_t mode; /* of the file */
};

static void
job_end(struct job *job)
{
	target_clear(&job->target);
	free(job->file);
	free(job->template);
	free(job->text);
}

/* The file of the program, and that of its template. */
static int
name_files(struct job *job)
{
	const char *folder = job->target.program_dir;
	const char *instance = definition_instance(job->name);
	int base = instance == NULL ? 0 : (int)(instance - job->name);

	if (asprintf(&job->file, "%s/%s.conf", folder, job->name) == -1)
		job->file = NULL;
	if (instance != NULL &&
	    asprintf(&job->template, "%s/%.*s.conf", folder, base, job->name) ==
		-1)
		job->template = NULL;
	if (job->file == NULL || (instance != NULL && job->template == NULL))
		return present_fail(job->ctl, STATUS_FAILED, "out of memory");
	return STATUS_OK;
}

static int
job_begin(struct job *job, const struct ctl *ctl, char *name)
{
	int status;

	*job = (struct job){.ctl = ctl, .name = name, .mode = 0644};
	if (!talk_are_names(ctl, 1, &name))
		return STATUS_USAGE;
	if ((status = target_find(&job->target, ctl)) != STATUS_OK ||
	    (status = target_locate(ctl, &job->target, true)) != STATUS_OK)
		return status;
	return name_files(job);
}

/* A file of lines has no way to write a line's end. */
static int
check_words(const struct ctl *ctl, char *const *words)
{
	for (; *words != NULL; words++) {
		if (strchr(*words, '\n') != NULL)
			return present_fail(ctl, STATUS_USAGE,
			    "'%s': a newline cannot stand in a file", *words);
	}
	return STATUS_OK;
}

static int
check_settings(const struct ctl *ctl, char *const *settings)
{
	for (; *settings != NULL; settings++) {
		if (strchr("#=", **settings) != NULL ||
		    strchr(*settings, '=') == NULL)
			return present_fail(ctl, STATUS_USAGE,
			    "'%s' is not KEY=VALUE", *settings);
	}
	return STATUS_OK;
}

/* Write the text of the file. */
static int
compose(struct job *job, char *const *settings, char *const *command)
{
	char *words;
	size_t n;
	FILE *f;

	if ((words = words_join(command)) == NULL)
		return -1;
	if ((f = open_memstream(&job->text, &job->len)) != NULL) {
		fprintf(f, "command = %s\n", words);
		for (; *settings != NULL; settings++) {
			n = strcspn(*settings, " \t=");
			/* Its value may be a secret. */
			if (n == strlen("env") &&
			    strncmp(*settings, "env", n) == 0)
				job->mode = 0600;
			n = strcspn(*settings, "=");
			fprintf(f, "%.*s = %s\n", (int)n, *settings,
			    *settings + n + 1);
		}
		if (fclose(f) == EOF) {
			free(job->text);
			job->text = NULL;
		}
	}
	free(words);
	return job->text == NULL ? -1 : 0;
}

/* Can a file hold the command line, or is something lost? */
static int
check_composed(const struct job *job, char *const *command)
{
	struct definition *conf;
	struct diags unused;
	int status = STATUS_OK;

	/* The daemon reports the errors of the text. */
	diag_init(&unused);
	conf = syntax_parse(job->name, job->file, job->text, job->len, NULL,
	    &unused);
	if (conf != NULL && !strings_equal(conf->command, command))
		status = present_fail(job->ctl, STATUS_USAGE,
		    "the command cannot be written in a file as it is");
	definition_unref(conf);
	diag_clear(&unused);
	return status;
}

/* Is it the program of this job, or an instance of its template? */
static bool
is_own(const struct job *job, const char *name)
{
	if (definition_is_template(job->name))
		return strncmp(name, job->name, strlen(job->name)) == 0;
	return strcmp(name, job->name) == 0;
}

/*
 * Fail if the reload would apply changes of other programs, which somebody else
 * may be working on.
 */
static int
check_others(const struct job *job, const struct reply *reply)
{
	const char *name, *comma = "";
	char *names = NULL;
	size_t size, n = 0;
	int status = STATUS_OK;
	FILE *f;

	if ((f = open_memstream(&names, &size)) == NULL)
		return present_fail(job->ctl, STATUS_FAILED, "out of memory");
	for (size_t i = 0; i < reply->n; i++) {
		name = line_get(&reply->v[i], "name");
		/* A program that is restarted with another has no new file. */
		if (!reply_is(&reply->v[i], "change") || name == NULL ||
		    line_get(&reply->v[i], "with") != NULL || is_own(job, name))
			continue;
		fprintf(f, "%s%s", comma, name);
		comma = ", ";
		n++;
	}
	if (fclose(f) == EOF)
		status = present_fail(job->ctl, STATUS_FAILED, "out of memory");
	else if (n > 0)
		status = present_fail(job->ctl, STATUS_FAILED,
		    "nothing was changed: other files have changed, too (%s); "
		    "see 'hupctl check'; with --all they are applied as well",
		    names);
	free(names);
	return status;
}

/*
 * Print the warnings about the program's files.  The report of the reload has
 * those that the daemon knows itself.
 */
static void
advise(const struct job *job, const struct candidate *candidate,
    const struct reply *reply)
{
	struct diags notes;
	char text[1024];

	diag_init(&notes);
	target_advise(&job->target, candidate, 1, reply, &notes);
	for (size_t i = 0; i < notes.n; i++) {
		if (strcmp(notes.v[i].file, candidate->file) != 0 ||
		    reply_has_warning(reply, &notes.v[i]))
			continue;
		diag_print(&notes.v[i], text, sizeof(text));
		fprintf(job->ctl->err, "warning: %s\n", text);
	}
	diag_clear(&notes);
}

/* Would the daemon accept the candidate, together with the other files on disk?
 */
static int
validate(const struct job *job, const struct candidate *candidate)
{
	struct reply reply = {0};
	struct talk talk;
	int status;

	status = target_plan(&job->target, candidate, 1, &talk, &reply);
	if (status == STATUS_REJECTED)
		cmd_reload_refused(job->ctl, &reply);
	else if (status != STATUS_OK)
		talk_verdict(job->ctl, &talk);
	else if (!job->ctl->others)
		status = check_others(job, &reply);
	if (status == STATUS_OK && candidate->text != NULL)
		advise(job, candidate, &reply);
	talk_close(&talk);
	reply_clear(&reply);
	return status;
}

static int
create(const struct job *job)
{
	char why[FILE_WHY_MAX];
	int error;

	if (file_make_folder(job->target.program_dir, 0755, why) == -1)
		return present_fail(job->ctl,
		    errno == EACCES ? STATUS_DENIED : STATUS_FAILED, "%s: %s",
		    job->target.program_dir, why);
	if (job->text != NULL)
		error = file_create(job->file, job->text, job->len, job->mode);
	else
		/* Their names are there, or the job has ended before. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		error = file_link(strrchr(job->template, '/') + 1, job->file);
	return error == -1 ? present_fail_errno(job->ctl, job->file)
			   : STATUS_OK;
}

/* The file is there: have it applied, or take it back. */
static int
apply_added(const struct job *job)
{
	enum reload_fate fate;
	int status;

	status = cmd_reload_files(job->ctl, &fate);
	switch (fate) {
	case RELOAD_NOT_ASKED:
	case RELOAD_REJECTED:
		if (file_remove(job->file) == -1)
			present_warn("%s cannot be taken back: %s", job->file,
			    strerror(errno));
		break;
	case RELOAD_APPLIED:
		if (status != STATUS_OK)
			present_warn("%s stays; 'hupctl remove %s' takes it "
				     "back",
			    job->file, job->name);
		else if (definition_is_template(job->name))
			present_warn("%s is a template, 'hupctl add "
				     "%sINSTANCE' "
				     "has one run",
			    job->name, job->name);
		break;
	case RELOAD_UNKNOWN:
		present_warn("%s stays, see 'hupctl status'", job->file);
		break;
	}
	return status;
}

/* Without a command line it can only be an instance, as its template says. */
static int
check_command(const struct ctl *ctl, const char *name, char *const *settings)
{
	if (ctl->command != NULL)
		return STATUS_OK;
	if (definition_instance(name) == NULL)
		return present_fail(ctl, STATUS_USAGE,
		    "the command of %s is missing: it follows \"--\"", name);
	if (*settings != NULL)
		return present_fail(ctl, STATUS_USAGE,
		    "%s has the settings of its template, and none of its own",
		    name);
	return STATUS_OK;
}

static bool
is_there(const char *file)
{
	/* With no memory for the file's name the job has ended before. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	return faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
add(struct job *job, char *const *settings, char *const *command)
{
	struct candidate candidate = {.name = job->name, .file = job->file};
	int status;

	/* Sooner than validation, which finds two programs of one name. */
	if (is_there(job->file)) {
		errno = EEXIST;
		return present_fail_errno(job->ctl, job->file);
	}
	if (command != NULL && job->template != NULL && is_there(job->template))
		return present_fail(job->ctl, STATUS_USAGE,
		    "%s is defined by %s: 'hupctl add %s' is all there is to "
		    "say",
		    job->name, job->template, job->name);
	if (command != NULL && compose(job, settings, command) == -1)
		return present_fail(job->ctl, STATUS_FAILED, "out of memory");
	if (command != NULL &&
	    (status = check_composed(job, command)) != STATUS_OK)
		return status;
	candidate.text = job->text != NULL ? job->text : "";
	candidate.len = job->len;
	if ((status = validate(job, &candidate)) == STATUS_OK &&
	    (status = create(job)) == STATUS_OK)
		status = apply_added(job);
	return status;
}

int
cmd_add_run(const struct ctl *ctl, int argc, char **argv)
{
	char *const *settings = argv + 1;
	struct job job;
	int status;

	(void)argc;
	if ((status = check_command(ctl, argv[0], settings)) != STATUS_OK ||
	    (status = check_settings(ctl, settings)) != STATUS_OK ||
	    (status = check_words(ctl, settings)) != STATUS_OK ||
	    (ctl->command != NULL &&
		(status = check_words(ctl, ctl->command)) != STATUS_OK))
		return status;
	if ((status = job_begin(&job, ctl, argv[0])) == STATUS_OK)
		status = add(&job, settings, ctl->command);
	job_end(&job);
	return status;
}

/* The file is away: have that applied, or put it back. */
static int
apply_removed(const struct job *job, const char *aside)
{
	enum reload_fate fate;
	int status;

	status = cmd_reload_files(job->ctl, &fate);
	switch (fate) {
	case RELOAD_NOT_ASKED:
	case RELOAD_REJECTED:
		if (file_put_back(aside, job->file) == -1)
			present_warn("%s cannot be put back, it is %s now: %s",
			    job->file, aside, strerror(errno));
		break;
	case RELOAD_APPLIED:
	case RELOAD_UNKNOWN:
		if (file_remove(aside) == -1)
			present_warn("%s: %s", aside, strerror(errno));
		break;
	}
	return status;
}

static int
take_away(const struct job *job)
{
	const struct candidate gone = {.name = job->name, .file = job->file};
	char *aside;
	int status;

	if (!is_there(job->file))
		return present_fail_errno(job->ctl, job->file);
	if ((status = validate(job, &gone)) != STATUS_OK)
		return status;
	if ((aside = file_set_aside(job->file)) == NULL)
		return present_fail_errno(job->ctl, job->file);
	status = apply_removed(job, aside);
	free(aside);
	return status;
}

int
cmd_add_remove(const struct ctl *ctl, int argc, char **argv)
{
	struct job job;
	int status;

	(void)argc;
	if ((status = job_begin(&job, ctl, argv[0])) == STATUS_OK)
		status = take_away(&job);
	job_end(&job);
	return status;
}
