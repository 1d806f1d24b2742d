/*
 * canon - parse a configuration file without looking at anything else, and
 * print its canonical form, or its errors (exit 6).
 *
 * usage: canon program FILE	the file of a program, named after it
 *	  canon daemon FILE	hupd.conf or a whole configuration
 */
#include <err.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define REJECTED 6

static int
report(const struct diags *diags)
{
	char buf[1024];

	for (size_t i = 0; i < diags->n; i++) {
		diag_print(&diags->v[i], buf, sizeof(buf));
		fprintf(stderr, "%s\n", buf);
	}
	return REJECTED;
}

static int
canon_program(char *file, const char *bytes, size_t len, struct diags *diags)
{
	struct conf *conf;
	char *name = basename(file);

	name[strcspn(name, ".")] = '\0';
	conf = conf_parse(name, "FILE", bytes, len, NULL, diags);
	if (conf == NULL)
		return report(diags);
	if (conf_print(conf, stdout) == -1)
		err(1, NULL);
	conf_unref(conf);
	return 0;
}

static int
canon_daemon(const char *bytes, size_t len, struct diags *diags)
{
	struct conf_places places = {.root = true};
	struct confset set;
	bool whole;

	if (confset_init(&set, &places) == -1)
		err(1, NULL);
	conf_parse_daemon(&set, "FILE", bytes, len, &whole, diags);
	confset_check(&set, diags);
	if (diags_count(diags) == 0 &&
	    (confset_print(&set, stdout) == -1 ||
		(!whole && conf_print(set.defaults, stdout) == -1)))
		err(1, NULL);
	confset_clear(&set);
	return diags_count(diags) == 0 ? 0 : report(diags);
}

int
main(int argc, char **argv)
{
	static char bytes[CONF_FILE_MAX];
	struct diags diags;
	size_t len;
	FILE *f;
	int status;

	if (argc != 3)
		errx(2, "usage: canon program|daemon FILE");
	if ((f = fopen(argv[2], "re")) == NULL)
		err(1, "%s", argv[2]);
	len = fread(bytes, 1, sizeof(bytes), f);
	if (ferror(f))
		err(1, "%s", argv[2]);
	fclose(f);
	diags_init(&diags);
	if (strcmp(argv[1], "program") == 0)
		status = canon_program(argv[2], bytes, len, &diags);
	else
		status = canon_daemon(bytes, len, &diags);
	diags_clear(&diags);
	return status;
}
