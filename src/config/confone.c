/*
 * confone - the definition of one program alone, from the file of its own or
 * its template.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/confdir.h"
#include "config/conffile.h"
#include "base/file.h"

/* "DIR/web@.conf" for "DIR/web@1.conf"; NULL: it is no instance's, or ENOMEM.
 */
static char *
template_path(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *entry = slash == NULL ? file : slash + 1, *at;
	char *path;

	errno = 0;
	at = strchr(entry, '@');
	if (at == NULL ||
	    asprintf(&path, "%.*s" CONF_SUFFIX, (int)(at + 1 - file), file) ==
		-1)
		return NULL;
	return path;
}

char *
confdir_file_of(const char *folder, const char *name)
{
	struct stat own, base;
	char *file, *path;

	if (asprintf(&file, "%s/%s" CONF_SUFFIX, folder, name) == -1)
		return NULL;
	if (stat(file, &own) == -1) {
		free(file);
		return NULL;
	}
	path = template_path(file);
	if (path != NULL && stat(path, &base) == 0 &&
	    (own.st_size == 0 ||
		(own.st_dev == base.st_dev && own.st_ino == base.st_ino))) {
		free(file);
		return path;
	}
	free(path);
	return file;
}

/* The program of that name, or file's, as path says, maybe its template. */
static struct conf *
load_text(const char *file, const char *name, const char *path,
    const char *bytes, size_t len, const struct conf *defaults,
    struct diags *diags)
{
	const char *slash = strrchr(file, '/');
	const char *entry = slash == NULL ? file : slash + 1;
	char own[CONF_NAME_SIZE];
	struct resolver *resolver;
	struct conf *conf;

	if (conffile_name(file, entry, own, diags) == -1)
		return NULL;
	if (name == NULL)
		name = own;
	if ((resolver = resolver_new(false)) == NULL) {
		conffile_no_memory(diags, file);
		return NULL;
	}
	conf = conffile_make(name, path, bytes, len, defaults, resolver, diags);
	resolver_free(resolver);
	return conf;
}

struct conf *
confdir_load_text(const char *file, const char *bytes, size_t len,
    const struct conf *defaults, struct diags *diags)
{
	return load_text(file, NULL, file, bytes, len, defaults, diags);
}

/* Read what an empty file of an instance leaves to its template. */
static int
read_template(struct file *f, const char *path)
{
	file_clear(f);
	return file_read(f, AT_FDCWD, path, CONF_FILE_MAX);
}

struct conf *
confdir_load_file(const char *file, const char *name,
    const struct conf *defaults, struct diags *diags)
{
	struct conf *conf = NULL;
	char *base = NULL;
	const char *path;
	struct file f;
	int r;

	r = file_read(&f, AT_FDCWD, file, CONF_FILE_MAX);
	if (r == 1 && f.len == 0 && (base = template_path(file)) != NULL)
		r = read_template(&f, base);
	path = base != NULL ? base : file;
	if (r == 1)
		conf = load_text(file, name, path, f.bytes, f.len, defaults,
		    diags);
	else
		diag_add(diags, path, 0, NULL, "%s",
		    r == 0 ? "does not exist" : f.why);
	file_clear(&f);
	free(base);
	return conf;
}
