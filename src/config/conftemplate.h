/*
 * conftemplate - the file of a template, "web@.conf", by which its instances
 * are defined.
 *
 * Layer 2.  Private to confdir.
 */
#ifndef CONFTEMPLATE_H
#define CONFTEMPLATE_H

#include <stdbool.h>
#include <time.h>

#include "config/conffile.h"
#include "base/file.h"

struct template
{
	struct template *next;
	char name[CONF_NAME_SIZE]; /* "web@" */
	char *path;
	struct file file;
	struct timespec read_at; /* just before */
	bool missing;
	bool good; /* it was read, and nothing is wrong with it */
};

/*
 * What is wrong with it lands in diags, so that no instance need tell it; that
 * it does not exist is for an instance to tell.  NULL: no memory.
 */
struct template *template_read(int dir, const char *folder, const char *name,
    const struct conf *defaults, struct resolver *, struct diags *);
void templates_free(struct template *);

/*
 * Does an instance's own file leave its definition to the template, as a link
 * to that does, and an empty file?  looked: what file_look said of it.
 */
bool template_defines(const struct template *, const struct file *, int looked);

#endif
