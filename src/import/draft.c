/*
 * draft - the form between the configuration of another supervisor and hupd's
 * definitions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "import/draft.h"
#include "config/syntax.h"

/* See text_is_name(). */
#define NAME_MAX_LEN 64

void
draft_init(struct draft *draft)
{
	*draft = (struct draft){.n = 0};
	diag_init(&draft->notes);
}

void
draft_clear(struct draft *draft)
{
	for (size_t i = 0; i < draft->n; i++) {
		definition_unref(draft->v[i].conf);
		free(draft->v[i].text);
	}
	free(draft->v);
	for (size_t i = 0; i < draft->nsettings; i++) {
		free(draft->settings[i].file);
		free(draft->settings[i].key);
		free(draft->settings[i].detail);
	}
	free(draft->settings);
	diag_clear(&draft->notes);
	draft_init(draft);
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* Remove the bytes at s that cannot begin a name or an instance. */
static void
remove_lead(char *s)
{
	char *from = s;

	while (*from != '\0' && !is_alnum(*from))
		from++;
	memmove(s, from, strlen(from) + 1);
}

char *
draft_name(const char *own)
{
	char *name, *at;

	if (asprintf(&name, "%s%s", own,
		strcasecmp(own, "hupd") == 0 ? "_" : "") == -1)
		return NULL;
	for (char *s = name; *s != '\0'; s++)
		if (!is_alnum(*s) && strchr("_.@-", *s) == NULL)
			*s = '_';
	remove_lead(name);
	/* "web@" is a template; "web@-" has no name of an instance. */
	if ((at = strchr(name, '@')) != NULL && at[1] != '\0') {
		remove_lead(at + 1);
		if (at[1] == '\0')
			*at = '\0';
	}
	if (strlen(name) > NAME_MAX_LEN)
		name[NAME_MAX_LEN] = '\0';
	return name;
}

static void
complain(const struct draft_program *p, const char *key, const char *reason)
{
	diag_add(p->diags, p->origin.file, p->origin.line, key, "%s", reason);
}

/* The reason names the program's section as well. */
#define complain_of(p, ...)                                            \
	diag_add((p)->diags, (p)->origin.file, (p)->origin.line, NULL, \
	    __VA_ARGS__)

static bool
is_failed(const struct draft_program *p)
{
	return diag_count(p->diags) != p->errors;
}

bool
draft_begin(struct draft_program *p)
{
	p->errors = diag_count(p->diags);
	p->origins = NULL;
	p->norigins = 0;
	p->text = NULL;
	if (!text_is_name(p->name) || strcasecmp(p->name, "hupd") == 0) {
		complain_of(p, "%s: hupd does not allow the name \"%s\"",
		    p->title, p->name);
		return false;
	}
	p->f = open_memstream(&p->text, &p->len);
	if (p->f != NULL)
		return true;
	complain(p, NULL, "out of memory");
	return false;
}

void
draft_set(struct draft_program *p, const struct draft_origin *origin,
    const char *key, const char *value)
{
	const char *error = NULL;
	struct draft_origin *v;

	if (strchr(value, '\n') != NULL)
		error = "the value cannot contain a newline";
	else if ((v = reallocarray(p->origins, p->norigins + 1, sizeof(*v))) ==
	    NULL)
		error = "out of memory";
	if (error != NULL) {
		diag_add(p->diags, origin->file, origin->line, origin->key,
		    "%s", error);
		return;
	}
	p->origins = v;
	p->origins[p->norigins++] = *origin;
	fprintf(p->f, "%s = %s\n", key, value);
}

int
draft_account(struct draft *draft, const struct draft_origin *origin,
    enum draft_fate fate, const char *detail)
{
	struct draft_setting *v;

	v = reallocarray(draft->settings, draft->nsettings + 1, sizeof(*v));
	if (v == NULL)
		return -1;
	draft->settings = v;
	v += draft->nsettings;
	*v = (struct draft_setting){.line = origin->line, .fate = fate};
	if ((v->file = strdup(origin->file)) == NULL ||
	    (v->key = strdup(origin->key)) == NULL ||
	    (detail != NULL && (v->detail = strdup(detail)) == NULL)) {
		free(v->file);
		free(v->key);
		return -1;
	}
	draft->nsettings++;
	return 0;
}

/*
 * Have hupd's parser read the lines.  Its errors are reported at the origin of
 * the line.  An error of the whole file ("command is missing") would be a
 * consequence of a line that the reader refused, and is left out then.
 */
static struct definition *
parse(struct draft_program *p)
{
	bool complete = !is_failed(p);
	const struct draft_origin *o;
	struct definition *conf = NULL;
	const struct diag *d;
	struct diags diags;
	char *file;

	if (asprintf(&file, "%s.conf", p->name) == -1) {
		complain(p, NULL, "out of memory");
		return NULL;
	}
	diag_init(&diags);
	conf = syntax_parse(p->name, file, p->text, p->len, NULL, &diags);
	for (size_t i = 0; i < diags.n; i++) {
		d = &diags.v[i];
		if (d->line == 0 && complete)
			complain(p, d->key, d->reason);
		if (d->line == 0)
			continue;
		o = &p->origins[d->line - 1];
		diag_add(p->diags, o->file, o->line, o->key, "%s", d->reason);
	}
	if (conf == NULL && complete && diags.n == 0)
		complain(p, NULL, "out of memory");
	diag_clear(&diags);
	free(file);
	if (complete)
		return conf;
	definition_unref(conf);
	return NULL;
}

/* As comments: FILE:LINE: KEY: reason. */
static void
print_notes(FILE *f, const struct diags *notes)
{
	char buf[4096];

	for (size_t i = 0; i < notes->n; i++) {
		diag_print(&notes->v[i], buf, sizeof(buf));
		fprintf(f, "# %s\n", buf);
	}
}

/* The file: where it comes from, what is lost, and the definition. */
static void
print_file(const struct draft_program *p, struct draft_file *file)
{
	struct diags head;
	bool printed;
	FILE *f;

	if ((f = open_memstream(&file->text, &file->len)) == NULL) {
		complain(p, NULL, "out of memory");
		return;
	}
	diag_init(&head);
	diag_add(&head, p->origin.file, p->origin.line, NULL, "%s of %s",
	    p->title, p->format);
	print_notes(f, &head);
	if (p->notes != NULL)
		print_notes(f, p->notes);
	diag_clear(&head);
	printed = syntax_print(file->conf, f) == 0;
	if (fclose(f) == EOF || !printed)
		complain(p, NULL, "out of memory");
	else if (file->len > SYNTAX_FILE_MAX)
		complain_of(p, "%s: the definition is larger than %zu KiB",
		    p->title, SYNTAX_FILE_MAX / 1024);
}

/* Add a file with this definition, which becomes the draft's. */
static void
add_file(struct draft *draft, const struct draft_program *p,
    struct definition *conf)
{
	struct draft_file *v;

	for (size_t i = 0; i < draft->n; i++) {
		if (strcasecmp(draft->v[i].conf->name, conf->name) != 0)
			continue;
		complain_of(p, "%s: program %s exists already", p->title,
		    draft->v[i].conf->name);
		definition_unref(conf);
		return;
	}
	v = reallocarray(draft->v, draft->n + 1, sizeof(*v));
	if (v == NULL) {
		complain(p, NULL, "out of memory");
		definition_unref(conf);
		return;
	}
	draft->v = v;
	v += draft->n++;
	*v = (struct draft_file){.conf = conf};
	print_file(p, v);
}

void
draft_finish(struct draft *draft, struct draft_program *p)
{
	struct definition *conf = NULL;

	if (fclose(p->f) == EOF)
		complain(p, NULL, "out of memory");
	else
		conf = parse(p);
	if (conf != NULL)
		add_file(draft, p, conf);
	free(p->text);
	free(p->origins);
}
