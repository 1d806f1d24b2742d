/*
 * cmd_add - "add" and "remove": the files of programs made or deleted, and
 * applied by a reload; undone if that is rejected.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strings.h"
#include "base/words.h"
#include "client/change.h"
#include "client/cmd.h"
#include "client/pick.h"
#include "client/present.h"
#include "client/talk.h"
#include "config/syntax.h"
#include "wire/names.h"

struct job {
	const struct ctl *ctl;
	const char *name;
	struct change change;
	char *file;
	char *template; /* of an instance, there or not; else NULL */
	char *text;	/* the file will hold; NULL: it will be a link */
	size_t len;
	mode_t mode;	   /* of the file */
	char *folder;	   /* the current one, if the command needs it */
	const char *needs; /* the word of the command that does */
};

static void
job_end(struct job *job)
{
	change_end(&job->change);
	free(job->file);
	free(job->template);
	free(job->text);
	free(job->folder);
}

/* The file of the program, and that of its template. */
static int
name_files(struct job *job)
{
	const char *instance = definition_instance(job->name);
	char *base;

	job->file = change_path(&job->change, job->name, ".conf");
	if (job->file == NULL)
		return STATUS_FAILED;
	if (instance == NULL)
		return STATUS_OK;
	base = strndup(job->name, (size_t)(instance - job->name));
	if (base == NULL)
		return present_fail(job->ctl, STATUS_FAILED, "out of memory");
	job->template = change_path(&job->change, base, ".conf");
	free(base);
	return job->template == NULL ? STATUS_FAILED : STATUS_OK;
}

/* names: that of the program alone. */
static int
job_begin(struct job *job, const struct ctl *ctl, char **names)
{
	int status;

	*job = (struct job){.ctl = ctl, .name = names[0], .mode = 0644};
	if (!talk_are_names(ctl, 1, names))
		return STATUS_USAGE;
	status = change_begin(&job->change, ctl, names);
	return status == STATUS_OK ? name_files(job) : status;
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

/* Do the settings say where the program runs? */
static bool
have_folder(char *const *settings)
{
	static const char *const keys[] = {"directory", "root-directory"};
	size_t i, n;

	for (; *settings != NULL; settings++) {
		n = strcspn(*settings, " \t=");
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (strlen(keys[i]) == n &&
			    strncmp(*settings, keys[i], n) == 0)
				return true;
	}
	return false;
}

/*
 * The first word that means a file in the current folder: a program with a
 * slash, or an argument that exists there.  NULL if no word does.
 */
static const char *
relative_word(char *const *command)
{
	if (*command[0] != '/' && strchr(command[0], '/') != NULL)
		return command[0];
	for (command++; *command != NULL; command++)
		if (strchr("/-", **command) == NULL &&
		    change_is_there(*command))
			return *command;
	return NULL;
}

/* A command that is typed in a folder is meant to run there. */
static int
take_folder(struct job *job, char *const *settings, char *const *command)
{
	if (have_folder(settings) ||
	    (job->needs = relative_word(command)) == NULL)
		return STATUS_OK;
	job->folder = getcwd(NULL, 0);
	return job->folder == NULL
	    ? present_fail_errno(job->ctl, "the current folder")
	    : STATUS_OK;
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
		if (job->folder != NULL)
			fprintf(f, "directory = %s\n", job->folder);
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

/* Can a file hold the command line and the folder, or is something lost? */
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
	else if (conf != NULL && job->folder != NULL &&
	    (conf->directory == NULL ||
		strcmp(conf->directory, job->folder) != 0))
		status = present_fail(job->ctl, STATUS_USAGE,
		    "%s: the name of the current folder cannot be written in a "
		    "file",
		    job->folder);
	definition_unref(conf);
	diag_clear(&unused);
	return status;
}

static int
create(struct job *job)
{
	const char *folder = job->change.target.program_dir;
	char why[FILE_WHY_MAX];

	if (file_make_folder(folder, 0755, why) == -1)
		return present_fail(job->ctl,
		    errno == EACCES ? STATUS_DENIED : STATUS_FAILED, "%s: %s",
		    folder, why);
	if (job->text != NULL)
		return change_create(&job->change, job->file, job->text,
		    job->len, job->mode);
	/* Their names are there, or the job has ended before. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	return change_link(&job->change, job->file,
	    strrchr(job->template, '/') + 1);
}

/* An earlier program of this name may have left the marker. */
static void
warn_if_disabled(const struct job *job)
{
	char *file = change_path(&job->change, job->name, LOAD_DISABLED);

	if (file != NULL && change_is_there(file))
		present_warn("%s is disabled by %s; 'hupctl enable %s' deletes "
			     "that",
		    job->name, file, job->name);
	free(file);
}

/* The file is there: have it applied, and say what is not obvious. */
static int
apply_added(struct job *job)
{
	enum reload_fate fate;
	int status;

	status = change_apply(&job->change, &fate);
	switch (fate) {
	case RELOAD_NOT_ASKED:
	case RELOAD_REJECTED:
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
		else
			warn_if_disabled(job);
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

/* Make the file, and say what it has that was not asked for. */
static int
create_and_say(struct job *job)
{
	int status = create(job);

	if (status == STATUS_OK && job->folder != NULL)
		present_warn("directory = %s: '%s' is in the current folder",
		    job->folder, job->needs);
	return status;
}

static int
add(struct job *job, char *const *settings, char *const *command)
{
	struct candidate candidate = {.name = job->name, .file = job->file};
	int status;

	/* Sooner than validation, which finds two programs of one name. */
	if (change_is_there(job->file)) {
		errno = EEXIST;
		return present_fail_errno(job->ctl, job->file);
	}
	if (command != NULL && job->template != NULL &&
	    change_is_there(job->template))
		return present_fail(job->ctl, STATUS_USAGE,
		    "%s is defined by %s: 'hupctl add %s' is all there is to "
		    "say",
		    job->name, job->template, job->name);
	if (command != NULL &&
	    (status = take_folder(job, settings, command)) != STATUS_OK)
		return status;
	if (command != NULL && compose(job, settings, command) == -1)
		return present_fail(job->ctl, STATUS_FAILED, "out of memory");
	if (command != NULL &&
	    (status = check_composed(job, command)) != STATUS_OK)
		return status;
	candidate.text = job->text != NULL ? job->text : "";
	candidate.len = job->len;
	if ((status = change_validate(&job->change, &candidate, 1)) ==
		STATUS_OK &&
	    (status = create_and_say(job)) == STATUS_OK)
		status = apply_added(job);
	return status;
}

int
cmd_add_run(const struct ctl *ctl, int argc, char **argv)
{
	char *const *settings = argv + 1;
	char *names[] = {argv[0], NULL};
	struct job job;
	int status;

	(void)argc;
	if ((status = check_command(ctl, argv[0], settings)) != STATUS_OK ||
	    (status = check_settings(ctl, settings)) != STATUS_OK ||
	    (status = check_words(ctl, settings)) != STATUS_OK ||
	    (ctl->command != NULL &&
		(status = check_words(ctl, ctl->command)) != STATUS_OK))
		return status;
	if ((status = job_begin(&job, ctl, names)) == STATUS_OK)
		status = add(&job, settings, ctl->command);
	job_end(&job);
	return status;
}

/* The candidates that say: these files are gone.  NULL: printed. */
static struct candidate *
without(const struct change *change, size_t n)
{
	struct candidate *v;

	if ((v = calloc(n, sizeof(*v))) == NULL) {
		present_fail(change->ctl, STATUS_FAILED, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		v[i].name = v[i].file = change->names[i];
	return v;
}

/* Move a file away, if it is there. */
static int
take_away(struct change *change, const char *name, const char *suffix)
{
	char *file;
	int status = STATUS_OK;

	if ((file = change_path(change, name, suffix)) == NULL)
		return STATUS_FAILED;
	if (change_is_there(file))
		status = change_take_away(change, file);
	free(file);
	return status;
}

static int
take_all_away(struct change *change)
{
	int status = STATUS_OK;

	for (char *const *name = change->names;
	     status == STATUS_OK && *name != NULL; name++) {
		status = take_away(change, *name, ".conf");
		if (status == STATUS_OK)
			status = take_away(change, *name, LOAD_DISABLED);
	}
	return status;
}

int
cmd_add_remove(const struct ctl *ctl, int argc, char **argv)
{
	struct candidate *v = NULL;
	struct change change;
	enum reload_fate fate;
	char **names;
	size_t n;
	int status;

	if ((status = pick_names(ctl, argc, argv, &names)) != STATUS_OK)
		return status;
	n = strings_count(names);
	status = change_begin(&change, ctl, names);
	if (status == STATUS_OK)
		status = change_check_files(&change);
	if (status == STATUS_OK && (v = without(&change, n)) == NULL)
		status = STATUS_FAILED;
	if (status == STATUS_OK)
		status = change_validate(&change, v, n);
	if (status == STATUS_OK)
		status = take_all_away(&change);
	if (status == STATUS_OK)
		status = change_apply(&change, &fate);
	change_end(&change);
	free(v);
	free(names);
	return status;
}
