/*
 * inherit - how a daemon begins that is not the first.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/load.h"
#include "config/save.h"
#include "daemon/inherit.h"
#include "base/log.h"
#include "process/accounts.h"

/* run_dir/name; what is no memory is fatal. */
static char *
in_run_dir(const char *run_dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", run_dir, name) == -1)
		log_fatal("%s", name);
	return path;
}

/* A whole configuration from a file of the run folder; false: complaints. */
static bool
load(struct daemon *d, const char *run_dir, const char *name,
    struct config *set)
{
	struct diags errors;
	char *path = in_run_dir(run_dir, name), text[1024];
	bool good;
	size_t i;

	diag_init(&errors);
	good =
	    load_whole(set, &d->places, path, &accounts_lookups, &errors) == 0;
	for (i = 0; i < errors.n; i++) {
		diag_print(&errors.v[i], text, sizeof(text));
		log_warnx("%s", text);
	}
	if (!good)
		config_clear(set);
	diag_clear(&errors);
	free(path);
	return good;
}

/*
 * What ran came from files of their own, of which a whole configuration does
 * not tell.
 */
static void
name_files(const struct config *set, const char *program_dir)
{
	struct definition *c;
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		c = set->programs[i];
		c->file = load_file_of(program_dir, c->name);
		if (c->file == NULL && errno == ENOMEM)
			log_fatal("%s", c->name);
	}
}

void
inherit_begin(struct daemon *d, int fd, struct config *set)
{
	struct config settings = {0};
	const char *run_dir, *why;

	d->records = record_open(NULL, fd);
	if (d->records == NULL)
		log_fatal("the records");
	if (!record_is_valid(d->records, &why))
		log_fatalx("the records cannot be taken over: %s", why);
	run_dir = record_header(d->records)->run_dir;
	if (!load(d, run_dir, "settings", &settings) ||
	    !load(d, run_dir, "running", set))
		log_fatalx("what runs cannot be taken over");
	if (settings_copy(&d->effective, &settings.settings) == -1)
		log_fatal("settings");
	config_clear(&settings);
	name_files(set, d->effective.program_dir);
	if (record_adopt(d->records) == -1)
		log_fatal("the records");
	d->adopting = d->inherited = true;
}

void
inherit_find(struct daemon *d, struct config *set)
{
	const char *run_dir = d->effective.run_dir, *why;
	struct config before = {0};

	d->records = record_open(run_dir, -1);
	if (d->records == NULL && errno == EWOULDBLOCK)
		log_fatalx("hupd is already running in %s", run_dir);
	if (d->records == NULL)
		log_fatal("%s/records", run_dir);
	d->adopting = record_is_valid(d->records, &why);
	if (!d->adopting) {
		if (*why != '\0')
			d->untaken = why;
		if (record_reset(d->records) == -1)
			log_fatal("%s/records", run_dir);
		return;
	}
	if (record_adopt(d->records) == -1)
		log_fatal("%s/records", run_dir);
	if (load(d, run_dir, "running", &before)) {
		config_clear(set);
		*set = before;
		name_files(set, d->effective.program_dir);
	}
}

void
inherit_keep(struct daemon *d)
{
	struct config none = {.settings = d->effective};
	char *path = in_run_dir(d->effective.run_dir, "settings");

	/* It may name a program, and here is none. */
	none.settings.exit_on = NULL;
	if (save_config(&none, path) == -1)
		log_warn("%s", path);
	free(path);
}

void
inherit_forget(struct daemon *d)
{
	char *path = in_run_dir(d->effective.run_dir, "settings");

	unlink(path);
	unlink(d->running);
	unlink(d->rejected);
	free(d->running);
	free(d->rejected);
	free(path);
}
