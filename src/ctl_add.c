/*
 * ctl_add - "add" and "remove": a program's file made or deleted, and applied
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

#include "atomic.h"
#include "confdir.h"
#include "ctl_add.h"
#include "ctl_ask.h"
#include "ctl_reload.h"
#include "ctl_where.h"
#include "folder.h"
#include "words.h"

struct job {
	const struct ctl *ctl;
	const char *name;
	struct place place;
	char *file;
};

static void
job_end(struct job *job)
{
	place_clear(&job->place);
	free(job->file);
}

static int
fail_errno(const struct job *job, const char *file)
{
	return ctl_fail(job->ctl,
	    errno == EACCES || errno == EPERM ? STATUS_DENIED : STATUS_FAILED,
	    "%s: %s", file, strerror(errno));
}

static int
job_begin(struct job *job, const struct ctl *ctl, char *name)
{
	int status;

	*job = (struct job){.ctl = ctl, .name = name};
	if (!ctl_names(ctl, 1, &name))
		return STATUS_USAGE;
	if ((status = place_find(&job->place, ctl)) != STATUS_OK ||
	    (status = where_ask(ctl, &job->place, true)) != STATUS_OK)
		return status;
	if (asprintf(&job->file, "%s/%s.conf", job->place.program_dir, name) ==
	    -1) {
		job->file = NULL;
		return ctl_fail(ctl, STATUS_FAILED, "out of memory");
	}
	return STATUS_OK;
}

/* A file of lines has no way to write a line's end. */
static int
check_words(const struct ctl *ctl, char *const *words)
{
	for (; *words != NULL; words++) {
		if (strchr(*words, '\n') != NULL)
			return ctl_fail(ctl, STATUS_USAGE,
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
			return ctl_fail(ctl, STATUS_USAGE,
			    "'%s' is not KEY=VALUE", *settings);
	}
	return STATUS_OK;
}

/* What the file will hold; malloc'd, or NULL. */
static char *
compose(char *const *settings, char *const *command, size_t *len)
{
	char *words, *text = NULL;
	size_t n;
	FILE *f;

	if ((words = text_join(command)) == NULL)
		return NULL;
	if ((f = open_memstream(&text, len)) != NULL) {
		fprintf(f, "command = %s\n", words);
		for (; *settings != NULL; settings++) {
			n = strcspn(*settings, "=");
			fprintf(f, "%.*s = %s\n", (int)n, *settings,
			    *settings + n + 1);
		}
		if (fclose(f) == EOF) {
			free(text);
			text = NULL;
		}
	}
	free(words);
	return text;
}

/* Would the daemon accept what is on disk, and this besides? */
static int
validate(const struct job *job, const char *text, size_t len,
    char *const *command)
{
	const struct ctl *ctl = job->ctl;
	struct confset set = {0};
	struct diags diags;
	struct conf *conf;
	int error, status = STATUS_OK;

	diags_init(&diags);
	error = where_load(&job->place, &set, &diags);
	conf = confdir_load_text(job->file, text, len, set.defaults, &diags);
	if (conf != NULL && !list_equal(conf->command, command))
		status = ctl_fail(ctl, STATUS_USAGE,
		    "the command cannot be written in a file as it is");
	if (conf == NULL || error == -1 || status != STATUS_OK)
		conf_unref(conf);
	else if (confset_add(&set, conf) == -1) {
		conf_unref(conf);
		status = ctl_fail(ctl, STATUS_FAILED, "out of memory");
	} else
		confset_check(&set, &diags);
	if (status == STATUS_OK && diags_count(&diags) > 0)
		status = reload_refused(ctl, &diags);
	confset_clear(&set);
	diags_clear(&diags);
	return status;
}

static int
create(const struct job *job, const char *text, size_t len)
{
	char why[SAFEFILE_WHY_MAX];

	if (folder_make(job->place.program_dir, 0755, why) == -1)
		return ctl_fail(job->ctl,
		    errno == EACCES ? STATUS_DENIED : STATUS_FAILED, "%s: %s",
		    job->place.program_dir, why);
	if (atomic_create(job->file, text, len, 0644) == -1)
		return fail_errno(job, job->file);
	return STATUS_OK;
}

/* The file is there: have it applied, or take it back. */
static int
apply_added(const struct job *job)
{
	enum reload_fate fate;
	int status;

	status = reload_files(job->ctl, &fate);
	switch (fate) {
	case RELOAD_NOT_ASKED:
	case RELOAD_REJECTED:
		if (atomic_remove(job->file) == -1)
			ctl_warn("%s cannot be taken back: %s", job->file,
			    strerror(errno));
		break;
	case RELOAD_APPLIED:
		if (status != STATUS_OK)
			ctl_warn("%s stays; 'hupctl remove %s' takes it back",
			    job->file, job->name);
		break;
	case RELOAD_UNKNOWN:
		ctl_warn("%s stays, see 'hupctl status'", job->file);
		break;
	}
	return status;
}

static int
add(const struct job *job, char *const *settings, char *const *command)
{
	char *text;
	size_t len;
	int status;

	/*
	 * Sooner than validation, which finds two programs of one name.  With
	 * no memory for the file's name the job has ended before.
	 */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	if (faccessat(AT_FDCWD, job->file, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return fail_errno(job, job->file);
	}
	if ((text = compose(settings, command, &len)) == NULL)
		return ctl_fail(job->ctl, STATUS_FAILED, "out of memory");
	if ((status = validate(job, text, len, command)) == STATUS_OK &&
	    (status = create(job, text, len)) == STATUS_OK)
		status = apply_added(job);
	free(text);
	return status;
}

int
ctl_add(const struct ctl *ctl, int argc, char **argv)
{
	struct job job;
	int status;

	(void)argc;
	if ((status = check_settings(ctl, argv + 1)) != STATUS_OK ||
	    (status = check_words(ctl, argv + 1)) != STATUS_OK ||
	    (status = check_words(ctl, ctl->command)) != STATUS_OK)
		return status;
	if ((status = job_begin(&job, ctl, argv[0])) == STATUS_OK)
		status = add(&job, argv + 1, ctl->command);
	job_end(&job);
	return status;
}

/* The file is away: have that applied, or put it back. */
static int
apply_removed(const struct job *job, const char *aside)
{
	enum reload_fate fate;
	int status;

	status = reload_files(job->ctl, &fate);
	switch (fate) {
	case RELOAD_NOT_ASKED:
	case RELOAD_REJECTED:
		if (atomic_back(aside, job->file) == -1)
			ctl_warn("%s cannot be put back, it is %s now: %s",
			    job->file, aside, strerror(errno));
		break;
	case RELOAD_APPLIED:
	case RELOAD_UNKNOWN:
		if (atomic_remove(aside) == -1)
			ctl_warn("%s: %s", aside, strerror(errno));
		break;
	}
	return status;
}

int
ctl_remove(const struct ctl *ctl, int argc, char **argv)
{
	struct job job;
	char *aside;
	int status;

	(void)argc;
	if ((status = job_begin(&job, ctl, argv[0])) == STATUS_OK) {
		if ((aside = atomic_aside(job.file)) != NULL)
			status = apply_removed(&job, aside);
		else
			status = fail_errno(&job, job.file);
		free(aside);
	}
	job_end(&job);
	return status;
}
