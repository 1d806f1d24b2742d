/*
 * cmd_edit - "edit": a copy of a program's file in an editor, checked, its plan
 * shown, put into place and applied by a reload; undone if that is rejected.
 *
 * The copy lies in a folder of its own that nobody else can enter, so that no
 * daemon reads it half written, and an editor may make other files beside it.
 * The text is deleted only if the user says so, or if it was applied.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "client/change.h"
#include "client/cmd.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "config/load.h"
#include "config/syntax.h"

struct edit {
	const struct ctl *ctl;
	struct change change;
	char *names[2]; /* the program, or the template that defines it */
	char *file;	/* of which there is a copy; no link */
	struct stat st; /* of the file as it was copied */
	char *text;	/* that it had */
	size_t len;
	char *folder; /* of the copy; NULL: not made */
	char *copy;
	char *draft; /* the text of the copy, with a NUL */
	size_t ndraft;
};

static int
no_memory(const struct edit *edit)
{
	return present_fail(edit->ctl, STATUS_FAILED, "out of memory");
}

/* Name what is edited: NAME, or its template. */
static int
name_program(struct edit *edit, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *entry = slash == NULL ? path : slash + 1;

	edit->names[0] = strndup(entry, strlen(entry) - strlen(".conf"));
	return edit->names[0] == NULL ? no_memory(edit) : STATUS_OK;
}

static int
find_file(struct edit *edit, const char *name)
{
	const struct target *target = &edit->change.target;
	char *path;
	int status;

	if ((path = load_file_of(target->program_dir, name)) == NULL)
		return present_fail(edit->ctl,
		    errno == EACCES ? STATUS_DENIED : STATUS_FAILED,
		    "%s/%s.conf: %s", target->program_dir, name,
		    strerror(errno));
	status = name_program(edit, path);
	/* A link stays one: the file that it leads to is replaced. */
	if ((edit->file = realpath(path, NULL)) == NULL && status == STATUS_OK)
		status = present_fail_errno(edit->ctl, path);
	free(path);
	if (status == STATUS_OK && strcmp(edit->names[0], name) != 0)
		present_warn("%s is defined by the template %s", name,
		    edit->file);
	return status;
}

/* Make the copy. */
static int
copy_file(struct edit *edit)
{
	const char *tmp = getenv("TMPDIR");

	edit->text = file_slurp(edit->file, O_NONBLOCK | O_NOCTTY,
	    SYNTAX_FILE_MAX, &edit->len, &edit->st);
	if (edit->text == NULL)
		return present_fail_errno(edit->ctl, edit->file);
	if (asprintf(&edit->folder, "%s/hupctl.XXXXXX",
		tmp != NULL && *tmp == '/' ? tmp : "/tmp") == -1) {
		edit->folder = NULL;
		return no_memory(edit);
	}
	if (mkdtemp(edit->folder) == NULL) {
		present_fail_errno(edit->ctl, edit->folder);
		free(edit->folder);
		edit->folder = NULL;
		return STATUS_FAILED;
	}
	if (asprintf(&edit->copy, "%s/%s.conf", edit->folder, edit->names[0]) ==
	    -1) {
		edit->copy = NULL;
		return no_memory(edit);
	}
	if (file_create(edit->copy, edit->text, edit->len, 0600) == -1)
		return present_fail_errno(edit->ctl, edit->copy);
	return STATUS_OK;
}

static void
drop_copy(struct edit *edit)
{
	if (edit->folder == NULL)
		return;
	if (edit->copy != NULL)
		unlink(edit->copy);
	/* Files that the editor made are not ours to delete. */
	if (rmdir(edit->folder) == -1 && errno != ENOENT)
		present_warn("%s: %s", edit->folder, strerror(errno));
	free(edit->folder);
	free(edit->copy);
	edit->folder = edit->copy = NULL;
}

/* The text was not applied. */
static void
keep_copy(struct edit *edit)
{
	present_warn("your text is in %s", edit->copy);
	free(edit->folder);
	free(edit->copy);
	edit->folder = edit->copy = NULL;
}

static const char *
editor(void)
{
	static const char *const variables[] = {"VISUAL", "EDITOR"};
	const char *value;

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if ((value = getenv(variables[i])) != NULL && *value != '\0')
			return value;
	return "vi";
}

/* The child: the variable may have options, as environ(7) says. */
static void __attribute__((noreturn))
execute(const char *command, const char *copy)
{
	char *script;

	if (asprintf(&script, "%s \"$1\"", command) != -1)
		execl("/bin/sh", "sh", "-c", script, "sh", copy, (char *)NULL);
	_exit(127);
}

/* Run the editor.  Keys that interrupt are for it alone. */
static int
run_editor(const struct edit *edit)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction old_int, old_quit;
	const char *command = editor();
	int status = -1;
	pid_t pid;

	fflush(edit->ctl->out);
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	if ((pid = fork()) == 0) {
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		execute(command, edit->copy);
	}
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	if (pid == -1)
		return present_fail(edit->ctl, STATUS_FAILED, "fork: %s",
		    strerror(errno));
	if (status == 0)
		return STATUS_OK;
	return present_fail(edit->ctl, STATUS_FAILED,
	    "the editor '%s' failed: nothing was changed", command);
}

static int
read_draft(struct edit *edit)
{
	char *bytes;

	free(edit->draft);
	edit->draft = NULL;
	bytes = file_slurp(edit->copy, O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
	    SYNTAX_FILE_MAX, &edit->ndraft, NULL);
	if (bytes == NULL)
		return present_fail_errno(edit->ctl, edit->copy);
	edit->draft = strndup(bytes, edit->ndraft);
	free(bytes);
	if (edit->draft == NULL)
		return no_memory(edit);
	if (strlen(edit->draft) != edit->ndraft)
		return present_fail(edit->ctl, STATUS_REJECTED,
		    "%s contains a NUL byte", edit->copy);
	return STATUS_OK;
}

static bool
is_changed(const struct edit *edit)
{
	return edit->ndraft != edit->len ||
	    memcmp(edit->draft, edit->text, edit->len) != 0;
}

/* Ask the question until one of the letters answers it; 0 at the end. */
static char
ask(const char *question, const char *letters)
{
	char line[64];

	for (;;) {
		fflush(stdout);
		fprintf(stderr, "%s ", question);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return '\0';
		if (line[0] != '\0' && strchr(letters, line[0]) != NULL)
			return line[0];
	}
}

/* Is there somebody who can be asked? */
static bool
is_attended(const struct edit *edit)
{
	return edit->ctl->present == &present_text && edit->ctl->terminal &&
	    isatty(STDIN_FILENO);
}

enum decision { APPLY, AGAIN, DISCARD, REFUSE };

/* status: of the plan. */
static enum decision
decide(const struct edit *edit, int status, const struct reply *plan)
{
	char answer;

	if (!is_attended(edit))
		return status == STATUS_OK ? APPLY : REFUSE;
	if (status == STATUS_OK) {
		edit->ctl->present->plan(edit->ctl,
		    &(struct planned){true, NULL, plan});
		answer =
		    ask("apply this? (y)es, (e)dit again, (d)iscard:", "yed");
	} else
		answer =
		    ask("(e)dit again, (d)iscard, (k)eep the text:", "edk");
	switch (answer) {
	case 'y':
		return APPLY;
	case 'e':
		return AGAIN;
	case 'd':
		return DISCARD;
	}
	return REFUSE;
}

/* Put the text into place and have it applied. */
static int
apply(struct edit *edit)
{
	enum reload_fate fate;
	int status;

	status = change_replace(&edit->change, edit->file, &edit->st,
	    edit->draft, edit->ndraft);
	if (status != STATUS_OK) {
		if (errno == ESTALE)
			present_fail(edit->ctl, status,
			    "%s was changed by somebody else meanwhile: it was "
			    "left as it is",
			    edit->file);
		keep_copy(edit);
		return status;
	}
	status = change_apply(&edit->change, &fate);
	if (fate == RELOAD_NOT_ASKED || fate == RELOAD_REJECTED)
		keep_copy(edit);
	return status;
}

/* Edit until the text is applied or given up. */
static int
edit_and_apply(struct edit *edit)
{
	struct candidate candidate = {.name = edit->names[0],
	    .file = edit->file};
	struct reply plan = {0};
	enum decision decision;
	int status;

	do {
		if ((status = run_editor(edit)) != STATUS_OK)
			return status;
		if ((status = read_draft(edit)) != STATUS_OK) {
			keep_copy(edit);
			return status;
		}
		if (!is_changed(edit)) {
			edit->ctl->present->done(edit->ctl, "not changed");
			return STATUS_OK;
		}
		candidate.text = edit->draft;
		candidate.len = edit->ndraft;
		status = change_plan(&edit->change, &candidate, 1, &plan);
		decision = decide(edit, status, &plan);
		reply_clear(&plan);
	} while (decision == AGAIN);
	if (decision == APPLY)
		return apply(edit);
	if (decision == REFUSE)
		keep_copy(edit);
	else
		present_warn("nothing was changed");
	return status;
}

int
cmd_edit_run(const struct ctl *ctl, int argc, char **argv)
{
	struct edit edit = {.ctl = ctl};
	int status;

	(void)argc;
	if (!talk_are_names(ctl, 1, argv))
		return STATUS_USAGE;
	if ((status = change_begin(&edit.change, ctl, edit.names)) ==
		STATUS_OK &&
	    (status = find_file(&edit, argv[0])) == STATUS_OK &&
	    (status = copy_file(&edit)) == STATUS_OK)
		status = edit_and_apply(&edit);
	change_end(&edit.change);
	drop_copy(&edit);
	free(edit.names[0]);
	free(edit.file);
	free(edit.text);
	free(edit.draft);
	return status;
}
