/*
 * change - a change of files in the program folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "client/change.h"
#include "client/cmd_reload.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "config/definition.h"
#include "wire/names.h"

int
change_begin(struct change *change, const struct ctl *ctl, char *const *names)
{
	int status;

	*change = (struct change){.ctl = ctl, .names = names};
	if ((status = target_find(&change->target, ctl)) != STATUS_OK)
		return status;
	return target_locate(ctl, &change->target, true);
}

/* Take the last step back. */
static void
undo(const struct change_step *step)
{
	if (step->aside == NULL) {
		if (file_remove(step->file) == -1)
			present_warn("%s cannot be taken back: %s", step->file,
			    strerror(errno));
	} else if ((step->replaced
			   ? file_restore(step->aside, step->file)
			   : file_put_back(step->aside, step->file)) == -1)
		present_warn("%s cannot be put back, it is %s now: %s",
		    step->file, step->aside, strerror(errno));
}

static void
forget_step(struct change *change)
{
	struct change_step *step = &change->steps[--change->nsteps];

	free(step->file);
	free(step->aside);
}

void
change_end(struct change *change)
{
	while (change->nsteps > 0) {
		undo(&change->steps[change->nsteps - 1]);
		forget_step(change);
	}
	free(change->steps);
	target_clear(&change->target);
}

/* Room for one more step. */
static struct change_step *
new_step(struct change *change, const char *file)
{
	struct change_step *v;

	v = reallocarray(change->steps, change->nsteps + 1, sizeof(*v));
	if (v != NULL) {
		change->steps = v;
		v += change->nsteps;
		*v = (struct change_step){.file = strdup(file)};
		if (v->file != NULL)
			return v;
	}
	present_fail(change->ctl, STATUS_FAILED, "out of memory");
	return NULL;
}

/* The step was taken, unless error is -1. */
static int
taken(struct change *change, struct change_step *step, int error)
{
	if (error == 0) {
		change->nsteps++;
		return STATUS_OK;
	}
	error = errno == ESTALE ? STATUS_FAILED
				: present_fail_errno(change->ctl, step->file);
	free(step->file);
	return error;
}

int
change_create(struct change *change, const char *file, const char *bytes,
    size_t len, mode_t mode)
{
	struct change_step *step = new_step(change, file);

	if (step == NULL)
		return STATUS_FAILED;
	return taken(change, step, file_create(file, bytes, len, mode));
}

int
change_link(struct change *change, const char *file, const char *to)
{
	struct change_step *step = new_step(change, file);

	if (step == NULL)
		return STATUS_FAILED;
	return taken(change, step, file_link(to, file));
}

int
change_take_away(struct change *change, const char *file)
{
	struct change_step *step = new_step(change, file);

	if (step == NULL)
		return STATUS_FAILED;
	step->aside = file_set_aside(file);
	return taken(change, step, step->aside == NULL ? -1 : 0);
}

int
change_replace(struct change *change, const char *file, const struct stat *was,
    const char *bytes, size_t len)
{
	struct change_step *step = new_step(change, file);

	if (step == NULL)
		return STATUS_FAILED;
	step->replaced = true;
	return taken(change, step,
	    file_replace(file, was, bytes, len, &step->aside));
}

int
change_apply(struct change *change, enum reload_fate *fate)
{
	const struct change_step *step;
	int status;

	status = cmd_reload_files(change->ctl, fate);
	if (*fate == RELOAD_NOT_ASKED || *fate == RELOAD_REJECTED)
		return status; /* change_end undoes them */
	for (; change->nsteps > 0; forget_step(change)) {
		step = &change->steps[change->nsteps - 1];
		if (step->aside != NULL && file_remove(step->aside) == -1)
			present_warn("%s: %s", step->aside, strerror(errno));
	}
	return status;
}

char *
change_path(const struct change *change, const char *name, const char *suffix)
{
	char *file;

	if (asprintf(&file, "%s/%s%s", change->target.program_dir, name,
		suffix) == -1) {
		present_fail(change->ctl, STATUS_FAILED, "out of memory");
		return NULL;
	}
	return file;
}

bool
change_is_there(const char *file)
{
	return faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int
change_check_files(const struct change *change)
{
	int status = STATUS_OK;
	char *file;

	for (char *const *name = change->names; *name != NULL; name++) {
		if ((file = change_path(change, *name, ".conf")) == NULL)
			return STATUS_FAILED;
		if (!change_is_there(file))
			status = present_fail_errno(change->ctl, file);
		free(file);
		if (status != STATUS_OK)
			break;
	}
	return status;
}

/* Is it one of the programs of this change, or an instance of a template? */
static bool
is_own(const struct change *change, const char *name)
{
	for (char *const *own = change->names; *own != NULL; own++)
		if (definition_is_template(*own)
			? strncmp(name, *own, strlen(*own)) == 0
			: strcmp(name, *own) == 0)
			return true;
	return false;
}

/* Fail if the reload would apply changes of other programs. */
static int
check_others(const struct change *change, const struct reply *reply)
{
	const struct ctl *ctl = change->ctl;
	const char *name, *comma = "";
	char *names = NULL;
	size_t size, n = 0;
	int status = STATUS_OK;
	FILE *f;

	if ((f = open_memstream(&names, &size)) == NULL)
		return present_fail(ctl, STATUS_FAILED, "out of memory");
	for (size_t i = 0; i < reply->n; i++) {
		name = line_get(&reply->v[i], "name");
		/* A program that is restarted with another has no new file. */
		if (!reply_is(&reply->v[i], "change") || name == NULL ||
		    line_get(&reply->v[i], "with") != NULL ||
		    is_own(change, name))
			continue;
		fprintf(f, "%s%s", comma, name);
		comma = ", ";
		n++;
	}
	if (fclose(f) == EOF)
		status = present_fail(ctl, STATUS_FAILED, "out of memory");
	else if (n > 0)
		status = present_fail(ctl, STATUS_FAILED,
		    "nothing was changed: other files have changed, too (%s); "
		    "see 'hupctl check'; with --all they are applied as well",
		    names);
	free(names);
	return status;
}

/* Has one of the candidates a text? */
static bool
any_text(const struct candidate *v, size_t n)
{
	while (n > 0)
		if (v[--n].text != NULL)
			return true;
	return false;
}

/* Is the note about the text of a candidate? */
static bool
is_about(const struct diag *note, const struct candidate *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].text != NULL && strcmp(note->file, v[i].file) == 0)
			return true;
	return false;
}

/*
 * Print the warnings about the candidates.  The report of the reload has those
 * that the daemon knows itself.
 */
static void
advise(const struct change *change, const struct candidate *v, size_t n,
    const struct reply *reply)
{
	struct diags notes;
	char text[1024];

	diag_init(&notes);
	target_advise(&change->target, v, n, reply, &notes);
	for (size_t i = 0; i < notes.n; i++) {
		if (!is_about(&notes.v[i], v, n) ||
		    reply_has_warning(reply, &notes.v[i]))
			continue;
		diag_print(&notes.v[i], text, sizeof(text));
		fprintf(change->ctl->err, "warning: %s\n", text);
	}
	diag_clear(&notes);
}

int
change_plan(const struct change *change, const struct candidate *v, size_t n,
    struct reply *plan)
{
	struct talk talk;
	int status;

	status = target_plan(&change->target, v, n, &talk, plan);
	if (status == STATUS_REJECTED)
		cmd_reload_refused(change->ctl, plan);
	else if (status != STATUS_OK)
		talk_verdict(change->ctl, &talk);
	else if (!change->ctl->others)
		status = check_others(change, plan);
	if (status == STATUS_OK && any_text(v, n))
		advise(change, v, n, plan);
	talk_close(&talk);
	return status;
}

int
change_validate(const struct change *change, const struct candidate *v,
    size_t n)
{
	struct reply plan = {0};
	int status;

	status = change_plan(change, v, n, &plan);
	reply_clear(&plan);
	return status;
}
