/*
 * change - a change of files in the program folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void
change_end(struct change *change)
{
	target_clear(&change->target);
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
change_validate(const struct change *change, const struct candidate *v,
    size_t n)
{
	struct reply reply = {0};
	struct talk talk;
	int status;

	status = target_plan(&change->target, v, n, &talk, &reply);
	if (status == STATUS_REJECTED)
		cmd_reload_refused(change->ctl, &reply);
	else if (status != STATUS_OK)
		talk_verdict(change->ctl, &talk);
	else if (!change->ctl->others)
		status = check_others(change, &reply);
	if (status == STATUS_OK && any_text(v, n))
		advise(change, v, n, &reply);
	talk_close(&talk);
	reply_clear(&reply);
	return status;
}
