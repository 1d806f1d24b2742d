/*
 * cmd_keys - the keys of the configuration: "list-keys", their table, and
 * "cat", the file of a program and the values that it inherits from the
 * daemon's file.
 *
 * The files are read here: their permissions decide who sees them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strings.h"
#include "client/cmd.h"
#include "client/pick.h"
#include "client/present.h"
#include "client/target.h"
#include "config/load.h"
#include "config/syntax.h"

int
cmd_keys_list(const struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	ctl->present->keys(ctl);
	return STATUS_OK;
}

/* The programs to show; each owns its strings and those of its values. */
struct shown {
	const struct ctl *ctl;
	struct target target;
	struct config set; /* the daemon's file */
	bool whole;	   /* it defines the programs, too */
	char **names;
	struct defined *v;
	size_t n;
};

/* The daemon's file need not exist. */
static int
read_daemon(struct shown *shown)
{
	const char *file = shown->target.config;
	struct diags unused;
	size_t len = 0;
	char *bytes;
	int error;

	bytes = file_slurp(file, O_NONBLOCK | O_NOCTTY, SYNTAX_FILE_MAX, &len,
	    NULL);
	if (bytes == NULL && errno != ENOENT)
		return present_fail_errno(shown->ctl, file);
	diag_init(&unused);
	error = config_init(&shown->set, &shown->target.places);
	/* "check" reports the errors of files. */
	if (error == 0)
		(void)syntax_parse_config(&shown->set, file,
		    bytes != NULL ? bytes : "", len, &shown->whole, &unused);
	diag_clear(&unused);
	free(bytes);
	return error == 0
	    ? STATUS_OK
	    : present_fail(shown->ctl, STATUS_FAILED, "out of memory");
}

/* Did the daemon's file set the first value that the program has? */
static bool
is_inherited(const struct definition *conf, const struct definition *defaults,
    const struct key *key)
{
	if (key->daemon || !keys_has(defaults->given, key) ||
	    definition_line(conf, key->name, 0) != 0)
		return false;
	/* An empty value in the program's file resets a list. */
	return key->repeat ? value_count(keys_value(conf, key), &key->value) > 0
			   : keys_same(conf, defaults, key);
}

/* Add each line "KEY = VALUE" that the key is printed as.  -1: no memory. */
static int
add_values(struct defined *defined, const struct definition *defaults,
    const struct key *key, const char *file)
{
	struct inherited *v;
	char *text = NULL, *rest, *line;
	size_t size, nth = 0;
	int error;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		return -1;
	error = keys_print(defaults, key, f);
	if (fclose(f) == EOF)
		error = -1;
	for (rest = text; error == 0 && (line = strsep(&rest, "\n")) != NULL;) {
		if (*line == '\0')
			continue;
		v = reallocarray(defined->v, defined->n + 1, sizeof(*v));
		if (v == NULL) {
			error = -1;
			break;
		}
		defined->v = v;
		v += defined->n++;
		*v = (struct inherited){
		    .file = file,
		    .line = definition_line(defaults, key->name, nth++),
		    .key = key->name,
		    .value = strdup(line + strlen(key->name) + strlen(" = ")),
		};
		if (v->value == NULL)
			error = -1;
	}
	free(text);
	return error;
}

static int
inherit(struct shown *shown, struct defined *defined)
{
	const struct definition *defaults = shown->set.defaults;
	struct definition *conf;
	struct diags unused;
	const struct key *key;
	int error = 0;

	diag_init(&unused);
	conf = syntax_parse_partly(defined->name, defined->file, defined->text,
	    defined->len, defaults, &unused, NULL);
	diag_clear(&unused);
	if (conf == NULL)
		return -1;
	for (size_t i = 0; error == 0 && (key = keys_at(i)) != NULL; i++)
		if (is_inherited(conf, defaults, key))
			error = add_values(defined, defaults, key,
			    shown->target.config);
	definition_unref(conf);
	return error;
}

static int
no_memory(const struct shown *shown)
{
	return present_fail(shown->ctl, STATUS_FAILED, "out of memory");
}

/* A program of a whole configuration: print its definition. */
static int
show_part(struct shown *shown, struct defined *defined)
{
	struct definition **p = shown->set.programs;
	FILE *f;
	int error;

	for (; p < shown->set.programs + shown->set.nprograms; p++)
		if (strcmp((*p)->name, defined->name) == 0)
			break;
	if (p == shown->set.programs + shown->set.nprograms)
		return present_fail(shown->ctl, STATUS_FAILED,
		    "%s: there is no program %s", shown->target.config,
		    defined->name);
	if ((f = open_memstream(&defined->text, &defined->len)) == NULL)
		return no_memory(shown);
	error = syntax_print(*p, f);
	if (fclose(f) == EOF)
		error = -1;
	defined->file = strdup(shown->target.config);
	return error == -1 || defined->file == NULL ? no_memory(shown)
						    : STATUS_OK;
}

/* A program with a file, its own or that of its template. */
static int
show_file(struct shown *shown, struct defined *defined)
{
	const char *folder = shown->target.program_dir;
	char *file;

	if ((file = load_file_of(folder, defined->name)) == NULL) {
		if (errno == ENOENT)
			return present_fail(shown->ctl, STATUS_FAILED,
			    "there is no file %s/%s.conf", folder,
			    defined->name);
		return present_fail_errno(shown->ctl, folder);
	}
	defined->file = file;
	defined->text = file_slurp(file, O_NONBLOCK | O_NOCTTY, SYNTAX_FILE_MAX,
	    &defined->len, NULL);
	if (defined->text == NULL)
		return present_fail_errno(shown->ctl, file);
	return inherit(shown, defined) == -1 ? no_memory(shown) : STATUS_OK;
}

static void
shown_clear(struct shown *shown)
{
	for (size_t i = 0; i < shown->n; i++) {
		for (size_t k = 0; k < shown->v[i].n; k++)
			free(shown->v[i].v[k].value);
		free(shown->v[i].v);
		free(shown->v[i].file);
		free(shown->v[i].text);
	}
	free(shown->v);
	free(shown->names);
	config_clear(&shown->set);
	target_clear(&shown->target);
}

int
cmd_keys_cat(const struct ctl *ctl, int argc, char **argv)
{
	struct shown shown = {.ctl = ctl};
	struct defined *defined;
	int status;

	if ((status = pick_names(ctl, argc, argv, &shown.names)) != STATUS_OK ||
	    (status = target_find_files(ctl, &shown.target)) != STATUS_OK) {
		free(shown.names);
		return status;
	}
	status = read_daemon(&shown);
	shown.v = calloc(strings_count(shown.names), sizeof(*shown.v));
	if (status == STATUS_OK && shown.v == NULL)
		status = no_memory(&shown);
	for (char **name = shown.names; status == STATUS_OK && *name != NULL;
	     name++) {
		defined = &shown.v[shown.n++];
		defined->name = *name;
		status = shown.whole ? show_part(&shown, defined)
				     : show_file(&shown, defined);
	}
	if (status == STATUS_OK)
		ctl->present->defined(ctl, shown.v, shown.n);
	shown_clear(&shown);
	return status;
}
