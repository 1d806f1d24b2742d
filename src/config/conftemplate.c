/*
 * conftemplate - the file of a template, by which its instances are defined.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/conftemplate.h"
#include "base/clock.h"

/* A definition of its own, which nothing runs, tells what is wrong. */
static void
check(struct template *t, const struct conf *defaults,
    struct resolver *resolver, struct diags *diags)
{
	struct conf *conf;

	conf = conffile_make(t->name, t->path, t->file.bytes, t->file.len,
	    defaults, resolver, diags);
	t->good = conf != NULL;
	conf_unref(conf);
}

struct template *
template_read(int dir, const char *folder, const char *name,
    const struct conf *defaults, struct resolver *resolver, struct diags *diags)
{
	const char *entry;
	struct template *t;
	int r;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	strlcpy(t->name, name, sizeof(t->name));
	if (asprintf(&t->path, "%s/%s" CONF_SUFFIX, folder, name) == -1) {
		free(t);
		return NULL;
	}
	entry = t->path + strlen(folder) + 1;
	t->read_at = clock_wall();
	r = file_read(&t->file, dir, entry, CONF_FILE_MAX);
	t->missing = r == 0;
	if (r == -1)
		diag_add(diags, t->path, 0, NULL, "%s", t->file.why);
	else if (r == 1)
		check(t, defaults, resolver, diags);
	return t;
}

void
templates_free(struct template *t)
{
	struct template *next;

	for (; t != NULL; t = next) {
		next = t->next;
		file_clear(&t->file);
		free(t->path);
		free(t);
	}
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool
template_defines(const struct template *t, const struct file *f, int looked)
{
	if (looked == 0)
		return false;
	if (S_ISLNK(f->st.st_mode)) /* it leads nowhere */
		return t->missing && f->link;
	if (!t->missing && is_same_file(&f->st, &t->file.st))
		return looked == 1 || !t->good;
	return looked == 1 && f->st.st_size == 0;
}
