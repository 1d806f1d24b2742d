/*
 * import - supervisord's programs to the files of hupd's.
 *
 * A program is written down as a user would, line by line, and read by hupd's
 * own parser: what that refuses is told as a fault of the line that it came
 * from.  What is printed then is the canonical form.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "import/import.h"
#include "import/importkey.h"
#include "base/text.h"

#define PROGRAM "program:"
#define GROUP "group:"

struct importer {
	struct import *import;
	const struct ini *ini;
	const struct import_names *names;
	const struct ini_section *daemon; /* [supervisord], or NULL */
	char **env;			  /* its environment */
	struct diags *diags;
};

static void
complain(struct importer *m, const struct ini_section *section,
    const char *reason, const char *name)
{
	diags_add(m->diags, section->source->file, section->line, NULL,
	    "[%s]: %s%s", section->name, reason, name);
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* As comments: FILE:LINE: KEY: reason. */
static void
print_notes(FILE *f, const struct diags *notes)
{
	char buf[1024];

	for (size_t i = 0; i < notes->n; i++) {
		diag_print(&notes->v[i], buf, sizeof(buf));
		fprintf(f, "# %s\n", buf);
	}
}

/* The file: where it comes from, what is missing, and the definition. */
static bool
print_file(struct importer *m, const struct ini_section *section,
    const struct diags *notes, struct import_file *file)
{
	struct diags head;
	bool printed;
	FILE *f;

	if ((f = open_memstream(&file->text, &file->len)) == NULL)
		return false;
	diags_init(&head);
	diags_add(&head, section->source->file, section->line, NULL,
	    "[%s] of supervisord", section->name);
	print_notes(f, &head);
	print_notes(f, notes);
	diags_clear(&head);
	printed = conf_print(file->conf, f) == 0;
	if (fclose(f) == EOF || !printed)
		return false;
	if (file->len <= CONF_FILE_MAX)
		return true;
	complain(m, section, "its file is larger than 64 KiB", "");
	return false;
}

/* Keep the definition, which becomes the import's. */
static bool
add_file(struct importer *m, const struct ini_section *section,
    struct conf *conf, const struct diags *notes)
{
	struct import *import = m->import;
	struct import_file *v;

	for (size_t i = 0; i < import->n; i++) {
		if (strcasecmp(import->v[i].conf->name, conf->name) != 0)
			continue;
		complain(m, section, "there is already a program ",
		    import->v[i].conf->name);
		conf_unref(conf);
		return false;
	}
	v = reallocarray(import->v, import->n + 1, sizeof(*v));
	if (v == NULL) {
		conf_unref(conf);
		return false;
	}
	import->v = v;
	v += import->n++;
	*v = (struct import_file){.conf = conf};
	return print_file(m, section, notes, v);
}

/*
 * Have hupd's parser read it; its complaints become those of the source.
 * complete: no line is missing for having been complained of.
 */
static struct conf *
parse(struct importjob *job, const char *name, const char *text, size_t len,
    bool complete)
{
	struct conf *conf = NULL;
	const struct diag *d;
	struct diags diags;
	char *file;

	diags_init(&diags);
	if (asprintf(&file, "%s.conf", name) == -1)
		return NULL;
	conf = conf_parse(name, file, text, len, NULL, &diags);
	for (size_t i = 0; i < diags.n; i++) {
		d = &diags.v[i];
		if (d->line == 0 && !complete)
			continue;
		if (d->line == 0)
			diags_add(job->diags, job->section->source->file,
			    job->section->line, d->key, "%s", d->reason);
		else
			importval_complain(job->lines[d->line - 1], job->diags,
			    "%s", d->reason);
	}
	diags_clear(&diags);
	free(file);
	if (complete)
		return conf;
	conf_unref(conf);
	return NULL;
}

/* One process of a program: a file of that name. */
static bool
convert(struct importer *m, struct importjob *job, const char *name)
{
	struct conf *conf = NULL;
	struct diags none = {.n = 0};
	char *text = NULL;
	size_t len;
	bool ok;

	if (!text_is_name(name) || strcasecmp(name, "hupd") == 0) {
		complain(m, job->section, "hupd has no program of the name ",
		    name);
		return false;
	}
	if ((job->text = open_memstream(&text, &len)) == NULL)
		return false;
	ok = importkey_program(job);
	if (fclose(job->text) == 0)
		conf = parse(job, name, text, len, ok);
	free(text);
	free(job->lines);
	job->lines = NULL;
	job->nlines = 0;
	return conf != NULL &&
	    add_file(m, job->section, conf,
		job->notes == NULL ? &none : job->notes);
}

/* The list of [supervisord] or of a program, with the names as they are. */
static char **
environment(const struct ini_section *section,
    const struct importval_names *names, struct diags *diags,
    struct diags *notes)
{
	const struct ini_key *key = NULL;
	char **list = NULL, *text;

	if (section != NULL)
		key = ini_key(section, "environment");
	if (key == NULL ||
	    (text = importval_expand(key, names, diags, notes)) == NULL)
		return NULL;
	(void)importval_pairs(key, text, &list, diags);
	free(text);
	return list;
}

/* The group of a program, which without one is a group of its own. */
static const char *
group_of(const struct ini *ini, const char *program)
{
	const struct ini_section *section;
	const struct ini_key *key;
	const char *s, *rest;
	size_t len;

	TAILQ_FOREACH (section, &ini->sections, link) {
		if (!begins(section->name, GROUP) ||
		    (key = ini_key(section, "programs")) == NULL)
			continue;
		for (s = key->value; *s != '\0'; s = rest) {
			s += strspn(s, " \t\n,");
			len = strcspn(s, " \t\n,");
			rest = s + len;
			if (len == strlen(program) &&
			    strncmp(s, program, len) == 0)
				return section->name + strlen(GROUP);
		}
	}
	return program;
}

/* A number of the section, or what it is without; -1 after a complaint. */
static long
number(struct importer *m, const struct ini_section *section, const char *name,
    long fallback, long max)
{
	const struct ini_key *key = ini_key(section, name);
	const char *why;
	long n;

	if (key == NULL || *key->value == '\0')
		return fallback;
	n = (long)strtonum(key->value, 0, max, &why);
	if (why == NULL)
		return n;
	importval_complain(key, m->diags, "\"%.40s\" is not a number up to %ld",
	    key->value, max);
	return -1;
}

/*
 * The name of a process: the program's if there is one only, else its own,
 * after the program's if that does not tell the program.
 */
static char *
process_name(struct importjob *job)
{
	const struct ini_key *key = ini_key(job->section, "process_name");
	const char *program = job->names.program;
	char *own, *name;

	if (key == NULL)
		return strdup(program);
	own = importval_expand(key, &job->names, job->diags, job->notes);
	if (own == NULL)
		return NULL;
	if (job->names.processes == 1) {
		if (strcmp(own, program) != 0)
			importval_complain(key, job->notes,
			    "has no counterpart: the program's name is used");
		free(own);
		return strdup(program);
	}
	if (begins(own, program))
		return own;
	if (asprintf(&name, "%s-%s", program, own) == -1)
		name = NULL;
	free(own);
	return name;
}

/* What has no counterpart is told once a program, not once a process. */
static void
keep_notes(struct importer *m, const struct diags *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		diags_add(&m->import->notes, notes->v[i].file, notes->v[i].line,
		    notes->v[i].key, "%s", notes->v[i].reason);
}

static bool
import_process(struct importer *m, struct importjob *job)
{
	char **env, *name;
	bool ok = false;

	job->names.env[0] = NULL;
	env = environment(job->section, &job->names, job->diags, job->notes);
	job->names.env[0] = env;
	if ((name = process_name(job)) != NULL)
		ok = convert(m, job, name);
	free(name);
	free(env);
	return ok;
}

static void
import_program(struct importer *m, const struct ini_section *section)
{
	const char *name = section->name + strlen(PROGRAM);
	struct importjob job = {.section = section, .daemon = m->daemon};
	const struct ini_key *key = ini_key(section, "process_name");
	size_t before = diags_count(m->diags);
	struct diags notes;
	long n, start;

	n = number(m, section, "numprocs", 1, IMPORT_PROCESSES_MAX);
	start = number(m, section, "numprocs_start", 0, 1000000);
	if (n == -1 || start == -1)
		return;
	if (n == 0)
		importval_complain(ini_key(section, "numprocs"),
		    &m->import->notes, "0 makes no program");
	if (ini_key(section, "command") == NULL) {
		complain(m, section, "there is no command", "");
		return;
	}
	if (n > 1 &&
	    (key == NULL || strstr(key->value, "%(process_num)") == NULL)) {
		complain(m, section,
		    "several processes need %(process_num)d in process_name",
		    "");
		return;
	}
	diags_init(&notes);
	job.notes = &notes;
	job.diags = m->diags;
	job.names = (struct importval_names){m->names->host, name,
	    group_of(m->ini, name), start, n, {NULL, m->env},
	    m->names->environ};
	for (; job.names.process < start + n; job.names.process++) {
		if (!import_process(m, &job)) {
			if (diags_count(m->diags) == before)
				complain(m, section, "out of memory", "");
			break;
		}
		job.notes = NULL;
	}
	keep_notes(m, &notes);
	diags_clear(&notes);
}

static void
import_section(struct importer *m, const struct ini_section *section)
{
	const char *why = "has no counterpart";

	if (begins(section->name, PROGRAM)) {
		import_program(m, section);
		return;
	}
	if (section == m->daemon) {
		importkey_daemon(section, &m->import->notes);
		return;
	}
	/* Whoever read the files has followed it. */
	if (strcmp(section->name, "include") == 0)
		return;
	if (begins(section->name, GROUP))
		why = "has no counterpart: programs are named one by one";
	diags_add(&m->import->notes, section->source->file, section->line, NULL,
	    "[%s] %s", section->name, why);
}

void
import_init(struct import *import)
{
	*import = (struct import){.n = 0};
	diags_init(&import->notes);
}

int
import_make(struct import *import, const struct ini *ini,
    const struct import_names *names, struct diags *diags)
{
	struct importer m = {import, ini, names,
	    ini_section(ini, "supervisord"), NULL, diags};
	struct importval_names plain = {.host = names->host,
	    .environ = names->environ};
	size_t before = diags_count(diags);
	const struct ini_section *section;

	m.env = environment(m.daemon, &plain, diags, &import->notes);
	TAILQ_FOREACH (section, &ini->sections, link)
		import_section(&m, section);
	free(m.env);
	return diags_count(diags) == before ? 0 : -1;
}

void
import_clear(struct import *import)
{
	for (size_t i = 0; i < import->n; i++) {
		conf_unref(import->v[i].conf);
		free(import->v[i].text);
	}
	free(import->v);
	diags_clear(&import->notes);
	import_init(import);
}
